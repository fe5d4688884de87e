#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"

/* Bytes of one entry that are looked at. */
#define TUPLE 2048

static size_t atom(struct gp_slice s)
{
	size_t n = 0;

	while (n < s.n && (isalnum((unsigned char)s.p[n]) || s.p[n] == '_'))
		n++;
	return n;
}

static struct gp_slice after(struct gp_slice s, const char *word)
{
	const char *at = gp_find(s, word);
	size_t n = strlen(word);

	return at ? (struct gp_slice){at + n, s.n - (size_t)(at - s.p) - n} : (struct gp_slice){0};
}

/* {:name, "~> 1.0", git: "...", only: :dev}; without a requirement or a source it is none. */
static void put_tuple(struct gp_deps *out, struct gp_slice s, size_t line)
{
	static const struct {
		const char *key;
		enum gp_dep_from from;
	} origins[] = {{"git:", GP_DEP_GIT}, {"github:", GP_DEP_GIT}, {"path:", GP_DEP_PATH}};
	struct gp_slice name = {s.p, atom(s)}, rest = {s.p + name.n, s.n - name.n}, value;
	struct gp_dep *d;

	rest = gp_trim(rest);
	if (!name.n || !gp_slice_starts(rest, ","))
		return;
	rest = gp_trim((struct gp_slice){rest.p + 1, rest.n - 1});
	if (!gp_slice_starts(rest, "\"") && !gp_find(rest, "git:") && !gp_find(rest, "github:") &&
	    !gp_find(rest, "path:") && !gp_find(rest, "in_umbrella:"))
		return;
	d = gp_dep_add(out, HEX, GP_DEP_MANIFEST, name);
	d->line = line;
	if (gp_find(rest, "in_umbrella:"))
		gp_dep_source(d, GP_DEP_PATH, "in_umbrella");
	for (size_t i = 0; i < GP_COUNT(origins); i++) {
		struct gp_slice v = after(rest, origins[i].key);

		if (!v.n || !gp_dep_word(&value, &v))
			continue;
		gp_auto_str char *text = gp_strndup(value.p, value.n);
		gp_dep_source(d, origins[i].from, text);
		d->from = origins[i].from;
	}
	value = after(rest, "hex:");
	if (gp_trim(value).n && *gp_trim(value).p == ':') {
		value = gp_trim(value);
		value = (struct gp_slice){value.p + 1, value.n - 1};
		gp_dep_set(&d->name, (struct gp_slice){value.p, atom(value)});
	}
	if (gp_slice_starts(rest, "\"") && gp_dep_word(&value, &rest))
		gp_dep_set(&d->version, value);
}

static void read_manifest(struct gp_deps *out, struct gp_slice text)
{
	struct gp_slice line;
	size_t at = 0;

	while (gp_line(&line, &text)) {
		struct gp_slice rest = gp_trim(line);

		at++;
		if (gp_slice_starts(rest, "#"))
			continue;
		for (rest = after(rest, "{:"); rest.n; rest = after(rest, "{:")) {
			struct gp_slice tail = {rest.p, rest.n < TUPLE ? rest.n : TUPLE};

			put_tuple(out, gp_dep_cut(&tail, '}'), at);
		}
	}
}

/* "name": {:hex, :name, "1.0", "sum", [:mix], [{:needs, "..", [..]}], "hexpm", "outer sum"} */
static void on_lock_line(struct gp_deps *out, struct gp_slice line, size_t at)
{
	struct gp_slice key, version = {0}, sum = {0}, rest;
	bool git = gp_find(line, "{:git,") != NULL;
	struct gp_dep *d;

	if (!gp_slice_starts(line, "\"") || !gp_dep_word(&key, &line))
		return;
	rest = line;
	gp_dep_cut(&rest, '"');
	version = gp_dep_cut(&rest, '"');
	gp_dep_cut(&rest, '"');
	sum = gp_dep_cut(&rest, '"');
	if (!git) {
		struct gp_slice package = after(line, "{:hex, :");

		package.n = atom(package);
		if (package.n)
			key = package;
	}
	d = gp_dep_add(out, HEX, GP_DEP_LOCK, key);
	d->line = at;
	if (git) {
		gp_auto_str char *url = gp_strndup(version.n ? version.p : "", version.n);

		gp_dep_source(d, GP_DEP_GIT, url);
		d->from = GP_DEP_GIT;
		gp_dep_set(&d->version, sum);
	} else {
		gp_dep_set(&d->version, version);
		gp_dep_set(&d->integrity, sum);
	}
	for (rest = after(rest, "{:"); rest.n; rest = after(rest, "{:")) {
		gp_auto_str char *to = gp_strndup(rest.p, atom(rest));

		gp_dep_need(out, HEX, out->v[out->n - 1].name, out->v[out->n - 1].version, to);
	}
}

int gp_deps_mix(struct gp_deps *out, const char *name, struct gp_slice text)
{
	struct gp_slice line;
	size_t at = 0;

	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	if (strcmp(name, "mix.exs") == 0)
		read_manifest(out, text);
	else
		while (gp_line(&line, &text))
			on_lock_line(out, gp_trim(line), ++at);
	return 0;
}
