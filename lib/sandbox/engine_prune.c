#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine.h"

/* An image of ours; size: without that of the image it was made from, which is not. */
struct layer {
	const char *id;
	long long created, size;
};

static int oldest_first(const void *a, const void *b)
{
	long long x = ((const struct layer *)a)->created, y = ((const struct layer *)b)->created;

	return x < y ? -1 : x > y;
}

static int ask(struct cJSON **out, const struct gp_engine *e, const char *path)
{
	struct gp_call_result a;
	int code = gp_engine_ask(&a, e, &(struct gp_call_spec){.method = "GET", .path = path});

	if (!code)
		code = gp_json_parse(out, gp_buf_all(&a.text));
	gp_call_result_clear(&a);
	return code;
}

static long long base_size(const struct gp_engine *e)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) path = {0};

	gp_buf_str(&path, "/images/");
	gp_url_escape(&path, e->image_id);
	gp_buf_str(&path, "/json");
	return ask(&j, e, gp_buf_text(&path)) ? 0 : gp_json_int(j, "Size", 0);
}

/* An engine keeps an image that a container uses; that one is not freed. */
static bool remove_layer(const struct gp_engine *e, const char *id)
{
	gp_auto(gp_buf) path = {0};
	struct gp_call_result a;
	int code;

	gp_buf_str(&path, "/images/");
	gp_url_escape(&path, id);
	code = gp_engine_ask(
		&a, e, &(struct gp_call_spec){.method = "DELETE", .path = gp_buf_text(&path)});
	gp_call_result_clear(&a);
	return code == 0;
}

static void prune(const struct gp_engine *e, struct layer *v, size_t n, struct gp_prune *p)
{
	for (size_t i = 0; i < n; i++)
		p->kept += v[i].size;
	for (size_t i = 0; i < n; i++) {
		if (v[i].created >= p->since && (p->bytes < 0 || p->kept <= p->bytes))
			continue;
		if (!p->dry && !remove_layer(e, v[i].id))
			continue;
		p->kept -= v[i].size;
		p->freed += v[i].size;
		p->images++;
	}
}

void gp_engine_prune(struct gp_sandbox *s, struct gp_prune *p)
{
	const struct gp_engine *e = s->engine;
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) path = {0};
	long long base = base_size(e);
	struct layer *v;
	size_t n = 0;

	gp_buf_str(&path, "/images/json?filters=");
	gp_url_escape(&path, "{\"label\":[\"" GP_ENGINE_LABEL "=layer\"]}");
	if (ask(&j, e, gp_buf_text(&path)))
		return;
	v = gp_alloc((gp_json_count(j) + 1) * sizeof(*v));
	for (struct cJSON *c = gp_json_first(j); c; c = gp_json_next(c)) {
		long long size = gp_json_int(c, "Size", 0) - base;

		if (gp_json_str(c, "Id"))
			v[n++] = (struct layer){gp_json_str(c, "Id"), gp_json_int(c, "Created", 0),
			                        size > 0 ? size : 0};
	}
	qsort(v, n, sizeof(*v), oldest_first);
	prune(e, v, n, p);
	gp_free(v);
}
