/*
 * capture.h - the head and the tail of a stream of any length, in bounded memory.
 */
#ifndef GP_CAPTURE_H
#define GP_CAPTURE_H

#include "lib/base/buf.h"

/* Set max, the bytes kept, before the first is added. The first half of max as it came, then a ring
 * of the last half: every byte is copied once. */
struct gp_capture {
	struct gp_buf head, ring;
	size_t max, at, total;
};

void gp_capture_add(struct gp_capture *c, struct gp_slice s);
/* Moves what was kept into out (zeroed); when more came than max, the whole lines of both halves
 * with a line "[... <n> bytes left out ...]" between. c is empty then but for total and max. */
void gp_capture_take(struct gp_buf *out, struct gp_capture *c);
void gp_capture_clear(struct gp_capture *c);

#endif
