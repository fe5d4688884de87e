#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "lib/base/file.h"
#include "lib/model/talk.h"

/* Conversations with the scripted server (tests/fake/replay.c), over real sockets. */

#define KEY "sk-test"

static const struct gp_tool tools[] = {
	{.name = "test", .help = "adds the failing test", .grammar = "start: /(.|\\n)+/"},
	{.name = "implement", .help = "adds the rest", .grammar = "start: /(.|\\n)+/"},
	{.name = "search",
         .help = "looks for a pattern",
         .schema = "{\"type\":\"object\",\"properties\":{\"pattern\":{\"type\":\"string\"}},"
                   "\"required\":[\"pattern\"],\"additionalProperties\":false}"},
};

struct play {
	char folder[32], url[64], key[16];
	pid_t server;
	struct gp_model model;
	struct gp_loop *loop;
	struct gp_talk *talk;

	/* what the turns so far brought */
	struct gp_buf text, calls, whys, words;
	size_t progress;
	int retries, dones;
	long waited;
	struct gp_turn turn;
	char message[2048], hint[512];

	/* what to do when it comes */
	bool answer_at_once, cancel_on_call, cancel_on_retry, stop_on_text, free_on_call,
		free_in_done;
};

static void on_text(void *ctx, struct gp_slice delta)
{
	struct play *p = ctx;

	gp_buf_slice(&p->text, delta);
	p->dones += p->stop_on_text;
}

static void on_progress(void *ctx, size_t bytes)
{
	((struct play *)ctx)->progress = bytes;
}

static void on_call(void *ctx, const struct gp_call *c)
{
	struct play *p = ctx;

	gp_buf_fmt(&p->calls, "%s%s:%s<%.*s> ", c->known ? "" : "?", c->name, c->id,
	           (int)c->input.n, c->input.p);
	if (p->answer_at_once)
		assert_int_equal(gp_talk_answer(p->talk, c->id, GP_SLICE("early")), 0);
	if (p->free_on_call) {
		p->dones++;
		gp_talk_free(&p->talk);
	} else if (p->cancel_on_call) {
		p->dones++;
		gp_talk_cancel(p->talk);
	}
}

static void on_retry(void *ctx, int tries, long wait_ms, const char *why)
{
	struct play *p = ctx;

	assert_int_equal(tries, ++p->retries);
	p->waited += wait_ms;
	gp_buf_fmt(&p->whys, "%s\n", why);
	if (p->cancel_on_retry) {
		p->dones++;
		gp_talk_cancel(p->talk);
	}
}

static void on_done(void *ctx, const struct gp_turn *turn)
{
	struct play *p = ctx;

	p->dones++;
	p->turn = *turn;
	gp_buf_cut(&p->words, 0);
	gp_buf_slice(&p->words, turn->text);
	p->message[0] = p->hint[0] = 0;
	if (turn->end != GP_TURN_DONE) {
		snprintf(p->message, sizeof(p->message), "%s", gp_message());
		snprintf(p->hint, sizeof(p->hint), "%s", gp_message_hint());
	}
	if (p->free_in_done)
		gp_talk_free(&p->talk);
}

static const struct gp_talk_events events = {on_text, on_progress, on_call, on_retry, on_done};

static void run_server(struct play *p, const char *script)
{
	const char *build = getenv("B");
	gp_auto(gp_buf) exe = {0};
	gp_auto(gp_buf) port = {0};
	gp_auto(gp_buf) read = {0};

	gp_buf_fmt(&exe, "%s/fake/replay", build ? build : "build");
	gp_buf_fmt(&port, "%s/port", p->folder);
	p->server = fork();
	if (p->server == 0) {
		execl(exe.p, exe.p, script, "--port-file", port.p, NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000 && gp_file_read(&read, AT_FDCWD, port.p, 16, false); i++) {
		if (waitpid(p->server, NULL, WNOHANG))
			fail_msg("%s does not start", exe.p);
		usleep(10000);
	}
	snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%d/v1",
	         (int)strtol(gp_buf_text(&read), NULL, 10));
}

static struct gp_talk *new_talk(struct play *p)
{
	struct gp_talk *t;

	if (gp_talk_new(&t, p->loop, &p->model, "Be brief.", tools, GP_COUNT(tools), "cache"))
		fail_msg("%s", gp_message());
	return t;
}

