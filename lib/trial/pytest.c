#include "lib/trial/read.h"

#include <string.h>

struct session {
	struct gp_report *r;
	struct gp_ids ids;
	long sum[GP_TEST_TODO + 1]; /* as the last line counts them */
	bool summed;
};

static const struct {
	const char *word;
	enum gp_test_state state;
} words[] = {
	{"PASSED", GP_TEST_PASS},  {"FAILED", GP_TEST_FAIL}, {"ERROR", GP_TEST_ERROR},
	{"SKIPPED", GP_TEST_SKIP}, {"XFAIL", GP_TEST_TODO},  {"XPASS", GP_TEST_PASS},
};

static void put(struct session *p, enum gp_test_state state, struct gp_slice id,
                struct gp_slice why)
{
	struct gp_test *t = gp_report_set(p->r, &p->ids, state, gp_trim(id));

	t->collect |= state == GP_TEST_ERROR;
	gp_test_say(t, why);
}

/* "FAILED tests/test_a.py::test_b - AssertionError: ..." of the short summary. */
static bool summary_line(struct session *p, struct gp_slice line)
{
	struct gp_slice id, why = {0};
	const char *dash;

	for (size_t i = 0; i < GP_COUNT(words); i++) {
		if (!gp_head(line, words[i].word, &id) || !gp_head(id, " ", &id))
			continue;
		if (words[i].state == GP_TEST_SKIP)
			return true; /* "SKIPPED [1] file:line: why" names no test */
		dash = gp_find(id, " - ");
		if (dash) {
			why = gp_skip(id, (size_t)(dash - id.p) + 3);
			id.n = (size_t)(dash - id.p);
		}
		if (gp_find(id, "::") || gp_find(id, ".py"))
			put(p, words[i].state, id, why);
		return true;
	}
	return false;
}

/* "tests/test_a.py::A::test_x PASSED [ 10%]", and with xdist "[gw0] [ 10%] PASSED id". */
static bool verbose_line(struct session *p, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_scan(line, "[gw%d] [%*] %s %*", cap))
		return summary_line(p, gp_skip(line, (size_t)(cap[2].p - line.p)));
	if (!gp_find(line, "::"))
		return false;
	for (size_t i = 0; i < GP_COUNT(words); i++) {
		gp_auto(gp_buf) pattern = {0};

		gp_buf_fmt(&pattern, "%%* %s", words[i].word);
		if (gp_scan(line, gp_buf_text(&pattern), cap) && gp_find(cap[0], "::") &&
		    !gp_find(cap[0], " - ")) {
			put(p, words[i].state, cap[0], GP_SLICE(""));
			return true;
		}
	}
	return false;
}

/* "=== 1 failed, 2 passed in 0.05s ===", with -q without the rules. */
static bool sum_line(struct session *p, struct gp_slice line)
{
	static const struct {
		const char *pattern;
		enum gp_test_state state;
	} parts[] = {{"%d passed", GP_TEST_PASS},    {"%d failed", GP_TEST_FAIL},
	             {"%d error", GP_TEST_ERROR},    {"%d skipped", GP_TEST_SKIP},
	             {"%d xfailed", GP_TEST_TODO},   {"%d xpassed", GP_TEST_PASS},
	             {"%d deselected", GP_TEST_TODO}};
	struct gp_slice cap[GP_SCAN_MAX], s = line;
	long sum[GP_TEST_TODO + 1] = {0};
	bool any = false;

	while (s.n && (s.p[0] == '=' || s.p[0] == ' '))
		s = gp_skip(s, 1);
	if (gp_head(s, "no tests ran in ", NULL) || gp_head(s, "no tests collected", NULL))
		return p->summed = true;
	while (s.n && s.p[0] >= '0' && s.p[0] <= '9') {
		if (!gp_scan(s, "%d %s", cap))
			return false;
		for (size_t i = 0; i < GP_COUNT(parts); i++)
			if (gp_scan(s, parts[i].pattern, NULL)) {
				any = true;
				if (parts[i].state != GP_TEST_TODO ||
				    gp_head(cap[1], "xfailed", NULL))
					sum[parts[i].state] += gp_number(cap[0]);
			}
		s = gp_skip(s, (size_t)(cap[1].p + cap[1].n - s.p));
		s = gp_trim(s);
	}
	if (!any || !gp_scan(s, "in %d.%ds", cap))
		return false;
	memcpy(p->sum, sum, sizeof(sum));
	return p->summed = true;
}

