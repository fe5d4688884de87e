/*
 * online.h - what registries and OSV are asked about new dependencies, and what answers say. Pure:
 * nothing is asked here. All answers are hostile.
 *
 * Facts: facts about registries are from their public documentation; OSV is https://osv.dev, API
 * version 1.
 */
#ifndef GP_VET_ONLINE_H
#define GP_VET_ONLINE_H

#include "lib/vet/dependencies.h"

/* Something to find out. */
struct gp_dep_question {
	const char *ecosystem; /* static */
	char *name;
	char *version; /* one version, to ask advisories for; "": none is said */
	char *path;    /* where it stands */
	size_t line;
	bool is_new;    /* a name that people wrote, that was not there before, nor is popular */
	bool elsewhere; /* names are looked up in a registry of one's own: nobody else is asked */
};

struct gp_dep_questions {
	struct gp_dep_question *v;
	size_t n;
	size_t left_out; /* above 2000 */
};
void gp_dep_questions_clear(struct gp_dep_questions *q);

/* What a registry says of a name. */
struct gp_registry_facts {
	bool absent;         /* it has no such name */
	long long first_s;   /* first release, seconds since the epoch; -1: not said */
	long long downloads; /* -1: not said */
	struct gp_buf next;  /* path of what is to be asked besides; empty: nothing */
};
void gp_registry_facts_clear(struct gp_registry_facts *f);

struct gp_registry {
	const char *ecosystem;
	const char *measure; /* "in a week": what downloads counts; NULL: it counts none */
	/* Where to ask first, and for what is in facts.next: the name that vet.registries has for
	 * it, and the address. */
	struct {
		const char *key, *base;
	} at[2];
	void (*path)(struct gp_buf *out, const char *name);
	int (*read)(struct gp_registry_facts *out, struct gp_slice body, const char *name,
	            int step);
};
/* NULL for an ecosystem that has none. */
const struct gp_registry *gp_registry_of(const char *ecosystem);
/* The address that goes by a key, "osv" too; NULL: there is no such key. */
const char *gp_registry_base(const char *key);

/* Reads an answer with its status (step 0, and 1 for facts.next). 0; GP_INVALID: the answer is none
 * (the message says what came). */
int gp_registry_read(struct gp_registry_facts *out, const struct gp_registry *r, const char *name,
                     int status, struct gp_slice body, int step);

/* The body of a query for those of q from one on that have a version, n of them at most; which[i]
 * is the question that is query i. Returns how many. */
size_t gp_osv_query(struct gp_buf *out, size_t *which, size_t n, const struct gp_dep_questions *q,
                    size_t *from);
/* Reads its answer: calls fn with the query's number and an advisory's id (letters, digits, ".-_").
 * 0, or GP_INVALID: not an answer to n queries. */
int gp_osv_read(struct gp_slice body, size_t n, void (*fn)(void *ctx, size_t i, const char *id),
                void *ctx);

struct gp_osv_advisory {
	char severity[24]; /* "high"; "" when it is not said */
	char fixed[64];    /* the next version without it; "" when there is none */
	bool withdrawn;
};
/* Reads an advisory as to one package. Texts are printable. 0 or GP_INVALID. */
int gp_osv_advisory(struct gp_osv_advisory *out, struct gp_slice body, const char *ecosystem,
                    const char *name, const char *version);

#endif
