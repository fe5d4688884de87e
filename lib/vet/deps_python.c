#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/toml.h"

/* Entries of the old list of files in poetry.lock, each of which is found by its name. */
#define LOOKED_UP 5000

static size_t name_end(struct gp_slice s)
{
	size_t n = 0;

	while (n < s.n && (isalnum((unsigned char)s.p[n]) || memchr("-_.", s.p[n], 3)))
		n++;
	return n;
}

/* One requirement as PEP 508 has it: name[extra] (>=1,<2) @ url ; marker. NULL: none. */
static struct gp_dep *put_508(struct gp_deps *out, enum gp_dep_where where, struct gp_slice s)
{
	struct gp_slice rest = gp_trim(s), name;
	struct gp_dep *d;

	name = (struct gp_slice){rest.p, name_end(rest)};
	if (!name.n)
		return NULL;
	rest = (struct gp_slice){rest.p + name.n, rest.n - name.n};
	rest = gp_trim(rest);
	if (gp_slice_starts(rest, "["))
		gp_dep_cut(&rest, ']');
	rest = gp_trim(rest);
	d = gp_dep_add(out, PYPI, where, name);
	if (gp_slice_starts(rest, "@")) {
		struct gp_slice url, after = {rest.p + 1, rest.n - 1};

		if (gp_dep_word(&url, &after)) {
			gp_auto_str char *source = gp_strndup(url.p, url.n);

			gp_dep_source(d, GP_DEP_URL, source);
		}
		return d;
	}
	rest = gp_trim(gp_dep_cut(&rest, ';'));
	if (gp_slice_starts(rest, "(") && rest.p[rest.n - 1] == ')')
		rest = (struct gp_slice){rest.p + 1, rest.n - 2};
	gp_dep_set(&d->version, gp_trim(rest));
	return d;
}

/* An address as a requirement: its name is after "egg=", else what the address is called. */
static void put_address(struct gp_deps *out, struct gp_slice url)
{
	gp_auto_str char *text = gp_strndup(url.p, url.n);
	const char *egg = strstr(text, "egg=");
	gp_auto(gp_buf) name = {0};
	struct gp_dep *d;

	if (egg)
		gp_buf_add(&name, egg + 4, strcspn(egg + 4, "&["));
	else
		gp_dep_address(&name, text);
	d = gp_dep_add(out, PYPI, GP_DEP_MANIFEST, gp_buf_all(&name));
	gp_dep_source(d, gp_starts(text, "git") ? GP_DEP_GIT : GP_DEP_URL, text);
	if (!strstr(text, "://"))
		d->from = GP_DEP_PATH;
	d->unlocked = true;
}

static void put_index(struct gp_deps *out, struct gp_slice url)
{
	struct gp_dep *d = gp_dep_add(out, PYPI, GP_DEP_INDEX, GP_SLICE("index"));

	gp_dep_set(&d->source, url);
}

static void on_option(struct gp_deps *out, struct gp_slice line)
{
	static const char *const index[] = {"-i", "--index-url",  "--extra-index-url",
	                                    "-f", "--find-links", "--trusted-host"};
	struct gp_slice head = line, word, value = {0};
	const char *equals;

	gp_dep_word(&word, &head);
	equals = memchr(word.p, '=', word.n);
	if (equals) {
		value = (struct gp_slice){equals + 1, word.n - (size_t)(equals - word.p) - 1};
		word.n = (size_t)(equals - word.p);
	} else {
		gp_dep_word(&value, &head);
	}
	for (size_t i = 0; i < GP_COUNT(index); i++)
		if (gp_slice_is(word, index[i]))
			put_index(out, value);
	if ((gp_slice_is(word, "-e") || gp_slice_is(word, "--editable")) && value.n)
		put_address(out, value);
}

