#include "lib/repo/compare.h"

#include <stdlib.h>
#include <string.h>

#define DELTAS_MAX 1000000

struct comparing {
	struct gp_deltas *out;
	struct gp_repo *r;
	struct gp_buf path;
};

void gp_deltas_clear(struct gp_deltas *d)
{
	for (size_t i = 0; i < d->n; i++)
		gp_free(d->v[i].path);
	gp_free(d->v);
	*d = (struct gp_deltas){0};
}

static bool is_tree(const git_tree_entry *e)
{
	return gp_git2.git_tree_entry_filemode(e) == GIT_FILEMODE_TREE;
}

static void take_side(struct gp_delta_side *s, const git_tree_entry *e)
{
	if (!e)
		return;
	s->mode = (unsigned)gp_git2.git_tree_entry_filemode(e);
	gp_git2_hex(&s->oid, gp_git2.git_tree_entry_id(e));
}

static int add(struct comparing *c, const git_tree_entry *old, const git_tree_entry *new)
{
	struct gp_deltas *d = c->out;

	if (d->n == DELTAS_MAX)
		return gp_fail(GP_LIMIT, "cannot compare two trees: more than %d files differ",
		               DELTAS_MAX);
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 16;
		d->v = gp_realloc(d->v, d->cap * sizeof(*d->v));
	}
	d->v[d->n] = (struct gp_delta){.path = gp_strndup(c->path.p, c->path.n)};
	take_side(&d->v[d->n].old, old);
	take_side(&d->v[d->n].new, new);
	d->n++;
	return 0;
}

static int trees(struct comparing *c, const git_oid *old, const git_oid *new);

static bool alike(const git_tree_entry *a, const git_tree_entry *b)
{
	return gp_git2.git_tree_entry_filemode(a) == gp_git2.git_tree_entry_filemode(b) &&
	       memcmp(gp_git2.git_tree_entry_id(a), gp_git2.git_tree_entry_id(b),
	              sizeof(git_oid)) == 0;
}

static const git_oid *id_of(const git_tree_entry *e)
{
	return e ? gp_git2.git_tree_entry_id(e) : NULL;
}

/* One name on both sides, a folder on both or on none; either may be NULL. */
static int entries(struct comparing *c, const git_tree_entry *old, const git_tree_entry *new)
{
	const git_tree_entry *any = old ? old : new;
	size_t before = c->path.n;
	int e;

	if (old && new &&alike(old, new))
		return 0;
	e = gp_buf_str(&c->path, gp_git2.git_tree_entry_name(any));
	if (!e && is_tree(any)) {
		e = gp_buf_chr(&c->path, '/');
		if (!e)
			e = trees(c, id_of(old), id_of(new));
	} else if (!e) {
		e = add(c, old, new);
	}
	gp_buf_cut(&c->path, before);
	return e;
}

/* In disorder, what is on both sides would seem to be on one: something could hide there. */
static int load(git_tree **out, size_t *n, struct gp_repo *r, const git_oid *oid)
{
	int e = oid ? gp_git2_tree(out, r, oid) : 0;

	*n = *out ? gp_git2.git_tree_entrycount(*out) : 0;
	for (size_t i = 1; i < *n && !e; i++)
		if (gp_git2.git_tree_entry_cmp(gp_git2.git_tree_entry_byindex(*out, i - 1),
		                               gp_git2.git_tree_entry_byindex(*out, i)) >= 0)
			e = gp_fail(GP_FAILED, "cannot read a tree: it is out of order at '%s'",
			            gp_git2.git_tree_entry_name(
					    gp_git2.git_tree_entry_byindex(*out, i)));
	return e;
}

static int trees(struct comparing *c, const git_oid *old, const git_oid *new)
{
	gp_auto_git2(tree) a = NULL;
	gp_auto_git2(tree) b = NULL;
	size_t na, nb, i = 0, j = 0;
	int e = gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : load(&a, &na, c->r, old);

	if (!e)
		e = load(&b, &nb, c->r, new);
	while (!e && (i < na || j < nb)) {
		const git_tree_entry *x = i < na ? gp_git2.git_tree_entry_byindex(a, i) : NULL;
		const git_tree_entry *y = j < nb ? gp_git2.git_tree_entry_byindex(b, j) : NULL;
		int order = !x ? 1 : !y ? -1 : gp_git2.git_tree_entry_cmp(x, y);

		i += order <= 0;
		j += order >= 0;
		e = entries(c, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
	}
	return e;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct gp_delta *)a)->path, ((const struct gp_delta *)b)->path);
}

int gp_compare(struct gp_deltas *out, struct gp_repo *r, const struct gp_oid *from,
               const struct gp_oid *to)
{
	struct comparing c = {.out = out, .r = r, .path = {.max = 4096}};
	git_oid a, b;
	int e = from->hex[0] ? gp_git2_oid(&a, from) : 0;

	if (!e && to->hex[0])
		e = gp_git2_oid(&b, to);
	if (!e && strcmp(from->hex, to->hex) != 0)
		e = trees(&c, from->hex[0] ? &a : NULL, to->hex[0] ? &b : NULL);
	gp_buf_clear(&c.path);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	return e;
}
