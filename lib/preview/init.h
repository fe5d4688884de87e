/*
 * init.h - git preview --init: a settings file and a job for CI, for a repository that has none.
 *
 * The promise that the user's checkout is never written is one about requests: this writes the
 * files it names, and nothing else; the index and the configuration stay as they are.
 */
#ifndef GP_PREVIEW_INIT_H
#define GP_PREVIEW_INIT_H

#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_init_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	const char *ci; /* "github", "gitlab"; NULL: none */
	bool dry_run;   /* prints what would be written */
	bool force;     /* a file that is there is replaced */
};

/* Finds how HEAD is tested, as a request would, and writes .codexflow.ini; with ci also the job
 * that proves previews again, and then settings that are there stay. Nothing is written when a file
 * is in the way. The paths go to stdout, what to do next to stderr. GP_STATUS_OK (also when no test
 * command is found: the file says where it goes), GP_STATUS_FATAL, GP_STATUS_STOPPED. */
enum gp_status gp_init_run(const struct gp_init_options *o);

/* init_text.c, pure but for the sandbox that is looked for: the bytes of the files. settings: codes
 * as gp_detect, GP_NOTFOUND apart. ci: GP_INVALID (a preview.prefix that needs quoting there), or
 * as gp_data_read. */
int gp_init_settings(struct gp_buf *out, const struct gp_init_options *o);
int gp_init_ci(struct gp_buf *out, const struct gp_init_options *o);

#endif
