/*
 * cache.h - results of whole runs kept by what they depend on, told by the caller's key.
 *
 * One JSON file a key in <folder>/cache. The judgement is not kept: it is made again from what
 * is, so a better judge improves old results. A file that does not parse is a miss.
 */
#ifndef GP_TRIAL_CACHE_H
#define GP_TRIAL_CACHE_H

#include "lib/base/prune.h"
#include "lib/trial/trial.h"

/* Reads the result of key into out (judgement and total_ms left alone). 0 or GP_NOTFOUND. */
int gp_cache_read(struct gp_trial_result *out, const char *dir, const char *key);
/* Keeps it. Failure to write is not worth a message: the next run does the work again. */
void gp_cache_write(const char *dir, const char *key, const struct gp_trial_result *r);
/* Removes the oldest files beyond the newest `most`. */
void gp_cache_trim(const char *dir, size_t most);
/* Removes all files of the folder that the limits tell to. */
void gp_cache_prune(const char *dir, struct gp_prune *p);

#endif
