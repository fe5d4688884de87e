#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/trial/flaky.h"
#include "lib/trial/verdict.h"

#define GOOD "1..2\nok 1 - a\nok 2 - b\n"
#define BAD "1..2\nok 1 - a\nnot ok 2 - b\n"
#define GONE "1..1\nok 1 - a\n"
#define SKIPPED "1..2\nok 1 - a\nok 2 - b # SKIP later\n"

/* What becomes of the tests that are lost between first and after, when each side is run again:
 * "b:1/2,2/2" is not to be blamed, "b!" is. */
static void runs(const char *first, const char *after, const char *base, const char *again,
                 const char *want)
{
	gp_auto(gp_report) f = {0};
	gp_auto(gp_report) a = {0};
	gp_auto(gp_report) b = {0};
	gp_auto(gp_report) c = {0};
	gp_auto(gp_list) lost = {0};
	gp_auto(gp_buf) got = {0};
	struct gp_flaky flaky = {0};

	gp_report_read(&f, gp_slice(first));
	gp_report_read(&a, gp_slice(after));
	gp_report_read(&b, gp_slice(base));
	gp_report_read(&c, gp_slice(again));
	gp_suite_holds(&lost, &lost, &f, &a);
	gp_flaky_doubt(&flaky, &lost);
	gp_flaky_doubt(&flaky, &lost);
	gp_flaky_count(&flaky, true, &f, &b);
	gp_flaky_count(&flaky, false, &f, &c);
	gp_flaky_spare(&lost, &flaky);
	for (size_t i = 0; i < flaky.n; i++)
		if (gp_flaky_is(&flaky, flaky.v[i].id))
			gp_buf_fmt(&got, "%s:%zu/%zu,%zu/%zu", flaky.v[i].id, flaky.v[i].bad_before,
			           flaky.v[i].before, flaky.v[i].bad_after, flaky.v[i].after);
	for (size_t i = 0; i < lost.n; i++)
		gp_buf_fmt(&got, "%s!", lost.v[i]);
	assert_string_equal(gp_buf_text(&got), want);
	gp_flaky_clear(&flaky);
}

static void what_comes_and_goes_is_not_blamed(void **state)
{
	(void)state;
	runs(GOOD, GOOD, GOOD, GOOD, "");
	runs(GOOD, BAD, GOOD, BAD, "b!");
	runs(GOOD, BAD, BAD, BAD, "b:1/2,2/2");
	runs(GOOD, BAD, GOOD, GOOD, "b:0/2,1/2");
	runs(GOOD, BAD, BAD, GOOD, "b:1/2,1/2");
}

static void nor_what_is_gone_or_skipped_at_times(void **state)
{
	(void)state;
	runs(GOOD, GONE, GOOD, GONE, "b!");
	runs(GOOD, GONE, GOOD, GOOD, "b:0/2,1/2");
	runs(GOOD, SKIPPED, GOOD, SKIPPED, "b!");
	runs(GOOD, SKIPPED, SKIPPED, SKIPPED, "b:1/2,2/2");
	runs(GOOD, BAD, GONE, BAD, "b:1/2,2/2");
}

static void totals_tell_what_has_no_name(void **state)
{
	static const char three[] = "...\n-----\nRan 3 tests in 0.1s\n\nOK\n";
	static const char two[] = "..\n-----\nRan 2 tests in 0.1s\n\nOK\n";

	(void)state;
	runs(three, two, three, two, "1 of 3 that passed, not named by the runner!");
	runs(three, two, two, two, "1 of 3 that passed, not named by the runner:1/2,2/2");
	runs(three, two, three, three, "1 of 3 that passed, not named by the runner:0/2,1/2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_and_goes_is_not_blamed),
		cmocka_unit_test(nor_what_is_gone_or_skipped_at_times),
		cmocka_unit_test(totals_tell_what_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
