/*
 * glob.h - which paths a pattern means, as people write them in settings and models in searches.
 */
#ifndef GP_GLOB_H
#define GP_GLOB_H

#include "lib/base/base.h"

/* Whether path matches: '*' and '**' stand for any run, also across '/', '?' for one character,
 * "{js,ts}" for one of several; a leading "**" + "/" may stand for nothing. A pattern without '/'
 * is for the name alone; one that ends in '/' for all that is in that folder. Takes time in
 * proportion to both lengths; a pattern of 256 bytes or more matches nothing. */
bool gp_glob_match(const char *pattern, const char *path);

/* The same part by part, as a shell reads it: '*' and '?' stay within a part, "**" stands for any
 * number of parts. prefix: whether a path below this one could match instead. Time is bounded by
 * the product of the lengths; a pattern of more than 63 parts matches nothing. */
bool gp_glob_parts(const char *pattern, const char *path, bool prefix);

#endif
