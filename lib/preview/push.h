/*
 * push.h - what git preview-push does: one preview branch, by the user's own git push.
 */
#ifndef GP_PUSH_H
#define GP_PUSH_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_push_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	const struct gp_list *settings; /* -c of the command line */
	const char *remote;             /* NULL: push.remote, else the only one, else origin */
	const char *branch;             /* NULL: the one checked out */
	bool dry_run;
	bool no_pull; /* no pull request, whatever push.pull-request says */
};

/* Pushes refs/heads/<branch> to the same name with a lease on what was last seen there. Only below
 * preview.prefix. The user's configuration, credentials and hooks apply. GP_STATUS_OK,
 * GP_STATUS_NO (the server or the lease refused), GP_STATUS_FATAL, GP_STATUS_STOPPED. Local refs
 * stay as they were, but for the remote-tracking ref that git push moves. */
enum gp_status gp_push_run(const struct gp_push_options *o);

#endif
