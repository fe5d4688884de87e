/*
 * findings_in.h - inside lib/trial: lines as findings.c hands them to its rules.
 */
#ifndef GP_FINDINGS_IN_H
#define GP_FINDINGS_IN_H

#include "lib/trial/findings.h"

#define GP_VIEW_MAX 1000 /* bytes of a line that are looked at */

/* A line of a changed file. */
struct gp_seen_line {
	struct gp_slice raw;
	struct gp_slice view; /* without blanks but those between words, all quotes as '"' */
	long number;
	bool added, comment;
};

struct gp_seen_file {
	const char *path;
	const char *ext;  /* "py"; "" */
	bool test, fresh; /* fresh: the base does not have it */
	struct gp_seen_line *v;
	size_t n;
	struct gp_buf after, before, views; /* what the lines point into */
};

/* Adds a finding of that line; kind is a row of the table of kinds. */
void gp_trial_finding_add(struct gp_trial_findings *out, const struct gp_seen_file *f, size_t line,
                          const char *kind);

/* Whether pattern stands in a view: not within a longer word, nor, when it is a call, as a member
 * of something. Returns where, or NULL. */
const char *gp_view_find(struct gp_slice view, const char *pattern);
/* Whether ext is one of the words of list; NULL: any. */
bool gp_ext_in(const char *ext, const char *list);

/* findings_rules.c: what a line says by itself or with the next */
void gp_rules_read(struct gp_trial_findings *out, const struct gp_seen_file *f,
                   struct gp_slice request);
/* findings_constant.c: assertions about nothing */
void gp_constants_read(struct gp_trial_findings *out, const struct gp_seen_file *f);
/* findings_mirror.c: literals of the tests that the code repeats */
void gp_mirror_read(struct gp_trial_findings *out, const struct gp_seen_file *files, size_t n,
                    struct gp_slice request);

#endif
