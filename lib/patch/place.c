#include "lib/patch/place.h"

#include <string.h>

void gp_place_clear(struct gp_place *p)
{
	gp_places_clear(&p->others);
}

/* Index of the first place >= at; p->n when there is none. */
static size_t lower(const struct gp_places *p, size_t at)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->v[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The lines that end an anchor chain, one for each way to go through it. */
static bool anchor_lines(struct gp_places *out, struct gp_text *t, struct gp_place *p)
{
	const struct gp_lines *a = &p->c->anchors;
	struct gp_places here = {0};

	for (size_t i = 0; i < a->n; i++) {
		size_t n = 0;

		here.n = 0;
		for (int tier = 0; tier < GP_TIERS && !here.n; tier++)
			gp_text_find(&here, t, tier, &a->v[i], 1);
		p->anchor = i;
		for (size_t k = 0; i > 0 && k < out->n; k++) {
			size_t next = lower(&here, out->v[k] + 1);

			if (next < here.n && (n == 0 || out->v[n - 1] != here.v[next]))
				out->v[n++] = here.v[next];
		}
		if (i > 0)
			out->n = n;
		for (size_t k = 0; i == 0 && k < here.n; k++)
			gp_places_add(out, here.v[k]);
		if (out->n == 0)
			break;
	}
	gp_places_clear(&here);
	return out->n > 0;
}

/* What the search for one chunk carries along. */
struct search {
	struct gp_text *t;
	struct gp_place *p;
	struct gp_places hits;
	struct gp_places anchors;
	size_t after;
	bool elsewhere; /* it stood somewhere, only not where the anchor or the end wants it */
};

static bool indent_fits(struct search *s, int tier, size_t at)
{
	const struct gp_chunk *c = s->p->c;
	struct gp_lines new = {.v = c->new.v, .n = s->p->new_n};

	return tier < GP_TIER_INDENT ||
	       gp_indent_find(&s->p->indent, s->t, tier, at, c->old.v, s->p->old_n, &new, c->ctx);
}

static void find_hits(struct search *s, int tier)
{
	size_t n = 0;

	gp_text_find(&s->hits, s->t, tier, s->p->c->old.v, s->p->old_n);
	for (size_t i = 0; i < s->hits.n && !gp_text_tired(s->t); i++)
		if (indent_fits(s, tier, s->hits.v[i]))
			s->hits.v[n++] = s->hits.v[i];
	s->hits.n = n;
	if (n && s->p->c->eof) {
		s->elsewhere = true;
		s->hits.v[0] = s->hits.v[n - 1];
		s->hits.n = s->hits.v[0] + s->p->old_n == s->t->n;
	}
}

/* Leaves of hits the first one after each anchor. */
static void first_after(struct search *s)
{
	size_t n = 0, hit;

	s->elsewhere |= s->hits.n > 0;
	for (size_t i = 0; i < s->anchors.n; i++) {
		hit = lower(&s->hits, s->anchors.v[i]);
		if (hit == s->hits.n)
			break;
		/* n never passes the place it is taken from: both ascend */
		if (n == 0 || s->hits.v[n - 1] != s->hits.v[hit])
			s->hits.v[n++] = s->hits.v[hit];
	}
	s->hits.n = n;
}

/* Prefers the hits whose change comes after the previous chunk's. */
static void prefer_after(struct search *s)
{
	size_t lead = s->p->new_from, first;

	first = lower(&s->hits, s->after > lead ? s->after - lead : 0);
	if (s->after == 0 || first == s->hits.n || first == 0)
		return;
	s->hits.n -= first;
	memmove(s->hits.v, s->hits.v + first, s->hits.n * sizeof(*s->hits.v));
}

void gp_place_span(struct gp_place *p)
{
	const struct gp_chunk *c = p->c;
	size_t head = 0, tail = 0;

	while (head < p->new_n && head < p->old_n && c->ctx[head] == (int)head)
		head++;
	while (head + tail < p->new_n && head + tail < p->old_n &&
	       c->ctx[p->new_n - 1 - tail] == (int)(p->old_n - 1 - tail))
		tail++;
	p->new_from = head;
	p->new_to = p->new_n - tail;
	p->change_from = p->at + head;
	p->change_to = p->at + p->old_n - tail;
}

static enum gp_placing settle(struct search *s, int tier)
{
	struct gp_place *p = s->p;

	if (s->hits.n > 1) {
		p->others = s->hits;
		s->hits = (struct gp_places){0};
		return s->anchors.n ? GP_MANY_ANCHORS : GP_MANY_PLACES;
	}
	p->at = s->hits.v[0];
	p->tier = tier;
	p->indent = (struct gp_indent){0};
	indent_fits(s, tier, p->at);
	gp_place_span(p);
	return GP_PLACED;
}

static enum gp_placing by_tier(struct search *s)
{
	gp_place_span(s->p);
	for (int tier = 0; tier < GP_TIERS; tier++) {
		find_hits(s, tier);
		if (s->anchors.n)
			first_after(s);
		else
			prefer_after(s);
		if (gp_text_tired(s->t))
			return GP_NO_END;
		if (s->hits.n)
			return settle(s, tier);
	}
	if (!s->elsewhere)
		return GP_NO_PLACE;
	return s->p->c->eof ? GP_NOT_LAST : GP_NOT_AFTER;
}

/* A chunk that only adds: at the end when it says so, or into a file without lines. */
static enum gp_placing insertion(struct search *s)
{
	if (s->t->n && !s->p->c->eof)
		return GP_NO_CONTEXT;
	s->p->at = s->t->n;
	gp_place_span(s->p);
	return GP_PLACED;
}

/* How many separators to leave out after n did not help: one more, past a few all. */
static size_t more_loose(size_t n, size_t all)
{
	return n < 8 || n >= all ? n + 1 : all;
}

static enum gp_placing search(struct search *s)
{
	struct gp_place *p = s->p;
	enum gp_placing e = GP_NO_PLACE, first = GP_NO_PLACE;

	if (p->c->anchors.n && !anchor_lines(&s->anchors, s->t, p))
		return GP_NO_ANCHOR;
	for (size_t loose = 0; loose <= p->c->loose; loose = more_loose(loose, p->c->loose)) {
		p->old_n = p->c->old.n - loose;
		p->new_n = p->c->new.n - loose;
		e = p->old_n ? by_tier(s) : insertion(s);
		if (loose == 0)
			first = e;
		if (e == GP_PLACED || e == GP_MANY_PLACES || e == GP_MANY_ANCHORS || e == GP_NO_END)
			return e;
	}
	return first;
}

enum gp_placing gp_place_find(struct gp_place *p, struct gp_text *t, size_t after)
{
	struct search s = {.t = t, .p = p, .after = after};
	enum gp_placing e;

	e = search(&s);
	if (e == GP_NOT_AFTER || e == GP_MANY_ANCHORS) {
		gp_places_clear(&p->others);
		p->others = s.anchors;
		s.anchors = (struct gp_places){0};
	}
	gp_places_clear(&s.hits);
	gp_places_clear(&s.anchors);
	return e;
}
