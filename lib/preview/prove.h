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
	bool bisect; /* what tells neither good nor bad is GP_STATUS_SKIP */
};

/* Tells each preview's table on stdout. GP_STATUS_OK (all hold and are as claimed), GP_STATUS_NO (a
 * proof or a claim does not hold, or a range has no preview), GP_STATUS_SANDBOX (nothing is known),
 * GP_STATUS_FATAL, GP_STATUS_STOPPED. */
enum gp_status gp_prove_run(const struct gp_prove_options *o);

#endif
