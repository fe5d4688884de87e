/*
 * read.h - one reader per runner, each giving a part that report.c joins. Inside lib/trial.
 *
 * A reader leaves part->kind at GP_REPORT_NONE when the text is not its runner's. It gets text
 * without escape sequences and carriage returns. With GP_REPORT_COUNTS it fills the totals itself;
 * with GP_REPORT_TESTS they are counted afterwards.
 */
#ifndef GP_READ_H
#define GP_READ_H

#include "lib/trial/report.h"
#include "lib/trial/scan.h"

#define GP_REPORT_MAX 200000
#define GP_MESSAGE_MAX 2000
#define GP_ID_MAX 400

/* Where an id stands in a report, found in constant time. */
struct gp_ids {
	uint32_t *slot;
	size_t cap, n;
};
void gp_ids_clear(struct gp_ids *ids);
/* The place of id (cleaned already) in r, or -1. */
long gp_ids_find(const struct gp_ids *ids, const struct gp_report *r, const char *id);
/* Remembers that r->v[at] has its id. */
void gp_ids_put(struct gp_ids *ids, const struct gp_report *r, size_t at);

/* Appends a test; its id is made stable and printable: one line, no /work/, temporary folders as
 * "*", at most GP_ID_MAX bytes. Never NULL; valid until the next one is added. Past GP_REPORT_MAX
 * the last test is written over, and gp_report_read says GP_LIMIT. */
struct gp_test *gp_report_add(struct gp_report *r, enum gp_test_state state, struct gp_slice id);
/* The test of that id, added when it is not there yet; a worse state wins. */
struct gp_test *gp_report_set(struct gp_report *r, struct gp_ids *ids, enum gp_test_state state,
                              struct gp_slice id);
/* As gp_report_add with "<a> > <b>"; an empty a is left out. */
struct gp_test *gp_report_add_in(struct gp_report *r, enum gp_test_state state, struct gp_slice a,
                                 struct gp_slice b);
/* Adds a line to the message, up to GP_MESSAGE_MAX bytes in all. */
void gp_test_say(struct gp_test *t, struct gp_slice line);
/* Tests of that state; with collect false those that failed to load are left out. */
size_t gp_report_count(const struct gp_report *r, enum gp_test_state state, bool collect);

/* Puts "<prefix> > " before the ids of the tests from place at on. */
void gp_report_prefix(struct gp_report *r, size_t at, struct gp_slice prefix);
/* Moves the tests of part into out and adds its totals and flags. */
void gp_report_join(struct gp_report *out, struct gp_report *part, const char *format);
/* Numbers equal ids and counts; 0 or GP_LIMIT. */
int gp_report_finish(struct gp_report *r);
/* Appends output without escape sequences, carriage returns and the far end of long lines. */
void gp_report_plain(struct gp_buf *out, struct gp_slice output);

/* The readers. */
void gp_read_tap(struct gp_report *part, struct gp_slice text);
void gp_read_unittest(struct gp_report *part, struct gp_slice text);
void gp_read_pytest(struct gp_report *part, struct gp_slice text);
void gp_read_node(struct gp_report *part, struct gp_slice text);
void gp_read_bats(struct gp_report *part, struct gp_slice text);
void gp_read_mocha(struct gp_report *part, struct gp_slice text);
void gp_read_jest(struct gp_report *part, struct gp_slice text);
void gp_read_vitest(struct gp_report *part, struct gp_slice text);
void gp_read_go(struct gp_report *part, struct gp_slice text);
void gp_read_go_json(struct gp_report *part, struct gp_slice text);
void gp_read_cargo(struct gp_report *part, struct gp_slice text);
void gp_read_automake(struct gp_report *part, struct gp_slice text);
void gp_read_gtest(struct gp_report *part, struct gp_slice text);
void gp_read_meson(struct gp_report *part, struct gp_slice text);
void gp_read_totals(struct gp_report *part, struct gp_slice text);
/* Names every example where RSpec's documentation form was printed once and agrees with the totals
 * that part holds already, in all and by outcome; else part stays as it is. Ids are "<group> >
 * <example>". */
void gp_rspec_names(struct gp_report *part, struct gp_slice text, long total);
/* As the others, but takes what it has read out of the text. */
void gp_read_ctest(struct gp_report *part, struct gp_buf *text);

#endif
