/*
 * pushed.h - inside lib/preview: what was pushed where, for remotes that git does not track.
 *
 * A clone of a single branch, and an address in a remote's place, have no remote-tracking ref for a
 * preview: without it the lease of the second push would say that somebody else was there.
 */
#ifndef GP_PREVIEW_PUSHED_H
#define GP_PREVIEW_PUSHED_H

#include "lib/repo/repo.h"

/* What branch is expected to be at remote: its remote-tracking ref, else what we pushed last; ""
 * when neither is known. */
void gp_pushed_find(struct gp_oid *out, struct gp_repo *r, const char *remote, const char *branch);
/* Keeps that commit was pushed, in our own folder. Best effort. */
void gp_pushed_keep(struct gp_repo *r, const char *remote, const char *branch,
                    const struct gp_oid *commit);

#endif
