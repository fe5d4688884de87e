/*
 * verdict.h - what a run means: classified from results and output, never from an exit code alone.
 *
 * Order: deadline, surroundings (signals from outside, memory, disk, a command that is not there),
 * then tests. A pass needs status 0, a test that passed and none that failed, whatever was printed:
 * status 0 beside a failure is still a failure, another status beside nothing but passes is broken.
 * Among failing tests one assertion makes the run `assertion`; else a missing name makes it
 * `missing`, wherever it was raised; else an exception inside a test is `assertion` too, and what
 * could not be loaded or set up is `broken`. A syntax error in a file under test, or a name that
 * only the test can define (a forgotten import), is `broken` before all of these. A crash of the
 * program (SIGSEGV, abort without an assertion's words) is `broken`, not infra.
 *
 * Without a report (kind NONE) confidence is low: status 0 with some output is a pass, unless the
 * output says that nothing was to be tested; without output it is none. A project whose format is
 * "exit" ([test] report = exit) passes by its status alone: the caller sets report->format so.
 */
#ifndef GP_VERDICT_H
#define GP_VERDICT_H

#include "lib/base/changes.h"
#include "lib/trial/report.h"

enum gp_verdict {
	GP_VERDICT_PASS,      /* at least one test ran, none failed */
	GP_VERDICT_ASSERTION, /* a test ran and failed: a valid red */
	GP_VERDICT_MISSING, /* build, import or attribute error about a name that does not exist yet
	                     */
	GP_VERDICT_BROKEN,  /* any other build or collection error */
	GP_VERDICT_NONE,    /* no test ran: never red, never green */
	GP_VERDICT_TIMEOUT, /* the deadline */
	GP_VERDICT_INFRA, /* tool missing, signal, out of memory or disk: never the model's fault */
	GP_VERDICT_FLAKY, /* repetitions disagree */
};
/* The word of the table, "assertion". */
const char *gp_verdict_word(enum gp_verdict v);

/* What is known of a run, all borrowed. */
struct gp_evidence {
	int exit, signal;
	bool timed_out, truncated;
	const char *infra; /* NULL, or what stopped it */
	struct gp_slice output;
	const struct gp_report *report;
};

struct gp_judgement {
	enum gp_verdict verdict;
	bool low_confidence;  /* exit status alone, or totals without ids */
	char symbol[128];     /* MISSING: the name; else "" */
	struct gp_buf reason; /* one sentence for people and the model */
	struct gp_buf lines;  /* the lines of output that show it, at most 60 */
};
void gp_judgement_clear(struct gp_judgement *j);

/* Judges one run. files: the files under test (the test patch), so that a syntax error in the test
 * itself is told from a missing name in the code; may be NULL. Always answers. */
void gp_judge(struct gp_judgement *out, const struct gp_evidence *e,
              const struct gp_changes *files);

/* Compares a suite with its baseline. Each id that passed in before and now fails, or is gone,
 * skipped or unseen, is added to failed or vanished; totals are compared when ids are missing. New
 * tests are not looked at. Returns whether nothing was lost. */
bool gp_suite_holds(struct gp_list *failed, struct gp_list *vanished,
                    const struct gp_report *before, const struct gp_report *after);
/* Adds the tests that fail in after and did not fail in before (NULL: any that fail). */
void gp_suite_fresh(struct gp_list *out, const struct gp_report *before,
                    const struct gp_report *after);
/* Adds the tests that are bad in red, not bad in before (NULL: any), and do not pass in after;
 * those that after does not have are left out when gone says so, since a file that could not be
 * loaded has another name than its tests. Where after gives totals only, they must have grown by as
 * many. */
void gp_suite_reds(struct gp_list *lost, const struct gp_report *red,
                   const struct gp_report *before, const struct gp_report *after, bool gone);
/* Whether a test passes in after that was not in before: by ids, else by totals. */
bool gp_suite_grew(const struct gp_report *before, const struct gp_report *after);

/* Whether two runs of the same tests came to the same: no test in another state, no other totals.
 * The ids that differ are added, once per call; where only the totals do and nothing has a name,
 * none. */
bool gp_reports_agree(struct gp_list *differ, const struct gp_report *a, const struct gp_report *b);

#endif
