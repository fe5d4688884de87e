#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/answer.h"

/* Knows one date. */
static time_t date(const char *text)
{
	return strcmp(text, "Sun, 06 Nov 1994 08:49:37 GMT") == 0 ? 784111777 : -1;
}

static struct gp_answer read_lines(const char *text)
{
	struct gp_answer s = {0};
	struct gp_slice rest = gp_slice(text), line;

	gp_answer_begin(&s);
	while (gp_line(&line, &rest)) {
		/* exact copies, for a sanitizer's sake */
		char *copy = malloc(line.n ? line.n : 1);

		memcpy(copy, line.p, line.n);
		gp_answer_line(&s, (struct gp_slice){copy, line.n}, date);
		free(copy);
	}
	return s;
}

static void advice_is_taken_unless_absurd(void **state)
{
	static const struct {
		const char *lines;
		long ms;
	} v[] = {
		{"", -1},
		{"retry-after: 0", 0},
		{"retry-after: 3600", 3600000},
		{"retry-after: 3601", -1},
		{"Retry-After:1.5", 1500},
		{"retry-after: -1", -1},
		{"retry-after: inf", -1},
		{"retry-after: nan", -1},
		{"retry-after: 0x10", -1},
		{"retry-after: 1e3", -1},
		{"retry-after: 1.2.3", -1},
		{"retry-after: .", -1},
		{"retry-after: 99999999999999999999", -1},
		{"retry-after: 5 seconds", -1},
		{"retry-after:", -1},
		{"retry-after: Sun, 06 Nov 1994 08:49:37 GMT", 7000},
		{"retry-after: soon", -1},
		{"retry-after-ms: 250", 250},
		{"retry-after-ms: Sun, 06 Nov 1994 08:49:37 GMT", -1},
		{"retry-after-ms: 250\nretry-after: 9", 250},
		{"retry-after: 9\nretry-after-ms: 250", 250},
		{"retry-after: 9\nretry-after-ms: junk", 9000},
		{"retry-after-ms: -5\nretry-after: 9", 9000},
		{"retry-after: 9\nretry-after: junk", 9000},
	};

	(void)state;
	setenv("GP_NOW", "784111770", 1);
	for (size_t i = 0; i < GP_COUNT(v); i++)
		if (read_lines(v[i].lines).a.retry_after_ms != v[i].ms)
			fail_msg("%s: %ld", v[i].lines, read_lines(v[i].lines).a.retry_after_ms);
	setenv("GP_NOW", "784111778", 1);
	assert_int_equal(read_lines(v[15].lines).a.retry_after_ms, -1);
	unsetenv("GP_NOW");
}

static void a_status_line_begins_anew(void **state)
{
	struct gp_answer s = read_lines("HTTP/1.1 103 Early Hints\r\nretry-after: 5\r\n"
	                                "x-request-id: early\r\n\r\n");

	(void)state;
	assert_false(s.whole);
	assert_int_equal(s.a.status, 103);
	s = read_lines("HTTP/1.1 103 Early Hints\r\nretry-after: 5\r\nx-should-retry: true\r\n\r\n"
	               "HTTP/2 503 \r\n\r\nretry-after: 6\r\n");
	assert_true(s.whole);
	assert_int_equal(s.a.status, 503);
	assert_int_equal(s.a.retry_after_ms, -1);
	assert_int_equal(s.a.should_retry, -1);
	assert_int_equal(read_lines("HTTP/1.1 abc\r\n").a.status, 0);
	assert_int_equal(read_lines("HTTP/1.1\r\n").a.status, 0);
	assert_int_equal(read_lines("HTTP/1.1 99999999999999999999999\r\n\r\n").whole, false);
}

static void values_fit_and_are_printable(void **state)
{
	gp_auto(gp_buf) b = {0};
	struct gp_answer s;

	(void)state;
	gp_buf_str(&b, "x-request-id: ");
	for (int i = 0; i < 300; i++)
		gp_buf_str(&b, "\x1b");
	gp_buf_str(&b, "\ncontent-type: ");
	for (int i = 0; i < 64; i++)
		gp_buf_str(&b, "T");
	gp_buf_str(&b, "\nContent-Type: Text/Plain ;x\ncontent-type: b/c\nx-generation-id: gen");
	s = read_lines(b.p);
	assert_int_equal(strlen(s.a.request_id), sizeof(s.a.request_id) - 1);
	assert_int_equal(strspn(s.a.request_id, "?"), sizeof(s.a.request_id) - 1);
	assert_string_equal(s.a.type, "text/plain");
	assert_string_equal(read_lines("X-Generation-ID: gen-1").a.request_id, "gen-1");
	assert_string_equal(read_lines("content-type:").a.type, "");
	assert_string_equal(read_lines("no colon here").a.type, "");
}

