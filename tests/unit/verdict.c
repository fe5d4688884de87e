#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/trial/verdict.h"
#include "tests/unit/trialcase.h"

static int wrong(const char *name, const char *what, const char *want, const char *got)
{
	printf("# %s: wanted %s '%s', got '%s'\n", name, what, want, got);
	return 1;
}

static size_t count_lines(const struct gp_buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\n';
	return n;
}

static int check_words(const char *name, const struct trialcase *c, const struct gp_judgement *j)
{
	const char *want;
	int bad = 0;

	for (size_t i = 0; (want = trialcase_get(c, "reason", i)); i++)
		if (!strstr(gp_buf_text(&j->reason), want))
			bad |= wrong(name, "reason", want, gp_buf_text(&j->reason));
	for (size_t i = 0; (want = trialcase_get(c, "line", i)); i++)
		if (!strstr(gp_buf_text(&j->lines), want))
			bad |= wrong(name, "line", want, gp_buf_text(&j->lines));
	if (j->reason.n == 0 || memchr(j->reason.p, '\n', j->reason.n))
		bad |= wrong(name, "reason", "one sentence", gp_buf_text(&j->reason));
	if (count_lines(&j->lines) > 60)
		bad |= wrong(name, "lines", "at most 60", gp_buf_text(&j->lines));
	if (strstr(gp_buf_text(&j->lines), "/work/"))
		bad |= wrong(name, "lines", "relative paths", gp_buf_text(&j->lines));
	return bad;
}

static int check_verdict(const char *name, const struct trialcase *c)
{
	gp_auto(gp_report) r = {0};
	gp_auto(gp_judgement) j = {0};
	const char *exit = trialcase_get(c, "exit", 0), *sig = trialcase_get(c, "signal", 0), *want;
	struct gp_evidence e = {.exit = exit ? (int)strtol(exit, NULL, 10) : 0,
	                        .signal = sig ? (int)strtol(sig, NULL, 10) : 0,
	                        .timed_out = trialcase_get(c, "timeout", 0) != NULL,
	                        .truncated = trialcase_get(c, "truncated", 0) != NULL,
	                        .infra = trialcase_get(c, "infra", 0),
	                        .output = gp_buf_all(&c->output),
	                        .report = &r};
	int bad = trialcase_report(&r, c) != 0;

	gp_judge(&j, &e, c->files.n ? &c->files : NULL);
	want = trialcase_get(c, "verdict", 0);
	if (!want || strcmp(want, gp_verdict_word(j.verdict)) != 0)
		bad |= wrong(name, "verdict", want ? want : "-", gp_verdict_word(j.verdict));
	want = trialcase_get(c, "symbol", 0);
	if (strcmp(want ? want : "", j.symbol) != 0)
		bad |= wrong(name, "symbol", want ? want : "", j.symbol);
	want = trialcase_get(c, "low", 0);
	if (want && j.low_confidence != (strcmp(want, "yes") == 0))
		bad |= wrong(name, "low confidence", want, j.low_confidence ? "yes" : "no");
	bad |= check_words(name, c, &j);
	if (bad)
		printf("# %s: %s\n", name, gp_buf_text(&j.reason));
	if (getenv("SHOW"))
		printf("# %-24s %-9s %-10s %s\n", strrchr(name, '/') + 1,
		       gp_verdict_word(j.verdict), j.symbol, gp_buf_text(&j.reason));
	return bad;
}

static void every_case_is_judged_as_it_says(void **state)
{
	int failures = 0;

	(void)state;
	assert_true(trialcase_each(check_verdict, &failures) >= 40);
	assert_int_equal(failures, 0);
}

static enum gp_verdict judge(const char *output, int exit, const char *format)
{
	gp_auto(gp_report) r = {0};
	gp_auto(gp_judgement) j = {0};
	struct gp_evidence e = {.exit = exit, .output = gp_slice(output), .report = &r};

	gp_report_read(&r, gp_slice(output));
	if (format)
		r.format = format;
	gp_judge(&j, &e, NULL);
	assert_true(j.low_confidence || r.kind != GP_REPORT_NONE);
	return j.verdict;
}

static void green_needs_a_test_that_passed(void **state)
{
	(void)state;
	assert_int_equal(judge("", 0, NULL), GP_VERDICT_NONE);
	assert_int_equal(judge("\n", 0, NULL), GP_VERDICT_NONE);
	assert_int_equal(judge("", 0, "exit"), GP_VERDICT_PASS);
	assert_int_equal(judge("1..0\n", 0, NULL), GP_VERDICT_NONE);
	assert_int_equal(judge("1..1\nok 1 - a # SKIP no\n", 0, NULL), GP_VERDICT_NONE);
	assert_int_equal(judge("1..1\nnot ok 1 - a # Todo no\n", 0, NULL), GP_VERDICT_NONE);
	assert_int_equal(judge("1..1\nok 1 - a\n", 0, NULL), GP_VERDICT_PASS);
	assert_int_equal(judge("make: Nothing to be done for 'check'.\n", 0, NULL),
	                 GP_VERDICT_NONE);
	assert_int_equal(judge("cc -o t t.c\n./t\n", 0, NULL), GP_VERDICT_PASS);
}

