/* However the output of a container is cut into pieces, its payload is the same, and what is no
 * stream of frames is said to be none. The first byte says how to cut. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/sandbox/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(void *ctx, struct gp_slice payload)
{
	if (payload.n == 0 || gp_buf_slice(ctx, payload))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto(gp_buf) whole = {0}, cut = {0};
	struct gp_frames a = {0}, b = {0};
	size_t step = size ? data[0] % 11u + 1 : 1;
	struct gp_slice s = {(const char *)data + 1, size ? size - 1 : 0};
	int x, y = 0;

	if (size == 0)
		return 0;
	x = gp_frames_read(&a, s, add, &whole);
	for (size_t at = 0; !y && at < s.n; at += step)
		y = gp_frames_read(&b,
		                   (struct gp_slice){s.p + at, s.n - at < step ? s.n - at : step},
		                   add, &cut);
	if (x != y || whole.n > s.n || !gp_slice_eq(gp_buf_all(&whole), gp_buf_all(&cut)))
		abort();
	return 0;
}
