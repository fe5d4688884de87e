#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/preview/online.h"

#define FILE_MAX ((size_t)8 << 20)
#define KEPT 20000

void gp_online_advise(struct gp_online_answer *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].id, id) == 0)
			return;
	a->v = gp_realloc(a->v, (a->n + 1) * sizeof(*a->v));
	a->v[a->n++] = (struct gp_known_advisory){.id = gp_strdup(id)};
}

static int path_of(struct gp_buf *out, struct gp_repo *r)
{
	const char *folder = gp_repo_folder(r);

	return folder ? gp_buf_fmt(out, "%s/online.json", folder) : GP_FAILED;
}

void gp_online_cache_open(struct gp_online_cache *c, const struct gp_vet_options *o)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = FILE_MAX};

	*c = (struct gp_online_cache){
		.repo = o->repo,
		.now_s = gp_wall_s(),
		.keep_s = gp_conf_int(o->conf, "vet.online-hours") * 3600,
	};
	if (path_of(&path, o->repo) == 0 &&
	    gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), FILE_MAX, true) == 0 &&
	    gp_json_parse(&c->facts, gp_buf_all(&text)) == 0 && !gp_json_is_object(c->facts))
		gp_json_clear(&c->facts);
	if (!c->facts)
		c->facts = gp_json_object();
}

static bool is_fresh(const struct gp_online_cache *c, const struct cJSON *one)
{
	long long at = gp_json_int(one, "at", -1);

	return at >= 0 && at <= c->now_s && c->now_s - at < c->keep_s;
}

void gp_online_cache_close(struct gp_online_cache *c)
{
	gp_auto_json struct cJSON *kept = gp_json_object();
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = FILE_MAX};
	size_t n = 0;

	for (const struct cJSON *one = gp_json_first(c->facts); c->changed && one;
	     one = gp_json_next(one))
		if (is_fresh(c, one) && n++ < KEPT)
			gp_json_append(kept, gp_json_key(one), gp_json_copy(one));
	/* what cannot be kept is asked again */
	if (c->changed && path_of(&path, c->repo) == 0 && gp_json_print(&text, kept) == 0)
		gp_file_put(gp_buf_text(&path), gp_buf_all(&text), 0600);
	gp_json_clear(&c->facts);
}

static int key_of(struct gp_oid *out, const char *what, const struct gp_dep_question *q)
{
	gp_auto(gp_buf) text = {0};

	gp_buf_fmt(&text, "%s\n%s\n%s\n%s", what, q->ecosystem, q->name,
	           strcmp(what, "name") == 0 ? "" : q->version);
	return gp_repo_hash(out, gp_buf_all(&text));
}

static const struct cJSON *find(const struct gp_online_cache *c, const char *what,
                                const struct gp_dep_question *q)
{
	struct gp_oid key;
	const struct cJSON *one = key_of(&key, what, q) ? NULL : gp_json_get(c->facts, key.hex);

	return is_fresh(c, one) ? one : NULL;
}

bool gp_online_cached_name(struct gp_online_answer *a, const struct gp_online_cache *c,
                           const struct gp_dep_question *q)
{
	const struct cJSON *one = find(c, "name", q);

	a->facts.first_s = gp_json_int(one, "first", -1);
	a->facts.downloads = gp_json_int(one, "downloads", -1);
	return one != NULL;
}

bool gp_online_cached_version(struct gp_online_answer *a, const struct gp_online_cache *c,
                              const struct gp_dep_question *q)
{
	const struct cJSON *one = find(c, "version", q);
	const struct cJSON *v = gp_json_first(gp_json_get(one, "advisories"));

	for (; v; v = gp_json_next(v)) {
		const char *id = gp_json_str(v, "id"), *severity = gp_json_str(v, "severity"),
			   *fixed = gp_json_str(v, "fixed");
		struct gp_known_advisory *last;

		if (!id)
			continue;
		gp_online_advise(a, id);
		last = &a->v[a->n - 1];
		last->known = severity && fixed;
		snprintf(last->details.severity, sizeof(last->details.severity), "%s",
		         severity ? severity : "");
		snprintf(last->details.fixed, sizeof(last->details.fixed), "%s",
		         fixed ? fixed : "");
		last->details.withdrawn = gp_json_bool(v, "withdrawn", false);
	}
	return one != NULL;
}

static void put(struct gp_online_cache *c, const char *what, const struct gp_dep_question *q,
                struct cJSON *j)
{
	struct gp_oid key;

	gp_json_put_int(j, "at", c->now_s);
	if (key_of(&key, what, q) || gp_json_get(c->facts, key.hex)) {
		/* an old one stays old; it is dropped when the file is written, and asked again */
		gp_json_clear(&j);
		return;
	}
	gp_json_append(c->facts, key.hex, j);
	c->changed = true;
}

static struct cJSON *advisories(const struct gp_online_answer *a)
{
	struct cJSON *list = gp_json_array();

	for (size_t i = 0; i < a->n; i++) {
		struct cJSON *one = gp_json_object();

		gp_json_put_str(one, "id", a->v[i].id);
		if (a->v[i].known) {
			gp_json_put_str(one, "severity", a->v[i].details.severity);
			gp_json_put_str(one, "fixed", a->v[i].details.fixed);
			gp_json_put_bool(one, "withdrawn", a->v[i].details.withdrawn);
		}
		gp_json_push(list, one);
	}
	return list;
}

void gp_online_keep(struct gp_online_cache *c, const struct gp_dep_question *q,
                    const struct gp_online_answer *a)
{
	if (a->name_due && a->name_known && !a->facts.absent) {
		struct cJSON *j = gp_json_object();

		gp_json_put_int(j, "first", a->facts.first_s);
		gp_json_put_int(j, "downloads", a->facts.downloads);
		put(c, "name", q, j);
	}
	if (a->version_due && a->version_known) {
		struct cJSON *j = gp_json_object();

		gp_json_put(j, "advisories", advisories(a));
		put(c, "version", q, j);
	}
}
