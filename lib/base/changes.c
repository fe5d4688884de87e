#include "lib/base/changes.h"

#include <stdlib.h>
#include <string.h>

struct gp_change *gp_changes_get(const struct gp_changes *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].path, path) == 0)
			return &c->v[i];
	return NULL;
}

void gp_changes_set(struct gp_changes *c, const char *path, unsigned mode, struct gp_slice content)
{
	struct gp_change *e = gp_changes_get(c, path);

	if (!e) {
		if (c->n == c->cap) {
			c->cap = c->cap ? 2 * c->cap : 8;
			c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
		}
		e = &c->v[c->n++];
		*e = (struct gp_change){.path = gp_strdup(path)};
	}
	e->mode = mode;
	e->content.n = 0;
	e->content.max = SIZE_MAX / 2;
	if (mode)
		gp_buf_slice(&e->content, content);
}

void gp_changes_lay(struct gp_changes *c, const struct gp_changes *over)
{
	for (size_t i = 0; i < over->n; i++)
		gp_changes_set(c, over->v[i].path, over->v[i].mode,
		               gp_buf_all(&over->v[i].content));
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct gp_change *)a)->path, ((const struct gp_change *)b)->path);
}

void gp_changes_sort(struct gp_changes *c)
{
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_path);
}

void gp_changes_clear(struct gp_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		gp_free(c->v[i].path);
		gp_buf_clear(&c->v[i].content);
	}
	gp_free(c->v);
	*c = (struct gp_changes){0};
}
