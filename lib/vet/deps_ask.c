#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_names.h"
#include "lib/vet/deps_vet.h"
#include "lib/vet/online.h"

#define QUESTIONS 2000

/* One version and no range, as far as the ecosystem has it so; "" else. */
static struct gp_slice exact(const struct gp_dep *d)
{
	struct gp_slice s = gp_slice(d->version);

	/* "1.2" means from there on to Cargo */
	if (d->where != GP_DEP_LOCK && strcmp(d->ecosystem, CARGO) == 0)
		return (struct gp_slice){"", 0};
	while (s.n && (*s.p == '=' || *s.p == ' ')) {
		s.p++;
		s.n--;
	}
	if (!s.n || !(isdigit((unsigned char)*s.p) || *s.p == 'v') || s.n > 100)
		return (struct gp_slice){"", 0};
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr(".-+_!", s.p[i]))
			return (struct gp_slice){"", 0};
	return s;
}

static bool has_version(const struct gp_deps_side *s, const struct gp_dep *d, struct gp_slice v)
{
	size_t n;
	const struct gp_dep **same = gp_deps_named(&n, s, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (gp_slice_eq(exact(same[i]), v))
			return true;
	return false;
}

static bool is_locked(const struct gp_deps_side *s, const struct gp_dep *d)
{
	size_t n;
	const struct gp_dep **same = gp_deps_named(&n, s, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (same[i]->where == GP_DEP_LOCK)
			return true;
	return false;
}

/* Whether names of its kind are looked up in another place than the registry. */
static bool is_elsewhere(const struct gp_deps_vetting *v, const struct gp_dep *d)
{
	if (d->source && d->where == GP_DEP_LOCK && strchr(d->source, ':') && !gp_deps_registry(d))
		return true;
	for (size_t i = 0; i < v->new.all.n; i++)
		if (v->new.all.v[i].where == GP_DEP_INDEX &&
		    strcmp(v->new.all.v[i].ecosystem, d->ecosystem) == 0 &&
		    !gp_deps_registry(&v->new.all.v[i]))
			return true;
	return false;
}

static bool asked(const struct gp_dep_questions *q, const struct gp_dep *d, struct gp_slice version)
{
	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->v[i].name, d->name) == 0 &&
		    strcmp(q->v[i].ecosystem, d->ecosystem) == 0 &&
		    gp_slice_is(version, q->v[i].version))
			return true;
	return false;
}

static void ask(struct gp_deps_vetting *v, const struct gp_dep *d, bool is_new,
                struct gp_slice version)
{
	struct gp_dep_questions *q = v->in->questions;

	if (asked(q, d, version))
		return;
	if (q->n == QUESTIONS) {
		q->left_out++;
		return;
	}
	q->v = gp_realloc(q->v, (q->n + 1) * sizeof(*q->v));
	q->v[q->n++] = (struct gp_dep_question){
		.ecosystem = d->ecosystem,
		.name = gp_strdup(d->name),
		.version = gp_strndup(version.n ? version.p : "", version.n),
		.path = gp_strdup(v->in->files[d->file].path),
		/* a lock file is long, and nobody reads it by the line */
		.line = d->where == GP_DEP_LOCK ? d->line : gp_deps_line(v, d),
		.is_new = is_new,
		.elsewhere = is_elsewhere(v, d),
	};
}

void gp_deps_ask(struct gp_deps_vetting *v, const struct gp_dep *d, bool is_new)
{
	struct gp_slice version = exact(d);
	bool people = d->where == GP_DEP_MANIFEST || d->where == GP_DEP_SCRIPT;

	if (!v->in->questions || d->from != GP_DEP_REGISTRY || !gp_registry_of(d->ecosystem) ||
	    (!people && d->where != GP_DEP_LOCK))
		return;
	/* the lock says which version it is */
	if ((people && is_locked(&v->new, d)) || has_version(&v->old, d, version))
		version.n = 0;
	is_new &= people && !gp_popular_has(v->in->popular, d->ecosystem, d->name);
	if (is_new || version.n)
		ask(v, d, is_new, version);
}
