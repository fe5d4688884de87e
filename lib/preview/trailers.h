/*
 * trailers.h - inside lib/preview: what a commit message claims. Pure; the message is hostile.
 */
#ifndef GP_PREVIEW_TRAILERS_H
#define GP_PREVIEW_TRAILERS_H

#include "lib/base/buf.h"

#define GP_TRAILER_BYTES 1000 /* of one value; what is longer is cut */

enum gp_trailer {
	GP_TRAILER_ID,
	GP_TRAILER_ROLE,
	GP_TRAILER_BASE,
	GP_TRAILER_RED,
	GP_TRAILER_GREEN,
	GP_TRAILER_SUITE,
	GP_TRAILER_STRENGTH,
	GP_TRAILER_MODEL,
	GP_TRAILER_COST,
	GP_TRAILERS,
};

/* Values as one visible line each, NULL when absent. A commit that was squashed from both has both
 * roles. */
struct gp_trailers {
	char *v[GP_TRAILERS];
	bool test, implementation;
};
void gp_trailers_clear(struct gp_trailers *t);

/* "Preview-Red". */
const char *gp_trailer_name(enum gp_trailer t);
/* Reads them into a zeroed *out. They may stand anywhere, indented by nothing or as git merge
 * --squash does, by four blanks; of several the last counts. An id that is none of ours (more than
 * small letters and digits, or over 32 of them) is left out. */
void gp_trailers_read(struct gp_trailers *out, struct gp_slice message);

#endif
