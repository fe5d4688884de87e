/*
 * words.h - text as the search sees it: identifiers, and the words they are made of.
 *
 * An identifier is a run of letters, digits, '_' and bytes above ASCII; its words are cut at '_'
 * and where the case changes (createTask, HTTPServer), put in lower case, and a plural's last s is
 * taken off. A word is known by a hash. Pure.
 */
#ifndef GP_CONTEXT_WORDS_H
#define GP_CONTEXT_WORDS_H

#include "lib/base/buf.h"

enum gp_word_kind {
	GP_WORD_PART = 1,    /* a word of an identifier */
	GP_WORD_WHOLE = 2,   /* a whole identifier, where a word is but part of it */
	GP_WORD_DEFINED = 4, /* the line seems to define it: a function, a type, a variable */
};

struct gp_word {
	uint64_t hash;
	unsigned kind;
	size_t at, n; /* where it stands in the text */
};

/* Hands over the words of code in order; a defined identifier's parts are marked too. */
void gp_words(struct gp_slice text, void (*fn)(void *ctx, const struct gp_word *w), void *ctx);

/* The hash of a single word, as gp_words makes it. */
uint64_t gp_word_hash(struct gp_slice word);

#define GP_TERMS_MAX 32
#define GP_TERM_SPELLINGS 3

/* A term of the request: any of its spellings (task, tasks) counts. */
struct gp_term {
	uint64_t hash[GP_TERM_SPELLINGS];
	size_t n;
	double weight;      /* 1; more for what is written like an identifier */
	double rarity;      /* inverse document frequency, once the files have been asked */
	double name_rarity; /* the same among the names of files */
	uint32_t parts;     /* of a whole identifier: its words that are terms too, a bit each */
	char text[48];      /* in lower case, without a plural's s */
};

struct gp_terms {
	struct gp_term v[GP_TERMS_MAX];
	size_t n;
	uint64_t filter; /* a bit for each spelling's hash, since nearly all words are no term */
	struct gp_list paths; /* words of the request that look like a file's name */
};

/* The terms of a request: words that say little (add, the, should) left out. */
void gp_terms_of(struct gp_terms *out, struct gp_slice request);
/* Which term a hash belongs to; -1 for none. */
int gp_term_of(const struct gp_terms *t, uint64_t hash);
void gp_terms_clear(struct gp_terms *t);

#endif
