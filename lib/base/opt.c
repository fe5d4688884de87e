#include "lib/base/opt.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/near.h"

#define NAME_MAX_BYTES 64

struct parse {
	const struct gp_opt *rows;
	char **v; /* what is left to read; v[0] is under way */
	int dashes;
};

struct match {
	const struct gp_opt *row;
	bool negated;
};

static bool takes_value(const struct gp_opt *r)
{
	return r->kind == GP_OPT_STRING || r->kind == GP_OPT_INT || r->kind == GP_OPT_LIST;
}

static bool negatable(const struct gp_opt *r)
{
	return r->kind == GP_OPT_FLAG || r->kind == GP_OPT_COUNT;
}

/* The long name of a row, or what takes it back: "no-x" for "x", "x" for "no-x". */
static bool form(char *out, const struct gp_opt *r, bool negated)
{
	if (!r->name || r->kind == GP_OPT_GROUP || (negated && !negatable(r)))
		return false;
	if (negated && gp_starts(r->name, "no-"))
		snprintf(out, NAME_MAX_BYTES, "%s", r->name + 3);
	else
		snprintf(out, NAME_MAX_BYTES, "%s%s", negated ? "no-" : "", r->name);
	return true;
}

static int unknown_long(const struct gp_opt *rows, struct gp_slice name)
{
	gp_auto_str char *word = gp_strndup(name.p, name.n);
	struct gp_near near = {.word = word};

	for (const struct gp_opt *r = rows; r->kind; r++)
		if (r->name && !r->hidden && r->kind != GP_OPT_GROUP)
			gp_near_try(&near, r->name);
	gp_fail(GP_INVALID, "unknown option '%s'", word);
	if (near.best)
		gp_hint("did you mean '--%s'? -h lists all options", near.best);
	return GP_INVALID;
}

/* Exact names win; else a prefix that fits one row. "no-" forms are guessed from "no-..." only, so
 * that --n stays free for what begins with n. */
static int find_long(struct match *out, const struct gp_opt *rows, struct gp_slice name)
{
	char text[NAME_MAX_BYTES], first[NAME_MAX_BYTES] = "", second[NAME_MAX_BYTES] = "";

	for (const struct gp_opt *r = rows; r->kind; r++)
		for (int negated = 0; negated < 2; negated++) {
			if (!form(text, r, negated) || name.n == 0 ||
			    strncmp(text, name.p, name.n) != 0)
				continue;
			if (text[name.n] == 0) {
				*out = (struct match){r, negated};
				return 0;
			}
			if (r->hidden ||
			    (negated && gp_starts(text, "no-") && (name.n < 3 || name.p[2] != '-')))
				continue;
			if (!*first)
				*out = (struct match){r, negated};
			memcpy(*first ? second : first, text, sizeof(text));
		}
	if (!*first)
		return unknown_long(rows, name);
	if (!*second)
		return 0;
	gp_fail(GP_INVALID, "option '%.*s' is ambiguous", (int)name.n, name.p);
	gp_hint("it could be '--%s' or '--%s'", first, second);
	return GP_INVALID;
}

static int set_int(const struct gp_opt *r, const char *shown, const char *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno)
		return gp_fail(GP_INVALID, "option '%s' needs a number, not '%s'", shown, value);
	*(long *)r->out = n;
	return 0;
}

static int set_mode(const struct parse *p, const struct gp_opt *r, const char *shown)
{
	int *mode = r->out;

	for (const struct gp_opt *o = p->rows; o->kind; o++)
		if (o->kind == GP_OPT_MODE && o->out == r->out && *mode && o->value == *mode &&
		    o->value != r->value)
			return gp_fail(GP_INVALID, "options '%s' and '%s' exclude each other",
			               o->name ? o->name : (char[]){o->letter, 0}, shown);
	*mode = r->value;
	return 0;
}

static int set(const struct parse *p, const struct match *m, const char *shown, const char *value)
{
	const struct gp_opt *r = m->row;

	switch (r->kind) {
	case GP_OPT_FLAG:
		*(bool *)r->out = !m->negated;
		return 0;
	case GP_OPT_COUNT:
		*(int *)r->out = m->negated ? 0 : *(int *)r->out + 1;
		return 0;
	case GP_OPT_STRING:
		*(const char **)r->out = value;
		return 0;
	case GP_OPT_LIST:
		gp_list_add(r->out, value);
		return 0;
	case GP_OPT_INT:
		return set_int(r, shown, value);
	case GP_OPT_MODE:
		return set_mode(p, r, shown);
	default:
		return 0;
	}
}

