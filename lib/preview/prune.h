/*
 * prune.h - what can go: previews that are done with, what runs left behind, and the cache.
 */
#ifndef GP_PREVIEW_PRUNE_H
#define GP_PREVIEW_PRUNE_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_prune_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	bool dry_run; /* only tells */
	bool force;   /* also old previews that are neither pushed nor merged, and old runs */
	bool remote;  /* also what is old on the remote: branches, and their pull requests */
};

/* --prune. Drops previews that are merged into a branch that is none, or older than
 * preview.keep-days and on a remote; the branch goes, by compare-and-swap, the note stays with its
 * commit. Empties the cache of layers, results, images and what killed runs left. Nothing that is
 * in use, or checked out, goes. Tells each on stdout. GP_STATUS_OK, GP_STATUS_NO (only with
 * remote), GP_STATUS_FATAL, GP_STATUS_STOPPED. */
enum gp_status gp_prune_run(const struct gp_prune_options *o);

/* Holds sandbox.cache-size and cache-days: once an hour, by a process of its own that goes on when
 * we end. Takes a millisecond at most. Best effort. */
void gp_prune_beside(struct gp_repo *r, const struct gp_conf *c);

/* prune_remote.c: what --prune --remote adds. Of the branches of the remote that are previews older
 * than since, those with an open pull request of ours go, when our record is of their last commit,
 * nobody has pushed there since, and no other branch has it (with force: also without these three):
 * deleted with a lease, the request closed. GP_STATUS_OK; GP_STATUS_NO: the host or the remote said
 * no (told; the others are gone on with); GP_STATUS_STOPPED. */
enum gp_status gp_prune_remote(const struct gp_prune_options *o, long long since);

/* prune_runs.c: runs that ended without a branch, as gp_prune_run has it with them. 0 or
 * GP_STOPPED. */
int gp_prune_runs(const struct gp_prune_options *o, long long since);
/* Tells of one thing that goes, or, when it stays, why. */
void gp_prune_tell(const struct gp_prune_options *o, const char *what, const char *name, bool goes,
                   const char *why);

#endif
