#include "lib/preview/vet_deps.h"

#include <string.h>

#include "lib/base/data.h"
#include "lib/base/json.h"
#include "lib/preview/vet_online.h"
#include "lib/preview/vetting.h"
#include "lib/vet/dependencies.h"

#define FILES 1000
#define FILE_MAX ((size_t)32 << 20)
/* Unchanged files: names there are known, and locks are compared; so much of them is enough. */
#define BESIDE_MAX ((size_t)4 << 20)
#define TABLE_MAX ((size_t)1 << 20)

struct sides {
	const struct gp_vet_options *o;
	struct gp_deps_file *v;
	size_t n, changed;
	struct gp_buf *texts; /* two for each file */
};

static void sides_clear(struct sides *s)
{
	for (size_t i = 0; i < s->n; i++) {
		gp_free((char *)s->v[i].path);
		gp_buf_clear(&s->texts[2 * i]);
		gp_buf_clear(&s->texts[2 * i + 1]);
	}
	gp_free(s->v);
	gp_free(s->texts);
}

static bool is_file(unsigned mode)
{
	return mode == 0100644 || mode == 0100755;
}

static int add(struct sides *s, const char *path)
{
	if (s->n == FILES)
		return gp_fail(GP_LIMIT, "more than %d files name dependencies", FILES);
	s->v = gp_realloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->texts = gp_realloc(s->texts, 2 * (s->n + 1) * sizeof(*s->texts));
	s->texts[2 * s->n] = s->texts[2 * s->n + 1] = (struct gp_buf){.max = FILE_MAX};
	s->v[s->n++] = (struct gp_deps_file){.path = gp_strdup(path)};
	return 0;
}

static int read_side(struct gp_slice *out, struct gp_buf *text, const struct sides *s,
                     const struct gp_oid *oid, size_t max)
{
	int e = gp_repo_blob(text, s->o->repo, oid, max);

	*out = (struct gp_slice){gp_buf_text(text), text->n};
	return e;
}

static int on_changed(void *ctx, const struct gp_changed *c)
{
	struct sides *s = ctx;
	size_t i = s->n;
	int e;

	if (!gp_deps_known(c->path) || (!is_file(c->old_mode) && !is_file(c->new_mode)))
		return 0;
	e = add(s, c->path);
	if (!e && is_file(c->old_mode))
		e = read_side(&s->v[i].old, &s->texts[2 * i], s, &c->old_oid, FILE_MAX);
	if (!e && is_file(c->new_mode))
		e = read_side(&s->v[i].new, &s->texts[2 * i + 1], s, &c->new_oid, FILE_MAX);
	return e ? gp_within(e, "cannot vet the dependencies in '%s'", c->path) : 0;
}

static int on_file(void *ctx, const struct gp_entry *f)
{
	struct sides *s = ctx;
	struct gp_oid oid;
	size_t i = s->n;
	int e;

	if (!is_file(f->mode) || !gp_deps_known(f->path) || s->n == FILES)
		return 0;
	for (size_t k = 0; k < s->changed; k++)
		if (strcmp(s->v[k].path, f->path) == 0)
			return 0;
	gp_oid_of(&oid, f->id);
	e = add(s, f->path);
	if (!e)
		e = read_side(&s->v[i].old, &s->texts[2 * i], s, &oid, BESIDE_MAX);
	s->v[i].new = s->v[i].old;
	if (e == GP_LIMIT)
		s->v[i].old = s->v[i].new = (struct gp_slice){0};
	return e == GP_LIMIT ? 0 : e;
}

/* As it was recorded when the preview was made. */
static char *recorded_request(struct gp_repo *r, const struct gp_oid *tip)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) note = {0};
	const char *text;

	if (gp_repo_note_read(&note, r, tip) || gp_json_parse(&j, gp_buf_all(&note)))
		return NULL;
	text = gp_json_str(j, "request");
	return text ? gp_strdup(text) : NULL;
}

static int keep(struct gp_vetted *out, const struct gp_vet_options *o, struct gp_finding *f,
                const struct gp_oid *tip)
{
	gp_auto(gp_buf) both = {0};
	struct gp_oid id;
	int e;

	gp_buf_fmt(&both, "%s:%s", f->rule, f->shown);
	e = gp_repo_hash(&id, gp_buf_all(&both));
	if (e)
		return e;
	f->print = gp_strndup(id.hex, 16);
	f->commit = gp_strdup(tip->hex);
	gp_vetting_add(out, o, f);
	return 0;
}

static int vet(struct gp_vetted *out, const struct sides *s, const struct gp_oid *tip, bool blocks)
{
	gp_auto_str char *request = recorded_request(s->o->repo, tip);
	gp_auto(gp_buf) table = {0};
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_popular) popular = {0};
	gp_auto(gp_findings) found = {0};
	gp_auto(gp_list) allowed = {0};
	gp_auto(gp_dep_questions) questions = {0};
	bool online = gp_conf_bool(s->o->conf, "vet.online");
	struct gp_deps_input in = {.files = s->v,
	                           .n = s->n,
	                           .request = request,
	                           .popular = &popular,
	                           .blocks = blocks && s->o->preview,
	                           .questions = online ? &questions : NULL};
	int e = gp_data_read(&table, &path, NULL, "popular.tsv", TABLE_MAX);

	if (!e)
		e = gp_popular_parse(&popular, gp_buf_all(&table));
	gp_conf_list(&allowed, s->o->conf, "vet.allow-dependencies");
	in.allowed = (const char *const *)allowed.v;
	if (!e)
		e = gp_deps_vet(&found, &in);
	if (!e && online)
		e = gp_vet_online(&found, s->o, &questions, in.blocks);
	for (size_t i = 0; !e && i < found.n; i++)
		e = keep(out, s->o, &found.v[i], tip);
	return e;
}

int gp_vet_dependencies(struct gp_vetted *out, const struct gp_vet_options *o,
                        const struct gp_oid *base, const struct gp_oid *tip)
{
	const char *how = gp_conf_str(o->conf, "vet.dependencies");
	struct sides s = {.o = o};
	struct gp_oid from, to;
	int e = 0;

	/* what is pushed may be a tag of something else than a commit */
	if (strcmp(how, "off") == 0 || !base->hex[0] ||
	    gp_repo_resolve(NULL, &from, o->repo, base->hex) ||
	    gp_repo_resolve(NULL, &to, o->repo, tip->hex))
		return 0;
	e = gp_repo_changed(o->repo, &from, &to, on_changed, &s);
	s.changed = s.n;
	if (!e && s.n)
		e = gp_repo_walk(o->repo, &to, on_file, &s);
	if (!e && s.n)
		e = vet(out, &s, tip, strcmp(how, "block") == 0);
	sides_clear(&s);
	return e;
}
