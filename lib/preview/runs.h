/*
 * runs.h - inside lib/preview: what the runs of git preview-test came to, and how it is told.
 */
#ifndef GP_PREVIEW_RUNS_H
#define GP_PREVIEW_RUNS_H

#include "lib/preview/suite.h"
#include "lib/trial/trial.h"

struct gp_one_run {
	enum gp_verdict verdict;
	int exit;
	long ms;
};

/* All runs of one tree and command. */
struct gp_runs {
	struct gp_one_run *v; /* in order */
	size_t n;
	struct gp_trial_result first, other; /* other: of the first run that disagrees with it */
	struct gp_list differ;               /* tests that do not come to the same in every run */
	bool disagree;
};
void gp_runs_clear(struct gp_runs *r);

/* Takes the result of one more run over (it is zeroed) and compares it with the first. */
void gp_runs_add(struct gp_runs *r, struct gp_trial_result *result);
/* The result that speaks for all: the first; if runs disagree, one that did not pass, judged
 * GP_VERDICT_FLAKY; infrastructure and deadlines before both. */
struct gp_trial_result *gp_runs_result(struct gp_runs *r);
/* Says it on term, in JSON too; the exit status that goes with it. */
enum gp_status gp_runs_tell(struct gp_runs *r, struct gp_term *t);
/* Whether path can become a JUnit file: in a folder we may write to, in nobody's way but an older
 * file's. 0 or GP_FAILED. */
int gp_runs_junit_check(const char *path);
/* Writes what gp_runs_tell says as JUnit XML, in one step. 0, GP_LIMIT, GP_FAILED. */
int gp_runs_junit(struct gp_runs *r, const char *path);

#endif
