#include "lib/patch/parse.h"

#include <stdio.h>
#include <string.h>

/* Rows of the split are counted first: a patch of newlines alone must not grow tables by doubling.
 */
static size_t count_lines(struct gp_slice text)
{
	size_t n = 1;

	for (const char *p = text.p; p && (p = memchr(p, '\n', text.n - (size_t)(p - text.p))); p++)
		n++;
	return n;
}

static void split(struct gp_reader *r, struct gp_slice text)
{
	struct gp_slice line;

	r->v = gp_alloc(count_lines(text) * sizeof(*r->v));
	r->open = text.n && text.p[text.n - 1] != '\n';
	while (gp_line(&line, &text)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		r->v[r->n++] = line;
	}
}

int gp_patch_fault(struct gp_reader *r, const char *code, size_t line, const char *fmt, ...)
{
	gp_auto(gp_buf) text = {.max = GP_PATCH_WHY};
	gp_auto(gp_buf) seen = {.max = GP_PATCH_WHY};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	if (line)
		gp_buf_fmt(&seen, "%s: patch line %zu: ", code, line);
	else
		gp_buf_fmt(&seen, "%s: ", code);
	gp_buf_visible(&seen, gp_buf_all(&text));
	gp_buf_cut(r->why, 0);
	gp_buf_slice(r->why, gp_buf_all(&seen));
	return gp_fail(GP_INVALID, "cannot read the patch: %s", gp_buf_text(&seen));
}

static bool named(const struct gp_patch *p, struct gp_slice path)
{
	for (size_t i = 0; i < p->n; i++)
		if (gp_slice_is(path, p->v[i].path) ||
		    (p->v[i].to && gp_slice_is(path, p->v[i].to)))
			return true;
	return false;
}

static int check_path(struct gp_reader *r, struct gp_slice path)
{
	gp_buf_cut(r->why, 0);
	if (gp_path_check(path, r->why))
		return gp_within(GP_INVALID, "cannot read the patch: line %zu", r->at + 1);
	if (named(r->out, path))
		return gp_patch_fault(r, "twice", r->at + 1,
		                      "'%.*s' is changed twice; write one section for each file",
		                      (int)(path.n < 150 ? path.n : 150), path.p);
	return 0;
}

struct gp_patch_file *gp_patch_add(struct gp_reader *r, enum gp_patch_op op, struct gp_slice path)
{
	struct gp_patch *p = r->out;

	if (check_path(r, path))
		return NULL;
	if (p->n == GP_PATCH_FILES) {
		gp_patch_fault(r, "too-large", r->at + 1, "more than %d files", GP_PATCH_FILES);
		return NULL;
	}
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 8;
		p->v = gp_realloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n] = (struct gp_patch_file){
		.op = op, .path = gp_strndup(path.p, path.n), .line = r->at + 1};
	return &p->v[p->n++];
}

int gp_patch_move(struct gp_reader *r, struct gp_patch_file *f, struct gp_slice to)
{
	int e = check_path(r, to);

	if (!e)
		f->to = gp_strndup(to.p, to.n);
	return e;
}

void gp_patch_clear(struct gp_patch *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct gp_patch_file *f = &p->v[i];

		while (f->n)
			gp_chunk_drop_last(f);
		gp_free(f->v);
		gp_free(f->path);
		gp_free(f->to);
		gp_buf_clear(&f->content);
	}
	gp_free(p->v);
	gp_free(p->text);
	*p = (struct gp_patch){0};
}

/* A fence around an envelope or a diff is wrapping; around blocks it is looked through. */
static bool holds_other(const struct gp_reader *r, size_t i)
{
	while (++i < r->n && gp_blank(r->v[i]))
		;
	return i < r->n && (gp_patch_is_envelope(r, i) || gp_patch_is_diff(r, i));
}

static int choose(struct gp_reader *r)
{
	struct gp_slice rest;

	for (size_t i = 0; i < r->n; i++) {
		if (gp_patch_is_envelope(r, i)) {
			r->at = i;
			return gp_patch_envelope(r);
		}
		if (gp_patch_is_block(r, i) || (gp_patch_is_fenced(r, i) && !holds_other(r, i)))
			return gp_patch_blocks(r);
		if (gp_patch_is_diff(r, i))
			return gp_patch_diff(r);
	}
	for (size_t i = 0; i < r->n; i++)
		if (gp_after(&rest, r->v[i], "*** ") && gp_find(rest, "File:"))
			return gp_patch_fault(r, "cut", i + 1, "no '*** Begin Patch' before it");
	return gp_patch_fault(r, "format", 0,
	                      "no patch found; write one envelope from '*** Begin Patch' to "
	                      "'*** End Patch'");
}

/* What needs no tree to be seen as a mistake. */
static int check_chunks(struct gp_reader *r, struct gp_patch_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		gp_chunk_pair(&f->v[i]);
		if (gp_chunk_idle(&f->v[i]) && !f->create)
			return gp_patch_fault(
				r, "no-op", f->v[i].line,
				"%.150s, chunk %zu changes nothing; leave it out or write "
				"the lines to change with '-' and '+'",
				f->path, i + 1);
	}
	if (f->op == GP_PATCH_UPDATE && f->n == 0 && !f->to && !f->mode)
		return gp_patch_fault(r, "no-op", f->line, "%.150s: no chunk follows; write one",
		                      f->path);
	return 0;
}

static int parse(struct gp_reader *r)
{
	int e = choose(r);

	for (size_t i = 0; !e && i < r->out->n; i++)
		e = check_chunks(r, &r->out->v[i]);
	if (!e && r->out->n == 0)
		e = gp_patch_fault(r, "format", 0, "the patch changes no file");
	return e;
}

int gp_patch_parse(struct gp_patch *out, struct gp_slice text, struct gp_buf *why)
{
	struct gp_reader r = {.out = out, .why = why};
	int e;

	gp_patch_clear(out);
	gp_buf_cut(why, 0);
	if (text.n > GP_PATCH_MAX)
		return gp_patch_fault(&r, "too-large", 0, "more than %zu bytes", GP_PATCH_MAX);
	if (text.n && memchr(text.p, 0, text.n))
		return gp_patch_fault(&r, "nul", 0,
		                      "the patch has a NUL byte; only text can be "
		                      "patched");
	gp_after(&text, text, "\xef\xbb\xbf");
	out->text = gp_strndup(text.p, text.n);
	split(&r, (struct gp_slice){out->text, text.n});
	e = parse(&r);
	gp_free(r.v);
	if (e)
		gp_patch_clear(out);
	return e;
}
