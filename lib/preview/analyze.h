/*
 * analyze.h - static analysis of a preview before it is pushed: what is new against its base.
 */
#ifndef GP_PREVIEW_ANALYZE_H
#define GP_PREVIEW_ANALYZE_H

#include "lib/preview/vet.h"

/* Runs the analyzers that vet.analyzers asks for in the sandbox, once on the files as they were in
 * base and once as they are in tip (both commits), and appends to out->findings those that are new
 * and not allowed. Without analyzers, or with vet.analysis off, nothing is run. 0; GP_NOTFOUND (no
 * sandbox); GP_REFUSED: an analyzer failed, ran out of time, or said what cannot be read, so
 * nothing is known; GP_STOPPED; GP_FAILED. */
int gp_analyze(struct gp_vetted *out, const struct gp_vet_options *o, const struct gp_oid *base,
               const struct gp_oid *tip);

#endif
