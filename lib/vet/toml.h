/*
 * toml.h - TOML 1.0 and YAML as the same tree that JSON makes, for those who read dependencies.
 *
 * Strings are strings and true and false are what they are; numbers, dates and YAML's plain scalars
 * are strings as they are written. Pure, but for the first use of YAML, which loads libyaml.
 */
#ifndef GP_VET_TOML_H
#define GP_VET_TOML_H

#include "lib/base/json.h"

/* Parses all of text into an object. 0, or GP_INVALID with the line: not UTF-8, a NUL, not TOML,
 * deeper than 32, so many tables that finding them takes seconds, more than a million values. A key
 * that comes twice in one table is not noticed: getters see the first. *out is NULL after a
 * failure. */
int gp_toml_parse(struct cJSON **out, struct gp_slice text);

/* Parses all of text into an array of its documents. An alias of a scalar is the scalar; one of a
 * collection is "" (what it stands for is in the tree at its anchor). 0; GP_INVALID with the line:
 * not UTF-8, not YAML 1.1, deeper than 64, more than a million values or 10,000 anchors;
 * GP_NOTFOUND when libyaml is missing. *out is NULL after a failure. */
int gp_yaml_parse(struct cJSON **out, struct gp_slice text);

#endif
