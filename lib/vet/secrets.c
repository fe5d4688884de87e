#define PCRE2_CODE_UNIT_WIDTH 8

#include "lib/vet/secrets.h"

#include <fcntl.h>
#include <hs/hs.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/data.h"
#include "lib/base/file.h"
#include "lib/base/late.h"
#include "lib/vet/encoded.h"
#include "lib/vet/plausible.h"

#define TABLE_MAX ((size_t)1 << 20)
#define DB_MAX ((size_t)64 << 20)
/* An exact look reaches so far back from where the walk points, and so far on. */
#define BACK_MAX 8192
#define LINES_MAX 1024
#define MATCH_LIMIT 1000000
#define FOUND_MAX 10000

/* clang-format off */
#define GP_HS(X) X(hs_deserialize_database) X(hs_free_database) X(hs_alloc_scratch) \
	X(hs_free_scratch) X(hs_scan)
/* clang-format on */

static struct {
#define X(f) __typeof__(f) *f;
	GP_HS(X)
#undef X
} hs;

struct gp_secrets {
	struct gp_rules rules;
	hs_database_t *db;
	hs_scratch_t *scratch;
	pcre2_code **exact; /* by rule; made when its first line is looked at */
	pcre2_match_context *limits;
};

struct scan {
	struct gp_secrets *s;
	struct gp_slice text;
	struct gp_secret_list *out;
	size_t *done; /* by rule: up to where the exact look has been */
	bool quiet;
	int code;
};

void gp_secret_list_clear(struct gp_secret_list *l)
{
	gp_free(l->v);
	*l = (struct gp_secret_list){0};
}

static int bind(void)
{
	static const char *const names[] = {
#define X(f) #f,
		GP_HS(X)
#undef X
	};
	static bool bound;
	int e = bound ? 0 : gp_late_bind((void **)&hs, GP_LIBHS_SO, names, GP_COUNT(names));

	bound = e == 0;
	return e;
}

static int load_db(struct gp_secrets *s, const char *path, struct gp_slice db)
{
	char head[64];
	int n = snprintf(head, sizeof(head), GP_RULES_DB_HEAD, (unsigned long long)s->rules.digest);

	if (db.n <= (size_t)n || memcmp(db.p, head, (size_t)n) != 0) {
		gp_fail(GP_INVALID, "'%s' was not made from the rules beside it", path);
		gp_hint("make and install both again");
		return GP_INVALID;
	}
	if (hs.hs_deserialize_database(db.p + n, db.n - (size_t)n, &s->db) != HS_SUCCESS) {
		gp_fail(GP_INVALID, "'%s' was made for another machine or library", path);
		gp_hint("make and install it again on this machine");
		return GP_INVALID;
	}
	if (hs.hs_alloc_scratch(s->db, &s->scratch) != HS_SUCCESS)
		return gp_fail(GP_FAILED, "cannot prepare the rules for secrets");
	return 0;
}

static int load(struct gp_secrets *s)
{
	gp_auto(gp_buf) table = {0};
	gp_auto(gp_buf) db = {.max = DB_MAX};
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) db_path = {0};
	int e = gp_data_read(&table, &path, "GP_SECRETS", "secrets.tsv", TABLE_MAX);

	if (!e)
		e = gp_rules_parse(&s->rules, gp_buf_all(&table));
	if (e)
		return gp_within(e, "cannot read the rules for secrets");
	gp_buf_add(&db_path, path.p, path.n - strlen("tsv"));
	gp_buf_str(&db_path, "db");
	e = bind();
	if (!e)
		e = gp_file_read(&db, AT_FDCWD, gp_buf_text(&db_path), DB_MAX, false);
	if (!e)
		e = load_db(s, gp_buf_text(&db_path), gp_buf_all(&db));
	return e ? gp_within(e, "cannot look for secrets") : 0;
}

int gp_secrets_open(struct gp_secrets **out)
{
	struct gp_secrets *s = gp_alloc(sizeof(*s));
	int e = load(s);

	if (!e) {
		s->exact = gp_alloc((s->rules.n + 1) * sizeof(*s->exact));
		s->limits = pcre2_match_context_create(NULL);
		if (!s->limits)
			e = gp_fail(GP_FAILED, "cannot prepare the rules for secrets");
	}
	if (e) {
		gp_secrets_free(&s);
		return e;
	}
	pcre2_set_match_limit(s->limits, MATCH_LIMIT);
	*out = s;
	return 0;
}

