#include "lib/base/near.h"

#include <string.h>

#define LONGEST 63

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t gp_near_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, LONGEST), m = strnlen(b, LONGEST);
	unsigned char rows[3][LONGEST + 1];
	unsigned char *older = rows[0], *old = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= m; j++)
		old[j] = (unsigned char)j;
	for (size_t i = 1; i <= n; i++) {
		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= m; j++) {
			size_t d = old[j - 1] + (a[i - 1] != b[j - 1]);

			d = least(d, least(old[j], row[j - 1]) + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = least(d, older[j - 2] + 1u);
			row[j] = (unsigned char)d;
		}
		spare = older;
		older = old;
		old = row;
		row = spare;
	}
	return old[m];
}

void gp_near_try(struct gp_near *n, const char *candidate)
{
	size_t d = gp_near_distance(n->word, candidate);

	if (!n->best || d < n->distance) {
		n->best = candidate;
		n->distance = d;
	}
}
