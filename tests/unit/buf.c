#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"

static void cap_leaves_buffer_unchanged(void **state)
{
	gp_auto(gp_buf) b = {.max = 5};

	(void)state;
	assert_int_equal(gp_buf_str(&b, "abc"), 0);
	assert_int_equal(gp_buf_str(&b, "def"), GP_LIMIT);
	assert_string_equal(gp_buf_text(&b), "abc");
	assert_int_equal(gp_buf_fmt(&b, "%d", 12), 0);
	assert_int_equal(gp_buf_fmt(&b, "%d", 1), GP_LIMIT);
	assert_string_equal(gp_buf_text(&b), "abc12");
}

static void list_is_an_argv(void **state)
{
	gp_auto(gp_list) l = {0};

	(void)state;
	for (int i = 0; i < 20; i++)
		gp_list_fmt(&l, "%d", 19 - i);
	assert_null(l.v[20]);
	gp_list_sort(&l);
	assert_string_equal(l.v[0], "0");
	assert_string_equal(l.v[2], "10");
	assert_true(gp_list_has(&l, "7"));
	assert_false(gp_list_has(&l, "20"));
}

static void lines_keep_cr_and_need_no_last_lf(void **state)
{
	struct gp_slice rest = GP_SLICE("a\r\n\nb"), line;

	(void)state;
	assert_true(gp_line(&line, &rest));
	assert_true(gp_slice_is(line, "a\r"));
	assert_true(gp_line(&line, &rest));
	assert_true(gp_slice_is(line, ""));
	assert_true(gp_line(&line, &rest));
	assert_true(gp_slice_is(line, "b"));
	assert_false(gp_line(&line, &rest));
}

static void utf8_follows_rfc3629(void **state)
{
	static const char *good[] = {"",
	                             "a",
	                             "\xc2\x80",
	                             "\xe0\xa0\x80",
	                             "\xed\x9f\xbf",
	                             "\xf0\x90\x80\x80",
	                             "\xf4\x8f\xbf\xbf"};
	static const char *bad[] = {"\x80",
	                            "\xc1\x81",
	                            "\xe0\x9f\x80",
	                            "\xed\xa0\x80",
	                            "\xf0\x8f\x80\x80",
	                            "\xf4\x90\x80\x80",
	                            "\xf5\x80\x80\x80",
	                            "\xe2\x82"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(good); i++)
		assert_true(gp_utf8_valid(gp_slice(good[i])));
	for (size_t i = 0; i < GP_COUNT(bad); i++)
		assert_false(gp_utf8_valid(gp_slice(bad[i])));
}

static void utf8_cut_walks_any_text(void **state)
{
	struct gp_slice s = GP_SLICE("a\xc3\xa9\xff\xf0\x9f\x99\x82\xe2");

	(void)state;
	assert_int_equal(gp_utf8_cut(&s), 'a');
	assert_int_equal(gp_utf8_cut(&s), 0xe9);
	assert_int_equal(gp_utf8_cut(&s), 0x1100ff);
	assert_int_equal(gp_utf8_cut(&s), 0x1f642);
	assert_int_equal(gp_utf8_cut(&s), 0x1100e2);
	assert_int_equal(s.n, 0);
}

static void visible_hides_nothing(void **state)
{
	gp_auto(gp_buf) b = {0};

	(void)state;
	assert_int_equal(
		gp_buf_visible(&b, GP_SLICE("a\x1b[2J\tb\r\n\xff\xe2\x80\xae\xc2\x9b\xc3\xa9")), 0);
	assert_string_equal(gp_buf_text(&b), "a\\x1b[2J\tb\\x0d\n\\xff\\u202e\\u009b\xc3\xa9");
}

static void middle_out_cuts_at_lines(void **state)
{
	gp_auto(gp_buf) in = {0};
	gp_auto(gp_buf) out = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		gp_buf_fmt(&in, "line %02d\n", i);
	gp_buf_middle_out(&out, gp_buf_all(&in), 80);
	assert_true(out.n < 130);
	assert_non_null(strstr(out.p, "line 00\n"));
	assert_non_null(strstr(out.p, "line 99\n"));
	assert_non_null(strstr(out.p, "\n[... "));
	gp_buf_cut(&out, 0);
	gp_buf_middle_out(&out, GP_SLICE("short"), 80);
	assert_string_equal(gp_buf_text(&out), "short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cap_leaves_buffer_unchanged),
		cmocka_unit_test(list_is_an_argv),
		cmocka_unit_test(lines_keep_cr_and_need_no_last_lf),
		cmocka_unit_test(utf8_follows_rfc3629),
		cmocka_unit_test(utf8_cut_walks_any_text),
		cmocka_unit_test(visible_hides_nothing),
		cmocka_unit_test(middle_out_cuts_at_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
