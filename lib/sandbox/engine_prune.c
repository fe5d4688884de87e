#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine.h"

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
static bool remove_layer(const struct gp_engine *e, const struct gp_kept_image *image)
{
	bool gone = true;

	for (size_t i = 0; i < image->names.n; i++) {
		gp_auto(gp_buf) path = {0};
		struct gp_call_result a;

		gp_buf_fmt(&path, "/images/%s", image->names.v[i]);
		gone = gp_engine_ask(&a, e,
		                     &(struct gp_call_spec){.method = "DELETE",
		                                            .path = gp_buf_text(&path)}) == 0;
		gp_call_result_clear(&a);
	}
	return gone;
}

static bool goes(const struct gp_kept_image *image, const struct gp_prune *p)
{
	if (!image->mine)
		return image->created < gp_wall_s() - GP_ENGINE_OLD_S;
	return image->created < p->since || (p->bytes >= 0 && p->kept > p->bytes);
}

static void prune(const struct gp_engine *e, const struct gp_kept_images *k, struct gp_prune *p)
{
	for (size_t i = 0; i < k->n; i++)
		p->kept += k->v[i].mine ? k->v[i].size : 0;
	for (size_t i = 0; i < k->n; i++) {
		const struct gp_kept_image *image = &k->v[i];

		if (!goes(image, p) || (!p->dry && !remove_layer(e, image)))
			continue;
		p->kept -= image->mine ? image->size : 0;
		p->freed += image->size;
		p->images++;
	}
}

void gp_engine_prune(struct gp_sandbox *s, struct gp_prune *p)
{
	const struct gp_engine *e = s->engine;
	gp_auto(gp_kept_images) kept = {0};
	gp_auto(gp_buf) path = {0};
	struct gp_call_result a;

	gp_buf_str(&path, "/images/json?filters=");
	gp_url_escape(&path, "{\"label\":[\"" GP_ENGINE_LABEL "=layer\"]}");
	if (gp_engine_ask(&a, e,
	                  &(struct gp_call_spec){.method = "GET", .path = gp_buf_text(&path)}) ==
	            0 &&
	    gp_engine_kept(&kept, gp_buf_all(&a.text), e->owner, base_size(e)) == 0)
		prune(e, &kept, p);
	gp_call_result_clear(&a);
}
