/*
 * sarif.h - what static analysis says: SARIF 2.1.0 (OASIS) or lines as compilers write them, made
 * findings, and those that are new. Pure.
 */
#ifndef GP_VET_SARIF_H
#define GP_VET_SARIF_H

#include "lib/vet/findings.h"

/* Appends what an analyzer's output says: kind "analysis", rule the ruleId (or what stands in
 * brackets at a line's end), what the message, path relative to the project ("/work/" and "./" are
 * cut off), shown the level. Results that are suppressed, of level "none", or that pass
 * (kind other than "fail") are left out. Text that begins with '{' is SARIF, with '[' the JSON
 * of ESLint; else each line
 * "<path>:<line>:[<column>:] [error|warning|note|...:] <message>" counts and others do not. blocks
 * goes to those of level error and warning. 0; GP_INVALID: it began as JSON and is none of these;
 * GP_LIMIT: more than ten thousand findings. */
int gp_sarif_read(struct gp_findings *out, struct gp_slice text, bool blocks);

/* Appends those of after that before has not: findings are the same when rule, path and message
 * are; lines move. Twice as many of one are half new. */
void gp_findings_new(struct gp_findings *out, const struct gp_findings *before,
                     const struct gp_findings *after);

#endif
