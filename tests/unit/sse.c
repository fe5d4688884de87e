#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/sse.h"

/* Writes events down as "type|data;". */
static int note(void *ctx, struct gp_slice type, struct gp_slice data)
{
	struct gp_buf *b = ctx;

	gp_buf_slice(b, type);
	gp_buf_chr(b, '|');
	gp_buf_slice(b, data);
	gp_buf_chr(b, ';');
	return 0;
}

/* Feeds exact copies, so that a sanitizer sees a read past the end of a piece. */
static int feed(struct gp_sse *s, const char *p, size_t n, struct gp_buf *out)
{
	char *copy = malloc(n ? n : 1);
	int e;

	memcpy(copy, p, n);
	e = gp_sse_feed(s, (struct gp_slice){copy, n}, note, out);
	free(copy);
	return e;
}

/* Cuts text at a and b, and again into single bytes: the events must be the same. */
static void check(struct gp_slice text, const char *want)
{
	for (size_t a = 0; a <= text.n; a++)
		for (size_t b = a; b <= text.n; b++) {
			gp_auto(gp_sse) s = {0};
			gp_auto(gp_buf) got = {0};

			assert_int_equal(feed(&s, text.p, a, &got), 0);
			assert_int_equal(feed(&s, text.p + a, b - a, &got), 0);
			assert_int_equal(feed(&s, text.p + b, text.n - b, &got), 0);
			assert_int_equal(gp_sse_end(&s, note, &got), 0);
			assert_string_equal(gp_buf_text(&got), want);
		}
	gp_auto(gp_sse) s = {0};
	gp_auto(gp_buf) got = {0};

	for (size_t i = 0; i < text.n; i++)
		assert_int_equal(feed(&s, text.p + i, 1, &got), 0);
	assert_int_equal(gp_sse_end(&s, note, &got), 0);
	assert_string_equal(gp_buf_text(&got), want);
}

static void line_ends_may_be_mixed_and_split(void **state)
{
	(void)state;
	check(GP_SLICE("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\n"), "|a;|b;|c;|d;");
	check(GP_SLICE("data: a\r\ndata: b\rdata: c\n\r"), "|a\nb\nc;");
	check(GP_SLICE("data: a\r\n\ndata: b\n\r\r\n"), "|a;|b;");
}

static void fields_are_as_the_standard_says(void **state)
{
	(void)state;
	check(GP_SLICE("event: x\ndata:1\n\ndata:  two\n\n"), "x|1;| two;");
	check(GP_SLICE("event: a\nevent: b\ndata: 1\n\n"), "b|1;");
	check(GP_SLICE("event:\ndata\ndata\n\n"), "|\n;");
	check(GP_SLICE("id: 7\nretry: 10\nDATA: no\n data: no\ndatax: no\ndata : no\n\n"), "");
	check(GP_SLICE("data: a:b: c\n\n"), "|a:b: c;");
	check(GP_SLICE("data:\n\n"), "|;");
	check(GP_SLICE("event: lost\n\ndata: kept\n\n"), "|kept;");
}

static void comments_make_no_events(void **state)
{
	(void)state;
	check(GP_SLICE(": OPENROUTER PROCESSING\n\n:\n\n: ping\r\n\r\ndata: 1\n: in between\n"
	               "data: 2\n\n"),
	      "|1\n2;");
	check(GP_SLICE("data: : OPENROUTER PROCESSING\n\n"), "|: OPENROUTER PROCESSING;");
}

static void a_bom_is_skipped_once_and_only_first(void **state)
{
	(void)state;
	check(GP_SLICE("\xef\xbb\xbf"
	               "data: a\n\n\xef\xbb\xbf"
	               "data: b\n\n"),
	      "|a;");
	check(GP_SLICE("\xef\xbb\xbf\n\xef\xbb\xbf"
	               "data: b\n\n"),
	      "");
	check(GP_SLICE("\xef\xbb"
	               "data: a\n\n"),
	      "");
}

