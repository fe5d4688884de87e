/*
 * changes.h - a set of changed files: what a patch yields, a tree takes and a sandbox lays out.
 *
 * Paths are relative with '/' and have passed patch/path when they come from outside. One entry per
 * path. Modes are git's: 0100644, 0100755, 0120000 (content = link target); 0 means deleted.
 */
#ifndef GP_CHANGES_H
#define GP_CHANGES_H

#include "lib/base/buf.h"

struct gp_change {
	char *path;
	unsigned mode;
	struct gp_buf content;
};

struct gp_changes {
	struct gp_change *v;
	size_t n, cap;
};

/* The entry of path, or NULL. */
struct gp_change *gp_changes_get(const struct gp_changes *c, const char *path);
/* Sets path to mode and content (copied), replacing what was set before. */
void gp_changes_set(struct gp_changes *c, const char *path, unsigned mode, struct gp_slice content);
/* Sets in c all that over says; over wins. */
void gp_changes_lay(struct gp_changes *c, const struct gp_changes *over);
/* Sorts by path, byte order. */
void gp_changes_sort(struct gp_changes *c);
void gp_changes_clear(struct gp_changes *c);

#endif
