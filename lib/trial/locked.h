/*
 * locked.h - what a proposal may not change, since it decides what runs and whether a test counts.
 *
 * Three kinds. Whole files: a table of names (CI, hooks, runners, coverage, lint, lock files, what
 * others wrote). Manifests that also hold ordinary things: of package.json the members, of
 * pyproject.toml, setup.cfg and Cargo.toml the sections, of a Makefile the rules and variables, of
 * the others the statements that speak of tests; all else in them is free. Test files that are
 * there: lines may be added, but none changed or taken away beyond imports, lists and counts;
 * what is no program (fixtures, snapshots of data) stays as it is. Pure.
 */
#ifndef GP_LOCKED_H
#define GP_LOCKED_H

#include "lib/base/buf.h"

/* What a file of that name is ("a CI file"), when it is locked as a whole; else NULL. */
const char *gp_locked_whole(const char *path);
/* Whether a manifest's locked part differs: `what` then names it. after empty: deleted. With grow
 * tests may be added to it (a further word of a list, a further rule), as a test that must be
 * registered needs. */
bool gp_locked_part(struct gp_buf *what, const char *path, struct gp_slice before,
                    struct gp_slice after, bool grow);
/* Whether a test file that is there loses or changes something: `what` then says which line. */
bool gp_locked_test(struct gp_buf *what, const char *path, struct gp_slice before,
                    struct gp_slice after);

#endif