static void play_file(struct play *p, const char *script)
{
	*p = (struct play){.folder = "/tmp/gp-talk-XXXXXX", .key = KEY};
	assert_non_null(mkdtemp(p->folder));
	run_server(p, script);
	p->model = (struct gp_model){.api = (char *)"responses",
	                             .url = p->url,
	                             .name = (char *)"gpt-6.2-sol",
	                             .key = p->key,
	                             .key_origin = (char *)"environment variable MY_KEY",
	                             .effort = (char *)"low",
	                             .max_output = 32000,
	                             .idle_ms = 20000};
	assert_int_equal(gp_loop_new(&p->loop), 0);
	p->talk = new_talk(p);
}

static void play(struct play *p, const char *script)
{
	char path[] = "/tmp/gp-script-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	close(fd);
	play_file(p, path);
	unlink(path);
}

/* Ends the server, which must have seen all it expected. */
static void end(struct play *p)
{
	int status;

	gp_talk_free(&p->talk);
	gp_loop_free(&p->loop);
	kill(p->server, SIGTERM);
	assert_int_equal(waitpid(p->server, &status, 0), p->server);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	gp_file_remove(p->folder);
	gp_buf_clear(&p->text);
	gp_buf_clear(&p->calls);
	gp_buf_clear(&p->whys);
	gp_buf_clear(&p->words);
}

static bool over(void *ctx)
{
	return ((struct play *)ctx)->dones > 0;
}

static void run_turn(struct play *p, long deadline_ms)
{
	p->dones = p->retries = 0;
	p->waited = 0;
	if (gp_talk_turn(p->talk, 0, deadline_ms, &events, p))
		fail_msg("%s", gp_message());
	assert_int_equal(gp_loop_run(p->loop, over, p), 0);
	assert_int_equal(p->dones, 1);
}

static void ask(struct play *p)
{
	assert_int_equal(gp_talk_say(p->talk, GP_SLICE("add a priority field")), 0);
	run_turn(p, 60000);
}

static void turn_is(const struct play *p, enum gp_turn_end ended, int code, int tries)
{
	if (p->turn.end != ended || p->turn.code != code || p->turn.tries != tries)
		fail_msg("end %d, code %d, %d tries: %s", p->turn.end, p->turn.code, p->turn.tries,
		         p->message);
}

static void says(const struct play *p, const char *what)
{
	if (!strstr(p->message, what))
		fail_msg("no '%s' in: %s", what, p->message);
	assert_null(strstr(p->message, KEY));
}

static void answer(struct play *p, const char *id)
{
	if (gp_talk_answer(p->talk, id, GP_SLICE("ok")))
		fail_msg("%s", gp_message());
}

static void whole_conversation(void **state)
{
	struct play p;

	(void)state;
	play_file(&p, "tests/fake/turn.script");
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_string_equal(p.calls.p,
	                    "search:call_1<{\"pattern\": \"priority\", \"glob\": null}> ");
	assert_int_equal(p.turn.usage.in, 2000);
	assert_int_equal(p.turn.usage.reasoning, 20);
	assert_true(p.turn.usage.reported);
	assert_int_equal(gp_talk_open_calls(p.talk), 1);
	assert_string_equal(gp_talk_open_id(p.talk, 0), "call_1");
	assert_int_equal(gp_talk_turn(p.talk, 0, 0, &events, &p), GP_INVALID);
	answer(&p, "call_1");
	assert_int_equal(gp_talk_answer(p.talk, "call_1", GP_SLICE("twice")), GP_INVALID);
	gp_buf_cut(&p.calls, 0);
	run_turn(&p, 0);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_non_null(strstr(p.calls.p, "test:call_2<*** Begin Patch\n"));
	assert_non_null(strstr(p.calls.p, "implement:call_3<*** Begin Patch\n"));
	assert_int_equal(p.turn.calls, 2);
	assert_string_equal(p.words.p, "Add a priority field to tasks");
	assert_string_equal(p.text.p, "Add a priority field to tasks");
	assert_true(p.progress > 100);
	answer(&p, "call_3");
	answer(&p, "call_2");
	run_turn(&p, 0);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_string_equal(p.words.p, "Both are in place.");
	end(&p);
}

