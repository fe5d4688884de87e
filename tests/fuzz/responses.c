#include <stdlib.h>
#include <string.h>

#include "lib/base/sse.h"
#include "lib/model/dialects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "sk-fuzz"

static void must(bool claim)
{
	if (!claim)
		abort();
}

static const struct gp_tool tools[] = {
	{.name = "test", .help = "h"},
	{.name = "search", .help = "h", .schema = "{}"},
};

struct reading {
	struct gp_answer answer;
	struct gp_list ids;
	struct gp_buf said; /* all that was handed out, to compare two readings */
	size_t progress;
};

static void on_text(void *ctx, struct gp_slice delta)
{
	struct reading *r = ctx;

	must(delta.n > 0 && gp_utf8_valid(delta));
	must(!r->answer.ended);
	gp_buf_slice(&r->said, delta);
}

static void on_progress(void *ctx, size_t bytes)
{
	struct reading *r = ctx;

	must(bytes > r->progress);
	r->progress = bytes;
}

static void on_call(void *ctx, const struct gp_call *c, bool freeform)
{
	struct reading *r = ctx;
	bool kept = false;

	must(!r->answer.ended);
	must(c->id && *c->id && c->name && c->input.p);
	must(!gp_list_has(&r->ids, c->id));
	must(!freeform || !c->args);
	must(!c->known || strcmp(c->name, freeform ? "test" : "search") == 0);
	for (size_t i = 0; i < r->answer.n; i++) {
		const char *id = gp_json_str(r->answer.v[i].item, "call_id");

		kept = kept || (id && strcmp(id, c->id) == 0);
	}
	must(kept);
	gp_list_add(&r->ids, c->id);
	gp_buf_fmt(&r->said, "<%s %s %.*s>", c->id, c->name, (int)c->input.n, c->input.p);
}

static int on_event(void *ctx, struct gp_slice type, struct gp_slice data)
{
	return gp_responses_event(&((struct reading *)ctx)->answer, type, data);
}

static int read_all(struct reading *r, struct gp_slice bytes, size_t piece)
{
	gp_auto(gp_sse) sse = {.line = {.max = 1 << 20}, .data = {.max = 1 << 20}};
	int e = 0;

	r->answer = (struct gp_answer){.tools = tools,
	                               .ntools = GP_COUNT(tools),
	                               .secret = SECRET,
	                               .to = {on_text, on_progress, on_call, r}};
	for (size_t i = 0; i < bytes.n && !e; i += piece)
		e = gp_sse_feed(
			&sse,
			(struct gp_slice){bytes.p + i, bytes.n - i < piece ? bytes.n - i : piece},
			on_event, r);
	if (!e)
		e = gp_sse_end(&sse, on_event, r);
	must(e == 0 || e == GP_BROKEN || e == GP_LIMIT);
	must(r->answer.calls == r->ids.n || e);
	if (r->answer.ended && r->answer.end != GP_TURN_DONE) {
		must(r->answer.why.n > 0 && r->answer.code != 0);
		must(gp_utf8_valid(gp_buf_all(&r->answer.why)));
		must(!strstr(r->answer.why.p, SECRET));
		for (const char *p = r->answer.why.p; *p; p++)
			must((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
	must(r->answer.usage.in >= 0 && r->answer.usage.out >= 0);
	return e;
}

static void clear(struct reading *r)
{
	gp_answer_clear(&r->answer);
	gp_list_clear(&r->ids);
	gp_buf_clear(&r->said);
}

/* However the bytes are cut, the answer is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice bytes = {(const char *)data, size};
	__attribute__((cleanup(clear))) struct reading whole = {0};
	__attribute__((cleanup(clear))) struct reading cut = {0};

	if (size > 1 << 18)
		return 0;
	must(read_all(&whole, bytes, size + 1) == read_all(&cut, bytes, 3));
	must(gp_slice_eq(gp_buf_all(&whole.said), gp_buf_all(&cut.said)));
	must(whole.answer.ended == cut.answer.ended && whole.answer.end == cut.answer.end);
	gp_responses_trim(&whole.answer);
	return 0;
}