/* Whether "____ A.test_x ____", "ERROR at setup of test_x" or "ERROR collecting file" heads the
 * explanation of id. */
static bool heads(struct gp_slice title, const char *id)
{
	struct gp_slice file;
	const char *colons = strstr(id, "::");

	if (gp_head(title, "ERROR collecting ", &file))
		return gp_slice_is(file, id);
	if (!colons)
		return false;
	gp_head(title, "ERROR at setup of ", &title);
	gp_head(title, "ERROR at teardown of ", &title);
	colons += 2;
	for (size_t i = 0; i < title.n; i++) {
		if (gp_starts(colons, "::") && title.p[i] == '.') {
			colons += 2;
			continue;
		}
		if (*colons++ != title.p[i])
			return false;
	}
	return *colons == 0;
}

static bool title_of(struct gp_slice *title, struct gp_slice line)
{
	if (!gp_head(line, "___", NULL) || !gp_tail(line, "___", NULL))
		return false;
	while (line.n && line.p[0] == '_')
		line = gp_skip(line, 1);
	while (line.n && line.p[line.n - 1] == '_')
		line.n--;
	*title = gp_trim(line);
	return title->n > 0;
}

/* Sections are few against tests: failures alone have them. The cap bounds hostile output. */
static void explain(struct session *p, struct gp_slice text)
{
	struct gp_slice line, title;
	struct gp_test *t = NULL;
	int budget = 2000;

	while (gp_line(&line, &text)) {
		if (title_of(&title, line)) {
			t = NULL;
			for (size_t i = 0; budget > 0 && i < p->r->n && !t; i++)
				if ((p->r->v[i].state == GP_TEST_FAIL ||
				     p->r->v[i].state == GP_TEST_ERROR) &&
				    heads(title, p->r->v[i].id))
					t = &p->r->v[i];
			budget--;
		} else if (gp_head(line, "=====", NULL)) {
			t = NULL;
		} else if (t &&
		           (gp_head(line, "E  ", NULL) || gp_scan_in(line, ".py:%d: ", &title) ||
		            gp_head(line, "Traceback", NULL))) {
			gp_test_say(t, line);
		}
	}
}

void gp_read_pytest(struct gp_report *part, struct gp_slice text)
{
	struct session p = {.r = part};
	struct gp_slice rest = text, line;
	long told;

	while (gp_line(&line, &rest)) {
		if (verbose_line(&p, line) || summary_line(&p, line) || sum_line(&p, line))
			continue;
		if (gp_find(line, "!! KeyboardInterrupt"))
			part->bailed = true;
	}
	gp_ids_clear(&p.ids);
	if (!p.summed) {
		gp_report_clear(part);
		return;
	}
	explain(&p, text);
	told = p.sum[GP_TEST_PASS] + p.sum[GP_TEST_FAIL] + p.sum[GP_TEST_ERROR];
	part->kind = (long)(part->n - gp_report_count(part, GP_TEST_SKIP, true) -
	                    gp_report_count(part, GP_TEST_TODO, true)) >= told
	                     ? GP_REPORT_TESTS
	                     : GP_REPORT_COUNTS;
	part->passed = p.sum[GP_TEST_PASS];
	part->failed = p.sum[GP_TEST_FAIL];
	part->errors = p.sum[GP_TEST_ERROR];
	part->skipped = p.sum[GP_TEST_SKIP] + p.sum[GP_TEST_TODO];
}
