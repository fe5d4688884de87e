/*
 * apply.h - inside lib/patch: one patch on its way into a tree.
 */
#ifndef GP_PATCH_APPLY_H
#define GP_PATCH_APPLY_H

#include "lib/patch/patch.h"

#define GP_APPLY_TEXT ((size_t)1600) /* bytes of one problem: less than the reason has room for */

struct gp_apply {
	const struct gp_patch *p;
	const struct gp_patch_tree *tree;
	struct gp_changes out;
	struct gp_buf *why;
	size_t problems, left_out; /* found; for which why had no room */
	unsigned long long work;   /* line comparisons so far, of all files */
};

/* Takes note of a problem for the model; the patch will not apply, the rest is still looked at. */
void gp_apply_problem(struct gp_apply *a, const struct gp_buf *text);
/* Whether why has no more room. A problem is then only counted, here, and no text for it made. */
bool gp_apply_full(struct gp_apply *a);
void gp_apply_say(struct gp_apply *a, const char *fmt, ...) GP_PRINTF(2, 3);

/* Whether a plain file stands at path; a problem says why not. *mode is set. */
bool gp_tree_has_file(struct gp_apply *a, const char *path, unsigned *mode);
/* Whether a file can be made at path; a problem says why not. */
bool gp_tree_is_free(struct gp_apply *a, const char *path);
/* Whether nothing at all stands at path. No problem is noted. */
bool gp_tree_lacks(struct gp_apply *a, const char *path);
/* Whether the files made by this patch can stand beside each other; problems say why not. */
void gp_tree_check_made(struct gp_apply *a);

/* Applies an update, or a whole text to an existing file. 0, GP_FAILED, GP_LIMIT. */
int gp_apply_update(struct gp_apply *a, const struct gp_patch_file *f);

#endif
