#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/term.h"
#include "lib/base/term_text.h"

static int out[2], err[2]; /* read end, write end */
static struct gp_buf text;

static int open_ends(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return pipe(out) || pipe(err);
}

static int close_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		gp_fd_clear(&out[i]);
		gp_fd_clear(&err[i]);
	}
	gp_buf_clear(&text);
	return 0;
}

/* Puts standard error on a terminal of so many columns instead of the pipe. */
static void use_terminal(unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	struct termios raw;

	close_ends(NULL);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(openpty(&err[0], &err[1], NULL, NULL, &size), 0);
	tcgetattr(err[1], &raw);
	cfmakeraw(&raw);
	tcsetattr(err[1], TCSANOW, &raw);
}

/* What has been written so far. */
static const char *said(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char piece[4096];
	ssize_t n;

	gp_buf_cut(&text, 0);
	while (poll(&p, 1, 0) > 0 && p.revents & POLLIN && (n = read(fd, piece, sizeof(piece))) > 0)
		gp_buf_add(&text, piece, (size_t)n);
	return gp_buf_text(&text);
}

static struct gp_term *make(struct gp_term_options o)
{
	struct gp_term *t;

	o.out = out[1];
	o.err = err[1];
	gp_term_new(&t, &o);
	return t;
}

static void pipe_gets_plain_permanent_lines(void **state)
{
	gp_auto_term struct gp_term *t = make((struct gp_term_options){.colour = -1});
	const char *s;

	(void)state;
	gp_term_begin(t, "red", "running %d test", 1);
	gp_term_update(t, "red", "still");
	gp_term_tick(t);
	assert_string_equal(said(err[0]), "");
	gp_term_end(t, "red", GP_MARK_OK, "a.test.js fails by assertion");
	s = said(err[0]);
	assert_true(gp_starts(s, "ok    red       a.test.js fails by assertion  "));
	assert_true(gp_ends(s, " s\n"));
	gp_term_end(t, "green", GP_MARK_BAD, "line 1\n\x1b[2Jline 2");
	assert_string_equal(said(err[0]), "fail  green     line 1 \\x1b[2Jline 2\n");
	gp_term_end(t, "suite", GP_MARK_WARN, NULL);
	assert_string_equal(said(err[0]), "warn  suite     \n");
	assert_false(gp_term_live(t));
	assert_string_equal(said(out[0]), "");
}

static void lines_go_where_and_when_they_should(void **state)
{
	struct gp_term_options quiet = {.quiet = true}, verbose = {.verbose = true}, none = {0};
	gp_auto_term struct gp_term *q = make(quiet);
	gp_auto_term struct gp_term *v = make(verbose);
	gp_auto_term struct gp_term *t = make(none);
	struct gp_term *all[] = {q, t, v};

	(void)state;
	gp_fail(GP_FAILED, "cannot open '%s'", "a\x1b");
	gp_hint("one\ntwo");
	for (size_t i = 0; i < 3; i++) {
		gp_term_say(all[i], "said %zu", i);
		gp_term_detail(all[i], "detail %zu", i);
		gp_term_quote(all[i], GP_SLICE("q\rq\n\nq"));
		gp_term_end(all[i], "p", GP_MARK_NONE, "x");
		gp_term_warn(all[i], "careful");
		gp_term_error(all[i]);
	}
	assert_string_equal(said(err[0]),
	                    "warning: careful\n"
	                    "error: cannot open 'a\\x1b'\nhint: one\nhint: two\n"
	                    "said 1\n      q\\x0dq\n      \n      q\n      p         x\n"
	                    "warning: careful\n"
	                    "error: cannot open 'a\\x1b'\nhint: one\nhint: two\n"
	                    "said 2\ndetail 2\n      q\\x0dq\n      \n      q\n      p         x\n"
	                    "warning: careful\n"
	                    "error: cannot open 'a\\x1b'\nhint: one\nhint: two\n");
	gp_term_result(q, "preview/x-%d", 1);
	gp_term_text(q, GP_SLICE("as\tit is"));
	assert_string_equal(said(out[0]), "preview/x-1\nas\tit is");
	assert_true(gp_term_verbose(v));
	assert_false(gp_term_verbose(q));
}