static void printed_words_do_not_beat_the_status(void **state)
{
	(void)state;
	assert_int_equal(judge("1..1\nok 1 - a\n", 1, NULL), GP_VERDICT_BROKEN);
	assert_int_equal(judge("all tests passed\n", 1, NULL), GP_VERDICT_ASSERTION);
	assert_int_equal(judge("1..2\nok 1 - a\n", 0, NULL), GP_VERDICT_BROKEN);
	assert_int_equal(judge("1..2\nok 1 - a\nBail out!\n", 0, NULL), GP_VERDICT_BROKEN);
	assert_int_equal(judge("1..1\nnot ok 1 - a\n", 0, NULL), GP_VERDICT_ASSERTION);
}

static void no_output_at_all_is_judged(void **state)
{
	gp_auto(gp_judgement) j = {0};
	struct gp_evidence e = {.exit = 1};

	(void)state;
	gp_judge(&j, &e, NULL);
	assert_int_equal(j.verdict, GP_VERDICT_ASSERTION);
	assert_true(j.low_confidence);
}

static void holds(const char *before, const char *after, const char *failed, const char *vanished)
{
	gp_auto(gp_report) a = {0};
	gp_auto(gp_report) b = {0};
	gp_auto(gp_list) f = {0};
	gp_auto(gp_list) v = {0};

	gp_report_read(&a, gp_slice(before));
	gp_report_read(&b, gp_slice(after));
	assert_int_equal(gp_suite_holds(&f, &v, &a, &b), !failed && !vanished);
	assert_int_equal(f.n, failed ? 1 : 0);
	assert_int_equal(v.n, vanished ? 1 : 0);
	if (failed)
		assert_string_equal(f.v[0], failed);
	if (vanished)
		assert_string_equal(v.v[0], vanished);
}

static void agree(const char *first, const char *second, const char *differ)
{
	gp_auto(gp_report) a = {0};
	gp_auto(gp_report) b = {0};
	gp_auto(gp_list) d = {0};

	gp_report_read(&a, gp_slice(first));
	gp_report_read(&b, gp_slice(second));
	assert_int_equal(gp_reports_agree(&d, &a, &b), !differ);
	assert_int_equal(d.n, differ ? 1 : 0);
	if (differ)
		assert_string_equal(d.v[0], differ);
}

static void runs_agree_or_name_what_differs(void **state)
{
	static const char two[] = "1..2\nok 1 - a\nok 2 - b\n";

	(void)state;
	agree(two, two, NULL);
	agree(two, "1..2\nok 1 - b\nok 2 - a\n", NULL);
	agree(two, "1..2\nok 1 - a\nnot ok 2 - b\n", "b");
	agree("1..2\nok 1 - a\nnot ok 2 - b\n", two, "b");
	agree(two, "1..2\nok 1 - a\nok 2 - b # SKIP no\n", "b");
	agree(two, "1..1\nok 1 - a\n", "b");
	agree("1..1\nok 1 - a\n", two, "b");
	agree("1..1\nok 1 - at 0x1\n", "1..1\nok 1 - at 0x2\n", NULL);
}

static void suite_loses_nothing(void **state)
{
	static const char before[] = "1..3\nok 1 - a\nok 2 - b\nnot ok 3 - c\n";

	(void)state;
	holds(before, before, NULL, NULL);
	holds(before, "1..4\nok 1 - new\nok 2 - a\nok 3 - b\nok 4 - c\n", NULL, NULL);
	holds(before, "1..3\nok 1 - a\nnot ok 2 - b\nnot ok 3 - c\n", "b", NULL);
	holds(before, "1..2\nok 1 - a\nnot ok 2 - c\n", NULL, "b");
	holds(before, "1..3\nok 1 - a\nok 2 - b # SKIP later\nnot ok 3 - c\n", NULL, "b");
	holds(before, "1..3\nok 1 - a\nok 2 - b\nok 3 - new\n", NULL, NULL);
	holds(before, "", NULL, "2 of 2 that passed, not named by the runner");
}

static void suite_without_ids_is_compared_by_totals(void **state)
{
	static const char before[] = "...\n-----\nRan 3 tests in 0.1s\n\nOK\n";
	static const char fails[] =
		"..F\n======\nFAIL: test_a (m.A.test_a)\n------\nboom\n\n------\n"
		"Ran 3 tests in 0.1s\n\nFAILED (failures=1)\n";

	(void)state;
	holds(before, before, NULL, NULL);
	holds(before, fails, "m.A.test_a", NULL);
	holds(fails, before, NULL, NULL);
	holds(before, "..\n-----\nRan 2 tests in 0.1s\n\nOK\n", NULL,
	      "1 of 3 that passed, not named by the runner");
	holds(before, "....\n-----\nRan 4 tests in 0.1s\n\nOK\n", NULL, NULL);
}

