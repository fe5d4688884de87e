#include "lib/patch/parse.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* One "diff --git" or "---"/"+++" file while its headers are read. */
struct head {
	size_t line;
	struct gp_slice git; /* what follows "diff --git " */
	struct gp_slice old, new, from, to;
	unsigned mode;
	bool added, deleted, binary;
};

static bool starts(const struct gp_reader *r, size_t i, const char *prefix)
{
	struct gp_slice rest;

	return i < r->n && gp_after(&rest, r->v[i], prefix);
}

static bool is_pair(const struct gp_reader *r, size_t i)
{
	return starts(r, i, "--- ") && starts(r, i + 1, "+++ ");
}

bool gp_patch_is_diff(const struct gp_reader *r, size_t i)
{
	return starts(r, i, "diff --git ") || starts(r, i, "diff --cc ") ||
	       starts(r, i, "diff --combined ") || (is_pair(r, i) && starts(r, i + 2, "@@"));
}

static int octal(const char *p, size_t n)
{
	int c = 0;

	for (size_t i = 0; i < 3; i++) {
		if (i >= n || p[i] < '0' || p[i] > '7')
			return -1;
		c = 8 * c + p[i] - '0';
	}
	return c;
}

/* git's quoting of unusual names: "a/caf\303\251". False when they are no such quotes. */
static bool unquote(struct gp_buf *out, struct gp_slice s)
{
	static const char names[] = "abtnvfr\"\\", bytes[] = "\a\b\t\n\v\f\r\"\\";
	const char *known;
	size_t i;

	for (i = 1; i < s.n && s.p[i] != '"'; i++) {
		int c;

		if (s.p[i] != '\\') {
			gp_buf_chr(out, s.p[i]);
			continue;
		}
		i++;
		known = i < s.n && s.p[i] ? strchr(names, s.p[i]) : NULL;
		c = known ? bytes[known - names] : octal(s.p + i, s.n - i);
		if (c < 1 || c > 255)
			return false;
		gp_buf_chr(out, (char)c);
		i += known ? 0 : 2;
	}
	return i + 1 == s.n;
}

/* A name as it stands after "--- ": unquoted, without a time stamp. The patch's text is ours, so
 * what unquoting makes shorter is put back there. */
static struct gp_slice name(struct gp_slice s)
{
	gp_auto(gp_buf) plain = {0};
	const char *tab;

	s = gp_rtrim(s);
	if (s.n && s.p[0] == '"' && unquote(&plain, s) && plain.n <= s.n) {
		memcpy((char *)s.p, gp_buf_text(&plain), plain.n);
		s.n = plain.n;
		return s;
	}
	tab = s.n ? memchr(s.p, '\t', s.n) : NULL;
	if (tab)
		s.n = (size_t)(tab - s.p);
	return s;
}

static bool is_null(struct gp_slice s)
{
	return gp_slice_is(s, "/dev/null");
}

/* Takes "a/" and "b/" off when both sides have them, as git writes them. */
static void strip(struct gp_slice *a, struct gp_slice *b)
{
	struct gp_slice x, y;
	bool has_a = gp_after(&x, *a, "a/"), has_b = gp_after(&y, *b, "b/");

	if (has_a && (has_b || is_null(*b)))
		*a = x;
	if (has_b && (has_a || is_null(*a)))
		*b = y;
}

/* "a/X b/X", the only form that needs no guess about spaces. */
static bool git_names(struct head *h)
{
	struct gp_slice s = gp_rtrim(h->git), rest;
	size_t half = s.n / 2;

	if (s.n && s.p[0] == '"') {
		const char *end =
			s.n > 1 ? gp_find((struct gp_slice){s.p + 1, s.n - 1}, "\" ") : NULL;

		half = end ? (size_t)(end + 1 - s.p) : 0;
	}
	if (half == 0 || half + 1 >= s.n || s.p[half] != ' ')
		return false;
	h->old = name((struct gp_slice){s.p, half});
	rest = (struct gp_slice){s.p + half + 1, s.n - half - 1};
	h->new = name(rest);
	strip(&h->old, &h->new);
	return gp_slice_eq(h->old, h->new);
}

static int take_mode(struct gp_reader *r, struct head *h, struct gp_slice text)
{
	text = gp_trim(text);
	if (gp_slice_is(text, "100755"))
		h->mode = 0100755;
	else if (gp_slice_is(text, "100644"))
		h->mode = 0100644;
	else
		return gp_patch_fault(r, "mode", r->at + 1,
		                      "mode %.*s; only plain files (100644, 100755) can be made",
		                      (int)(text.n < 20 ? text.n : 20), text.p);
	return 0;
}

