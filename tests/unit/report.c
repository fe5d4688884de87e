#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "lib/trial/scan.h"
#include "tests/unit/trialcase.h"

static const char *state_word(const struct gp_test *t)
{
	static const char *const words[] = {"pass", "fail", "error", "skip", "todo"};

	return t->collect ? "collect" : words[t->state];
}

static int wrong(const char *name, const char *what, const char *want)
{
	printf("# %s: wanted %s %s\n", name, what, want);
	return 1;
}

static int check_tests(const char *name, const struct trialcase *c, const struct gp_report *r)
{
	const char *want;
	int bad = 0;

	for (size_t i = 0; (want = trialcase_get(c, "test", i)); i++) {
		const char *id = strchr(want, ' ');
		const struct gp_test *t = id ? gp_report_find(r, id + 1) : NULL;

		if (!t || strncmp(want, state_word(t), (size_t)(id - want)) != 0)
			bad |= wrong(name, "test", want);
	}
	want = trialcase_get(c, "tests", 0);
	if (want && strtoul(want, NULL, 10) != r->n)
		bad |= wrong(name, "tests", want);
	return bad;
}

static int check_report(const char *name, const struct trialcase *c)
{
	static const char *const kinds[] = {"none", "counts", "tests"};
	gp_auto(gp_report) r = {0};
	char counts[100];
	const char *want;
	int bad = trialcase_report(&r, c) != 0;

	want = trialcase_get(c, "kind", 0);
	if (want && strcmp(want, kinds[r.kind]) != 0)
		bad |= wrong(name, "kind", want);
	want = trialcase_get(c, "format", 0);
	if (want && strcmp(want, r.format ? r.format : "-") != 0)
		bad |= wrong(name, "format", want);
	snprintf(counts, sizeof(counts), "%ld %ld %ld %ld", r.passed, r.failed, r.errors,
	         r.skipped);
	want = trialcase_get(c, "counts", 0);
	if (want && strcmp(want, counts) != 0)
		bad |= wrong(name, "counts", want);
	want = trialcase_get(c, "flags", 0);
	if (r.bailed != (want && strstr(want, "bailed")) ||
	    r.incomplete != (want && strstr(want, "incomplete")))
		bad |= wrong(name, "flags", want ? want : "none");
	bad |= check_tests(name, c, &r);
	if (bad)
		trialcase_show(&r);
	return bad;
}

static void every_case_is_read_as_it_says(void **state)
{
	int failures = 0;

	(void)state;
	assert_true(trialcase_each(check_report, &failures) > 0);
	assert_int_equal(failures, 0);
}

static void read_all(struct gp_report *r, const char *text)
{
	assert_int_equal(gp_report_read(r, gp_slice(text)), 0);
}

static void garbage_is_no_report(void **state)
{
	static const char *const text[] = {"",
	                                   "\n\n",
	                                   "hello world\n",
	                                   "ok\n",
	                                   "not ok\n",
	                                   "Ran out of tests\n",
	                                   "everything is ok 1\n",
	                                   "cc -o t t.c\n./t\n",
	                                   "\x1b[",
	                                   "\x1b]0;title",
	                                   "\xff\xfe\x00"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(text); i++) {
		gp_auto(gp_report) r = {0};

		read_all(&r, text[i]);
		assert_int_equal(r.kind, GP_REPORT_NONE);
		assert_int_equal(r.n, 0);
	}
}

static void equal_ids_are_numbered(void **state)
{
	gp_auto(gp_report) r = {0};

	(void)state;
	read_all(&r, "1..4\nok 1 - a\nnot ok 2 - a\nok 3 - a #2\nok 4 - a\n");
	assert_int_equal(r.n, 4);
	assert_non_null(gp_report_find(&r, "a"));
	assert_int_equal(gp_report_find(&r, "a #2")->state, GP_TEST_FAIL);
	assert_non_null(gp_report_find(&r, "a #3"));
	assert_non_null(gp_report_find(&r, "a #2 #2"));
}

static void ids_hold_no_places(void **state)
{
	gp_auto(gp_report) r = {0};

	(void)state;
	read_all(&r, "1..3\nok 1 - /work/test/a.js\nok 2 - in /tmp/x.83hf/dir/f and /tmp/y\n"
	             "ok 3 - tab\there \x1b[1mbold\x1b[0m\x01\n");
	assert_non_null(gp_report_find(&r, "test/a.js"));
	assert_non_null(gp_report_find(&r, "in /tmp/*/dir/f and /tmp/*"));
	assert_non_null(gp_report_find(&r, "tab here bold\\x01"));
}

