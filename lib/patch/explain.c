#include "lib/patch/place.h"

#include <string.h>

#define WIDTH 100

/* One line for a message: visible, and cut where it is long. */
static void show(struct gp_buf *out, const char *label, struct gp_slice line)
{
	gp_auto(gp_buf) seen = {.max = WIDTH + WIDTH / 4};
	bool cut = line.n > WIDTH;

	if (cut)
		for (line.n = WIDTH; line.n && ((unsigned char)line.p[line.n] & 0xc0) == 0x80;)
			line.n--;
	cut |= gp_buf_visible(&seen, line) != 0;
	gp_buf_fmt(out, "%7s | %s%s\n", label, gp_buf_text(&seen), cut ? " [...]" : "");
}

static void show_lines(struct gp_buf *out, const struct gp_text *t, size_t from, size_t to)
{
	char number[24];
	gp_auto(gp_buf) n = {0};

	for (size_t i = from; i < to && i < t->n; i++) {
		gp_buf_cut(&n, 0);
		gp_buf_fmt(&n, "%zu", i + 1);
		memcpy(number, gp_buf_text(&n), n.n + 1);
		show(out, number, gp_text_line(t, i));
	}
}

static void start(struct gp_buf *out, const char *code, const char *path, const struct gp_place *p)
{
	gp_buf_fmt(out, "%s: %.150s, chunk %zu (patch line %zu): ", code, path, p->number,
	           p->c->line);
}

/* Where most lines of the chunk stand, each in its order; how many, in *agree. */
static size_t nearest(struct gp_text *t, const struct gp_lines *old, size_t *agree)
{
	const struct gp_text_index *x = gp_text_index(t, GP_TIER_UNICODE);
	uint32_t *votes = gp_alloc((t->n + old->n + 1) * sizeof(*votes));
	size_t best = 0;

	for (size_t i = 0; i < old->n; i++) {
		uint64_t key = gp_tier_key(GP_TIER_UNICODE, old->v[i], &t->a);
		uint32_t l = x->heads[key & x->mask], n = x->counts[key & x->mask], weight;

		if (gp_trim(old->v[i]).n == 0 || n == 0 || n > 64)
			continue;
		weight = 1 + 8 / n;
		for (; l; l = x->next[l - 1])
			if (x->v[l - 1] == key)
				votes[l - 1 + old->n - i] += weight;
	}
	for (size_t i = 1; i < t->n + old->n; i++)
		if (votes[i] > votes[best])
			best = i;
	*agree = votes[best];
	gp_free(votes);
	return best > old->n ? best - old->n : 0;
}

