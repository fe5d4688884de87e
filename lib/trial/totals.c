#include <string.h>

#include "lib/trial/read.h"

/* Runners that tell totals and the ids of failures, not those of passing tests. */
enum field { NOTHING, TOTAL, PASSED, FAILED, ERRORS, SKIPPED };

/* Lines of totals; the fields are what the captures count, in order. A later line of the same
 * runner replaces an earlier one (Surefire prints per class and in all) unless it adds. */
static const struct {
	const char *runner, *pattern;
	enum field fields[5];
	bool adds;
} sums[] = {
	{"rspec",
         "%d example%*, %d failure%*, %d error",
         {TOTAL, NOTHING, FAILED, NOTHING, ERRORS},
         false},
	{"rspec",
         "%d example%*, %d failure%*, %d pending",
         {TOTAL, NOTHING, FAILED, NOTHING, SKIPPED},
         false},
	{"rspec", "%d example%*, %d failure", {TOTAL, NOTHING, FAILED}, false},
	{"phpunit", "OK (%d test", {PASSED}, false},
	{"phpunit", "Tests: %d, Assertions: %d", {TOTAL}, false},
	{"phpunit", "No tests executed!", {NOTHING}, false},
	{"surefire",
         "Tests run: %d, Failures: %d, Errors: %d, Skipped: %d%$",
         {TOTAL, FAILED, ERRORS, SKIPPED},
         false},
	{"gradle",
         "%d test%* completed, %d failed, %d skipped",
         {TOTAL, NOTHING, FAILED, SKIPPED},
         true},
	{"gradle", "%d test%* completed, %d failed", {TOTAL, NOTHING, FAILED}, true},
	{"mix",
         "%d doctest%*, %d test%*, %d failure",
         {NOTHING, NOTHING, TOTAL, NOTHING, FAILED},
         false},
	{"mix",
         "%d test%*, %d failure%*, %d skipped",
         {TOTAL, NOTHING, FAILED, NOTHING, SKIPPED},
         false},
	{"mix", "%d test%*, %d failure", {TOTAL, NOTHING, FAILED}, false},
	{"dotnet",
         "Failed!%_- Failed:%_%d, Passed:%_%d, Skipped:%_%d",
         {FAILED, PASSED, SKIPPED},
         true},
	{"dotnet",
         "Passed!%_- Failed:%_%d, Passed:%_%d, Skipped:%_%d",
         {FAILED, PASSED, SKIPPED},
         true},
	{"check",
         "%d%%: Checks: %d, Failures: %d, Errors: %d",
         {NOTHING, TOTAL, FAILED, ERRORS},
         true},
	{"unity", "%d Tests %d Failures %d Ignored", {TOTAL, FAILED, SKIPPED}, true},
	{"catch2",
         "All tests passed (%d assertion%* in %d test case",
         {NOTHING, NOTHING, PASSED},
         true},
	{"catch2", "test cases:%_%d |%_%d passed |%_%d failed", {TOTAL, PASSED, FAILED}, true},
	{"catch2", "test cases:%_%d |%_%d failed", {TOTAL, FAILED}, true},
};

/* Lines that name a failing test: capture `id`, after it `why` when not negative. */
static const struct {
	const char *runner, *pattern;
	int id, why;
} fails[] = {
	{"rspec", "%d) %*", 1, -1},
	{"phpunit", "%d) %*::%*", -2, -1},
	{"surefire", "[ERROR]   %*:%d %*", 0, 2},
	{"surefire", "[ERROR]   %*:%d->%*", 0, 2},
	{"gradle", "%* > %* FAILED%$", -3, -1},
	{"mix", "%d) test %* (%*)", -4, -1},
	{"dotnet", "Failed %s [", 0, -1},
	{"check", "%*:%d:F:%*:%*:%d: %*", 3, 5},
	{"check", "%*:%d:E:%*:%*:%d: %*", 3, 5},
	{"unity", "%*:%d:%*:FAIL: %*", 2, 3},
	{"unity", "%*:%d:%*:FAIL", 2, -1},
};