static void valid_answers_in_unusual_clothes(void **state)
{
	struct play p;

	(void)state;
	play_file(&p, "tests/fake/torture.script");
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_string_equal(p.words.p, "Zw\xc3\xb6lf Boxk\xc3\xa4mpfer \xf0\x9f\xa5\x8a");
	assert_string_equal(p.text.p, p.words.p);
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_string_equal(p.calls.p, "test:call_1<*** Begin Patch\n> "
	                               "implement:call_2<*** Begin Patch\n> ");
	end(&p);
}

static void events_split_at_any_byte(void **state)
{
	struct play p;

	(void)state;
	for (int n = 1; n <= 7; n += 2) {
		gp_auto(gp_buf) script = {0};

		gp_buf_fmt(&script,
		           "request\nsplit %d\n%s\npieces 2\nreasoning \"\\\\u00e9\xc3\xa9\"\n"
		           "call-custom test c1 \"a\\nb\xf0\x9f\x90\x98\"\n"
		           "call-function search c2 {\"pattern\": \"x\"}\ncompleted\n",
		           n, n % 4 == 1 ? "crlf" : "no-event-lines");
		play(&p, script.p);
		ask(&p);
		turn_is(&p, GP_TURN_DONE, 0, 1);
		assert_string_equal(p.calls.p, "test:c1<a\nb\xf0\x9f\x90\x98> "
		                               "search:c2<{\"pattern\": \"x\"}> ");
		end(&p);
	}
}

static void faults_before_a_call_are_retried(void **state)
{
	static const struct {
		const char *fault, *why;
	} rows[] = {
		{"text \"half\"", "ended before its last event"},
		{"call-custom test c1 no-done \"*** Begin\"", "ended before its last event"},
		{"text \"half\"\ncut-after 300", ""},
		{"length\ntext \"half\"\ncut-after 300", ""},
		{"text \"half\"\nreset", ""},
		{"close", ""},
		{"garbage 500", "ended before its last event"},
		{"event x {\"type\":\"response.output_item.done\"\ncompleted", "no JSON object"},
		{"bare\ngarbage 300", ""},
		{"status 500\nbody {\"error\":{\"message\":\"oops\"}}", "500: oops"},
		{"status 503\nheader Content-Type: text/html\nbody \"<p>busy\"", "503: a web page"},
		{"status 409\nbody \"\"", "409"},
		{"error server_error \"overloaded\"", "(server_error): overloaded"},
		{"failed rate_limit_exceeded \"slow\"", "(rate_limit_exceeded): slow"},
		{"header Content-Type: application/json\n"
	         "body {\"error\":{\"message\":\"try later\",\"code\":\"server_error\"}}",
	         "200 (server_error): try later"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_buf) script = {0};
		struct play p;

		gp_buf_fmt(&script,
		           "request\n%s\nrequest\nexpect count 1\ntext \"whole\"\ncompleted\n",
		           rows[i].fault);
		play(&p, script.p);
		ask(&p);
		if (p.turn.end != GP_TURN_DONE || p.turn.tries != 2 ||
		    !strstr(gp_buf_text(&p.whys), rows[i].why))
			fail_msg("%s: %d tries, %s%s", rows[i].fault, p.turn.tries, p.message,
			         gp_buf_text(&p.whys));
		assert_int_equal(p.retries, 1);
		assert_true(p.waited >= 370 && p.waited <= 500);
		assert_string_equal(p.words.p, "whole");
		end(&p);
	}
}

static void three_requests_and_no_more(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request 3\nstatus 500\nheader x-request-id: req_7\n"
	         "body {\"error\":{\"message\":\"it is on fire: " KEY " \\u001b[31m\"}}\n");
	ask(&p);
	turn_is(&p, GP_TURN_FAILED, GP_FAILED, 3);
	assert_int_equal(p.retries, 2);
	says(&p, "'gpt-6.2-sol': the server answered 500: it is on fire: [key] \\x1b[31m [req_7]");
	says(&p, "(3 tries)");
	assert_int_equal(p.turn.usage.in, 0);
	end(&p);
}

