#include <stdlib.h>
#include <string.h>

#include "lib/vet/deps_vet.h"

/* A walk from what is asked for along the needs of a lock file. */
struct reach {
	const struct gp_deps_vetting *v;
	size_t file;
	const char **names; /* sorted, each once */
	bool *reached;
	size_t *queue;
	size_t n, queued;
	const struct gp_dep_edge **edges, **was; /* of the file, new and old side, sorted */
	size_t nedges, nwas;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_ends(const void *a, const void *b)
{
	const struct gp_dep_edge *x = *(const struct gp_dep_edge *const *)a;
	const struct gp_dep_edge *y = *(const struct gp_dep_edge *const *)b;
	int d = strcmp(x->from, y->from);

	return d ? d : strcmp(x->to, y->to);
}

static const struct gp_dep_edge **edges_of(size_t *n, const struct gp_deps *d, size_t file)
{
	const struct gp_dep_edge **v = gp_alloc((d->nedges + 1) * sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < d->nedges; i++)
		if (d->edges[i].file == file)
			v[(*n)++] = &d->edges[i];
	if (*n)
		qsort(v, *n, sizeof(*v), by_ends);
	return v;
}

static void mark(struct reach *r, const char *name)
{
	const char **at = r->n ? bsearch(&name, r->names, r->n, sizeof(*r->names), by_text) : NULL;

	if (!at || r->reached[at - r->names])
		return;
	r->reached[at - r->names] = true;
	r->queue[r->queued++] = (size_t)(at - r->names);
}

static void note_names(struct reach *r)
{
	const struct gp_deps_side *s = &r->v->new;
	size_t n = 0, room = s->from[r->file + 1] - s->from[r->file] + 1;

	r->names = gp_alloc(room * sizeof(*r->names));
	r->reached = gp_alloc(room * sizeof(*r->reached));
	r->queue = gp_alloc(room * sizeof(*r->queue));
	for (size_t i = s->from[r->file]; i < s->from[r->file + 1]; i++)
		if (s->all.v[i].where == GP_DEP_LOCK)
			r->names[n++] = s->all.v[i].name;
	if (n)
		qsort(r->names, n, sizeof(*r->names), by_text);
	for (size_t i = 0; i < n; i++)
		if (!r->n || strcmp(r->names[r->n - 1], r->names[i]) != 0)
			r->names[r->n++] = r->names[i];
}

/* Where it begins: what people ask for, what the lock has as asked for, what was there. */
static void note_roots(struct reach *r)
{
	const struct gp_deps_side *old = &r->v->old, *new = &r->v->new;

	for (size_t i = 0; i < new->all.n; i++) {
		const struct gp_dep *d = &new->all.v[i];

		if (d->where == GP_DEP_MANIFEST ||
		    (d->where == GP_DEP_LOCK && d->file == r->file && d->from == GP_DEP_PATH) ||
		    (d->where == GP_DEP_ECHO && d->file == r->file && !d->unlocked))
			mark(r, d->name);
	}
	for (size_t i = old->from[r->file]; i < old->from[r->file + 1]; i++)
		if (old->all.v[i].where == GP_DEP_LOCK)
			mark(r, old->all.v[i].name);
}

static bool had_version(const struct reach *r, const struct gp_dep_edge *e)
{
	const struct gp_dep *first = r->v->new.from[r->file] < r->v->new.all.n
	                                     ? &r->v->new.all.v[r->v->new.from[r->file]]
	                                     : NULL;
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &r->v->old, first->ecosystem, e->from);

	for (size_t i = 0; i < n; i++)
		if (old[i]->file == r->file && old[i]->where == GP_DEP_LOCK &&
		    old[i]->from != GP_DEP_PATH && strcmp(old[i]->version, e->version) == 0)
			return true;
	return false;
}

/* A version that is as it was needs what it needed: a need that has come to it was written in. */
static bool holds(const struct reach *r, const struct gp_dep_edge *e)
{
	return !had_version(r, e) ||
	       (r->nwas && bsearch(&e, r->was, r->nwas, sizeof(*r->was), by_ends));
}

static void follow(struct reach *r, const char *name)
{
	size_t low = 0, high = r->nedges;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->edges[mid]->from, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < r->nedges && strcmp(r->edges[low]->from, name) == 0; low++)
		if (holds(r, r->edges[low]))
			mark(r, r->edges[low]->to);
}

/* Whether a lock without needs changed along with something that explains it. */
static bool is_explained(const struct reach *r, const char *ecosystem)
{
	const struct gp_deps_side *new = &r->v->new;

	for (size_t i = 0; i < new->all.n; i++)
		if (new->all.v[i].where == GP_DEP_MANIFEST &&
		    strcmp(new->all.v[i].ecosystem, ecosystem) == 0 &&
		    gp_deps_changed(r->v->in, new->all.v[i].file))
			return true;
	return !r->v->in->files[r->file].old.p;
}

static void say_orphans(struct gp_deps_vetting *v, const struct reach *r, bool needs)
{
	for (size_t i = v->new.from[r->file]; i < v->new.from[r->file + 1]; i++) {
		const struct gp_dep *d = &v->new.all.v[i];
		const char **at;

		if (d->where != GP_DEP_LOCK || d->from == GP_DEP_PATH)
			continue;
		at = bsearch(&d->name, r->names, r->n, sizeof(*r->names), by_text);
		if (at && !r->reached[at - r->names])
			gp_deps_say_of(
				v, d, "dep-lock-mismatch", needs,
				needs ? "in the lock file, but nothing asks for it or needs it"
				      : "in the lock file, and no manifest has changed");
	}
}

static bool has_manifest(const struct gp_deps_vetting *v, const char *ecosystem)
{
	for (size_t i = 0; i < v->new.all.n; i++)
		if (v->new.all.v[i].where == GP_DEP_MANIFEST &&
		    strcmp(v->new.all.v[i].ecosystem, ecosystem) == 0)
			return true;
	return false;
}

void gp_deps_orphans(struct gp_deps_vetting *v, size_t file)
{
	struct reach r = {.v = v, .file = file};
	const char *ecosystem = NULL;

	for (size_t i = v->new.from[file]; !ecosystem &&i < v->new.from[file + 1]; i++)
		if (v->new.all.v[i].where == GP_DEP_LOCK)
			ecosystem = v->new.all.v[i].ecosystem;
	/* without a manifest nothing is known of what is asked for */
	if (!ecosystem || !has_manifest(v, ecosystem))
		return;
	r.edges = edges_of(&r.nedges, &v->new.all, file);
	r.was = edges_of(&r.nwas, &v->old.all, file);
	note_names(&r);
	note_roots(&r);
	for (size_t i = 0; i < r.queued; i++)
		follow(&r, r.names[r.queue[i]]);
	if (r.nedges || !is_explained(&r, ecosystem))
		say_orphans(v, &r, r.nedges > 0);
	gp_free(r.edges);
	gp_free(r.was);
	gp_free(r.names);
	gp_free(r.reached);
	gp_free(r.queue);
}