static void on_requirement(struct gp_deps *out, struct gp_slice line, size_t at)
{
	const char *hash = gp_find(line, "--hash=");
	struct gp_slice spec = {line.p, hash ? (size_t)(hash - line.p) : line.n}, word;
	struct gp_slice digests = {line.p + spec.n, line.n - spec.n}, first = spec;
	struct gp_dep *d = NULL;
	size_t before = out->n;

	if (*line.p == '-') {
		on_option(out, line);
	} else if (gp_dep_word(&word, &first) &&
	           (gp_find(word, "://") || *word.p == '.' || *word.p == '/')) {
		put_address(out, word);
	} else {
		d = put_508(out, GP_DEP_MANIFEST, spec);
	}
	while (d && gp_dep_word(&word, &digests)) {
		gp_auto_str char *text = gp_strndup(word.p, word.n);

		if (gp_starts(text, "--hash="))
			gp_dep_digest(d, text + 7);
	}
	for (; before < out->n; before++)
		out->v[before].line = at;
}

int gp_deps_requirements(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto(gp_buf) whole = {0};
	struct gp_slice line;
	size_t at = 0;

	(void)name;
	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	while (gp_line(&line, &text)) {
		const char *hash;

		at++;
		line = gp_trim(line);
		if (line.n && line.p[line.n - 1] == '\\') {
			gp_buf_add(&whole, line.p, line.n - 1);
			gp_buf_chr(&whole, ' ');
			continue;
		}
		gp_buf_slice(&whole, line);
		line = gp_buf_all(&whole);
		hash = line.n && *line.p == '#' ? line.p : gp_find(line, " #");
		if (hash)
			line.n = (size_t)(hash - line.p);
		line = gp_trim(line);
		if (line.n)
			on_requirement(out, line, at);
		gp_buf_cut(&whole, 0);
	}
	return 0;
}

static void put_list(struct gp_deps *out, const struct cJSON *list, bool unlocked)
{
	for (struct cJSON *c = gp_json_first(list); gp_json_is_array(list) && c;
	     c = gp_json_next(c)) {
		struct gp_dep *d = NULL;

		if (gp_json_text(c))
			d = put_508(out, GP_DEP_MANIFEST, gp_slice(gp_json_text(c)));
		if (d)
			d->unlocked = unlocked;
	}
}

static void put_lists(struct gp_deps *out, const struct cJSON *groups)
{
	for (struct cJSON *c = gp_json_first(groups); gp_json_is_object(groups) && c;
	     c = gp_json_next(c))
		put_list(out, c, false);
}

static void put_origin(struct gp_dep *d, const struct cJSON *spec)
{
	static const char *const keys[] = {"git", "url", "path", "file", "editable"};
	static const enum gp_dep_from from[] = {GP_DEP_GIT, GP_DEP_URL, GP_DEP_PATH, GP_DEP_PATH,
	                                        GP_DEP_PATH};

	for (size_t i = 0; i < GP_COUNT(keys); i++) {
		const char *v = gp_json_str(spec, keys[i]);

		if (!v)
			continue;
		gp_dep_source(d, from[i], v);
		if (!strstr(v, "://"))
			d->from = from[i];
	}
}

/* {name: range} or {name: {version, git...}}, as Poetry and Pipenv have it. */
static void put_table(struct gp_deps *out, const struct cJSON *table)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c)) {
		const char *version = gp_json_text(c);
		struct gp_dep *d;

		if (strcmp(gp_json_key(c), "python") == 0)
			continue;
		d = gp_dep_put(out, PYPI, GP_DEP_MANIFEST, gp_json_key(c), version);
		if (gp_json_str(c, "version"))
			gp_dep_set(&d->version, gp_slice(gp_json_str(c, "version")));
		put_origin(d, gp_json_is_array(c) ? gp_json_first(c) : c);
	}
}

/* [[source]], [[tool.uv.index]]: {url}. */
static void put_indexes(struct gp_deps *out, const struct cJSON *list)
{
	for (struct cJSON *c = gp_json_first(list); gp_json_is_array(list) && c;
	     c = gp_json_next(c))
		if (gp_json_str(c, "url"))
			put_index(out, gp_slice(gp_json_str(c, "url")));
}

