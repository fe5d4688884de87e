#include "lib/trial/read.h"

#include <string.h>

struct run {
	struct gp_report *r;
	struct gp_ids ids;
	bool verbose;
	struct gp_slice pending; /* the test whose status has not been printed yet */
	struct gp_test *block;   /* the failure that lines belong to */
	bool body;
	size_t extra; /* failures that are not among "Ran N tests" */
};

/* "test_add (pkg.test_a.A.test_add)" (3.11) and "test_add (pkg.test_a.A)" (before) to one id. */
static bool header(struct gp_buf *id, bool *collect, struct gp_slice s, struct gp_slice *after)
{
	struct gp_slice cap[GP_SCAN_MAX], name, path;

	if (!gp_scan(s, "%s (%*)", cap))
		return false;
	name = cap[0];
	path = cap[1];
	if (memchr(path.p, ' ', path.n))
		return false;
	if (!memchr(path.p, '.', path.n) && !gp_tail(name, "Module", NULL))
		return false;
	*after = gp_skip(s, (size_t)(path.p + path.n + 1 - s.p));
	*collect = gp_head(name, "setUp", NULL) || gp_head(name, "tearDown", NULL);
	if (gp_head(path, "unittest.loader._FailedTest", NULL)) {
		gp_buf_slice(id, name);
		*collect = true;
		return true;
	}
	gp_buf_slice(id, path);
	if (path.n <= name.n || memcmp(path.p + path.n - name.n, name.p, name.n) != 0 ||
	    path.p[path.n - name.n - 1] != '.') {
		gp_buf_chr(id, '.');
		gp_buf_slice(id, name);
	}
	return true;
}

static void record(struct run *u, enum gp_test_state state, struct gp_slice head)
{
	gp_auto(gp_buf) id = {0};
	struct gp_slice after;
	bool collect;

	if (!header(&id, &collect, head, &after))
		return;
	u->block = gp_report_set(u->r, &u->ids, state, gp_buf_all(&id));
	u->block->collect |= collect;
	u->verbose |= state == GP_TEST_PASS;
}

/* The status that ends a line; what a test prints may stand before it, and may look like one, so
 * that a failure is believed from its block alone. */
static int status(struct gp_slice s)
{
	struct gp_slice cap[GP_SCAN_MAX];

	s = gp_trim(s);
	if (gp_tail(s, "unexpected success", NULL))
		return GP_TEST_FAIL;
	if (gp_tail(s, "expected failure", NULL))
		return GP_TEST_TODO;
	if (gp_scan_in(s, "skipped %Q%$", cap))
		return GP_TEST_SKIP;
	return gp_tail(s, "ok", NULL) || gp_tail(s, "FAIL", NULL) || gp_tail(s, "ERROR", NULL)
	               ? GP_TEST_PASS
	               : -1;
}

static void settle(struct run *u, enum gp_test_state state)
{
	if (u->pending.n)
		record(u, state, u->pending);
	u->pending = (struct gp_slice){0};
}

static void verbose_line(struct run *u, struct gp_slice line)
{
	gp_auto(gp_buf) id = {0};
	struct gp_slice after, s = gp_trim(line);
	bool collect;
	int is = status(s);

	if (header(&id, &collect, s, &after) &&
	    (gp_trim(after).n == 0 || gp_find(after, " ... ") || gp_tail(after, " ...", NULL))) {
		settle(u, GP_TEST_PASS);
		u->pending = s;
		if (gp_trim(after).n == 0)
			return;
	} else if (!u->pending.n) {
		return;
	}
	if (is >= 0)
		settle(u, (enum gp_test_state)is);
}

/* "FAIL: test_bad (tests.test_a.A.test_bad) (i=0)" heads a block below a line of '='. */
static bool block_line(struct run *u, struct gp_slice line)
{
	static const struct {
		const char *word;
		enum gp_test_state state;
	} words[] = {{"ERROR: ", GP_TEST_ERROR},
	             {"FAIL: ", GP_TEST_FAIL},
	             {"UNEXPECTED SUCCESS: ", GP_TEST_FAIL}};
	struct gp_slice head;
	size_t n = u->r->n;

	for (size_t i = 0; i < GP_COUNT(words); i++) {
		if (!gp_head(line, words[i].word, &head))
			continue;
		u->block = NULL;
		record(u, words[i].state, head);
		u->body = u->block != NULL;
		u->extra += u->r->n > n && !gp_find(head, "_FailedTest") && u->block->collect;
		return true;
	}
	return false;
}