static void advice_on_retrying_is_a_word(void **state)
{
	(void)state;
	assert_int_equal(read_lines("X-Should-Retry: TRUE").a.should_retry, 1);
	assert_int_equal(read_lines("x-should-retry: false").a.should_retry, 0);
	assert_int_equal(read_lines("x-should-retry: maybe").a.should_retry, -1);
}

static void plain_urls_are_known_by_their_letters(void **state)
{
	static const char *const plain[] = {
		"https://api.openai.com/v1", "https://x",
		"https://10.0.0.1:8443/",    "http://127.0.0.1:11434/v1",
		"http://127.99.0.1",         "http://localhost:8080",
		"http://[::1]:8000/v1",      "https://a.example:59999/~x",
	};
	/* some of these are private all the same: libcurl is to say so */
	static const char *const other[] = {
		"",
		"http://",
		"https://",
		"https:///v1",
		"http://api.openai.com/v1",
		"http://10.0.0.1/",
		"http://127.1/",
		"http://0177.0.0.1/",
		"http://localhost.",
		"http://localhost.evil.com/",
		"http://127.0.0.1.evil.com/",
		"http://127.0.0.1@evil.com/",
		"http://127.0.0.1:80@evil.com/",
		"http://127.0.0.1:x@evil.com/",
		"http://127.0.0.1:/",
		"http://127.0.0.1:65536/",
		"http://127.0.0.1:123456/",
		"http://127.0.0.1\\@evil.com/",
		"http://127.0.0.1?@evil.com/",
		"http://127.0.0.1#@evil.com/",
		"http://127.0.0.1/@evil.com/",
		"http://127.0.0.1 .evil.com/",
		"http://127.0.0.1%2eevil.com/",
		"http://[::1].evil.com/",
		"http://[::1]evil.com/",
		"http://[::2]/",
		"HTTPS://x",
		"https://user@x/",
		"https://x/\nHost: y",
		"ftp://127.0.0.1/",
		"http:/127.0.0.1/",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(plain); i++)
		if (!gp_url_plainly_private(plain[i]))
			fail_msg("not seen: %s", plain[i]);
	for (size_t i = 0; i < GP_COUNT(other); i++)
		if (gp_url_plainly_private(other[i]))
			fail_msg("trusted: %s", other[i]);
}

static void limits_and_tags_are_read(void **state)
{
	struct gp_answer s =
		read_lines("HTTP/1.1 200 OK\nETag: W/\"ab\"\nX-RateLimit-Remaining: 0\n"
	                   "x-ratelimit-reset: 1700000060\nX-Poll-Interval: 60");

	(void)state;
	assert_string_equal(s.a.etag, "W/\"ab\"");
	assert_int_equal(s.a.limit_left, 0);
	assert_int_equal(s.a.limit_reset_s, 1700000060);
	assert_int_equal(s.a.poll_ms, 60000);
	s = read_lines("RateLimit-Remaining: 12\nRateLimit-Reset: x\nx-poll-interval: 999999\n"
	               "etag: \"a b\"");
	assert_int_equal(s.a.limit_left, 12);
	assert_int_equal(s.a.limit_reset_s, -1);
	assert_int_equal(s.a.poll_ms, -1);
	assert_string_equal(s.a.etag, "");
	/* what came with an earlier answer is gone */
	s = read_lines("HTTP/1.1 103 Early\netag: \"x\"\n\nHTTP/1.1 200 OK");
	assert_string_equal(s.a.etag, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advice_is_taken_unless_absurd),
		cmocka_unit_test(a_status_line_begins_anew),
		cmocka_unit_test(values_fit_and_are_printable),
		cmocka_unit_test(advice_on_retrying_is_a_word),
		cmocka_unit_test(plain_urls_are_known_by_their_letters),
		cmocka_unit_test(limits_and_tags_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
