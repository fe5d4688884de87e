/*
 * deps_vet.h - inside lib/vet: a comparison of two sides under way.
 */
#ifndef GP_VET_DEPS_VET_H
#define GP_VET_DEPS_VET_H

#include "lib/vet/deps_in.h"

/* One side: the entries of all its files, and where to find a name among them. */
struct gp_deps_side {
	struct gp_deps all;
	const struct gp_dep **sorted; /* by ecosystem, name, version */
	size_t *from;                 /* of file i: all.v[from[i]] up to from[i + 1] */
	bool *unread;
};

struct gp_deps_vetting {
	struct gp_findings *out;
	const struct gp_deps_input *in;
	struct gp_deps_side old, new;
	size_t first;         /* findings before it are not of this vetting */
	size_t compared;      /* names held against others */
	bool digests;         /* most of what the file at hand fetches has digests */
	struct gp_list hosts; /* "ecosystem scheme://host" of the old side */
};

/* The entries of that name, in order of version: *n of them from the result on. */
const struct gp_dep **gp_deps_named(size_t *n, const struct gp_deps_side *s, const char *ecosystem,
                                    const char *name);

/* Whether a file differs between the sides. */
bool gp_deps_changed(const struct gp_deps_input *in, size_t file);

/* Where an entry stands in its file; 0: not to be found. */
size_t gp_deps_line(const struct gp_deps_vetting *v, const struct gp_dep *d);

/* Adds a finding about an entry; shown is what stands for it, of which control characters and
 * credentials are taken out. One that is there already is not added again. */
void gp_deps_say(struct gp_deps_vetting *v, const struct gp_dep *d, const char *rule, bool blocks,
                 const char *what, const char *shown);
/* The same, shown being ecosystem, name, version and source. */
void gp_deps_say_of(struct gp_deps_vetting *v, const struct gp_dep *d, const char *rule,
                    bool blocks, const char *what);

/* Names that look like others, when d's is new. */
void gp_deps_lookalike(struct gp_deps_vetting *v, const struct gp_dep *d);

/* Where an entry of a lock file, or an index, is fetched from. */
void gp_deps_origin(struct gp_deps_vetting *v, const struct gp_dep *d);

/* Whether its source is the usual place of its ecosystem. */
bool gp_deps_registry(const struct gp_dep *d);

/* Adds what could be asked online about an entry of the new side to the input's questions: of a new
 * name of people's whether there is such, of a version that was not there its advisories. */
void gp_deps_ask(struct gp_deps_vetting *v, const struct gp_dep *d, bool is_new);

/* Notes the hosts of the old side: a registry of one's own is no surprise. */
void gp_deps_note_hosts(struct gp_deps_vetting *v);
/* Sets v->digests for a file of the new side. */
void gp_deps_note_digests(struct gp_deps_vetting *v, size_t file);

/* Whether two sets of digests, apart by spaces, may be of the same thing: they have one in common,
 * or are of different kinds. */
bool gp_deps_digests_agree(const char *a, const char *b);

/* An entry of a lock file: digests, origins, install scripts. */
void gp_deps_locked(struct gp_deps_vetting *v, const struct gp_dep *d);

/* What manifests and locks say about each other, where the change made it so. */
void gp_deps_agree(struct gp_deps_vetting *v);

/* New names in the lock file that nothing asked for or needs. */
void gp_deps_orphans(struct gp_deps_vetting *v, size_t file);

#endif
