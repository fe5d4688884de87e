/*
 * conf.h - settings: one table, four origins, one trust rule.
 *
 * Origins, later wins: default < user file < the repository's .codexflow.ini < command line (-c);
 * read them in this order. A key is "section.name" ("test.command"), or "model.<name>.<key>" for a
 * named model. A row whose from_repo is false is ignored when the repository sets it, and a warning
 * names file and line; a row marked lower_only may be set by a repository to no more than what held
 * before. Unknown sections and keys are errors that name file, line and the nearest known one.
 *
 * The text is what git and Python's configparser agree on: "[section]", "key = value" (or ':'), and
 * comment lines that begin with '#' or ';'. There are no comments after a value, because commands
 * have both characters in them: `test ; echo # x` is all value. A value may go on in indented
 * lines, which are joined by a single space; white space at its ends is dropped, quotes mean
 * nothing. A key set twice in a file: the last wins, as in git. A line longer than inih can read
 * (GP_CONF_LINE bytes, comments apart) is an error that says so: never cut, never split. Control
 * characters, bidirectional marks and invalid UTF-8 are errors.
 */
#ifndef GP_CONF_H
#define GP_CONF_H

#include "lib/base/buf.h"

/* inih as Debian builds it has 200 bytes for a line, its LF and its NUL. */
#define GP_CONF_LINE 198

/* A PREFIX ends in '/' and does not begin with one: an empty or open one would be the prefix of
 * every branch, and a repository may set it. */
enum gp_conf_kind {
	GP_CONF_STR,
	GP_CONF_INT,
	GP_CONF_MONEY,
	GP_CONF_BOOL,
	GP_CONF_LIST,
	GP_CONF_PREFIX,
};
enum gp_conf_origin { GP_FROM_DEFAULT, GP_FROM_USER, GP_FROM_REPO, GP_FROM_ARGS };

struct gp_setting {
	const char *
		key; /* "sandbox.kind"; "model.*.url" stands for [model] and every [model.<name>] */
	enum gp_conf_kind kind;
	const char *preset; /* default as text; NULL: unset */
	const char *help;   /* one line for --settings and the manual's check */
	bool from_repo;
	bool lower_only;
	const char *choices; /* "auto bwrap": the only words allowed; NULL: any */
};

/* The table, ended by a row with key NULL; the one list of what can be set. */
extern const struct gp_setting gp_settings[];

struct gp_conf;

/* 0; every setting has its default. */
int gp_conf_new(struct gp_conf **out);
void gp_conf_free(struct gp_conf **c);
#define gp_auto_conf __attribute__((cleanup(gp_conf_free)))

/* Reads a file's text (pure; name is for messages). 0 or GP_INVALID: "<name>:<line>: ...", with a
 * hint where there is a remedy; what was read before that line stays set. */
int gp_conf_read(struct gp_conf *c, struct gp_slice text, const char *name,
                 enum gp_conf_origin from);
/* One "section.key=value" of the command line. 0 or GP_INVALID. */
int gp_conf_arg(struct gp_conf *c, const char *assignment);
/* Finds and reads the user file: $XDG_CONFIG_HOME/codexflow/config.ini (~/.config without the
 * variable), else ~/.codexflow.ini, else none. 0, GP_INVALID, GP_FAILED. */
int gp_conf_user(struct gp_conf *c);

/* Values; key must be in the table (else the program aborts). Model keys ("model.<name>.url", or
 * "model.url") fall back from [model.<name>] to [model] to the default. str: NULL when unset, ""
 * when set to nothing; owned by c until the key is set again. int: seconds, bytes, counts (suffixes
 * k m g: 1024 and its powers, as in git); 0 when unset. money: USD; negative when unset. bool:
 * false when unset. */
const char *gp_conf_str(const struct gp_conf *c, const char *key);
long long gp_conf_int(const struct gp_conf *c, const char *key);
double gp_conf_money(const struct gp_conf *c, const char *key);
bool gp_conf_bool(const struct gp_conf *c, const char *key);
/* Splits a list value at commas and white space; appends. */
void gp_conf_list(struct gp_list *out, const struct gp_conf *c, const char *key);
enum gp_conf_origin gp_conf_origin(const struct gp_conf *c, const char *key);
/* Whether a key of [model.<name>] was set by a file or an argument, and not ignored. */
bool gp_conf_has_model(const struct gp_conf *c, const char *name);

/* What a repository tried and may not, one printable line each ("<file>:<line>: ..."). */
const struct gp_list *gp_conf_warnings(const struct gp_conf *c);
/* A setting as it holds; valid during the call. */
struct gp_shown {
	const char *key;
	const char *value;  /* NULL: not set */
	const char *origin; /* "default", "user", "repository", "command line" */
	const char *file;   /* NULL: not from a file */
	long line;
};

/* Calls fn for every setting, those of named models too. */
void gp_conf_each(const struct gp_conf *c, void (*fn)(void *ctx, const struct gp_shown *s),
                  void *ctx);
/* The text of --settings: "key = value  # origin (file:line)", every row. */
void gp_conf_show(struct gp_buf *out, const struct gp_conf *c);

#endif
