/*
 * proven.h - inside lib/preview: which previews were proven in this very repository.
 *
 * A record that travels is a claim: whoever pushes could have written it. What our own runs found
 * is kept in a file of our folder instead, which no fetch, clone or push carries: who can write
 * there can also take the hook away. A line stands for what was run and what is claimed of it: the
 * trees of base, test and whole, the trailers and the record. Another word in any of them is
 * another line, so nothing is taken for proven that was not.
 */
#ifndef GP_PREVIEW_PROVEN_H
#define GP_PREVIEW_PROVEN_H

#include "lib/preview/claim.h"

/* Whether the preview was proven here as it is. False also when nothing can be read. */
bool gp_proven_has(struct gp_repo *r, const struct gp_claim *c);
/* Keeps that it was. Failure is worth no message: it will be proven again. */
void gp_proven_add(struct gp_repo *r, const struct gp_claim *c);
/* The same for the preview whose last commit this is. */
void gp_proven_add_tip(struct gp_repo *r, const struct gp_oid *tip);

#endif
