/*
 * branches.h - inside lib/preview: the preview branches there are, and who else holds them.
 */
#ifndef GP_PREVIEW_BRANCHES_H
#define GP_PREVIEW_BRANCHES_H

#include "lib/preview/trailers.h"
#include "lib/repo/repo.h"

struct gp_branch {
	struct gp_repo *repo;
	const char *prefix;
	char *ref; /* full; the short name begins at ref + GP_BRANCH_HEADS */
	struct gp_oid oid;
	long long when; /* its commit was made */
	bool used;      /* checked out in some work tree */
	struct gp_trailers said;
	/* a branch that is no preview has it, a remote one too; any remote-tracking branch has it
	 */
	bool merged, pushed;
};

#define GP_BRANCH_HEADS 11 /* "refs/heads/" */

/* Calls fn for every branch below prefix whose last commit has a Preview-Id, newest first; what
 * else stands there is none of ours. b is valid during the call; non-zero stops and is returned. As
 * gp_git. */
int gp_branches_each(struct gp_repo *r, const char *prefix,
                     int (*fn)(void *ctx, struct gp_branch *b), void *ctx);
/* Deletes it, if it still is at oid; why is for the reflog. As gp_repo_ref_drop. */
int gp_branch_drop(const struct gp_branch *b, const char *why);

#endif
