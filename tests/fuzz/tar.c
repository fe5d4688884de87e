/* The file of an archive lies inside of it, and what is written is read back. */
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add(void *ctx, struct gp_slice s)
{
	return gp_buf_slice(ctx, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice all = {(const char *)data, size}, file = {0};
	gp_auto(gp_buf) made = {0};
	struct gp_tar t = {.put = add, .ctx = &made, .owner = 1000};

	if (gp_tar_only_file(&file, all) == 0 &&
	    (file.p < all.p || file.n > size || file.p + file.n > all.p + size))
		abort();
	if (gp_tar_file(&t, "work/a file", 0644, all, 1) || gp_tar_end(&t) || made.n % 512 ||
	    gp_tar_only_file(&file, gp_buf_all(&made)) || !gp_slice_eq(file, all))
		abort();
	return 0;
}