struct totals {
	struct gp_report *r;
	struct gp_ids ids;
	const char *runner;
	long of[SKIPPED + 1];
	long before[SKIPPED + 1]; /* of sums that add */
	enum gp_test_state state; /* of the titles of this section */
	struct gp_test *open;     /* the failure that lines belong to */
};

static bool plain_number(struct gp_slice s)
{
	return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

static void sum_line(struct totals *t, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX] = {{0}};

	for (size_t i = 0; i < GP_COUNT(sums); i++) {
		if (t->runner && strcmp(t->runner, sums[i].runner) != 0)
			continue;
		if (!gp_scan(line, sums[i].pattern, cap))
			continue;
		/* prose that happens to fit has no numbers where they belong */
		for (size_t k = 0; k < GP_COUNT(sums[i].fields); k++)
			if (sums[i].fields[k] != NOTHING && !plain_number(cap[k]))
				return;
		for (size_t k = TOTAL; k <= SKIPPED; k++)
			t->before[k] = sums[i].adds ? t->of[k] : 0;
		memset(t->of, 0, sizeof(t->of));
		for (size_t k = 0; k < GP_COUNT(sums[i].fields); k++)
			t->of[sums[i].fields[k]] += gp_number(cap[k]);
		if (!t->of[PASSED] && t->of[TOTAL])
			t->of[PASSED] =
				t->of[TOTAL] - t->of[FAILED] - t->of[ERRORS] - t->of[SKIPPED];
		for (size_t k = TOTAL; k <= SKIPPED; k++)
			t->of[k] += t->before[k];
		t->runner = sums[i].runner;
		return;
	}
}

static long after(struct gp_slice line, const char *pattern)
{
	struct gp_slice cap[GP_SCAN_MAX];

	return gp_scan_in(line, pattern, cap) ? gp_number(cap[0]) : 0;
}

/* PHPUnit leaves out what is zero. */
static void phpunit_sums(struct totals *t, struct gp_slice line)
{
	if (!gp_head(line, "Tests: ", NULL))
		return;
	t->of[FAILED] = after(line, "Failures: %d");
	t->of[ERRORS] = after(line, "Errors: %d");
	t->of[SKIPPED] = after(line, "Skipped: %d") + after(line, "Incomplete: %d");
	t->of[PASSED] = t->of[TOTAL] - t->of[FAILED] - t->of[ERRORS] - t->of[SKIPPED];
}

static void name_of(struct gp_buf *id, int how, const struct gp_slice *cap)
{
	static const struct joint {
		int first, second;
		const char *between;
	} joints[] = {{1, 2, "::"}, {0, 1, " > "}, {2, 1, " > "}};
	const struct joint *j;

	if (how >= 0) {
		gp_buf_slice(id, gp_trim(cap[how]));
		return;
	}
	/* -1 is no way to name */
	j = &joints[how < -1 ? -how - 2 : 0];
	gp_buf_slice(id, cap[j->first]);
	gp_buf_str(id, j->between);
	gp_buf_slice(id, cap[j->second]);
}

/* Which part of the output this is: some headings turn titles into failures, errors or neither. */
static void section(struct totals *t, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_head(line, "Failures:", NULL) || gp_scan(line, "There was %d failure", cap) ||
	    gp_scan(line, "There were %d failure", cap))
		t->state = GP_TEST_FAIL;
	else if (gp_scan(line, "There was %d error", cap) ||
	         gp_scan(line, "There were %d error", cap))
		t->state = GP_TEST_ERROR;
	else if (gp_head(line, "Pending:", NULL) || gp_scan(line, "There %s %d skipped", cap) ||
	         gp_scan(line, "There %s %d warning", cap) ||
	         gp_scan(line, "There %s %d risky", cap))
		t->state = GP_TEST_SKIP;
	else
		return;
	t->open = NULL;
}

