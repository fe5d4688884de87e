/*
 * show.h - the lines and sentences of a judgement. Inside lib/trial.
 */
#ifndef GP_SHOW_H
#define GP_SHOW_H

#include "lib/trial/verdict.h"

#define GP_SHOW_LINES 60

/* Appends s with /work/ taken off paths, and control characters made visible. */
void gp_show_text(struct gp_buf *out, struct gp_slice s);
/* The failing tests, each with its id and message; the ones with messages first. */
void gp_show_tests(struct gp_buf *out, const struct gp_report *r);
/* The lines around line (a part of text), or head and tail of text when line is empty. */
void gp_show_around(struct gp_buf *out, struct gp_slice text, struct gp_slice line);
/* The line of a message that says most, at most 160 bytes; "" for none. */
void gp_show_headline(struct gp_buf *out, const char *message);

#endif
