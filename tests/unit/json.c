#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/json.h"

static int parse(const char *text, size_t n)
{
	gp_auto_json struct cJSON *j = NULL;
	/* an exact copy, so that a sanitizer sees a read past the end */
	char *copy = malloc(n ? n : 1);
	int e;

	memcpy(copy, text, n);
	e = gp_json_parse(&j, (struct gp_slice){copy, n});
	assert_true((e == 0) == (j != NULL));
	free(copy);
	return e;
}

static struct cJSON *must(const char *text)
{
	struct cJSON *j = NULL;

	assert_int_equal(gp_json_parse(&j, gp_slice(text)), 0);
	return j;
}

static void assert_prints(const struct cJSON *j, const char *text)
{
	gp_auto(gp_buf) b = {0};

	assert_int_equal(gp_json_print(&b, j), 0);
	assert_string_equal(gp_buf_text(&b), text);
}

static void accepts_what_rfc8259_allows(void **state)
{
	static const char *good[] = {
		"null",
		" true\r\n\t",
		"-0",
		"0.5e-10",
		"1E+2",
		"\"\"",
		"[]",
		"[[],{},\"x\",1]",
		"{\"a\":{\"a\":1},\"A\":2,\"\":3}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83d\\ude00\"",
		"\"\x7f\xc3\xa9\xf0\x9f\x98\x80\"",
		"\"\\\\u0000\"",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(good); i++)
		if (parse(good[i], strlen(good[i])) != 0)
			fail_msg("%s: %s", good[i], gp_message());
}

