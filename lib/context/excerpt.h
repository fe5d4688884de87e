/*
 * excerpt.h - inside of lib/context: the lines of a long file that are worth their room. Pure.
 */
#ifndef GP_CONTEXT_EXCERPT_H
#define GP_CONTEXT_EXCERPT_H

#include "lib/context/words.h"

#define GP_EXCERPTS_MAX 24

/* A run of whole lines. */
struct gp_excerpt {
	struct gp_slice text;
	size_t from, to; /* line numbers, from 1, both shown */
};

struct gp_excerpts {
	struct gp_excerpt v[GP_EXCERPTS_MAX];
	size_t n, lines; /* lines: of the whole text */
};

/* Chooses runs of lines of at most max bytes together: all of the text when it fits; else its head
 * (what it brings in) and the blocks around the terms, rarest first. The bytes are the text's own:
 * they serve as context of a patch. Nothing is chosen when not even a head fits. */
void gp_excerpts_of(struct gp_excerpts *out, struct gp_slice text, const struct gp_terms *t,
                    size_t max);

#endif
