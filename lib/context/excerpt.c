#include "lib/context/excerpt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LINES 60
#define BLOCK_ABOVE 40
#define BLOCK_BELOW 60
#define AROUND_ABOVE 8
#define AROUND_BELOW 16

struct line {
	struct gp_slice text;
	double worth;
	uint32_t terms;
	bool shown;
};

struct lines {
	struct line *v;
	size_t n, at;
	struct gp_slice text;
	const struct gp_terms *t;
	size_t left; /* bytes that may still be shown */
};

static void split(struct lines *l)
{
	struct gp_slice rest = l->text, line;
	size_t n = 1;

	for (size_t i = 0; i < rest.n; i++)
		n += rest.p[i] == '\n';
	l->v = gp_alloc(n * sizeof(*l->v));
	while (gp_line(&line, &rest))
		l->v[l->n++].text = line;
}

static void weigh(void *ctx, const struct gp_word *w)
{
	struct lines *l = ctx;
	int k = gp_term_of(l->t, w->hash);
	struct line *line;

	while (l->at + 1 < l->n && l->v[l->at + 1].text.p <= l->text.p + w->at)
		l->at++;
	line = &l->v[l->at];
	if (k < 0 || (line->terms >> k & 1))
		return;
	line->terms |= (uint32_t)1 << k;
	line->worth += l->t->v[k].weight * (l->t->v[k].rarity + 0.1) *
	               ((w->kind & GP_WORD_DEFINED) ? 3 : 1);
}

static bool show(struct lines *l, size_t from, size_t to)
{
	size_t bytes = 0;

	for (size_t i = from; i < to; i++)
		bytes += l->v[i].shown ? 0 : l->v[i].text.n + 1;
	if (bytes > l->left)
		return false;
	for (size_t i = from; i < to; i++)
		l->v[i].shown = true;
	l->left -= bytes;
	return true;
}

static bool is_import(struct gp_slice line)
{
	static const char *const words[] = {"import ",    "from ",  "#include", "use ",
	                                    "package ",   "using ", "mod ",     "extern ",
	                                    "namespace ", "require"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (line.n >= strlen(words[i]) && memcmp(line.p, words[i], strlen(words[i])) == 0)
			return true;
	return gp_find(line, "require(") || gp_find(line, "require '") || gp_find(line, "import(");
}

/* Up to the last line near the top that brings something in, and a little more. */
static size_t head_end(const struct lines *l)
{
	size_t end = l->n < 12 ? l->n : 12;

	for (size_t i = 0; i < l->n && i < HEAD_LINES; i++)
		if (is_import(l->v[i].text) && i + 2 > end)
			end = i + 2;
	return end < l->n ? end : l->n;
}

/* A line in the first column that is no closing bracket begins a block; in a nested one, the
 * nearest line above that stands further left. */
static bool begins_block(const struct line *line)
{
	return line->text.n && !isspace((unsigned char)line->text.p[0]) &&
	       !strchr("{}])#/*", line->text.p[0]);
}

static void block_of(size_t *from, size_t *to, const struct lines *l, size_t i)
{
	size_t a = i, b = i + 1;

	while (a > 0 && i - a < BLOCK_ABOVE && !begins_block(&l->v[a]))
		a--;
	if (!begins_block(&l->v[a]))
		a = i > AROUND_ABOVE ? i - AROUND_ABOVE : 0;
	while (b < l->n && b - i < BLOCK_BELOW && !begins_block(&l->v[b]))
		b++;
	if (b < l->n && !begins_block(&l->v[b]))
		b = i + AROUND_BELOW < l->n ? i + AROUND_BELOW : l->n;
	while (b > i + 1 && l->v[b - 1].text.n == 0)
		b--;
	*from = a;
	*to = b;
}

static int most_worth(const void *x, const void *y, void *ctx)
{
	const struct lines *l = ctx;
	size_t a = *(const size_t *)x, b = *(const size_t *)y;

	if (l->v[a].worth != l->v[b].worth)
		return l->v[a].worth > l->v[b].worth ? -1 : 1;
	return a < b ? -1 : 1;
}

static void show_best(struct lines *l)
{
	size_t *order = gp_alloc(l->n * sizeof(*order)), n = 0, from, to;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].worth > 0)
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), most_worth, l);
	for (size_t k = 0; k < n; k++) {
		size_t i = order[k];

		if (l->v[i].shown)
			continue;
		block_of(&from, &to, l, i);
		if (!show(l, from, to))
			show(l, i > 3 ? i - 3 : 0, i + 6 < l->n ? i + 6 : l->n);
	}
	gp_free(order);
	/* nothing to go by: from the top, as far as there is room */
	for (size_t i = 0; n == 0 && i < l->n && show(l, i, i + 1); i++)
		;
}

static void gather(struct gp_excerpts *out, const struct lines *l)
{
	for (size_t i = 0, j; i < l->n && out->n < GP_EXCERPTS_MAX; i = j) {
		struct gp_excerpt *e = &out->v[out->n];

		for (j = i; j < l->n && l->v[j].shown;)
			j++;
		if (j == i) {
			j++;
			continue;
		}
		e->from = i + 1;
		e->to = j;
		e->text.p = l->v[i].text.p;
		e->text.n = j < l->n ? (size_t)(l->v[j].text.p - e->text.p)
		                     : (size_t)(l->text.p + l->text.n - e->text.p);
		out->n++;
	}
}

void gp_excerpts_of(struct gp_excerpts *out, struct gp_slice text, const struct gp_terms *t,
                    size_t max)
{
	struct lines l = {.text = text, .t = t, .left = max};

	*out = (struct gp_excerpts){.n = 0};
	split(&l);
	out->lines = l.n;
	if (l.n == 0 || text.n <= max) {
		show(&l, 0, text.n <= max ? l.n : 0);
		for (size_t i = 0; i < l.n; i++)
			l.v[i].shown = true;
	} else {
		gp_words(text, weigh, &l);
		show(&l, 0, head_end(&l));
		show_best(&l);
	}
	gather(out, &l);
	gp_free(l.v);
}
