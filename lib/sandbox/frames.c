#include "lib/sandbox/frames.h"

static int read_head(struct gp_frames *f)
{
	const unsigned char *h = f->head;

	if (h[0] > 2 || h[1] || h[2] || h[3])
		return gp_fail(GP_INVALID, "cannot read the output: not in frames");
	f->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	f->have = 0;
	return 0;
}

int gp_frames_read(struct gp_frames *f, struct gp_slice bytes,
                   void (*out)(void *ctx, struct gp_slice payload), void *ctx)
{
	int e = 0;

	while (!e && bytes.n) {
		size_t n = f->left < bytes.n ? f->left : bytes.n;

		if (n) {
			out(ctx, (struct gp_slice){bytes.p, n});
			f->left -= (uint32_t)n;
			bytes.p += n;
			bytes.n -= n;
			continue;
		}
		f->head[f->have++] = (unsigned char)*bytes.p;
		bytes.p++;
		bytes.n--;
		if (f->have == sizeof(f->head))
			e = read_head(f);
	}
	return e;
}
