/*
 * sse.h - server-sent events (WHATWG HTML, section 9.2), fed by arbitrary pieces. Pure.
 *
 * CR, LF and CRLF end lines, also split over pieces; a BOM at the start is skipped; data lines are
 * joined by LF; comments and unknown fields are ignored; an event with no data line is not
 * dispatched (a bare "data:" is one: servers keep a connection alive with it). Beyond the standard,
 * because servers do it: the last event without its blank line is dispatched by gp_sse_end.
 */
#ifndef GP_SSE_H
#define GP_SSE_H

#include "lib/base/buf.h"

struct gp_sse {
	struct gp_buf line, data,
		type; /* set .max of line and data before the first feed; 0: 16 MiB */
	unsigned char state;
	bool has_data;
};

/* Feeds bytes; fn (ctx, type, data) for each event ("" type when none was given; slices die with
 * the call). 0, GP_LIMIT (a line or an event too long), or what fn returned; then feed no more. */
int gp_sse_feed(struct gp_sse *s, struct gp_slice bytes,
                int (*fn)(void *ctx, struct gp_slice type, struct gp_slice data), void *ctx);
/* The body has ended: dispatches an event that lacks its blank line. Returns as gp_sse_feed. */
int gp_sse_end(struct gp_sse *s, int (*fn)(void *ctx, struct gp_slice type, struct gp_slice data),
               void *ctx);
void gp_sse_clear(struct gp_sse *s);

#endif
