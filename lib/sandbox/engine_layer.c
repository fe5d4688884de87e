#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine_run.h"

enum { MOVE_MS = 120000 };

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
	r = spec->layer && spec->terminal <= 0 ? gp_engine_take_spare(s->engine, l, image) : NULL;
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

static void make_anew(struct gp_run *r)
{
	if (gp_engine_pack_tree(r, r->tree, r->scratch))
		gp_engine_fail(r);
	else
		gp_engine_create(r);
}

/* Whatever has gone wrong, setup itself is the other way to the same layer. */
static void on_moved(void *ctx, struct gp_run_result *result)
{
	struct gp_run *r = ctx;

	r->inner = NULL;
	if (result->exit == 0 && !result->infra) {
		r->r.exit = 0;
		gp_engine_conclude(r);
	} else {
		make_anew(r);
	}
}

/* The changes of a run are laid over its tree: so is what another tree has otherwise. 0 or a code:
 * nothing has begun. */
static int begin_move(struct gp_run *r, const char *image, const struct gp_changes *changes)
{
	const struct gp_run_spec spec = {.layer = r->layer,
	                                 .changes = changes,
	                                 .command = "true",
	                                 .deadline_ms = r->deadline_ms < MOVE_MS ? r->deadline_ms
	                                                                         : MOVE_MS};
	struct gp_run *inner = gp_alloc(sizeof(*inner));
	int e = gp_engine_fill(inner, r->s, r->l, &spec, on_moved, r);

	if (e) {
		gp_engine_discard(&inner);
		return e;
	}
	inner->setup = true;
	inner->image = gp_strdup(image);
	inner->moves = r->moves;
	inner->moved = true;
	inner->timer = gp_loop_after(r->l, 0, begin_run, inner);
	r->inner = inner;
	return 0;
}

/* What a file is converted to is a matter of attributes, of other files too. */
static bool converts(const struct gp_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *slash = strrchr(c->v[i].path, '/');

		if (strcmp(slash ? slash + 1 : c->v[i].path, ".gitattributes") == 0)
			return true;
	}
	return false;
}

static bool tree_valid(const char *tree)
{
	size_t n = tree ? strspn(tree, "0123456789abcdef") : 0;

	return n > 0 && n <= 64 && tree[n] == 0;
}

/* Whether a move has begun from the image that the engine tells of. */
static bool moves_from(struct gp_run *r, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_changes) changes = {0};
	const char *tree, *id;

	if (gp_json_parse(&j, text))
		return false;
	tree = gp_json_str(gp_json_get(gp_json_get(j, "Config"), "Labels"), GP_ENGINE_TREE);
	id = gp_json_str(j, "Id");
	return tree_valid(tree) && id && gp_image_valid(id) &&
	       r->moves->changes(r->moves->ctx, &changes, tree) == 0 && !converts(&changes) &&
	       begin_move(r, id, &changes) == 0;
}

static void on_setup(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;

	if (a->code && a->code != GP_NOTFOUND)
		gp_engine_fail(r);
	else if (a->code || !moves_from(r, gp_buf_all(&a->text)))
		make_anew(r);
}

static void on_layer(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	gp_auto(gp_buf) path = {0};

	if (a->code == 0) {
		r->r.exit = 0;
		gp_engine_conclude(r);
	} else if (a->code != GP_NOTFOUND) {
		gp_engine_fail(r);
	} else if (r->moves) {
		gp_buf_fmt(&path, "/images/" GP_ENGINE_SETUPS ":%s/json", r->moves->setup);
		gp_engine_step(r,
		               &(struct gp_call_spec){.method = "GET", .path = gp_buf_text(&path)},
		               on_setup);
	} else {
		make_anew(r);
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

	if (!spec->layer || !layer_valid(spec->layer) ||
	    (spec->moves && (!layer_valid(spec->moves->setup) || !tree_valid(spec->moves->tree))))
		return gp_fail(GP_INVALID, "cannot prepare a layer: it needs a name");
	r = gp_alloc(sizeof(*r));
	e = gp_engine_fill(r, s, l, spec, done, ctx);
	if (e) {
		gp_engine_discard(&r);
		return gp_within(e, "cannot prepare a layer");
	}
	r->setup = true;
	r->moves = spec->moves;
	r->network = spec->network;
	r->tree = gp_strdup(spec->tree);
	r->scratch = gp_strdup(spec->scratch);
	r->image = gp_strdup(s->engine->image_id);
	r->timer = gp_loop_after(l, 0, begin_layer, r);
	*out = r;
	return 0;
}