static void some_refusals_are_final(void **state)
{
	static const struct {
		const char *answer;
		enum gp_turn_end end;
		int code;
		const char *says;
	} rows[] = {
		{"status 401\nheader x-should-retry: true\nbody {\"error\":{\"message\":\"bad "
	         "key\","
	         "\"code\":\"invalid_api_key\"}}",
	         GP_TURN_FAILED, GP_REFUSED,
	         "401 (invalid_api_key): bad key; the key came from the environment variable "
	         "MY_KEY"},
		{"status 403\nbody \"\"", GP_TURN_FAILED, GP_REFUSED, "403; the key came from"},
		{"status 429\nbody {\"error\":{\"message\":\"You exceeded your current quota\","
	         "\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
	         GP_TURN_FAILED, GP_REFUSED, "exceeded your current quota"},
		{"status 402\nbody {\"error\":\"no credit\"}", GP_TURN_FAILED, GP_REFUSED,
	         "402: no credit"},
		{"status 400\nbody {\"error\":{\"message\":\"unknown field\"}}", GP_TURN_FAILED,
	         GP_INVALID, "400: unknown field"},
		{"status 404\nheader Content-Type: text/html\nbody \"<html>\"", GP_TURN_FAILED,
	         GP_INVALID, "404: a web page"},
		{"status 500\nheader x-should-retry: false\nbody oops", GP_TURN_FAILED, GP_FAILED,
	         "500: oops"},
		{"status 302\nheader Location: http://127.0.0.1:1/\nbody \"\"", GP_TURN_FAILED,
	         GP_INVALID, "302, and redirects are not followed"},
		{"header Content-Type: text/html; charset=utf-8\nbody \"<html>log in</html>\"",
	         GP_TURN_FAILED, GP_BROKEN, "a web page (text/html) instead of an event stream"},
		{"header Content-Type: application/json\nbody {\"id\":\"resp_1\"}", GP_TURN_FAILED,
	         GP_BROKEN, "application/json instead of an event stream"},
		{"failed bio_policy \"not this\"", GP_TURN_REFUSED, GP_REFUSED, "not this"},
		{"error insufficient_quota \"pay first\"", GP_TURN_FAILED, GP_REFUSED, "pay first"},
		{"refusal \"I will not\"\ncompleted", GP_TURN_REFUSED, GP_REFUSED,
	         "the model declined: I will not"},
		{"text a\nincomplete max_output_tokens", GP_TURN_CUT, GP_LIMIT, "max-output"},
		{"incomplete content_filter", GP_TURN_CUT, GP_REFUSED, "content filter"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_buf) script = {0};
		struct play p;
		size_t size;

		gp_buf_fmt(&script, "request\n%s\n", rows[i].answer);
		play(&p, script.p);
		assert_int_equal(gp_talk_say(p.talk, GP_SLICE("hello")), 0);
		size = gp_talk_size(p.talk);
		run_turn(&p, 60000);
		turn_is(&p, rows[i].end, rows[i].code, 1);
		says(&p, rows[i].says);
		/* the history is as before the turn */
		assert_int_equal(gp_talk_size(p.talk), size);
		assert_int_equal(gp_talk_open_calls(p.talk), 0);
		end(&p);
	}
}

static void the_server_says_how_long_to_wait(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\nstatus 429\nheader Retry-After: 1\nbody {\"error\":{\"message\":"
	         "\"slow down\",\"code\":\"rate_limit_exceeded\"}}\n"
	         "request\nstatus 429\nheader retry-after-ms: 30\nbody \"\"\n"
	         "request\ntext a\ncompleted\n");
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 3);
	assert_int_equal(p.waited, 1030);
	assert_true(p.turn.ms >= 1030);
	assert_non_null(strstr(p.whys.p, "429 (rate_limit_exceeded): slow down"));
	end(&p);
}

static void no_wait_beyond_the_deadline(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\nstatus 429\nheader Retry-After: 120\nbody \"\"\n");
	ask(&p);
	turn_is(&p, GP_TURN_FAILED, GP_FAILED, 1);
	assert_int_equal(p.retries, 0);
	says(&p, "the deadline leaves no time to wait 120.0 s");
	end(&p);
}

static void silence_ends(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request 3\ntext a\nhang\n");
	p.model.idle_ms = 300;
	ask(&p);
	turn_is(&p, GP_TURN_FAILED, GP_TIMEOUT, 3);
	assert_true(p.turn.usage.in > 0 && p.turn.usage.out > 0);
	assert_false(p.turn.usage.reported);
	end(&p);
}

static void the_deadline_ends(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\ntext a\nhang\n");
	assert_int_equal(gp_talk_say(p.talk, GP_SLICE("hello")), 0);
	run_turn(&p, 700);
	turn_is(&p, GP_TURN_FAILED, GP_TIMEOUT, 1);
	says(&p, "deadline of 0.7 s");
	assert_true(p.turn.ms >= 700 && p.turn.ms < 15000);
	end(&p);
}

