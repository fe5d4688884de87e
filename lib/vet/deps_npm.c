#include <string.h>

#include "lib/vet/deps_in.h"

/* The name and the range of "name@range", of which the name may begin with '@'. */
static void split_at(struct gp_slice *name, struct gp_slice *range, struct gp_slice s)
{
	const char *at = s.n > 1 ? memchr(s.p + 1, '@', s.n - 1) : NULL;

	*name = (struct gp_slice){s.p, at ? (size_t)(at - s.p) : s.n};
	*range = (struct gp_slice){s.p + name->n + (at != NULL), s.n - name->n - (at != NULL)};
}

/* A requirement of package.json: a range, an alias, an address, owner/name on GitHub. */
static void put_asked(struct gp_deps *out, enum gp_dep_where where, const char *key,
                      const char *spec, bool unlocked)
{
	struct gp_dep *d;

	if (gp_starts(spec, "npm:")) {
		struct gp_slice name, range;

		split_at(&name, &range, gp_slice(spec + 4));
		/* "npm:^1.2" of later yarns is no alias */
		if (name.n && !strchr("^~*<>=0123456789", *name.p)) {
			d = gp_dep_add(out, NPM, where, name);
			gp_dep_set(&d->version, range);
			d->unlocked = true;
			return;
		}
		spec += 4;
	}
	d = gp_dep_put(out, NPM, where, key, spec);
	d->unlocked = unlocked;
	if (gp_starts(spec, "catalog:"))
		d->unlocked = true;
	else if (strstr(spec, "://") || strchr(spec, ':') || strchr(spec, '/'))
		gp_dep_source(d, gp_starts(spec, "http") ? GP_DEP_URL : GP_DEP_GIT, spec);
}

static void put_table(struct gp_deps *out, const struct cJSON *table, bool unlocked)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c))
		put_asked(out, GP_DEP_MANIFEST, gp_json_key(c),
		          gp_json_text(c) ? gp_json_text(c) : "", unlocked);
}

/* "overrides" nest; "resolutions" have paths as keys. Only what leads elsewhere counts: a range
 * alone brings no new name. */
static void put_overrides(struct gp_deps *out, const struct cJSON *table, int depth)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c)) {
		const char *spec = gp_json_text(c), *key = gp_json_key(c);

		if (depth < 16 && gp_json_is_object(c))
			put_overrides(out, c, depth + 1);
		if (spec && (strchr(spec, ':') || strchr(spec, '/')))
			put_asked(out, GP_DEP_MANIFEST, key, spec, true);
	}
}

static void put_scripts(struct gp_deps *out, const struct cJSON *scripts)
{
	static const char *const hooks[] = {"preinstall", "install",     "postinstall", "prepare",
	                                    "preprepare", "postprepare", "prepublish"};

	for (struct cJSON *c = gp_json_first(scripts); gp_json_is_object(scripts) && c;
	     c = gp_json_next(c)) {
		const char *text = gp_json_text(c);

		for (size_t i = 0; text && i < GP_COUNT(hooks); i++)
			if (strcmp(gp_json_key(c), hooks[i]) == 0)
				gp_dep_put(out, NPM, GP_DEP_HOOK, hooks[i], text);
		gp_deps_commands(out, gp_slice(text), 0);
	}
}

static void read_manifest(struct gp_deps *out, const struct cJSON *j)
{
	put_table(out, gp_json_get(j, "dependencies"), false);
	put_table(out, gp_json_get(j, "devDependencies"), false);
	put_table(out, gp_json_get(j, "optionalDependencies"), false);
	put_table(out, gp_json_get(j, "peerDependencies"), true);
	put_overrides(out, gp_json_get(j, "overrides"), 0);
	put_overrides(out, gp_json_get(j, "resolutions"), 0);
	put_overrides(out, gp_json_get(gp_json_get(j, "pnpm"), "overrides"), 0);
	put_scripts(out, gp_json_get(j, "scripts"));
}

static const char *const needed[] = {"dependencies", "optionalDependencies", "peerDependencies",
                                     "devDependencies", "requires"};

