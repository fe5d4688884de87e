#include "lib/base/opt.h"

#include <string.h>

#define WIDTH 80
#define COLUMN 26 /* where help begins, as in git */
#define INDENT 4

static void pad(struct gp_buf *text, size_t n)
{
	gp_buf_fmt(text, "%*s", (int)n, "");
}

/* The next piece that may stand on a line alone: a word, or all of a bracket. */
static struct gp_slice piece(struct gp_slice *rest)
{
	struct gp_slice out = gp_trim(*rest);
	size_t n = 0;
	int depth = 0;

	for (; n < out.n && (depth > 0 || out.p[n] != ' '); n++)
		depth +=
			(out.p[n] == '[' || out.p[n] == '(') - (out.p[n] == ']' || out.p[n] == ')');
	rest->p = out.p + n;
	rest->n = out.n - n;
	out.n = n;
	return out;
}

/* Adds pieces from column at, further lines from column indent. */
static void wrap(struct gp_buf *text, struct gp_slice words, size_t at, size_t indent)
{
	bool first = true;

	while (gp_trim(words).n) {
		struct gp_slice w = piece(&words);

		if (!first && at + 1 + w.n > WIDTH) {
			gp_buf_chr(text, '\n');
			pad(text, indent);
			at = indent;
			first = true;
		}
		if (!first)
			gp_buf_chr(text, ' ');
		gp_buf_slice(text, w);
		at += w.n + !first;
		first = false;
	}
	gp_buf_chr(text, '\n');
}

/* Columns of "git preview " at the start of a synopsis. */
static size_t command_width(struct gp_slice line)
{
	struct gp_slice rest = line;

	while (gp_trim(rest).n) {
		struct gp_slice w = piece(&rest);

		if (strchr("[(<-", w.p[0]))
			return (size_t)(w.p - line.p);
	}
	return 0;
}

static void synopsis(struct gp_buf *text, const char *usage)
{
	struct gp_slice rest = gp_slice(usage), line;
	const char *label = "usage: ";

	while (gp_line(&line, &rest)) {
		gp_buf_str(text, label);
		wrap(text, line, strlen(label), strlen(label) + command_width(line));
		label = "   or: ";
	}
}

static void row(struct gp_buf *text, const struct gp_opt *r)
{
	size_t start = text->n, used;

	pad(text, INDENT);
	if (r->letter)
		gp_buf_fmt(text, "-%c%s", r->letter, r->name ? ", " : "");
	if (r->name)
		gp_buf_fmt(text, "--%s", r->name);
	if (r->arg)
		gp_buf_fmt(text, " %s", r->arg);
	used = text->n - start;
	if (used + 2 > COLUMN) {
		gp_buf_chr(text, '\n');
		used = 0;
	}
	pad(text, COLUMN - used);
	wrap(text, gp_slice(r->help), COLUMN, COLUMN);
}

void gp_opt_help(struct gp_buf *text, const struct gp_opt *rows, const char *usage)
{
	synopsis(text, usage);
	if (rows->kind && rows->kind != GP_OPT_GROUP)
		gp_buf_chr(text, '\n');
	for (const struct gp_opt *r = rows; r->kind; r++) {
		if (r->kind == GP_OPT_GROUP)
			gp_buf_fmt(text, "\n%s\n", r->help);
		else if (r->kind != GP_OPT_DASHES && !r->hidden)
			row(text, r);
	}
}
