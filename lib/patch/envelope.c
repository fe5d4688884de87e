#include "lib/patch/parse.h"

#include <string.h>

static bool is(const struct gp_reader *r, size_t i, const char *marker)
{
	return i < r->n && gp_slice_is(gp_rtrim(r->v[i]), marker);
}

bool gp_patch_is_envelope(const struct gp_reader *r, size_t i)
{
	return is(r, i, "*** Begin Patch");
}

static bool header(struct gp_slice *value, const struct gp_reader *r, const char *name)
{
	if (r->at >= r->n || !gp_after(value, r->v[r->at], name))
		return false;
	*value = gp_unwrap(*value);
	return true;
}

/* Adds the blank lines before the next line, unless that is a header: then they separate. */
static bool add_blanks(struct gp_reader *r, struct gp_patch_file *f)
{
	size_t i = r->at;
	struct gp_slice rest;

	while (i < r->n && gp_blank(r->v[i]))
		i++;
	if (i == r->n || gp_after(&rest, r->v[i], "*** ")) {
		r->at = i;
		return false;
	}
	for (; r->at < i; r->at++)
		gp_buf_chr(&f->content, '\n');
	return true;
}

static int add_section(struct gp_reader *r, struct gp_slice path)
{
	struct gp_patch_file *f = gp_patch_add(r, GP_PATCH_ADD, path);
	struct gp_slice line;

	if (!f)
		return GP_INVALID;
	for (r->at++; add_blanks(r, f); r->at++) {
		if (gp_after(&line, r->v[r->at], "\\ No newline") && f->content.n) {
			gp_buf_cut(&f->content, f->content.n - 1);
			continue;
		}
		if (!gp_after(&line, r->v[r->at], "+"))
			return gp_patch_fault(
				r, "header", r->at + 1,
				"in '*** Add File: %.150s' every line starts with '+'", f->path);
		if (f->content.n && f->content.p[f->content.n - 1] != '\n')
			gp_buf_chr(&f->content, '\n');
		gp_buf_slice(&f->content, line);
		gp_buf_chr(&f->content, '\n');
	}
	if (is(r, r->at, "*** End of File"))
		r->at++;
	return 0;
}

/* "@@ -1,2 +3,4 @@ heading" and "@@ ... @@" say where by number, or not at all. */
static bool is_numbers(struct gp_slice s)
{
	s = gp_trim(s);
	return s.n == 0 ||
	       (s.n > 2 && s.p[0] == '-' && s.p[1] >= '0' && s.p[1] <= '9' && gp_find(s, "@@")) ||
	       gp_slice_is(s, "...") || gp_slice_is(s, "... @@");
}

/* The chunk under construction; NULL: the next line starts one. */
struct body {
	struct gp_patch_file *f;
	struct gp_chunk *c;
	char last; /* how the line before began */
};

/* Forgets a chunk of separators; a chunk that has an anchor must have lines. */
static int close_chunk(struct gp_reader *r, struct body *b)
{
	struct gp_chunk *c = b->c;

	b->c = NULL;
	if (!c || c->old.n > c->loose || c->new.n > c->loose)
		return 0;
	if (c->anchors.n)
		return gp_patch_fault(r, "chunk", c->line, "%.150s: an '@@' without lines after it",
		                      b->f->path);
	gp_chunk_drop_last(b->f);
	return 0;
}

static int at_line(struct gp_reader *r, struct body *b, struct gp_slice anchor)
{
	struct gp_chunk *c = b->c;
	bool fresh = c && c->anchors.n && c->old.n == c->loose && c->new.n == c->loose;
	int e = fresh ? 0 : close_chunk(r, b);

	if (e)
		return e;
	if (!fresh)
		b->c = gp_chunk_add(b->f, r->at);
	b->c->old.n = b->c->new.n = b->c->loose = 0;
	if (is_numbers(anchor))
		return 0;
	if (anchor.p[0] == ' ') {
		anchor.p++;
		anchor.n--;
	}
	gp_lines_add(&b->c->anchors, anchor);
	return 0;
}

static void blank_line(struct gp_reader *r, struct body *b)
{
	size_t loose;

	if (!b->c || b->c->eof)
		return;
	loose = b->c->loose;
	gp_chunk_keep(b->c, (struct gp_slice){r->v[r->at].p, 0});
	b->c->loose = loose + 1;
}

