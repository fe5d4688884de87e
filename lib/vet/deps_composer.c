#include <string.h>

#include "lib/vet/deps_in.h"

/* php, ext-json, lib-curl: what the machine has, not what is fetched. */
static bool is_platform(const char *name)
{
	return !strchr(name, '/');
}

static void put_table(struct gp_deps *out, const struct cJSON *table)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c))
		if (!is_platform(gp_json_key(c)))
			gp_dep_put(out, COMPOSER, GP_DEP_MANIFEST, gp_json_key(c), gp_json_text(c));
}

static void put_scripts(struct gp_deps *out, const struct cJSON *scripts)
{
	static const char *const hooks[] = {
		"pre-install-cmd",           "post-install-cmd",       "pre-update-cmd",
		"post-update-cmd",           "post-autoload-dump",     "pre-autoload-dump",
		"post-root-package-install", "post-create-project-cmd"};

	for (struct cJSON *c = gp_json_first(scripts); gp_json_is_object(scripts) && c;
	     c = gp_json_next(c)) {
		const char *text = gp_json_text(c);
		struct cJSON *one = text ? NULL : gp_json_first(c);

		do {
			const char *command = text ? text : gp_json_text(one);

			for (size_t i = 0; command && i < GP_COUNT(hooks); i++)
				if (strcmp(gp_json_key(c), hooks[i]) == 0)
					gp_dep_put(out, COMPOSER, GP_DEP_HOOK, hooks[i], command);
			gp_deps_commands(out, gp_slice(command), 0);
			one = one ? gp_json_next(one) : NULL;
		} while (one);
	}
}

static void put_repositories(struct gp_deps *out, const struct cJSON *list)
{
	if (!gp_json_is_array(list) && !gp_json_is_object(list))
		return;
	for (struct cJSON *c = gp_json_first(list); c; c = gp_json_next(c)) {
		const char *url = gp_json_str(c, "url"), *type = gp_json_str(c, "type");

		if (url && (!type || strcmp(type, "path") != 0))
			gp_dep_set(
				&gp_dep_put(out, COMPOSER, GP_DEP_INDEX, "repository", "")->source,
				gp_slice(url));
	}
}

static void put_locked(struct gp_deps *out, const struct cJSON *list)
{
	for (struct cJSON *c = gp_json_first(list); gp_json_is_array(list) && c;
	     c = gp_json_next(c)) {
		const char *name = gp_json_str(c, "name"), *version = gp_json_str(c, "version");
		const struct cJSON *dist = gp_json_get(c, "dist"),
				   *source = gp_json_get(c, "source");
		const struct cJSON *needs = gp_json_get(c, "require");
		const char *sum = gp_json_str(dist, "shasum");
		struct gp_dep *d;

		if (!name)
			continue;
		d = gp_dep_put(out, COMPOSER, GP_DEP_LOCK, name, version);
		if (gp_json_str(dist, "url") || gp_json_str(source, "url")) {
			gp_dep_source(d, GP_DEP_REGISTRY,
			              gp_json_str(dist, "url") ? gp_json_str(dist, "url")
			                                       : gp_json_str(source, "url"));
			d->from = GP_DEP_REGISTRY;
		}
		/* GitHub's archives have no sum: the commit stands for it */
		gp_dep_digest(d, sum && *sum ? sum : gp_json_str(dist, "reference"));
		for (struct cJSON *n = gp_json_first(needs); gp_json_is_object(needs) && n;
		     n = gp_json_next(n))
			gp_dep_need(out, COMPOSER, d->name, version, gp_json_key(n));
	}
}

int gp_deps_composer(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	int e = gp_json_parse(&j, text);

	if (e)
		return e;
	if (strcmp(name, "composer.lock") == 0) {
		put_locked(out, gp_json_get(j, "packages"));
		put_locked(out, gp_json_get(j, "packages-dev"));
		return 0;
	}
	put_table(out, gp_json_get(j, "require"));
	put_table(out, gp_json_get(j, "require-dev"));
	put_scripts(out, gp_json_get(j, "scripts"));
	put_repositories(out, gp_json_get(j, "repositories"));
	return 0;
}
