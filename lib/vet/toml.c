#include "lib/vet/toml.h"

#include <ctype.h>
#include <string.h>

#define DEEP 32
#define LOOKED 100000000 /* names compared, to find tables by theirs */
#define VALUES 1000000

struct toml {
	struct gp_slice all, rest;
	struct cJSON *root, *table; /* table: where keys go */
	size_t depth, looked, values;
};

static int bad(const struct toml *t, const char *why)
{
	size_t line = 1;

	for (const char *p = t->all.p; p < t->rest.p; p++)
		line += *p == '\n';
	return gp_fail(GP_INVALID, "cannot read TOML in line %zu: %s", line, why);
}

static void cut(struct toml *t, size_t n)
{
	t->rest.p += n;
	t->rest.n -= n;
}

static bool at(const struct toml *t, const char *s)
{
	size_t n = strlen(s);

	return t->rest.n >= n && memcmp(t->rest.p, s, n) == 0;
}

static bool take(struct toml *t, const char *s)
{
	bool is = at(t, s);

	if (is)
		cut(t, strlen(s));
	return is;
}

static void skip_space(struct toml *t)
{
	while (t->rest.n && (*t->rest.p == ' ' || *t->rest.p == '\t'))
		cut(t, 1);
}

static void skip_comment(struct toml *t)
{
	if (at(t, "#"))
		while (t->rest.n && *t->rest.p != '\n')
			cut(t, 1);
}

static void skip_blank(struct toml *t)
{
	for (;;) {
		skip_space(t);
		skip_comment(t);
		if (!take(t, "\n") && !take(t, "\r\n"))
			return;
	}
}

