#include "lib/patch/apply.h"

#include <stdlib.h>
#include <string.h>

#include "lib/patch/parse.h"
#include "lib/patch/place.h"

/* One file being changed. */
struct edit {
	struct gp_apply *a;
	const struct gp_patch_file *f;
	struct gp_text t;
	struct gp_place *v;
	size_t n;
};

static void edit_clear(struct edit *e)
{
	for (size_t i = 0; i < e->n; i++)
		gp_place_clear(&e->v[i]);
	gp_free(e->v);
	gp_text_clear(&e->t);
}

/* A placeholder among the new lines would delete the code it stands for; one that the file has
 * already is the file's business. */
static bool elides(struct edit *e, const struct gp_place *p)
{
	bool prose = gp_is_prose(gp_slice(e->f->path)), known;
	struct gp_places seen = {0};

	for (size_t i = 0; i < p->c->new.n; i++) {
		struct gp_slice line = p->c->new.v[i];

		if (p->c->ctx[i] >= 0 || !gp_is_elision(line, prose))
			continue;
		gp_text_find(&seen, &e->t, GP_TIER_INDENT, &line, 1);
		known = seen.n > 0;
		gp_places_clear(&seen);
		if (known)
			continue;
		gp_apply_say(e->a,
		             "elision: %.150s, chunk %zu (patch line %zu): the new line '%.*s' "
		             "stands for "
		             "code left out; write the code, or word the comment differently",
		             e->f->path, p->number, p->c->line, (int)(line.n < 120 ? line.n : 120),
		             line.p);
		return true;
	}
	return false;
}

/* Whether both only insert at one place, and neither's context spans it: then their order in the
 * patch is the only one that fits both. */
static bool side_by_side(const struct gp_place *a, const struct gp_place *b)
{
	if (a->number > b->number)
		return false;
	return a->change_to == a->at + a->old_n && b->change_from == b->at;
}

static bool overlap(const struct gp_place *a, const struct gp_place *b)
{
	if (a->change_to > b->change_from)
		return true;
	return a->change_from == a->change_to && b->change_from == b->change_to &&
	       a->change_to == b->change_from && !side_by_side(a, b);
}

