#include "lib/vet/rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 7
#define RULES_MAX 2000

/* Between a name and its value: what quoting, indexing and the assignments of most languages and
 * formats put there. */
#define SIGN "[\"'`\\])]{0,2}[ \\t]{0,8}(?:=>|:=|=|:|,|\\(|>)[ \\t]{0,8}[\"'`]{0,3}"
#define NAME_REST "[A-Za-z0-9_.-]{0,16}"

/* A token starts where no word goes on (the n of an escaped newline is no word, nor is a character
 * that an address has in code), and ends so. */
#define STARTS "(?:(?<![A-Za-z0-9])|(?<=\\\\[nrt])|(?<=%%[0-9A-Fa-f]{2}))"
#define ENDS "(?![A-Za-z0-9_])"

void gp_rules_clear(struct gp_rules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		gp_free(r->v[i].id);
		gp_free(r->v[i].what);
		gp_free(r->v[i].words);
		gp_free(r->v[i].shape);
		gp_free(r->v[i].allow);
	}
	gp_free(r->v);
	*r = (struct gp_rules){0};
}

static bool split(struct gp_slice *field, struct gp_slice line)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const char *tab = memchr(line.p, '\t', line.n);
		size_t n = tab ? (size_t)(tab - line.p) : line.n;

		if (n == 0 || (i < FIELDS - 1) != (tab != NULL))
			return false;
		field[i] = (struct gp_slice){line.p, n};
		line.p += tab ? n + 1 : n;
		line.n -= tab ? n + 1 : n;
	}
	return true;
}

static bool is_id(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!islower((unsigned char)s.p[i]) && !isdigit((unsigned char)s.p[i]) &&
		    s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= 64;
}

static bool known(const struct gp_rules *r, struct gp_slice id)
{
	for (size_t i = 0; i < r->n; i++)
		if (gp_slice_is(id, r->v[i].id))
			return true;
	return false;
}

/* A group of its own: a parenthesis that is not escaped, in no class, and not (?... */
static bool has_group(const char *shape)
{
	bool in_class = false;

	for (const char *p = shape; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '[')
			in_class = true;
		else if (*p == ']')
			in_class = false;
		else if (*p == '(' && p[1] != '?' && !in_class)
			return true;
	}
	return false;
}

static char *optional(struct gp_slice s)
{
	return gp_slice_is(s, "-") ? NULL : gp_strndup(s.p, s.n);
}

static bool read_bits(double *out, struct gp_slice s)
{
	gp_auto_str char *text = optional(s);
	char *end = NULL;

	*out = 0;
	if (!text)
		return true;
	*out = strtod(text, &end);
	return end && !*end && *out > 0 && *out <= 8;
}

static bool read_row(struct gp_rule *r, struct gp_slice line)
{
	struct gp_slice f[FIELDS];

	if (!split(f, line) || !is_id(f[0]) || gp_slice_is(f[3], "-") || !read_bits(&r->bits, f[4]))
		return false;
	if (!gp_slice_is(f[6], "-") && !gp_slice_is(f[6], "tests"))
		return false;
	r->id = gp_strndup(f[0].p, f[0].n);
	r->what = gp_strndup(f[1].p, f[1].n);
	r->words = optional(f[2]);
	r->shape = gp_strndup(f[3].p, f[3].n);
	r->allow = optional(f[5]);
	r->quiet_in_tests = gp_slice_is(f[6], "tests");
	r->surrounded = has_group(r->shape);
	r->lines = strstr(r->shape, "\\n") != NULL || strstr(r->shape, "\\s") != NULL;
	return true;
}

int gp_rules_parse(struct gp_rules *out, struct gp_slice table)
{
	struct gp_slice line, rest = table;

	out->digest = gp_hash(0, table.p, table.n);
	for (size_t number = 1; gp_line(&line, &rest); number++) {
		struct gp_rule r = {0};

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (out->n == RULES_MAX || !read_row(&r, line))
			return gp_fail(GP_INVALID, "cannot read the rule in line %zu", number);
		if (known(out, gp_slice(r.id))) {
			struct gp_rules one = {.v = gp_alloc(sizeof(r)), .n = 1};

			*one.v = r;
			gp_rules_clear(&one);
			return gp_fail(GP_INVALID, "the rule in line %zu is there twice", number);
		}
		out->v = gp_realloc(out->v, (out->n + 1) * sizeof(*out->v));
		out->v[out->n++] = r;
	}
	return 0;
}

void gp_rule_pass(struct gp_buf *out, const struct gp_rule *r)
{
	if (r->words)
		gp_buf_fmt(out, "(?i:%s)" NAME_REST SIGN "(?:%s)", r->words, r->shape);
	else
		gp_buf_fmt(out, "(?:%s)", r->shape);
}

void gp_rule_exact(struct gp_buf *out, const struct gp_rule *r)
{
	if (r->words)
		gp_buf_fmt(out, "(?i:%s)" NAME_REST SIGN "\\K(?:%s)" ENDS, r->words, r->shape);
	else if (r->surrounded)
		gp_buf_fmt(out, "(?:%s)", r->shape);
	else
		gp_buf_fmt(out, STARTS "(?:%s)" ENDS, r->shape);
}
