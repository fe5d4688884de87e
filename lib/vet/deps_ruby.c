#include <string.h>

#include "lib/vet/deps_in.h"

/* So many entries may have digests: looking each up takes time. */
#define CHECKED 5000

/* The value that follows a key (git: "x", :git => "x") as its string; empty without. */
static struct gp_slice option(struct gp_slice line, const char *key)
{
	const char *at = gp_find(line, key);
	struct gp_slice rest;

	if (!at)
		return (struct gp_slice){0};
	rest = (struct gp_slice){at + strlen(key), line.n - (size_t)(at - line.p) - strlen(key)};
	while (rest.n && strchr(": =>\t", *rest.p))
		rest = (struct gp_slice){rest.p + 1, rest.n - 1};
	return rest.n && gp_dep_word(&rest, &(struct gp_slice){rest.p, rest.n})
	               ? rest
	               : (struct gp_slice){0};
}

static void put_origin(struct gp_dep *d, struct gp_slice line)
{
	static const char *const keys[] = {
		"git:", ":git ", "github:", ":github ", "path:", ":path "};
	static const enum gp_dep_from from[] = {GP_DEP_GIT, GP_DEP_GIT,  GP_DEP_GIT,
	                                        GP_DEP_GIT, GP_DEP_PATH, GP_DEP_PATH};

	for (size_t i = 0; i < GP_COUNT(keys); i++) {
		struct gp_slice v = option(line, keys[i]);

		if (!v.n)
			continue;
		gp_auto_str char *text = gp_strndup(v.p, v.n);
		gp_dep_source(d, from[i], text);
		d->from = from[i];
	}
}

/* gem "name", "~> 1", git: "..." */
static void on_gem(struct gp_deps *out, struct gp_slice rest, size_t at, bool unlocked)
{
	struct gp_slice name, version;
	struct gp_dep *d;

	rest = gp_trim(rest);
	if (gp_slice_starts(rest, "("))
		rest = (struct gp_slice){rest.p + 1, rest.n - 1};
	if (!gp_dep_word(&name, &rest) || !name.n)
		return;
	d = gp_dep_add(out, GEMS, GP_DEP_MANIFEST, name);
	d->line = at;
	d->unlocked = unlocked;
	put_origin(d, rest);
	rest = gp_trim(rest);
	if (gp_slice_starts(rest, ","))
		rest = gp_trim((struct gp_slice){rest.p + 1, rest.n - 1});
	if ((gp_slice_starts(rest, "\"") || gp_slice_starts(rest, "'")) &&
	    gp_dep_word(&version, &rest))
		gp_dep_set(&d->version, version);
}

static void read_gemfile(struct gp_deps *out, struct gp_slice text)
{
	struct gp_slice line, word, rest;
	size_t at = 0;

	while (gp_line(&line, &text)) {
		const char *add = gp_find(line, "dependency");

		at++;
		rest = gp_trim(line);
		if (!rest.n || *rest.p == '#')
			continue;
		if (add && !gp_slice_starts(rest, "gem")) {
			/* spec.add_development_dependency "x" */
			add += strlen("dependency");
			rest.n -= (size_t)(add - rest.p);
			rest.p = add;
			on_gem(out, rest, at, true);
			continue;
		}
		gp_dep_word(&word, &rest);
		if (gp_slice_is(word, "gem") || gp_slice_starts(word, "gem("))
			on_gem(out,
			       gp_slice_is(word, "gem")
			               ? rest
			               : (struct gp_slice){word.p + 4,
			                                   rest.n + (size_t)(rest.p - word.p) - 4},
			       at, false);
		else if (gp_slice_is(word, "source") && gp_dep_word(&word, &rest))
			gp_dep_set(&gp_dep_put(out, GEMS, GP_DEP_INDEX, "source", "")->source,
			           word);
	}
}

struct lock {
	struct gp_deps *out;
	struct gp_slice section, remote;
	size_t at; /* the entry being read, plus one */
	size_t line;
};

static bool in(const struct lock *l, const char *section)
{
	return gp_slice_is(l->section, section);
}

static void on_spec(struct lock *l, struct gp_slice name, struct gp_slice version)
{
	struct gp_dep *d = gp_dep_add(l->out, GEMS, GP_DEP_LOCK, name);
	gp_auto_str char *remote = gp_strndup(l->remote.n ? l->remote.p : "", l->remote.n);

	gp_dep_set(&d->version, version);
	if (*remote)
		gp_dep_source(d, GP_DEP_REGISTRY, remote);
	d->from = in(l, "GIT") ? GP_DEP_GIT : in(l, "PATH") ? GP_DEP_PATH : GP_DEP_REGISTRY;
	d->line = l->line;
	l->at = l->out->n;
}

/* name (version) sha256=digest, of an entry above. */
static void on_checksum(struct lock *l, struct gp_slice name, struct gp_slice rest)
{
	struct gp_slice version, digest;

	if (!gp_dep_word(&version, &rest) || !gp_dep_word(&digest, &rest) || version.n < 2)
		return;
	version = (struct gp_slice){version.p + 1, version.n - 2};
	for (size_t i = 0; i < l->out->n && i < CHECKED; i++) {
		struct gp_dep *d = &l->out->v[i];

		if (d->where == GP_DEP_LOCK && gp_slice_is(name, d->name) &&
		    gp_slice_is(version, d->version))
			gp_dep_set(&d->integrity, digest);
	}
}

/* Sections in capitals; "  remote: url"; "    name (version)"; "      needs (range)". */
static void on_lock_line(struct lock *l, struct gp_slice line)
{
	struct gp_slice rest, name, version;
	size_t indent = 0;

	while (indent < line.n && line.p[indent] == ' ')
		indent++;
	rest = gp_trim(line);
	if (!rest.n)
		return;
	if (!indent) {
		l->section = rest;
		l->remote = (struct gp_slice){0};
		return;
	}
	if (!gp_dep_word(&name, &rest))
		return;
	version = gp_trim(rest);
	if (version.n >= 2 && *version.p == '(')
		version = (struct gp_slice){version.p + 1, version.n - 2};
	if (gp_slice_is(name, "remote:"))
		l->remote = gp_trim(rest);
	else if (in(l, "DEPENDENCIES") && indent == 2) {
		if (name.p[name.n - 1] == '!')
			name.n--;
		gp_dep_add(l->out, GEMS, GP_DEP_ECHO, name);
	} else if (in(l, "CHECKSUMS")) {
		on_checksum(l, name, rest);
	} else if (indent == 4 && (in(l, "GEM") || in(l, "GIT") || in(l, "PATH")))
		on_spec(l, name, version);
	else if (indent > 4 && l->at) {
		gp_auto_str char *to = gp_strndup(name.p, name.n);

		gp_dep_need(l->out, GEMS, l->out->v[l->at - 1].name, l->out->v[l->at - 1].version,
		            to);
	}
}

int gp_deps_ruby(struct gp_deps *out, const char *name, struct gp_slice text)
{
	struct lock l = {.out = out};
	struct gp_slice line;

	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	if (!gp_ends(name, ".lock") && !gp_ends(name, ".locked")) {
		read_gemfile(out, text);
		return 0;
	}
	while (gp_line(&line, &text)) {
		l.line++;
		on_lock_line(&l, line);
	}
	return 0;
}
