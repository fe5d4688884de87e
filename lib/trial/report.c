#include "lib/trial/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/trial/read.h"

/* Longer lines are data, not a runner's; readers may then look twice at a line without harm. */
#define LINE_MAX_SEEN 4000

static const struct {
	const char *format;
	void (*read)(struct gp_report *part, struct gp_slice text);
} readers[] = {
	{"tap", gp_read_tap},       {"unittest", gp_read_unittest},
	{"pytest", gp_read_pytest}, {"node", gp_read_node},
	{"bats", gp_read_bats},     {"mocha", gp_read_mocha},
	{"jest", gp_read_jest},     {"vitest", gp_read_vitest},
	{"go", gp_read_go},         {"go-json", gp_read_go_json},
	{"cargo", gp_read_cargo},   {"automake", gp_read_automake},
	{"gtest", gp_read_gtest},   {"meson", gp_read_meson},
	{"totals", gp_read_totals},
};

void gp_report_clear(struct gp_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		gp_free(r->v[i].id);
		gp_free(r->v[i].message);
	}
	gp_free(r->v);
	*r = (struct gp_report){0};
}

void gp_ids_clear(struct gp_ids *ids)
{
	gp_free(ids->slot);
	*ids = (struct gp_ids){0};
}

/* The slot that holds id, or the empty one where it belongs; slots hold places from 1. */
static uint32_t *slot_of(const struct gp_ids *ids, const struct gp_report *r, const char *id)
{
	size_t i = gp_hash(GP_HASH, id, strlen(id)) & (ids->cap - 1);

	while (ids->slot[i] && strcmp(r->v[ids->slot[i] - 1].id, id) != 0)
		i = (i + 1) & (ids->cap - 1);
	return &ids->slot[i];
}

long gp_ids_find(const struct gp_ids *ids, const struct gp_report *r, const char *id)
{
	return ids->cap ? (long)*slot_of(ids, r, id) - 1 : -1;
}

static void grow(struct gp_ids *ids, const struct gp_report *r)
{
	struct gp_ids wide = {.cap = ids->cap ? 2 * ids->cap : 64, .n = ids->n};

	wide.slot = gp_alloc(wide.cap * sizeof(*wide.slot));
	for (size_t i = 0; i < ids->cap; i++)
		if (ids->slot[i])
			*slot_of(&wide, r, r->v[ids->slot[i] - 1].id) = ids->slot[i];
	gp_free(ids->slot);
	*ids = wide;
}

void gp_ids_put(struct gp_ids *ids, const struct gp_report *r, size_t at)
{
	uint32_t *slot;

	if (2 * (ids->n + 1) > ids->cap)
		grow(ids, r);
	slot = slot_of(ids, r, r->v[at].id);
	ids->n += *slot == 0;
	*slot = (uint32_t)at + 1;
}

/* The private /tmp of a run is new each time, and so are the names mktemp makes in it. */
static void without_temporary(struct gp_buf *out, struct gp_slice s)
{
	const char *at;

	while ((at = gp_find(s, "/tmp/"))) {
		gp_buf_add(out, s.p, (size_t)(at - s.p) + 5);
		s = gp_skip(s, (size_t)(at - s.p) + 5);
		gp_buf_chr(out, '*');
		while (s.n && !strchr("/ ;:,'\")", s.p[0]))
			s = gp_skip(s, 1);
	}
	gp_buf_slice(out, s);
}

static void without_work(struct gp_buf *out, struct gp_slice s)
{
	const char *at;

	while ((at = gp_find(s, "/work/"))) {
		bool inner = at > s.p && !strchr(" '\"(:=@", at[-1]);

		gp_buf_add(out, s.p, (size_t)(at - s.p) + (inner ? 6 : 0));
		s = gp_skip(s, (size_t)(at - s.p) + 6);
	}
	gp_buf_slice(out, s);
}

static void cut_id(struct gp_buf *id, size_t n)
{
	if (id->n <= n)
		return;
	while (n && ((unsigned char)id->p[n] & 0xc0) == 0x80)
		n--;
	gp_buf_cut(id, n);
}

static char *clean_id(struct gp_slice id)
{
	gp_auto(gp_buf) work = {0};
	gp_auto(gp_buf) tmp = {0};
	gp_auto(gp_buf) out = {0};

	id = gp_trim(id);
	id.n = id.n < 4 * GP_ID_MAX ? id.n : 4 * GP_ID_MAX;
	without_work(&work, id);
	without_temporary(&tmp, gp_buf_all(&work));
	gp_buf_visible(&out, gp_buf_all(&tmp));
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == '\n' || out.p[i] == '\t')
			out.p[i] = ' ';
	cut_id(&out, GP_ID_MAX);
	return gp_buf_take(&out);
}

