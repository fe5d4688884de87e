#include "lib/trial/scan.h"

#include <string.h>

bool gp_head(struct gp_slice s, const char *text, struct gp_slice *cut)
{
	size_t n = strlen(text);

	if (s.n < n || memcmp(s.p, text, n) != 0)
		return false;
	if (cut)
		*cut = gp_skip(s, n);
	return true;
}

bool gp_tail(struct gp_slice s, const char *text, struct gp_slice *cut)
{
	size_t n = strlen(text);

	if (s.n < n || memcmp(s.p + s.n - n, text, n) != 0)
		return false;
	if (cut)
		*cut = (struct gp_slice){s.p, s.n - n};
	return true;
}

long gp_number(struct gp_slice digits)
{
	long n = 0;

	for (size_t i = 0; i < digits.n && n < 1000000000; i++)
		if (digits.p[i] >= '0' && digits.p[i] <= '9')
			n = 10 * n + (digits.p[i] - '0');
	return n < 1000000000 ? n : 1000000000;
}

size_t gp_indent(struct gp_slice line)
{
	size_t i = 0;

	while (i < line.n && line.p[i] == ' ')
		i++;
	return i;
}

struct gp_slice gp_skip(struct gp_slice s, size_t n)
{
	n = n < s.n ? n : s.n;
	return (struct gp_slice){s.p + n, s.n - n};
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t run(struct gp_slice s, char kind)
{
	size_t i = 0;

	for (; i < s.n; i++) {
		char c = s.p[i];

		if (kind == 'd' ? c < '0' || c > '9' : kind == 's' ? blank(c) : !blank(c))
			break;
	}
	return i;
}

/* The literal text a pattern goes on with, up to the next % or its end. */
static struct gp_slice literal(const char *pattern)
{
	return (struct gp_slice){pattern, strcspn(pattern, "%")};
}

static bool shortest(struct gp_slice *s, const char *rest, struct gp_slice *cap)
{
	struct gp_slice lit = literal(rest);
	const char *at = s->p + s->n;

	if (lit.n)
		at = s->n ? memmem(s->p, s->n, lit.p, lit.n) : NULL;
	else if (gp_starts(rest, "%_"))
		for (at = s->p; at < s->p + s->n && !blank(*at);)
			at++;
	if (!at)
		return false;
	*cap = (struct gp_slice){s->p, (size_t)(at - s->p)};
	*s = gp_skip(*s, cap->n);
	return true;
}

static bool quoted(struct gp_slice *s, struct gp_slice *cap)
{
	static const char *const pair[][2] = {
		{"'", "'"}, {"`", "'"}, {"`", "`"}, {"\"", "\""}, {"\xe2\x80\x98", "\xe2\x80\x99"}};

	for (size_t i = 0; i < GP_COUNT(pair); i++) {
		struct gp_slice in;
		const char *end;

		if (!gp_head(*s, pair[i][0], &in))
			continue;
		end = gp_find(in, pair[i][1]);
		if (!end)
			continue;
		*cap = (struct gp_slice){in.p, (size_t)(end - in.p)};
		*s = gp_skip(in, cap->n + strlen(pair[i][1]));
		return true;
	}
	return false;
}

static bool token(struct gp_slice *s, const char *pattern, struct gp_slice *cap)
{
	size_t n;

	switch (*pattern) {
	case '*':
		return shortest(s, pattern + 1, cap);
	case 'Q':
		return quoted(s, cap);
	case '$':
		return gp_trim(*s).n == 0;
	case '%':
		return gp_head(*s, "%", s);
	default:
		n = run(*s, *pattern);
		if (*pattern != '_')
			*cap = (struct gp_slice){s->p, n};
		*s = gp_skip(*s, n);
		return n > 0;
	}
}

bool gp_scan(struct gp_slice s, const char *pattern, struct gp_slice *cap)
{
	struct gp_slice unused, lit;
	size_t n = 0;

	while (*pattern) {
		if (*pattern != '%') {
			lit = literal(pattern);
			if (s.n < lit.n || memcmp(s.p, lit.p, lit.n) != 0)
				return false;
			s = gp_skip(s, lit.n);
			pattern += lit.n;
			continue;
		}
		if (!token(&s, pattern + 1, cap && n < GP_SCAN_MAX ? cap + n : &unused))
			return false;
		n += strchr("_$%", pattern[1]) == NULL;
		pattern += 2;
	}
	return true;
}

bool gp_scan_in(struct gp_slice s, const char *pattern, struct gp_slice *cap)
{
	struct gp_slice lit = literal(pattern);
	const char *at;

	while (s.n && (at = memmem(s.p, s.n, lit.p, lit.n))) {
		s = gp_skip(s, (size_t)(at - s.p));
		if (gp_scan(s, pattern, cap))
			return true;
		s = gp_skip(s, 1);
	}
	return false;
}

static unsigned bucket(const char *p)
{
	uint32_t key;

	memcpy(&key, p, sizeof(key));
	return (key * 2654435761u) >> 22;
}

void gp_finder_add(struct gp_finder *f, const char *pattern)
{
	unsigned b = bucket(pattern);

	if (f->n == GP_FINDER_MAX)
		return;
	f->pattern[f->n] = pattern;
	f->next[f->n] = f->head[b];
	f->head[b] = (uint8_t)++f->n;
}

void gp_finder_mask(const struct gp_finder *f, struct gp_slice line,
                    uint64_t mask[GP_FINDER_MAX / 64])
{
	memset(mask, 0, GP_FINDER_MAX / 8);
	for (size_t i = 0; i + 4 <= line.n; i++)
		for (unsigned k = f->head[bucket(line.p + i)]; k; k = f->next[k - 1])
			if (memcmp(line.p + i, f->pattern[k - 1], 4) == 0)
				mask[(k - 1) / 64] |= 1ull << ((k - 1) % 64);
}

int gp_finder_next(const uint64_t mask[GP_FINDER_MAX / 64], int from)
{
	for (int i = from; i < GP_FINDER_MAX; i++)
		if (mask[i / 64] >> (i % 64) & 1)
			return i;
	return -1;
}
