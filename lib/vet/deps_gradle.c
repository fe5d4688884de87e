#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/toml.h"

static bool is_part(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !memchr("-_.+$@", s.p[i], 6))
			return false;
	return s.n > 0;
}

/* "group:artifact[:version]"; false when it is no coordinate. */
static bool put_coordinate(struct gp_deps *out, enum gp_dep_where where, struct gp_slice s,
                           size_t line)
{
	struct gp_slice rest = s, group = gp_dep_cut(&rest, ':'), artifact = gp_dep_cut(&rest, ':');
	struct gp_slice version = gp_dep_cut(&rest, ':');
	struct gp_dep *d;

	if (!is_part(group) || !is_part(artifact) || !memchr(s.p, ':', s.n))
		return false;
	d = gp_dep_add(out, MAVEN, where, (struct gp_slice){s.p, group.n + 1 + artifact.n});
	gp_dep_set(&d->version, version);
	d->line = line;
	return true;
}

static struct gp_slice quoted(struct gp_slice *rest)
{
	for (size_t i = 0; i < rest->n; i++) {
		struct gp_slice s = {rest->p + i + 1, rest->n - i - 1};
		const char *end;

		if (rest->p[i] != '"' && rest->p[i] != '\'')
			continue;
		end = s.n ? memchr(s.p, rest->p[i], s.n) : NULL;
		if (!end)
			break;
		s.n = (size_t)(end - s.p);
		*rest = (struct gp_slice){end + 1, rest->n - i - 2 - s.n};
		return s;
	}
	rest->n = 0;
	return (struct gp_slice){0};
}

/* implementation group: "g", name: "n", version: "v" */
static void put_named(struct gp_deps *out, struct gp_slice line, size_t at)
{
	static const char *const keys[] = {"group", "name", "version"};
	struct gp_slice found[3] = {{0}};
	gp_auto(gp_buf) all = {0};

	for (size_t i = 0; i < 3; i++) {
		const char *key = gp_find(line, keys[i]);
		struct gp_slice rest;

		if (!key)
			continue;
		rest = (struct gp_slice){key, line.n - (size_t)(key - line.p)};
		found[i] = quoted(&rest);
	}
	if (!found[0].n || !found[1].n)
		return;
	gp_buf_slice(&all, found[0]);
	gp_buf_chr(&all, ':');
	gp_buf_slice(&all, found[1]);
	gp_buf_chr(&all, ':');
	gp_buf_slice(&all, found[2]);
	put_coordinate(out, GP_DEP_MANIFEST, gp_buf_all(&all), at);
}

/* id("org.x") version "1" */
static void put_plugin(struct gp_deps *out, struct gp_slice line, size_t at)
{
	struct gp_slice rest = line, id = quoted(&rest);
	const char *version = gp_find(rest, "version");
	struct gp_dep *d;

	if (!is_part(id) || !memchr(id.p, '.', id.n) || !version)
		return;
	rest = (struct gp_slice){version, rest.n - (size_t)(version - rest.p)};
	d = gp_dep_add(out, MAVEN, GP_DEP_MANIFEST, id);
	gp_dep_set(&d->version, quoted(&rest));
	d->line = at;
}

static void on_line(struct gp_deps *out, struct gp_slice line, size_t at)
{
	struct gp_slice rest = line, s;
	bool any = false;

	if (gp_slice_starts(line, "//") || gp_slice_starts(line, "*") || gp_find(line, "exclude"))
		return;
	if (gp_slice_starts(line, "id ") || gp_slice_starts(line, "id(")) {
		put_plugin(out, line, at);
		return;
	}
	if (gp_find(line, "url") || gp_find(line, "maven")) {
		while ((s = quoted(&rest)).n)
			if (gp_slice_starts(s, "http"))
				gp_dep_set(&gp_dep_put(out, MAVEN, GP_DEP_INDEX, "repository", "")
				                    ->source,
				           s);
		return;
	}
	while ((s = quoted(&rest)).p)
		any |= put_coordinate(out, GP_DEP_MANIFEST, s, at);
	if (!any && gp_find(line, "group"))
		put_named(out, line, at);
}

/* [libraries] x = "g:n:v" or { module = "g:n" } or { group = "g", name = "n" }; [plugins] id */
static int read_catalogue(struct gp_deps *out, struct gp_slice text)
{
	static const char *const tables[] = {"libraries", "plugins"};
	gp_auto_json struct cJSON *j = NULL;
	int e = gp_toml_parse(&j, text);

	for (size_t i = 0; !e && i < GP_COUNT(tables); i++) {
		for (struct cJSON *c = gp_json_first(gp_json_get(j, tables[i])); c;
		     c = gp_json_next(c)) {
			const char *text_of = gp_json_text(c), *group = gp_json_str(c, "group");
			const char *id = gp_json_str(c, "id"), *name = gp_json_str(c, "name");
			gp_auto(gp_buf) all = {0};

			if (!text_of)
				text_of = gp_json_str(c, "module");
			if (id)
				gp_dep_put(out, MAVEN, GP_DEP_MANIFEST, id, "");
			if (group && name)
				gp_buf_fmt(&all, "%s:%s", group, name);
			put_coordinate(out, GP_DEP_MANIFEST,
			               text_of ? gp_slice(text_of) : gp_buf_all(&all), 0);
		}
	}
	return e;
}

int gp_deps_gradle(struct gp_deps *out, const char *name, struct gp_slice text)
{
	bool lock = gp_ends(name, ".lockfile");
	struct gp_slice line;
	size_t at = 0;

	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	if (gp_ends(name, ".versions.toml"))
		return read_catalogue(out, text);
	while (gp_line(&line, &text)) {
		at++;
		line = gp_trim(line);
		if (!lock)
			on_line(out, line, at);
		else if (line.n && *line.p != '#')
			put_coordinate(out, GP_DEP_LOCK, gp_dep_cut(&line, '='), at);
	}
	for (size_t i = 0; i < out->n; i++)
		out->v[i].unlocked = out->v[i].unlocked || !lock;
	return 0;
}
