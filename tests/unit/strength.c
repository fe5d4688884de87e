#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/json.h"
#include "lib/trial/read.h"
#include "lib/trial/strength.h"

/* What was found, as words and as a record. That it is found is a matter of tests/cli. */

static void assert_words(const char *want, struct gp_strength *s)
{
	gp_auto(gp_buf) got = {0};

	gp_strength_words(&got, s);
	assert_string_equal(gp_buf_text(&got), want);
	gp_strength_clear(s);
}

static void the_words_tell_each_kind_apart(void **state GP_UNUSED)
{
	assert_words("no code to take away", &(struct gp_strength){0});
	assert_words("1 of 1 hunk noticed", &(struct gp_strength){.hunks = 1, .noticed = 1});
	assert_words("0 of 3 hunks noticed, 3 not tried",
	             &(struct gp_strength){.hunks = 3, .left = 3});
	assert_words(
		"2 of 5 hunks noticed, 1 breaks the build, 1 not tried; 5 of 6 mutants noticed",
		&(struct gp_strength){.hunks = 5,
	                              .noticed = 2,
	                              .broken = 1,
	                              .left = 1,
	                              .mutants = 6,
	                              .killed = 5});
	assert_words("0 of 2 hunks noticed, 2 break the build; 0 of 1 mutant noticed",
	             &(struct gp_strength){.hunks = 2, .broken = 2, .mutants = 1});
}

static void nothing_tried_is_nothing_known(void **state GP_UNUSED)
{
	assert_false(gp_strength_known(&(struct gp_strength){.hunks = 2, .left = 2}));
	assert_true(gp_strength_known(&(struct gp_strength){.hunks = 2, .left = 1}));
	assert_false(gp_strength_known(&(struct gp_strength){0}));
}

static void places_are_told_in_order(void **state GP_UNUSED)
{
	gp_auto(gp_strength) s = {.hunks = 3};
	gp_auto(gp_buf) got = {0};
	gp_auto_json struct cJSON *j = NULL;

	gp_spots_add(&s.unnoticed, "b.py", 3, 9, NULL);
	gp_spots_add(&s.unnoticed, "b.py", 2, 2, NULL);
	gp_spots_add(&s.unnoticed, "a.json", 0, 0, NULL);
	gp_spots_add(&s.survived, "a\xff.py", 1, 1, "bound shifted");
	gp_spots_sort(&s.unnoticed);
	for (size_t i = 0; i < s.unnoticed.n; i++) {
		gp_spot_text(&got, &s.unnoticed.v[i]);
		gp_buf_chr(&got, ' ');
	}
	assert_string_equal(gp_buf_text(&got), "a.json b.py:2 b.py:3-9 ");
	gp_buf_cut(&got, 0);
	j = gp_strength_json(&s);
	assert_int_equal(gp_json_print(&got, j), 0);
	assert_non_null(strstr(got.p, "{\"path\":\"b.py\",\"first\":3,\"last\":9}"));
	assert_non_null(strstr(got.p, "\"what\":\"bound shifted\""));
}

static void an_assertion_counts_when_the_test_is_new(void **state GP_UNUSED)
{
	gp_auto(gp_report) before = {.kind = GP_REPORT_TESTS};
	gp_auto(gp_strength) s = {0};

	gp_report_add(&before, GP_TEST_PASS, GP_SLICE("old"));
	gp_report_add(&before, GP_TEST_FAIL, GP_SLICE("bad"));
	assert_false(gp_strength_asserts(&s, &before));
	gp_list_add(&s.asserted, "old");
	assert_false(gp_strength_asserts(&s, &before));
	gp_list_add(&s.asserted, "bad");
	assert_true(gp_strength_asserts(&s, &before));
	gp_list_clear(&s.asserted);
	gp_list_add(&s.asserted, "new");
	assert_true(gp_strength_asserts(&s, &before));
	gp_list_clear(&s.asserted);
	s.assertion = true;
	assert_true(gp_strength_asserts(&s, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_tell_each_kind_apart),
		cmocka_unit_test(nothing_tried_is_nothing_known),
		cmocka_unit_test(places_are_told_in_order),
		cmocka_unit_test(an_assertion_counts_when_the_test_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
