/*
 * vet_deps.h - what a push adds to what others provide: dependencies, from trees to findings.
 */
#ifndef GP_PREVIEW_VET_DEPS_H
#define GP_PREVIEW_VET_DEPS_H

#include "lib/preview/vet.h"

/* Compares the dependency files of two commits and appends what is new and not allowed to
 * out->findings. The request is the one in tip's record here, never what a commit says. Outside of
 * a preview all only warns. Nothing is done without a base, with vet.dependencies off, or when no
 * file of that kind changed. 0; GP_NOTFOUND (popular.tsv or libyaml is missing), GP_STOPPED,
 * GP_FAILED: then nothing is known. */
int gp_vet_dependencies(struct gp_vetted *out, const struct gp_vet_options *o,
                        const struct gp_oid *base, const struct gp_oid *tip);

#endif
