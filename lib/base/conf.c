#include "lib/base/conf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <ini.h>

#include "lib/base/conf_value.h"
#include "lib/base/file.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define ENTRIES_MAX 1000
#define WARNINGS_MAX 20
#define SECTION_MAX 48 /* inih cuts longer ones without a word */

struct entry {
	char *key, *value, *file;
	long line;
	enum gp_conf_origin from;
};

struct gp_conf {
	struct entry *v;
	size_t n, cap;
	struct gp_list warnings;
};

/* One file on its way through inih, which calls back for lines and for what it made of them. */
struct reading {
	struct gp_conf *conf;
	const char *name;
	enum gp_conf_origin from;
	struct gp_slice rest;
	long line;
	bool goes_on, expects; /* the line continues a value; the handler must be called for it */
	struct gp_buf key, value;
	long key_line;
	int code;
};

int gp_conf_new(struct gp_conf **out)
{
	*out = gp_alloc(sizeof(**out));
	return 0;
}

void gp_conf_free(struct gp_conf **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++) {
		gp_free((*c)->v[i].key);
		gp_free((*c)->v[i].value);
		gp_free((*c)->v[i].file);
	}
	gp_free((*c)->v);
	gp_list_clear(&(*c)->warnings);
	gp_free(*c);
	*c = NULL;
}

static struct entry *find(const struct gp_conf *c, const char *key)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].key, key) == 0)
			return &c->v[i];
	return NULL;
}

/* What counts for key: its own entry, or for a named model the one of [model]. */
static const struct entry *effective(const struct gp_conf *c, const char *key)
{
	gp_auto(gp_buf) plain = {0};
	const struct entry *e = find(c, key);

	if (!e && gp_starts(key, "model.")) {
		gp_buf_fmt(&plain, "model%s", strrchr(key, '.'));
		e = find(c, plain.p);
	}
	return e;
}

static const char *text_of(const struct gp_conf *c, const struct gp_setting *row, const char *key)
{
	const struct entry *e = effective(c, key);

	return e ? e->value : row->preset;
}

static int store(struct gp_conf *c, const struct entry *new)
{
	struct entry *e = find(c, new->key);

	if (!e && c->n == ENTRIES_MAX)
		return gp_fail(GP_INVALID, "more than %d settings", ENTRIES_MAX);
	if (!e) {
		if (c->n == c->cap) {
			c->cap = c->cap ? 2 * c->cap : 16;
			c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
		}
		e = &c->v[c->n++];
		*e = (struct entry){.key = gp_strdup(new->key)};
	}
	if (e->value && e->from > new->from)
		return 0;
	gp_free(e->value);
	gp_free(e->file);
	e->value = gp_strdup(new->value);
	e->file = gp_strdup(new->file);
	e->line = new->line;
	e->from = new->from;
	return 0;
}

static void warn(struct gp_conf *c, const struct entry *new, const char *fmt, ...) GP_PRINTF(3, 4);

static void warn(struct gp_conf *c, const struct entry *new, const char *fmt, ...)
{
	gp_auto(gp_buf) text = {0};
	va_list ap;

	gp_buf_fmt(&text, "%s:%ld: ", new->file, new->line);
	va_start(ap, fmt);
	if (c->warnings.n + 1 < WARNINGS_MAX)
		gp_buf_vfmt(&text, fmt, ap);
	else
		gp_buf_str(&text, "this and further settings are ignored");
	va_end(ap);
	if (c->warnings.n < WARNINGS_MAX)
		gp_list_add(&c->warnings, text.p);
}

/* Whether the trust rule lets the repository say this; warns when not. */
static bool trusted(struct gp_conf *c, const struct gp_setting *row, const struct entry *new)
{
	const char *before = text_of(c, row, new->key);

	if (!row->from_repo) {
		warn(c, new, "'%s' is ignored: a repository may not set it", new->key);
		return false;
	}
	if (row->lower_only && before &&
	    gp_conf_value_number(row, new->value) > gp_conf_value_number(row, before)) {
		warn(c, new, "'%s' is ignored: a repository may only lower it from %s", new->key,
		     before);
		return false;
	}
	return true;
}

static int assign(struct gp_conf *c, const struct entry *new)
{
	const struct gp_setting *row = gp_conf_row(new->key);

	if (!row)
		return gp_conf_unknown_key(new->key);
	if (gp_conf_value_check(row, new->key, new->value) < 0)
		return GP_INVALID;
	return new->from != GP_FROM_REPO || trusted(c, row, new) ? store(c, new) : 0;
}

static void fail_at(struct reading *r, long line)
{
	r->code = gp_within(GP_INVALID, "%s:%ld", r->name, line);
}

static void finish_value(struct reading *r)
{
	struct entry new = {.key = r->key.p,
	                    .value = r->value.p,
	                    .file = (char *)r->name,
	                    .line = r->key_line,
	                    .from = r->from};

	if (r->key.n && !r->code && assign(r->conf, &new) < 0)
		fail_at(r, r->key_line);
	gp_buf_cut(&r->key, 0);
	gp_buf_cut(&r->value, 0);
}

