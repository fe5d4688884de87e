#include "tests/fake/replay/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool flag(const struct args *a, const char *name)
{
	for (size_t i = 0; i < a->noptions; i++)
		if (gp_slice_is(a->option[i], name))
			return true;
	return false;
}

static char *option(const struct args *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < a->noptions; i++)
		if (a->option[i].n > n && memcmp(a->option[i].p, name, n) == 0 &&
		    a->option[i].p[n] == '=')
			return gp_strndup(a->option[i].p + n + 1, a->option[i].n - n - 1);
	return NULL;
}

static long long count(const struct args *a, const char *name, long long otherwise)
{
	gp_auto_str char *text = option(a, name);

	return text ? strtoll(text, NULL, 10) : otherwise;
}

static struct gp_slice operand(const struct args *a, size_t i)
{
	if (i >= a->n)
		script_die(a->line, "'%.*s' wants more", (int)a->v[0].n, a->v[0].p);
	return a->v[i];
}

void event_raw(struct block *b, struct gp_slice type, struct gp_slice data)
{
	const char *eol = b->manner.crlf ? "\r\n" : "\n";

	gp_buf_cut(&b->last, 0);
	if (b->manner.event_lines && type.n)
		gp_buf_fmt(&b->last, "event: %.*s%s", (int)type.n, type.p, eol);
	gp_buf_fmt(&b->last, "data: ");
	gp_buf_slice(&b->last, gp_trim(data));
	gp_buf_fmt(&b->last, "%s%s", eol, eol);
	block_write(b, gp_buf_all(&b->last));
}

static struct cJSON *event(struct block *b, const char *type)
{
	struct cJSON *e = gp_json_object();

	gp_json_put_str(e, "type", type);
	gp_json_put_int(e, "sequence_number", b->sequence++);
	return e;
}

/* Sends and frees e. */
static void emit(struct block *b, struct cJSON *e)
{
	gp_auto(gp_buf) text = {0};

	gp_json_print(&text, e);
	event_raw(b, gp_slice(gp_json_str(e, "type")), gp_buf_all(&text));
	gp_json_clear(&e);
}

static struct cJSON *response(const struct block *b, const char *status)
{
	struct cJSON *r = gp_json_object();
	char id[32];

	snprintf(id, sizeof(id), "resp_%d", b->line);
	gp_json_put_str(r, "id", id);
	gp_json_put_str(r, "object", "response");
	gp_json_put_str(r, "status", status);
	return r;
}

static void emit_response(struct block *b, const char *type, struct cJSON *r)
{
	struct cJSON *e = event(b, type);

	gp_json_put(e, "response", r);
	emit(b, e);
}

static void start(struct block *b)
{
	if (b->started)
		return;
	b->started = true;
	emit_response(b, "response.created", response(b, "in_progress"));
	emit_response(b, "response.in_progress", response(b, "in_progress"));
}

static void emit_item(struct block *b, const char *type, long long index, struct cJSON *item)
{
	struct cJSON *e = event(b, type);

	gp_json_put_int(e, "output_index", index);
	gp_json_put(e, "item", item);
	emit(b, e);
}

/* Deltas of at most `pieces` bytes, never through a character. */
static void emit_deltas(struct block *b, const char *type, const char *id, long long index,
                        struct gp_slice text)
{
	size_t step = b->manner.pieces ? b->manner.pieces : 1, n;

	for (size_t at = 0; at < text.n; at += n) {
		struct cJSON *e = event(b, type);

		for (n = step; at + n < text.n && ((unsigned char)text.p[at + n] & 0xc0) == 0x80;)
			n++;
		if (at + n > text.n)
			n = text.n - at;
		gp_json_put_str(e, "item_id", id);
		gp_json_put_int(e, "output_index", index);
		gp_json_put_bytes(e, "delta", (struct gp_slice){text.p + at, n});
		emit(b, e);
		if (b->manner.every_ms)
			block_step(b, STEP_WAIT, b->manner.every_ms);
	}
}

