#include <string.h>

#include "lib/sandbox/engine_run.h"

/* Its loop may be gone: then its calls are, and it has no timers. */
static bool is_alive(const struct gp_run *spare, const struct gp_loop *l)
{
	return spare->l == l && (spare->step || spare->attach);
}

/* Only when there was a run before: whoever runs twice runs again. */
void gp_engine_spare(struct gp_run *r)
{
	struct gp_engine *e = r->s->engine;
	struct gp_run *spare;

	if (e->runs < 2 || !r->layer || r->setup || r->joint)
		return;
	if (e->spare && is_alive(e->spare, r->l) && strcmp(e->spare->image, r->image) == 0)
		return;
	if (e->spare)
		gp_engine_discard(&e->spare);
	spare = gp_alloc(sizeof(*spare));
	*spare = (struct gp_run){.kind = r->kind,
	                         .s = r->s,
	                         .l = r->l,
	                         .image = gp_strdup(r->image),
	                         .ahead = true,
	                         .idle = true};
	e->spare = spare;
	gp_engine_create(spare);
}

struct gp_run *gp_engine_take_spare(struct gp_engine *e, struct gp_loop *l, const char *image)
{
	struct gp_run *spare = e->spare;

	if (!spare || strcmp(spare->image, image) != 0)
		return NULL;
	if (!is_alive(spare, l)) {
		gp_engine_discard(&e->spare);
		return NULL;
	}
	e->spare = NULL;
	return spare;
}
