/*
 * findings.h - added lines that make a proof worth less than it looks: skip marks, swallowed
 * assertions, code that asks whether it is being tested, answers copied from the test.
 *
 * What is said is a fact about a line, not about whoever wrote it. Only lines that a change adds
 * are looked at: what a file held before is never reported, wherever it stands afterwards. Lines
 * that are comments are passed over. It is a reading of text, line by line, in any language: it
 * finds what is written plainly and proves nothing by its silence.
 *
 * kind               in    what the line does
 * skip               test  leaves a test out, or expects it to fail
 * only               test  leaves all other tests out
 * swallowed          test  hides an assertion that does not hold
 * constant           test  asserts something about literals alone
 * no-assertion       test  a new file that asserts nothing
 * retry              test  runs a failing test again
 * sleep              both  waits for a time (not a cheat)
 * equality           both  makes every comparison true
 * runner-patched     both  replaces a part of the test framework
 * ends-run           code  ends the whole program, and the runner with it
 * test-detected      code  asks whether a test is running
 * special-case       code  compares with a literal of the test and answers with a literal
 * hard-coded         code  answers with a literal that the test expects
 */
#ifndef GP_FINDINGS_H
#define GP_FINDINGS_H

#include "lib/base/changes.h"

#define GP_FINDINGS_MAX 100 /* the rest is left out */

struct gp_trial_finding {
	const char *kind; /* of the table; static */
	const char *what; /* one clause for people; static */
	char *path;
	long line;  /* in the file as it is after the change, from 1 */
	char *text; /* of the line, printable, at most 160 bytes */
	bool cheat; /* keeps an outcome from being "proven" */
};

struct gp_trial_findings {
	struct gp_trial_finding *v;
	size_t n, cap;
};
void gp_trial_findings_clear(struct gp_trial_findings *f);

/* A proposal to be read, all borrowed. */
struct gp_trial_findings_input {
	const struct gp_changes *all;   /* every changed file, against the base */
	const struct gp_changes *tests; /* those of them that are the test */
	struct gp_slice request; /* literals and names that it holds are asked for, not copied */
	/* Appends a file of the base. 0, or any code when it has none. */
	int (*before)(void *ctx, struct gp_buf *out, const char *path);
	void *ctx;
};

/* Appends what it finds, by path and line. Time grows with the bytes of the changed files. */
void gp_trial_findings_read(struct gp_trial_findings *out,
                            const struct gp_trial_findings_input *in);

#endif
