#include "lib/preview/vet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ZERO "0000000000000000000000000000000000000000"

static void test_pushes(void **state)
{
	gp_auto(gp_history) h = {.remote = NULL};

	(void)state;
	assert_int_equal(gp_vet_read_pushes(&h, GP_SLICE("refs/heads/a " A " refs/heads/a " ZERO
	                                                 "\nHEAD " B64 " refs/tags/b " A "\n"
	                                                 "(delete) " ZERO " refs/x " A "\n")),
	                 0);
	assert_int_equal(h.tips.n, 2);
	assert_string_equal(h.tips.v[1], B64);
	assert_int_equal(h.hidden.n, 2);
}

static void test_no_pushes(void **state)
{
	static const char *const bad[] = {
		"refs/heads/a " A " refs/heads/a\n",
		"refs/heads/a " A " refs/heads/a " A " more\n",
		"refs/heads/a  " A " refs/heads/a " A "\n",
		"refs/heads/a HEAD refs/heads/a " A "\n",
		"refs/heads/a " A "a refs/heads/a " A "\n",
		"refs/heads/a --all refs/heads/a " A "\n",
		"refs/heads/a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA refs/heads/a " A "\n",
	};

	static const char nul[] =
		"refs/heads/a 000000000000000000000000000000000000000\0 refs/heads/a " A;

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_history) h = {.remote = NULL};

		assert_int_equal(gp_vet_read_pushes(&h, gp_slice(bad[i])), GP_INVALID);
	}
	assert_int_equal(gp_vet_read_pushes(&(struct gp_history){.remote = NULL}, GP_SLICE(nul)),
	                 GP_INVALID);
}

static void test_allow(void **state)
{
	struct gp_finding f = {.rule = "a-rule", .path = "src/a.c", .print = "0123456789abcdef"};
	gp_auto(gp_allow) a = {0};

	(void)state;
	assert_int_equal(gp_allow_parse(&a, "a-rule src/* 0123456789abcdef 2024-02-29"), 0);
	/* the day itself counts, the next does not: 2024-03-01T00:00Z is 1709251200 */
	assert_true(gp_allow_covers(&a, &f, 1709251199));
	assert_false(gp_allow_covers(&a, &f, 1709251200));
	f.print = "0123456789abcdee";
	assert_false(gp_allow_covers(&a, &f, 0));
	f.print = a.print;
	f.rule = "b-rule";
	assert_false(gp_allow_covers(&a, &f, 0));
	f.rule = a.rule;
	f.path = "lib/a.c";
	assert_false(gp_allow_covers(&a, &f, 0));
}

static void test_bad_allow(void **state)
{
	static const char *const bad[] = {
		"",
		"a-rule",
		"a-rule src/a.c",
		"a-rule src/a.c *",
		"a-rule src/a.c 0123456789abcde",
		"a-rule src/a.c 0123456789ABCDEF",
		"a-rule src/a.c 0123456789abcdef 2023-02-29",
		"a-rule src/a.c 0123456789abcdef tomorrow",
		"a-rule src/a.c 0123456789abcdef 2024-02-29 x",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_allow) a = {0};

		assert_int_equal(gp_allow_parse(&a, bad[i]), GP_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pushes),
		cmocka_unit_test(test_no_pushes),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_bad_allow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
