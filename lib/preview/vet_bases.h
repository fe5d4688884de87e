/*
 * vet_bases.h - inside lib/preview: what a push stands on.
 *
 * A branch that was brought up to date by merging stands on more than one commit of what is there:
 * on where it began, and on what it merged. What any of them has is not new.
 */
#ifndef GP_PREVIEW_VET_BASES_H
#define GP_PREVIEW_VET_BASES_H

#include "lib/repo/repo.h"

/* The commits of a walk, as they come. */
struct gp_vet_bases {
	uint64_t *seen; /* a table by the first digits of the id; 0: free */
	size_t n, cap;
	struct gp_list parents; /* of commits, and not seen before them */
	bool root;              /* a commit without parents is among them */
};
void gp_vet_bases_clear(struct gp_vet_bases *b);
void gp_vet_bases_note(struct gp_vet_bases *b, const struct gp_oid *commit,
                       const struct gp_oid *parents, size_t n);

/* Appends the parents that are no commits of the walk, without those that another of them has; of
 * very many some. 0, or as gp_git. */
int gp_vet_bases_find(struct gp_list *out, struct gp_repo *r, const struct gp_vet_bases *b);

#endif