static void the_last_event_needs_no_blank_line(void **state)
{
	(void)state;
	check(GP_SLICE("data: a\n\ndata: b\n"), "|a;|b;");
	check(GP_SLICE("event: e\ndata: a"), "e|a;");
	check(GP_SLICE("data: a\r"), "|a;");
	check(GP_SLICE("event: e"), "");
	check(GP_SLICE(": c"), "");
	check(GP_SLICE(""), "");
}

static void bytes_of_any_kind_pass(void **state)
{
	gp_auto(gp_sse) s = {0};
	gp_auto(gp_buf) got = {0};

	(void)state;
	check(GP_SLICE("data: {\"x\":\"\xf0\x9f\x98\x80\\ud83d\\ude00\xff\"}\n\n"),
	      "|{\"x\":\"\xf0\x9f\x98\x80\\ud83d\\ude00\xff\"};");
	assert_int_equal(feed(&s, "data: a\0b\n\n", 11, &got), 0);
	assert_int_equal(got.n, 5);
	assert_memory_equal(got.p, "|a\0b;", 5);
}

static void limits_do_not_depend_on_the_cuts(void **state)
{
	static const char line[] = "data: 123456\n\n", event[] = "data: 123\ndata: 456\n\n";

	(void)state;
	for (size_t cut = 0; cut < sizeof(line); cut++)
		for (size_t max = 11; max <= 12; max++) {
			gp_auto(gp_sse) s = {.line = {.max = max}};
			gp_auto(gp_buf) got = {0};
			int e = feed(&s, line, cut, &got);

			if (!e)
				e = feed(&s, line + cut, sizeof(line) - 1 - cut, &got);
			assert_int_equal(e, max == 12 ? 0 : GP_LIMIT);
		}
	for (size_t cut = 0; cut < sizeof(event); cut++)
		for (size_t max = 6; max <= 7; max++) {
			gp_auto(gp_sse) s = {.data = {.max = max}};
			gp_auto(gp_buf) got = {0};
			int e = feed(&s, event, cut, &got);

			if (!e)
				e = feed(&s, event + cut, sizeof(event) - 1 - cut, &got);
			assert_int_equal(e, max == 7 ? 0 : GP_LIMIT);
		}
}

static void an_endless_line_stops_at_the_default(void **state)
{
	gp_auto(gp_sse) s = {0};
	gp_auto(gp_buf) got = {0};
	gp_auto(gp_buf) piece = {0};
	size_t fed = 0;
	int e = 0;

	(void)state;
	while (piece.n < 1 << 20)
		gp_buf_str(&piece, "xxxxxxxxxxxxxxxx");
	for (; !e && fed < 40; fed++)
		e = gp_sse_feed(&s, gp_buf_all(&piece), note, &got);
	assert_int_equal(e, GP_LIMIT);
	assert_int_equal(fed, 17);
	assert_non_null(strstr(gp_message(), "a line of more than 16777216 bytes"));
}

static int refuse_second(void *ctx, struct gp_slice type, struct gp_slice data)
{
	(void)type;
	(void)data;
	return ++*(int *)ctx == 2 ? GP_REFUSED : 0;
}

static void the_callback_ends_it(void **state)
{
	gp_auto(gp_sse) s = {0};
	gp_auto(gp_sse) last = {0};
	int n = 0;

	(void)state;
	assert_int_equal(
		gp_sse_feed(&s, GP_SLICE("data: 1\n\ndata: 2\n\ndata: 3\n\n"), refuse_second, &n),
		GP_REFUSED);
	assert_int_equal(n, 2);
	n = 1;
	assert_int_equal(gp_sse_feed(&last, GP_SLICE("data: 1"), refuse_second, &n), 0);
	assert_int_equal(gp_sse_end(&last, refuse_second, &n), GP_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_may_be_mixed_and_split),
		cmocka_unit_test(fields_are_as_the_standard_says),
		cmocka_unit_test(comments_make_no_events),
		cmocka_unit_test(a_bom_is_skipped_once_and_only_first),
		cmocka_unit_test(the_last_event_needs_no_blank_line),
		cmocka_unit_test(bytes_of_any_kind_pass),
		cmocka_unit_test(limits_do_not_depend_on_the_cuts),
		cmocka_unit_test(an_endless_line_stops_at_the_default),
		cmocka_unit_test(the_callback_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
