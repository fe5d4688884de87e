/*
 * text.h - inside lib/patch: a file cut into lines, and where some lines stand in it, tier by tier.
 *
 * Lines are hashed once per tier that is needed; a search then visits only the places of the
 * rarest line it looks for, so that many chunks on a large file cost about one pass over it.
 */
#ifndef GP_PATCH_TEXT_H
#define GP_PATCH_TEXT_H

#include "lib/patch/patch.h"

enum { GP_TIER_EXACT, GP_TIER_RIGHT, GP_TIER_INDENT, GP_TIER_UNICODE, GP_TIERS };

struct gp_text_line {
	const char *p;
	uint32_t n;
	uint32_t eol; /* bytes of the terminator: 0 (only the last line), 1 LF, 2 CR LF */
};

/* Lines by hash: v[i] of line i; heads and next chain the lines of a bucket in ascending order. */
struct gp_text_index {
	uint64_t *v;
	uint32_t *heads, *next, *counts; /* of line number + 1; 0 ends */
	uint32_t mask;
};

struct gp_text {
	struct gp_slice bytes; /* borrowed, without a byte order mark */
	bool bom;
	struct gp_text_line *v;
	size_t n;
	struct gp_text_index at[GP_TIERS];
	struct gp_buf a, b;      /* scratch */
	unsigned long long work; /* line comparisons so far; the caller may set what came before */
};

struct gp_places {
	size_t *v, n, cap;
};
void gp_places_add(struct gp_places *p, size_t at);
void gp_places_clear(struct gp_places *p);

/* Line comparisons after which a search gives up: only made-up texts come near. */
#define GP_TEXT_WORK (1ull << 27)

/* Cuts bytes into lines; they stay borrowed. False: too many lines (t is then empty). */
bool gp_text_open(struct gp_text *t, struct gp_slice bytes);
void gp_text_clear(struct gp_text *t);
/* Line i without its terminator; the terminator of most lines. */
struct gp_slice gp_text_line(const struct gp_text *t, size_t i);
struct gp_slice gp_text_eol(const struct gp_text *t);
bool gp_text_tired(const struct gp_text *t);

/* What a tier compares of a line; in *scratch when it had to be rewritten. */
struct gp_slice gp_tier_form(int tier, struct gp_slice line, struct gp_buf *scratch);
/* The white space at the left of line as tier sees it. */
struct gp_slice gp_tier_lead(int tier, struct gp_slice line, struct gp_buf *scratch);
/* Every place, ascending, where lines v[0..n) stand at tier; for the indent tiers white space at
 * the left is left to the caller. */
void gp_text_find(struct gp_places *out, struct gp_text *t, int tier, const struct gp_slice *v,
                  size_t n);
/* The hashes of a tier, made at the first call. */
const struct gp_text_index *gp_text_index(struct gp_text *t, int tier);

/* The hash of a line at tier; equal lines have equal ones. */
uint64_t gp_tier_key(int tier, struct gp_slice line, struct gp_buf *scratch);

/* One change of indentation, from the patch's to the file's. */
struct gp_indent {
	enum { GP_INDENT_SAME, GP_INDENT_ADD, GP_INDENT_CUT, GP_INDENT_UNIT } kind;
	char prefix[256]; /* ADD, CUT */
	size_t n;
	char from, to; /* UNIT: so many of one character are so many of another */
	size_t nfrom, nto;
};
/* Whether one change turns the indentation of all of v[0..n) into that of the text's lines from at
 * on, and fits new[0..m) where put[i] < 0 (lines that will be written). */
bool gp_indent_find(struct gp_indent *out, struct gp_text *t, int tier, size_t at,
                    const struct gp_slice *v, size_t n, const struct gp_lines *new, const int *put);
/* Appends line with its indentation changed. False: it does not fit; nothing appended. */
bool gp_indent_write(struct gp_buf *out, const struct gp_indent *in, struct gp_slice line);

#endif
