/*
 * listing.h - git preview --list and --delete: the previews of a repository, as git branch has
 * them.
 */
#ifndef GP_PREVIEW_LISTING_H
#define GP_PREVIEW_LISTING_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_listing_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	/* list: patterns of names or ids, none: all; delete: names or ids. NULL-terminated. */
	const char *const *names;
	bool force; /* delete: also what is neither pushed nor merged */
};

/* Prints the previews, newest first, and after them the runs that can be resumed: name or first
 * line of the request, id, outcome, age, state, cost. On a terminal a table no wider than that,
 * else fields with tabs between. GP_STATUS_OK, GP_STATUS_FATAL, GP_STATUS_STOPPED. */
enum gp_status gp_listing_run(const struct gp_listing_options *o);

/* Deletes each: a branch by compare-and-swap with the state of its run; its record too when nothing
 * else holds its commits. Told on stdout. GP_STATUS_OK; GP_STATUS_NO: one or more stay, and why is
 * on stderr; GP_STATUS_FATAL, GP_STATUS_STOPPED. */
enum gp_status gp_listing_delete(const struct gp_listing_options *o);

#endif
