/*
 * opt.h - command-line options from one table: parsing, -h, and --git-completion-helper.
 *
 * A row per option, an end row with kind 0. Long options take --name=value and --name value,
 * unambiguous prefixes, and --no-name for flags and counts (--name for one called "no-name");
 * short ones bundle and take -Cdir and -C dir. "--" ends options, "-" is an operand; options and
 * operands may mix, as in git. -h and --help give the short help.
 */
#ifndef GP_OPT_H
#define GP_OPT_H

#include "lib/base/buf.h"

enum gp_opt_kind {
	GP_OPT_END = 0,
	GP_OPT_GROUP,  /* a heading for -h; only help is used */
	GP_OPT_FLAG,   /* bool *out */
	GP_OPT_COUNT,  /* int *out; each use adds one, --no-name sets 0 */
	GP_OPT_STRING, /* const char **out, points into argv */
	GP_OPT_INT,    /* long *out; decimal, not negative */
	GP_OPT_LIST,   /* struct gp_list *out; may be given again */
	GP_OPT_MODE,   /* int *out = value (not 0); two different ones at once are a usage error */
	GP_OPT_DASHES, /* int *out = how many operands stand before "--", -1 without one; no option
	                */
};

struct gp_opt {
	enum gp_opt_kind kind;
	char letter;      /* 0: none */
	const char *name; /* without dashes; NULL: none */
	void *out;
	const char *arg;  /* placeholder as in "<rev>"; NULL when it takes none */
	const char *help; /* lower case, no full stop */
	int value;        /* for GP_OPT_MODE */
	bool hidden;      /* plumbing: parsed, in no help or completion */
};

enum gp_opt_answer {
	GP_OPT_GO = 0,
	GP_OPT_SHOW = 1, /* -h or the completion helper: print *text to stdout, exit 0 */
};

/* Parses argv[1..]; operands are left in *argv (a NULL-terminated part of the same array, *argc
 * many), everything after "--" too. Options that are not given keep what *out held. usage:
 * the synopsis lines, LF-separated, without "usage:".
 * stop_at_operand: options after the first operand belong to it.
 * GP_OPT_GO, GP_OPT_SHOW (text filled), or GP_INVALID: message and hint set, exit 129. */
int gp_opt_parse(struct gp_buf *text, const struct gp_opt *rows, const char *usage, int *argc,
                 char ***argv, bool stop_at_operand);

/* What -h prints: the synopsis, a blank line, the rows in two columns, all wrapped at 80. Brackets
 * of the synopsis are not broken over lines. */
void gp_opt_help(struct gp_buf *text, const struct gp_opt *rows, const char *usage);

#endif