static void read_uv(struct gp_deps *out, const struct cJSON *uv)
{
	const struct cJSON *sources = gp_json_get(uv, "sources");

	put_list(out, gp_json_get(uv, "dev-dependencies"), false);
	put_indexes(out, gp_json_get(uv, "index"));
	for (struct cJSON *c = gp_json_first(sources); gp_json_is_object(sources) && c;
	     c = gp_json_next(c)) {
		struct gp_dep *d = gp_dep_put(out, PYPI, GP_DEP_MANIFEST, gp_json_key(c), "");

		d->unlocked = true;
		put_origin(d, gp_json_is_array(c) ? gp_json_first(c) : c);
		if (gp_json_get(c, "workspace"))
			gp_dep_source(d, GP_DEP_PATH, "workspace:");
	}
}

static void read_poetry(struct gp_deps *out, const struct cJSON *poetry)
{
	const struct cJSON *groups = gp_json_get(poetry, "group");

	put_table(out, gp_json_get(poetry, "dependencies"));
	put_table(out, gp_json_get(poetry, "dev-dependencies"));
	put_indexes(out, gp_json_get(poetry, "source"));
	for (struct cJSON *c = gp_json_first(groups); gp_json_is_object(groups) && c;
	     c = gp_json_next(c))
		put_table(out, gp_json_get(c, "dependencies"));
}

int gp_deps_python(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *project, *tool;
	int e = gp_toml_parse(&j, text);

	if (e)
		return e;
	if (strcmp(name, "Pipfile") == 0) {
		put_table(out, gp_json_get(j, "packages"));
		put_table(out, gp_json_get(j, "dev-packages"));
		put_indexes(out, gp_json_get(j, "source"));
		return 0;
	}
	project = gp_json_get(j, "project");
	tool = gp_json_get(j, "tool");
	put_list(out, gp_json_get(project, "dependencies"), false);
	put_lists(out, gp_json_get(project, "optional-dependencies"));
	put_lists(out, gp_json_get(j, "dependency-groups"));
	put_lists(out, gp_json_get(gp_json_get(tool, "pdm"), "dev-dependencies"));
	put_list(out, gp_json_get(gp_json_get(j, "build-system"), "requires"), true);
	read_poetry(out, gp_json_get(tool, "poetry"));
	read_uv(out, gp_json_get(tool, "uv"));
	put_indexes(out, gp_json_get(gp_json_get(tool, "pdm"), "source"));
	return 0;
}

static void put_hashes(struct gp_dep *d, const struct cJSON *list)
{
	if (gp_json_is_object(list))
		gp_dep_digest(d, gp_json_str(list, "hash"));
	for (struct cJSON *c = gp_json_first(list); gp_json_is_array(list) && c;
	     c = gp_json_next(c))
		gp_dep_digest(d, gp_json_text(c) ? gp_json_text(c) : gp_json_str(c, "hash"));
}

/* {name: ...} of Poetry, [{name}] of uv, ["name>=1"] of PDM. */
static void put_needs(struct gp_deps *out, const struct cJSON *p, const struct cJSON *list)
{
	const char *name = gp_json_str(p, "name"), *version = gp_json_str(p, "version");

	if (!gp_json_is_object(list) && !gp_json_is_array(list))
		return;
	for (struct cJSON *c = gp_json_first(list); c; c = gp_json_next(c)) {
		const char *to = gp_json_text(c);
		gp_auto_str char *plain = NULL;

		if (gp_json_is_object(list))
			to = gp_json_key(c);
		else if (!to)
			to = gp_json_str(c, "name");
		plain = to ? gp_strndup(to, name_end(gp_slice(to))) : NULL;
		gp_dep_need(out, PYPI, name, version, plain);
	}
}

static void put_echo(struct gp_deps *out, const struct cJSON *list)
{
	for (struct cJSON *c = gp_json_first(list); gp_json_is_array(list) && c;
	     c = gp_json_next(c))
		if (gp_json_str(c, "name"))
			gp_dep_put(out, PYPI, GP_DEP_ECHO, gp_json_str(c, "name"), "");
}

