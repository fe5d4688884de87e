#include "lib/patch/text.h"

#include <string.h>

void gp_places_add(struct gp_places *p, size_t at)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 8;
		p->v = gp_realloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n++] = at;
}

void gp_places_clear(struct gp_places *p)
{
	gp_free(p->v);
	*p = (struct gp_places){0};
}

static size_t count_lines(struct gp_slice s)
{
	size_t n = s.n && s.p[s.n - 1] != '\n';
	const char *end = s.p + s.n;

	for (const char *p = s.p; s.n && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

bool gp_text_open(struct gp_text *t, struct gp_slice bytes)
{
	struct gp_slice line, rest;
	size_t n;

	*t = (struct gp_text){0};
	t->bom = bytes.n >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0;
	if (t->bom)
		bytes = (struct gp_slice){bytes.p + 3, bytes.n - 3};
	n = count_lines(bytes);
	if (n > GP_PATCH_LINES)
		return false;
	t->bytes = rest = bytes;
	t->v = gp_alloc(n * sizeof(*t->v));
	while (gp_line(&line, &rest)) {
		struct gp_text_line *l = &t->v[t->n++];

		l->p = line.p;
		l->eol = line.p + line.n < bytes.p + bytes.n;
		l->n = (uint32_t)line.n;
		if (l->eol && l->n && l->p[l->n - 1] == '\r') {
			l->n--;
			l->eol = 2;
		}
	}
	return true;
}

void gp_text_clear(struct gp_text *t)
{
	gp_free(t->v);
	for (size_t i = 0; i < GP_TIERS; i++) {
		gp_free(t->at[i].v);
		gp_free(t->at[i].heads);
		gp_free(t->at[i].next);
		gp_free(t->at[i].counts);
	}
	gp_buf_clear(&t->a);
	gp_buf_clear(&t->b);
	*t = (struct gp_text){0};
}

struct gp_slice gp_text_line(const struct gp_text *t, size_t i)
{
	return (struct gp_slice){t->v[i].p, t->v[i].n};
}

struct gp_slice gp_text_eol(const struct gp_text *t)
{
	size_t crlf = 0, lf = 0;

	for (size_t i = 0; i < t->n; i++) {
		crlf += t->v[i].eol == 2;
		lf += t->v[i].eol == 1;
	}
	return crlf > lf ? GP_SLICE("\r\n") : GP_SLICE("\n");
}

bool gp_text_tired(const struct gp_text *t)
{
	return t->work > GP_TEXT_WORK;
}

/* The ASCII that people type for it; NULL: itself. */
static const char *ascii(unsigned c)
{
	switch (c) {
	case 0xa0:
	case 0x1680:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return " ";
	case 0xad:
	case 0x2212:
	case 0xfe58:
	case 0xfe63:
	case 0xff0d:
		return "-";
	case 0xb4:
	case 0x2032:
	case 0x2bc:
	case 0xff07:
		return "'";
	case 0xab:
	case 0xbb:
	case 0x2033:
	case 0xff02:
		return "\"";
	case 0x2026:
		return "...";
	default:
		break;
	}
	if (c >= 0x2000 && c <= 0x200a)
		return " ";
	if (c >= 0x2010 && c <= 0x2015)
		return "-";
	if (c >= 0x2018 && c <= 0x201b)
		return "'";
	return c >= 0x201c && c <= 0x201f ? "\"" : NULL;
}

static struct gp_slice plain(struct gp_slice line, struct gp_buf *scratch)
{
	gp_buf_cut(scratch, 0);
	while (line.n) {
		const char *from = line.p, *to = ascii(gp_utf8_cut(&line));

		if (to)
			gp_buf_str(scratch, to);
		else
			gp_buf_add(scratch, from, (size_t)(line.p - from));
	}
	return gp_buf_all(scratch);
}

static bool is_ascii(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

struct gp_slice gp_tier_form(int tier, struct gp_slice line, struct gp_buf *scratch)
{
	struct gp_slice s;

	if (tier == GP_TIER_EXACT)
		return line;
	if (tier == GP_TIER_UNICODE && !is_ascii(line))
		line = plain(line, scratch);
	s = gp_trim(line);
	if (tier == GP_TIER_RIGHT)
		return (struct gp_slice){line.p, s.n ? (size_t)(s.p + s.n - line.p) : 0};
	return s;
}

struct gp_slice gp_tier_lead(int tier, struct gp_slice line, struct gp_buf *scratch)
{
	size_t n = 0;

	if (tier == GP_TIER_UNICODE && !is_ascii(line))
		line = plain(line, scratch);
	while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	return (struct gp_slice){line.p, n};
}

uint64_t gp_tier_key(int tier, struct gp_slice line, struct gp_buf *scratch)
{
	struct gp_slice s = gp_tier_form(tier, line, scratch);
	uint64_t h = gp_hash(GP_HASH, s.p, s.n);

	return h ^ h >> 29;
}

const struct gp_text_index *gp_text_index(struct gp_text *t, int tier)
{
	struct gp_text_index *x = &t->at[tier];
	size_t size = 16;

	if (x->v)
		return x;
	while (size < t->n)
		size *= 2;
	x->mask = (uint32_t)size - 1;
	x->v = gp_alloc(t->n * sizeof(*x->v));
	x->next = gp_alloc(t->n * sizeof(*x->next));
	x->heads = gp_alloc(size * sizeof(*x->heads));
	x->counts = gp_alloc(size * sizeof(*x->counts));
	for (size_t i = t->n; i-- > 0;) {
		uint32_t *head;

		x->v[i] = gp_tier_key(tier, gp_text_line(t, i), &t->a);
		head = &x->heads[x->v[i] & x->mask];
		x->next[i] = *head;
		*head = (uint32_t)i + 1;
		x->counts[x->v[i] & x->mask]++;
	}
	return x;
}

/* Hashes first: they differ almost always where lines do. */
static bool stands(struct gp_text *t, int tier, size_t at, const struct gp_slice *v,
                   const uint64_t *keys, size_t n)
{
	const uint64_t *have = t->at[tier].v + at;

	for (size_t i = 0; i < n; i++) {
		t->work++;
		if (have[i] != keys[i])
			return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!gp_slice_eq(gp_tier_form(tier, gp_text_line(t, at + i), &t->a),
		                 gp_tier_form(tier, v[i], &t->b)))
			return false;
	return true;
}

static size_t rarest(const struct gp_text_index *x, const uint64_t *keys, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (x->counts[keys[i] & x->mask] < x->counts[keys[best] & x->mask])
			best = i;
	return best;
}

void gp_text_find(struct gp_places *out, struct gp_text *t, int tier, const struct gp_slice *v,
                  size_t n)
{
	const struct gp_text_index *x;
	uint64_t *keys;
	size_t pivot;

	out->n = 0;
	if (n == 0 || n > t->n)
		return;
	t->work += n;
	x = gp_text_index(t, tier);
	keys = gp_alloc(n * sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = gp_tier_key(tier, v[i], &t->a);
	pivot = rarest(x, keys, n);
	for (uint32_t l = x->heads[keys[pivot] & x->mask]; l && !gp_text_tired(t);
	     l = x->next[l - 1]) {
		size_t at = l - 1;

		t->work++;
		if (at >= pivot && at - pivot + n <= t->n &&
		    stands(t, tier, at - pivot, v, keys, n))
			gp_places_add(out, at - pivot);
	}
	gp_free(keys);
}
