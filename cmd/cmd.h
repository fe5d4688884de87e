/*
 * cmd.h - what the three commands share before their one call into lib.
 */
#ifndef GP_CMD_H
#define GP_CMD_H

#include "lib/base/conf.h"
#include "lib/base/opt.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

/* Options every command has; put its rows with GP_CMD_ROWS (x). */
struct gp_cmd {
	const char *chdir;
	struct gp_list settings; /* -c */
	bool quiet, verbose, json, version;
	bool asks; /* a model: keys stay in the environment until one is chosen */
	struct gp_conf *conf;
	struct gp_repo *repo;
	struct gp_term *term;
};

#define GP_CMD_ROWS(x)                                                                             \
	{GP_OPT_GROUP, 0, NULL, NULL, NULL, "General", 0, false},                                  \
		{GP_OPT_STRING, 'C', NULL, &(x)->chdir, "<dir>", "run as if started in <dir>", 0,  \
	         false},                                                                           \
		{GP_OPT_LIST,                                                                      \
	         'c',                                                                              \
	         NULL,                                                                             \
	         &(x)->settings,                                                                   \
	         "<section.key>=<value>",                                                          \
	         "set a setting for this run",                                                     \
	         0,                                                                                \
	         false},                                                                           \
		{GP_OPT_FLAG, 0,    "json", &(x)->json, NULL, "print one JSON object a line",      \
	         0,           false},                                                              \
		{GP_OPT_FLAG, 'q', "quiet", &(x)->quiet, NULL, "no progress", 0, false},           \
		{GP_OPT_FLAG, 'v',  "verbose", &(x)->verbose, NULL, "more of what goes on",        \
	         0,           false},                                                              \
		{GP_OPT_FLAG, 0, "version", &(x)->version, NULL, "print the version", 0, false},   \
	{                                                                                          \
		GP_OPT_END, 0, NULL, NULL, NULL, NULL, 0, false                                    \
	}

/* Parses; -1 to go on, else the status to exit with (help, version and usage errors are printed).
 */
int gp_cmd_parse(struct gp_cmd *c, const struct gp_opt *rows, const char *usage, int *argc,
                 char ***argv);
/* Options that do not go together, found before gp_cmd_open: prints the error there is, frees the
 * settings; the status to exit with. */
int gp_cmd_usage(struct gp_cmd *c);
/* An option that stands for a setting, before gp_cmd_open; value NULL: it was not given. */
void gp_cmd_set(struct gp_cmd *c, const char *key, const char *value);
/* Signals, limits, terminal, repository, settings of all origins; forgets keys. with_repo false:
 * only settings that need none. GP_STATUS_OK, or the status to exit with (the error is printed). */
enum gp_status gp_cmd_open(struct gp_cmd *c, bool with_repo);
/* Prints the error there is and returns status. */
enum gp_status gp_cmd_fail(struct gp_cmd *c, enum gp_status status);
/* Frees all; a standard output that could not be written turns 0 into GP_STATUS_FATAL. */
int gp_cmd_close(struct gp_cmd *c, enum gp_status status);

/* Prints every setting, with json as events. */
enum gp_status gp_cmd_settings(struct gp_cmd *c);
/* Applies a patch ("-": from standard input) to base and prints the tree's id, or why not. */
enum gp_status gp_cmd_patch(struct gp_cmd *c, const char *path, const char *base);

/* Reads a file, or standard input for "-", up to max bytes. */
int gp_cmd_read(struct gp_buf *out, const char *path, size_t max);
/* The request from a file or from the words of the command line; optional: none is allowed, and a
 * file is not. GP_STATUS_OK, or the status to exit with (the error is printed). */
enum gp_status gp_cmd_request(struct gp_buf *out, struct gp_cmd *c, const char *file, char **words,
                              bool optional);
/* Puts a question on the terminal; for gp_preview_options.ask. */
int gp_cmd_ask(void *ctx, const char *question, struct gp_buf *answer);

#endif