/* A project of one's own in uv.lock. */
static void put_own(struct gp_deps *out, const struct cJSON *p)
{
	static const char *const tables[] = {"optional-dependencies", "dev-dependencies"};

	put_echo(out, gp_json_get(p, "dependencies"));
	for (size_t i = 0; i < GP_COUNT(tables); i++)
		for (struct cJSON *c = gp_json_first(gp_json_get(p, tables[i])); c;
		     c = gp_json_next(c))
			put_echo(out, c);
}

static void put_locked(struct gp_deps *out, const struct cJSON *p, const struct cJSON *old_files)
{
	const char *name = gp_json_str(p, "name");
	const struct cJSON *source = gp_json_get(p, "source");
	const char *kind = gp_json_str(source, "type"), *registry = gp_json_str(source, "registry");
	struct gp_dep *d;

	if (!name)
		return;
	if (gp_json_get(source, "editable") || gp_json_get(source, "virtual")) {
		put_own(out, p);
		return;
	}
	d = gp_dep_put(out, PYPI, GP_DEP_LOCK, name, gp_json_str(p, "version"));
	if (registry)
		gp_dep_source(d, GP_DEP_REGISTRY, registry);
	put_origin(d, source);
	put_origin(d, p);
	if (gp_json_get(source, "directory"))
		gp_dep_source(d, GP_DEP_PATH, "directory");
	if (kind && gp_json_str(source, "url"))
		gp_dep_source(d,
		              strcmp(kind, "git") == 0         ? GP_DEP_GIT
		              : strcmp(kind, "url") == 0       ? GP_DEP_URL
		              : strcmp(kind, "directory") == 0 ? GP_DEP_PATH
		                                               : GP_DEP_REGISTRY,
		              gp_json_str(source, "url"));
	put_hashes(d, gp_json_get(p, "files"));
	put_hashes(d, gp_json_get(p, "sdist"));
	put_hashes(d, gp_json_get(p, "wheels"));
	put_hashes(d, gp_json_count(old_files) < LOOKED_UP ? gp_json_get(old_files, name) : NULL);
	put_needs(out, p, gp_json_get(p, "dependencies"));
	for (struct cJSON *c = gp_json_first(gp_json_get(p, "optional-dependencies")); c;
	     c = gp_json_next(c))
		put_needs(out, p, c);
}

/* {default: {name: {version: "==1", hashes: []}}} */
static void put_pipenv(struct gp_deps *out, const struct cJSON *table)
{
	for (struct cJSON *c = gp_json_first(table); gp_json_is_object(table) && c;
	     c = gp_json_next(c)) {
		const char *version = gp_json_str(c, "version");
		struct gp_dep *d;

		if (version && gp_starts(version, "=="))
			version += 2;
		d = gp_dep_put(out, PYPI, GP_DEP_LOCK, gp_json_key(c), version);
		put_origin(d, c);
		put_hashes(d, gp_json_get(c, "hashes"));
	}
}

int gp_deps_python_lock(struct gp_deps *out, const char *name, struct gp_slice text)
{
	bool pipenv = strcmp(name, "Pipfile.lock") == 0;
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *packages;
	int e = pipenv ? gp_json_parse(&j, text) : gp_toml_parse(&j, text);

	if (e)
		return e;
	put_pipenv(out, pipenv ? gp_json_get(j, "default") : NULL);
	put_pipenv(out, pipenv ? gp_json_get(j, "develop") : NULL);
	put_indexes(out, gp_json_get(gp_json_get(j, "_meta"), "sources"));
	packages = pipenv ? NULL : gp_json_get(j, "package");
	for (struct cJSON *c = gp_json_first(packages); gp_json_is_array(packages) && c;
	     c = gp_json_next(c))
		put_locked(out, c, gp_json_get(gp_json_get(j, "metadata"), "files"));
	return 0;
}
