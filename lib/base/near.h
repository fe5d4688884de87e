/*
 * near.h - the nearest known word to a misspelt one, for messages.
 */
#ifndef GP_NEAR_H
#define GP_NEAR_H

#include "lib/base/base.h"

/* Set word, leave the rest zero; after any number of tries best is the nearest candidate (NULL
 * without one). All pointers are borrowed. */
struct gp_near {
	const char *word;
	const char *best;
	size_t distance;
};

/* Remembers candidate when it is nearer than what was tried before; the first wins a tie. */
void gp_near_try(struct gp_near *n, const char *candidate);

/* The number of letters to insert, delete, replace or swap with their neighbour to make b of a.
 * Only the first 63 bytes of each count. */
size_t gp_near_distance(const char *a, const char *b);

#endif
