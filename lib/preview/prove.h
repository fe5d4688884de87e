/*
 * prove.h - git preview-test --prove: runs again what previews claim, from their commits alone.
 *
 * Base, test-only and full tree come from the commits, the commands from the base's own files and
 * its .codexflow.ini; trailers and notes are only compared with what was found. Nothing is taken
 * from a cache.
 */
#ifndef GP_PROVE_H
#define GP_PROVE_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_prove_options {
	struct gp_repo *repo;
	struct gp_term *term;
	const struct gp_list *settings; /* -c of the command line, "section.key=value" */
	const char *const *revs;        /* branches, commits, ranges a..b; none: HEAD */
	size_t nrevs;
	const char *name; /* what a single one is called; NULL: as in revs */
	long deadline_ms; /* for all of them; 0: none but those of each run */
	bool bisect;      /* what tells neither good nor bad is GP_STATUS_SKIP */
	bool aside; /* the table is not the answer: on stderr, and only what is not as claimed */
};

/* Tells each preview's table on stdout. What holds is kept as proven here. GP_STATUS_OK (all hold
 * and are as claimed), GP_STATUS_NO (a proof or a claim does not hold, or a range has no preview),
 * GP_STATUS_SANDBOX (nothing is known), GP_STATUS_FATAL (the deadline passed, too),
 * GP_STATUS_STOPPED. */
enum gp_status gp_prove_run(const struct gp_prove_options *o);

#endif
