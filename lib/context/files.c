#include "lib/context/choose.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 500000
/* Large enough to be mapped, so that it grows without a copy and leaves no holes behind. */
#define FIRST_CAP 2048

uint64_t gp_oid_key(const char *hex)
{
	char first[17] = {0};

	memcpy(first, hex, strnlen(hex, 16));
	return strtoull(first, NULL, 16);
}

struct listing {
	struct gp_candidates *out;
	const struct gp_context_options *o;
	const struct gp_test_paths *tests;
};

static int add_entry(void *ctx, const struct gp_entry *e)
{
	struct listing *l = ctx;
	struct gp_candidates *c = l->out;

	if (!gp_may_show(l->o, e->path, e->mode) || c->n == FILES_MAX)
		return 0;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : FIRST_CAP;
		c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = (struct gp_candidate){
		.path = gp_strdup(e->path),
		.oid = e->oid,
		.key = gp_oid_key(e->oid.hex),
		.kind = gp_name_kind(e->path),
		.test = gp_is_test_path(l->tests, e->path),
	};
	return 0;
}

int gp_candidates_list(struct gp_candidates *out, const struct gp_context_options *o)
{
	const struct gp_test_paths usual = {.globs = {0}};
	struct listing l = {out, o, o->project ? &o->project->paths : &usual};

	return gp_repo_walk(o->repo, &o->tree, add_entry, &l);
}

void gp_candidates_clear(struct gp_candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		gp_free(c->v[i].path);
	gp_free(c->v);
	gp_free(c->ranked);
	*c = (struct gp_candidates){0};
}
