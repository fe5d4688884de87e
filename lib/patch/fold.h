/*
 * fold.h - inside lib/patch: the tables behind gp_path_fold.
 */
#ifndef GP_PATCH_FOLD_H
#define GP_PATCH_FOLD_H

#include "lib/patch/patch.h"

/* Code points that fold to one other: first..last in steps, by adding. Sorted by last. */
struct gp_fold_range {
	unsigned first, last;
	int step, add;
};
extern const struct gp_fold_range gp_fold_ranges[];
extern const size_t gp_fold_ranges_n;

/* Code points that fold to two, of which the first may fold on. Sorted. */
struct gp_fold_pair {
	uint16_t c, first, second;
};
extern const struct gp_fold_pair gp_fold_pairs[];
extern const size_t gp_fold_pairs_n;

#endif