static int body_line(struct gp_reader *r, struct body *b)
{
	struct gp_slice line = r->v[r->at];
	char kind = line.n ? line.p[0] : 0;

	if (kind != ' ' && kind != '+' && kind != '-' && gp_blank(line)) {
		blank_line(r, b);
		return 0;
	}
	if (b->c && kind == '\\') {
		gp_chunk_no_newline(b->c, b->last);
		return 0;
	}
	if (b->c && b->c->eof)
		return gp_patch_fault(r, "chunk", r->at + 1,
		                      "%.150s: nothing but '@@' may follow '*** End of File'",
		                      b->f->path);
	if (!b->c)
		b->c = gp_chunk_add(b->f, r->at);
	line.p++;
	line.n--;
	b->last = kind;
	if (kind == ' ')
		gp_chunk_keep(b->c, line);
	else if (kind == '-')
		gp_chunk_take(b->c, line);
	else if (kind == '+')
		gp_chunk_put(b->c, line);
	else
		return gp_patch_fault(
			r, "chunk", r->at + 1,
			"%.150s: a line starts with ' ' (stays), '-' (goes), '+' (comes) "
			"or '@@', this one with none of them: '%.*s'",
			b->f->path, (int)(r->v[r->at].n < 80 ? r->v[r->at].n : 80), r->v[r->at].p);
	return 0;
}

static int end_of_file(struct gp_reader *r, struct body *b)
{
	if (!b->c)
		return gp_patch_fault(
			r, "chunk", r->at + 1,
			"%.150s: '*** End of File' belongs after the lines of a chunk", b->f->path);
	b->c->eof = true;
	return 0;
}

static int update_section(struct gp_reader *r, struct gp_slice path)
{
	struct body b = {.f = gp_patch_add(r, GP_PATCH_UPDATE, path)};
	struct gp_slice rest;
	int e = 0;

	if (!b.f)
		return GP_INVALID;
	r->at++;
	if (header(&rest, r, "*** Move to:")) {
		e = gp_patch_move(r, b.f, rest);
		r->at++;
	}
	for (; !e && r->at < r->n; r->at++) {
		if (is(r, r->at, "*** End of File"))
			e = end_of_file(r, &b);
		else if (gp_after(&rest, r->v[r->at], "*** "))
			break;
		else if (gp_after(&rest, r->v[r->at], "@@"))
			e = at_line(r, &b, rest);
		else
			e = body_line(r, &b);
	}
	return e ? e : close_chunk(r, &b);
}

static int section(struct gp_reader *r)
{
	struct gp_slice v = r->v[r->at];

	if (header(&v, r, "*** Add File:"))
		return add_section(r, v);
	if (header(&v, r, "*** Update File:"))
		return update_section(r, v);
	if (header(&v, r, "*** Delete File:")) {
		r->at++;
		return gp_patch_add(r, GP_PATCH_DELETE, v) ? 0 : GP_INVALID;
	}
	if (gp_patch_is_envelope(r, r->at))
		return gp_patch_fault(r, "several", r->at + 1,
		                      "a second '*** Begin Patch'; write one envelope");
	return gp_patch_fault(r, "header", r->at + 1,
	                      "'%.*s' is none of '*** Add File: ', '*** Update File: ', "
	                      "'*** Delete File: ', '*** End Patch'",
	                      (int)(v.n < 80 ? v.n : 80), v.p);
}

/* Another patch after the end would be lost without a word. */
static int after_end(struct gp_reader *r)
{
	for (size_t i = r->at; i < r->n; i++) {
		if (gp_patch_is_envelope(r, i))
			return gp_patch_fault(r, "several", i + 1,
			                      "a second '*** Begin Patch'; write one envelope");
		if (gp_patch_is_block(r, i) || gp_patch_is_diff(r, i))
			return gp_patch_fault(r, "mixed", i + 1,
			                      "another kind of patch after '*** End Patch'");
	}
	return 0;
}

int gp_patch_envelope(struct gp_reader *r)
{
	int e = 0;

	for (r->at++; !e && r->at < r->n;) {
		if (is(r, r->at, "*** End Patch")) {
			r->at++;
			return after_end(r);
		}
		if (gp_blank(r->v[r->at]))
			r->at++;
		else
			e = section(r);
	}
	return e ? e
	         : gp_patch_fault(r, "cut", 0,
	                          "no '*** End Patch' at the end of the patch; nothing was "
	                          "applied: send the whole patch again");
}
