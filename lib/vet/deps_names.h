/*
 * deps_names.h - inside lib/vet: whether a name was asked for, and which one it could be taken for.
 * Pure.
 */
#ifndef GP_VET_DEPS_NAMES_H
#define GP_VET_DEPS_NAMES_H

#include "lib/vet/dependencies.h"

/* Whether a request names it. Of "owner/name" and "group:name" the last part alone does only when
 * the whole is popular. A plain word does when it stands as a name: quoted, after "use" and its
 * like, before "package" and its like. */
bool gp_dep_asked(const char *request, const struct gp_dep *d, const struct gp_popular *p);

/* Whether a list of names and globs has it. */
bool gp_dep_allowed(const char *const *allowed, const struct gp_dep *d);

bool gp_popular_has(const struct gp_popular *p, const char *ecosystem, const char *name);

/* How a name resembles another: "" when not. strict: in one letter or by its look alone. */
const char *gp_dep_resembles(const char *name, const char *other, bool strict);
/* Whether the two have the last part in common, the first being "@scope/name" and the second not,
 * or "scope-name" and the second "@scope/name". */
bool gp_dep_scope_confused(const char *name, const char *other);

#endif
