#include "lib/patch/text.h"

#include <string.h>

/* a = b + tail; *out = b. */
static bool before(struct gp_slice *out, struct gp_slice a, struct gp_slice tail)
{
	if (a.n < tail.n || memcmp(a.p + a.n - tail.n, tail.p, tail.n) != 0)
		return false;
	*out = (struct gp_slice){a.p, a.n - tail.n};
	return true;
}

/* How often the one character of s stands in it; 0 when there are others too. */
static size_t run(struct gp_slice s, char *c)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return 0;
	*c = s.n ? s.p[0] : 0;
	return s.n;
}

static size_t divisor(size_t a, size_t b)
{
	return b ? divisor(b, a % b) : a;
}

static bool as_prefix(struct gp_indent *out, struct gp_slice patch, struct gp_slice file)
{
	struct gp_slice p = {0};

	if (before(&p, file, patch))
		out->kind = GP_INDENT_ADD;
	else if (before(&p, patch, file))
		out->kind = GP_INDENT_CUT;
	else
		return false;
	if (p.n > sizeof(out->prefix))
		return false;
	out->n = p.n;
	memcpy(out->prefix, p.p, p.n);
	return true;
}

/* Tabs for spaces, spaces for tabs, or another width of a step. */
static bool as_unit(struct gp_indent *out, struct gp_slice patch, struct gp_slice file)
{
	size_t a = run(patch, &out->from), b = run(file, &out->to), d;

	if (!a || !b)
		return false;
	d = divisor(a, b);
	out->kind = GP_INDENT_UNIT;
	out->nfrom = a / d;
	out->nto = b / d;
	if (out->from == '\t' && out->to == '\t')
		return false;
	if (out->from != out->to && (out->from == '\t' ? out->nfrom : out->nto) != 1)
		return false;
	return out->nfrom <= 8 && out->nto <= 8;
}

static bool change(struct gp_buf *out, const struct gp_indent *in, struct gp_slice from)
{
	size_t steps, left;
	char c = 0;

	switch (in->kind) {
	case GP_INDENT_ADD:
		gp_buf_add(out, in->prefix, in->n);
		return gp_buf_slice(out, from) == 0;
	case GP_INDENT_CUT:
		if (from.n < in->n || memcmp(from.p, in->prefix, in->n) != 0)
			return false;
		return gp_buf_add(out, from.p + in->n, from.n - in->n) == 0;
	case GP_INDENT_UNIT:
		if (from.n && (run(from, &c) == 0 || c != in->from))
			return false;
		steps = from.n / in->nfrom;
		left = from.n % in->nfrom;
		if (left && in->from != ' ')
			return false;
		for (size_t i = 0; i < steps * in->nto; i++)
			gp_buf_chr(out, in->to);
		for (size_t i = 0; i < left; i++)
			gp_buf_chr(out, ' ');
		return true;
	default:
		return gp_buf_slice(out, from) == 0;
	}
}

bool gp_indent_write(struct gp_buf *out, const struct gp_indent *in, struct gp_slice line)
{
	struct gp_slice from = gp_tier_lead(GP_TIER_EXACT, line, NULL);

	if (gp_trim(line).n == 0)
		return gp_buf_slice(out, line) == 0;
	if (!change(out, in, from))
		return false;
	return gp_buf_add(out, line.p + from.n, line.n - from.n) == 0;
}

/* One search for a change: what is compared, and the lines of the patch. */
struct hunt {
	struct gp_text *t;
	int tier;
	size_t at, n;
	const struct gp_slice *v;
};

static struct gp_slice lead_at(const struct hunt *h, struct gp_slice line, struct gp_buf *scratch)
{
	return gp_tier_lead(h->tier, line, scratch);
}

static bool blank(const struct hunt *h, struct gp_slice line)
{
	return gp_tier_form(h->tier, line, &h->t->a).n == 0;
}

static bool fits(const struct hunt *h, const struct gp_indent *in)
{
	gp_auto(gp_buf) got = {0};

	for (size_t i = 0; i < h->n; i++) {
		h->t->work++;
		if (blank(h, h->v[i]))
			continue;
		gp_buf_cut(&got, 0);
		if (!change(&got, in, lead_at(h, h->v[i], &h->t->a)) ||
		    !gp_slice_eq(gp_buf_all(&got),
		                 lead_at(h, gp_text_line(h->t, h->at + i), &h->t->b)))
			return false;
	}
	return true;
}

/* The first line whose indentation differs; h->n when none does. */
static size_t first_change(const struct hunt *h)
{
	size_t i = 0;

	while (i < h->n && (blank(h, h->v[i]) ||
	                    gp_slice_eq(lead_at(h, h->v[i], &h->t->a),
	                                lead_at(h, gp_text_line(h->t, h->at + i), &h->t->b))))
		i++;
	return i;
}

static bool found(struct gp_indent *out, const struct hunt *h)
{
	size_t i = first_change(h);
	struct gp_slice patch, file;

	*out = (struct gp_indent){0};
	if (i == h->n)
		return true;
	patch = lead_at(h, h->v[i], &h->t->a);
	file = lead_at(h, gp_text_line(h->t, h->at + i), &h->t->b);
	if (as_prefix(out, patch, file) && fits(h, out))
		return true;
	patch = lead_at(h, h->v[i], &h->t->a);
	file = lead_at(h, gp_text_line(h->t, h->at + i), &h->t->b);
	return as_unit(out, patch, file) && fits(h, out);
}

bool gp_indent_find(struct gp_indent *out, struct gp_text *t, int tier, size_t at,
                    const struct gp_slice *v, size_t n, const struct gp_lines *new, const int *put)
{
	struct hunt h = {.t = t, .tier = tier, .at = at, .n = n, .v = v};
	gp_auto(gp_buf) ignored = {0};

	if (!found(out, &h))
		return false;
	t->work += new->n;
	for (size_t i = 0; i < new->n; i++) {
		gp_buf_cut(&ignored, 0);
		if (put[i] < 0 && !gp_indent_write(&ignored, out, new->v[i]))
			return false;
	}
	return true;
}
