/* However an engine's progress is cut into pieces, the same is told, and all of it is printable.
 * The first byte says how to cut. */
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox/progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *ctx, const char *text)
{
	struct gp_slice s = gp_slice(text);

	if (s.n == 0 || s.n > 300 || memchr(s.p, '\n', s.n) || memchr(s.p, 27, s.n))
		abort();
	if (gp_buf_str(ctx, text) == 0)
		gp_buf_chr(ctx, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto(gp_buf) whole = {0}, cut = {0};
	gp_auto(gp_progress) a = {.tell = tell, .ctx = &whole}, b = {.tell = tell, .ctx = &cut};
	size_t step = size ? data[0] % 13u + 1 : 1;
	struct gp_slice s = {(const char *)data + 1, size ? size - 1 : 0};

	if (size == 0)
		return 0;
	gp_progress_read(&a, s);
	for (size_t at = 0; at < s.n; at += step)
		gp_progress_read(&b,
		                 (struct gp_slice){s.p + at, s.n - at < step ? s.n - at : step});
	if (gp_progress_end(&a) != gp_progress_end(&b) ||
	    !gp_slice_eq(gp_buf_all(&whole), gp_buf_all(&cut)) ||
	    !gp_slice_eq(gp_buf_all(&a.error), gp_buf_all(&b.error)))
		abort();
	return 0;
}