static void put_needs(struct gp_deps *out, const char *name, const char *version,
                      const struct cJSON *p)
{
	for (size_t i = 0; i < GP_COUNT(needed); i++) {
		const struct cJSON *t = gp_json_get(p, needed[i]);

		for (struct cJSON *c = gp_json_first(t); gp_json_is_object(t) && c;
		     c = gp_json_next(c))
			gp_dep_need(out, NPM, name, version, gp_json_key(c));
	}
}

static void put_locked(struct gp_deps *out, const char *name, const struct cJSON *p)
{
	const char *resolved = gp_json_str(p, "resolved"), *version = gp_json_str(p, "version");
	struct gp_dep *d = gp_dep_put(out, NPM, GP_DEP_LOCK, name, version ? version : "");

	if (resolved)
		gp_dep_source(d, GP_DEP_REGISTRY, resolved);
	else if (version && strchr(version, ':'))
		gp_dep_source(d, GP_DEP_URL, version);
	if (gp_json_bool(p, "bundled", false) || gp_json_bool(p, "inBundle", false))
		gp_dep_source(d, GP_DEP_PATH, "bundled");
	gp_dep_digest(d, gp_json_str(p, "integrity"));
	d->script = gp_json_bool(p, "hasInstallScript", false);
}

/* The root and the workspaces of a lock file: what it believes package.json to say. */
static void put_echo(struct gp_deps *out, const struct cJSON *p)
{
	for (size_t i = 0; i < GP_COUNT(needed) - 1; i++) {
		const struct cJSON *t = gp_json_get(p, needed[i]);

		for (struct cJSON *c = gp_json_first(t); gp_json_is_object(t) && c;
		     c = gp_json_next(c))
			put_asked(out, GP_DEP_ECHO, gp_json_key(c),
			          gp_json_text(c) ? gp_json_text(c) : "",
			          strcmp(needed[i], "peerDependencies") == 0);
	}
}

static void read_packages(struct gp_deps *out, const struct cJSON *packages)
{
	for (struct cJSON *c = gp_json_first(packages); c; c = gp_json_next(c)) {
		const char *key = gp_json_key(c), *name = key, *next;
		const char *given = gp_json_str(c, "name");

		while ((next = strstr(name, "node_modules/")))
			name = next + strlen("node_modules/");
		if (name == key) {
			put_echo(out, c);
			continue;
		}
		if (gp_json_bool(c, "link", false))
			continue;
		put_locked(out, given ? given : name, c);
		put_needs(out, given ? given : name, gp_json_str(c, "version"), c);
	}
}

/* The first lock format: a tree of "dependencies" that "requires" others. */
static void read_tree(struct gp_deps *out, const struct cJSON *table, int depth)
{
	for (struct cJSON *c = gp_json_first(table); depth < 32 && gp_json_is_object(table) && c;
	     c = gp_json_next(c)) {
		put_locked(out, gp_json_key(c), c);
		put_needs(out, gp_json_key(c), gp_json_str(c, "version"), c);
		read_tree(out, gp_json_get(c, "dependencies"), depth + 1);
	}
}

int gp_deps_npm(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	int e = gp_json_parse(&j, text);

	if (!e && !gp_json_is_object(j))
		e = gp_fail(GP_INVALID, "not an object");
	if (e)
		return e;
	if (strcmp(name, "package.json") == 0)
		read_manifest(out, j);
	else if (gp_json_is_object(gp_json_get(j, "packages")))
		read_packages(out, gp_json_get(j, "packages"));
	else
		read_tree(out, gp_json_get(j, "dependencies"), 0);
	return 0;
}

struct yarn {
	struct gp_deps *out;
	size_t at;  /* the entry being read, plus one; 0: none */
	bool needs; /* in a block of what it needs */
	size_t line;
};

/* The name that a pattern leads to: of "a@npm:b@^1" it is b. */
static struct gp_slice target(struct gp_slice pattern, struct gp_slice *range)
{
	struct gp_slice name, inner, rest;

