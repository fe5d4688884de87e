/*
 * flaky.h - old tests that passed on the base and do not pass with the change: run again on both
 * sides, a test that does not come to the same each time on one of them is not blamed. Pure.
 *
 * A test that failed on the base once is flaky whatever the change does. One that came and went
 * with the change alone is not blamed either, but may have become so by it.
 */
#ifndef GP_FLAKY_H
#define GP_FLAKY_H

#include "lib/trial/report.h"

struct cJSON;

struct gp_flaky_test {
	char *id;             /* or what stands for tests that the runner does not name */
	size_t before, after; /* runs on the base, with the change; the first of each counts */
	size_t bad_before, bad_after; /* of them, those in which it did not pass */
};
struct gp_flaky {
	struct gp_flaky_test *v;
	size_t n;
};
void gp_flaky_clear(struct gp_flaky *f);

/* Takes up a test that was lost (gp_suite_holds); one it has is left alone. */
void gp_flaky_doubt(struct gp_flaky *f, const struct gp_list *lost);
/* Counts one more run of the suite, on the base or with the change; first: the suite on the base as
 * it was compared with. */
void gp_flaky_count(struct gp_flaky *f, bool on_base, const struct gp_report *first,
                    const struct gp_report *again);
/* Whether more runs could tell more: some test was not yet seen to fail on the base. */
bool gp_flaky_open(const struct gp_flaky *f);
/* Whether a test is not to be blamed. */
bool gp_flaky_is(const struct gp_flaky *f, const char *id);
/* Takes those that are not to be blamed off a list. f may be NULL. */
void gp_flaky_spare(struct gp_list *lost, const struct gp_flaky *f);
/* Adds a sentence a test: to loose where the base shows that it is flaky, else to weak. */
void gp_flaky_tell(struct gp_list *loose, struct gp_list *weak, const struct gp_flaky *f);
/* How many are not to be blamed. */
size_t gp_flaky_n(const struct gp_flaky *f);
/* Those as an array of objects: id, base_runs, base_failed, runs, failed. The caller's. */
struct cJSON *gp_flaky_json(const struct gp_flaky *f);

#endif
