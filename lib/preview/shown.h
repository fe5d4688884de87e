/*
 * shown.h - git preview --show: the report of one preview that a person reads.
 */
#ifndef GP_PREVIEW_SHOWN_H
#define GP_PREVIEW_SHOWN_H

#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

enum gp_shown_form { GP_SHOWN_TEXT, GP_SHOWN_HTML, GP_SHOWN_MARKDOWN };

struct gp_shown_options {
	struct gp_repo *repo;
	struct gp_term *term;
	const char *rev; /* a branch or commit; its last commit has a Preview-Id */
	int form;        /* enum gp_shown_form */
};

/* Prints it on stdout: what the record (or, without one, the trailers) says, what the commits
 * change, and what is not proven. Runs nothing. GP_STATUS_OK, GP_STATUS_FATAL, GP_STATUS_STOPPED.
 */
enum gp_status gp_shown_run(const struct gp_shown_options *o);
/* The report alone, appended to out; for who puts it elsewhere (a pull request). 0, or as gp_git.
 */
int gp_shown_render(struct gp_buf *out, struct gp_repo *r, const char *rev,
                    enum gp_shown_form form);

#endif