static void number_of_tests_is_capped(void **state)
{
	gp_auto(gp_buf) b = {0};
	gp_auto(gp_report) r = {0};

	(void)state;
	for (int i = 1; i <= 200001; i++)
		gp_buf_fmt(&b, "ok %d - same\n", i);
	assert_int_equal(gp_report_read(&r, gp_buf_all(&b)), GP_LIMIT);
	assert_int_equal(r.n, 200000);
	assert_string_equal(r.v[199999].id, "same #200000");
}

static void many_broken_packages_take_no_time(void **state)
{
	gp_auto(gp_buf) b = {0};
	gp_auto(gp_report) r = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		gp_buf_fmt(&b, "{\"Action\":\"fail\",\"Package\":\"example.com/p%d\"}\n", i);
	alarm(60);
	assert_int_equal(gp_report_read(&r, gp_buf_all(&b)), 0);
	alarm(0);
	assert_int_equal(r.n, 100000);
}

static void messages_are_bounded(void **state)
{
	gp_auto(gp_buf) b = {0};
	gp_auto(gp_report) r = {0};

	(void)state;
	gp_buf_str(&b, "1..1\nnot ok 1 - a\n");
	for (int i = 0; i < 10000; i++)
		gp_buf_str(&b, "# why \xff\x1b[31mred\n");
	read_all(&r, gp_buf_text(&b));
	assert_true(strlen(r.v[0].message) <= 2000);
	assert_true(gp_starts(r.v[0].message, "why \\xffred\n"));
}

static void junit_declares_nothing_and_has_bounds(void **state)
{
	static const char *const bombs[] = {
		"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><testsuite name='&b;'/>",
		"<!DOCTYPE testsuite SYSTEM 'file:///etc/passwd'><testsuite/>",
		/* also when it is read a second time */
		"<?xml version='1.0' encoding='utf-16'?><!DOCTYPE x [<!ENTITY a 'b'>]><testsuite/>",
		"<!DOCTYPE x [<!ENTITY a '\x1b'>]><testsuite name='&a;'/>",
		"<testsuite name='\x1b'><testcase></testsuite>",
		"<html><body/></html>",
		"<testsuite><testcase name='a'></testsuite>",
		"{}",
		"",
	};
	gp_auto(gp_buf) deep = {0};
	gp_auto(gp_report) r = {0};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bombs); i++) {
		gp_auto(gp_report) refused = {0};

		assert_int_equal(gp_report_junit(&refused, gp_slice(bombs[i])), GP_INVALID);
		assert_int_equal(refused.kind, GP_REPORT_NONE);
		assert_int_equal(refused.n, 0);
	}
	for (int i = 0; i < 65; i++)
		gp_buf_str(&deep, "<testsuite name='x'>");
	assert_int_equal(gp_report_junit(&r, gp_buf_all(&deep)), GP_LIMIT);
}

static void junit_is_read_in_any_encoding(void **state)
{
	static const char doc[] = "<testsuite name='s'><testcase name='caf?'/></testsuite>";
	static const char *const heads[] = {"<?xml version='1.0' encoding='ISO-8859-1'?>",
	                                    "<?xml version='1.0' encoding='windows-1252'?>",
	                                    "<?xml version='1.0' encoding='no-such'?>", ""};
	gp_auto(gp_buf) wide = {0};
	gp_auto(gp_report) r = {0};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(heads); i++) {
		gp_auto(gp_buf) b = {0};
		gp_auto(gp_report) one = {0};

		gp_buf_fmt(&b, "%s%s", heads[i], doc);
		for (size_t k = strlen(heads[i]); k < b.n; k++)
			b.p[k] = b.p[k] == '?' ? (char)0xe9 : b.p[k];
		assert_int_equal(gp_report_junit(&one, gp_buf_all(&b)), 0);
		assert_non_null(gp_report_find(&one, "s > caf\xc3\xa9"));
	}
	gp_buf_add(&wide, "\xff\xfe", 2);
	for (const char *p = doc; *p; p++) {
		gp_buf_chr(&wide, *p == '?' ? (char)0xe9 : *p);
		gp_buf_chr(&wide, 0);
	}
	assert_int_equal(gp_report_junit(&r, gp_buf_all(&wide)), 0);
	assert_non_null(gp_report_find(&r, "s > caf\xc3\xa9"));
}

