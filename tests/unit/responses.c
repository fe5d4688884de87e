#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/model/dialects.h"

static const struct gp_tool tools[] = {
	{.name = "test", .help = "adds a test", .grammar = "start: /.+/"},
	{.name = "search",
         .help = "looks",
         .schema = "{\"type\":\"object\",\"properties\":{},\"required\":[],"
                   "\"additionalProperties\":false}"},
	{.name = "note", .help = "any words"},
};

/* What an answer handed out, one line each. */
struct heard {
	struct gp_buf text, calls;
	size_t progress;
};

static void heard_clear(struct heard *h)
{
	gp_buf_clear(&h->text);
	gp_buf_clear(&h->calls);
}

static void on_text(void *ctx, struct gp_slice delta)
{
	gp_buf_slice(&((struct heard *)ctx)->text, delta);
}

static void on_progress(void *ctx, size_t bytes)
{
	((struct heard *)ctx)->progress = bytes;
}

static void on_call(void *ctx, const struct gp_call *c, bool freeform)
{
	struct heard *h = ctx;

	gp_buf_fmt(&h->calls, "%s %s %s %s<%.*s>\n", freeform ? "freeform" : "function", c->id,
	           c->name, c->known ? "" : "unknown ", (int)c->input.n, c->input.p);
	if (!freeform && c->args)
		gp_buf_fmt(&h->calls, "  %zu arguments\n", gp_json_count(c->args));
}

static struct gp_answer listen(struct heard *h)
{
	return (struct gp_answer){.tools = tools,
	                          .ntools = GP_COUNT(tools),
	                          .secret = "sk-secret",
	                          .to = {on_text, on_progress, on_call, h}};
}

static int hear(struct gp_answer *a, const char *data)
{
	return gp_responses_event(a, GP_SLICE("whatever"), gp_slice(data));
}

static void hear_all(struct gp_answer *a, const char *const *data)
{
	for (; *data; data++)
		if (hear(a, *data))
			fail_msg("%s: %s", *data, gp_message());
}

#define DONE(index, item)                                                                          \
	"{\"type\":\"response.output_item.done\",\"output_index\":" index ",\"item\":" item "}"
#define CUSTOM(name, id, input, more)                                                              \
	"{\"type\":\"custom_tool_call\",\"id\":\"ctc_" id "\",\"call_id\":\"" id                   \
	"\",\"name\":\"" name "\",\"input\":\"" input "\"" more "}"
#define FUNCTION(name, id, args)                                                                   \
	"{\"type\":\"function_call\",\"call_id\":\"" id "\",\"name\":\"" name                      \
	"\",\"arguments\":" args "}"
#define COMPLETED(output)                                                                          \
	"{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":"      \
	"[" output "]}}"