static void stream_makes_whole_lines_of_pieces(void **state)
{
	struct gp_term *t = make((struct gp_term_options){.verbose = true});
	gp_auto(gp_buf) big = {0};

	(void)state;
	gp_term_stream(t, GP_SLICE("a\xc3"));
	assert_string_equal(said(err[0]), "");
	gp_term_stream(t, GP_SLICE("\xa9\n\nb\nc"));
	assert_string_equal(said(err[0]), "      a\xc3\xa9\n      \n      b\n");
	gp_term_stream(t, GP_SLICE("d\x1b]0;x\x07"));
	gp_term_say(t, "next");
	assert_string_equal(said(err[0]), "      cd\\x1b]0;x\\x07\nnext\n");
	for (int i = 0; i < 5000; i++)
		gp_term_stream(t, GP_SLICE("x"));
	assert_true(strlen(said(err[0])) > 4000);
	gp_term_free(&t);
	assert_true(gp_ends(said(err[0]), "x\n"));
}

static void live_line_is_drawn_erased_and_limited(void **state)
{
	gp_auto_term struct gp_term *t = NULL;
	size_t draws = 0;
	long long start;

	(void)state;
	use_terminal(60);
	t = make((struct gp_term_options){.colour = -1});
	assert_true(gp_term_live(t));
	gp_term_begin(t, "model", "waiting");
	assert_true(gp_starts(said(err[0]), "...   model     waiting  "));
	start = gp_now_ms();
	for (int i = 0; i < 500; i++)
		gp_term_update(t, "model", "%d tokens", i);
	for (const char *s = said(err[0]); (s = strstr(s, "\r\033[K")); s++)
		draws++;
	assert_true(draws <= (size_t)(gp_now_ms() - start) / 100 + 1);
	usleep(110000);
	gp_term_tick(t);
	assert_true(gp_starts(said(err[0]), "\r\033[K...   model     499 tokens  "));
	gp_term_end(t, "model", GP_MARK_OK, "done");
	assert_true(gp_starts(said(err[0]), "\r\033[K\033[32mok  \033[m  model     done  "));
	gp_term_tick(t);
	assert_string_equal(said(err[0]), "");
}

static void live_line_counts_the_others(void **state)
{
	struct gp_term *t;

	(void)state;
	use_terminal(60);
	t = make((struct gp_term_options){.colour = 0});
	gp_term_begin(t, "model", "m");
	gp_term_begin(t, "red", "r");
	usleep(110000);
	gp_term_tick(t);
	assert_true(gp_ends(said(err[0]), "  +1 more"));
	gp_term_update(t, "model", "again");
	usleep(110000);
	gp_term_tick(t);
	assert_non_null(strstr(said(err[0]), "...   model     again  "));
	gp_term_result(t, "branch");
	assert_string_equal(said(err[0]), "\r\033[K");
	usleep(110000);
	gp_term_tick(t);
	assert_non_null(strstr(said(err[0]), "model"));
	gp_term_free(&t);
	assert_string_equal(said(err[0]), "\r\033[K");
}

static void live_line_fits_its_terminal(void **state)
{
	static const char foreign[] = "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 \x1b[2J "
				      "and much more than any of these terminals has room for";

	(void)state;
	for (unsigned short columns = 10; columns < 100; columns += 3) {
		gp_auto_term struct gp_term *t = NULL;
		const char *s;

		use_terminal(columns);
		t = make((struct gp_term_options){.colour = -1});
		gp_term_begin(t, "suite", "%s", foreign);
		s = said(err[0]);
		if (columns < 20) {
			assert_string_equal(s, "");
			continue;
		}
		assert_true(gp_term_columns(gp_slice(s)) < columns);
		assert_true(gp_utf8_valid(gp_slice(s)));
		assert_null(strchr(s, 27));
		if (columns > 40)
			assert_true(gp_ends(s, " s"));
		if (columns > 90)
			assert_non_null(strstr(s, "\\x1b[2J and"));
	}
}

