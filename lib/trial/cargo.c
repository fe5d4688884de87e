#include <string.h>

#include "lib/trial/read.h"

struct cargo {
	struct gp_report *r;
	struct gp_ids ids;
	struct gp_slice target;
	struct gp_slice open; /* the test whose output comes before its outcome */
	size_t first;         /* tests of the binary under way */
	size_t why;           /* 1 + the test that lines belong to */
	bool seen, counts;
	long sum[4]; /* passed failed ignored, as "test result:" lines say */
};

/* "tests/it.rs (target/debug/deps/it-0123)" without the hash; "Doc-tests rs". */
static bool target_line(struct cargo *c, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX], s = gp_trim(line);

	if (gp_scan(s, "Running unittests %* (", cap) || gp_scan(s, "Running %* (target", cap) ||
	    gp_scan(s, "Doc-tests %*", cap)) {
		c->target = cap[0];
		return true;
	}
	return false;
}

static struct gp_slice without_place(struct gp_slice name)
{
	struct gp_slice cut, cap[GP_SCAN_MAX];
	const char *at;

	if (gp_tail(name, " - should panic", &cut))
		return cut;
	at = gp_find(name, " (line ");
	if (at && gp_scan(gp_skip(name, (size_t)(at - name.p)), " (line %d)", cap))
		name.n = (size_t)(at - name.p);
	return name;
}

static bool test_line(struct cargo *c, struct gp_slice line)
{
	static const struct {
		const char *word;
		enum gp_test_state state;
	} words[] = {{"ok", GP_TEST_PASS}, {"FAILED", GP_TEST_FAIL}, {"ignored", GP_TEST_SKIP}};
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_scan(line, "%s --- FAILED%$", cap)) { /* -q */
		gp_report_add_in(c->r, GP_TEST_FAIL, c->target, without_place(cap[0]));
		return true;
	}
	for (size_t i = 0; c->open.n && i < GP_COUNT(words); i++)
		if (gp_slice_is(line, words[i].word)) {
			gp_report_add_in(c->r, words[i].state, c->target, without_place(c->open));
			c->open.n = 0;
			return true;
		}
	if (!gp_scan(line, "test %* ... %*", cap) && !gp_scan(line, "test %* ...%$", cap))
		return false;
	c->open.n = 0;
	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (gp_head(cap[1], words[i].word, NULL)) {
			gp_report_add_in(c->r, words[i].state, c->target, without_place(cap[0]));
			return true;
		}
	c->open = cap[0];
	return false;
}

/* "---- tests::bad stdout ----" */
static bool why_line(struct cargo *c, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX], tail;

	if (!gp_scan(line, "---- %* stdout ----", cap))
		return false;
	c->why = 0;
	for (size_t i = c->r->n; i > c->first && c->r->n - i < 2000; i--) {
		tail = without_place(cap[0]);
		if (gp_ends(c->r->v[i - 1].id, "") && c->r->v[i - 1].state == GP_TEST_FAIL &&
		    strlen(c->r->v[i - 1].id) >= tail.n &&
		    memcmp(c->r->v[i - 1].id + strlen(c->r->v[i - 1].id) - tail.n, tail.p,
		           tail.n) == 0) {
			c->why = i;
			break;
		}
	}
	return true;
}

static void failed_build(struct cargo *c, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];
	gp_auto(gp_buf) id = {0};

	if (!gp_scan(line, "error: could not compile `%*` %*", cap))
		return;
	gp_buf_str(&id, "build ");
	gp_buf_slice(&id, cap[0]);
	if (gp_scan(cap[1], "(%*)", cap)) {
		gp_buf_chr(&id, ' ');
		gp_buf_slice(&id, cap[0]);
	}
	gp_report_set(c->r, &c->ids, GP_TEST_ERROR, gp_buf_all(&id))->collect = true;
	c->seen = true;
}

static void cargo_line(struct cargo *c, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_scan(line, "running %d test", cap)) {
		c->seen = true;
		c->first = c->r->n;
		c->open.n = 0;
		c->why = 0;
	} else if (gp_scan(line, "test result: %*. %d passed; %d failed; %d ignored", cap)) {
		c->seen = true;
		for (int i = 0; i < 3; i++)
			c->sum[i] += gp_number(cap[i + 1]);
		c->why = 0;
	} else if (gp_head(line, "failures:", NULL)) {
		c->why = 0;
	} else if (!target_line(c, line) && !test_line(c, line) && !why_line(c, line)) {
		failed_build(c, line);
		if (c->why && !gp_find(line, "/rustc/") && !gp_find(line, "at /rustc"))
			gp_test_say(&c->r->v[c->why - 1], line);
	}
}

void gp_read_cargo(struct gp_report *part, struct gp_slice text)
{
	struct cargo c = {.r = part};
	struct gp_slice line;
	long ids;

	if (!gp_find(text, "test result: ") && !gp_find(text, "error: could not compile `"))
		return;
	while (gp_line(&line, &text))
		cargo_line(&c, line);
	gp_ids_clear(&c.ids);
	if (!c.seen) {
		gp_report_clear(part);
		return;
	}
	ids = (long)(gp_report_count(part, GP_TEST_PASS, true) +
	             gp_report_count(part, GP_TEST_FAIL, true));
	part->kind = ids >= c.sum[0] + c.sum[1] ? GP_REPORT_TESTS : GP_REPORT_COUNTS;
	part->passed = c.sum[0];
	part->failed = c.sum[1];
	part->skipped = c.sum[2];
	part->errors = (long)gp_report_count(part, GP_TEST_ERROR, true);
}
