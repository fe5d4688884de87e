/*
 * suite.h - what git preview-test does: one revision's tests, in the sandbox.
 */
#ifndef GP_SUITE_H
#define GP_SUITE_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

struct gp_suite_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	const char *rev;     /* NULL: HEAD */
	const char *command; /* NULL: the project's own */
	long repeat;       /* runs that must agree, none of them from the cache; 0 and 1: one run */
	const char *junit; /* file that gets the results as JUnit XML; NULL: none */
	bool worktree;     /* the work tree as it is, in place of rev */
	bool new_tests;    /* only the test files changed since the first parent, or since HEAD */
	bool no_cache;
	bool bisect;   /* for git bisect run: what tells neither good nor bad is GP_STATUS_SKIP */
	bool deadline; /* the shell has one, too: test.timeout */
};

/* Runs and reports to term: the verdict on stdout, failing tests and their messages on stderr.
 * GP_STATUS_OK (pass), GP_STATUS_NO (tests fail, or none ran), GP_STATUS_FLAKY (runs disagree),
 * GP_STATUS_SANDBOX (infrastructure or deadline: nothing is known), GP_STATUS_FATAL,
 * GP_STATUS_STOPPED. With bisect GP_STATUS_SKIP takes the place of FLAKY and SANDBOX, and stands
 * for a revision in which no test ran or no test command could be found. */
enum gp_status gp_suite_run(const struct gp_suite_options *o);
/* --shell: joins the user's terminal to a shell (or command) in the sandbox, on the tree and with
 * the setup that a run would have; what it changes is thrown away. The exit status of the shell,
 * 128 and a signal's number when one ended it; GP_STATUS_SANDBOX when the sandbox, the setup, a
 * limit or the deadline did; GP_STATUS_FATAL (no terminal), GP_STATUS_STOPPED. */
int gp_suite_shell(const struct gp_suite_options *o);
/* --sandbox-status: probes every kind afresh and tells what works, what it isolates and limits, and
 * which one a run would use. GP_STATUS_OK, GP_STATUS_SANDBOX (the kind asked for does not work),
 * GP_STATUS_STOPPED. */
enum gp_status gp_suite_sandboxes(const struct gp_suite_options *o);

#endif