static void patterns_match_as_the_manual_says(void **state)
{
	static const struct {
		const char *line, *pattern, *first, *second;
	} rows[] = {
		{"Ran 12 tests in 0.1s", "Ran %d test%* in ", "12", "s"},
		{"a  b", "%s%_%s%$", "a", "b"},
		{"a  b c", "%s%_%s%$", NULL, NULL},
		{"no `x' here", "no %Q here", "x", NULL},
		{"no \xe2\x80\x98x\xe2\x80\x99", "no %Q", "x", NULL},
		{"no x", "no %Q", NULL, NULL},
		{"50%: 3", "%d%%: %d", "50", "3"},
		{"tail  ", "tail%$", "", NULL},
		{"a:b:c", "%*:%*", "a", "b:c"},
		{"", "%s", NULL, NULL},
		{"x", "%d", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		struct gp_slice cap[GP_SCAN_MAX] = {{0}};
		bool hit = gp_scan(gp_slice(rows[i].line), rows[i].pattern, cap);

		assert_int_equal(hit, rows[i].first != NULL);
		if (rows[i].first && *rows[i].first)
			assert_true(gp_slice_is(cap[0], rows[i].first));
		if (rows[i].second)
			assert_true(gp_slice_is(cap[1], rows[i].second));
	}
	assert_true(gp_scan_in(GP_SLICE("x y err: 3"), "err: %d", (struct gp_slice[6]){{0}}));
	assert_false(gp_scan_in(GP_SLICE("err: x err:3"), "err: %d", (struct gp_slice[6]){{0}}));
}

/* What is written must be read as it was, whatever a test called itself. */
static void junit_is_read_as_written(void **state)
{
	static const char tap[] = "1..5\nok 1 - <a b=\"c\">&lt; ]]>\nnot ok 2 - two\n# <why>\"&\n"
				  "ok 3 - f > s > n # SKIP no\nok 4 - \357\277\277\ntail \001\n"
				  "ok 5 - \377\302\205\n";
	const struct gp_junit_run run = {"make 'check' \"<&", 1234, "assertion", GP_SLICE("x")};
	gp_auto(gp_report) a = {0};
	gp_auto(gp_report) b = {0};
	gp_auto(gp_buf) xml = {0};

	(void)state;
	gp_report_read(&a, gp_slice(tap));
	assert_int_equal(a.n, 5);
	assert_int_equal(gp_report_write_junit(&xml, &a, &run), 0);
	assert_int_equal(gp_report_junit(&b, gp_buf_all(&xml)), 0);
	assert_int_equal(b.n, a.n);
	assert_false(b.incomplete);
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(b.v[i].state, a.v[i].state);
	assert_non_null(gp_find(gp_slice(b.v[0].id), "<a b=\"c\">&lt; ]]>"));
	assert_non_null(gp_find(gp_slice(b.v[1].message), "<why>\"&"));
}

/* A reader that looks for failures must not find a pass where there is none. */
static void junit_without_a_failure_tells_the_verdict(void **state)
{
	struct gp_junit_run run = {"make", 10, "infra", GP_SLICE("no disk")};
	gp_auto(gp_report) none = {0};

	(void)state;
	for (int passed = 0; passed < 2; passed++) {
		gp_auto(gp_report) b = {0};
		gp_auto(gp_buf) xml = {0};

		run.verdict = passed ? NULL : "infra";
		assert_int_equal(gp_report_write_junit(&xml, &none, &run), 0);
		assert_int_equal(gp_report_junit(&b, gp_buf_all(&xml)), 0);
		assert_int_equal(b.n, 1);
		assert_int_equal(b.v[0].state, passed ? GP_TEST_PASS : GP_TEST_ERROR);
	}
}

static void junit_is_whole_or_refused(void **state)
{
	const struct gp_junit_run run = {"make", 10, NULL, GP_SLICE("")};
	gp_auto(gp_report) r = {0};
	gp_auto(gp_buf) xml = {0};

	(void)state;
	gp_report_read(&r, GP_SLICE("1..2\nok 1 - a rather long name of a test\nok 2 - b\n"));
	assert_int_equal(gp_report_write_junit(&xml, &r, &run), 0);
	for (size_t max = 1; max < xml.n; max++) {
		gp_auto(gp_buf) small = {.max = max};

		assert_int_equal(gp_report_write_junit(&small, &r, &run), GP_LIMIT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_read_as_it_says),
		cmocka_unit_test(garbage_is_no_report),
		cmocka_unit_test(equal_ids_are_numbered),
		cmocka_unit_test(ids_hold_no_places),
		cmocka_unit_test(number_of_tests_is_capped),
		cmocka_unit_test(many_broken_packages_take_no_time),
		cmocka_unit_test(messages_are_bounded),
		cmocka_unit_test(junit_declares_nothing_and_has_bounds),
		cmocka_unit_test(junit_is_read_in_any_encoding),
		cmocka_unit_test(junit_is_read_as_written),
		cmocka_unit_test(junit_without_a_failure_tells_the_verdict),
		cmocka_unit_test(junit_is_whole_or_refused),
		cmocka_unit_test(patterns_match_as_the_manual_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
