/*
 * strong.h - inside lib/preview: how strong the test is, between a suite that holds and the end.
 *
 * Measuring begins when green is known, beside the suite. Once the suite holds, what is left of it
 * is waited for; then the model may be asked for a sharper test, once. What was proven by then is
 * set aside and taken up again, whatever comes of that: a proof is never lost to a better one.
 */
#ifndef GP_PREVIEW_STRONG_H
#define GP_PREVIEW_STRONG_H

#include "lib/preview/run.h"

/* Green is known: begins to measure, when the settings say so. */
void gp_strong_start(struct gp_preview *p);
/* The suite holds: gp_judged_proven follows, at once or from the loop, or a request to the model.
 */
void gp_strong_settle(struct gp_preview *p);
/* The same at a deadline: what is known by now has to do. */
void gp_strong_cut(struct gp_preview *p);
/* The proposal is of no use: ends what is under way. */
void gp_strong_drop(struct gp_preview *p);
/* Whether weak is not good enough (preview.strength = require). */
bool gp_strong_required(const struct gp_preview *p);
/* Whether the assertion of a test that was red by a missing name was seen to fail. */
bool gp_strong_asserts(struct gp_preview *p);
/* Whether the implementation adds the name that was missing. Reads the tree before it. */
bool gp_strong_adds(struct gp_preview *p, const char *symbol);
/* Adds what was found, as words for people: to weak where it makes the outcome so. */
void gp_strong_weigh(struct gp_preview *p);
/* "2 of 3 hunks noticed", or why it was not measured. */
void gp_strong_words(struct gp_buf *out, const struct gp_preview *p);
/* The record's member; the caller's. */
struct cJSON *gp_strong_record(struct gp_preview *p);

/* sharp.c */
/* Asks for a sharper test, when the settings say so and it was not done before; false: not asked.
 */
bool gp_sharp_ask(struct gp_preview *p);
/* Whether the model answered that request without a call: the earlier proof is then taken up. To be
 * asked before each turn. */
bool gp_sharp_stalls(struct gp_preview *p);
/* Lays the new test, not yet p->test, under the implementation there is; once it is red, green
 * follows by itself. As gp_repo_tree. */
int gp_sharp_lay(struct gp_preview *p, const struct gp_state *test);
/* Takes the earlier proof up again, when there is one: the run is then proven, and over. */
bool gp_sharp_back(struct gp_preview *p);
/* All is proven again: false when the earlier proof is better, and was taken up. */
bool gp_sharp_done(struct gp_preview *p);
void gp_sharp_clear(struct gp_preview *p);

#endif
