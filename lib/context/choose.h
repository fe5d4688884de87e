/*
 * choose.h - inside of lib/context: the files of the tree that could be shown, and their scores.
 */
#ifndef GP_CONTEXT_CHOOSE_H
#define GP_CONTEXT_CHOOSE_H

#include "lib/context/context.h"
#include "lib/context/words.h"

/* Larger files are not searched for words, and shown only when named. */
#define GP_CONTEXT_FILE_MAX ((size_t)256 << 10)

enum gp_name_kind {
	GP_NAME_PLAIN,
	GP_NAME_DOC,
	GP_NAME_MANIFEST,
	GP_NAME_NOISE,  /* vendored, generated, locked, packed, no text */
	GP_NAME_SECRET, /* named like a credential: never shown */
};

/* What a path's name says; pure. */
enum gp_name_kind gp_name_kind(const char *path);
/* Whether the model may see the file at all: excluded and credential-like ones not. */
bool gp_may_show(const struct gp_context_options *o, const char *path, unsigned mode);
/* The last component. */
const char *gp_base_name(const char *path);

struct gp_candidate {
	char *path;
	struct gp_oid oid;
	uint64_t key; /* the first half of oid, for look-ups */
	enum gp_name_kind kind;
	bool test, named, known; /* known: what follows is */
	bool text;
	size_t bytes;
	uint32_t has, defines; /* a bit for each term in its contents */
	uint32_t in_name, in_folder;
	double prior, path_score, score; /* prior: what the place in the tree is worth */
};

/* What key is for an id. */
uint64_t gp_oid_key(const char *hex);

struct gp_candidates {
	struct gp_candidate *v; /* in the order of the tree */
	size_t n, cap;
	size_t *ranked; /* places in v, best first; NULL until gp_rank */
	size_t unread;  /* not searched: the time box ended first, or a partial clone */
};

/* Every file of the tree that may be shown. 0 or GP_FAILED. */
int gp_candidates_list(struct gp_candidates *out, const struct gp_context_options *o);
void gp_candidates_clear(struct gp_candidates *c);

/* Fills in has, defines, text and bytes from the word index, and indexes what it does not have
 * yet, best path first, for at most box_ms. Needs path_score. Never fails: what could not be read
 * stays unknown. */
void gp_index_ask(struct gp_candidates *c, const struct gp_terms *t, struct gp_repo *r,
                  long box_ms);

/* Sets path_score, in_name, in_folder and named from the paths alone. */
void gp_rank_paths(struct gp_candidates *c, const struct gp_terms *t);

/* Weighs the terms by their rarity, scores all candidates and ranks them; reads the contents
 * of the best. */
void gp_rank(struct gp_candidates *c, struct gp_terms *t, struct gp_repo *r);

#endif