/* An item as it looks before its first delta. */
static struct cJSON *opening(const struct cJSON *item)
{
	static const char *const texts[] = {"input", "arguments", "encrypted_content"};
	static const char *const lists[] = {"content", "summary"};
	struct cJSON *o = gp_json_copy(item);

	for (size_t i = 0; i < GP_COUNT(texts); i++)
		if (gp_json_get(o, texts[i]))
			gp_json_put_str(o, texts[i], "");
	for (size_t i = 0; i < GP_COUNT(lists); i++)
		if (gp_json_get(o, lists[i]))
			gp_json_put(o, lists[i], gp_json_array());
	gp_json_put_str(o, "status", "in_progress");
	return o;
}

/* What is common to all items: its opening, deltas and closing, as the options have it. */
struct flow {
	const char *prefix; /* of its id */
	const char *delta;  /* event type of its deltas */
	struct gp_slice text;
};

static void play_item(struct block *b, const struct args *a, struct cJSON *item,
                      const struct flow *f)
{
	gp_auto_str char *status = option(a, "status"), *id = option(a, "id");
	long long at = (long long)gp_json_count(b->output), index = count(a, "index", at);
	char own[32];

	snprintf(own, sizeof(own), "%s_%d_%lld", f->prefix, b->line, at);
	gp_json_put_str(item, "id", id ? id : own);
	if (!flag(a, "no-status"))
		gp_json_put_str(item, "status", status ? status : "completed");
	start(b);
	if (!flag(a, "silent") && !flag(a, "only-done")) {
		emit_item(b, "response.output_item.added", index, opening(item));
		emit_deltas(b, f->delta, id ? id : own, index, f->text);
	}
	if (!flag(a, "silent") && !flag(a, "no-done"))
		emit_item(b, "response.output_item.done", index, gp_json_copy(item));
	if (flag(a, "no-done"))
		gp_json_clear(&item);
	else
		gp_json_push(b->output, item);
}

static void call_custom(struct block *b, const struct args *a)
{
	struct cJSON *item = gp_json_object();
	struct flow f = {"ctc", "response.custom_tool_call_input.delta", operand(a, 3)};

	gp_json_put_str(item, "type", "custom_tool_call");
	gp_json_put_bytes(item, "name", operand(a, 1));
	gp_json_put_bytes(item, "call_id", operand(a, 2));
	gp_json_put_bytes(item, "input", f.text);
	play_item(b, a, item, &f);
}

static void call_function(struct block *b, const struct args *a)
{
	struct cJSON *item = gp_json_object();
	struct flow f = {"fc", "response.function_call_arguments.delta", operand(a, 3)};

	gp_json_put_str(item, "type", "function_call");
	gp_json_put_bytes(item, "name", operand(a, 1));
	gp_json_put_bytes(item, "call_id", operand(a, 2));
	gp_json_put_bytes(item, "arguments", f.text);
	play_item(b, a, item, &f);
}

static void message(struct block *b, const struct args *a, const char *type, const char *key,
                    const char *delta)
{
	struct cJSON *item = gp_json_object(), *content = gp_json_array(), *part = gp_json_object();
	struct flow f = {"msg", delta, operand(a, 1)};

	gp_json_put_str(part, "type", type);
	gp_json_put_bytes(part, key, f.text);
	gp_json_push(content, part);
	gp_json_put_str(item, "type", "message");
	gp_json_put_str(item, "role", "assistant");
	gp_json_put(item, "content", content);
	play_item(b, a, item, &f);
}

static void text(struct block *b, const struct args *a)
{
	message(b, a, "output_text", "text", "response.output_text.delta");
}

static void refusal(struct block *b, const struct args *a)
{
	message(b, a, "refusal", "refusal", "response.refusal.delta");
}