static int by_place(const void *x, const void *y)
{
	const struct gp_place *a = x, *b = y;

	if (a->change_from != b->change_from)
		return a->change_from < b->change_from ? -1 : 1;
	if (a->change_to != b->change_to)
		return a->change_to < b->change_to ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void check_overlaps(struct edit *e)
{
	for (size_t i = 1; i < e->n; i++) {
		gp_auto(gp_buf) text = {.max = GP_APPLY_TEXT};

		if (!overlap(&e->v[i - 1], &e->v[i]) || gp_apply_full(e->a))
			continue;
		gp_explain_overlap(&text, e->f->path, &e->v[i - 1], &e->v[i], &e->t);
		gp_apply_problem(e->a, &text);
	}
}

static void place_all(struct edit *e)
{
	size_t after = 0, before = e->a->problems;

	for (size_t i = 0; i < e->f->n; i++) {
		gp_auto(gp_buf) text = {.max = GP_APPLY_TEXT};
		struct gp_place *p = &e->v[e->n++];
		enum gp_placing what;

		p->c = &e->f->v[i];
		p->number = i + 1;
		what = gp_place_find(p, &e->t, after);
		if (what == GP_PLACED) {
			elides(e, p);
			after = p->change_to;
			continue;
		}
		if (!gp_apply_full(e->a)) {
			gp_explain(&text, e->f->path, p, &e->t, what);
			gp_apply_problem(e->a, &text);
		}
		if (what == GP_NO_END)
			return;
	}
	if (e->a->problems > before)
		return;
	if (e->n)
		qsort(e->v, e->n, sizeof(*e->v), by_place);
	check_overlaps(e);
}

/* A whole text for an existing file is one chunk over all its lines, so that what did not change
 * keeps its bytes. c is the caller's. */
static void place_whole(struct edit *e, struct gp_chunk *c)
{
	struct gp_slice rest = gp_buf_all(&e->f->content), line;

	c->line = e->f->line;
	for (size_t i = 0; i < e->t.n; i++)
		gp_chunk_take(c, gp_text_line(&e->t, i));
	while (gp_line(&line, &rest))
		gp_chunk_put(c, line);
	gp_chunk_pair(c);
	e->v[e->n++] = (struct gp_place){.c = c, .number = 1, .old_n = c->old.n, .new_n = c->new.n};
	gp_place_span(&e->v[0]);
	elides(e, &e->v[0]);
}

static int write_out(struct edit *e, unsigned mode, struct gp_slice before)
{
	struct gp_changes *out = &e->a->out;
	const struct gp_patch_file *f = e->f;
	unsigned now = f->mode ? f->mode : mode;
	gp_auto(gp_buf) text = {0};
	int code = e->t.bom ? gp_buf_add(&text, "\xef\xbb\xbf", 3) : 0;

	if (!code)
		code = gp_update_write(&text, &e->t, e->v, e->n);
	if (code)
		return gp_within(code, "cannot change '%s'", f->path);
	if (!f->to && now == mode && gp_slice_eq(before, gp_buf_all(&text))) {
		gp_apply_say(e->a,
		             "no-op: %.150s: the patch leaves the file as it is; leave it out, or "
		             "write the lines that change",
		             f->path);
		return 0;
	}
	if (f->to)
		gp_changes_set(out, f->path, 0, (struct gp_slice){0});
	gp_changes_set(out, f->to ? f->to : f->path, now, gp_buf_all(&text));
	return 0;
}

static int edit(struct edit *e, unsigned mode, struct gp_slice before)
{
	struct gp_chunk whole = {0};
	size_t problems = e->a->problems;
	int code = 0;

	e->t.work = e->a->work;
	e->v = gp_alloc((e->f->n + 1) * sizeof(*e->v));
	if (e->f->op == GP_PATCH_WHOLE)
		place_whole(e, &whole);
	else
		place_all(e);
	e->a->work = e->t.work;
	if (e->a->problems == problems)
		code = write_out(e, mode, before);
	gp_chunk_clear(&whole);
	return code;
}

/* Whether the bytes are text that may be changed; a problem says why not. */
static bool editable(struct edit *e, struct gp_slice bytes)
{
	const char *path = e->f->path;

	if (bytes.n && memchr(bytes.p, 0, bytes.n))
		gp_apply_say(e->a, "binary: %.150s is not text and cannot be patched", path);
	else if (!gp_text_open(&e->t, bytes))
		gp_apply_say(e->a, "too-large: %.150s is too large to be patched", path);
	else if (e->f->op == GP_PATCH_WHOLE && e->t.n >= GP_PATCH_WHOLE_LINES)
		gp_apply_say(
			e->a,
			"whole: %.150s has %zu lines; a file of %d lines or more is changed by "
			"chunks, not replaced",
			path, e->t.n, GP_PATCH_WHOLE_LINES);
	else
		return true;
	return false;
}

int gp_apply_update(struct gp_apply *a, const struct gp_patch_file *f)
{
	struct edit e = {.a = a, .f = f};
	gp_auto(gp_buf) bytes = {.max = GP_PATCH_TEXT};
	unsigned mode = 0, read_mode = 0;
	bool free;
	int code;

	if (!gp_tree_has_file(a, f->path, &mode))
		return 0;
	free = !f->to || gp_tree_is_free(a, f->to);
	code = a->tree->read(a->tree->ctx, f->path, &bytes, &read_mode);
	if (code && code != GP_LIMIT)
		return GP_FAILED;
	if (code) {
		gp_apply_say(a, "too-large: %.150s is too large to be patched", f->path);
		return 0;
	}
	if (editable(&e, gp_buf_all(&bytes)) && free)
		code = edit(&e, mode, gp_buf_all(&bytes));
	edit_clear(&e);
	return code;
}
