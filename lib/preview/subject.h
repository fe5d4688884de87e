/*
 * subject.h - inside lib/preview: which tree git preview-test is about, and how it is tested.
 */
#ifndef GP_PREVIEW_SUBJECT_H
#define GP_PREVIEW_SUBJECT_H

#include "lib/preview/suite.h"
#include "lib/trial/detect.h"

/* What is tested, and what it is compared with to see which tests are new. */
struct gp_subject {
	struct gp_oid tree, before; /* before "": nothing was there */
};

/* The revision asked for, or the work tree; before is looked for with new_tests only. Codes as
 * gp_repo_resolve and gp_repo_worktree_tree. */
int gp_subject_find(struct gp_subject *out, const struct gp_suite_options *o);
/* Its project; a command given takes the place of the suite (command NULL: o's), and then none
 * need be found. Codes as gp_detect. */
int gp_subject_project(struct gp_project *out, const struct gp_suite_options *o,
                       const struct gp_oid *tree, const char *command);

/* Shows what a setup prints: all of it when verbose, else its last line as progress of the phase.
 */
void gp_subject_setup(struct gp_term *t, const char *phase, struct gp_slice bytes);

#endif
