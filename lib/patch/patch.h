/*
 * patch.h - what a model writes, read into one structure and applied to files. Pure: no I/O.
 *
 * Accepted: the apply_patch envelope, search/replace blocks, whole files in labelled fences, git
 * unified diffs (line numbers ignored). The first marker in the text decides which; two kinds, or
 * two envelopes, in one text are refused. A text that was cut off never parses.
 *
 * Applying is all or nothing, and every chunk addresses the file as it was. A chunk is looked for
 * tier by tier: exact; without white space at line ends; with one indent change for all its lines
 * (done to the new lines too); with Unicode dashes, quotes and spaces taken for ASCII. The first
 * tier that has a place decides, and there exactly one is needed: after the anchor (with a unique
 * anchor the first counts), else after the previous chunk, else, none being there, in the whole
 * file. Lines that stay keep their bytes. A new line ends as the line it replaces, else as its
 * neighbour, else as most lines of the file do; the end of the file and a byte order mark stay.
 *
 * Reasons for the model start with a code word:
 *   format cut several mixed header path twice chunk block nul too-large binary mode   (parse)
 *   missing exists symlink clash anchor not-found ambiguous no-context overlap no-op elision whole
 * and are at most GP_PATCH_WHY bytes of UTF-8 without control characters but TAB and LF.
 */
#ifndef GP_PATCH_H
#define GP_PATCH_H

#include "lib/base/changes.h"

#define GP_PATCH_MAX ((size_t)4 << 20)   /* bytes of a patch */
#define GP_PATCH_TEXT ((size_t)16 << 20) /* bytes of a file to be changed */
#define GP_PATCH_LINES ((size_t)2000000) /* lines of it */
#define GP_PATCH_FILES 200
#define GP_PATCH_WHOLE_LINES 200 /* an existing file of so many lines is not replaced whole */
#define GP_PATCH_WHY ((size_t)2000)

enum gp_patch_op { GP_PATCH_ADD, GP_PATCH_UPDATE, GP_PATCH_DELETE, GP_PATCH_WHOLE };

/* Lines of the patch without terminators; they point into gp_patch.text. */
struct gp_lines {
	struct gp_slice *v;
	size_t n, cap;
};

/* One place to change: find anchors in order, then old; put new in its place. ctx[i] tells for new
 * line i which old line it is (the file's bytes are kept), or -1; it ascends. */
struct gp_chunk {
	struct gp_lines anchors, old, new;
	int *ctx;
	size_t loose;    /* so many last lines of old are blank and may be mere separators */
	bool eof;        /* old must be the last lines of the file */
	signed char eol; /* whether the new last line has a terminator: 1, -1 no, 0 as it was */
	size_t line;     /* where it began in the patch text, from 1 */
};

struct gp_patch_file {
	enum gp_patch_op op;
	char *path;
	char *to;           /* GP_PATCH_UPDATE: renamed to; NULL: not */
	unsigned mode;      /* from "new file mode" / "new mode"; 0: as it was, or 0100644 */
	bool create;        /* UPDATE by an empty search: makes the file when there is none */
	struct gp_chunk *v; /* UPDATE; may be empty when to or mode is set */
	size_t n, cap;
	struct gp_buf content; /* ADD, WHOLE; lines end with LF */
	size_t line;
};

struct gp_patch {
	struct gp_patch_file *v;
	size_t n, cap;
	char *text;
};
void gp_patch_clear(struct gp_patch *p);

/* Where the files to be patched come from. */
struct gp_patch_tree {
	/* Appends the file's bytes and sets its mode. 0, GP_NOTFOUND, GP_FAILED (the message names
	 * it), GP_LIMIT. */
	int (*read)(void *ctx, const char *path, struct gp_buf *out, unsigned *mode);
	/* What stands at path: 0 nothing, else a git mode (040000 for a folder, 0120000, 0160000).
	 * When nothing does, *clash is set to the whole path of an existing sibling with the same
	 * gp_path_fold, if there is one (owned by the tree, valid until the next call). */
	unsigned (*stat)(void *ctx, const char *path, const char **clash);
	void *ctx;
};

/* Reads text into *out (cleared first; empty after a failure). Every path has passed
 * gp_path_check. 0, or GP_INVALID with the reason for the model in *why (emptied first). */
int gp_patch_parse(struct gp_patch *out, struct gp_slice text, struct gp_buf *why);

/* Applies all or nothing: *out (cleared first; empty after a failure) gets the changed files
 * against tree. 0; GP_INVALID: *why (emptied first) has every problem that fits, with code, file,
 * chunk number, the nearest lines with their numbers, remedy; GP_FAILED, GP_LIMIT: the tree's read
 * failed. */
int gp_patch_apply(struct gp_changes *out, const struct gp_patch *p,
                   const struct gp_patch_tree *tree, struct gp_buf *why);

/* The path gate: every path from outside passes it or stops. Relative, UTF-8, no empty, "." or ".."
 * component, no leading '/' or '~', no drive, backslash or control character, shorter than 4096
 * bytes, no component that any file system could take for ".git" (case, trailing dots and spaces,
 * HFS+ ignorable code points, git~1, ":stream"). 0 or GP_REFUSED with the reason in *why (appended;
 * may be NULL). */
int gp_path_check(struct gp_slice path, struct gp_buf *why);

/* Appends a key that is the same for all paths which a file system that ignores case or composes
 * characters takes for one. Any bytes are allowed. */
void gp_path_fold(struct gp_buf *out, struct gp_slice path);

#endif
