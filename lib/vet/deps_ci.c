#include <string.h>
#include <strings.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/toml.h"

#define DEEP 64
#define STAGES 500

/* "registry/name:tag@sha256:..." */
static void put_image(struct gp_deps *out, struct gp_slice image, size_t line)
{
	const char *digest = image.n ? memchr(image.p, '@', image.n) : NULL, *slash, *colon;
	struct gp_slice name = {image.p, digest ? (size_t)(digest - image.p) : image.n};
	struct gp_dep *d;

	/* a variable may be anything: what it is set to is looked at where it is set */
	if (!image.n || memchr(image.p, '$', image.n) || gp_slice_is(image, "scratch"))
		return;
	slash = memrchr(name.p, '/', name.n);
	colon = memrchr(name.p, ':', name.n);
	if (colon && (!slash || colon > slash)) {
		struct gp_slice tag = {colon + 1, name.n - (size_t)(colon - name.p) - 1};

		name.n = (size_t)(colon - name.p);
		d = gp_dep_add(out, DOCKER, GP_DEP_MANIFEST, name);
		gp_dep_set(&d->version, tag);
	} else {
		d = gp_dep_add(out, DOCKER, GP_DEP_MANIFEST, name);
	}
	d->line = line;
	d->unlocked = true;
	if (digest)
		gp_dep_set(&d->integrity,
		           (struct gp_slice){digest + 1,
		                             image.n - name.n -
		                                     (size_t)(digest - image.p - name.n) - 1});
}

/* owner/name[/path]@ref, docker://image, ./local */
static void put_uses(struct gp_deps *out, const char *uses)
{
	struct gp_slice rest = gp_slice(uses), name;
	struct gp_dep *d;

	if (gp_starts(uses, "./") || !*uses)
		return;
	if (gp_starts(uses, "docker://")) {
		put_image(out, gp_slice(uses + strlen("docker://")), 0);
		return;
	}
	name = gp_dep_cut(&rest, '@');
	d = gp_dep_add(out, ACTIONS, GP_DEP_MANIFEST, name);
	gp_dep_set(&d->version, rest);
	d->unlocked = true;
}

/* Wherever the keys stand: a workflow's anchors and an action's steps are found too. */
static void walk(struct gp_deps *out, const struct cJSON *at, const char *key, int depth)
{
	const char *text = gp_json_text(at);

	if (text && key) {
		if (strcmp(key, "uses") == 0)
			put_uses(out, text);
		else if (strcmp(key, "image") == 0 || strcmp(key, "container") == 0)
			put_image(out, gp_slice(gp_starts(text, "docker://") ? text + 9 : text), 0);
		else if (strcmp(key, "run") == 0 || strcmp(key, "script") == 0 ||
		         strcmp(key, "before_script") == 0 || strcmp(key, "after_script") == 0 ||
		         strcmp(key, "command") == 0 || strcmp(key, "entrypoint") == 0)
			gp_deps_commands(out, gp_slice(text), 0);
	}
	if (depth == DEEP || (!gp_json_is_object(at) && !gp_json_is_array(at)))
		return;
	for (struct cJSON *c = gp_json_first(at); c; c = gp_json_next(c))
		walk(out, c, gp_json_is_object(at) ? gp_json_key(c) : key, depth + 1);
	/* GitLab: image: {name: ...} */
	if (key && strcmp(key, "image") == 0 && gp_json_str(at, "name"))
		put_image(out, gp_slice(gp_json_str(at, "name")), 0);
}

int gp_deps_actions(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *docs = NULL;
	int e = gp_yaml_parse(&docs, text);

	(void)name;
	if (!e)
		walk(out, docs, NULL, 0);
	return e;
}

struct dockerfile {
	struct gp_deps *out;
	struct gp_list stages;
	struct gp_buf whole; /* an instruction that goes on over lines */
	size_t line, from;
};

static void on_from(struct dockerfile *f, struct gp_slice rest)
{
	struct gp_slice word, image = {0}, stage = {0};
	gp_auto_str char *name = NULL;

	while (gp_dep_word(&word, &rest)) {
		if (gp_slice_starts(word, "--"))
			continue;
		if (!image.n)
			image = word;
		else if (word.n == 2 && strncasecmp(word.p, "as", 2) == 0)
			gp_dep_word(&stage, &rest);
	}
	name = gp_strndup(image.n ? image.p : "", image.n);
	if (!gp_list_has(&f->stages, name))
		put_image(f->out, image, f->from);
	if (stage.n && f->stages.n < STAGES)
		gp_list_addn(&f->stages, stage.p, stage.n);
}