	split_at(&name, range, pattern);
	if (!gp_slice_starts(*range, "npm:"))
		return name;
	*range = (struct gp_slice){range->p + 4, range->n - 4};
	split_at(&inner, &rest, *range);
	if (!inner.n || !rest.n)
		return name;
	*range = rest;
	return inner;
}

static void open_entry(struct yarn *y, struct gp_slice line)
{
	struct gp_slice rest = {line.p, line.n - 1}, range, name = {0};
	struct gp_slice key = gp_dep_unquote(rest);
	bool workspace = gp_find(line, "@workspace:") != NULL;

	y->needs = false;
	y->at = 0;
	if (gp_slice_starts(key, "__metadata"))
		return;
	rest = gp_slice_starts(rest, "\"") && !gp_find(rest, "\", \"") ? key : rest;
	while (rest.n) {
		struct gp_slice one = gp_dep_unquote(gp_dep_cut(&rest, ','));
		struct gp_dep *d;

		name = target(one, &range);
		if (workspace || !name.n)
			continue;
		d = gp_dep_add(y->out, NPM, GP_DEP_ECHO, name);
		gp_dep_set(&d->version, range);
		d->unlocked = true;
	}
	gp_dep_add(y->out, NPM, GP_DEP_LOCK, name)->line = y->line;
	y->at = y->out->n;
	if (workspace)
		gp_dep_source(&y->out->v[y->at - 1], GP_DEP_PATH, "workspace:");
}

static void on_field(struct yarn *y, struct gp_slice key, struct gp_slice value)
{
	struct gp_dep *d = &y->out->v[y->at - 1];
	gp_auto_str char *text = gp_strndup(value.p, value.n);

	y->needs = false;
	if (gp_slice_is(key, "version"))
		gp_dep_set(&d->version, value);
	else if (gp_slice_is(key, "resolved"))
		gp_dep_source(d, GP_DEP_REGISTRY, text);
	else if (gp_slice_is(key, "integrity") || gp_slice_is(key, "checksum"))
		gp_dep_digest(d, text);
	else if (gp_slice_is(key, "resolution")) {
		struct gp_slice name, range;

		split_at(&name, &range, value);
		gp_dep_set(&d->name, name);
		if (!gp_slice_starts(range, "npm:") && !gp_slice_starts(range, "patch:") &&
		    !gp_slice_starts(range, "virtual:"))
			gp_dep_source(d, GP_DEP_URL, text + (range.p - value.p));
	} else {
		y->needs = !value.n && (gp_slice_is(key, "dependencies") ||
		                        gp_slice_is(key, "optionalDependencies") ||
		                        gp_slice_is(key, "peerDependencies"));
	}
}

static void on_line(struct yarn *y, struct gp_slice line)
{
	struct gp_slice rest = line, key;
	size_t indent = 0;

	while (indent < line.n && line.p[indent] == ' ')
		indent++;
	line = gp_trim(line);
	if (!line.n || *line.p == '#')
		return;
	if (!indent) {
		y->at = 0;
		if (line.p[line.n - 1] == ':')
			open_entry(y, line);
		return;
	}
	if (!y->at || !gp_dep_word(&key, &rest))
		return;
	if (key.n && key.p[key.n - 1] == ':')
		key.n--;
	rest = gp_trim(rest);
	if (rest.n && *rest.p == ':')
		rest = (struct gp_slice){rest.p + 1, rest.n - 1};
	if (indent > 2 && y->needs) {
		const struct gp_dep *d = &y->out->v[y->at - 1];
		gp_auto_str char *to = gp_strndup(key.p, key.n);

		gp_dep_need(y->out, NPM, d->name, d->version, to);
	} else if (indent <= 2) {
		on_field(y, key, gp_dep_unquote(rest));
	}
}

/* Both formats of yarn.lock are blocks of two levels; the later one is YAML that yarn itself
 * writes, always in the same layout. */
int gp_deps_yarn(struct gp_deps *out, const char *name, struct gp_slice text)
{
	struct yarn y = {.out = out};
	struct gp_slice line;

	(void)name;
	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	while (gp_line(&line, &text)) {
		y.line++;
		on_line(&y, line);
	}
	return 0;
}