/* What of the reds is not green again, as "a b ". */
static void reds(const char *red, const char *before, const char *after, bool gone,
                 const char *want)
{
	gp_auto(gp_report) r = {0};
	gp_auto(gp_report) b = {0};
	gp_auto(gp_report) a = {0};
	gp_auto(gp_list) lost = {0};
	gp_auto(gp_buf) got = {0};

	gp_report_read(&r, gp_slice(red));
	gp_report_read(&b, gp_slice(before ? before : ""));
	gp_report_read(&a, gp_slice(after));
	gp_suite_reds(&lost, &r, before ? &b : NULL, &a, gone);
	for (size_t i = 0; i < lost.n; i++)
		gp_buf_fmt(&got, "%s ", lost.v[i]);
	assert_string_equal(gp_buf_text(&got), want);
}

static void reds_must_be_found_again(void **state)
{
	static const char red[] = "1..3\nok 1 - a\nnot ok 2 - b\nnot ok 3 - c\n";

	(void)state;
	reds(red, NULL, "1..3\nok 1 - a\nok 2 - b\nok 3 - c\n", false, "");
	reds(red, NULL, "1..3\nok 1 - a\nok 2 - b\nnot ok 3 - c\n", false, "c ");
	reds(red, NULL, "1..3\nok 1 - a\nok 2 - b # SKIP\nok 3 - c\n", false, "b ");
	reds(red, NULL, "1..1\nok 1 - a\n", false, "b c ");
	reds(red, NULL, "1..1\nok 1 - a\n", true, "");
	reds(red, NULL, "1..2\nok 1 - a\nok 2 - b # SKIP\n", true, "b ");
	reds(red, "1..2\nok 1 - a\nnot ok 2 - c\n", "1..2\nok 1 - a\nok 2 - b\n", false, "");
	reds(red, NULL, "all is well\n", false, "b c ");
	reds(red, NULL, "...\n-----\nRan 3 tests in 0.1s\n\nOK\n", false, "");
	reds(red, NULL, "..\n-----\nRan 2 tests in 0.1s\n\nOK\n", false, "b c ");
}

static bool grew(const char *before, const char *after)
{
	gp_auto(gp_report) b = {0};
	gp_auto(gp_report) a = {0};

	gp_report_read(&b, gp_slice(before));
	gp_report_read(&a, gp_slice(after));
	return gp_suite_grew(&b, &a);
}

static void a_new_test_is_one_that_was_not_there(void **state)
{
	(void)state;
	assert_true(grew("1..1\nok 1 - a\n", "1..2\nok 1 - a\nok 2 - b\n"));
	assert_false(grew("1..1\nok 1 - a\n", "1..1\nok 1 - a\n"));
	assert_false(grew("1..1\nok 1 - a\n", "1..2\nok 1 - a\nnot ok 2 - b\n"));
	assert_false(grew("1..2\nok 1 - a\nnot ok 2 - b\n", "1..2\nok 1 - a\nok 2 - b\n"));
	assert_true(grew("make: *** Error 1\n", "1..1\nok 1 - a\n"));
	assert_true(grew("..\n-----\nRan 2 tests in 0.1s\n\nOK\n",
	                 "...\n-----\nRan 3 tests in 0.1s\n\nOK\n"));
}

static void many_failures_are_compared_in_no_time(void **state)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_report) r = {0};
	gp_auto(gp_list) lost = {0};

	(void)state;
	for (int i = 0; i < 150000; i++)
		gp_buf_fmt(&text, "not ok %d - t%d\n", i + 1, i);
	gp_report_read(&r, gp_buf_all(&text));
	gp_suite_reds(&lost, &r, NULL, &r, false);
	assert_int_equal(lost.n, 150000);
	gp_list_clear(&lost);
	gp_suite_fresh(&lost, &r, &r);
	assert_int_equal(lost.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_judged_as_it_says),
		cmocka_unit_test(green_needs_a_test_that_passed),
		cmocka_unit_test(printed_words_do_not_beat_the_status),
		cmocka_unit_test(no_output_at_all_is_judged),
		cmocka_unit_test(suite_loses_nothing),
		cmocka_unit_test(runs_agree_or_name_what_differs),
		cmocka_unit_test(suite_without_ids_is_compared_by_totals),
		cmocka_unit_test(reds_must_be_found_again),
		cmocka_unit_test(a_new_test_is_one_that_was_not_there),
		cmocka_unit_test(many_failures_are_compared_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
