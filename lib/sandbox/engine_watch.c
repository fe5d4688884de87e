#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine_run.h"

enum { EVERY_MS = 500, ALL_FILES = 4 };

static int on_time(void *ctx);

static void on_size(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) why = {0};
	long long size = 0;

	if (r->over || r->waited || r->r.infra || r->r.timed_out)
		return;
	if (!a->code && gp_json_parse(&j, gp_buf_all(&a->text)) == 0)
		size = gp_json_int(j, "SizeRw", 0);
	if (size <= r->s->disk * ALL_FILES) {
		r->size_timer = gp_loop_after(r->l, EVERY_MS, on_time, r);
		return;
	}
	gp_buf_fmt(&r->r.infra_text, "too much written to disk (limit %lld bytes)",
	           r->s->disk * ALL_FILES);
	r->r.infra = gp_buf_text(&r->r.infra_text);
	gp_engine_end_container(r);
}

static int on_time(void *ctx)
{
	struct gp_run *r = ctx;
	gp_auto(gp_buf) path = {0};

	r->size_timer = 0;
	gp_buf_fmt(&path, "/containers/%s/json?size=true", r->name);
	/* a look that fails is not made again; the run itself goes on */
	gp_engine_call(&r->size, r->s->engine, r->l,
	               &(struct gp_call_spec){.method = "GET", .path = gp_buf_text(&path)}, on_size,
	               r);
	return 0;
}

void gp_engine_watch(struct gp_run *r)
{
	if (!r->setup)
		r->size_timer = gp_loop_after(r->l, EVERY_MS, on_time, r);
}
