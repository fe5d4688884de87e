#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine.h"

void gp_kept_images_clear(struct gp_kept_images *k)
{
	for (size_t i = 0; i < k->n; i++) {
		gp_free(k->v[i].id);
		gp_list_clear(&k->v[i].names);
	}
	gp_free(k->v);
	*k = (struct gp_kept_images){0};
}

/* podman puts a host before the names it is given. */
static bool is_name(const char *name, const char *repository)
{
	const char *at = name ? strstr(name, repository) : NULL;

	return at && gp_image_valid(name) && (at == name || at[-1] == '/') &&
	       at[strlen(repository)] == ':';
}

static void take_names(struct gp_kept_image *to, const struct cJSON *image)
{
	for (struct cJSON *c = gp_json_first(gp_json_get(image, "RepoTags")); c;
	     c = gp_json_next(c)) {
		const char *name = gp_json_text(c);
		bool setup = is_name(name, GP_ENGINE_SETUPS);

		to->setup = to->setup || setup;
		if (setup || is_name(name, GP_ENGINE_LAYERS))
			gp_list_add(&to->names, name);
	}
}

static int oldest_first(const void *a, const void *b)
{
	long long x = ((const struct gp_kept_image *)a)->created,
		  y = ((const struct gp_kept_image *)b)->created;

	return x < y ? -1 : x > y;
}

static long long size_of(const struct cJSON *all, const char *id)
{
	for (struct cJSON *c = gp_json_first(all); id && *id && c; c = gp_json_next(c)) {
		const char *other = gp_json_str(c, "Id");
		const char *colon = other ? strchr(other, ':') : NULL;

		/* podman leaves the algorithm out of a parent's */
		if (other && (strcmp(other, id) == 0 || (colon && strcmp(colon + 1, id) == 0)))
			return gp_json_int(c, "Size", 0);
	}
	return -1;
}

static long long own_size(const struct cJSON *all, const struct cJSON *image, long long base)
{
	long long below = size_of(all, gp_json_str(image, "ParentId"));
	long long size = gp_json_int(image, "Size", 0) - (below < 0 ? base : below);

	return size > 0 ? size : 0;
}

int gp_engine_kept(struct gp_kept_images *out, struct gp_slice json, const char *owner,
                   long long base)
{
	gp_auto_json struct cJSON *j = NULL;
	int e = gp_json_parse(&j, json);

	if (e)
		return e;
	out->v = gp_alloc((gp_json_count(j) + 1) * sizeof(*out->v));
	for (struct cJSON *c = gp_json_first(j); c; c = gp_json_next(c)) {
		const char *id = gp_json_str(c, "Id");
		const char *of = gp_json_str(gp_json_get(c, "Labels"), GP_ENGINE_OWNER);
		struct gp_kept_image *to = &out->v[out->n];

		if (!id || !gp_image_valid(id))
			continue;
		*to = (struct gp_kept_image){.id = gp_strdup(id),
		                             .created = gp_json_int(c, "Created", 0),
		                             .size = own_size(j, c, base),
		                             .mine = of && strcmp(of, owner) == 0};
		take_names(to, c);
		if (!to->names.n)
			gp_list_add(&to->names, id);
		out->n++;
	}
	qsort(out->v, out->n, sizeof(*out->v), oldest_first);
	return 0;
}