/* One above the cap is kept so that passing it can be told. */
static struct gp_test *place(struct gp_report *r)
{
	if (r->n > GP_REPORT_MAX) {
		struct gp_test *last = &r->v[r->n - 1];

		gp_free(last->id);
		gp_free(last->message);
		*last = (struct gp_test){0};
		return last;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 16;
		r->v = gp_realloc(r->v, r->cap * sizeof(*r->v));
	}
	r->v[r->n] = (struct gp_test){0};
	return &r->v[r->n++];
}

struct gp_test *gp_report_add(struct gp_report *r, enum gp_test_state state, struct gp_slice id)
{
	struct gp_test *t = place(r);

	t->state = state;
	t->id = clean_id(id);
	return t;
}

struct gp_test *gp_report_add_in(struct gp_report *r, enum gp_test_state state, struct gp_slice a,
                                 struct gp_slice b)
{
	gp_auto(gp_buf) id = {0};

	if (a.n) {
		gp_buf_slice(&id, a);
		gp_buf_str(&id, " > ");
	}
	gp_buf_slice(&id, b);
	return gp_report_add(r, state, gp_buf_all(&id));
}

void gp_report_prefix(struct gp_report *r, size_t at, struct gp_slice prefix)
{
	gp_auto_str char *clean = clean_id(prefix);

	for (; at < r->n; at++) {
		gp_auto(gp_buf) id = {0};

		gp_buf_fmt(&id, "%s > %s", clean, r->v[at].id);
		cut_id(&id, 2 * GP_ID_MAX);
		gp_free(r->v[at].id);
		r->v[at].id = gp_buf_take(&id);
	}
}

static int weight(enum gp_test_state s)
{
	static const int of[] = {[GP_TEST_PASS] = 0,
	                         [GP_TEST_TODO] = 1,
	                         [GP_TEST_SKIP] = 1,
	                         [GP_TEST_FAIL] = 3,
	                         [GP_TEST_ERROR] = 2};

	return of[s];
}

struct gp_test *gp_report_set(struct gp_report *r, struct gp_ids *ids, enum gp_test_state state,
                              struct gp_slice id)
{
	gp_auto_str char *clean = clean_id(id);
	long at = gp_ids_find(ids, r, clean);
	struct gp_test *t;

	if (at >= 0 && r->n <= GP_REPORT_MAX) {
		t = &r->v[at];
		if (weight(state) > weight(t->state))
			t->state = state;
		return t;
	}
	t = gp_report_add(r, state, id);
	if (r->n <= GP_REPORT_MAX)
		gp_ids_put(ids, r, r->n - 1);
	return t;
}

void gp_test_say(struct gp_test *t, struct gp_slice line)
{
	gp_auto(gp_buf) b = {.max = GP_MESSAGE_MAX};
	size_t n = t->message ? strlen(t->message) : 0;

	if (gp_trim(line).n == 0)
		return;
	line.n = line.n < 500 ? line.n : 500;
	if (n && (gp_buf_add(&b, t->message, n) || gp_buf_chr(&b, '\n')))
		return;
	if (gp_buf_visible(&b, line))
		return;
	gp_free(t->message);
	t->message = gp_buf_take(&b);
}

size_t gp_report_count(const struct gp_report *r, enum gp_test_state state, bool collect)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->v[i].state == state && (collect || !r->v[i].collect);
	return n;
}

static void count(struct gp_report *r)
{
	r->passed = (long)gp_report_count(r, GP_TEST_PASS, true);
	r->failed = (long)gp_report_count(r, GP_TEST_FAIL, true);
	r->errors = (long)gp_report_count(r, GP_TEST_ERROR, true);
	r->skipped = (long)(gp_report_count(r, GP_TEST_SKIP, true) +
	                    gp_report_count(r, GP_TEST_TODO, true));
}

static void number(struct gp_report *r, struct gp_ids *ids, unsigned *seen, size_t at)
{
	gp_auto(gp_buf) id = {0};
	long base = gp_ids_find(ids, r, r->v[at].id);
	unsigned k;

	if (base >= 0) {
		k = seen[base] ? seen[base] : 1;
		do {
			gp_buf_cut(&id, 0);
			gp_buf_fmt(&id, "%s #%u", r->v[at].id, ++k);
		} while (gp_ids_find(ids, r, gp_buf_text(&id)) >= 0);
		seen[base] = k;
		gp_free(r->v[at].id);
		r->v[at].id = gp_buf_take(&id);
	}
	gp_ids_put(ids, r, at);
}

