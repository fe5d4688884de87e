#include "lib/repo/compare.h"

#include <string.h>

#define DIFF_MAX ((size_t)256 << 20)

static bool is_blob(const struct gp_delta_side *s)
{
	return s->mode == GIT_FILEMODE_BLOB || s->mode == GIT_FILEMODE_BLOB_EXECUTABLE ||
	       s->mode == GIT_FILEMODE_LINK;
}

/* All blobs of both sides in one fetch; a complete repository pays one look-up each. */
static int fetch_sides(struct gp_repo *r, const struct gp_deltas *d, bool both)
{
	struct gp_oid *v = gp_alloc(2 * d->n * sizeof(*v));
	size_t used = 0;
	int e;

	for (size_t i = 0; i < d->n; i++) {
		if (is_blob(&d->v[i].new))
			v[used++] = d->v[i].new.oid;
		if (both && is_blob(&d->v[i].old))
			v[used++] = d->v[i].old.oid;
	}
	e = gp_repo_fetch(r, v, used);
	gp_free(v);
	return e;
}

static int compare(struct gp_deltas *out, struct gp_repo *r, const struct gp_oid *from,
                   const struct gp_oid *to, bool both)
{
	int e = gp_compare(out, r, from, to);

	return e ? e : fetch_sides(r, out, both);
}

static int add_change(struct gp_changes *out, struct gp_repo *r, const struct gp_delta *d,
                      size_t *left)
{
	gp_auto(gp_buf) content = {.max = DIFF_MAX};
	int e;

	if (d->new.mode == GIT_FILEMODE_COMMIT || d->old.mode == GIT_FILEMODE_COMMIT)
		return gp_fail(GP_REFUSED, "cannot show the change of '%s': it is a submodule",
		               d->path);
	if (d->new.mode == 0) {
		gp_changes_set(out, d->path, 0, (struct gp_slice){0});
		return 0;
	}
	e = gp_repo_blob(&content, r, &d->new.oid, *left);
	if (e)
		return gp_within(e, "cannot read '%s'", d->path);
	*left -= content.n;
	gp_changes_set(out, d->path, d->new.mode, gp_buf_all(&content));
	return 0;
}

int gp_repo_diff(struct gp_changes *out, struct gp_repo *r, const struct gp_oid *from,
                 const struct gp_oid *to)
{
	gp_auto(gp_deltas) d = {0};
	size_t left = DIFF_MAX;
	int e = compare(&d, r, from, to, false);

	for (size_t i = 0; i < d.n && !e; i++)
		e = add_change(out, r, &d.v[i], &left);
	return e;
}

static int side(struct gp_buf *out, struct gp_repo *r, const struct gp_delta_side *s)
{
	if (s->mode == GIT_FILEMODE_COMMIT)
		return gp_buf_fmt(out, "Subproject commit %s\n", s->oid.hex);
	return is_blob(s) ? gp_repo_blob(out, r, &s->oid, DIFF_MAX) : 0;
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

static int add_stat(struct gp_stats *out, struct gp_repo *r, const struct gp_delta *d)
{
	gp_auto(gp_buf) old = {.max = DIFF_MAX};
	gp_auto(gp_buf) new = {.max = DIFF_MAX};
	struct gp_stat *s = &out->v[out->n++];
	int e;

	s->path = gp_strdup(d->path);
	e = side(&old, r, &d->old);
	if (!e)
		e = side(&new, r, &d->new);
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
	gp_auto(gp_deltas) d = {0};
	int e = compare(&d, r, from, to, true);

	if (e)
		return e;
	gp_stats_clear(out);
	out->v = gp_alloc(d.n * sizeof(*out->v));
	for (size_t i = 0; i < d.n && !e; i++)
		e = add_stat(out, r, &d.v[i]);
	return e;
}

void gp_stats_clear(struct gp_stats *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_free(s->v[i].path);
	gp_free(s->v);
	*s = (struct gp_stats){0};
}

static int add_hunk(struct gp_hunk *out, git_patch *patch, size_t i)
{
	const git_diff_hunk *h;
	int e = gp_git2.git_patch_get_hunk(&h, NULL, patch, i);

	if (e)
		return e;
	/* a side without lines names the line before it */
	*out = (struct gp_hunk){
		.old_at = (size_t)h->old_start - (h->old_lines > 0),
		.old_n = (size_t)h->old_lines,
		.new_at = (size_t)h->new_start - (h->new_lines > 0),
		.new_n = (size_t)h->new_lines,
	};
	return 0;
}

int gp_repo_hunks(struct gp_hunks *out, struct gp_slice old, struct gp_slice new)
{
	gp_auto_git2(patch) patch = NULL;
	const git_diff_options o = {
		.version = GIT_DIFF_OPTIONS_VERSION,
		.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC,
	};
	size_t n;
	int e = gp_git2_ready();

	gp_hunks_clear(out);
	if (e)
		return e;
	e = gp_git2.git_patch_from_buffers(&patch, old.n ? old.p : "", old.n, "text",
	                                   new.n ? new.p : "", new.n, "text", &o);
	n = e ? 0 : gp_git2.git_patch_num_hunks(patch);
	out->v = gp_alloc((n + 1) * sizeof(*out->v));
	for (; !e && out->n < n; out->n++)
		e = add_hunk(&out->v[out->n], patch, out->n);
	return e ? gp_git2_fail(e, "cannot compare two texts") : 0;
}

void gp_hunks_clear(struct gp_hunks *h)
{
	gp_free(h->v);
	*h = (struct gp_hunks){0};
}