static void terminal_can_be_kept_plain(void **state)
{
	static const struct {
		const char *name, *value;
		bool live, colour;
	} cases[] = {
		{"NO_COLOR", "", true, true},
		{"NO_COLOR", "1", true, false},
		{"TERM", "dumb", false, false},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto_term struct gp_term *t = NULL;

		use_terminal(60);
		setenv(cases[i].name, cases[i].value, 1);
		t = make((struct gp_term_options){.colour = -1});
		gp_term_begin(t, "model", "x");
		assert_int_equal(*said(err[0]) != 0, cases[i].live);
		gp_term_end(t, "model", GP_MARK_BAD, "x");
		assert_int_equal(strstr(said(err[0]), "\033[31m") != NULL, cases[i].colour);
		unsetenv("NO_COLOR");
		setenv("TERM", "xterm", 1);
	}
}

static void json_is_one_ascii_object_a_line(void **state)
{
	gp_auto_term struct gp_term *t = NULL;
	struct cJSON *o = gp_json_object();
	gp_auto_json struct cJSON *back = NULL;

	(void)state;
	use_terminal(60);
	t = make((struct gp_term_options){.json = true, .verbose = true, .colour = -1});
	gp_term_begin(t, "red", "x");
	gp_term_say(t, "x");
	gp_term_detail(t, "x");
	gp_term_quote(t, GP_SLICE("x"));
	gp_term_stream(t, GP_SLICE("x\n"));
	gp_term_end(t, "red", GP_MARK_OK, "x");
	gp_term_result(t, "x");
	gp_term_text(t, GP_SLICE("x"));
	assert_string_equal(said(err[0]), "");
	gp_json_put_str(o, "text", "\xc3\xa9\x7f\xc2\x9b\xf0\x9f\x98\x80\n");
	gp_json_put_int(o, "schema", 7);
	gp_json_put_int(o, "n", 3);
	gp_term_event(t, "red", o);
	assert_string_equal(said(out[0]), "{\"schema\":1,\"event\":\"red\",\"text\":"
	                                  "\"\\u00e9\\u007f\\u009b\\ud83d\\ude00\\n\",\"n\":3}\n");
	assert_int_equal(gp_json_parse(&back, gp_buf_all(&text)), 0);
	assert_string_equal(gp_json_str(back, "text"), "\xc3\xa9\x7f\xc2\x9b\xf0\x9f\x98\x80\n");
	gp_term_event(t, "end", NULL);
	assert_string_equal(said(out[0]), "{\"schema\":1,\"event\":\"end\"}\n");
	gp_term_warn(t, "x");
	assert_string_equal(said(err[0]), "warning: x\n");
}

static void event_is_consumed_without_json(void **state)
{
	gp_auto_term struct gp_term *t = make((struct gp_term_options){0});

	(void)state;
	gp_term_event(t, "red", gp_json_object());
	assert_string_equal(said(out[0]), "");
}

static void lost_readers_are_remembered_not_fatal(void **state)
{
	gp_auto_term struct gp_term *t = make((struct gp_term_options){0});

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	gp_fd_clear(&err[0]);
	gp_term_say(t, "nobody reads");
	assert_int_equal(gp_term_out_error(t), 0);
	gp_term_result(t, "fits");
	assert_int_equal(gp_term_out_error(t), 0);
	gp_fd_clear(&out[0]);
	gp_term_result(t, "nobody reads");
	gp_term_text(t, GP_SLICE("nor this"));
	assert_int_equal(gp_term_out_error(t), EPIPE);
}

static void full_disk_is_remembered(void **state)
{
	gp_auto_term struct gp_term *t = NULL;

	(void)state;
	gp_fd_clear(&out[1]);
	out[1] = open("/dev/full", O_WRONLY);
	if (out[1] < 0)
		skip();
	t = make((struct gp_term_options){.json = true});
	gp_term_event(t, "end", NULL);
	assert_int_equal(gp_term_out_error(t), ENOSPC);
}

