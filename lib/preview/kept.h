/*
 * kept.h - inside lib/preview: the runs that ended without a branch, or are still under way.
 */
#ifndef GP_PREVIEW_KEPT_H
#define GP_PREVIEW_KEPT_H

#include "lib/repo/repo.h"

struct cJSON;

/* Calls fn with the id and the folder of each; non-zero stops and is returned. Also GP_STOPPED,
 * GP_FAILED. */
int gp_kept_each(struct gp_repo *r, int (*fn)(void *ctx, const char *id, const char *folder),
                 void *ctx);
/* When its state was saved last, in seconds since the epoch; -1: it has none to go on from. */
long long gp_kept_when(const char *folder);
/* Its state, which was read from a file that anything may have changed. GP_NOTFOUND, GP_INVALID. */
int gp_kept_state(struct cJSON **out, const char *folder);
/* Drops it. 0, or GP_EXISTS: it is still running. */
int gp_kept_drop(struct gp_repo *r, const char *id, const char *folder);
/* Whether it is still running. */
bool gp_kept_runs(const char *folder);

#endif
