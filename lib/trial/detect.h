/*
 * detect.h - how this project runs its tests, found from its tree.
 *
 * Order: settings > manifest > layout; where several fit, the one that CI files call. Everything is
 * read from the base tree, nothing is run.
 */
#ifndef GP_DETECT_H
#define GP_DETECT_H

#include "lib/base/changes.h"
#include "lib/base/conf.h"
#include "lib/repo/repo.h"

/* Which files are tests, by the patterns of this project (or the usual ones). */
struct gp_test_paths {
	struct gp_list globs; /* of [test] paths, as glob.h reads them; empty: the usual names */
};
/* Whether path is a test or helps one: given globs take the place of the usual names, which are
 * folders such as test/, spec/ and __tests__/ at any depth and names such as x_test.go. Snapshots
 * (of Jest, insta, syrupy, ApprovalTests, Verify) are tests in any case. */
bool gp_is_test_path(const struct gp_test_paths *t, const char *path);
/* Whether a test patch may touch it to register a test: Makefile, CMakeLists.txt, meson.build, ...
 */
bool gp_is_test_registry(const char *path);
void gp_test_paths_clear(struct gp_test_paths *t);

struct gp_project {
	char *runner;     /* "node", "unittest", "make", "go", ... */
	char *suite;      /* command of the whole suite */
	char *suite_from; /* where that was found: "package.json scripts.test", "[test] command" */
	char *only;       /* command of some tests, "{files}" where they go; NULL: the suite */
	char *only_from;
	char *setup; /* NULL: none needed */
	char *setup_from;
	char *report;         /* "auto", "tap", "exit", "junit:<glob>" */
	struct gp_list locks; /* lock and manifest files whose bytes the setup depends on */
	struct gp_test_paths paths;
};
void gp_project_clear(struct gp_project *p);

/* Finds the project's ways in a tree; settings win. 0; GP_NOTFOUND: no test command could be found
 * (message and hint say what was looked for); GP_FAILED. */
int gp_detect(struct gp_project *out, struct gp_repo *r, const struct gp_oid *tree,
              const struct gp_conf *c);

/* The command that runs just the test files among changes (each shell-quoted, in path order); the
 * suite when the project has no such way or no file qualifies. */
int gp_project_only(struct gp_buf *out, const struct gp_project *p,
                    const struct gp_changes *changes);

/* Key of the setup step: hash of command, sandbox identity and blobs: those of the lock files, of
 * the files the command names, and of the usual lock files in the top folder and those it names; ""
 * without setup.
 */
int gp_project_setup_key(struct gp_buf *out, const struct gp_project *p, struct gp_repo *r,
                         const struct gp_oid *tree, const char *identity);

#endif
