/*
 * progress.h - what an engine tells while it pulls or builds: a JSON object a line, which may be an
 * error although the answer began well.
 */
#ifndef GP_PROGRESS_H
#define GP_PROGRESS_H

#include "lib/base/buf.h"

/* Zeroed but for tell, which gets a printable line of text for people; NULL: nobody asks. */
struct gp_progress {
	struct gp_buf line, error;
	bool lost; /* the line is longer than any of these */
	void (*tell)(void *ctx, const char *text);
	void *ctx;
};
void gp_progress_clear(struct gp_progress *p);

/* Reads the next bytes, cut anywhere. What is no such line is passed over. */
void gp_progress_read(struct gp_progress *p, struct gp_slice bytes);
/* After the last: 0, or GP_REFUSED with the first error that was told. */
int gp_progress_end(struct gp_progress *p);

#endif
