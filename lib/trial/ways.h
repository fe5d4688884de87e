/*
 * ways.h - how a tree runs its tests, from its paths and a few of its files. Inside lib/trial.
 *
 * Pure but for the reader. Commands are for sh in the top folder of the tree.
 */
#ifndef GP_WAYS_H
#define GP_WAYS_H

#include "lib/trial/detect.h"

#define GP_WAYS_FILE ((size_t)1 << 20) /* larger manifests are not read */

struct gp_view {
	struct gp_list roots; /* files of the top folder, by name */
	struct gp_list tops;  /* folders of the top folder */
	struct gp_list ci;    /* files that say what the project's CI does */
	struct gp_list tests; /* paths that look like tests, and package marks beside them */
	/* Appends a file. 0 or a code: then it counts as empty. */
	int (*read)(void *ctx, struct gp_buf *out, const char *path);
	void *ctx;
};
void gp_view_clear(struct gp_view *v);
/* Remembers a path of the tree if it can tell anything; callers pass every path. */
void gp_view_add(struct gp_view *v, const char *path);

/* Whether the top folder has that file. */
bool gp_view_has(const struct gp_view *v, const char *name);
/* Whether the file of the top folder holds the text (in small letters), in whatever case. */
bool gp_view_says(const struct gp_view *v, const char *name, const char *text);
/* The file's text; empty when it is not there or too large. */
void gp_view_read(struct gp_buf *out, const struct gp_view *v, const char *path);
/* The first test path whose name ends so, or NULL. */
const char *gp_view_test(const struct gp_view *v, const char *suffix);

/* Sets a field of the project from a format; replaces what was there. */
void gp_way(char **field, const char *fmt, ...) GP_PRINTF(2, 3);
/* Sets suite, only and setup (each may be NULL) with the file they were found in. */
void gp_ways(struct gp_project *p, const char *runner, const char *from, const char *suite,
             const char *only, const char *setup);

/* Fills suite, only, setup, report and locks of *out, by manifest and layout; where several ways
 * fit, the one that the project's CI calls. 0, or GP_NOTFOUND with what was looked for.
 */
int gp_ways_find(struct gp_project *out, const struct gp_view *v);

/* Whether a path is one of a CI's usual files. */
bool gp_ways_is_ci(const char *path);
/* Appends the text of those files. */
void gp_ways_ci(struct gp_buf *out, const struct gp_view *v);
/* Whether a line there calls the project's runner; a line that installs it or that has a comment
 * does not count. */
bool gp_ways_ci_calls(struct gp_slice ci, const struct gp_project *p);
/* Makes a command of a runner we know name every test, or say why one failed, by an option that
 * does not change what runs: "pytest tests" is "pytest tests -v". Only a plain command that calls
 * the runner itself is touched, never a script. Returns the option (static), or NULL: left alone.
 */
const char *gp_ways_names(char **command);

/* The ecosystems: each fills *p and says whether it is one of its projects. */
bool gp_ways_node(struct gp_project *p, const struct gp_view *v);
bool gp_ways_python(struct gp_project *p, const struct gp_view *v);
bool gp_ways_python_files(struct gp_project *p, const struct gp_view *v);
bool gp_ways_make(struct gp_project *p, const struct gp_view *v);
bool gp_ways_scripts(struct gp_project *p, const struct gp_view *v);

#endif