/* One line between "diff --git" and the hunks. False: it is not such a line. */
static bool extended(int *e, struct gp_reader *r, struct head *h)
{
	static const char *const silent[] = {"index ", "old mode ", "similarity index ",
	                                     "dissimilarity index "};
	struct gp_slice line = r->v[r->at], rest;

	for (size_t i = 0; i < GP_COUNT(silent); i++)
		if (gp_after(&rest, line, silent[i]))
			return true;
	if (gp_after(&rest, line, "new mode ")) {
		*e = take_mode(r, h, rest);
	} else if (gp_after(&rest, line, "new file mode ")) {
		h->added = true;
		*e = take_mode(r, h, rest);
	} else if (gp_after(&rest, line, "deleted file mode ")) {
		h->deleted = true;
	} else if (gp_after(&rest, line, "rename from ")) {
		h->from = name(rest);
	} else if (gp_after(&rest, line, "rename to ")) {
		h->to = name(rest);
	} else if (gp_after(&rest, line, "copy ")) {
		*e = gp_patch_fault(r, "header", r->at + 1,
		                    "copies are not supported; add the file with its content");
	} else if (gp_after(&rest, line, "Binary files ") ||
	           gp_after(&rest, line, "GIT binary patch")) {
		*e = gp_patch_fault(r, "binary", r->at + 1, "only text can be patched");
	} else {
		return false;
	}
	return true;
}

static int read_head(struct gp_reader *r, struct head *h)
{
	int e = 0;

	h->line = r->at;
	if (gp_after(&h->git, r->v[r->at], "diff --git "))
		for (r->at++; !e && r->at < r->n && extended(&e, r, h);)
			r->at++;
	else if (!is_pair(r, r->at))
		return gp_patch_fault(r, "header", r->at + 1, "a combined diff cannot be applied");
	if (e)
		return e;
	if (is_pair(r, r->at)) {
		gp_after(&h->old, r->v[r->at], "--- ");
		gp_after(&h->new, r->v[r->at + 1], "+++ ");
		h->old = name(h->old);
		h->new = name(h->new);
		strip(&h->old, &h->new);
		h->added |= is_null(h->old);
		h->deleted |= is_null(h->new);
		r->at += 2;
	} else if (!h->to.n && !git_names(h)) {
		return gp_patch_fault(r, "header", h->line + 1,
		                      "cannot tell the file's name; write '--- a/<path>' and "
		                      "'+++ b/<path>'");
	}
	return 0;
}

static struct gp_patch_file *open_file(struct gp_reader *r, const struct head *h)
{
	enum gp_patch_op op = h->added     ? GP_PATCH_ADD
	                      : h->deleted ? GP_PATCH_DELETE
	                                   : GP_PATCH_UPDATE;
	struct gp_slice path = h->from.n ? h->from : h->deleted ? h->old : h->new;
	struct gp_patch_file *f;

	if (h->added + h->deleted + (h->to.n > 0) > 1 || !h->from.n != !h->to.n) {
		gp_patch_fault(r, "header", h->line + 1, "the headers of this file contradict");
		return NULL;
	}
	if (op == GP_PATCH_UPDATE && !h->to.n && !gp_slice_eq(h->old, h->new)) {
		gp_patch_fault(r, "header", h->line + 1,
		               "'---' and '+++' name two files; write 'rename from' and "
		               "'rename to' under 'diff --git' to rename one");
		return NULL;
	}
	f = gp_patch_add(r, op, path);
	if (!f || (h->to.n && gp_patch_move(r, f, h->to)))
		return NULL;
	f->mode = h->mode;
	f->line = h->line + 1;
	return f;
}

/* What the numbers of "@@ -a,b +c,d @@" still promise; they only decide what cannot be decided
 * from the lines, because models count badly. */
struct count {
	bool known;
	long old, new;
};

static bool range(long *n, struct gp_slice *s, char sign)
{
	char *end;
	long first;

	if (s->n < 2 || s->p[0] != sign || s->p[1] < '0' || s->p[1] > '9')
		return false;
	first = strtol(s->p + 1, &end, 10);
	*n = 1;
	if (*end == ',' && end[1] >= '0' && end[1] <= '9')
		*n = strtol(end + 1, &end, 10);
	if (first < 0 || *n < 0 || (size_t)(end - s->p) > s->n)
		return false;
	s->n -= (size_t)(end - s->p);
	s->p = end;
	return true;
}

static struct count promised(struct gp_slice line)
{
	struct count c = {0};
	struct gp_slice s = gp_trim((struct gp_slice){line.p + 2, line.n - 2});

	if (!range(&c.old, &s, '-'))
		return (struct count){0};
	s = gp_trim(s);
	c.known = range(&c.new, &s, '+');
	return c;
}

static bool kept(const struct count *c)
{
	return c->known && c->old <= 0 && c->new <= 0;
}

/* A file header inside a hunk could be "-- x" going and "++ y" coming; the numbers know. */
static bool next_file(const struct gp_reader *r, const struct count *c)
{
	if (starts(r, r->at, "diff --git "))
		return true;
	return is_pair(r, r->at) && starts(r, r->at + 2, "@@") &&
	       !(c->known && c->old == 1 && c->new == 1);
}

