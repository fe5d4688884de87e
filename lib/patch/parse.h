/*
 * parse.h - inside lib/patch: the lines of a patch and what the four readers build from them.
 *
 * A reader starts at r->at, takes lines, adds files to r->out and returns 0, or GP_INVALID through
 * gp_patch_fault. What it has added by then is cleared by gp_patch_parse.
 */
#ifndef GP_PATCH_PARSE_H
#define GP_PATCH_PARSE_H

#include "lib/patch/patch.h"

struct gp_reader {
	struct gp_patch *out;
	struct gp_slice *v; /* lines without LF and without the CR before it */
	size_t n, at;
	bool open; /* the last line has no LF: the text may have been cut there */
	struct gp_buf *why;
};

/* The readers. The envelope starts at its first marker, the others look for theirs. */
int gp_patch_envelope(struct gp_reader *r);
int gp_patch_diff(struct gp_reader *r);
int gp_patch_blocks(struct gp_reader *r);

/* Whether line i starts an envelope, a search/replace block, a file of a diff, a fenced file. */
bool gp_patch_is_envelope(const struct gp_reader *r, size_t i);
bool gp_patch_is_block(const struct gp_reader *r, size_t i);
bool gp_patch_is_diff(const struct gp_reader *r, size_t i);
bool gp_patch_is_fenced(const struct gp_reader *r, size_t i);

/* Writes "<code>: patch line <line>: <text>" to r->why (no place when line is 0) and fails. */
int gp_patch_fault(struct gp_reader *r, const char *code, size_t line, const char *fmt, ...)
	GP_PRINTF(4, 5);

/* Adds a file whose header is line r->at; NULL after gp_patch_fault (gate, too many). */
struct gp_patch_file *gp_patch_add(struct gp_reader *r, enum gp_patch_op op, struct gp_slice path);
/* Sets where a file is renamed to. 0 or GP_INVALID. */
int gp_patch_move(struct gp_reader *r, struct gp_patch_file *f, struct gp_slice to);

/* Adds a chunk; valid until the next one is added. line counts from 0. */
struct gp_chunk *gp_chunk_add(struct gp_patch_file *f, size_t line);
void gp_chunk_drop_last(struct gp_patch_file *f);
void gp_chunk_clear(struct gp_chunk *c);
/* A line that stays, goes, comes. */
void gp_chunk_keep(struct gp_chunk *c, struct gp_slice line);
void gp_chunk_take(struct gp_chunk *c, struct gp_slice line);
void gp_chunk_put(struct gp_chunk *c, struct gp_slice line);
/* "\ No newline at end of file" after a line that began with last. */
void gp_chunk_no_newline(struct gp_chunk *c, char last);
void gp_lines_add(struct gp_lines *l, struct gp_slice line);
/* Pairs equal lines among those taken and put between kept ones, so that they keep their bytes. */
void gp_chunk_pair(struct gp_chunk *c);
/* Whether the chunk changes nothing, once paired. */
bool gp_chunk_idle(const struct gp_chunk *c);

/* Whether nothing but white space; line without white space at its end. */
bool gp_blank(struct gp_slice line);
struct gp_slice gp_rtrim(struct gp_slice line);
/* Whether line starts with prefix; *rest is then what follows. */
bool gp_after(struct gp_slice *rest, struct gp_slice line, const char *prefix);
/* Without one pair of quotes or backticks around it. */
struct gp_slice gp_unwrap(struct gp_slice s);

#endif