void gp_secrets_free(struct gp_secrets **s)
{
	if (!*s)
		return;
	for (size_t i = 0; (*s)->exact && i < (*s)->rules.n; i++)
		pcre2_code_free((*s)->exact[i]);
	gp_free((*s)->exact);
	pcre2_match_context_free((*s)->limits);
	if ((*s)->scratch)
		hs.hs_free_scratch((*s)->scratch);
	if ((*s)->db)
		hs.hs_free_database((*s)->db);
	gp_rules_clear(&(*s)->rules);
	gp_free(*s);
	*s = NULL;
}

const struct gp_rules *gp_secrets_rules(const struct gp_secrets *s)
{
	return &s->rules;
}

static int exact(pcre2_code **out, struct gp_secrets *s, size_t id)
{
	gp_auto(gp_buf) text = {0};
	PCRE2_SIZE at;
	int e;

	if (!s->exact[id]) {
		gp_rule_exact(&text, &s->rules.v[id]);
		s->exact[id] = pcre2_compile((PCRE2_SPTR)gp_buf_text(&text), text.n,
		                             PCRE2_MULTILINE, &e, &at, NULL);
	}
	*out = s->exact[id];
	return *out ? 0 : gp_fail(GP_INVALID, "cannot compile the rule '%s'", s->rules.v[id].id);
}

static size_t line_start(struct gp_slice text, size_t at, size_t back)
{
	size_t least = at > back ? at - back : 0;
	const char *nl = at > least ? memrchr(text.p + least, '\n', at - least) : NULL;

	return nl ? (size_t)(nl + 1 - text.p) : least;
}

static size_t line_end(struct gp_slice text, size_t at, size_t on)
{
	size_t n = text.n - at < on ? text.n - at : on;
	const char *nl = memchr(text.p + at, '\n', n);

	return nl ? (size_t)(nl - text.p) : at + n;
}

static void keep(struct scan *c, const struct gp_rule *r, size_t from, size_t n)
{
	size_t start = line_start(c->text, from, BACK_MAX);
	size_t end = line_end(c->text, from + n, BACK_MAX);
	struct gp_slice line = {c->text.p + start, end - start};
	struct gp_secret_list *l = c->out;

	if (!gp_secret_plausible(r, line, from - start, n) || l->n >= FOUND_MAX)
		return;
	l->v = gp_realloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = (struct gp_secret){.rule = r, .from = from, .n = n};
}

/* All matches of a rule that start before end. */
static int look(struct scan *c, const struct gp_rule *r, pcre2_code *code, size_t at, size_t end)
{
	pcre2_match_data *m = pcre2_match_data_create_from_pattern(code, NULL);
	int found = m ? 1 : PCRE2_ERROR_NOMEMORY;

	while (found > 0 && at < end) {
		const PCRE2_SIZE *at_of = pcre2_get_ovector_pointer(m);
		size_t group = r->surrounded && !r->words ? 1 : 0;

		found = pcre2_match(code, (PCRE2_SPTR)c->text.p, end, at, 0, m, c->s->limits);
		if (found <= 0)
			break;
		if (found > (int)group && at_of[2 * group + 1] > at_of[2 * group])
			keep(c, r, at_of[2 * group], at_of[2 * group + 1] - at_of[2 * group]);
		at = at_of[1] > at ? at_of[1] : at + 1;
	}
	pcre2_match_data_free(m);
	if (found > 0 || found == PCRE2_ERROR_NOMATCH)
		return 0;
	return gp_fail(GP_LIMIT, "the rule '%s' for secrets gave up on this text", r->id);
}

static int on_match(unsigned id, unsigned long long from GP_UNUSED, unsigned long long to,
                    unsigned flags GP_UNUSED, void *ctx)
{
	struct scan *c = ctx;
	const struct gp_rule *r = &c->s->rules.v[id];
	size_t start, end;
	pcre2_code *code;

	if (to <= c->done[id] || (c->quiet && r->quiet_in_tests))
		return 0;
	start = line_start(c->text, (size_t)to, BACK_MAX);
	if (r->lines)
		start = line_start(c->text, start > LINES_MAX ? start - LINES_MAX : 0, BACK_MAX);
	end = line_end(c->text, (size_t)to, BACK_MAX);
	if (start < c->done[id])
		start = c->done[id];
	c->code = exact(&code, c->s, id);
	if (!c->code)
		c->code = look(c, r, code, start, end);
	c->done[id] = end;
	return c->code != 0 || c->out->n >= FOUND_MAX;
}