static bool hunk_ends(const struct gp_reader *r, const struct count *c)
{
	return starts(r, r->at, "@@") || next_file(r, c) || starts(r, r->at, "```") ||
	       starts(r, r->at, "~~~") || (kept(c) && gp_slice_is(gp_rtrim(r->v[r->at]), "--"));
}

static void hunk_line(struct gp_chunk *c, struct gp_slice line, struct count *n, char *last)
{
	struct gp_slice text = {line.p + 1, line.n - 1};

	*last = line.p[0];
	n->old -= *last == ' ' || *last == '-';
	n->new -= *last == ' ' || *last == '+';
	if (*last == '+')
		gp_chunk_put(c, text);
	else if (*last == '-')
		gp_chunk_take(c, text);
	else
		gp_chunk_keep(c, text);
}

static void blank_line(struct gp_chunk *c, struct gp_slice line, struct count *n)
{
	size_t loose = c->loose;

	gp_chunk_keep(c, (struct gp_slice){line.p, 0});
	c->loose = loose + 1;
	n->old--;
	n->new --;
}

static int short_hunk(struct gp_reader *r, const struct count *n)
{
	if (r->at == r->n && r->open && n->known && (n->old > 0 || n->new > 0))
		return gp_patch_fault(r, "cut", r->n,
		                      "the diff ends inside a hunk; nothing was applied: send the "
		                      "whole patch again");
	return 0;
}

static int hunk(struct gp_reader *r, struct gp_patch_file *f)
{
	struct count n = promised(r->v[r->at]);
	struct gp_chunk *c = gp_chunk_add(f, r->at);
	char last = 0;

	for (r->at++; r->at < r->n && !hunk_ends(r, &n); r->at++) {
		struct gp_slice line = r->v[r->at];

		if (line.n && strchr(" +-", line.p[0]))
			hunk_line(c, line, &n, &last);
		else if (line.n && line.p[0] == '\\')
			gp_chunk_no_newline(c, last);
		else if (gp_blank(line))
			blank_line(c, line, &n);
		else if (kept(&n) || !n.known)
			break;
		else
			return gp_patch_fault(
				r, "chunk", r->at + 1,
				"%.150s: a line of a hunk starts with ' ', '-' or '+'", f->path);
	}
	if (c->old.n == c->loose && c->new.n == c->loose)
		gp_chunk_drop_last(f);
	return short_hunk(r, &n);
}

/* The lines of a new file; its hunks have nothing else. */
static int to_content(struct gp_reader *r, struct gp_patch_file *f)
{
	signed char eol = 1;

	for (; f->n; gp_chunk_drop_last(f)) {
		struct gp_chunk *c = &f->v[0];

		if (f->n > 1 || c->old.n > c->loose)
			return gp_patch_fault(r, "chunk", c->line,
			                      "%.150s: a new file has one hunk, and only '+' lines",
			                      f->path);
		for (size_t i = 0; i < c->new.n - c->loose; i++) {
			gp_buf_slice(&f->content, c->new.v[i]);
			gp_buf_chr(&f->content, '\n');
		}
		eol = c->eol;
	}
	if (eol < 0 && f->content.n)
		gp_buf_cut(&f->content, f->content.n - 1);
	return 0;
}

static int one_file(struct gp_reader *r)
{
	struct head h = {0};
	struct gp_patch_file *f;
	int e = read_head(r, &h);

	f = e ? NULL : open_file(r, &h);
	if (!f)
		return GP_INVALID;
	while (!e && starts(r, r->at, "@@"))
		e = starts(r, r->at, "@@@") ? gp_patch_fault(r, "header", r->at + 1,
		                                             "a combined diff cannot be applied")
		                            : hunk(r, f);
	if (!e && f->op == GP_PATCH_ADD)
		e = to_content(r, f);
	while (f->op == GP_PATCH_DELETE && f->n)
		gp_chunk_drop_last(f);
	return e;
}

/* Between files: prose, fences, "Index:". A line of a hunk there was torn off by a line that
 * belongs to none; passing it over would lose an edit. */
static int between(struct gp_reader *r)
{
	struct gp_slice line = r->v[r->at];

	if (gp_patch_is_envelope(r, r->at) || gp_patch_is_block(r, r->at))
		return gp_patch_fault(r, "mixed", r->at + 1, "another kind of patch after a diff");
	if (r->out->n && (starts(r, r->at, "@@ -") || starts(r, r->at, "+") ||
	                  (starts(r, r->at, "-") && !starts(r, r->at, "- ") &&
	                   !gp_slice_is(gp_rtrim(line), "--") && !starts(r, r->at, "---"))))
		return gp_patch_fault(r, "chunk", r->at + 1,
		                      "a line of a diff outside any hunk; in a hunk every line "
		                      "starts with ' ', '-' or '+'");
	r->at++;
	return 0;
}

int gp_patch_diff(struct gp_reader *r)
{
	int e = 0;

	while (!e && r->at < r->n) {
		if (gp_patch_is_diff(r, r->at))
			e = one_file(r);
		else
			e = between(r);
	}
	return e;
}
