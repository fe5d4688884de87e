#include "lib/patch/apply.h"

#include <string.h>

#include "lib/patch/place.h"

/* Room kept for "and n more". */
#define TAIL 40

void gp_apply_problem(struct gp_apply *a, const struct gp_buf *text)
{
	gp_auto(gp_buf) seen = {.max = GP_PATCH_WHY - TAIL};

	a->problems++;
	gp_buf_visible(&seen, gp_buf_all(text));
	if (seen.n && seen.p[seen.n - 1] != '\n')
		gp_buf_chr(&seen, '\n');
	if (a->left_out || a->why->n + seen.n > GP_PATCH_WHY - TAIL)
		a->left_out++;
	else
		gp_buf_slice(a->why, gp_buf_all(&seen));
}

bool gp_apply_full(struct gp_apply *a)
{
	if (a->left_out) {
		a->problems++;
		a->left_out++;
	}
	return a->left_out > 0;
}

void gp_apply_say(struct gp_apply *a, const char *fmt, ...)
{
	gp_auto(gp_buf) text = {.max = GP_APPLY_TEXT};
	va_list ap;

	if (gp_apply_full(a))
		return;
	va_start(ap, fmt);
	gp_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	gp_apply_problem(a, &text);
}

/* In a file that is made there is nothing a placeholder could stand for. */
static bool whole_text(struct gp_apply *a, const struct gp_patch_file *f, struct gp_slice text)
{
	bool prose = gp_is_prose(gp_slice(f->path));
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		if (!gp_is_elision(line, prose))
			continue;
		gp_apply_say(
			a,
			"elision: %.150s (patch line %zu): the line '%.*s' stands for code left "
			"out; write the whole file, or word the comment differently",
			f->path, f->line, (int)(line.n < 120 ? line.n : 120), line.p);
		return false;
	}
	return true;
}

static int make(struct gp_apply *a, const struct gp_patch_file *f, struct gp_slice text)
{
	if (gp_tree_is_free(a, f->path) && whole_text(a, f, text))
		gp_changes_set(&a->out, f->path, f->mode ? f->mode : 0100644, text);
	return 0;
}

/* An empty search on a file that is not there makes it. */
static int create(struct gp_apply *a, const struct gp_patch_file *f)
{
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < f->v[0].new.n; i++) {
		gp_buf_slice(&text, f->v[0].new.v[i]);
		gp_buf_chr(&text, '\n');
	}
	return make(a, f, gp_buf_all(&text));
}

static int take_away(struct gp_apply *a, const struct gp_patch_file *f)
{
	unsigned mode;

	if (gp_tree_has_file(a, f->path, &mode))
		gp_changes_set(&a->out, f->path, 0, (struct gp_slice){0});
	return 0;
}

static int apply_file(struct gp_apply *a, const struct gp_patch_file *f)
{
	switch (f->op) {
	case GP_PATCH_ADD:
		return make(a, f, gp_buf_all(&f->content));
	case GP_PATCH_DELETE:
		return take_away(a, f);
	case GP_PATCH_WHOLE:
		if (gp_tree_lacks(a, f->path))
			return make(a, f, gp_buf_all(&f->content));
		return gp_apply_update(a, f);
	default:
		if (f->create && gp_tree_lacks(a, f->path))
			return create(a, f);
		return gp_apply_update(a, f);
	}
}

static int verdict(struct gp_apply *a)
{
	const char *text;

	if (!a->problems)
		return 0;
	if (a->left_out)
		gp_buf_fmt(a->why, "(and %zu more)\n", a->left_out);
	text = gp_buf_text(a->why);
	return gp_fail(GP_INVALID, "cannot apply the patch: %.*s", (int)strcspn(text, "\n"), text);
}

int gp_patch_apply(struct gp_changes *out, const struct gp_patch *p,
                   const struct gp_patch_tree *tree, struct gp_buf *why)
{
	struct gp_apply a = {.p = p, .tree = tree, .why = why};
	int e = 0;

	gp_changes_clear(out);
	gp_buf_cut(why, 0);
	gp_tree_check_made(&a);
	for (size_t i = 0; !e && i < p->n; i++)
		e = apply_file(&a, &p->v[i]);
	if (e)
		gp_buf_cut(why, 0);
	else
		e = verdict(&a);
	if (e)
		gp_changes_clear(&a.out);
	*out = a.out;
	return e;
}