static void what_follows_the_last_event_does_not_count(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\ntext a\ncompleted\nhang\nrequest\ntext b\ncompleted\nreset\n"
	         "request\nexpect returned\ntext c\ncompleted\n");
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_true(p.turn.ms < 15000);
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	end(&p);
}

static void nothing_is_retried_after_a_call(void **state)
{
	static const char *const faults[] = {"", "reset", "error server_error \"oops\"",
	                                     "failed server_error \"oops\"",
	                                     "raw \"data: x\\n\\n\""};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(faults); i++) {
		gp_auto(gp_buf) script = {0};
		struct play p;

		/* the delay keeps a reset from overtaking what was sent */
		gp_buf_fmt(&script,
		           "request\nreasoning one\ncall-custom test c1 patch\nreasoning two\n"
		           "call-custom implement c2 no-done half\ndelay 300\n%s\n"
		           "request\nexpect items message reasoning custom_tool_call "
		           "custom_tool_call_output message\n"
		           "expect json input.1.encrypted_content one\ntext a\ncompleted\n",
		           faults[i]);
		play(&p, script.p);
		ask(&p);
		assert_int_equal(p.turn.end, GP_TURN_FAILED);
		assert_int_equal(p.turn.tries, 1);
		assert_int_equal(p.turn.calls, 1);
		assert_string_equal(p.calls.p, "test:c1<patch> ");
		assert_int_equal(gp_talk_open_calls(p.talk), 1);
		answer(&p, "c1");
		ask(&p);
		turn_is(&p, GP_TURN_DONE, 0, 1);
		end(&p);
	}
}

static void a_cut_answer_keeps_its_whole_calls(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\ncall-custom test c1 patch\n"
	         "call-custom implement c2 status=incomplete half\n"
	         "incomplete max_output_tokens in=7 out=9\n"
	         "request\nexpect items message custom_tool_call custom_tool_call_output\n"
	         "completed\n");
	ask(&p);
	turn_is(&p, GP_TURN_CUT, GP_LIMIT, 1);
	assert_string_equal(p.calls.p, "test:c1<patch> ");
	assert_int_equal(p.turn.usage.out, 9);
	answer(&p, "c1");
	run_turn(&p, 0);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	end(&p);
}

static void calls_may_be_answered_while_it_streams(void **state)
{
	struct play p;

	(void)state;
	play(&p,
	     "request\ncall-custom test c1 a\ndelay 30\ncall-function nonsense c2 {}\ncompleted\n"
	     "request\nexpect items message custom_tool_call function_call "
	     "custom_tool_call_output function_call_output\n"
	     "expect json input.-1.output early\ncompleted\n");
	p.answer_at_once = true;
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_string_equal(p.calls.p, "test:c1<a> ?nonsense:c2<{}> ");
	assert_int_equal(gp_talk_open_calls(p.talk), 0);
	run_turn(&p, 0);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	end(&p);
}

static void cancelled_turns_leave_no_trace(void **state)
{
	struct play p;

	(void)state;
	play(&p, "request\ncall-custom test c1 a\ncall-custom test c2 b\nhang\n"
	         "request\nstatus 500\nbody \"\"\n"
	         "request\ntext a\nhang\n"
	         "request\nexpect items message\ntext a\ncompleted\n");
	assert_int_equal(gp_talk_say(p.talk, GP_SLICE("hello")), 0);
	p.cancel_on_call = true;
	run_turn(&p, 0);
	assert_string_equal(p.calls.p, "test:c1<a> ");
	assert_int_equal(gp_talk_open_calls(p.talk), 0);
	p.cancel_on_retry = true;
	run_turn(&p, 0);
	assert_int_equal(p.retries, 1);
	assert_int_equal(gp_talk_turn(p.talk, 0, 0, &events, &p), 0);
	assert_int_equal(gp_talk_turn(p.talk, 0, 0, &events, &p), GP_INVALID);
	assert_int_equal(gp_talk_say(p.talk, GP_SLICE("more")), GP_INVALID);
	p.dones = 0;
	p.stop_on_text = true;
	assert_int_equal(gp_loop_run(p.loop, over, &p), 0);
	p.stop_on_text = false;
	gp_talk_cancel(p.talk);
	gp_talk_cancel(p.talk);
	p.free_in_done = true;
	run_turn(&p, 0);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	assert_null(p.talk);
	end(&p);
}

