/*
 * prune.h - what may stay of what is kept between runs, and what came of saying so.
 *
 * One struct goes round all who keep something; each removes what is of theirs, too old or too
 * much, and adds up. What is in use stays, whatever the limits.
 */
#ifndef GP_PRUNE_H
#define GP_PRUNE_H

#include "lib/base/base.h"

struct gp_prune {
	long long since; /* seconds since the epoch: what was last used before goes */
	long long bytes; /* that may stay in all; what is unused for longest goes first; negative:
	                    any number */
	bool dry;        /* nothing goes, all is counted as if it had gone */
	/* added up: bytes on disk that stay and that went, and how many went */
	long long kept, freed;
	long layers, results, images;
};

#endif
