/*
 * marks.h - lines that begin with a tick or a cross, and the suites above them. Inside lib/trial.
 */
#ifndef GP_MARKS_H
#define GP_MARKS_H

#include "lib/trial/read.h"

/* What the sign at the front of s says, or -1; s goes on behind it. "- " counts as skipped. */
int gp_mark(struct gp_slice *s);
/* Without a duration at the end: "name (1.2ms)", "name (3 s)", and with bare also "name 12ms". */
struct gp_slice gp_untimed(struct gp_slice s, bool bare);
/* The state of a failed JavaScript test by its message: native exceptions are no assertions. */
enum gp_test_state gp_js_state(const struct gp_test *t);

#define GP_NEST 20

/* Open suites by the column they stand at. */
struct gp_nest {
	struct {
		size_t indent;
		struct gp_slice name;
	} v[GP_NEST];
	size_t n;
};
/* A suite at that column closes those at it or right of it. */
void gp_nest_open(struct gp_nest *n, size_t indent, struct gp_slice name);
/* The suites left of the column, "a > b". */
void gp_nest_path(struct gp_buf *out, const struct gp_nest *n, size_t indent);

#endif
