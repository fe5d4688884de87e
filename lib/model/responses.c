#include "lib/model/dialects.h"

/* The OpenAI Responses API: what is sent. Fields and their limits: platform.openai.com reference,
 * "Create a model response". temperature is not sent, because reasoning models refuse it; strict
 * asks the server to hold arguments to their schema, a grammar does so for freeform text. */

static struct cJSON *freeform(const struct gp_tool *tool)
{
	struct cJSON *o = gp_json_object(), *format = gp_json_object();

	gp_json_put_str(o, "type", "custom");
	gp_json_put_str(o, "name", tool->name);
	gp_json_put_str(o, "description", tool->help);
	gp_json_put_str(format, "type", tool->grammar ? "grammar" : "text");
	if (tool->grammar) {
		gp_json_put_str(format, "syntax", "lark");
		gp_json_put_str(format, "definition", tool->grammar);
	}
	gp_json_put(o, "format", format);
	return o;
}

static struct cJSON *function(const struct gp_tool *tool)
{
	struct cJSON *o = gp_json_object(), *schema = NULL;

	gp_json_put_str(o, "type", "function");
	gp_json_put_str(o, "name", tool->name);
	gp_json_put_str(o, "description", tool->help);
	if (gp_json_parse(&schema, gp_slice(tool->schema)) == 0)
		gp_json_put(o, "parameters", schema);
	gp_json_put_bool(o, "strict", true);
	return o;
}

static void put_options(struct cJSON *o, const struct gp_prelude *p, long long max_output)
{
	struct cJSON *include = gp_json_array(), *reasoning = gp_json_object(),
		     *stream = gp_json_object();

	gp_json_put_str(o, "tool_choice", "auto");
	gp_json_put_bool(o, "parallel_tool_calls", true);
	if (p->model->effort && *p->model->effort)
		gp_json_put_str(reasoning, "effort", p->model->effort);
	if (gp_json_count(reasoning))
		gp_json_put(o, "reasoning", reasoning);
	else
		gp_json_clear(&reasoning);
	if (max_output > 0)
		gp_json_put_int(o, "max_output_tokens", max_output);
	gp_json_put_bool(o, "store", false);
	gp_json_put_bool(o, "stream", true);
	gp_json_put_bool(stream, "include_obfuscation", false);
	gp_json_put(o, "stream_options", stream);
	gp_json_push_str(include, "reasoning.encrypted_content");
	gp_json_put(o, "include", include);
	gp_json_put_str(o, "prompt_cache_key", p->cache_key);
}

/* The history is spliced in as text: its items are printed once, when they are added. */
static int splice(struct gp_buf *out, const struct gp_history *h)
{
	int e;

	gp_buf_cut(out, out->n - 1);
	e = gp_buf_str(out, ",\"input\":[");
	for (size_t i = 0; i < h->items.n && !e; i++) {
		if (i)
			e = gp_buf_chr(out, ',');
		if (!e)
			e = gp_buf_str(out, h->items.v[i]);
	}
	return e ? e : gp_buf_str(out, "]}");
}

static int body(struct gp_buf *out, const struct gp_prelude *p, const struct gp_history *h,
                long long max_output)
{
	gp_auto_json struct cJSON *o = gp_json_object();
	struct cJSON *tools = gp_json_array();
	int e;

	gp_json_put_str(o, "model", p->model->name);
	if (p->instructions)
		gp_json_put_bytes(o, "instructions", gp_slice(p->instructions));
	for (size_t i = 0; i < p->ntools; i++)
		gp_json_push(tools,
		             p->tools[i].schema ? function(&p->tools[i]) : freeform(&p->tools[i]));
	gp_json_put(o, "tools", tools);
	put_options(o, p, max_output);
	e = gp_json_print(out, o);
	return e ? e : splice(out, h);
}

static struct cJSON *message(struct gp_slice text)
{
	struct cJSON *o = gp_json_object();

	gp_json_put_str(o, "role", "user");
	gp_json_put_bytes(o, "content", text);
	return o;
}

static struct cJSON *reply(const char *call_id, bool is_freeform, struct gp_slice text)
{
	struct cJSON *o = gp_json_object();

	gp_json_put_str(o, "type",
	                is_freeform ? "custom_tool_call_output" : "function_call_output");
	gp_json_put_str(o, "call_id", call_id);
	gp_json_put_bytes(o, "output", text);
	return o;
}

const struct gp_dialect gp_dialect_responses = {
	.api = "responses",
	.url = "https://api.openai.com/v1",
	.name = "gpt-6.2-sol",
	.effort = "low",
	.key_variable = "OPENAI_API_KEY",
	.path = "/responses",
	.auth = "Authorization: Bearer ",
	.body = body,
	.message = message,
	.reply = reply,
	.kind = gp_responses_kind,
	.event = gp_responses_event,
	.trim = gp_responses_trim,
};