static int by_place(const void *a, const void *b)
{
	const struct gp_secret *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Of those that overlap the row that stands first in the table is kept. */
static void settle(struct gp_secret_list *l, size_t first)
{
	size_t n = first;

	if (l->n > first)
		qsort(l->v + first, l->n - first, sizeof(*l->v), by_place);
	for (size_t i = first; i < l->n; i++) {
		struct gp_secret *last = n > first ? &l->v[n - 1] : NULL;

		if (!last || last->from + last->n <= l->v[i].from)
			l->v[n++] = l->v[i];
		else if (l->v[i].rule < last->rule)
			*last = l->v[i];
	}
	l->n = n;
}

static int scan_plain(struct gp_secret_list *out, struct gp_secrets *s, struct gp_slice text,
                      bool quiet)
{
	struct scan c = {.s = s, .text = text, .out = out, .quiet = quiet};
	size_t first = out->n;
	int e;

	if (text.n == 0)
		return 0;
	if (text.n > UINT32_MAX)
		return gp_fail(GP_LIMIT, "the text is too long to be scanned for secrets");
	c.done = gp_alloc(s->rules.n * sizeof(*c.done));
	e = hs.hs_scan(s->db, text.p, (unsigned)text.n, 0, s->scratch, on_match, &c);
	gp_free(c.done);
	settle(out, first);
	if (c.code)
		return c.code;
	if (out->n - first >= FOUND_MAX)
		return gp_fail(GP_LIMIT, "more than %d secrets in one text", FOUND_MAX);
	return e == HS_SUCCESS ? 0 : gp_fail(GP_FAILED, "the scan for secrets failed (%d)", e);
}

/* One level only: what is wrapped twice is hidden on purpose, and no scanner ends that race. */
static int scan_wrapped(struct gp_secret_list *out, struct gp_secrets *s, struct gp_slice text,
                        bool quiet)
{
	struct gp_slice run, rest = text;

	while (gp_encoded_next(&run, &rest)) {
		gp_auto(gp_buf) plain = {.max = run.n + 16};
		size_t first = out->n;
		int e = 0;

		if (gp_encoded_decode(&plain, run))
			e = scan_plain(out, s, gp_buf_all(&plain), quiet);
		if (out->n > first) {
			out->v[first].from = (size_t)(run.p - text.p);
			out->v[first].n = run.n;
			out->v[first].encoded = true;
			out->n = first + 1;
		}
		if (e)
			return e;
	}
	return 0;
}

static int scan_wide(struct gp_secret_list *out, struct gp_secrets *s, struct gp_slice text,
                     bool quiet)
{
	gp_auto(gp_buf) narrow = {.max = text.n / 2 + 16};
	size_t first = out->n, skip = gp_encoded_narrow(&narrow, text);
	int e = scan_plain(out, s, gp_buf_all(&narrow), quiet);

	for (size_t i = first; i < out->n; i++) {
		out->v[i].from = skip + 2 * out->v[i].from;
		out->v[i].n *= 2;
		out->v[i].encoded = true;
	}
	return e;
}

int gp_secrets_scan(struct gp_secret_list *out, struct gp_secrets *s, struct gp_slice text,
                    const char *path)
{
	bool quiet = path && gp_path_of_tests(path);
	size_t first = out->n;
	int e;

	if (gp_encoded_wide(text))
		return scan_wide(out, s, text, quiet);
	e = scan_plain(out, s, text, quiet);
	if (!e)
		e = scan_wrapped(out, s, text, quiet);
	settle(out, first);
	return e;
}

void gp_secret_redact(struct gp_buf *out, struct gp_slice secret)
{
	size_t shown = secret.n >= 12 ? 4 : 0;

	gp_buf_visible(out, (struct gp_slice){secret.p, shown});
	gp_buf_fmt(out, "... (%zu characters)", secret.n);
}