static int parse_long(struct parse *p)
{
	const char *text = p->v[0] + 2, *value = NULL;
	struct gp_slice name = {text, strcspn(text, "=")};
	char shown[NAME_MAX_BYTES];
	struct match m = {0};
	int e = find_long(&m, p->rows, name);

	if (e)
		return e;
	form(shown, m.row, m.negated);
	if (text[name.n])
		value = text + name.n + 1;
	if (value && !takes_value(m.row))
		return gp_fail(GP_INVALID, "option '%s' takes no value", shown);
	if (!value && takes_value(m.row)) {
		value = p->v[1];
		if (!value)
			return gp_fail(GP_INVALID, "option '%s' needs a value", shown);
		p->v++;
	}
	p->v++;
	return set(p, &m, shown, value);
}

static const struct gp_opt *find_letter(const struct gp_opt *rows, char letter)
{
	for (const struct gp_opt *r = rows; r->kind; r++)
		if (r->letter == letter)
			return r;
	return NULL;
}

/* GP_OPT_SHOW for -h, unless a row has taken that letter. */
static int parse_letters(struct parse *p)
{
	const char *c = p->v[0] + 1;
	int e = 0;

	p->v++;
	for (; *c && !e; c++) {
		char shown[2] = {*c, 0};
		struct match m = {.row = find_letter(p->rows, *c)};

		if (!m.row && *c == 'h')
			return GP_OPT_SHOW;
		if (!m.row)
			return gp_fail(GP_INVALID, "unknown switch '%s'", shown);
		if (!takes_value(m.row)) {
			e = set(p, &m, shown, NULL);
			continue;
		}
		if (c[1])
			return set(p, &m, shown, c + 1);
		if (!p->v[0])
			return gp_fail(GP_INVALID, "option '%s' needs a value", shown);
		return set(p, &m, shown, *p->v++);
	}
	return e;
}

static void complete(struct gp_buf *text, const struct gp_opt *rows)
{
	char name[NAME_MAX_BYTES];
	const char *separator = " --";

	for (const struct gp_opt *r = rows; r->kind; r++)
		if (!r->hidden && form(name, r, false))
			gp_buf_fmt(text, "%s--%s%s", text->n ? " " : "", name,
			           takes_value(r) ? "=" : "");
	for (const struct gp_opt *r = rows; r->kind; r++)
		if (!r->hidden && form(name, r, true) && !gp_starts(name, "no-"))
			gp_buf_fmt(text, " --%s", name);
	/* git's __gitcomp shows what follows a "--" only once --no- was typed */
	for (const struct gp_opt *r = rows; r->kind; r++)
		if (!r->hidden && form(name, r, true) && gp_starts(name, "no-")) {
			gp_buf_fmt(text, "%s --%s", separator, name);
			separator = "";
		}
	gp_buf_chr(text, '\n');
}

static void tell_dashes(const struct gp_opt *rows, int operands)
{
	for (const struct gp_opt *r = rows; r->kind; r++)
		if (r->kind == GP_OPT_DASHES)
			*(int *)r->out = operands;
}

/* Reads options and gathers operands at the front of the array. */
static int walk(struct parse *p, char **operands, int *n, bool stop_at_operand)
{
	bool literal = false;
	int e = 0;

	while (p->v[0] && !e) {
		char *arg = p->v[0];

		if (literal || arg[0] != '-' || !arg[1]) {
			operands[(*n)++] = arg;
			literal |= stop_at_operand;
			p->v++;
		} else if (strcmp(arg, "--") == 0) {
			tell_dashes(p->rows, *n);
			literal = true;
			p->v++;
		} else if (strcmp(arg, "--help") == 0) {
			e = GP_OPT_SHOW;
		} else {
			e = arg[1] == '-' ? parse_long(p) : parse_letters(p);
		}
	}
	return e;
}

int gp_opt_parse(struct gp_buf *text, const struct gp_opt *rows, const char *usage, int *argc,
                 char ***argv, bool stop_at_operand)
{
	char **operands = *argv + 1;
	struct parse p = {.rows = rows, .v = operands};
	int n = 0, e;

	if (*argc < 1) {
		operands = *argv;
		p.v = operands;
	}
	tell_dashes(rows, -1);
	if (*argc == 2 && strcmp(p.v[0], "--git-completion-helper") == 0) {
		complete(text, rows);
		return GP_OPT_SHOW;
	}
	e = walk(&p, operands, &n, stop_at_operand);
	if (e == GP_OPT_SHOW)
		gp_opt_help(text, rows, usage);
	else if (e && !*gp_message_hint())
		gp_hint("-h lists all options");
	if (e)
		return e;
	operands[n] = NULL;
	*argv = operands;
	*argc = n;
	return GP_OPT_GO;
}
