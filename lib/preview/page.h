/*
 * page.h - inside lib/preview: the report of a preview as a list of blocks, and its three forms.
 *
 * record -> blocks -> text, HTML or Markdown; all of it pure. Every string but the words of this
 * program is hostile: in a terminal it is made visible, in HTML it is escaped, in Markdown it
 * stands in code spans and fences, where neither markup nor mentions of people and issues work.
 */
#ifndef GP_PREVIEW_PAGE_H
#define GP_PREVIEW_PAGE_H

#include "lib/preview/signature.h"
#include "lib/preview/trailers.h"

struct cJSON;
struct gp_stats;

enum gp_block_kind {
	GP_BLOCK_TITLE,   /* key: the outcome's word; text: the name */
	GP_BLOCK_HEADING, /* key */
	GP_BLOCK_WORDS,   /* key: a sentence of ours */
	GP_BLOCK_ROW,     /* key: text */
	GP_BLOCK_ITEM,    /* key, or else text */
	GP_BLOCK_LINES,   /* text as it is, more than a line */
	GP_BLOCK_DIFF,    /* the same, a patch */
};
enum gp_tone { GP_TONE_NONE, GP_TONE_GOOD, GP_TONE_WEAK, GP_TONE_BAD };

struct gp_block {
	enum gp_block_kind kind;
	enum gp_tone tone;
	const char *key; /* static */
	struct gp_buf text;
};
struct gp_page {
	struct gp_block *v;
	size_t n, cap;
};
void gp_page_clear(struct gp_page *p);
/* A new last block; fmt NULL: no text. The block is the page's, until the next is added. */
struct gp_block *gp_page_add(struct gp_page *p, enum gp_block_kind kind, enum gp_tone tone,
                             const char *key, const char *fmt, ...) GP_PRINTF(5, 6);

/* What is known of a preview, all borrowed; record NULL: its trailers speak. */
struct gp_page_source {
	const char *branch, *tip;
	const struct cJSON *record;
	const struct gp_trailers *said;
	const struct gp_signature *signature; /* of the record; NULL: not known */
	const struct gp_stats *stats;         /* of all it changes */
	struct gp_slice test;                 /* the patch that adds the test */
};
/* Adds the report's blocks. A record may hold anything: what has another kind is left out. */
void gp_page_make(struct gp_page *out, const struct gp_page_source *s);

/* One form each; 0 or GP_LIMIT. */
int gp_page_text(struct gp_buf *out, const struct gp_page *p);
int gp_page_html(struct gp_buf *out, const struct gp_page *p);
int gp_page_markdown(struct gp_buf *out, const struct gp_page *p);

#endif
