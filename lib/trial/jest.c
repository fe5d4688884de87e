#include <string.h>

#include "lib/trial/marks.h"

struct jest {
	struct gp_report *r;
	struct gp_ids ids;
	struct gp_nest nest;
	struct gp_slice file;
	bool tree; /* the list of tests below a file's line */
	struct gp_test *block;
	long sum[GP_TEST_TODO + 1];
	bool summed;
};

static void put(struct jest *j, enum gp_test_state state, struct gp_slice path,
                struct gp_slice name)
{
	gp_auto(gp_buf) id = {0};

	gp_buf_slice(&id, j->file);
	if (path.n)
		gp_buf_fmt(&id, " > %.*s", (int)path.n, path.p);
	if (name.n)
		gp_buf_fmt(&id, "%s%.*s", id.n ? " > " : "", (int)name.n, name.p);
	j->block = gp_report_set(j->r, &j->ids, state, gp_buf_all(&id));
}

/* "Tests:       1 failed, 1 skipped, 2 passed, 4 total" */
static void sums(struct jest *j, struct gp_slice s)
{
	static const struct {
		const char *word;
		enum gp_test_state state;
	} words[] = {{"passed", GP_TEST_PASS},
	             {"failed", GP_TEST_FAIL},
	             {"skipped", GP_TEST_SKIP},
	             {"todo", GP_TEST_TODO}};
	struct gp_slice cap[GP_SCAN_MAX];

	j->summed = true;
	while (gp_scan(s = gp_trim(s), "%d %s", cap)) {
		for (size_t i = 0; i < GP_COUNT(words); i++)
			if (gp_head(cap[1], words[i].word, NULL))
				j->sum[words[i].state] += gp_number(cap[0]);
		s = gp_skip(s, (size_t)(cap[1].p + cap[1].n - s.p));
		while (s.n && (s.p[0] == ',' || s.p[0] == ' ' || s.p[0] == '|'))
			s = gp_skip(s, 1);
	}
}

/* "● group › fails": a failure, told once below its file and once more at the end. */
static void bullet(struct jest *j, struct gp_slice title)
{
	gp_auto(gp_buf) path = {0};
	const char *at;

	j->tree = false;
	j->block = NULL;
	title = gp_trim(title);
	if (gp_slice_is(title, "Console"))
		return;
	if (gp_slice_is(title, "Test suite failed to run")) {
		put(j, GP_TEST_ERROR, GP_SLICE(""), GP_SLICE(""));
		j->block->collect = true;
		return;
	}
	while ((at = gp_find(title, " \xe2\x80\xba "))) {
		gp_buf_add(&path, title.p, (size_t)(at - title.p));
		gp_buf_str(&path, " > ");
		title = gp_skip(title, (size_t)(at - title.p) + 5);
	}
	gp_buf_slice(&path, title);
	put(j, GP_TEST_FAIL, GP_SLICE(""), gp_buf_all(&path));
	if (j->block->message)
		j->block = NULL; /* the summary repeats it */
}

static bool file_line(struct jest *j, struct gp_slice line)
{
	struct gp_slice rest;

	if (!gp_head(line, "PASS ", &rest) && !gp_head(line, "FAIL ", &rest))
		return false;
	j->file = gp_untimed(rest, false);
	j->nest.n = 0;
	j->tree = true;
	j->block = NULL;
	return true;
}

static void tree_line(struct jest *j, struct gp_slice line)
{
	gp_auto(gp_buf) path = {0};
	size_t indent = gp_indent(line);
	struct gp_slice s = gp_trim(line);
	int is = gp_mark(&s);

	if (is >= 0) {
		gp_nest_path(&path, &j->nest, indent);
		if (is == GP_TEST_SKIP && !gp_head(s, "skipped ", &s))
			gp_head(s, "todo ", &s);
		if (is == GP_TEST_TODO)
			gp_head(s, "todo ", &s);
		put(j, (enum gp_test_state)is, gp_buf_all(&path), gp_untimed(s, false));
		j->block = NULL;
	} else if (indent >= 2) {
		gp_nest_open(&j->nest, indent, s);
	}
}

static void jest_line(struct jest *j, struct gp_slice line)
{
	struct gp_slice rest;

	if (gp_head(line, "Tests:  ", &rest))
		sums(j, rest);
	else if (gp_head(line, "  \xe2\x97\x8f ", &rest))
		bullet(j, rest);
	else if (file_line(j, line))
		return;
	else if (gp_head(line, "Test Suites:", NULL) || gp_head(line, "Summary of all", NULL))
		j->block = NULL;
	else if (j->block)
		gp_test_say(j->block, gp_trim(line));
	else if (j->tree)
		tree_line(j, line);
}