/* Whether a person sees all of it: no controls, no bidirectional marks, well-formed UTF-8. */
static bool plain(struct gp_slice s)
{
	gp_auto(gp_buf) seen = {0};

	return !memchr(s.p ? s.p : "", '\n', s.n) && gp_buf_visible(&seen, s) == 0 &&
	       gp_slice_eq(gp_buf_all(&seen), s);
}

/* inih takes " ;" for a comment in the middle of a value; these bytes stand in for what it must
 * not see (no line may have them: they are control characters). */
static void hide(char *s, const char *from, const char *to)
{
	for (; *s; s++) {
		const char *at = strchr(from, *s);

		if (at)
			*s = to[at - from];
	}
}

static int check_section(struct gp_slice line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:/-";
	gp_auto_str char *name = gp_strndup(line.p + 1, line.n > 1 ? line.n - 2 : 0);

	if (line.n < 3 || line.p[line.n - 1] != ']' || strspn(name, letters) != strlen(name))
		return gp_fail(GP_INVALID, "a section is '[name]' and nothing else on its line");
	if (strlen(name) > SECTION_MAX)
		return gp_fail(GP_INVALID, "the name of a section has at most %d bytes",
		               SECTION_MAX);
	return gp_conf_section_known(name) ? 0 : gp_conf_unknown_section(name);
}

static int check_line(struct reading *r, struct gp_slice line, struct gp_slice text, size_t room)
{
	size_t limit = room < GP_CONF_LINE ? room : GP_CONF_LINE;

	if (!plain(line))
		return gp_fail(GP_INVALID, "control characters or invalid UTF-8");
	if (line.n > limit) {
		gp_fail(GP_INVALID, "line of %zu bytes, at most %zu can be read", line.n, limit);
		gp_hint("a value may go on in an indented line");
		return GP_INVALID;
	}
	r->expects = r->goes_on || text.p[0] != '[';
	return r->expects ? 0 : check_section(text);
}

/* Gives inih the next line whole, or none after an error. Comments are kept from it, so they may
 * be of any length. */
static char *next_line(char *str, int num, void *stream)
{
	struct reading *r = stream;
	struct gp_slice line, text;

	if (r->expects && !r->code) {
		gp_fail(GP_INVALID, "neither 'key = value' nor '[section]'");
		fail_at(r, r->line);
	}
	if (r->code || num < 2 || !gp_line(&line, &r->rest))
		return NULL;
	r->line++;
	text = gp_trim(line);
	line.n = (size_t)(text.p - line.p) + text.n;
	str[0] = 0;
	if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';')
		return str;
	r->goes_on = r->key.n && text.p > line.p;
	if (!r->goes_on)
		finish_value(r);
	if (!r->code && check_line(r, line, text, (size_t)num - 1) < 0)
		fail_at(r, r->line);
	if (r->code)
		return NULL;
	memcpy(str, line.p, line.n);
	str[line.n] = 0;
	hide(str, ";#", "\1\2");
	return str;
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	gp_auto_str char *shown = gp_strdup(value ? value : "");

	r->expects = false;
	hide(shown, "\1\2", ";#");
	if (r->goes_on) {
		gp_buf_fmt(&r->value, "%s%s", r->value.n ? " " : "", shown);
		return 1;
	}
	gp_buf_fmt(&r->key, "%s.%s", section, name);
	hide(r->key.p, "\1\2", ";#");
	gp_buf_str(&r->value, shown);
	r->key_line = r->line;
	if (!*section)
		gp_fail(GP_INVALID, "'%s' stands in no section", r->key.p + 1);
	if (!*section || (!gp_conf_row(r->key.p) && gp_conf_unknown_key(r->key.p) < 0))
		fail_at(r, r->line);
	return 1;
}

int gp_conf_read(struct gp_conf *c, struct gp_slice text, const char *name,
                 enum gp_conf_origin from)
{
	struct reading r = {.conf = c, .name = name, .from = from, .rest = text};
	int bad;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		r.rest = (struct gp_slice){text.p + 3, text.n - 3};
	bad = ini_parse_stream(next_line, &r, on_value, &r);
	finish_value(&r);
	if (!r.code && bad) {
		gp_fail(GP_INVALID, "cannot be read");
		fail_at(&r, bad);
	}
	gp_buf_clear(&r.key);
	gp_buf_clear(&r.value);
	return r.code;
}

int gp_conf_arg(struct gp_conf *c, const char *assignment)
{
	const char *value = strchr(assignment, '=');
	gp_auto_str char *key = NULL;
	struct entry new = {.file = (char *)"command line", .from = GP_FROM_ARGS};

	if (!value)
		return gp_fail(GP_INVALID, "command line: '%s' is not 'section.key=value'",
		               assignment);
	key = gp_strndup(assignment, (size_t)(value - assignment));
	if (!plain(gp_slice(assignment)))
		return gp_fail(GP_INVALID,
		               "command line: control characters or invalid UTF-8 in '%s'", key);
	new.key = key;
	new.value = (char *)value + 1;
	if (assign(c, &new) < 0)
		return gp_within(GP_INVALID, "command line");
	return 0;
}