static void clock_reads_well(void **state)
{
	static const struct {
		long long ms;
		const char *text;
	} cases[] = {{0, "0.0 s"},
	             {349, "0.3 s"},
	             {99949, "99.9 s"},
	             {99950, "1 min 39 s"},
	             {125000, "2 min 05 s"}};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_buf) b = {0};

		gp_term_clock(&b, cases[i].ms);
		assert_string_equal(b.p, cases[i].text);
	}
}

static void words_break_at_blanks(void **state)
{
	static const struct {
		const char *words;
		size_t columns, at, indent;
		const char *lines;
	} cases[] = {
		{"one two three", 80, 0, 2, "one two three"},
		{"one two three", 7, 0, 2, "one two\n  three"},
		{"one two three", 7, 1, 2, "one\n  two\n  three"},
		{"one  two", 5, 0, 0, "one\ntwo"},
		{"  - one two", 8, 0, 4, "  - one\n    two"},
		{"a-word-beyond-any-line b", 8, 0, 2, "a-word-beyond-any-line\n  b"},
		{"a word-beyond-any-line", 8, 6, 1, "a\n word-beyond-any-line"},
		{"\xe4\xb8\xad\xe4\xb8\xad x", 5, 0, 0, "\xe4\xb8\xad\xe4\xb8\xad\nx"},
		{"", 5, 0, 0, ""},
		{"   ", 2, 0, 0, "   "},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_buf) b = {0};

		gp_term_wrap(&b, gp_slice(cases[i].words), cases[i].columns, cases[i].at,
		             cases[i].indent);
		assert_string_equal(gp_buf_text(&b), cases[i].lines);
	}
}

static void good_phases_take_one_line_of_a_terminal(void **state)
{
	static const char *const words = "assertion: 2 of 8 tests failed, and more of it";
	gp_auto_term struct gp_term *t = NULL;
	gp_auto_term struct gp_term *v = NULL;

	(void)state;
	use_terminal(40);
	t = make((struct gp_term_options){.colour = 0});
	v = make((struct gp_term_options){.colour = 0, .verbose = true});
	gp_term_end(t, "red", GP_MARK_OK, "%s", words);
	assert_string_equal(said(err[0]), "ok    red       assertion: 2 of 8 te...\n");
	gp_term_end(v, "red", GP_MARK_OK, "%s", words);
	assert_string_equal(said(err[0]), "ok    red       assertion: 2 of 8 tests\n"
	                                  "      failed, and more of it\n");
	gp_term_end(t, "red", GP_MARK_BAD, "%s", words);
	assert_string_equal(said(err[0]), "fail  red       assertion: 2 of 8 tests\n"
	                                  "      failed, and more of it\n");
	gp_term_say(t, "  %s", words);
	assert_string_equal(said(err[0]),
	                    "  assertion: 2 of 8 tests failed, and\n    more of it\n");
	gp_term_quote(t, gp_slice(words));
	assert_string_equal(said(err[0]), "      assertion: 2 of 8 tests failed, and more of it\n");
	gp_fail(GP_FAILED, "%s", words);
	gp_term_error(t);
	assert_string_equal(said(err[0]),
	                    "error: assertion: 2 of 8 tests failed,\n  and more of it\n");
}

#define WITH_ENDS(f) cmocka_unit_test_setup_teardown(f, open_ends, close_ends)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ENDS(pipe_gets_plain_permanent_lines),
		WITH_ENDS(lines_go_where_and_when_they_should),
		WITH_ENDS(stream_makes_whole_lines_of_pieces),
		WITH_ENDS(live_line_is_drawn_erased_and_limited),
		WITH_ENDS(live_line_counts_the_others),
		WITH_ENDS(live_line_fits_its_terminal),
		WITH_ENDS(terminal_can_be_kept_plain),
		WITH_ENDS(json_is_one_ascii_object_a_line),
		WITH_ENDS(event_is_consumed_without_json),
		WITH_ENDS(lost_readers_are_remembered_not_fatal),
		WITH_ENDS(full_disk_is_remembered),
		cmocka_unit_test(clock_reads_well),
		cmocka_unit_test(words_break_at_blanks),
		WITH_ENDS(good_phases_take_one_line_of_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
