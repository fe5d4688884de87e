/*
 * conf_value.h - the text of one setting's value and what it means; used by conf.c alone.
 */
#ifndef GP_CONF_VALUE_H
#define GP_CONF_VALUE_H

#include "lib/base/conf.h"

/* Each reads all of text; false when it is not one. int: digits and k, m or g (1024 as in git);
 * money: digits with at most six after a point; bool: true yes on 1 false no off 0. */
bool gp_conf_value_int(long long *out, const char *text);
bool gp_conf_value_money(double *out, const char *text);
bool gp_conf_value_bool(bool *out, const char *text);

/* Whether text may be the row's value. 0 or GP_INVALID ("'key' must be ..., not 'text'"). */
int gp_conf_value_check(const struct gp_setting *row, const char *key, const char *text);
/* As a number, for lower_only rows; text has passed the check. */
double gp_conf_value_number(const struct gp_setting *row, const char *text);

/* The row of a full key ("model.fast.url" has the row "model.*.url"), or NULL. */
const struct gp_setting *gp_conf_row(const char *key);
/* Whether "[name]" may stand in a file. */
bool gp_conf_section_known(const char *name);
/* Sets message and hint for a key or section that is not known; returns GP_INVALID. */
int gp_conf_unknown_key(const char *key);
int gp_conf_unknown_section(const char *name);

#endif
