#include "lib/patch/fold.h"

#include <stdlib.h>

static int by_code(const void *key, const void *row)
{
	unsigned c = *(const unsigned *)key;
	const struct gp_fold_pair *p = row;

	return c < p->c ? -1 : c > p->c;
}

static unsigned in_range(unsigned c)
{
	size_t lo = 0, hi = gp_fold_ranges_n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (gp_fold_ranges[mid].last < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* ranges that leave out every second code point may enclose others */
	for (size_t i = lo; i < gp_fold_ranges_n && i < lo + 4; i++) {
		const struct gp_fold_range *r = &gp_fold_ranges[i];

		if (c >= r->first && c <= r->last && (c - r->first) % (unsigned)r->step == 0)
			return (unsigned)((int)c + r->add);
	}
	return c;
}

static void add(struct gp_buf *out, unsigned c)
{
	char utf8[4] = {(char)c};
	size_t n = 1;

	if (c >= 0x10000) {
		utf8[0] = (char)(0xf0 | c >> 18);
		utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c >= 0x800) {
		utf8[0] = (char)(0xe0 | c >> 12);
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c >= 0x80) {
		utf8[0] = (char)(0xc0 | c >> 6);
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	}
	gp_buf_add(out, utf8, n);
}

static void fold(struct gp_buf *out, unsigned c)
{
	const struct gp_fold_pair *p =
		bsearch(&c, gp_fold_pairs, gp_fold_pairs_n, sizeof(*gp_fold_pairs), by_code);
	unsigned s = c - 0xac00; /* a Hangul syllable, Unicode 3.12 */

	if (p) {
		fold(out, p->first);
		add(out, p->second);
	} else if (c >= 0xac00 && c <= 0xd7a3) {
		add(out, 0x1100 + s / 588);
		add(out, 0x1161 + s % 588 / 28);
		if (s % 28)
			add(out, 0x11a7 + s % 28);
	} else {
		add(out, in_range(c));
	}
}

void gp_path_fold(struct gp_buf *out, struct gp_slice path)
{
	while (path.n) {
		const char *at = path.p;
		unsigned c = gp_utf8_cut(&path);

		if (c >= 0x110000)
			gp_buf_add(out, at, 1);
		else if (c < 0x80)
			gp_buf_chr(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
		else
			fold(out, c);
	}
}
