#include "lib/preview/run.h"

#include <string.h>

#include "lib/patch/patch.h"

#define FILE_MAX ((size_t)8 << 20)

struct source {
	struct gp_repo *repo;
	const struct gp_oid *base;
	const struct gp_changes *over;
	struct gp_buf clash;
};

void gp_state_clear(struct gp_state *s)
{
	gp_changes_clear(&s->changes);
	*s = (struct gp_state){0};
}

static int read_file(void *ctx, const char *path, struct gp_buf *out, unsigned *mode)
{
	struct source *s = ctx;
	const struct gp_change *c = s->over ? gp_changes_get(s->over, path) : NULL;

	if (!c)
		return gp_repo_read(out, mode, s->repo, s->base, path, FILE_MAX);
	*mode = c->mode;
	return c->mode ? gp_buf_slice(out, gp_buf_all(&c->content))
	               : gp_fail(GP_NOTFOUND, "no file '%s'", path);
}

/* Equal on a file system that folds case or composes characters. */
static bool folds_to(struct gp_slice a, struct gp_slice b)
{
	gp_auto(gp_buf) x = {0};
	gp_auto(gp_buf) y = {0};

	gp_path_fold(&x, a);
	gp_path_fold(&y, b);
	return gp_slice_eq(gp_buf_all(&x), gp_buf_all(&y));
}

struct sibling {
	struct source *s;
	const char *folder; /* with its '/', or "" */
	struct gp_slice name;
};

static void meet(struct sibling *w, const char *name, size_t n)
{
	const struct gp_slice other = {name, n};

	if (!gp_slice_eq(other, w->name) && folds_to(other, w->name)) {
		gp_buf_cut(&w->s->clash, 0);
		gp_buf_fmt(&w->s->clash, "%s%.*s", w->folder, (int)n, name);
	}
}

static int meet_entry(void *ctx, const struct gp_entry *e)
{
	meet(ctx, e->path, strlen(e->path));
	return 0;
}

/* Looks beside each component of path for another spelling of it. */
static const char *find_clash(struct source *s, const char *path)
{
	gp_buf_cut(&s->clash, 0);
	for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL) {
		gp_auto_str char *folder = gp_strndup(path, (size_t)(at - path));
		struct sibling w = {s, folder, {at, strcspn(at, "/")}};
		size_t n = strlen(folder);

		for (size_t i = 0; s->over && i < s->over->n; i++) {
			const char *p = s->over->v[i].path;

			if (s->over->v[i].mode && gp_starts(p, folder))
				meet(&w, p + n, strcspn(p + n, "/"));
		}
		if (gp_repo_list(s->repo, s->base, folder, meet_entry, &w))
			break;
	}
	return s->clash.n ? gp_buf_text(&s->clash) : NULL;
}

static unsigned stat_path(void *ctx, const char *path, const char **clash)
{
	struct source *s = ctx;
	size_t n = strlen(path);
	const struct gp_change *c = s->over ? gp_changes_get(s->over, path) : NULL;
	struct gp_oid oid;
	unsigned mode = 0;

	*clash = NULL;
	if (c && c->mode)
		return c->mode;
	for (size_t i = 0; s->over && i < s->over->n; i++)
		if (s->over->v[i].mode && gp_starts(s->over->v[i].path, path) &&
		    s->over->v[i].path[n] == '/')
			return 040000;
	if (!c && gp_repo_entry(&oid, &mode, s->repo, s->base, path) == 0)
		return mode;
	*clash = find_clash(s, path);
	return 0;
}

int gp_propose(struct gp_state *out, struct gp_repo *r, const struct gp_oid *base,
               const struct gp_changes *over, struct gp_slice text, struct gp_buf *why)
{
	struct source s = {.repo = r, .base = base, .over = over};
	const struct gp_patch_tree tree = {read_file, stat_path, &s};
	gp_auto(gp_patch) patch = {0};
	gp_auto(gp_changes) changes = {0};
	int e = gp_patch_parse(&patch, text, why);

	if (!e)
		e = gp_patch_apply(&changes, &patch, &tree, why);
	gp_buf_clear(&s.clash);
	if (e)
		return e;
	if (over)
		gp_changes_lay(&out->changes, over);
	gp_changes_lay(&out->changes, &changes);
	gp_changes_sort(&out->changes);
	return gp_repo_tree(&out->tree, r, base, &out->changes);
}

int gp_preview_apply(struct gp_oid *tree, struct gp_repo *r, const char *base, struct gp_slice text,
                     struct gp_buf *why)
{
	gp_auto(gp_state) s = {0};
	struct gp_oid base_tree;
	int e = gp_repo_resolve(NULL, &base_tree, r, base ? base : "HEAD");

	if (!e)
		e = gp_propose(&s, r, &base_tree, NULL, text, why);
	*tree = s.tree;
	return e;
}
