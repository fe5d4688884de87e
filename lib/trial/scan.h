/*
 * scan.h - patterns over one line, so that what runners print can be tables. Inside lib/trial.
 *
 * A pattern is literal text with: %d digits, %s a run without blanks, %* the shortest text before
 * what follows (to the end of the line when nothing does), %Q quoted text in any of ' ` " and the
 * typographic single quotes; these four are captured in order. %_ is one or more blanks, %$ the end
 * of the line (blanks before it allowed), %% a percent sign. Nothing backtracks: time is linear in
 * the line.
 */
#ifndef GP_SCAN_H
#define GP_SCAN_H

#include "lib/base/buf.h"

#define GP_SCAN_MAX 6

/* Whether s begins as the pattern says; cap may be NULL when the pattern captures nothing, else it
 * has room for GP_SCAN_MAX. */
bool gp_scan(struct gp_slice s, const char *pattern, struct gp_slice *cap);
/* Whether the pattern, which must begin with literal text, matches somewhere in s. */
bool gp_scan_in(struct gp_slice s, const char *pattern, struct gp_slice *cap);

/* Many patterns at once: which of them a line can match, told by the first four bytes of each. A
 * zeroed finder is empty; patterns begin with at least four literal bytes and are numbered from 0
 * in the order of adding, at most GP_FINDER_MAX. */
#define GP_FINDER_MAX 192
struct gp_finder {
	const char *pattern[GP_FINDER_MAX];
	size_t n;
	uint8_t head[1024], next[GP_FINDER_MAX];
};
void gp_finder_add(struct gp_finder *f, const char *pattern);
/* Sets the bits of the patterns whose beginning stands in line. */
void gp_finder_mask(const struct gp_finder *f, struct gp_slice line,
                    uint64_t mask[GP_FINDER_MAX / 64]);
/* The first bit set from `from` on, or -1. */
int gp_finder_next(const uint64_t mask[GP_FINDER_MAX / 64], int from);

/* Whether s begins (ends) with text; when cut is not NULL it receives the rest. */
bool gp_head(struct gp_slice s, const char *text, struct gp_slice *cut);
bool gp_tail(struct gp_slice s, const char *text, struct gp_slice *cut);
/* Digits as a number, at most 1,000,000,000. */
long gp_number(struct gp_slice digits);
/* The blanks a line begins with. */
size_t gp_indent(struct gp_slice line);
/* s without its first n bytes. */
struct gp_slice gp_skip(struct gp_slice s, size_t n);

#endif
