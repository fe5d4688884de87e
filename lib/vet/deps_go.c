#include <string.h>

#include "lib/vet/deps_in.h"

static void put_require(struct gp_deps *out, struct gp_slice line, size_t at)
{
	struct gp_slice name, version = {0};
	struct gp_dep *d;

	if (!gp_dep_word(&name, &line))
		return;
	gp_dep_word(&version, &line);
	d = gp_dep_add(out, GO, GP_DEP_MANIFEST, name);
	gp_dep_set(&d->version, version);
	d->line = at;
}

/* a [v] => b [v]: what a stands for from here on. */
static void put_replace(struct gp_deps *out, struct gp_slice line, size_t at)
{
	const char *arrow = gp_find(line, "=>");
	struct gp_slice left, to, name, version = {0};
	gp_auto_str char *text = NULL;
	struct gp_dep *d;

	if (!arrow)
		return;
	left = (struct gp_slice){line.p, (size_t)(arrow - line.p)};
	line = (struct gp_slice){arrow + 2, line.n - left.n - 2};
	if (!gp_dep_word(&name, &left) || !gp_dep_word(&to, &line))
		return;
	gp_dep_word(&version, &line);
	text = gp_strndup(to.p, to.n);
	d = gp_dep_add(out, GO, GP_DEP_MANIFEST, name);
	gp_dep_source(d, GP_DEP_GIT, text);
	d->unlocked = true;
	d->line = at;
	if (d->from == GP_DEP_PATH)
		return;
	d = gp_dep_add(out, GO, GP_DEP_MANIFEST, to);
	gp_dep_set(&d->version, version);
	d->line = at;
}

static void read_mod(struct gp_deps *out, struct gp_slice text)
{
	struct gp_slice line, word, block = {0};
	size_t at = 0;

	while (gp_line(&line, &text)) {
		const char *comment = gp_find(line, "//");
		struct gp_slice rest, verb = block;

		at++;
		if (comment)
			line.n = (size_t)(comment - line.p);
		line = rest = gp_trim(line);
		if (!line.n)
			continue;
		if (block.n && gp_slice_is(line, ")")) {
			block.n = 0;
			continue;
		}
		if (!block.n) {
			gp_dep_word(&word, &rest);
			if (gp_slice_is(gp_trim(rest), "(")) {
				block = word;
				continue;
			}
			verb = word;
			line = rest;
		}
		if (gp_slice_is(verb, "require"))
			put_require(out, line, at);
		else if (gp_slice_is(verb, "replace"))
			put_replace(out, line, at);
	}
}

/* module version[/go.mod] h1:digest */
static void read_sum(struct gp_deps *out, struct gp_slice text)
{
	struct gp_slice line, name, version, digest;
	size_t at = 0;

	while (gp_line(&line, &text)) {
		struct gp_dep *d;

		at++;
		if (!gp_dep_word(&name, &line) || !gp_dep_word(&version, &line) ||
		    !gp_dep_word(&digest, &line))
			continue;
		d = gp_dep_add(out, GO, GP_DEP_LOCK, name);
		gp_dep_set(&d->version, version);
		gp_dep_set(&d->integrity, digest);
		d->line = at;
	}
}

int gp_deps_go(struct gp_deps *out, const char *name, struct gp_slice text)
{
	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	if (strcmp(name, "go.sum") == 0)
		read_sum(out, text);
	else
		read_mod(out, text);
	return 0;
}
