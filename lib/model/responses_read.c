#include "lib/model/dialects.h"

#include <string.h>

/* The OpenAI Responses API: what comes back. Only output_item.done and the terminal events count;
 * deltas are for display. The type inside the JSON is trusted, not the event line. */

#define TOKENS_MAX 1000000000000LL /* a count beyond this is nonsense; sums stay exact */

static bool text_is(const char *s, const char *what)
{
	return s && strcmp(s, what) == 0;
}

enum gp_item_kind gp_responses_kind(const struct cJSON *item, const char **call_id)
{
	const char *type = gp_json_str(item, "type");

	*call_id = gp_json_str(item, "call_id");
	if (text_is(type, "function_call"))
		return GP_ITEM_FUNCTION;
	if (text_is(type, "custom_tool_call"))
		return GP_ITEM_FREEFORM;
	if (text_is(type, "function_call_output") || text_is(type, "custom_tool_call_output"))
		return GP_ITEM_ANSWER;
	*call_id = NULL;
	return GP_ITEM_OTHER;
}

static bool is_call(const struct cJSON *item)
{
	const char *id;
	enum gp_item_kind kind = gp_responses_kind(item, &id);

	return kind == GP_ITEM_FUNCTION || kind == GP_ITEM_FREEFORM;
}

static bool same(const struct cJSON *a, const struct cJSON *b, const char *key)
{
	const char *x = gp_json_str(a, key), *y = gp_json_str(b, key);

	return x && *x && y && strcmp(x, y) == 0;
}

/* Servers exist that give an item another id in every event, and others that give every item the
 * index 0: a call is known by its call_id alone, anything else by id or by place and type. */
static bool have(const struct gp_answer *a, long long index, const struct cJSON *item)
{
	bool call = is_call(item);

	for (size_t i = 0; i < a->n; i++) {
		const struct cJSON *known = a->v[i].item;

		if (same(known, item, call ? "call_id" : "id"))
			return true;
		if (!call && index >= 0 && a->v[i].index == index && same(known, item, "type"))
			return true;
	}
	return false;
}

static int hand_out_function(struct gp_answer *a, const struct cJSON *item, struct gp_call *call)
{
	const struct cJSON *given = gp_json_get(item, "arguments");
	gp_auto_json struct cJSON *args = NULL;
	gp_auto(gp_buf) printed = {0};
	const struct gp_tool *tool = gp_answer_tool(a, call->name);

	call->input = gp_slice(gp_json_text(given));
	if (gp_json_is_object(given)) {
		if (gp_json_print(&printed, given))
			return GP_LIMIT;
		call->input = gp_buf_all(&printed);
	}
	/* some servers write no arguments as no text */
	if (call->input.n == 0)
		call->input = GP_SLICE("{}");
	if (gp_json_parse(&args, call->input) == 0 && gp_json_is_object(args))
		call->args = args;
	call->known = tool && tool->schema && call->args;
	a->to.call(a->to.ctx, call, false);
	return 0;
}

static int hand_out_freeform(struct gp_answer *a, const struct cJSON *item, struct gp_call *call)
{
	const char *input = gp_json_str(item, "input");
	const struct gp_tool *tool = gp_answer_tool(a, call->name);

	if (!input)
		return gp_fail(GP_BROKEN, "the server sent a call without its input");
	call->input = gp_slice(input);
	call->known = tool && !tool->schema;
	a->to.call(a->to.ctx, call, true);
	return 0;
}

static int hand_out(struct gp_answer *a, const struct cJSON *item)
{
	struct gp_call call = {.name = gp_json_str(item, "name")};
	enum gp_item_kind kind = gp_responses_kind(item, &call.id);
	int e;

	e = kind == GP_ITEM_FUNCTION ? hand_out_function(a, item, &call)
	                             : hand_out_freeform(a, item, &call);
	if (!e)
		a->calls++;
	return e;
}

