/*
 * patch.h - what a model writes, read into one structure and applied to files. Pure: no I/O.
 *
 * Accepted: the apply_patch envelope, search/replace blocks, whole files in fences, git unified
 * diffs (line numbers ignored). Semantics: all or nothing; a chunk must match in exactly one place
 * at the first tier that matches anywhere (exact, right-trimmed, one uniform indent change, Unicode
 * punctuation); unchanged lines keep their bytes; see parse.c and apply.c for each rule.
 */
#ifndef GP_PATCH_H
#define GP_PATCH_H

#include "lib/base/changes.h"

#define GP_PATCH_MAX ((size_t)4 << 20) /* bytes of a patch */
#define GP_PATCH_FILES 200

enum gp_patch_op { GP_PATCH_ADD, GP_PATCH_UPDATE, GP_PATCH_DELETE, GP_PATCH_WHOLE };

/* One place to change: find anchors in order, then old; put new in its place. Lines have no
 * terminators. ctx[i] tells for new line i which old line it is (kept bytes), or -1. */
struct gp_chunk {
	struct gp_list anchors, old, new;
	int *ctx;
	bool eof;    /* old must be the last lines of the file */
	bool no_eol; /* the new last line has no terminator ("\ No newline at end of file") */
	size_t line; /* where it began in the patch text, from 1 */
};

struct gp_patch_file {
	enum gp_patch_op op;
	char *path;
	char *to;           /* GP_PATCH_UPDATE: renamed to; NULL: not */
	unsigned mode;      /* from "new file mode" / "new mode"; 0: as it was, or 0100644 */
	struct gp_chunk *v; /* UPDATE */
	size_t n, cap;
	struct gp_buf content; /* ADD, WHOLE */
	size_t line;
};

struct gp_patch {
	struct gp_patch_file *v;
	size_t n, cap;
};
void gp_patch_clear(struct gp_patch *p);

/* Where the files to be patched come from. */
struct gp_patch_tree {
	/* Appends the file's bytes and sets its mode. 0, GP_NOTFOUND, GP_FAILED. */
	int (*read)(void *ctx, const char *path, struct gp_buf *out, unsigned *mode);
	/* What stands at path: 0 nothing, else a git mode (040000 for a folder, 0120000, 0160000).
	 * When nothing does, *clash is set to an existing sibling equal after case folding or
	 * composition, if there is one (owned by the tree, valid until the next call). */
	unsigned (*stat)(void *ctx, const char *path, const char **clash);
	void *ctx;
};

/* Reads text into *out. 0, or GP_INVALID with the reason for the model in *why: a code word, the
 * place, what to do ("envelope: no '*** End Patch' ..."). */
int gp_patch_parse(struct gp_patch *out, struct gp_slice text, struct gp_buf *why);

/* Applies all or nothing: *out gets the changed files against tree. 0, GP_INVALID (*why: code,
 * file, chunk number, the nearest lines with their numbers, remedy), GP_FAILED (tree's read
 * failed). */
int gp_patch_apply(struct gp_changes *out, const struct gp_patch *p,
                   const struct gp_patch_tree *tree, struct gp_buf *why);

/* The path gate: every path from outside passes it or stops. Relative, UTF-8, no empty, "." or ".."
 * component, no leading '/' or '~', no drive, backslash or control character, shorter than 4096
 * bytes, no component that any file system could take for ".git" (case, trailing dots and spaces,
 * HFS+ ignorable code points, git~1, ":stream"). 0 or GP_REFUSED with the reason in *why. */
int gp_path_check(struct gp_slice path, struct gp_buf *why);

#endif
