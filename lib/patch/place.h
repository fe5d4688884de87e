/*
 * place.h - inside lib/patch: where a chunk belongs in a file, and what to say when nowhere does.
 */
#ifndef GP_PATCH_PLACE_H
#define GP_PATCH_PLACE_H

#include "lib/patch/text.h"

enum gp_placing {
	GP_PLACED,
	GP_NO_PLACE,     /* the old lines stand nowhere */
	GP_NOT_AFTER,    /* they stand somewhere, but not after the anchor */
	GP_NOT_LAST,     /* they stand somewhere, but not at the end as the patch says */
	GP_MANY_PLACES,  /* more than one candidate */
	GP_MANY_ANCHORS, /* the anchor stands several times, with different places after it */
	GP_NO_ANCHOR,
	GP_NO_CONTEXT, /* nothing says where */
	GP_NO_END,     /* too repetitive to search */
};

/* A chunk in a file. Lines change_from..change_to of the file are replaced by what the chunk has
 * from new_from to new_to; both may be empty. */
struct gp_place {
	const struct gp_chunk *c;
	size_t number;       /* of the chunk in its file, from 1 */
	size_t at;           /* the file's line where old begins */
	size_t old_n, new_n; /* lines of the chunk in use: loose ones may be left out */
	size_t change_from, change_to, new_from, new_to;
	int tier;
	struct gp_indent indent;
	struct gp_places others; /* candidates, or anchors, when there are too many */
	size_t anchor;           /* which one is missing */
};
void gp_place_clear(struct gp_place *p);

/* Finds where c belongs; p->c and p->number are set by the caller. after: where the previous
 * chunk's change ends (0: none). */
enum gp_placing gp_place_find(struct gp_place *p, struct gp_text *t, size_t after);

/* Sets what the chunk changes from at, old_n and new_n: lines kept at both ends are context. */
void gp_place_span(struct gp_place *p);

/* Appends one problem for the model: code, file, chunk, nearest lines, remedy. */
void gp_explain(struct gp_buf *out, const char *path, const struct gp_place *p, struct gp_text *t,
                enum gp_placing what);
/* The same for two chunks that change the same lines. */
void gp_explain_overlap(struct gp_buf *out, const char *path, const struct gp_place *a,
                        const struct gp_place *b, const struct gp_text *t);

/* Appends the text with all chunks in place: sorted, not overlapping. 0 or GP_LIMIT. */
int gp_update_write(struct gp_buf *out, const struct gp_text *t, const struct gp_place *v,
                    size_t n);

/* Whether line stands for code left out ("// ... existing code ..."). In prose a comment that is
 * nothing but dots does not count. */
bool gp_is_elision(struct gp_slice line, bool prose);
/* Whether a file's name says it holds prose. */
bool gp_is_prose(struct gp_slice path);

#endif
