/*
 * args.h - inside cmd: what git preview was asked for, and the ways that are no request.
 */
#ifndef GP_ARGS_H
#define GP_ARGS_H

#include "cmd/cmd.h"

/* What is done instead of a request; the names and what goes with each are in manage.c. */
enum gp_way {
	GP_WAY_REQUEST,
	GP_WAY_SETTINGS,
	GP_WAY_PRUNE,
	GP_WAY_SHOW,
	GP_WAY_PATCH,
	GP_WAY_INIT,
	GP_WAY_LIST,
	GP_WAY_DELETE,
	GP_WAYS,
};

struct gp_args {
	struct gp_cmd c;
	struct gp_preview_options p;
	const char *file, *patch, *show, *ci;
	const char *sandbox, *budget, *deadline, *rounds, *max_lines, *allow_path;
	bool asked[GP_WAYS]; /* by flags of their own; the others have a value */
	enum gp_way way;
	bool push, force, remote, html, markdown;
};

/* Parses, and sees that what is given goes together; answers as gp_cmd_parse. *out is the one there
 * is of a process. */
int gp_args_parse(struct gp_args **out, int *argc, char ***argv);

/* Finds out a->way. 0, or GP_INVALID for what does not go together. */
int gp_manage_check(struct gp_args *a, char **words);
/* Does what a->way says, which is no request. The exit status; errors are printed. */
enum gp_status gp_manage(struct gp_args *a, char **words);

#endif