static void a_call_may_be_the_end_of_the_talk(void **state)
{
	struct play p;

	(void)state;
	play(&p,
	     "request\ncall-custom test c1 silent a\ncall-custom test c2 silent b\ncompleted\n");
	p.free_on_call = true;
	ask(&p);
	assert_string_equal(p.calls.p, "test:c1<a> ");
	assert_null(p.talk);
	end(&p);
}

static void saved_conversations_go_on(void **state)
{
	gp_auto_json struct cJSON *saved = NULL;
	gp_auto_json struct cJSON *parsed = NULL;
	gp_auto_json struct cJSON *again = NULL;
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) second = {0};
	gp_auto_talk struct gp_talk *other = NULL;
	struct play p;
	size_t size;

	(void)state;
	play(&p, "request\nreasoning \"x/y\"\ncall-custom test c1 \"a\\x01\\n\"\ncall-function "
	         "search c2 "
	         "{\"pattern\":\"p\"}\ncompleted\n"
	         "request\nexpect returned\nexpect count 7\ntext b\ncompleted\n");
	ask(&p);
	answer(&p, "c1");
	saved = gp_talk_save(p.talk);
	size = gp_talk_size(p.talk);
	assert_int_equal(gp_json_print(&text, saved), 0);
	assert_null(strstr(text.p, KEY));
	assert_int_equal(gp_json_parse(&parsed, gp_buf_all(&text)), 0);
	other = new_talk(&p);
	assert_int_equal(gp_talk_say(other, GP_SLICE("to be replaced")), 0);
	assert_int_equal(gp_talk_load(other, parsed), 0);
	assert_int_equal(gp_talk_size(other), size);
	again = gp_talk_save(other);
	assert_int_equal(gp_json_print(&second, again), 0);
	assert_string_equal(text.p, second.p);
	assert_int_equal(gp_talk_open_calls(other), 1);
	assert_string_equal(gp_talk_open_id(other, 0), "c2");
	gp_talk_free(&p.talk);
	p.talk = other;
	other = NULL;
	answer(&p, "c2");
	ask(&p);
	turn_is(&p, GP_TURN_DONE, 0, 1);
	end(&p);
}

static struct gp_model still = {.api = (char *)"responses",
                                .url = (char *)"http://127.0.0.1:1/v1",
                                .name = (char *)"m",
                                .key = (char *)KEY,
                                .max_output = 1234};

static void foreign_saves_are_refused(void **state)
{
	static const char *const bad[] = {
		"null",
		"{}",
		"[]",
		"{\"schema\":1,\"api\":\"responses\"}",
		"{\"schema\":2,\"api\":\"responses\",\"items\":[]}",
		"{\"schema\":1,\"api\":\"chat\",\"items\":[]}",
		"{\"schema\":1,\"api\":\"responses\",\"items\":[7]}",
		"{\"schema\":1,\"api\":\"responses\",\"items\":[{\"type\":\"function_call\"}]}",
		"{\"schema\":1,\"api\":\"responses\",\"items\":[{\"type\":\"function_call_output\","
		"\"call_id\":\"a\"}]}",
		"{\"schema\":1,\"api\":\"responses\",\"items\":[{\"type\":\"function_call\","
		"\"call_id\":\"a\"},{\"type\":\"function_call\",\"call_id\":\"a\"}]}"};
	gp_auto_loop struct gp_loop *l = NULL;
	gp_auto_talk struct gp_talk *t = NULL;
	size_t size;

	(void)state;
	assert_int_equal(gp_loop_new(&l), 0);
	assert_int_equal(gp_talk_new(&t, l, &still, "x", tools, GP_COUNT(tools), NULL), 0);
	assert_int_equal(gp_talk_say(t, GP_SLICE("kept")), 0);
	size = gp_talk_size(t);
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto_json struct cJSON *j = NULL;

		assert_int_equal(gp_json_parse(&j, gp_slice(bad[i])), 0);
		if (gp_talk_load(t, j) != GP_INVALID)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(gp_talk_size(t), size);
		assert_int_equal(gp_talk_open_calls(t), 0);
	}
}

