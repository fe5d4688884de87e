#include "lib/patch/place.h"

#include <string.h>

/* The text being written. A line without terminator gets one when another follows. */
struct out {
	struct gp_buf *buf;
	size_t start;        /* what was in buf before */
	struct gp_slice eol; /* of the last terminated line written */
	struct gp_slice main;
	int e;
};

static void add(struct out *o, const char *p, size_t n)
{
	if (!o->e)
		o->e = gp_buf_add(o->buf, p, n);
}

static bool ended(const struct out *o)
{
	return o->buf->n == o->start || o->buf->p[o->buf->n - 1] == '\n';
}

/* What a line without a model of its own ends with: as the one above, else as most. */
static struct gp_slice neighbour(const struct out *o)
{
	return o->eol.n ? o->eol : o->main;
}

static void end_line(struct out *o, struct gp_slice eol)
{
	add(o, eol.p, eol.n);
	o->eol = eol;
}

static struct gp_slice eol_at(const struct gp_text *t, size_t i)
{
	struct gp_slice none = {0};

	if (i >= t->n || !t->v[i].eol)
		return none;
	return (struct gp_slice){t->v[i].p + t->v[i].n, t->v[i].eol};
}

/* Lines from..to of the file as they are. What was written before ends in a newline: only the
 * file's last line may not, and no other line of the file comes after it. */
static void copy(struct out *o, const struct gp_text *t, size_t from, size_t to)
{
	const struct gp_text_line *a, *z;

	if (from >= to)
		return;
	a = &t->v[from];
	z = &t->v[to - 1];
	add(o, a->p, (size_t)(z->p + z->n + z->eol - a->p));
	if (z->eol)
		o->eol = eol_at(t, to - 1);
}

/* model: the file's line that this one replaces, or else goes before. */
static void write_line(struct out *o, const struct gp_text *t, const struct gp_place *p,
                       struct gp_slice line, size_t model, bool replaces)
{
	struct gp_slice eol = eol_at(t, model);

	if (!ended(o))
		end_line(o, neighbour(o));
	if (!o->e && !gp_indent_write(o->buf, &p->indent, line))
		o->e = gp_fail(GP_LIMIT, "more than %zu bytes", o->buf->max);
	if (!replaces && o->eol.n)
		eol = o->eol;
	end_line(o, eol.n ? eol : neighbour(o));
}

/* The old line up to which lines are replaced when new line i is reached. */
static size_t gap_end(const struct gp_place *p, size_t i)
{
	while (i < p->new_to && p->c->ctx[i] < 0)
		i++;
	return i < p->new_to ? p->at + (size_t)p->c->ctx[i] : p->change_to;
}

static void write_chunk(struct out *o, const struct gp_text *t, const struct gp_place *p)
{
	size_t old = p->change_from, end = 0;
	bool known = false;

	for (size_t i = p->new_from; i < p->new_to; i++) {
		if (p->c->ctx[i] >= 0) {
			old = p->at + (size_t)p->c->ctx[i];
			copy(o, t, old, old + 1);
			old++;
			known = false;
			continue;
		}
		if (!known)
			end = gap_end(p, i);
		known = true;
		write_line(o, t, p, p->c->new.v[i], old, old < end);
		old += old < end;
	}
}

/* The last line ends as the file's last did, unless a chunk at the end says otherwise. */
static void finish(struct out *o, const struct gp_text *t, const struct gp_place *v, size_t n)
{
	bool want = t->n == 0 || t->v[t->n - 1].eol;

	for (size_t i = 0; i < n; i++)
		if (v[i].c->eol && v[i].at + v[i].old_n == t->n)
			want = v[i].c->eol > 0;
	if (o->e || o->buf->n == o->start)
		return;
	if (want && !ended(o))
		end_line(o, neighbour(o));
	if (!want && ended(o)) {
		gp_buf_cut(o->buf, o->buf->n - 1);
		if (o->buf->n > o->start && o->buf->p[o->buf->n - 1] == '\r' && o->eol.n == 2)
			gp_buf_cut(o->buf, o->buf->n - 1);
	}
}

int gp_update_write(struct gp_buf *out, const struct gp_text *t, const struct gp_place *v, size_t n)
{
	struct out o = {.buf = out, .start = out->n, .main = gp_text_eol(t)};
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		copy(&o, t, at, v[i].change_from);
		write_chunk(&o, t, &v[i]);
		at = v[i].change_to;
	}
	copy(&o, t, at, t->n);
	finish(&o, t, v, n);
	return o.e;
}
