/*
 * term_text.h - how term.c lays out its lines. Pure.
 */
#ifndef GP_TERM_TEXT_H
#define GP_TERM_TEXT_H

#include "lib/base/buf.h"

/* Appends s made visible, with LF and TAB as blanks: one line whatever s holds. */
void gp_term_one_line(struct gp_buf *out, struct gp_slice s);
/* How many columns of a terminal s takes at most (s: one line of visible text). */
size_t gp_term_columns(struct gp_slice s);
/* Appends s, or as much of it as leaves room for "..." when it is wider than columns. */
void gp_term_cut(struct gp_buf *out, struct gp_slice s, size_t columns);
/* "0.3 s", "99.9 s", "2 min 05 s". */
void gp_term_clock(struct gp_buf *out, long long ms);
/* Appends JSON text as ASCII: what a terminal could act on must not survive in a string. */
void gp_term_ascii_json(struct gp_buf *out, struct gp_slice json);

#endif
