/*
 * prove_in.h - inside lib/preview: what the files of --prove share.
 */
#ifndef GP_PREVIEW_PROVE_IN_H
#define GP_PREVIEW_PROVE_IN_H

#include "lib/preview/rows.h"
#include "lib/preview/prove.h"

struct gp_runs;

struct gp_prover {
	const struct gp_prove_options *o;
	struct gp_loop *loop;
	struct gp_runs *into; /* where the run under way belongs */
	bool late;            /* the deadline has passed */
};

/* Where the base that a trailer names lies, seen from the commit below the preview. */
enum gp_base_state gp_prove_base(struct gp_repo *r, const struct gp_claim *c);
/* Tells one preview's table on stdout, with json as the event "proof". aside: on stderr what is not
 * as claimed, and nothing else. */
void gp_prove_tell(struct gp_term *t, const struct gp_claim *c, const struct gp_table *table,
                   bool aside);

#endif
