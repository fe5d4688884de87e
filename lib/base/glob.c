#include "lib/base/glob.h"

#include <stdio.h>
#include <string.h>

#define PATTERN_MAX 256
#define BRACES_MAX 3
#define PARTS_MAX 63 /* of a pattern: bits of a state */

/* A star to go back to is enough: what an earlier one would take, the last one can. */
static bool match(struct gp_slice pattern, struct gp_slice s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = ++p;
			from = i;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool match_path(const char *pattern, const char *path)
{
	const char *name;
	size_t n;

	if (gp_starts(pattern, "./"))
		pattern += 2;
	if (!strchr(pattern, '/')) {
		name = strrchr(path, '/');
		return match(gp_slice(pattern), gp_slice(name ? name + 1 : path));
	}
	/* where nearly all paths of a tree end */
	if (*pattern != *path && !strchr("*?/", *pattern))
		return false;
	if (gp_starts(pattern, "**/") && match_path(pattern + 3, path))
		return true;
	n = strlen(pattern);
	if (n && pattern[n - 1] == '/' && gp_starts(path, pattern))
		return true;
	return match(gp_slice(pattern), gp_slice(path));
}

/* Each alternative of the first braces in turn. */
static bool expand(const char *pattern, const char *path, int depth)
{
	const char *open = strchr(pattern, '{'), *close = open ? strchr(open, '}') : NULL;
	char one[PATTERN_MAX];

	if (!close || depth == BRACES_MAX)
		return match_path(pattern, path);
	for (const char *p = open + 1, *end; p <= close; p = end + 1) {
		end = p + strcspn(p, ",}");
		snprintf(one, sizeof(one), "%.*s%.*s%s", (int)(open - pattern), pattern,
		         (int)(end - p), p, close + 1);
		if (expand(one, path, depth + 1))
			return true;
	}
	return false;
}

bool gp_glob_match(const char *pattern, const char *path)
{
	return strlen(pattern) < PATTERN_MAX && expand(pattern, path, 0);
}

static bool next_part(struct gp_slice *out, const char **rest)
{
	while (**rest == '/')
		(*rest)++;
	*out = (struct gp_slice){*rest, strcspn(*rest, "/")};
	*rest += out->n;
	return out->n > 0;
}

/* bit i of a state: parts before i are matched; "**" may also match nothing */
static uint64_t skip_stars(uint64_t state, const struct gp_slice *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((state >> i & 1) && gp_slice_is(parts[i], "**"))
			state |= (uint64_t)1 << (i + 1);
	return state;
}

bool gp_glob_parts(const char *pattern, const char *path, bool prefix)
{
	struct gp_slice parts[PARTS_MAX], part;
	uint64_t state, next;
	size_t n = 0;

	while (next_part(&part, &pattern))
		if (!gp_slice_is(part, ".")) {
			if (n == PARTS_MAX)
				return false;
			parts[n++] = part;
		}
	state = skip_stars(1, parts, n);
	while (next_part(&part, &path)) {
		next = 0;
		for (size_t i = 0; i < n; i++) {
			if (!(state >> i & 1))
				continue;
			if (gp_slice_is(parts[i], "**"))
				next |= (uint64_t)1 << i;
			else if (match(parts[i], part))
				next |= (uint64_t)1 << (i + 1);
		}
		state = skip_stars(next, parts, n);
	}
	return prefix ? (state & (((uint64_t)1 << n) - 1)) != 0 : state >> n & 1;
}
