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
/* Whether the model may see the file at all: excluded and credential-like ones not. Sets its kind.
 */
bool gp_may_show(enum gp_name_kind *kind, const struct gp_context_options *o, const char *path,
                 unsigned mode);
/* Copies n bytes, A to Z in lower case. */
void gp_ascii_lower(char *out, const char *s, size_t n);
/* The last component. */
const char *gp_base_name(const char *path);

/* Kept small: a large repository has a hundred thousand. */
struct gp_candidate {
	const char *path;
	unsigned char id[GP_ID_BYTES]; /* of the blob */
	unsigned kind : 4;             /* enum gp_name_kind */
	bool test : 1, named : 1, known : 1 /* what follows is */, text : 1;
	uint32_t bytes;        /* what is larger than 4 GB is as large */
	uint32_t has, defines; /* a bit for each term in its contents */
	uint32_t in_name, in_folder;
	float prior;  /* what the place in the tree is worth */
	double score; /* of the path alone until gp_rank */
};

/* Sets the id of a candidate's blob; false for a text that has not 40 digits. */
bool gp_candidate_set_oid(struct gp_candidate *c, const char *hex);
/* Appends its contents; codes as gp_repo_blob. */
int gp_candidate_read(struct gp_buf *out, struct gp_repo *r, const struct gp_candidate *c,
                      size_t max);
/* The first half of an id, for look-ups. */
uint64_t gp_id_key(const unsigned char *id);

struct gp_candidates {
	struct gp_candidate *v; /* in the order of the tree */
	size_t n, cap;
	uint32_t *ranked; /* places in v: the best nranked from the end on, a heap of the others */
	size_t nranked;
	size_t unread; /* not searched: the time box ended first, or a partial clone */
	/* the paths, one after another in blocks */
	char **blocks;
	size_t nblocks, size, room; /* of the last block: its size, what is left */
};

/* Every file of the tree that may be shown. 0 or GP_FAILED. */
int gp_candidates_list(struct gp_candidates *out, const struct gp_context_options *o);
void gp_candidates_clear(struct gp_candidates *c);

/* Fills in has, defines, text and bytes from the word index, and indexes what it does not have
 * yet, best path first, for at most box_ms. Needs gp_rank_paths. Never fails: what could not be
 * read stays unknown. */
void gp_index_ask(struct gp_candidates *c, const struct gp_terms *t, struct gp_repo *r,
                  long box_ms);

/* Sets score, in_name, in_folder and named from the paths alone. */
void gp_rank_paths(struct gp_candidates *c, const struct gp_terms *t);

/* Weighs the terms by their rarity, scores all candidates and ranks them; reads the contents
 * of the best. */
void gp_rank(struct gp_candidates *c, struct gp_terms *t, struct gp_repo *r);
/* The candidate of a rank, 0 the best; i < c->n. The better ones are put in order for it. Needs
 * gp_rank. */
struct gp_candidate *gp_ranked(struct gp_candidates *c, size_t i);

#endif
