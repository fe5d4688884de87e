#include <string.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/toml.h"

static void put_table(struct gp_deps *out, const struct cJSON *table, bool unlocked)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c)) {
		const char *real = gp_json_str(c, "package"), *version = gp_json_text(c);
		const char *git = gp_json_str(c, "git"), *path = gp_json_str(c, "path");
		const char *registry = gp_json_str(c, "registry-index");
		struct gp_dep *d;

		if (!version)
			version = gp_json_str(c, "version");
		d = gp_dep_put(out, CARGO, GP_DEP_MANIFEST, real ? real : gp_json_key(c), version);
		d->unlocked = unlocked;
		if (git || registry)
			gp_dep_source(d, git ? GP_DEP_GIT : GP_DEP_URL, git ? git : registry);
		else if (path)
			gp_dep_source(d, GP_DEP_PATH, path);
		if (path && !git)
			d->from = GP_DEP_PATH;
		if (git)
			d->from = GP_DEP_GIT;
	}
}

static void put_tables(struct gp_deps *out, const struct cJSON *at)
{
	static const char *const tables[] = {"dependencies", "dev-dependencies",
	                                     "build-dependencies"};

	for (size_t i = 0; i < GP_COUNT(tables); i++)
		put_table(out, gp_json_get(at, tables[i]), false);
}

static void read_manifest(struct gp_deps *out, const struct cJSON *j)
{
	const struct cJSON *target = gp_json_get(j, "target"), *patch = gp_json_get(j, "patch");
	const char *build = gp_json_str(gp_json_get(j, "package"), "build");

	put_tables(out, j);
	/* those of the workspace are in the lock when a member uses them */
	put_table(out, gp_json_get(gp_json_get(j, "workspace"), "dependencies"), true);
	for (struct cJSON *c = gp_json_first(target); gp_json_is_object(target) && c;
	     c = gp_json_next(c))
		put_tables(out, c);
	for (struct cJSON *c = gp_json_first(patch); gp_json_is_object(patch) && c;
	     c = gp_json_next(c))
		put_table(out, c, true);
	if (build)
		gp_dep_put(out, CARGO, GP_DEP_HOOK, "build", build);
}

static void put_locked(struct gp_deps *out, const struct cJSON *p)
{
	const char *name = gp_json_str(p, "name"), *version = gp_json_str(p, "version");
	const char *source = gp_json_str(p, "source");
	const struct cJSON *needs = gp_json_get(p, "dependencies");

	if (!name)
		return;
	if (source) {
		struct gp_dep *d = gp_dep_put(out, CARGO, GP_DEP_LOCK, name, version);

		gp_dep_source(d, GP_DEP_REGISTRY, source);
		gp_dep_digest(d, gp_json_str(p, "checksum"));
	}
	for (struct cJSON *c = gp_json_first(needs); gp_json_is_array(needs) && c;
	     c = gp_json_next(c)) {
		struct gp_slice rest = gp_slice(gp_json_text(c)), to = gp_dep_cut(&rest, ' ');
		gp_auto_str char *text = gp_strndup(to.n ? to.p : "", to.n);

		if (source)
			gp_dep_need(out, CARGO, name, version, text);
		else
			gp_dep_put(out, CARGO, GP_DEP_ECHO, text, "");
	}
}

int gp_deps_cargo(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *packages;
	int e = gp_toml_parse(&j, text);

	if (e)
		return e;
	if (strcmp(name, "Cargo.toml") == 0) {
		read_manifest(out, j);
		return 0;
	}
	packages = gp_json_get(j, "package");
	for (struct cJSON *c = gp_json_first(packages); gp_json_is_array(packages) && c;
	     c = gp_json_next(c))
		put_locked(out, c);
	return 0;
}
