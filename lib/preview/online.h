/*
 * online.h - inside lib/preview: asking under way, what is known of each question, what is kept.
 */
#ifndef GP_PREVIEW_ONLINE_H
#define GP_PREVIEW_ONLINE_H

#include "lib/base/json.h"
#include "lib/preview/vet_online.h"

struct gp_known_advisory {
	char *id;
	bool known; /* details is what OSV says */
	struct gp_osv_advisory details;
};

/* What is known of a question. */
struct gp_online_answer {
	bool name_due,
		name_known; /* whether the registry is to be asked; whether it has answered */
	struct gp_registry_facts facts;
	bool version_due, version_known; /* the same of OSV */
	struct gp_known_advisory *v;
	size_t n;
	char *why; /* why something is not known */
};
void gp_online_advise(struct gp_online_answer *a, const char *id);

/* The answers that are kept: an object of digests, one file for a repository. */
struct gp_online_cache {
	struct gp_repo *repo;
	struct cJSON *facts;
	long long now_s, keep_s;
	bool changed;
};
/* Whatever is wrong with the file, an empty one. */
void gp_online_cache_open(struct gp_online_cache *c, const struct gp_vet_options *o);
/* Writes it if it changed, without what is too old, and lets go of it. */
void gp_online_cache_close(struct gp_online_cache *c);
/* Fill an answer's facts, its advisories, an advisory's details; false: not there, or too old. */
bool gp_online_cached_name(struct gp_online_answer *a, const struct gp_online_cache *c,
                           const struct gp_dep_question *q);
bool gp_online_cached_version(struct gp_online_answer *a, const struct gp_online_cache *c,
                              const struct gp_dep_question *q);
/* Keep what is known of a question; a name that is absent is not kept. */
void gp_online_keep(struct gp_online_cache *c, const struct gp_dep_question *q,
                    const struct gp_online_answer *a);

/* Appends what answers amount to. */
void gp_online_tell(struct gp_findings *out, const struct gp_vet_options *o,
                    const struct gp_dep_questions *q, const struct gp_online_answer *answers,
                    bool blocks);

#endif
