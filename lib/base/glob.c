#include "lib/base/glob.h"

#include <stdio.h>
#include <string.h>

#define PATTERN_MAX 256
#define BRACES_MAX 3

/* '*' crosses '/', so one star to go back to is enough. */
static bool match(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			from = s;
		} else if (*pattern && (*pattern == '?' || *pattern == *s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == 0;
}

static bool match_path(const char *pattern, const char *path)
{
	const char *name = strrchr(path, '/');
	size_t n = strlen(pattern);

	if (gp_starts(pattern, "./"))
		pattern += 2;
	if (!strchr(pattern, '/'))
		return match(pattern, name ? name + 1 : path);
	if (gp_starts(pattern, "**/") && match_path(pattern + 3, path))
		return true;
	if (n && pattern[strlen(pattern) - 1] == '/' && gp_starts(path, pattern))
		return true;
	return match(pattern, path);
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
