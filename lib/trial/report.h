/*
 * report.h - what a test runner printed or wrote, read into results by test id. Pure.
 *
 * Read: TAP 12 to 14 with subtests, JUnit XML, prove, node's spec reporter, mocha, jest, vitest,
 * unittest and pytest text, go, cargo, automake, ctest and meson lines, bats, googletest and
 * cmocka; RSpec in its documentation form; totals of RSpec, PHPUnit, Surefire, mix, dotnet, Gradle,
 * Check, Unity and Catch2. When several runners printed (make check over two languages) the results
 * are joined.
 *
 * Ids hold no durations, line numbers, /work/ or names of temporary folders. A second test of the
 * same id is called "<id> #2". A suite is not a test, unless it failed with no test of it failing.
 */
#ifndef GP_REPORT_H
#define GP_REPORT_H

#include "lib/base/buf.h"

enum gp_test_state { GP_TEST_PASS, GP_TEST_FAIL, GP_TEST_ERROR, GP_TEST_SKIP, GP_TEST_TODO };

/* FAIL: an assertion did not hold. ERROR: the test, its fixture or its module could not run. */
struct gp_test {
	char *id; /* stable over runs: "file > suite > name" as far as the runner tells */
	enum gp_test_state state;
	char *message; /* first lines of why; NULL when passed or not told */
	bool collect;  /* with ERROR: a file, module, fixture or build, of which no test ran */
};

enum gp_report_kind {
	GP_REPORT_NONE = 0, /* nothing recognised: exit status alone, low confidence */
	GP_REPORT_COUNTS,   /* totals or failing ids only: passing tests have no ids */
	GP_REPORT_TESTS,    /* every test has an id */
};

struct gp_report {
	enum gp_report_kind kind;
	const char *format; /* "tap", "junit", "unittest", ...; static */
	struct gp_test *v;
	size_t n, cap;
	long passed, failed, errors, skipped; /* totals; of v, or as printed; todo is skipped */
	bool bailed;                          /* TAP "Bail out!", an interrupted run */
	bool incomplete;                      /* fewer tests than planned, or XML that breaks off */
};
void gp_report_clear(struct gp_report *r);

/* Reads the combined output of a run into a zeroed report. 0, or GP_LIMIT (over 200,000 tests; the
 * first of them are kept). Never fails on garbage: that is GP_REPORT_NONE. */
int gp_report_read(struct gp_report *out, struct gp_slice output);
/* Adds one JUnit XML file (give it a report that holds nothing but such files: the same tests have
 * other ids in the output). 0; GP_LIMIT (64 MiB, 200,000 tests, 64 levels); GP_INVALID (no JUnit;
 * a DOCTYPE is refused, so that no entity can be declared); out is unchanged then. XML that breaks
 * off keeps what was read and sets incomplete. A wrong or unknown encoding and control characters,
 * which some reporters write, are put up with. */
int gp_report_junit(struct gp_report *out, struct gp_slice xml);
/* The run a report is of. */
struct gp_junit_run {
	const char *name; /* the command */
	long ms;
	const char *verdict; /* NULL: it passed */
	struct gp_slice reason;
};
/* Appends the report as a JUnit XML file. Ids and messages may be any bytes: what XML cannot hold
 * is made visible. A run that did not pass although no test of it failed, or that has no ids, gets
 * a case of its own, so that a reader's view agrees with the verdict. 0 or GP_LIMIT (out is of no
 * use). */
int gp_report_write_junit(struct gp_buf *out, const struct gp_report *r,
                          const struct gp_junit_run *run);
/* The test of that id, or NULL. Looks at every test. */
const struct gp_test *gp_report_find(const struct gp_report *r, const char *id);

#endif