static void reasoning(struct block *b, const struct args *a)
{
	struct cJSON *item = gp_json_object(), *summary = gp_json_array(), *part;
	struct flow f = {"rs", "response.reasoning_summary_text.delta", {0}};

	gp_json_put_str(item, "type", "reasoning");
	if (a->n > 2) {
		f.text = a->v[2];
		part = gp_json_object();
		gp_json_put_str(part, "type", "summary_text");
		gp_json_put_bytes(part, "text", f.text);
		gp_json_push(summary, part);
	}
	gp_json_put(item, "summary", summary);
	gp_json_put_bytes(item, "encrypted_content", operand(a, 1));
	play_item(b, a, item, &f);
}

static void item(struct block *b, const struct args *a)
{
	struct cJSON *j;

	if (gp_json_parse(&j, operand(a, a->n > 2 ? 2 : 1)))
		script_die(a->line, "%s", gp_message());
	start(b);
	emit_item(b, "response.output_item.done", (long long)gp_json_count(b->output),
	          gp_json_copy(j));
	gp_json_push(b->output, j);
}

static void put_usage(struct cJSON *r, const struct args *a)
{
	struct cJSON *u = gp_json_object(), *in = gp_json_object(), *out = gp_json_object();
	long long n = count(a, "in", 100), m = count(a, "out", 10);

	gp_json_put_int(u, "input_tokens", n);
	gp_json_put_int(in, "cached_tokens", count(a, "cached", 0));
	gp_json_put_int(in, "cache_write_tokens", count(a, "written", 0));
	gp_json_put(u, "input_tokens_details", in);
	gp_json_put_int(u, "output_tokens", m);
	gp_json_put_int(out, "reasoning_tokens", count(a, "reasoning", 0));
	gp_json_put(u, "output_tokens_details", out);
	gp_json_put_int(u, "total_tokens", n + m);
	gp_json_put(r, "usage", u);
}

static void finish(struct block *b, const struct args *a, const char *type, struct cJSON *r)
{
	gp_json_put(r, "output", flag(a, "no-output") ? gp_json_array() : gp_json_copy(b->output));
	if (!flag(a, "no-usage"))
		put_usage(r, a);
	start(b);
	emit_response(b, type, r);
}

static void completed(struct block *b, const struct args *a)
{
	b->whole = true;
	finish(b, a, "response.completed", response(b, "completed"));
}

static void incomplete(struct block *b, const struct args *a)
{
	struct cJSON *r = response(b, "incomplete"), *d = gp_json_object();

	gp_json_put_bytes(d, "reason", operand(a, 1));
	gp_json_put(r, "incomplete_details", d);
	finish(b, a, "response.incomplete", r);
}

static void failed(struct block *b, const struct args *a)
{
	struct cJSON *r = response(b, "failed"), *e = gp_json_object();

	gp_json_put_bytes(e, "code", operand(a, 1));
	gp_json_put_bytes(e, "message", operand(a, 2));
	gp_json_put(r, "error", e);
	finish(b, a, "response.failed", r);
}

static void error(struct block *b, const struct args *a)
{
	struct cJSON *e = event(b, "error");

	gp_json_put_bytes(e, "code", operand(a, 1));
	gp_json_put_bytes(e, "message", operand(a, 2));
	emit(b, e);
}

static void again(struct block *b, const struct args *a)
{
	(void)a;
	block_write(b, gp_buf_all(&b->last));
}

bool event_command(struct block *b, const struct args *a)
{
	static const struct {
		const char *name;
		void (*run)(struct block *b, const struct args *a);
	} rows[] = {
		{"text", text},
		{"refusal", refusal},
		{"reasoning", reasoning},
		{"call-custom", call_custom},
		{"call-function", call_function},
		{"item", item},
		{"completed", completed},
		{"incomplete", incomplete},
		{"failed", failed},
		{"error", error},
		{"again", again},
	};

	for (size_t i = 0; i < GP_COUNT(rows); i++)
		if (gp_slice_is(a->v[0], rows[i].name)) {
			rows[i].run(b, a);
			return true;
		}
	return false;
}
