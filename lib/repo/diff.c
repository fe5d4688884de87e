#include "lib/repo/libgit2.h"

#include <string.h>

#define DIFF_MAX ((size_t)256 << 20)

static int no_id(struct gp_oid *oid, const git_diff_file *f)
{
	bool there = f->mode == GIT_FILEMODE_BLOB || f->mode == GIT_FILEMODE_BLOB_EXECUTABLE ||
	             f->mode == GIT_FILEMODE_LINK;

	*oid = (struct gp_oid){0};
	if (there)
		gp_git2_hex(oid, &f->id);
	return there;
}

/* All blobs of both sides in one fetch; a complete repository pays one look-up each. */
static int fetch_sides(struct gp_repo *r, git_diff *diff, bool both)
{
	size_t n = gp_git2.git_diff_num_deltas(diff), used = 0;
	struct gp_oid *v = gp_alloc(2 * n * sizeof(*v));
	int e;

	for (size_t i = 0; i < n; i++) {
		const git_diff_delta *d = gp_git2.git_diff_get_delta(diff, i);

		used += no_id(&v[used], &d->new_file);
		if (both)
			used += no_id(&v[used], &d->old_file);
	}
	e = gp_repo_fetch(r, v, used);
	gp_free(v);
	return e;
}

/* Never by way of the repository's index or attributes: libgit2 would open the index for both. */
static int compare(git_diff **out, struct gp_repo *r, const struct gp_oid *from,
                   const struct gp_oid *to, bool both)
{
	const git_diff_options o = {.version = GIT_DIFF_OPTIONS_VERSION,
	                            .flags = GIT_DIFF_SKIP_BINARY_CHECK,
	                            .ignore_submodules = GIT_SUBMODULE_IGNORE_NONE};
	gp_auto_git2(tree) a = NULL;
	gp_auto_git2(tree) b = NULL;
	git_oid id;
	int e = 0;

	if (from->hex[0]) {
		e = gp_git2_oid(&id, from);
		if (!e)
			e = gp_git2_tree(&a, r, &id);
	}
	if (!e && to->hex[0]) {
		e = gp_git2_oid(&id, to);
		if (!e)
			e = gp_git2_tree(&b, r, &id);
	}
	if (e)
		return e;
	e = gp_git2.git_diff_tree_to_tree(out, r->git, a, b, &o);
	if (e)
		return gp_git2_fail(e, "cannot compare two trees");
	return fetch_sides(r, *out, both);
}

static int add_change(struct gp_changes *out, struct gp_repo *r, const git_diff_delta *d,
                      size_t *left)
{
	gp_auto(gp_buf) content = {.max = DIFF_MAX};
	struct gp_oid oid;
	int e;

	if (d->new_file.mode == GIT_FILEMODE_COMMIT || d->old_file.mode == GIT_FILEMODE_COMMIT)
		return gp_fail(GP_REFUSED, "cannot show the change of '%s': it is a submodule",
		               d->new_file.path);
	if (d->status == GIT_DELTA_DELETED) {
		gp_changes_set(out, d->old_file.path, 0, (struct gp_slice){0});
		return 0;
	}
	gp_git2_hex(&oid, &d->new_file.id);
	e = gp_repo_blob(&content, r, &oid, *left);
	if (e)
		return gp_within(e, "cannot read '%s'", d->new_file.path);
	*left -= content.n;
	gp_changes_set(out, d->new_file.path, d->new_file.mode, gp_buf_all(&content));
	return 0;
}

int gp_repo_diff(struct gp_changes *out, struct gp_repo *r, const struct gp_oid *from,
                 const struct gp_oid *to)
{
	gp_auto_git2(diff) diff = NULL;
	size_t n, left = DIFF_MAX;
	int e = compare(&diff, r, from, to, false);

	n = e ? 0 : gp_git2.git_diff_num_deltas(diff);
	for (size_t i = 0; i < n && !e; i++)
		e = add_change(out, r, gp_git2.git_diff_get_delta(diff, i), &left);
	return e;
}

static int side(struct gp_buf *out, struct gp_repo *r, const git_diff_file *f)
{
	struct gp_oid oid;

	if (f->mode == GIT_FILEMODE_COMMIT) {
		gp_git2_hex(&oid, &f->id);
		return gp_buf_fmt(out, "Subproject commit %s\n", oid.hex);
	}
	return no_id(&oid, f) ? gp_repo_blob(out, r, &oid, DIFF_MAX) : 0;
}

/* git looks for a NUL in the first 8000 bytes (buffer_is_binary). */
static bool binary(const struct gp_buf *b)
{
	return b->n && memchr(b->p, 0, b->n < 8000 ? b->n : 8000);
}

static int count_lines(struct gp_stat *s, const struct gp_buf *old, const struct gp_buf *new)
{
	gp_auto_git2(patch) patch = NULL;
	size_t context, added, deleted;
	int e;

	s->added = s->deleted = -1;
	if (binary(old) || binary(new))
		return 0;
	e = gp_git2.git_patch_from_buffers(&patch, gp_buf_text(old), old->n, s->path,
	                                   gp_buf_text(new), new->n, s->path, NULL);
	if (!e)
		e = gp_git2.git_patch_line_stats(&context, &added, &deleted, patch);
	if (e)
		return gp_git2_fail(e, "cannot compare '%s'", s->path);
	s->added = (long)added;
	s->deleted = (long)deleted;
	return 0;
}

static int add_stat(struct gp_stats *out, struct gp_repo *r, const git_diff_delta *d)
{
	gp_auto(gp_buf) old = {.max = DIFF_MAX};
	gp_auto(gp_buf) new = {.max = DIFF_MAX};
	struct gp_stat *s = &out->v[out->n++];
	int e;

	s->path = gp_strdup(d->new_file.path);
	e = side(&old, r, &d->old_file);
	if (!e)
		e = side(&new, r, &d->new_file);
	if (e == GP_LIMIT) {
		s->added = s->deleted = -1;
		return 0;
	}
	if (!e)
		e = count_lines(s, &old, &new);
	if (!e && s->added >= 0) {
		out->added += s->added;
		out->deleted += s->deleted;
	}
	return e;
}

int gp_repo_stat(struct gp_stats *out, struct gp_repo *r, const struct gp_oid *from,
                 const struct gp_oid *to)
{
	gp_auto_git2(diff) diff = NULL;
	size_t n;
	int e = compare(&diff, r, from, to, true);

	if (e)
		return e;
	n = gp_git2.git_diff_num_deltas(diff);
	gp_stats_clear(out);
	out->v = gp_alloc(n * sizeof(*out->v));
	for (size_t i = 0; i < n && !e; i++)
		e = add_stat(out, r, gp_git2.git_diff_get_delta(diff, i));
	return e;
}

void gp_stats_clear(struct gp_stats *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_free(s->v[i].path);
	gp_free(s->v);
	*s = (struct gp_stats){0};
}
