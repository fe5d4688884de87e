#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/toml.h"

/* "/a/1.0.0", "/a@1.0.0(b@2.0.0)", "a@1.0.0", "/@s/a/1.0.0_peer@1": name and version of a key. */
static void split_key(struct gp_slice *name, struct gp_slice *version, const char *key)
{
	struct gp_slice s = gp_slice(*key == '/' ? key + 1 : key);
	const char *at, *slash;

	s = gp_dep_cut(&s, '(');
	at = s.n > 1 ? memchr(s.p + 1, '@', s.n - 1) : NULL;
	slash = s.n ? memrchr(s.p, '/', s.n) : NULL;
	/* in the old form the version is the last part */
	if (*key == '/' && slash && isdigit((unsigned char)slash[1]) && (!at || at > slash))
		at = slash;
	*name = (struct gp_slice){s.p, at ? (size_t)(at - s.p) : s.n};
	*version = (struct gp_slice){s.p + name->n + (at != NULL), s.n - name->n - (at != NULL)};
	if (at == slash)
		*version = gp_dep_cut(version, '_');
}

static void put_source(struct gp_dep *d, const struct cJSON *resolution)
{
	const char *repo = gp_json_str(resolution, "repo");
	const char *tarball = gp_json_str(resolution, "tarball");

	if (repo)
		gp_dep_source(d, GP_DEP_GIT, repo);
	else if (tarball)
		gp_dep_source(d, GP_DEP_REGISTRY, tarball);
	else if (gp_json_str(resolution, "directory"))
		gp_dep_source(d, GP_DEP_PATH, "directory");
	if (repo)
		d->from = GP_DEP_GIT;
	gp_dep_digest(d, gp_json_str(resolution, "integrity"));
}

static void put_needs(struct gp_deps *out, struct gp_slice name, struct gp_slice version,
                      const struct cJSON *p)
{
	static const char *const tables[] = {"dependencies", "optionalDependencies",
	                                     "peerDependencies"};
	gp_auto_str char *from = gp_strndup(name.p, name.n);
	gp_auto_str char *of = gp_strndup(version.p, version.n);

	for (size_t i = 0; i < GP_COUNT(tables); i++) {
		const struct cJSON *t = gp_json_get(p, tables[i]);

		for (struct cJSON *c = gp_json_first(t); gp_json_is_object(t) && c;
		     c = gp_json_next(c)) {
			struct gp_slice to, unused;
			const char *spec = gp_json_text(c);

			/* an alias is written as what it leads to */
			split_key(&to, &unused, spec && strchr(spec, '@') ? spec : "");
			gp_dep_need(out, NPM, from, of, gp_json_key(c));
			if (to.n && unused.n && !isdigit((unsigned char)*to.p)) {
				gp_auto_str char *real = gp_strndup(to.p, to.n);

				gp_dep_need(out, NPM, from, of, real);
			}
		}
	}
}

static void read_packages(struct gp_deps *out, const struct cJSON *packages, bool snapshots)
{
	if (!gp_json_is_object(packages))
		return;
	for (struct cJSON *c = gp_json_first(packages); c; c = gp_json_next(c)) {
		const char *given = gp_json_str(c, "name");
		struct gp_slice name, version;
		struct gp_dep *d;

		split_key(&name, &version, gp_json_key(c));
		if (given)
			name = gp_slice(given);
		if (!snapshots) {
			d = gp_dep_add(out, NPM, GP_DEP_LOCK, name);
			gp_dep_set(&d->version, given && gp_json_str(c, "version")
			                                ? gp_slice(gp_json_str(c, "version"))
			                                : version);
			d->script = gp_json_bool(c, "requiresBuild", false);
			put_source(d, gp_json_get(c, "resolution"));
		}
		put_needs(out, name, version, c);
	}
}

/* What a project asks for: {name: {specifier, version}}, formerly specifiers: {name: range}. */
static void read_importer(struct gp_deps *out, const struct cJSON *p)
{
	static const char *const tables[] = {"dependencies", "devDependencies",
	                                     "optionalDependencies", "specifiers"};

	for (size_t i = 0; i < GP_COUNT(tables); i++) {
		const struct cJSON *t = gp_json_get(p, tables[i]);

		for (struct cJSON *c = gp_json_first(t); gp_json_is_object(t) && c;
		     c = gp_json_next(c)) {
			const char *spec = gp_json_text(c);
			struct gp_slice name, version;

			if (gp_json_is_object(c))
				spec = gp_json_str(c, "specifier");
			else if (i < 3)
				spec = NULL;
			if (!spec)
				continue;
			name = gp_slice(gp_json_key(c));
			if (gp_starts(spec, "npm:") && strchr(spec + 5, '@'))
				split_key(&name, &version, spec + 4);
			gp_dep_set(&gp_dep_add(out, NPM, GP_DEP_ECHO, name)->version,
			           gp_slice(spec));
		}
	}
}

int gp_deps_pnpm(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *docs = NULL;
	int e = gp_yaml_parse(&docs, text);

	(void)name;
	for (struct cJSON *j = gp_json_first(docs); !e && j; j = gp_json_next(j)) {
		const struct cJSON *importers = gp_json_get(j, "importers");

		if (!gp_json_is_object(j))
			return gp_fail(GP_INVALID, "not an object");
		for (struct cJSON *c = gp_json_first(importers); gp_json_is_object(importers) && c;
		     c = gp_json_next(c))
			read_importer(out, c);
		read_importer(out, j);
		read_packages(out, gp_json_get(j, "packages"), false);
		read_packages(out, gp_json_get(j, "snapshots"), true);
	}
	return e;
}