static long total(struct gp_slice s, const char *name)
{
	struct gp_slice cap[GP_SCAN_MAX];
	gp_auto(gp_buf) pattern = {0};

	gp_buf_fmt(&pattern, "%s=%%d", name);
	return gp_scan_in(s, gp_buf_text(&pattern), cap) ? gp_number(cap[0]) : 0;
}

/* "Ran 3 tests in 0.1s" and, two lines on, "FAILED (failures=1, skipped=1)". */
static void totals(struct run *u, long ran, struct gp_slice rest)
{
	struct gp_slice line, sum = {0};
	struct gp_report *r = u->r;
	long bad, expected;

	settle(u, GP_TEST_PASS);
	for (int i = 0; i < 3 && gp_line(&line, &rest); i++)
		if (gp_head(line, "OK", NULL) || gp_head(line, "FAILED", NULL))
			sum = line;
	expected = total(sum, "expected failures");
	bad = (long)(gp_report_count(r, GP_TEST_FAIL, true) +
	             gp_report_count(r, GP_TEST_ERROR, true) - u->extra);
	r->skipped += total(sum, "skipped") + expected;
	r->failed = (long)gp_report_count(r, GP_TEST_FAIL, true);
	r->errors = (long)gp_report_count(r, GP_TEST_ERROR, true);
	r->passed = ran - bad - r->skipped;
	r->passed = r->passed > 0 ? r->passed : 0;
	if (r->kind == GP_REPORT_NONE)
		r->kind = GP_REPORT_TESTS;
	if (!u->verbose && r->passed + r->skipped > 0)
		r->kind = GP_REPORT_COUNTS;
}

static void unittest_line(struct run *u, struct gp_slice line, bool ruled)
{
	if (gp_head(line, "======", NULL) || gp_head(line, "------", NULL)) {
		settle(u, GP_TEST_PASS);
		if (line.p[0] == '=')
			u->body = false;
		return;
	}
	if (ruled && block_line(u, line))
		return;
	if (u->body && u->block)
		gp_test_say(u->block, line);
	else
		verbose_line(u, line);
}

/* "test_add (tests.test_calc.CalcTest.test_add) ... " and no more. */
static bool ends_within(struct gp_slice text)
{
	const char *nl;

	text = gp_trim(text);
	nl = text.n ? memrchr(text.p, '\n', text.n) : NULL;
	if (nl)
		text = gp_skip(text, (size_t)(nl - text.p) + 1);
	return gp_head(text, "test", NULL) && gp_find(text, " (") && gp_tail(text, ") ...", NULL);
}

/* A run that ends in the middle of a test has no summary: what came before it is known. */
static void broken_off(struct run *u, struct gp_slice text)
{
	struct gp_slice line;

	while (gp_line(&line, &text))
		unittest_line(u, line, false);
	u->r->kind = GP_REPORT_TESTS;
	u->r->passed = (long)gp_report_count(u->r, GP_TEST_PASS, true);
	u->r->incomplete = true;
}

/* What several runs printed is one report: counts of a later run add to those of an earlier. */
static void summed_up(struct run *u, struct gp_slice text)
{
	struct gp_slice line, cap[GP_SCAN_MAX];
	long ran = 0;
	bool ruled = false;

	while (gp_line(&line, &text)) {
		if (gp_scan(line, "Ran %d test%* in ", cap)) {
			ran += gp_number(cap[0]);
			totals(u, ran, text);
			u->body = false;
			u->block = NULL;
		} else {
			unittest_line(u, line, ruled);
		}
		ruled = gp_head(line, "======", NULL);
	}
}

void gp_read_unittest(struct gp_report *part, struct gp_slice text)
{
	struct run u = {.r = part};

	if (gp_find(text, "Ran "))
		summed_up(&u, text);
	else if (ends_within(text))
		broken_off(&u, text);
	if (part->kind == GP_REPORT_NONE) {
		gp_report_clear(part);
		*part = (struct gp_report){0};
	}
	gp_ids_clear(&u.ids);
}
