/*
 * frames.h - the output of a container as the Engine API frames it: a kind (0, 1 or 2: standard
 * input, output, error), three zeros and a length of four bytes, big end first, then so many bytes.
 */
#ifndef GP_FRAMES_H
#define GP_FRAMES_H

#include "lib/base/base.h"

enum { GP_FRAME_ERROR = 2 };

/* Zeroed: at the start of a stream. */
struct gp_frames {
	unsigned char head[8]; /* of the frame that out is called for: its kind comes first */
	size_t have;           /* bytes of head read */
	uint32_t left;         /* bytes of the payload still to come */
};

/* Reads the next bytes of a stream, cut anywhere; out (ctx, payload) gets slices of them as they
 * come, of any kind. 0, or GP_INVALID: not such a stream (what came before was handed over).
 * Allocates nothing. */
int gp_frames_read(struct gp_frames *f, struct gp_slice bytes,
                   void (*out)(void *ctx, struct gp_slice payload), void *ctx);

#endif
