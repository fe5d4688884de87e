/* However a stream is cut into pieces, its events are the same. The first byte says how to cut. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int note(void *ctx, struct gp_slice type, struct gp_slice data)
{
	struct gp_buf *b = ctx;

	gp_buf_fmt(b, "%zu %zu:", type.n, data.n);
	gp_buf_slice(b, type);
	gp_buf_slice(b, data);
	return 0;
}

static int run(struct gp_buf *out, struct gp_slice text, size_t step)
{
	gp_auto(gp_sse) s = {.line = {.max = 4096}, .data = {.max = 4096}};
	size_t n;
	int e = 0;

	for (size_t at = 0; at < text.n && !e; at += n) {
		n = text.n - at < step ? text.n - at : step;
		e = gp_sse_feed(&s, (struct gp_slice){text.p + at, n}, note, out);
	}
	return e ? e : gp_sse_end(&s, note, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice text = {(const char *)data + 1, size - 1};
	gp_auto(gp_buf) whole = {0};
	gp_auto(gp_buf) cut = {0};
	int e;

	if (size == 0)
		return 0;
	e = run(&whole, text, size);
	if (run(&cut, text, (size_t)data[0] % 16 + 1) != e)
		abort();
	if (!gp_slice_eq(gp_buf_all(&whole), gp_buf_all(&cut)))
		abort();
	return 0;
}