static void what_is_sent(void **state)
{
	gp_auto_loop struct gp_loop *l = NULL;
	gp_auto_talk struct gp_talk *t = NULL;
	gp_auto(gp_buf) body = {0};
	gp_auto_json struct cJSON *j = NULL;
	struct cJSON *tool;

	(void)state;
	assert_int_equal(gp_loop_new(&l), 0);
	assert_int_equal(gp_talk_new(&t, l, &still, "Be \xff brief.", tools, GP_COUNT(tools), "k"),
	                 0);
	assert_int_equal(gp_talk_body(&body, t, 0), 0);
	assert_int_equal(body.n, gp_talk_size(t));
	assert_int_equal(gp_talk_say(t, GP_SLICE("a\0\"\xfe\n")), 0);
	assert_int_equal(gp_talk_say(t, GP_SLICE("b")), 0);
	gp_buf_cut(&body, 0);
	assert_int_equal(gp_talk_body(&body, t, 0), 0);
	assert_int_equal(body.n, gp_talk_size(t));
	assert_int_equal(gp_json_parse(&j, gp_buf_all(&body)), 0);
	assert_null(strstr(body.p, KEY));
	assert_int_equal(gp_json_int(j, "max_output_tokens", 0), 1234);
	assert_string_equal(gp_json_str(j, "prompt_cache_key"), "k");
	assert_string_equal(gp_json_str(j, "instructions"), "Be \xef\xbf\xbd brief.");
	assert_null(gp_json_get(j, "reasoning"));
	assert_string_equal(gp_json_str(gp_json_first(gp_json_get(j, "input")), "content"),
	                    "a\xef\xbf\xbd\"\xef\xbf\xbd\n");
	tool = gp_json_first(gp_json_get(j, "tools"));
	assert_string_equal(gp_json_str(tool, "type"), "custom");
	tool = gp_json_get(tool, "format");
	assert_string_equal(gp_json_str(tool, "type"), "grammar");
	assert_string_equal(gp_json_str(tool, "syntax"), "lark");
	assert_string_equal(gp_json_str(tool, "definition"), tools[0].grammar);
	tool = gp_json_next(gp_json_next(gp_json_first(gp_json_get(j, "tools"))));
	assert_string_equal(gp_json_str(tool, "type"), "function");
	assert_true(gp_json_bool(tool, "strict", false));
	assert_true(gp_json_is_object(gp_json_get(tool, "parameters")));
}

static void bad_tools_and_apis_are_refused(void **state)
{
	static const struct gp_tool broken = {.name = "t", .help = "h", .schema = "{"};
	static const struct gp_tool list = {.name = "t", .help = "h", .schema = "[]"};
	struct gp_model other = still;
	gp_auto_loop struct gp_loop *l = NULL;
	struct gp_talk *t = NULL;

	(void)state;
	assert_int_equal(gp_loop_new(&l), 0);
	assert_int_equal(gp_talk_new(&t, l, &still, "", &broken, 1, NULL), GP_INVALID);
	assert_int_equal(gp_talk_new(&t, l, &still, "", &list, 1, NULL), GP_INVALID);
	other.api = (char *)"chat";
	assert_int_equal(gp_talk_new(&t, l, &other, "", NULL, 0, NULL), GP_INVALID);
	assert_null(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_conversation),
		cmocka_unit_test(valid_answers_in_unusual_clothes),
		cmocka_unit_test(events_split_at_any_byte),
		cmocka_unit_test(faults_before_a_call_are_retried),
		cmocka_unit_test(three_requests_and_no_more),
		cmocka_unit_test(some_refusals_are_final),
		cmocka_unit_test(the_server_says_how_long_to_wait),
		cmocka_unit_test(no_wait_beyond_the_deadline),
		cmocka_unit_test(silence_ends),
		cmocka_unit_test(the_deadline_ends),
		cmocka_unit_test(what_follows_the_last_event_does_not_count),
		cmocka_unit_test(nothing_is_retried_after_a_call),
		cmocka_unit_test(a_cut_answer_keeps_its_whole_calls),
		cmocka_unit_test(calls_may_be_answered_while_it_streams),
		cmocka_unit_test(cancelled_turns_leave_no_trace),
		cmocka_unit_test(a_call_may_be_the_end_of_the_talk),
		cmocka_unit_test(saved_conversations_go_on),
		cmocka_unit_test(foreign_saves_are_refused),
		cmocka_unit_test(what_is_sent),
		cmocka_unit_test(bad_tools_and_apis_are_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