static void refuses_what_it_does_not(void **state)
{
	static const char *bad[] = {
		"",
		" ",
		"{",
		"[1,]",
		"[1 2]",
		"{\"a\"}",
		"{\"a\":}",
		"{a:1}",
		"{\"a\":1,}",
		"]",
		"[}",
		"tru",
		"truex",
		"nul",
		"NaN",
		"Infinity",
		"-",
		"+1",
		"01",
		"1.",
		".5",
		"1e",
		"0x10",
		"1-2",
		"1e999",
		"-1e999",
		"1 2",
		"{} {}",
		"null,",
		"'a'",
		"\"",
		"\"a",
		"\"\\",
		"\"\\u",
		"\"\\u12",
		"\"\\u12g4\"",
		"\"\\x41\"",
		"\"\\ud83d\"",
		"\"\\ude00\"",
		"\"\\ud83d\\u0041\"",
		"\"a\nb\"",
		"\"a\tb\"",
		"\"\\u0000\"",
		"{\"a\\u0000b\":1}",
		"\xef\xbb\xbf{}",
		"\"\xff\"",
		"\"\xed\xa0\x80\"",
		"[1]\x0b",
		"\x01[1]",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"[{\"x\":{\"a\":1,\"\\u0061\":2}}]",
		"1000000000000000000000000000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i])) != GP_INVALID)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(parse("[1]\0", 4), GP_INVALID);
	assert_int_equal(parse("\"a\0b\"", 5), GP_INVALID);
}

static void every_prefix_of_a_value_is_refused(void **state)
{
	static const char text[] =
		"{\"type\":\"x\",\"n\":[-1.5e3,true,null],\"s\":\"\\u00e9\\n\\ud83d\\ude00\"}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(parse(text, n), GP_INVALID);
	assert_int_equal(parse(text, sizeof(text) - 1), 0);
}

static void depth_and_size_are_limited(void **state)
{
	gp_auto(gp_buf) b = {0};

	(void)state;
	for (int i = 0; i < 64; i++)
		gp_buf_chr(&b, '[');
	for (int i = 0; i < 64; i++)
		gp_buf_chr(&b, ']');
	assert_int_equal(parse(b.p, b.n), 0);
	b.p[63] = '{';
	assert_int_equal(parse(b.p, b.n), GP_INVALID);
	gp_buf_cut(&b, 0);
	for (int i = 0; i < 65; i++)
		gp_buf_chr(&b, '[');
	for (int i = 0; i < 65; i++)
		gp_buf_chr(&b, ']');
	assert_int_equal(parse(b.p, b.n), GP_INVALID);
	gp_buf_cut(&b, 0);
	for (int i = 0; i < 200000; i++)
		gp_buf_chr(&b, '[');
	assert_int_equal(parse(b.p, b.n), GP_INVALID);
	gp_buf_cut(&b, 0);
	gp_buf_chr(&b, '[');
	for (int i = 0; i < 1000001; i++)
		gp_buf_str(&b, "0,");
	gp_buf_str(&b, "0]");
	assert_int_equal(parse(b.p, b.n), GP_INVALID);
}

static void many_keys_take_no_quadratic_time(void **state)
{
	gp_auto(gp_buf) b = {0};
	long long t = gp_now_ms();

	(void)state;
	gp_buf_chr(&b, '{');
	for (int i = 0; i < 200000; i++)
		gp_buf_fmt(&b, "\"k%d\":0,", i);
	gp_buf_str(&b, "\"k7\":1}");
	assert_int_equal(parse(b.p, b.n), GP_INVALID);
	assert_non_null(strstr(gp_message(), "'k7'"));
	assert_true(gp_now_ms() - t < 15000);
}

static void getters_answer_for_anything(void **state)
{
	gp_auto_json struct cJSON *j = must(
		"{\"s\":\"x\",\"n\":1.5,\"b\":true,\"z\":null,\"a\":[1,\"y\"],\"o\":{\"k\":2}}");
	const struct cJSON *a = gp_json_get(j, "a");

	(void)state;
	assert_string_equal(gp_json_str(j, "s"), "x");
	assert_null(gp_json_str(j, "S"));
	assert_null(gp_json_str(j, "n"));
	assert_null(gp_json_str(NULL, "s"));
	assert_null(gp_json_str(a, "s"));
	assert_null(gp_json_get(gp_json_get(j, "s"), "s"));
	assert_true(gp_json_num(j, "n", 0) == 1.5);
	assert_true(gp_json_num(j, "s", 7) == 7);
	assert_int_equal(gp_json_int(j, "n", 9), 1);
	assert_int_equal(gp_json_int(j, "z", 9), 9);
	assert_int_equal(gp_json_int(gp_json_get(j, "o"), "k", 9), 2);
	assert_true(gp_json_bool(j, "b", false));
	assert_true(gp_json_bool(j, "n", true));
	assert_int_equal(gp_json_count(a), 2);
	assert_int_equal(gp_json_count(NULL), 0);
	assert_true(gp_json_is_array(a));
	assert_true(gp_json_is_object(j));
	assert_false(gp_json_is_object(NULL));
	assert_string_equal(gp_json_text(gp_json_next(gp_json_first(a))), "y");
	assert_null(gp_json_next(gp_json_next(gp_json_first(a))));
	assert_string_equal(gp_json_key(gp_json_first(j)), "s");
	assert_null(gp_json_key(NULL));
	assert_null(gp_json_first(NULL));
}

static void huge_numbers_are_no_integers(void **state)
{
	gp_auto_json struct cJSON *j =
		must("{\"a\":1e300,\"b\":-1e300,\"c\":9007199254740992,\"d\":9223372036854775808}");

	(void)state;
	assert_int_equal(gp_json_int(j, "a", -1), -1);
	assert_int_equal(gp_json_int(j, "b", -1), -1);
	assert_true(gp_json_int(j, "c", -1) == 9007199254740992);
	assert_int_equal(gp_json_int(j, "d", -1), -1);
	gp_json_put_num(j, "nan", NAN);
	gp_json_put_num(j, "inf", INFINITY);
	assert_int_equal(gp_json_int(j, "nan", 3), 3);
	assert_true(gp_json_num(j, "inf", 3) == 3);
}

static void building_replaces_in_place_and_leaks_nothing(void **state)
{
	gp_auto_json struct cJSON *o = gp_json_object();
	gp_auto_json struct cJSON *copy = NULL;
	gp_auto_json struct cJSON *out = NULL;
	struct cJSON *a = gp_json_array();

	(void)state;
	gp_json_put_str(o, "s", "q\"\n\x01");
	gp_json_put_str(o, "none", NULL);
	gp_json_put_int(o, "i", 1732300000000);
	gp_json_put_num(o, "n", 0.1);
	gp_json_put_bool(o, "b", false);
	gp_json_push_str(a, "x");
	gp_json_push(a, gp_json_object());
	gp_json_put(o, "a", a);
	gp_json_put_int(o, "i", 5);
	assert_prints(o,
	              "{\"s\":\"q\\\"\\n\\u0001\",\"i\":5,\"n\":0.1,\"b\":false,\"a\":[\"x\",{}]}");
	copy = gp_json_copy(o);
	out = gp_json_detach(o, "a");
	assert_prints(out, "[\"x\",{}]");
	assert_null(gp_json_detach(o, "a"));
	assert_null(gp_json_detach(NULL, "a"));
	assert_int_equal(gp_json_count(copy), 5);
	gp_json_put(a, "k", gp_json_string("freed, for an array has no members"));
	gp_json_push(o, gp_json_string("freed, for an object has no elements"));
	gp_json_put(NULL, "k", gp_json_string("freed"));
	assert_int_equal(gp_json_count(o), 4);
}

static void foreign_bytes_become_text(void **state)
{
	gp_auto_json struct cJSON *o = gp_json_object();
	gp_auto_json struct cJSON *back = NULL;
	gp_auto(gp_buf) b = {0};

	(void)state;
	gp_json_put_bytes(o, "k", GP_SLICE("a\0b\xff\xe2\x82 \xc3\xa9"));
	assert_string_equal(gp_json_str(o, "k"), "a\xef\xbf\xbd"
	                                         "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xc3\xa9");
	gp_json_put_bytes(o, "e", (struct gp_slice){0});
	assert_string_equal(gp_json_str(o, "e"), "");
	gp_json_print(&b, o);
	assert_int_equal(gp_json_parse(&back, gp_buf_all(&b)), 0);
}

static void printing_keeps_to_the_maximum(void **state)
{
	gp_auto_json struct cJSON *j = must("[1,2,3]");
	gp_auto(gp_buf) b = {.max = 6};

	(void)state;
	assert_int_equal(gp_json_print(&b, j), GP_LIMIT);
	assert_int_equal(b.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_rfc8259_allows),
		cmocka_unit_test(refuses_what_it_does_not),
		cmocka_unit_test(every_prefix_of_a_value_is_refused),
		cmocka_unit_test(depth_and_size_are_limited),
		cmocka_unit_test(many_keys_take_no_quadratic_time),
		cmocka_unit_test(getters_answer_for_anything),
		cmocka_unit_test(huge_numbers_are_no_integers),
		cmocka_unit_test(building_replaces_in_place_and_leaks_nothing),
		cmocka_unit_test(foreign_bytes_become_text),
		cmocka_unit_test(printing_keeps_to_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