static void settle(struct gp_report *part, const long *sum)
{
	long ids;

	for (size_t i = 0; i < part->n; i++)
		if (part->v[i].state == GP_TEST_FAIL)
			part->v[i].state = gp_js_state(&part->v[i]);
	ids = (long)(gp_report_count(part, GP_TEST_PASS, false) +
	             gp_report_count(part, GP_TEST_FAIL, false) +
	             gp_report_count(part, GP_TEST_ERROR, false));
	part->kind =
		ids >= sum[GP_TEST_PASS] + sum[GP_TEST_FAIL] ? GP_REPORT_TESTS : GP_REPORT_COUNTS;
	part->errors = (long)gp_report_count(part, GP_TEST_ERROR, true);
	part->failed = sum[GP_TEST_FAIL] - (long)gp_report_count(part, GP_TEST_ERROR, false);
	part->failed = part->failed > 0 ? part->failed : 0;
	part->passed = sum[GP_TEST_PASS];
	part->skipped = sum[GP_TEST_SKIP] + sum[GP_TEST_TODO];
}

void gp_read_jest(struct gp_report *part, struct gp_slice text)
{
	struct jest j = {.r = part};
	struct gp_slice line;

	if (!gp_find(text, "Tests:  ") && !gp_find(text, "No tests found, exiting"))
		return;
	while (gp_line(&line, &text)) {
		jest_line(&j, line);
		j.summed |= gp_head(line, "No tests found, exiting", NULL);
	}
	gp_ids_clear(&j.ids);
	if (j.summed)
		settle(part, j.sum);
	else
		gp_report_clear(part);
}

/* vitest joins with " > "; a path alone, "(3 tests)" behind it, is a file and no test. */
static void vitest_mark(struct jest *j, enum gp_test_state state, size_t indent, struct gp_slice s)
{
	gp_auto(gp_buf) path = {0};
	struct gp_slice cap[GP_SCAN_MAX];
	struct gp_slice name = gp_untimed(s, true);

	if (gp_scan_in(name, " (%d test", cap)) {
		j->file = (struct gp_slice){name.p, (size_t)(gp_find(name, " (") - name.p)};
		j->nest.n = 0;
		return;
	}
	if (gp_tail(name, ")", NULL) && gp_scan_in(name, " (%d)%$", cap)) {
		name.n = (size_t)(gp_find(name, " (") - name.p);
		gp_nest_open(&j->nest, indent, name);
		return;
	}
	gp_nest_path(&path, &j->nest, indent);
	if (indent <= 1)
		j->file = (struct gp_slice){0};
	put(j, state, gp_buf_all(&path), name);
	j->block = NULL;
}

/* " FAIL  src/a.test.ts > group > fails" and " FAIL  src/b.test.ts [ src/b.test.ts ]" */
static bool vitest_fail(struct jest *j, struct gp_slice line)
{
	struct gp_slice rest, cap[GP_SCAN_MAX];

	if (!gp_head(line, " FAIL  ", &rest))
		return false;
	j->file = (struct gp_slice){0};
	if (gp_scan(rest, "%* [ %* ]%$", cap)) {
		put(j, GP_TEST_ERROR, GP_SLICE(""), cap[0]);
		j->block->collect = true;
	} else {
		put(j, GP_TEST_FAIL, GP_SLICE(""), gp_trim(rest));
		if (j->block->message)
			j->block = NULL;
	}
	return true;
}

static void vitest_line(struct jest *j, struct gp_slice line)
{
	size_t indent = gp_indent(line);
	struct gp_slice s = gp_skip(line, indent), rest;
	int is;

	if (gp_head(s, "Tests  ", &rest) && indent >= 2) {
		sums(j, rest);
		return;
	}
	if (vitest_fail(j, line))
		return;
	if (gp_head(s, "\xe2\x8e\xaf\xe2\x8e\xaf", NULL) || gp_head(s, "Test Files  ", NULL)) {
		j->block = NULL;
		return;
	}
	if (gp_head(s, "\xe2\x9d\xaf ", &rest) && gp_find(rest, " test")) {
		vitest_mark(j, GP_TEST_PASS, indent, rest);
		return;
	}
	is = j->block || gp_head(s, "- ", NULL) ? -1 : gp_mark(&s);
	if (is >= 0)
		vitest_mark(j, (enum gp_test_state)is, indent, s);
	else if (j->block)
		gp_test_say(j->block, s);
}

void gp_read_vitest(struct gp_report *part, struct gp_slice text)
{
	struct jest j = {.r = part};
	struct gp_slice line;

	if (!gp_find(text, " Test Files  ") && !gp_find(text, "No test files found"))
		return;
	while (gp_line(&line, &text)) {
		vitest_line(&j, line);
		j.summed |= gp_head(line, " Test Files  ", NULL) ||
		            gp_head(line, "No test files found", NULL);
	}
	gp_ids_clear(&j.ids);
	if (j.summed)
		settle(part, j.sum);
	else
		gp_report_clear(part);
}