static int put_code_point(struct gp_buf *out, struct toml *t, size_t digits)
{
	unsigned long u = 0;
	char text[4];
	size_t n = 0;

	for (size_t i = 0; i < digits; i++, cut(t, 1)) {
		int c = t->rest.n ? tolower((unsigned char)*t->rest.p) : 0;

		if (!isxdigit(c))
			return bad(t, "an escape that is none");
		u = u * 16 + (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	if (u == 0 || u > 0x10ffff || (u >= 0xd800 && u < 0xe000))
		return bad(t, "an escape that is no character");
	if (u < 0x80)
		text[n++] = (char)u;
	else if (u < 0x800)
		text[n++] = (char)(0xc0 | u >> 6);
	else if (u < 0x10000)
		text[n++] = (char)(0xe0 | u >> 12);
	else
		text[n++] = (char)(0xf0 | u >> 18);
	if (u >= 0x10000)
		text[n++] = (char)(0x80 | (u >> 12 & 0x3f));
	if (u >= 0x800)
		text[n++] = (char)(0x80 | (u >> 6 & 0x3f));
	if (u >= 0x80)
		text[n++] = (char)(0x80 | (u & 0x3f));
	return gp_buf_add(out, text, n);
}

/* What follows a backslash. */
static int read_escape(struct gp_buf *out, struct toml *t, bool lines)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
	const char *c = t->rest.n && *t->rest.p ? strchr(from, *t->rest.p) : NULL;

	if (c) {
		cut(t, 1);
		return gp_buf_chr(out, to[c - from]);
	}
	if (take(t, "u"))
		return put_code_point(out, t, 4);
	if (take(t, "U"))
		return put_code_point(out, t, 8);
	skip_space(t);
	if (!lines || (!at(t, "\n") && !at(t, "\r\n")))
		return bad(t, "an escape that is none");
	while (t->rest.n && isspace((unsigned char)*t->rest.p))
		cut(t, 1);
	return 0;
}

static int read_string(struct gp_buf *out, struct toml *t)
{
	bool plain = at(t, "'"), lines = at(t, "\"\"\"") || at(t, "'''");
	const char *end = lines ? (plain ? "'''" : "\"\"\"") : (plain ? "'" : "\"");
	int e = 0;

	cut(t, strlen(end));
	if (lines && !take(t, "\n"))
		take(t, "\r\n");
	while (!e && t->rest.n && !at(t, end)) {
		if (!lines && *t->rest.p == '\n')
			return bad(t, "a string without its end");
		if (!plain && take(t, "\\")) {
			e = read_escape(out, t, lines);
			continue;
		}
		gp_buf_chr(out, *t->rest.p);
		cut(t, 1);
	}
	if (e)
		return e;
	if (!take(t, end))
		return bad(t, "a string without its end");
	/* up to two more quotes before the three that end it belong to it */
	for (int i = 0; lines && i < 2 && t->rest.n && *t->rest.p == *end; i++, cut(t, 1))
		gp_buf_chr(out, *end);
	return 0;
}

static int read_key(struct gp_buf *out, struct toml *t)
{
	gp_buf_cut(out, 0);
	skip_space(t);
	if (at(t, "\"") || at(t, "'"))
		return read_string(out, t);
	while (t->rest.n &&
	       (isalnum((unsigned char)*t->rest.p) || *t->rest.p == '_' || *t->rest.p == '-')) {
		gp_buf_chr(out, *t->rest.p);
		cut(t, 1);
	}
	return out->n ? 0 : bad(t, "a key is missing");
}

static struct cJSON *find(struct toml *t, struct cJSON *o, const char *key)
{
	struct cJSON *c = gp_json_first(o);

	while (c && t->looked++ <= LOOKED && strcmp(gp_json_key(c), key) != 0)
		c = gp_json_next(c);
	return c;
}

/* The table of that name below o (of an array of tables the last), made when it is not there. */
static struct cJSON *step(struct toml *t, struct cJSON *o, const char *key)
{
	struct cJSON *m = find(t, o, key);

	if (t->looked > LOOKED)
		return NULL;
	if (!m) {
		m = gp_json_object();
		gp_json_append(o, key, m);
		return m;
	}
	if (gp_json_is_array(m))
		m = gp_json_last(m);
	return m && gp_json_is_object(m) ? m : NULL;
}

/* Walks a dotted key; key is left as its last part. */
static int read_path(struct gp_buf *key, struct cJSON **o, struct toml *t)
{
	int e = read_key(key, t);

	skip_space(t);
	while (!e && take(t, ".")) {
		*o = step(t, *o, gp_buf_text(key));
		if (!*o)
			return bad(t, "a table that is none, or too many");
		e = read_key(key, t);
		skip_space(t);
	}
	return e;
}

static int read_value(struct cJSON **out, struct toml *t);

static int read_pair(struct toml *t, struct cJSON *o)
{
	gp_auto(gp_buf) key = {0};
	struct cJSON *v = NULL;
	int e = read_path(&key, &o, t);

	if (!e && !take(t, "="))
		e = bad(t, "'=' is missing");
	if (!e)
		e = read_value(&v, t);
	if (!e)
		gp_json_append(o, gp_buf_text(&key), v);
	return e;
}

/* An array or an inline table, after its opening mark. */
static int read_many(struct toml *t, struct cJSON *into, const char *end)
{
	int e = 0;

	if (++t->depth > DEEP)
		return bad(t, "too deep");
	for (skip_blank(t); !take(t, end); skip_blank(t)) {
		struct cJSON *v = NULL;

		e = *end == ']' ? read_value(&v, t) : read_pair(t, into);
		if (e)
			return e;
		if (*end == ']')
			gp_json_push(into, v);
		skip_blank(t);
		if (!take(t, ",") && !at(t, end))
			return bad(t, "',' is missing");
	}
	t->depth--;
	return 0;
}

static bool is_bare(char c)
{
	return isalnum((unsigned char)c) || memchr("+-:._", c, 5);
}

/* A date may have a space before its time. */
static bool goes_on(const struct toml *t, const struct gp_buf *text)
{
	return text->n == 10 && text->p[4] == '-' && t->rest.n > 1 && *t->rest.p == ' ' &&
	       isdigit((unsigned char)t->rest.p[1]);
}

static int read_bare(struct cJSON **out, struct toml *t)
{
	gp_auto(gp_buf) text = {0};

	while (t->rest.n && (is_bare(*t->rest.p) || goes_on(t, &text))) {
		gp_buf_chr(&text, *t->rest.p);
		cut(t, 1);
	}
	if (!text.n)
		return bad(t, "a value is missing");
	if (strcmp(gp_buf_text(&text), "true") == 0 || strcmp(gp_buf_text(&text), "false") == 0)
		*out = gp_json_boolean(*text.p == 't');
	else
		*out = gp_json_string(gp_buf_text(&text));
	return 0;
}

static int read_value(struct cJSON **out, struct toml *t)
{
	gp_auto_json struct cJSON *v = NULL;
	int e;

	skip_space(t);
	if (++t->values > VALUES)
		return bad(t, "too many values");
	if (at(t, "\"") || at(t, "'")) {
		gp_auto(gp_buf) text = {0};

		e = read_string(&text, t);
		v = gp_json_string(gp_buf_text(&text));
	} else if (take(t, "[")) {
		v = gp_json_array();
		e = read_many(t, v, "]");
	} else if (take(t, "{")) {
		v = gp_json_object();
		e = read_many(t, v, "}");
	} else {
		e = read_bare(&v, t);
	}
	if (!e) {
		*out = v;
		v = NULL;
	}
	return e;
}

static int read_header(struct toml *t)
{
	bool many = take(t, "[[");
	gp_auto(gp_buf) key = {0};
	struct cJSON *o = t->root, *m;
	int e = 0;

	if (!many)
		cut(t, 1);
	e = read_path(&key, &o, t);
	if (e)
		return e;
	if (!take(t, many ? "]]" : "]"))
		return bad(t, "']' is missing");
	if (!many) {
		t->table = step(t, o, gp_buf_text(&key));
		return t->table ? 0 : bad(t, "a table that is none, or too many");
	}
	m = find(t, o, gp_buf_text(&key));
	if (!m) {
		m = gp_json_array();
		gp_json_append(o, gp_buf_text(&key), m);
	}
	if (!gp_json_is_array(m) || t->looked > LOOKED)
		return bad(t, "a list of tables that is none, or too many");
	t->table = gp_json_object();
	gp_json_push(m, t->table);
	return 0;
}

int gp_toml_parse(struct cJSON **out, struct gp_slice text)
{
	gp_auto_json struct cJSON *root = gp_json_object();
	struct toml t = {.all = text, .rest = text, .root = root, .table = root};

	*out = NULL;
	if (!gp_utf8_valid(text) || (text.n && memchr(text.p, 0, text.n)))
		return gp_fail(GP_INVALID, "cannot read TOML: not UTF-8");
	take(&t, "\xef\xbb\xbf");
	for (skip_blank(&t); t.rest.n; skip_blank(&t)) {
		int e = at(&t, "[") ? read_header(&t) : read_pair(&t, t.table);

		if (e)
			return e;
		skip_space(&t);
		skip_comment(&t);
		if (t.rest.n && !at(&t, "\n") && !at(&t, "\r\n"))
			return bad(&t, "more than one on a line");
	}
	*out = root;
	root = NULL;
	return 0;
}