/* COPY --from=image; ARG BASE=image is not known to be one. */
static void on_copy(struct dockerfile *f, struct gp_slice rest)
{
	struct gp_slice word;

	while (gp_dep_word(&word, &rest) && gp_slice_starts(word, "--")) {
		gp_auto_str char *text = gp_strndup(word.p, word.n);

		if (gp_starts(text, "--from=") && !gp_list_has(&f->stages, text + 7) &&
		    strspn(text + 7, "0123456789") != strlen(text + 7))
			put_image(f->out, gp_slice(text + 7), f->from);
	}
}

/* ADD of an address: what it brings is whatever is there on the day. */
static void on_add(struct dockerfile *f, struct gp_slice rest)
{
	struct gp_slice word;
	bool sum = gp_find(rest, "--checksum=") != NULL;

	while (gp_dep_word(&word, &rest)) {
		gp_auto_str char *text = gp_strndup(word.p, word.n);
		gp_auto(gp_buf) name = {0};
		struct gp_dep *d;

		if (!strstr(text, "://"))
			continue;
		gp_dep_address(&name, text);
		d = gp_dep_add(f->out, DOCKER, GP_DEP_MANIFEST, gp_buf_all(&name));
		gp_dep_source(d, GP_DEP_URL, text);
		d->line = f->from;
		d->unlocked = true;
		if (sum)
			gp_dep_digest(d, "checksum");
	}
}

static void on_instruction(struct dockerfile *f, struct gp_slice s)
{
	static const struct {
		const char *word;
		void (*act)(struct dockerfile *, struct gp_slice);
	} verbs[] = {{"FROM", on_from}, {"COPY", on_copy}, {"ADD", on_add}};
	struct gp_slice rest = s, verb;

	if (!gp_dep_word(&verb, &rest))
		return;
	for (size_t i = 0; i < GP_COUNT(verbs); i++)
		if (verb.n == strlen(verbs[i].word) &&
		    strncasecmp(verb.p, verbs[i].word, verb.n) == 0)
			verbs[i].act(f, rest);
	gp_deps_commands(f->out, rest, f->from);
}

int gp_deps_docker(struct gp_deps *out, const char *name, struct gp_slice text)
{
	struct dockerfile f = {.out = out};
	struct gp_slice line;

	(void)name;
	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	while (gp_line(&line, &text)) {
		struct gp_slice s = gp_trim(line);
		bool more = s.n && s.p[s.n - 1] == '\\';

		f.line++;
		if (gp_slice_starts(s, "#"))
			continue;
		if (!f.whole.n)
			f.from = f.line;
		gp_buf_add(&f.whole, s.p, s.n - more);
		gp_buf_chr(&f.whole, ' ');
		if (more)
			continue;
		on_instruction(&f, gp_buf_all(&f.whole));
		gp_buf_cut(&f.whole, 0);
	}
	on_instruction(&f, gp_buf_all(&f.whole));
	gp_list_clear(&f.stages);
	gp_buf_clear(&f.whole);
	return 0;
}

/* [submodule "x"] path = ..., url = ... */
int gp_deps_modules(struct gp_deps *out, const char *name, struct gp_slice text)
{
	struct gp_slice line;
	size_t at = 0;

	(void)name;
	while (gp_line(&line, &text)) {
		struct gp_slice rest = gp_trim(line), key = gp_trim(gp_dep_cut(&rest, '='));
		gp_auto(gp_buf) address = {0};
		struct gp_dep *d;

		at++;
		if (!gp_slice_is(key, "url"))
			continue;
		rest = gp_dep_unquote(rest);
		gp_auto_str char *url = gp_strndup(rest.n ? rest.p : "", rest.n);
		gp_dep_address(&address, url);
		d = gp_dep_add(out, GIT, GP_DEP_MANIFEST, gp_buf_all(&address));
		d->line = at;
		d->unlocked = true;
	}
	return 0;
}