static bool ends_block(const struct totals *t, struct gp_slice line)
{
	bool loose = strcmp(t->runner, "rspec") == 0 || strcmp(t->runner, "phpunit") == 0;

	return loose ? gp_head(line, "--", NULL) || gp_head(line, "Finished in", NULL) ||
	                       gp_head(line, "FAILURES!", NULL) || gp_head(line, "ERRORS!", NULL)
	             : gp_trim(line).n == 0;
}

static bool fail_line(struct totals *t, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX] = {{0}}, s = line;

	if (gp_indent(line) == 2 || strcmp(t->runner, "mix") == 0)
		s = gp_trim(line);
	for (size_t i = 0; i < GP_COUNT(fails); i++) {
		gp_auto(gp_buf) id = {0};

		if (strcmp(t->runner, fails[i].runner) != 0 || !gp_scan(s, fails[i].pattern, cap))
			continue;
		if (t->state == GP_TEST_SKIP)
			return true;
		name_of(&id, fails[i].id, cap);
		t->open = gp_report_set(t->r, &t->ids, t->state, gp_buf_all(&id));
		if (fails[i].why >= 0 && !t->open->message)
			gp_test_say(t->open, cap[fails[i].why]);
		return true;
	}
	return false;
}

static void detail_line(struct totals *t, struct gp_slice line)
{
	section(t, line);
	if (fail_line(t, line) || !t->open)
		return;
	if (ends_block(t, line)) {
		t->open = NULL;
		return;
	}
	gp_test_say(t->open, gp_trim(line));
	/* rspec names the class of what was raised on a line of its own */
	if (strcmp(t->runner, "rspec") == 0 && gp_tail(line, "Error:", NULL) &&
	    !gp_find(line, "ExpectationNotMet"))
		t->open->state = GP_TEST_ERROR;
}

/* Signs without which no line is worth a look. */
static bool worth(struct gp_slice text)
{
	static const char *const signs[] = {" example",    "Assertions: ", "OK (",
	                                    "Tests run: ", " completed, ", " failure",
	                                    "Passed!",     "Failed!",      "Checks: ",
	                                    " Ignored",    "test case",    "No tests executed!"};

	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_find(text, signs[i]))
			return true;
	return false;
}

static struct gp_slice unlabelled(struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_scan(line, "[INFO] Tests run: ", cap) || gp_scan(line, "[ERROR] Tests run: ", cap) ||
	    gp_scan(line, "[WARNING] Tests run: ", cap))
		return gp_skip(line, (size_t)(gp_find(line, "Tests") - line.p));
	return gp_trim(line);
}

void gp_read_totals(struct gp_report *part, struct gp_slice text)
{
	struct totals t = {.r = part, .state = GP_TEST_FAIL};
	struct gp_slice rest = text, line;

	if (!worth(text))
		return;
	while (gp_line(&line, &rest)) {
		sum_line(&t, unlabelled(line));
		if (t.runner && strcmp(t.runner, "phpunit") == 0)
			phpunit_sums(&t, line);
	}
	/* bats' own reader knows more of such a line */
	if (!t.runner || (strcmp(t.runner, "mix") == 0 && !gp_find(text, "Finished in ")))
		return;
	rest = text;
	while (gp_line(&line, &rest))
		detail_line(&t, line);
	gp_ids_clear(&t.ids);
	part->kind = t.of[PASSED] + t.of[FAILED] + t.of[ERRORS] + t.of[SKIPPED] == 0
	                     ? GP_REPORT_TESTS
	                     : GP_REPORT_COUNTS;
	part->passed = t.of[PASSED] > 0 ? t.of[PASSED] : 0;
	part->failed = t.of[FAILED];
	part->errors = t.of[ERRORS];
	part->skipped = t.of[SKIPPED];
	if (strcmp(t.runner, "rspec") == 0 && !part->errors)
		gp_rspec_names(part, text, t.of[TOTAL]);
}
