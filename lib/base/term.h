/*
 * term.h - what a person or a program sees: results on stdout, progress on stderr.
 *
 * The sink is made by cmd/ and handed down; lib/ prints through nothing else. On a terminal a phase
 * is one live line, redrawn at most ten times a second, cut to the width and hidden below 20
 * columns, that ends as a short permanent line:
 *
 *	...   model     812 tokens, 0.01 USD  3.4 s  +1 more
 *	ok    red       test/user.test.js fails by assertion  0.3 s
 *
 * On a terminal what went well is cut to one line (verbose: whole), and words longer than a line
 * are broken at blanks. In a pipe only the permanent lines are written, unbroken. With json,
 * stdout carries one object a line, stderr only warnings and errors. Every string is made visible
 * (buf.h) on the way out; JSON goes out as ASCII. A write that fails never stops a run:
 * gp_term_out_error tells afterwards.
 */
#ifndef GP_TERM_H
#define GP_TERM_H

#include "lib/base/buf.h"

struct cJSON;
struct gp_term;

enum gp_term_mark { GP_MARK_OK, GP_MARK_BAD, GP_MARK_WARN, GP_MARK_NONE };

struct gp_term_options {
	int out, err; /* descriptors */
	bool quiet, verbose, json;
	int colour; /* 1 always, 0 never, -1: when err is a terminal, NO_COLOR is unset, TERM not
	               dumb */
};

/* 0. The descriptors stay the caller's; o is copied. */
int gp_term_new(struct gp_term **out, const struct gp_term_options *o);
/* Erases the live line and puts out what a child left unended. */
void gp_term_free(struct gp_term **t);
#define gp_auto_term __attribute__((cleanup(gp_term_free)))

/* A phase ("context", "model", "red"): begin, any number of live updates, one end. Several may be
 * open; the live line shows the one updated last, with how many more run. begin starts the clock;
 * update of an unknown name begins it; end of an unknown name has no time. fmt NULL: no text. */
void gp_term_begin(struct gp_term *t, const char *phase, const char *fmt, ...) GP_PRINTF(3, 4);
void gp_term_update(struct gp_term *t, const char *phase, const char *fmt, ...) GP_PRINTF(3, 4);
void gp_term_end(struct gp_term *t, const char *phase, enum gp_term_mark m, const char *fmt, ...)
	GP_PRINTF(4, 5);
/* Redraws the live line's clock, and what came too soon after the last drawing; call from a timer,
 * ten times a second when gp_term_live. */
void gp_term_tick(struct gp_term *t);

/* Permanent lines on stderr. say: not when quiet; detail: only when verbose. What a
 * person may copy (a command) goes through quote, which breaks nothing. */
void gp_term_say(struct gp_term *t, const char *fmt, ...) GP_PRINTF(2, 3);
void gp_term_detail(struct gp_term *t, const char *fmt, ...) GP_PRINTF(2, 3);
void gp_term_warn(struct gp_term *t, const char *fmt, ...) GP_PRINTF(2, 3);
/* "error: <message>" and, when there is one, "hint: <hint>", from base.h. */
void gp_term_error(struct gp_term *t);
/* Several lines of foreign text, indented and visible, on stderr; not when quiet. */
void gp_term_quote(struct gp_term *t, struct gp_slice text);
/* Raw output of a running child, in any pieces, as quoted lines; only when verbose. */
void gp_term_stream(struct gp_term *t, struct gp_slice bytes);

/* The result: a line on stdout; nothing when json (there the last event says it). */
void gp_term_result(struct gp_term *t, const char *fmt, ...) GP_PRINTF(2, 3);
/* Text of ours on stdout as it is (help, tables, the id of a tree), not in json. */
void gp_term_text(struct gp_term *t, struct gp_slice text);
/* One --json object: "schema" (1) and "event" are put first, then the members of o, which may be
 * NULL and is consumed. Nothing is written without json. */
void gp_term_event(struct gp_term *t, const char *event, struct cJSON *o);

/* errno of the first write to stdout that failed, or 0: the exit status must tell. */
int gp_term_out_error(const struct gp_term *t);

bool gp_term_verbose(const struct gp_term *t);
bool gp_term_json(const struct gp_term *t);
bool gp_term_live(const struct gp_term *t); /* stderr is a terminal */
/* Columns of the terminal that stdout is; 0: it is none. */
size_t gp_term_out_width(const struct gp_term *t);

#endif
