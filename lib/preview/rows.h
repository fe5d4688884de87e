/*
 * rows.h - inside lib/preview: what a preview claims beside what was found. Pure.
 */
#ifndef GP_PREVIEW_ROWS_H
#define GP_PREVIEW_ROWS_H

#include "lib/preview/claim.h"
#include "lib/preview/proof.h"
#include "lib/preview/signature.h"
#include "lib/trial/strength.h"

enum gp_row_state {
	GP_ROW_SAME,    /* claimed, and found so */
	GP_ROW_DIFFERS, /* claimed, and found otherwise */
	GP_ROW_FAILS,   /* the proof itself does not hold */
	GP_ROW_SAID,    /* worth knowing; decides nothing */
};
/* "same", "differs", "fails", "note". */
const char *gp_row_word(enum gp_row_state s);

struct gp_row {
	const char *what; /* static: "red" */
	enum gp_row_state state;
	struct gp_buf claimed, found;
};

/* One row a thing that is compared, in order. */
struct gp_table {
	struct gp_row v[24];
	size_t n;
};
void gp_table_clear(struct gp_table *t);
/* No row differs or fails. */
bool gp_table_holds(const struct gp_table *t);
/* A new row; a table that is full gives its last one again. fmt is what was found. */
struct gp_row *gp_table_add(struct gp_table *t, const char *what, enum gp_row_state s,
                            const char *claimed, const char *fmt, ...) GP_PRINTF(5, 6);

/* Where the base that was claimed lies. */
enum gp_base_state { GP_BASE_SAME, GP_BASE_BEHIND, GP_BASE_UNKNOWN, GP_BASE_ELSEWHERE };

/* What was run. */
struct gp_found {
	enum gp_base_state base;
	struct gp_proof_runs runs; /* suite NULL: green did not come so far; green NULL: nor red */
	bool red_flaky, green_flaky;
	size_t greens;                      /* runs of it that agree */
	const char *suite_command;          /* of the project */
	const struct gp_strength *strength; /* NULL: not measured again */
	struct gp_signature signature;      /* of the record; its owner's to clear */
	const struct gp_list *touched;      /* tests that the implementation changes after red */
};
/* Whether a trailer says how strong the test is, so that it is worth measuring again. */
bool gp_claims_strength(const struct gp_claim *c);
/* Adds a row for each run whose tests the record lists otherwise; it must be of these very files.
 */
void gp_rows_tests(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f);
/* Fills the table. */
void gp_rows_compare(struct gp_table *out, const struct gp_claim *c, const struct gp_found *f);

/* As the trailer has it: "assertion, low confidence (make check)", "8 passed, 0 failed, 1 skipped
 * (make check)"; command NULL: without. */
void gp_verdict_text(struct gp_buf *out, const struct gp_judgement *j, const char *command);
void gp_totals_text(struct gp_buf *out, const struct gp_report *r, const char *command);

#endif
