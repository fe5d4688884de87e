#include "lib/patch/parse.h"

#include <string.h>

/* Cells of the table that pairs lines; past it only equal first and last lines are paired, which
 * costs exactness of a kept line's white space in a huge rewrite, never correctness. */
#define PAIR_CELLS ((size_t)1 << 18)

void gp_lines_add(struct gp_lines *l, struct gp_slice line)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 8;
		l->v = gp_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = line;
}

struct gp_chunk *gp_chunk_add(struct gp_patch_file *f, size_t line)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 4;
		f->v = gp_realloc(f->v, f->cap * sizeof(*f->v));
	}
	f->v[f->n] = (struct gp_chunk){.line = line + 1};
	return &f->v[f->n++];
}

void gp_chunk_clear(struct gp_chunk *c)
{
	gp_free(c->anchors.v);
	gp_free(c->old.v);
	gp_free(c->new.v);
	gp_free(c->ctx);
	*c = (struct gp_chunk){0};
}

void gp_chunk_drop_last(struct gp_patch_file *f)
{
	gp_chunk_clear(&f->v[--f->n]);
}

static void put(struct gp_chunk *c, struct gp_slice line, int ctx)
{
	size_t had = c->new.cap;

	gp_lines_add(&c->new, line);
	if (c->new.cap != had)
		c->ctx = gp_realloc(c->ctx, c->new.cap * sizeof(*c->ctx));
	c->ctx[c->new.n - 1] = ctx;
}

void gp_chunk_keep(struct gp_chunk *c, struct gp_slice line)
{
	put(c, line, (int)c->old.n);
	gp_lines_add(&c->old, line);
	c->loose = 0;
}

void gp_chunk_take(struct gp_chunk *c, struct gp_slice line)
{
	gp_lines_add(&c->old, line);
	c->loose = 0;
}

void gp_chunk_put(struct gp_chunk *c, struct gp_slice line)
{
	put(c, line, -1);
	c->loose = 0;
}

void gp_chunk_no_newline(struct gp_chunk *c, char last)
{
	if (last == '+')
		c->eol = -1;
	else if (last == '-')
		c->eol = 1;
}

/* old lines o0..o1 and new lines n0..n1, none of them kept so far. */
struct gap {
	size_t o0, o1, n0, n1;
};

static bool equal(const struct gp_chunk *c, size_t o, size_t n)
{
	return gp_slice_eq(c->old.v[o], c->new.v[n]);
}

static void trim(struct gp_chunk *c, struct gap *g)
{
	while (g->o0 < g->o1 && g->n0 < g->n1 && equal(c, g->o0, g->n0))
		c->ctx[g->n0++] = (int)g->o0++;
	while (g->o0 < g->o1 && g->n0 < g->n1 && equal(c, g->o1 - 1, g->n1 - 1))
		c->ctx[--g->n1] = (int)--g->o1;
}

/* Longest common subsequence of what trim left. */
static void pair_gap(struct gp_chunk *c, struct gap g)
{
	size_t rows, cols;
	uint32_t *best;

	trim(c, &g);
	rows = g.o1 - g.o0;
	cols = g.n1 - g.n0;
	if (!rows || !cols || rows > PAIR_CELLS || cols > PAIR_CELLS || rows * cols > PAIR_CELLS)
		return;
	best = gp_alloc((rows + 1) * (cols + 1) * sizeof(*best));
#define BEST(o, n) best[(o) * (cols + 1) + (n)]
	for (size_t o = rows; o-- > 0;)
		for (size_t n = cols; n-- > 0;) {
			uint32_t down = BEST(o + 1, n), right = BEST(o, n + 1);

			BEST(o, n) = equal(c, g.o0 + o, g.n0 + n) ? BEST(o + 1, n + 1) + 1
			             : down > right               ? down
			                                          : right;
		}
	for (size_t o = 0, n = 0; o < rows && n < cols;) {
		if (equal(c, g.o0 + o, g.n0 + n)) {
			c->ctx[g.n0 + n++] = (int)(g.o0 + o++);
		} else if (BEST(o + 1, n) >= BEST(o, n + 1)) {
			o++;
		} else {
			n++;
		}
	}
#undef BEST
	gp_free(best);
}

/* Some models copy the byte order mark of a file's first line; it is set aside on both sides. */
static void strip_bom(struct gp_lines *l)
{
	struct gp_slice rest;

	if (l->n && gp_after(&rest, l->v[0], "\xef\xbb\xbf"))
		l->v[0] = rest;
}

void gp_chunk_pair(struct gp_chunk *c)
{
	struct gap g = {0};

	strip_bom(&c->old);
	strip_bom(&c->new);

	for (size_t i = 0; i <= c->new.n; i++) {
		if (i < c->new.n && c->ctx[i] < 0)
			continue;
		g.n1 = i;
		g.o1 = i < c->new.n ? (size_t)c->ctx[i] : c->old.n;
		pair_gap(c, g);
		g.n0 = i + 1;
		g.o0 = g.o1 + 1;
	}
}

bool gp_chunk_idle(const struct gp_chunk *c)
{
	if (c->old.n != c->new.n || c->eol)
		return false;
	for (size_t i = 0; i < c->new.n; i++)
		if (c->ctx[i] < 0)
			return false;
	return true;
}

bool gp_blank(struct gp_slice line)
{
	return gp_trim(line).n == 0;
}

struct gp_slice gp_rtrim(struct gp_slice line)
{
	struct gp_slice s = gp_trim(line);

	return s.n ? (struct gp_slice){line.p, (size_t)(s.p + s.n - line.p)}
	           : (struct gp_slice){line.p, 0};
}

bool gp_after(struct gp_slice *rest, struct gp_slice line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (line.n < n || memcmp(line.p, prefix, n) != 0)
		return false;
	*rest = (struct gp_slice){line.p + n, line.n - n};
	return true;
}

struct gp_slice gp_unwrap(struct gp_slice s)
{
	s = gp_trim(s);
	if (s.n > 2 && strchr("`\"'", s.p[0]) && s.p[0] == s.p[s.n - 1])
		return (struct gp_slice){s.p + 1, s.n - 2};
	return s;
}