static void take_words(struct gp_answer *a, const struct cJSON *message)
{
	size_t before = a->text.n;
	const char *s;

	if (a->text.n)
		gp_buf_chr(&a->text, '\n');
	for (struct cJSON *part = gp_json_first(gp_json_get(message, "content")); part;
	     part = gp_json_next(part)) {
		if (text_is(gp_json_str(part, "type"), "output_text") &&
		    (s = gp_json_str(part, "text")))
			gp_buf_str(&a->text, s);
		if (text_is(gp_json_str(part, "type"), "refusal") &&
		    (s = gp_json_str(part, "refusal")))
			gp_buf_str(&a->refusal, s);
	}
	/* a server that sends no deltas still gets its words shown */
	if (a->streamed == 0 && a->text.n > before)
		a->to.text(a->to.ctx, (struct gp_slice){a->text.p + before, a->text.n - before});
	a->streamed = 0;
}

/* An item is whole when it says so or says nothing; a call that was cut is never kept, since what
 * is kept goes back to the server, which wants every call answered. */
static int take_item(struct gp_answer *a, long long index, const struct cJSON *item)
{
	const char *status = gp_json_str(item, "status"), *id;
	bool call = is_call(item);
	int e;

	if (!gp_json_is_object(item))
		return gp_fail(GP_BROKEN, "the server sent an item that is no object");
	if ((status && strcmp(status, "completed") != 0) || have(a, index, item))
		return 0;
	gp_responses_kind(item, &id);
	if (call && (!id || !*id || !gp_json_str(item, "name")))
		return gp_fail(GP_BROKEN, "the server sent a call without an id or a name");
	e = gp_answer_keep(a, index, gp_json_copy(item));
	if (!e && call)
		e = hand_out(a, item);
	if (!e && text_is(gp_json_str(item, "type"), "message"))
		take_words(a, item);
	return e;
}

static long long tokens(const struct cJSON *o, const char *key)
{
	long long n = gp_json_int(o, key, 0);

	return n < 0 ? 0 : n > TOKENS_MAX ? TOKENS_MAX : n;
}

static void take_usage(struct gp_answer *a, const struct cJSON *response)
{
	const struct cJSON *u = gp_json_get(response, "usage");
	const struct cJSON *in = gp_json_get(u, "input_tokens_details");

	if (!gp_json_is_object(u))
		return;
	a->usage = (struct gp_usage){
		.in = tokens(u, "input_tokens"),
		.cached = tokens(in, "cached_tokens"),
		.written = tokens(in, "cache_write_tokens"),
		.out = tokens(u, "output_tokens"),
		.reasoning = tokens(gp_json_get(u, "output_tokens_details"), "reasoning_tokens"),
		.reported = true,
	};
}

static void end_incomplete(struct gp_answer *a, const struct cJSON *response)
{
	const char *reason = gp_json_str(gp_json_get(response, "incomplete_details"), "reason");

	if (text_is(reason, "max_output_tokens"))
		gp_answer_end(a, GP_TURN_CUT, GP_LIMIT,
		              "the answer was cut at the limit of output tokens (max-output)",
		              (struct gp_slice){0});
	else if (text_is(reason, "content_filter"))
		gp_answer_end(a, GP_TURN_CUT, GP_REFUSED,
		              "the answer was cut by the server's content filter",
		              (struct gp_slice){0});
	else
		gp_answer_end(a, GP_TURN_CUT, GP_LIMIT, "the answer was cut by the server",
		              gp_slice(reason ? reason : "no reason given"));
}

static void end_error(struct gp_answer *a, const struct cJSON *error)
{
	gp_auto(gp_error) e = {0};
	gp_auto(gp_buf) what = {0};
	struct gp_trouble t;

	gp_error_read(&e, error);
	t = gp_trouble_of(e.status, gp_buf_text(&e.all));
	gp_buf_str(&what, t.end == GP_TURN_REFUSED ? "the server refused the request"
	                                           : "the server failed");
	if (*e.word) {
		gp_buf_str(&what, " (");
		gp_quote_foreign(&what, gp_slice(e.word), a->secret);
		gp_buf_chr(&what, ')');
	}
	a->transient = t.transient;
	gp_answer_end(a, t.end, t.code, gp_buf_text(&what),
	              e.text.n ? e.text : GP_SLICE("it gave no reason"));
}

