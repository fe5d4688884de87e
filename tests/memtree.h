/*
 * memtree.h - a tree of files in memory, for tests of lib/patch.
 */
#ifndef GP_TESTS_MEMTREE_H
#define GP_TESTS_MEMTREE_H

#include <string.h>

#include "lib/patch/patch.h"

struct memtree {
	struct gp_changes files; /* mode 040000: an empty folder */
	struct gp_buf clash;     /* the last answer */
};

static inline void memtree_clear(struct memtree *t)
{
	gp_changes_clear(&t->files);
	gp_buf_clear(&t->clash);
}

static inline int memtree_read(void *ctx, const char *path, struct gp_buf *out, unsigned *mode)
{
	struct memtree *t = ctx;
	struct gp_change *c = gp_changes_get(&t->files, path);

	if (!c)
		return gp_fail(GP_NOTFOUND, "no such file");
	*mode = c->mode;
	return gp_buf_slice(out, gp_buf_all(&c->content));
}

/* Whether the part of name up to the slash after at (or its end) folds to the same as path. */
static inline bool memtree_same(struct memtree *t, const char *path, const char *name, size_t at)
{
	size_t n = at + strcspn(name + at, "/");
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) b = {0};

	gp_path_fold(&a, gp_slice(path));
	gp_path_fold(&b, (struct gp_slice){name, n});
	if (!gp_slice_eq(gp_buf_all(&a), gp_buf_all(&b)))
		return false;
	gp_buf_cut(&t->clash, 0);
	return gp_buf_add(&t->clash, name, n) == 0;
}

static inline unsigned memtree_stat(void *ctx, const char *path, const char **clash)
{
	struct memtree *t = ctx;
	struct gp_change *c = gp_changes_get(&t->files, path);
	const char *slash = strrchr(path, '/');
	size_t n = strlen(path), parent = slash ? (size_t)(slash + 1 - path) : 0;

	*clash = NULL;
	if (c)
		return c->mode;
	for (size_t i = 0; i < t->files.n; i++) {
		const char *name = t->files.v[i].path;

		if (strncmp(name, path, n) == 0 && name[n] == '/')
			return 0040000;
	}
	for (size_t i = 0; i < t->files.n; i++) {
		const char *name = t->files.v[i].path;

		if (strncmp(name, path, parent) == 0 && memtree_same(t, path, name, parent)) {
			*clash = gp_buf_text(&t->clash);
			return 0;
		}
	}
	return 0;
}

static inline struct gp_patch_tree memtree_seen(struct memtree *t)
{
	return (struct gp_patch_tree){.read = memtree_read, .stat = memtree_stat, .ctx = t};
}

#endif