/* GP_NOTFOUND when there is no such file. */
static int read_user_file(struct gp_conf *c, const char *folder, const char *file)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};
	int e;

	if (!folder || folder[0] != '/')
		return GP_NOTFOUND;
	gp_buf_fmt(&path, "%s/%s", folder, file);
	e = gp_file_read(&text, AT_FDCWD, path.p, FILE_MAX_BYTES, false);
	if (e)
		return e == GP_NOTFOUND ? e : GP_FAILED;
	return gp_conf_read(c, gp_buf_all(&text), path.p, GP_FROM_USER);
}

int gp_conf_user(struct gp_conf *c)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int e = xdg && *xdg ? read_user_file(c, xdg, "codexflow/config.ini")
	                    : read_user_file(c, home, ".config/codexflow/config.ini");

	if (e == GP_NOTFOUND)
		e = read_user_file(c, home, ".codexflow.ini");
	return e == GP_NOTFOUND ? 0 : e;
}

/* A key that is in no row is a mistake in the program, not in a file. */
static const struct gp_setting *row_of(const char *key)
{
	const struct gp_setting *row = gp_conf_row(key);

	assert(row);
	return row;
}

const char *gp_conf_str(const struct gp_conf *c, const char *key)
{
	return text_of(c, row_of(key), key);
}

long long gp_conf_int(const struct gp_conf *c, const char *key)
{
	const char *text = gp_conf_str(c, key);
	long long n = 0;

	return text && gp_conf_value_int(&n, text) ? n : 0;
}

double gp_conf_money(const struct gp_conf *c, const char *key)
{
	const char *text = gp_conf_str(c, key);
	double n = 0;

	return text && gp_conf_value_money(&n, text) ? n : -1;
}

bool gp_conf_bool(const struct gp_conf *c, const char *key)
{
	const char *text = gp_conf_str(c, key);
	bool b = false;

	return text && gp_conf_value_bool(&b, text) && b;
}

void gp_conf_list(struct gp_list *out, const struct gp_conf *c, const char *key)
{
	const char *p = gp_conf_str(c, key);
	size_t n;

	for (; p && *p; p += n) {
		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if (n)
			gp_list_addn(out, p, n);
	}
}

enum gp_conf_origin gp_conf_origin(const struct gp_conf *c, const char *key)
{
	const struct entry *e = (row_of(key), effective(c, key));

	return e ? e->from : GP_FROM_DEFAULT;
}

bool gp_conf_has_model(const struct gp_conf *c, const char *name)
{
	gp_auto(gp_buf) section = {0};

	gp_buf_fmt(&section, "model.%s", name);
	for (size_t i = 0; i < c->n; i++) {
		const char *end = strrchr(c->v[i].key, '.');

		if ((size_t)(end - c->v[i].key) == section.n && gp_starts(c->v[i].key, section.p))
			return true;
	}
	return false;
}

const struct gp_list *gp_conf_warnings(const struct gp_conf *c)
{
	return &c->warnings;
}

static void hand_out(const struct gp_conf *c, const struct gp_setting *r, const char *key,
                     void (*fn)(void *ctx, const struct gp_shown *s), void *ctx)
{
	static const char *const words[] = {"default", "user", "repository", "command line"};
	const struct entry *e = find(c, key);
	const struct gp_shown s = {
		.key = key,
		.value = text_of(c, r, key),
		.origin = words[e ? e->from : GP_FROM_DEFAULT],
		.file = e && e->line ? e->file : NULL,
		.line = e ? e->line : 0,
	};

	fn(ctx, &s);
}

void gp_conf_each(const struct gp_conf *c, void (*fn)(void *ctx, const struct gp_shown *s),
                  void *ctx)
{
	for (const struct gp_setting *r = gp_settings; r->key; r++) {
		gp_auto(gp_buf) key = {0};
		bool model = gp_starts(r->key, "model.*.");

		gp_buf_fmt(&key, "%s%s", model ? "model" : "",
		           r->key + (model ? strlen("model.*") : 0));
		hand_out(c, r, key.p, fn, ctx);
		for (size_t i = 0; model && i < c->n; i++)
			if (gp_conf_row(c->v[i].key) == r && strcmp(c->v[i].key, key.p) != 0)
				hand_out(c, r, c->v[i].key, fn, ctx);
	}
}

static void show(void *ctx, const struct gp_shown *s)
{
	struct gp_buf *out = ctx;

	gp_buf_fmt(out, "%s =%s", s->key, s->value && *s->value ? " " : "");
	gp_buf_visible(out, gp_slice(s->value));
	gp_buf_fmt(out, "  # %s", s->value ? s->origin : "not set");
	if (s->file) {
		gp_buf_str(out, " (");
		gp_buf_visible(out, gp_slice(s->file));
		gp_buf_fmt(out, ":%ld)", s->line);
	}
	gp_buf_chr(out, '\n');
}

void gp_conf_show(struct gp_buf *out, const struct gp_conf *c)
{
	gp_conf_each(c, show, out);
}
