/*
 * report.h - what a test runner printed or wrote, read into results by test id. Pure.
 *
 * Read: TAP 12 to 14 with subtests, JUnit XML, node's spec reporter, unittest and pytest text, go,
 * cargo, automake and ctest lines, bats. When several runners printed (make check over two
 * languages) the results are joined.
 */
#ifndef GP_REPORT_H
#define GP_REPORT_H

#include "lib/base/buf.h"

enum gp_test_state { GP_TEST_PASS, GP_TEST_FAIL, GP_TEST_ERROR, GP_TEST_SKIP, GP_TEST_TODO };

/* FAIL: an assertion did not hold. ERROR: the test, its fixture or its module could not run. */
struct gp_test {
	char *id; /* stable over runs: "file > suite > name" as far as the runner tells */
	enum gp_test_state state;
	char *message; /* first lines of why; NULL when passed */
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
	long passed, failed, errors, skipped; /* totals; of v, or as printed */
	bool bailed;                          /* TAP "Bail out!", an interrupted run */
	bool incomplete;                      /* fewer tests than planned, or XML that breaks off */
};
void gp_report_clear(struct gp_report *r);

/* Reads the combined output of a run. 0, or GP_LIMIT (over 200,000 tests). Never fails on garbage:
 * that is GP_REPORT_NONE. */
int gp_report_read(struct gp_report *out, struct gp_slice output);
/* Adds one JUnit XML file. 0, GP_LIMIT, GP_INVALID (no JUnit; entity declarations are refused). */
int gp_report_junit(struct gp_report *out, struct gp_slice xml);
/* The test of that id, or NULL. */
const struct gp_test *gp_report_find(const struct gp_report *r, const char *id);

#endif
