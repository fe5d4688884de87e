#include <stdlib.h>
#include <string.h>

#include "lib/context/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text without secrets stays as it is; each secret leaves a marker. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto(gp_buf) out = {0};
	struct gp_slice in = {(const char *)data, size};
	size_t n = gp_context_mask(&out, in);

	if (n == 0 && !gp_slice_eq(gp_buf_all(&out), in))
		abort();
	if (n > 0 && !gp_find(gp_buf_all(&out), "[secret masked]"))
		abort();
	return 0;
}
