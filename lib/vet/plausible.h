/*
 * plausible.h - whether what has a credential's shape is one, or stands for one. Pure.
 */
#ifndef GP_VET_PLAUSIBLE_H
#define GP_VET_PLAUSIBLE_H

#include "lib/vet/rules.h"

/* Whether the secret at from, of n bytes, in line could be real: entropy, no placeholder, no
 * counting or repeated characters, and for vague rules (those that are quiet in tests) neither
 * code, words, paths, addresses nor digests. */
bool gp_secret_plausible(const struct gp_rule *r, struct gp_slice line, size_t from, size_t n);

/* Whether a path is of tests, examples or a lock file. */
bool gp_path_of_tests(const char *path);

#endif
