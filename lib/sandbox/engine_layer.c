#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine_run.h"

static char *layer_image(const char *layer)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, GP_ENGINE_LAYERS ":%s", layer);
	return gp_buf_take(&name);
}

static bool layer_valid(const char *layer)
{
	size_t n = strspn(layer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n <= 100 && layer[n] == 0;
}

static int begin_run(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	if (r->ahead)
		gp_engine_upload(r);
	else
		gp_engine_create(r);
	return 0;
}

static int check_spec(const struct gp_sandbox *s, const struct gp_run_spec *spec)
{
	if (spec->setup)
		return gp_fail(GP_INVALID, "%s sets up by prepare", s->kind->name);
	return !spec->layer || layer_valid(spec->layer)
	               ? 0
	               : gp_fail(GP_INVALID, "cannot name a layer '%s'", spec->layer);
}

int gp_engine_start(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                    const struct gp_run_spec *spec,
                    void (*done)(void *ctx, struct gp_run_result *r), void *ctx)
{
	gp_auto_str char *image =
		spec->layer ? layer_image(spec->layer) : gp_strdup(s->engine->image_id);
	struct gp_run *r;
	int e = check_spec(s, spec);

	if (e)
		return gp_within(e, "cannot start a sandbox");
	r = spec->layer ? gp_engine_take_spare(s->engine, l, image) : NULL;
	if (!r)
		r = gp_alloc(sizeof(*r));
	e = gp_engine_fill(r, s, l, spec, done, ctx);
	if (!e && !spec->layer)
		e = gp_engine_pack_tree(r, spec->tree, spec->scratch);
	if (e) {
		gp_engine_discard(&r);
		return gp_within(GP_FAILED, "cannot start a sandbox");
	}
	if (!r->image)
		r->image = gp_strdup(image);
	s->engine->runs++;
	/* one that is still being made goes on by itself */
	if (!r->ahead || r->ready)
		r->timer = gp_loop_after(l, 0, begin_run, r);
	*out = r;
	return 0;
}

static void on_layer(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;

	if (a->code == 0) {
		r->r.exit = 0;
		gp_engine_conclude(r);
	} else if (a->code != GP_NOTFOUND || gp_engine_pack_tree(r, r->tree, r->scratch)) {
		gp_engine_fail(r);
	} else {
		gp_engine_create(r);
	}
}

static int begin_layer(void *ctx)
{
	struct gp_run *r = ctx;
	gp_auto_str char *image = layer_image(r->layer);
	gp_auto(gp_buf) path = {0};

	r->timer = 0;
	gp_engine_sweep(r->s->engine, r->l);
	gp_buf_fmt(&path, "/images/%s/json", image);
	gp_engine_step(r, &(struct gp_call_spec){.method = "GET", .path = gp_buf_text(&path)},
	               on_layer);
	return 0;
}

int gp_engine_prepare(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                      const struct gp_run_spec *spec,
                      void (*done)(void *ctx, struct gp_run_result *r), void *ctx)
{
	struct gp_run *r;
	int e;

	if (!spec->layer || !layer_valid(spec->layer))
		return gp_fail(GP_INVALID, "cannot prepare a layer: it needs a name");
	r = gp_alloc(sizeof(*r));
	e = gp_engine_fill(r, s, l, spec, done, ctx);
	if (e) {
		gp_engine_discard(&r);
		return gp_within(e, "cannot prepare a layer");
	}
	r->setup = true;
	r->network = spec->network;
	r->tree = gp_strdup(spec->tree);
	r->scratch = gp_strdup(spec->scratch);
	r->image = gp_strdup(s->engine->image_id);
	r->timer = gp_loop_after(l, 0, begin_layer, r);
	*out = r;
	return 0;
}
