#include <string.h>

#include "lib/sandbox/engine_run.h"

static void forget(struct gp_engine *e)
{
	gp_str_clear(&e->spare);
	gp_str_clear(&e->spare_of);
}

static void on_spare(void *ctx, struct gp_call_result *a)
{
	struct gp_engine *e = ctx;

	if (a->code)
		forget(e);
}

/* Only when there was a run before: whoever runs twice runs again. */
void gp_engine_spare(struct gp_run *r)
{
	struct gp_engine *e = r->s->engine;
	gp_auto(gp_buf) name = {0}, path = {0};

	if (e->spare || e->spare_call || e->runs < 2 || !r->layer)
		return;
	gp_buf_cut(&e->spare_body, 0);
	gp_engine_container(&e->spare_body, r->s, r->image, false);
	gp_engine_name(&name);
	gp_buf_fmt(&path, "/containers/create?name=%s", gp_buf_text(&name));
	e->spare = gp_buf_take(&name);
	e->spare_of = gp_strdup(r->image);
	if (gp_engine_call(&e->spare_call, e, r->l,
	                   &(struct gp_call_spec){.method = "POST",
	                                          .path = gp_buf_text(&path),
	                                          .body = gp_buf_all(&e->spare_body)},
	                   on_spare, e))
		forget(e);
}

bool gp_engine_take_spare(struct gp_run *r)
{
	struct gp_engine *e = r->s->engine;

	if (!e->spare || e->spare_call || strcmp(e->spare_of, r->image) != 0)
		return false;
	r->name = e->spare;
	e->spare = NULL;
	forget(e);
	return true;
}