int gp_report_finish(struct gp_report *r)
{
	gp_auto(gp_ids) ids = {0};
	bool over = r->n > GP_REPORT_MAX;
	unsigned *seen;

	if (over) {
		r->n = GP_REPORT_MAX;
		gp_free(r->v[r->n].id);
		gp_free(r->v[r->n].message);
	}
	seen = gp_alloc((r->n + 1) * sizeof(*seen));
	for (size_t i = 0; i < r->n; i++)
		number(r, &ids, seen, i);
	gp_free(seen);
	if (r->kind == GP_REPORT_TESTS)
		count(r);
	return over ? gp_fail(GP_LIMIT, "more than %d tests reported", GP_REPORT_MAX) : 0;
}

void gp_report_join(struct gp_report *out, struct gp_report *part, const char *format)
{
	if (part->kind == GP_REPORT_TESTS)
		count(part);
	out->format = out->kind == GP_REPORT_NONE || strcmp(out->format, format) == 0 ? format
	                                                                              : "several";
	if (out->kind == GP_REPORT_NONE || part->kind == GP_REPORT_COUNTS)
		out->kind = part->kind;
	for (size_t i = 0; i < part->n; i++) {
		*place(out) = part->v[i];
		part->v[i] = (struct gp_test){0};
	}
	out->passed += part->passed;
	out->failed += part->failed;
	out->errors += part->errors;
	out->skipped += part->skipped;
	out->bailed |= part->bailed;
	out->incomplete |= part->incomplete;
}

/* Steps over one escape sequence; true when it moves the cursor, which starts a new line for us. */
static bool escape(struct gp_slice *s)
{
	bool moves;

	*s = gp_skip(*s, 1);
	if (s->n == 0 || (s->p[0] != '[' && s->p[0] != ']')) {
		*s = gp_skip(*s, 1);
		return false;
	}
	if (s->p[0] == ']') {
		while (s->n && s->p[0] != '\a' && s->p[0] != '\n' && s->p[0] != '\x1b')
			*s = gp_skip(*s, 1);
		*s = gp_skip(*s, s->n && s->p[0] == '\a');
		return false;
	}
	do
		*s = gp_skip(*s, 1);
	while (s->n && (unsigned char)s->p[0] >= 0x20 && (unsigned char)s->p[0] < 0x40);
	moves = s->n && memchr("GHFE", s->p[0], 4);
	*s = gp_skip(*s, s->n && s->p[0] != '\n');
	return moves;
}

static void keep(struct gp_buf *out, size_t *column, const char *p, size_t n)
{
	if (*column < LINE_MAX_SEEN)
		gp_buf_add(out, p, n < LINE_MAX_SEEN - *column ? n : LINE_MAX_SEEN - *column);
	*column += n;
}

void gp_report_plain(struct gp_buf *out, struct gp_slice s)
{
	size_t column = 0;

	while (s.n) {
		size_t n = 0;
		bool ends;

		while (n < s.n && s.p[n] != '\x1b' && s.p[n] != '\r' && s.p[n] != '\n')
			n++;
		keep(out, &column, s.p, n);
		s = gp_skip(s, n);
		if (s.n == 0)
			break;
		if (s.p[0] == '\x1b') {
			ends = escape(&s);
		} else {
			ends = s.p[0] == '\n' || s.n == 1 || s.p[1] != '\n';
			s = gp_skip(s, 1);
		}
		if (ends) {
			gp_buf_chr(out, '\n');
			column = 0;
		}
	}
}

int gp_report_read(struct gp_report *out, struct gp_slice output)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_report) ctest = {0};

	gp_report_plain(&text, output);
	gp_read_ctest(&ctest, &text);
	if (ctest.kind != GP_REPORT_NONE)
		gp_report_join(out, &ctest, "ctest");
	for (size_t i = 0; i < GP_COUNT(readers); i++) {
		gp_auto(gp_report) part = {0};

		readers[i].read(&part, gp_buf_all(&text));
		if (part.kind != GP_REPORT_NONE)
			gp_report_join(out, &part, readers[i].format);
	}
	return gp_report_finish(out);
}

const struct gp_test *gp_report_find(const struct gp_report *r, const char *id)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].id, id) == 0)
			return &r->v[i];
	return NULL;
}
