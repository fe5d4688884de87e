/*
 * term_text.h - how term.c lays out its lines. Pure.
 */
#ifndef GP_TERM_TEXT_H
#define GP_TERM_TEXT_H

#include "lib/base/term.h"

/* Appends s made visible, with LF and TAB as blanks: one line whatever s holds. */
void gp_term_one_line(struct gp_buf *out, struct gp_slice s);
/* How many columns of a terminal s takes at most (s: one line of visible text). */
size_t gp_term_columns(struct gp_slice s);
/* Appends s, or as much of it as leaves room for "..." when it is wider than columns. */
void gp_term_cut(struct gp_buf *out, struct gp_slice s, size_t columns);
/* Appends s broken at blanks into lines of at most columns, further lines behind indent blanks; the
 * first begins at column at. A word that is wider than a line stays whole. */
void gp_term_wrap(struct gp_buf *out, struct gp_slice s, size_t columns, size_t at, size_t indent);
/* "0.3 s", "99.9 s", "2 min 05 s". */
void gp_term_clock(struct gp_buf *out, long long ms);
/* The permanent line of a phase: "ok    red       a.test.js fails by assertion  0.3 s". */
struct gp_term_line {
	enum gp_term_mark mark;
	bool colour; /* of the mark */
	bool whole;  /* broken into as many lines as it takes; else cut to one */
	const char *phase;
	struct gp_slice text; /* one visible line */
	long long ms;         /* negative: no time is shown */
	size_t columns;       /* of a line; SIZE_MAX: no end */
};
void gp_term_phase_line(struct gp_buf *out, const struct gp_term_line *l);
/* Appends JSON text as ASCII: what a terminal could act on must not survive in a string. */
void gp_term_ascii_json(struct gp_buf *out, struct gp_slice json);

#endif
