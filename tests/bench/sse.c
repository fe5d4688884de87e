/*
 * sse.c - how fast an answer is read: the event stream alone, by what a read brings, and with the
 * JSON in it, as the Responses API speaks it. A token every 10 ms makes some 25 KB/s.
 */
#include <stdio.h>

#include "lib/base/sse.h"
#include "lib/model/dialects.h"
#include "tests/bench/common/bench.h"

enum { DELTAS = 40000, ROUNDS = 9 };

static void add_event(struct gp_buf *out, const char *type, const char *rest)
{
	gp_buf_fmt(out, "event: %s\ndata: {\"type\":\"%s\",%s}\n\n", type, type, rest);
}

/* One long freeform call in deltas of a token. */
static void write_stream(struct gp_buf *out)
{
	static const char *const tokens[] = {"\\n+\\tint", " value",       "_of", " = compute",
	                                     "(12, ",      "\\\"text\\\"", ");"};

	add_event(out, "response.created",
	          "\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\",\"output\":[]}");
	add_event(out, "response.output_item.added",
	          "\"output_index\":0,\"item\":{\"id\":\"ctc_1\",\"type\":\"custom_tool_call\","
	          "\"status\":\"in_progress\",\"call_id\":\"call_1\",\"name\":\"test\","
	          "\"input\":\"\"}");
	for (int i = 0; i < DELTAS; i++) {
		char rest[160];

		snprintf(rest, sizeof(rest),
		         "\"sequence_number\":%d,\"item_id\":\"ctc_1\",\"output_index\":0,"
		         "\"delta\":\"%s\",\"obfuscation\":\"aB3dE5fG7h\"",
		         i, tokens[(size_t)i % GP_COUNT(tokens)]);
		add_event(out, "response.custom_tool_call_input.delta", rest);
	}
}

/* A few events of much text, as whole items are. */
static void write_large(struct gp_buf *out)
{
	for (int i = 0; i < 20; i++) {
		gp_buf_str(out, "event: response.output_text.done\ndata: {\"text\":\"");
		for (int k = 0; k < 10000; k++)
			gp_buf_str(out, "Some words that a model has written. ");
		gp_buf_str(out, "\"}\n\n");
	}
}

static int count_event(void *ctx, struct gp_slice type, struct gp_slice data)
{
	(void)type;
	*(size_t *)ctx += data.n;
	return 0;
}

static void on_text(void *ctx, struct gp_slice delta)
{
	(void)ctx;
	(void)delta;
}

static void on_progress(void *ctx, size_t bytes)
{
	*(size_t *)ctx = bytes;
}

static void on_call(void *ctx, const struct gp_call *call, bool freeform)
{
	(void)ctx;
	(void)call;
	(void)freeform;
}

static int read_event(void *ctx, struct gp_slice type, struct gp_slice data)
{
	return gp_responses_event(ctx, type, data);
}

static void feed(struct gp_slice all, size_t piece,
                 int (*fn)(void *ctx, struct gp_slice type, struct gp_slice data), void *ctx)
{
	gp_auto(gp_sse) s = {0};

	for (size_t i = 0; i < all.n; i += piece)
		bench_check(gp_sse_feed(
			&s, (struct gp_slice){all.p + i, all.n - i < piece ? all.n - i : piece}, fn,
			ctx));
	bench_check(gp_sse_end(&s, fn, ctx));
}

static void events(const char *what, struct gp_slice all, size_t piece)
{
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double from = bench_ms();
		size_t bytes = 0;

		feed(all, piece, count_event, &bytes);
		ms[i] = bench_ms() - from;
		if (bytes == 0)
			bench_fail("no event was seen");
	}
	bench_rate("sse", what, all.n, bench_median(ms, ROUNDS));
}

static void answers(const char *what, struct gp_slice all, size_t piece)
{
	static const struct gp_tool tools[] = {{.name = "test", .help = "adds a test"}};
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		size_t bytes = 0;
		gp_auto(gp_answer) a = {.tools = tools,
		                        .ntools = GP_COUNT(tools),
		                        .to = {on_text, on_progress, on_call, &bytes}};
		double from = bench_ms();

		feed(all, piece, read_event, &a);
		ms[i] = bench_ms() - from;
		if (bytes < DELTAS)
			bench_fail("the answer was not read");
	}
	bench_rate("sse", what, all.n, bench_median(ms, ROUNDS));
}

int main(void)
{
	gp_auto(gp_buf) tokens = {0};
	gp_auto(gp_buf) large = {0};

	bench_note("sse",
	           "reading an answer's stream, on one core; a token every 10 ms is 0.025 MB/s");
	write_stream(&tokens);
	write_large(&large);
	events("a token an event, reads of 16 KB", gp_buf_all(&tokens), 16384);
	events("a token an event, reads of 100 bytes", gp_buf_all(&tokens), 100);
	events("370 KB an event, reads of 16 KB", gp_buf_all(&large), 16384);
	answers("a token an event, with its JSON", gp_buf_all(&tokens), 16384);
	return 0;
}
