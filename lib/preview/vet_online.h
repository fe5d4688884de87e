/*
 * vet_online.h - what registries and OSV know of new dependencies, where the user file allows to
 * ask.
 *
 * Sent are names and versions of what the push adds, nothing else. All is asked at once, within
 * one deadline; what is not answered by then, or not with sense, is a finding that says so. Answers
 * are kept in a file of our folder for vet.online-hours.
 */
#ifndef GP_PREVIEW_VET_ONLINE_H
#define GP_PREVIEW_VET_ONLINE_H

#include "lib/preview/vet.h"
#include "lib/vet/online.h"

/* Appends to out (commit and print stay NULL): dep-absent, dep-young, dep-advisory, which block
 * when blocks is set; dep-rare, dep-unchecked, which never do. 0; GP_INVALID (vet.registries),
 * GP_NOTFOUND (no libcurl), GP_STOPPED, GP_FAILED. */
int gp_vet_online(struct gp_findings *out, const struct gp_vet_options *o,
                  const struct gp_dep_questions *q, bool blocks);

#endif
