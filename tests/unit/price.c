#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/model/model.h"

static char table[] = "/tmp/gp-prices-XXXXXX";

static void write_table(const char *text)
{
	FILE *f = fopen(table, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	setenv("GP_PRICES", table, 1);
}

static void about(double is, double should)
{
	if (is < should - 1e-9 || is > should + 1e-9)
		fail_msg("%.9f instead of %.9f", is, should);
}

static void shipped_table_is_whole(void **state)
{
	static const char *ids[] = {"gpt-6.2-astra", "gpt-6.2-sol",  "gpt-6.1-sol",
	                            "gpt-6-sol",     "gpt-6-luna",   "gpt-6-astra",
	                            "gpt-5.6-sol",   "gpt-5.6-luna", "gpt-5.3-codex"};
	struct gp_price p;

	(void)state;
	setenv("GP_PRICES", "lib/model/prices.tsv", 1);
	for (size_t i = 0; i < GP_COUNT(ids); i++) {
		assert_int_equal(gp_price_find(&p, ids[i]), 0);
		assert_true(p.in > 0 && p.out > p.in && p.cached < p.in && p.write >= p.in);
		assert_string_equal(p.date, "2026-11");
	}
	assert_int_equal(gp_price_find(&p, "gpt-6.2-sol"), 0);
	about(p.in, 2);
	about(p.cached, 0.1);
	about(p.write, 2.5);
	about(p.out, 10);
	assert_int_equal(p.long_from, 272000);
	about(p.in_long, 4);
	about(p.out_long, 15);
}

static void dated_id_has_the_price_of_its_name(void **state)
{
	struct gp_price p;

	(void)state;
	write_table("m\t1\t-\t-\t2\t-\t-\t-\td\ts\nm-2026-11-17\t3\t-\t-\t4\t-\t-\t-\td\ts\n");
	assert_int_equal(gp_price_find(&p, "m-2026-11-18"), 0);
	about(p.in, 1);
	assert_int_equal(gp_price_find(&p, "m-2026-11-17"), 0);
	about(p.in, 3);
	assert_int_equal(gp_price_find(&p, "m-2026-1x-18"), GP_NOTFOUND);
	assert_int_equal(gp_price_find(&p, "-2026-11-18"), GP_NOTFOUND);
	assert_int_equal(gp_price_find(&p, ""), GP_NOTFOUND);
}

static void unknown_is_never_free(void **state)
{
	struct gp_price p = {0};

	(void)state;
	write_table("# only this\nm\t1\t-\t-\t2\t-\t-\t-\td\ts\n");
	assert_int_equal(gp_price_find(&p, "other"), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "no price is known for the model 'other'"));
	assert_true(gp_price_of(&p, 10, 0, 0, 10) < 0);
	setenv("GP_PRICES", "/nonexistent/prices.tsv", 1);
	p = (struct gp_price){0};
	assert_int_equal(gp_price_find(&p, "m"), GP_FAILED);
	assert_non_null(strstr(gp_message(), "/nonexistent/prices.tsv"));
	assert_true(p.in < 0 && p.cached < 0 && p.write < 0 && p.out < 0);
}

static void malformed_rows_are_named(void **state)
{
	static const char *bad[] = {
		"m\t1\n",
		"m 1 - - 2 - - - d s\n",
		"m\tx\t-\t-\t2\t-\t-\t-\td\ts\n",
		"m\t-1\t-\t-\t2\t-\t-\t-\td\ts\n",
		"m\tnan\t-\t-\t2\t-\t-\t-\td\ts\n",
		"m\t1e9\t-\t-\t2\t-\t-\t-\td\ts\n",
		"m\t1\t-\t-\t2\t-\t-\t-\ta date that is too long\ts\n",
		"m\t1\t-\t-\t2\t-\t-\t-\td\ts\textra\n",
		"\t1\t-\t-\t2\t-\t-\t-\td\ts\n",
	};
	gp_auto(gp_buf) text = {0};
	struct gp_price p;

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_buf_cut(&text, 0);
		gp_buf_fmt(&text, "\n%s", bad[i]);
		write_table(text.p);
		if (gp_price_find(&p, "m") != GP_INVALID)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(strstr(gp_message(), "line 2 "));
		assert_true(p.in < 0 && p.out < 0);
	}
}

static void sums(void **state)
{
	struct gp_price p = {
		.in = 2, .cached = 0.1, .write = 2.5, .out = 10, .in_long = 4, .out_long = 15};

	(void)state;
	about(gp_price_of(&p, 1000000, 0, 0, 0), 2);
	about(gp_price_of(&p, 1000000, 400000, 100000, 100000), 1 + 0.04 + 0.25 + 1);
	p.long_from = 1000000;
	about(gp_price_of(&p, 1000000, 0, 0, 1000000), 12);
	about(gp_price_of(&p, 2000000, 1000000, 0, 1000000), 4 + 0.2 + 15);
	p.cached = p.write = -1;
	about(gp_price_of(&p, 1000000, 500000, 500000, 0), 2);
	about(gp_price_of(&p, 10, 20, 30, 0), 20e-6);
	about(gp_price_of(&p, -1, -1, -1, -1), 0);
	p.out = -1;
	assert_true(gp_price_of(&p, 1, 0, 0, 1) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_table_is_whole),
		cmocka_unit_test(dated_id_has_the_price_of_its_name),
		cmocka_unit_test(unknown_is_never_free),
		cmocka_unit_test(malformed_rows_are_named),
		cmocka_unit_test(sums),
	};
	int fd = mkstemp(table), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(table);
	return failed;
}