static void calls_are_handed_out_once_and_in_order(void **state)
{
	static const char *const events[] = {
		"{\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\"}}",
		"{\"type\":\"response.some_future_event\",\"item\":7}",
		"{\"type\":\"response.custom_tool_call_input.delta\",\"delta\":\"12345\"}",
		DONE("0", CUSTOM("test", "a", "one", ",\"status\":\"completed\"")),
		DONE("0", CUSTOM("test", "a", "one", ",\"status\":\"completed\"")),
		DONE("1", FUNCTION("search", "b", "\"{\\\"x\\\":1}\"")),
		DONE("1", FUNCTION("search", "b", "\"{\\\"x\\\":1}\"")),
		COMPLETED(CUSTOM("test", "a", "one", "") "," FUNCTION(
			"search", "b", "\"{}\"") "," CUSTOM("note", "c", "late", "")),
		DONE("3", CUSTOM("test", "after", "the end", "")),
		NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_string_equal(gp_buf_text(&h.calls), "freeform a test <one>\n"
	                                           "function b search <{\"x\":1}>\n  1 arguments\n"
	                                           "freeform c note <late>\n");
	assert_int_equal(h.progress, 5);
	assert_int_equal(a.calls, 3);
	assert_int_equal(a.n, 3);
	assert_true(a.ended);
	assert_int_equal(a.end, GP_TURN_DONE);
	assert_int_equal(a.code, 0);
	assert_false(a.usage.reported);
}

static void a_cut_call_is_never_handed_out(void **state)
{
	static const char *const events[] = {
		DONE("0", CUSTOM("test", "a", "half", ",\"status\":\"incomplete\"")),
		DONE("1", CUSTOM("test", "b", "half", ",\"status\":\"in_progress\"")),
		"{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
		"\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[" CUSTOM(
			"test", "a", "half", ",\"status\":\"incomplete\"") "]}}",
		NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_int_equal(h.calls.n, 0);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.end, GP_TURN_CUT);
	assert_int_equal(a.code, GP_LIMIT);
	assert_non_null(strstr(a.why.p, "max-output"));
}

/* OpenRouter and others: all items with index 0; Copilot's proxy: another id in every event. */
static void odd_ids_and_indexes_lose_and_double_nothing(void **state)
{
	static const char *const events[] = {
		DONE("0", "{\"type\":\"reasoning\",\"id\":\"r1\",\"encrypted_content\":\"x\"}"),
		DONE("0", CUSTOM("test", "a", "one", "")),
		DONE("0", CUSTOM("test", "b", "two", "")),
		DONE("0", "{\"type\":\"reasoning\",\"id\":\"r1\",\"encrypted_content\":\"x\"}"),
		COMPLETED("{\"type\":\"reasoning\",\"id\":\"other\",\"encrypted_content\":\"x\"},"
	                  "{\"type\":\"custom_tool_call\",\"id\":\"new\",\"call_id\":\"a\","
	                  "\"name\":\"test\",\"input\":\"one\"}," CUSTOM("test", "b", "two", "")),
		NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_string_equal(h.calls.p, "freeform a test <one>\nfreeform b test <two>\n");
	assert_int_equal(a.n, 3);
}

static void items_keep_the_order_of_their_places(void **state)
{
	static const char *const events[] = {DONE("2", CUSTOM("test", "c", "3", "")),
	                                     DONE("0", "{\"type\":\"reasoning\",\"id\":\"r\"}"),
	                                     DONE("1", CUSTOM("test", "b", "2", "")), COMPLETED(""),
	                                     NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_int_equal(a.n, 3);
	assert_string_equal(gp_json_str(a.v[0].item, "type"), "reasoning");
	assert_string_equal(gp_json_str(a.v[1].item, "call_id"), "b");
	assert_string_equal(gp_json_str(a.v[2].item, "call_id"), "c");
}

static void what_a_call_is_worth(void **state)
{
	static const struct {
		const char *event, *heard;
	} rows[] = {
		{DONE("0", FUNCTION("search", "a", "\"{\\\"pattern\\\": \\\"cut o\"")),
	         "function a search unknown <{\"pattern\": \"cut o>\n"},
		{DONE("0", FUNCTION("search", "a", "\"[1]\"")),
	         "function a search unknown <[1]>\n"},
		{DONE("0", FUNCTION("search", "a", "\"\"")),
	         "function a search <{}>\n  0 arguments\n"},
		{DONE("0", FUNCTION("search", "a", "{\"q\":2}")),
	         "function a search <{\"q\":2}>\n  1 arguments\n"},
		{DONE("0", FUNCTION("rm", "a", "\"{}\"")),
	         "function a rm unknown <{}>\n  0 arguments\n"},
		{DONE("0", FUNCTION("test", "a", "\"{}\"")),
	         "function a test unknown <{}>\n  0 arguments\n"},
		{DONE("0", CUSTOM("search", "a", "text", "")),
	         "freeform a search unknown <text>\n"},
		{DONE("0", CUSTOM("test", "a", "", "")), "freeform a test <>\n"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		__attribute__((cleanup(heard_clear))) struct heard h = {0};
		gp_auto(gp_answer) a = listen(&h);

		assert_int_equal(hear(&a, rows[i].event), 0);
		assert_string_equal(gp_buf_text(&h.calls), rows[i].heard);
	}
}

static void senseless_events_break_the_answer(void **state)
{
	static const char *const bad[] = {
		"not json",
		"[1]",
		"{\"type\":\"response.output_item.done\"",
		"{\"type\":\"response.output_item.done\"}",
		DONE("0", "\"text\""),
		DONE("0", "{\"type\":\"custom_tool_call\",\"name\":\"test\",\"input\":\"x\"}"),
		DONE("0", "{\"type\":\"custom_tool_call\",\"call_id\":\"\",\"name\":\"test\"}"),
		DONE("0", "{\"type\":\"custom_tool_call\",\"call_id\":\"a\",\"input\":\"x\"}"),
		DONE("0", "{\"type\":\"custom_tool_call\",\"call_id\":\"a\",\"name\":\"test\"}"),
		DONE("0", CUSTOM("test", "a", "\\u0000", "")),
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		__attribute__((cleanup(heard_clear))) struct heard h = {0};
		gp_auto(gp_answer) a = listen(&h);

		if (hear(&a, bad[i]) != GP_BROKEN)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(h.calls.n, 0);
		assert_false(a.ended);
	}
}

static void noise_is_passed_over(void **state)
{
	static const char *const events[] = {
		"",  " ", ": OPENROUTER PROCESSING", "[DONE]", "[DONE]  ", "{}", "{\"type\":7}",
		NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_false(a.ended);
}

static void how_answers_end(void **state)
{
	static const struct {
		const char *event;
		enum gp_turn_end end;
		int code;
		bool transient;
		const char *why;
	} rows[] = {
		{"{\"type\":\"response.incomplete\",\"response\":{\"incomplete_details\":"
	         "{\"reason\":\"content_filter\"}}}",
	         GP_TURN_CUT, GP_REFUSED, false, "content filter"},
		{"{\"type\":\"response.incomplete\",\"response\":{}}", GP_TURN_CUT, GP_LIMIT, false,
	         "no reason given"},
		{"{\"type\":\"response.completed\",\"response\":{\"status\":\"incomplete\"}}",
	         GP_TURN_CUT, GP_LIMIT, false, "cut"},
		{"{\"type\":\"response.completed\",\"response\":{\"status\":\"failed\",\"error\":"
	         "{\"code\":\"server_error\",\"message\":\"oops\"}}}",
	         GP_TURN_FAILED, GP_FAILED, true, "(server_error): oops"},
		{"{\"type\":\"response.completed\",\"response\":{\"status\":\"cancelled\"}}",
	         GP_TURN_FAILED, GP_FAILED, true, "no reason"},
		{"{\"type\":\"response.failed\",\"response\":{\"status\":\"completed\"}}",
	         GP_TURN_FAILED, GP_FAILED, true, "no reason"},
		{"{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"bio_policy\","
	         "\"message\":\"no\"}}}",
	         GP_TURN_REFUSED, GP_REFUSED, false, "refused the request (bio_policy): no"},
		{"{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":"
	         "\"invalid_prompt\",\"message\":\"no\"}}}",
	         GP_TURN_REFUSED, GP_REFUSED, false, "no"},
		{"{\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow "
	         "down\",\"param\":null}",
	         GP_TURN_FAILED, GP_FAILED, true, "slow down"},
		{"{\"type\":\"error\",\"error\":{\"type\":\"insufficient_quota\",\"message\":"
	         "\"pay\"}}",
	         GP_TURN_FAILED, GP_REFUSED, false, "pay"},
		{"{\"error\":{\"code\":401,\"message\":\"bad key sk-secret\\u001b[2J\"}}",
	         GP_TURN_FAILED, GP_REFUSED, false, "bad key [key]\\x1b[2J"},
		{"{\"error\":\"only words\"}", GP_TURN_FAILED, GP_FAILED, true, "only words"},
		{"{\"type\":\"error\",\"code\":\"context_length_exceeded\",\"message\":\"long\"}",
	         GP_TURN_FAILED, GP_LIMIT, false, "long"},
		{"{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\","
	         "\"param\":null,\"code\":400}",
	         GP_TURN_FAILED, GP_INVALID, false, "too long"},
		{"{\"type\":\"error\",\"code\":503,\"message\":\"busy\"}", GP_TURN_FAILED,
	         GP_FAILED, true, "busy"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		__attribute__((cleanup(heard_clear))) struct heard h = {0};
		gp_auto(gp_answer) a = listen(&h);

		assert_int_equal(hear(&a, rows[i].event), 0);
		if (!a.ended || a.end != rows[i].end || a.code != rows[i].code ||
		    a.transient != rows[i].transient || !strstr(gp_buf_text(&a.why), rows[i].why))
			fail_msg("%s: %d %d %d %s", rows[i].event, a.end, a.code, a.transient,
			         gp_buf_text(&a.why));
	}
}

static void a_refusal_is_no_answer_unless_it_called(void **state)
{
	static const char *const events[] = {
		DONE("0", "{\"type\":\"message\",\"id\":\"m\",\"content\":[{\"type\":\"refusal\","
	                  "\"refusal\":\"I cannot help with that\"}]}"),
		COMPLETED(""), NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);
	gp_auto(gp_answer) b = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_int_equal(a.end, GP_TURN_REFUSED);
	assert_int_equal(a.code, GP_REFUSED);
	assert_string_equal(a.why.p, "the model declined: I cannot help with that");
	hear(&b, DONE("1", CUSTOM("test", "a", "x", "")));
	hear_all(&b, events);
	assert_int_equal(b.end, GP_TURN_DONE);
}

static void words_and_usage(void **state)
{
	static const char *const events[] = {
		"{\"type\":\"response.output_text.delta\",\"delta\":\"Add \"}",
		"{\"type\":\"response.output_text.delta\",\"delta\":\"it\"}",
		"{\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"hm\"}",
		DONE("0", "{\"type\":\"message\",\"id\":\"m\",\"content\":[{\"type\":"
	                  "\"output_text\",\"text\":\"Add it\"}]}"),
		DONE("1", "{\"type\":\"message\",\"id\":\"n\",\"content\":[{\"type\":"
	                  "\"output_text\",\"text\":\"undelivered\"}]}"),
		"{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":11,"
		"\"input_tokens_details\":{\"cached_tokens\":5,\"cache_write_tokens\":3},"
		"\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":-2}}}}",
		NULL};
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear_all(&a, events);
	assert_string_equal(a.text.p, "Add it\nundelivered");
	assert_string_equal(h.text.p, "Add it\nundelivered");
	assert_int_equal(h.progress, 8);
	assert_true(a.usage.reported);
	assert_int_equal(a.usage.in, 11);
	assert_int_equal(a.usage.cached, 5);
	assert_int_equal(a.usage.written, 3);
	assert_int_equal(a.usage.out, 7);
	assert_int_equal(a.usage.reasoning, 0);
}

static void trailing_reasoning_is_trimmed(void **state)
{
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);

	(void)state;
	hear(&a, DONE("0", "{\"type\":\"reasoning\",\"id\":\"r\"}"));
	hear(&a, DONE("1", CUSTOM("test", "a", "x", "")));
	hear(&a, DONE("2", "{\"type\":\"reasoning\",\"id\":\"s\"}"));
	gp_responses_trim(&a);
	assert_int_equal(a.n, 2);
	assert_string_equal(gp_json_str(a.v[1].item, "call_id"), "a");
}

static void items_are_capped(void **state)
{
	__attribute__((cleanup(heard_clear))) struct heard h = {0};
	gp_auto(gp_answer) a = listen(&h);
	gp_auto(gp_buf) event = {0};
	int e = 0;

	(void)state;
	for (int i = 0; i <= GP_ANSWER_ITEMS && !e; i++) {
		gp_buf_cut(&event, 0);
		gp_buf_fmt(&event,
		           "{\"type\":\"response.output_item.done\",\"item\":{\"id\":\"%d\","
		           "\"type\":\"future_thing\"}}",
		           i);
		e = hear(&a, event.p);
	}
	assert_int_equal(e, GP_LIMIT);
	assert_int_equal(a.n, GP_ANSWER_ITEMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_handed_out_once_and_in_order),
		cmocka_unit_test(a_cut_call_is_never_handed_out),
		cmocka_unit_test(odd_ids_and_indexes_lose_and_double_nothing),
		cmocka_unit_test(items_keep_the_order_of_their_places),
		cmocka_unit_test(what_a_call_is_worth),
		cmocka_unit_test(senseless_events_break_the_answer),
		cmocka_unit_test(noise_is_passed_over),
		cmocka_unit_test(how_answers_end),
		cmocka_unit_test(a_refusal_is_no_answer_unless_it_called),
		cmocka_unit_test(words_and_usage),
		cmocka_unit_test(trailing_reasoning_is_trimmed),
		cmocka_unit_test(items_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