static void end_completed(struct gp_answer *a)
{
	if (a->refusal.n && a->calls == 0)
		gp_answer_end(a, GP_TURN_REFUSED, GP_REFUSED, "the model declined",
		              gp_buf_all(&a->refusal));
	else
		gp_answer_end(a, GP_TURN_DONE, 0, "", (struct gp_slice){0});
}

/* The status inside wins over the event's name: clients that looked at one of them alone have taken
 * failures for answers. Items that were never seen as done are taken from a completed answer. */
static int terminal(struct gp_answer *a, const struct cJSON *event, const char *named)
{
	const struct cJSON *r = gp_json_get(event, "response"), *output;
	const char *status = gp_json_str(r, "status");
	long long place = 0;
	int e = 0;

	if (!text_is(status, "completed") && !text_is(status, "incomplete") &&
	    !text_is(status, "failed") && !text_is(status, "cancelled"))
		status = named;
	take_usage(a, r);
	output = gp_json_get(r, "output");
	if (gp_json_is_array(output) && !text_is(status, "failed"))
		for (struct cJSON *i = gp_json_first(output); i && !e; i = gp_json_next(i))
			e = take_item(a, place++, i);
	if (e)
		return e;
	if (text_is(status, "completed") && text_is(named, "completed"))
		end_completed(a);
	else if (text_is(status, "incomplete") || text_is(named, "incomplete"))
		end_incomplete(a, r);
	else
		end_error(a, gp_json_get(r, "error"));
	return 0;
}

static void take_delta(struct gp_answer *a, const struct cJSON *event, const char *type)
{
	struct gp_slice delta = gp_slice(gp_json_str(event, "delta"));

	if (delta.n == 0)
		return;
	a->bytes += delta.n;
	if (strcmp(type, "response.output_text.delta") == 0) {
		a->streamed += delta.n;
		a->to.text(a->to.ctx, delta);
	}
	a->to.progress(a->to.ctx, a->bytes);
}

/* Proxies wrap comments and chat's end mark into data lines. */
static bool is_noise(struct gp_slice data)
{
	return data.n == 0 || data.p[0] == ':' || (data.n >= 6 && memcmp(data.p, "[DONE]", 6) == 0);
}

int gp_responses_event(struct gp_answer *a, struct gp_slice line, struct gp_slice data)
{
	gp_auto_json struct cJSON *event = NULL;
	const char *type;

	(void)line;
	data = gp_trim(data);
	if (a->ended || is_noise(data))
		return 0;
	if (gp_json_parse(&event, data) || !gp_json_is_object(event))
		return gp_fail(GP_BROKEN, "the server sent an event that is no JSON object");
	type = gp_json_str(event, "type");
	/* some say what kind of error it is where the event's own type is due */
	if (text_is(gp_json_str(event, "object"), "error"))
		type = "error";
	if (!type)
		type = gp_json_get(event, "error") ? "error" : "";
	if (strcmp(type, "response.output_item.done") == 0)
		return take_item(a, gp_json_int(event, "output_index", -1),
		                 gp_json_get(event, "item"));
	if (strcmp(type, "response.completed") == 0)
		return terminal(a, event, "completed");
	if (strcmp(type, "response.incomplete") == 0)
		return terminal(a, event, "incomplete");
	if (strcmp(type, "response.failed") == 0)
		return terminal(a, event, "failed");
	if (strcmp(type, "error") == 0)
		end_error(a, gp_json_get(event, "error") ? gp_json_get(event, "error") : event);
	else if (gp_ends(type, ".delta"))
		take_delta(a, event, type);
	return 0;
}

/* A reasoning item is only taken back together with the item that it led to. */
void gp_responses_trim(struct gp_answer *a)
{
	while (a->n && text_is(gp_json_str(a->v[a->n - 1].item, "type"), "reasoning"))
		gp_json_clear(&a->v[--a->n].item);
}