static size_t common(struct gp_slice a, struct gp_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n, head = 0, tail = 0;

	while (head < n && a.p[head] == b.p[head])
		head++;
	while (head + tail < n && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	return head + tail;
}

/* The line that begins and ends most like one; t->n when none comes near. For showing only: no
 * edit is ever placed by likeness. */
static size_t alike(const struct gp_text *t, struct gp_slice line)
{
	size_t best = t->n, most = 0, n;

	line = gp_trim(line);
	for (size_t i = 0; i < t->n; i++) {
		n = common(line, gp_trim(gp_text_line(t, i)));
		if (n > most && 2 * n >= line.n) {
			most = n;
			best = i;
		}
	}
	return most >= 4 ? best : t->n;
}

static struct gp_slice longest(const struct gp_lines *l)
{
	struct gp_slice best = {0};

	for (size_t i = 0; i < l->n; i++)
		if (gp_trim(l->v[i]).n > gp_trim(best).n)
			best = l->v[i];
	return best;
}

/* The first old line that is not the file's when the chunk is laid at line at; old->n: none. */
static size_t differs(struct gp_text *t, const struct gp_lines *old, size_t at, int tier)
{
	for (size_t i = 0; i < old->n; i++)
		if (at + i >= t->n ||
		    !gp_slice_eq(gp_tier_form(tier, old->v[i], &t->a),
		                 gp_tier_form(tier, gp_text_line(t, at + i), &t->b)))
			return i;
	return old->n;
}

static const char *remedy(const struct gp_lines *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (gp_is_elision(old->v[i], false))
			return "an old line is a placeholder for code; write the lines out as they "
			       "stand in the file";
	return "read the file again and copy the old lines exactly as they stand; all chunks "
	       "address the file as it was before this patch";
}

static void show_difference(struct gp_buf *out, struct gp_text *t, const struct gp_lines *old,
                            size_t at)
{
	size_t i = differs(t, old, at, GP_TIER_UNICODE), from;

	if (i == old->n) {
		i = differs(t, old, at, GP_TIER_RIGHT);
		gp_buf_str(out, "The words agree, the indentation differs from line to line:\n");
	} else {
		gp_buf_fmt(out, "Nearest are lines %zu-%zu; there this line differs:\n", at + 1,
		           at + old->n < t->n ? at + old->n : t->n);
	}
	if (i < old->n)
		show(out, "patch", old->v[i]);
	from = at + i > 2 ? at + i - 2 : 0;
	show_lines(out, t, from, at + i + 4);
}

/* A chunk sent again after it was applied. */
static bool done_already(struct gp_buf *out, const struct gp_chunk *c, struct gp_text *t)
{
	struct gp_places there = {0};
	bool done;

	for (int tier = GP_TIER_EXACT; tier <= GP_TIER_RIGHT && !there.n; tier++)
		gp_text_find(&there, t, tier, c->new.v, c->new.n);
	done = there.n > 0 && c->new.n > 1;
	if (done)
		gp_buf_fmt(
			out,
			"Its new lines stand in the file already, at line %zu.\nRemedy: leave this "
			"chunk out, if it is done.\n",
			there.v[0] + 1);
	gp_places_clear(&there);
	return done;
}

static void no_place(struct gp_buf *out, const char *path, const struct gp_place *p,
                     struct gp_text *t)
{
	const struct gp_lines *old = &p->c->old;
	size_t agree = 0, at = nearest(t, old, &agree), like;

	start(out, "not-found", path, p);
	gp_buf_fmt(out, "its old lines (' ' and '-') stand nowhere in the file (%zu lines).\n",
	           t->n);
	if (done_already(out, p->c, t))
		return;
	if (agree) {
		show_difference(out, t, old, at);
	} else {
		like = alike(t, longest(old));
		show(out, "patch", longest(old));
		if (like < t->n) {
			gp_buf_str(out, "The line most like it:\n");
			show_lines(out, t, like > 1 ? like - 1 : 0, like + 2);
		} else {
			gp_buf_str(out, "No line of the file is like it.\n");
		}
	}
	gp_buf_fmt(out, "Remedy: %s.\n", remedy(old));
}

static void list_places(struct gp_buf *out, const struct gp_places *v)
{
	for (size_t i = 0; i < v->n && i < 8; i++)
		gp_buf_fmt(out, "%s%zu", i ? ", " : "", v->v[i] + 1);
	gp_buf_str(out, v->n > 8 ? " ...\n" : "\n");
}

static void many_places(struct gp_buf *out, const char *path, const struct gp_place *p,
                        const struct gp_text *t)
{
	start(out, "ambiguous", path, p);
	gp_buf_fmt(out, "its old lines stand %zu times, at lines ", p->others.n);
	list_places(out, &p->others);
	for (size_t i = 0; i < p->others.n && i < 3; i++) {
		size_t at = p->others.v[i];

		gp_buf_fmt(out, "Around line %zu:\n", at + 1);
		show_lines(out, t, at > 2 ? at - 2 : 0, at + 1);
	}
	gp_buf_str(out, "Remedy: add lines before or after as context that stand at one of them "
	                "only, or '@@ ' with a whole line above it.\n");
}

static void many_anchors(struct gp_buf *out, const char *path, const struct gp_place *p,
                         const struct gp_text *t)
{
	start(out, "ambiguous", path, p);
	gp_buf_fmt(out,
	           "the anchor stands %zu times, with the old lines after more than one, at lines ",
	           p->others.n);
	list_places(out, &p->others);
	show(out, "anchor", p->c->anchors.v[p->c->anchors.n - 1]);
	for (size_t i = 0; i < p->others.n && i < 3; i++) {
		size_t at = p->others.v[i];

		gp_buf_fmt(out, "Around line %zu:\n", at + 1);
		show_lines(out, t, at > 1 ? at - 1 : 0, at + 2);
	}
	gp_buf_str(out, "Remedy: put another '@@ ' line above it that stands once, or add context "
	                "lines.\n");
}

static void no_anchor(struct gp_buf *out, const char *path, const struct gp_place *p,
                      const struct gp_text *t)
{
	struct gp_slice anchor = p->c->anchors.v[p->anchor];
	size_t like = alike(t, anchor);

	start(out, "anchor", path, p);
	gp_buf_fmt(out, "no line%s is the anchor:\n", p->anchor ? " after the one above it" : "");
	show(out, "anchor", anchor);
	if (like < t->n) {
		gp_buf_str(out, "The line most like it:\n");
		show_lines(out, t, like, like + 1);
	}
	gp_buf_str(out,
	           "Remedy: after '@@ ' write one whole line of the file that stands above the "
	           "place, or '@@' alone and enough context.\n");
}

static void not_after(struct gp_buf *out, const char *path, const struct gp_place *p,
                      struct gp_text *t)
{
	size_t agree = 0, at = nearest(t, &p->c->old, &agree);

	start(out, "anchor", path, p);
	gp_buf_fmt(out, "its old lines stand in the file, but not after the anchor (line %zu):\n",
	           p->others.n ? p->others.v[0] + 1 : 0);
	show(out, "anchor", p->c->anchors.v[p->c->anchors.n - 1]);
	show_lines(out, t, at, at + 3);
	gp_buf_str(out, "Remedy: use a line above the place as anchor, or '@@' alone.\n");
}

static void not_last(struct gp_buf *out, const char *path, const struct gp_place *p,
                     const struct gp_text *t)
{
	start(out, "not-found", path, p);
	gp_buf_str(out, "'*** End of File' says that its old lines end the file; the file ends "
	                "with:\n");
	show_lines(out, t, t->n > 5 ? t->n - 5 : 0, t->n);
	gp_buf_str(out, "Remedy: copy the last lines exactly, or leave '*** End of File' out.\n");
}

static void no_context(struct gp_buf *out, const char *path, const struct gp_place *p,
                       const struct gp_text *t)
{
	start(out, "no-context", path, p);
	gp_buf_fmt(out,
	           "it has only new lines, and the file has %zu lines; nothing says where they "
	           "go. The file ends with:\n",
	           t->n);
	show_lines(out, t, t->n > 3 ? t->n - 3 : 0, t->n);
	gp_buf_str(out,
	           "Remedy: add the line before or after the place as context (' '); to append, "
	           "end the chunk with '*** End of File'.\n");
}

void gp_explain(struct gp_buf *out, const char *path, const struct gp_place *p, struct gp_text *t,
                enum gp_placing what)
{
	switch (what) {
	case GP_NO_PLACE:
		no_place(out, path, p, t);
		break;
	case GP_NOT_AFTER:
		not_after(out, path, p, t);
		break;
	case GP_NOT_LAST:
		not_last(out, path, p, t);
		break;
	case GP_MANY_PLACES:
		many_places(out, path, p, t);
		break;
	case GP_MANY_ANCHORS:
		many_anchors(out, path, p, t);
		break;
	case GP_NO_ANCHOR:
		no_anchor(out, path, p, t);
		break;
	case GP_NO_CONTEXT:
		no_context(out, path, p, t);
		break;
	default:
		start(out, "too-large", path, p);
		gp_buf_str(out, "the file repeats itself too much to search; use other context\n");
		break;
	}
}

void gp_explain_overlap(struct gp_buf *out, const char *path, const struct gp_place *a,
                        const struct gp_place *b, const struct gp_text *t)
{
	start(out, "overlap", path, b);
	gp_buf_fmt(out, "it changes what chunk %zu changes, near line %zu:\n", a->number,
	           b->change_from + 1);
	show_lines(out, t, b->change_from > 1 ? b->change_from - 1 : 0, b->change_from + 3);
	gp_buf_str(out, "Remedy: join the two into one chunk.\n");
}
