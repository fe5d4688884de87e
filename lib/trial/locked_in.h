/*
 * locked_in.h - inside lib/trial: the locked parts of manifests as lists of text.
 */
#ifndef GP_LOCKED_IN_H
#define GP_LOCKED_IN_H

#include "lib/trial/locked.h"

/* Each adds what of text is locked, a string a part; words say what to look for, ended by NULL.
 * Text that cannot be read is one part as a whole. */
void gp_locked_members(struct gp_list *out, struct gp_slice text, const char *const *words);
void gp_locked_sections(struct gp_list *out, struct gp_slice text, const char *const *words);
void gp_locked_rules(struct gp_list *out, struct gp_slice text, const char *const *words);
void gp_locked_statements(struct gp_list *out, struct gp_slice text, const char *const *words);

#endif
