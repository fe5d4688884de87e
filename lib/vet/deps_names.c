#include "lib/vet/deps_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/glob.h"
#include "lib/base/near.h"

#define LONGEST 200
#define TOKENS 12

void gp_popular_clear(struct gp_popular *p)
{
	gp_free(p->v);
	gp_free(p->text);
	*p = (struct gp_popular){0};
}

static int compare(const void *a, const void *b)
{
	const struct gp_known *x = a, *y = b;
	int d = strcmp(x->ecosystem, y->ecosystem);

	return d ? d : strcmp(x->name, y->name);
}

static void add(struct gp_popular *p, const char *ecosystem, const char *name)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 1024;
		p->v = gp_realloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n++] = (struct gp_known){ecosystem, name};
}

int gp_popular_parse(struct gp_popular *out, struct gp_slice table)
{
	size_t line = 0;

	out->text = gp_strndup(table.n ? table.p : "", table.n);
	for (char *p = out->text, *next; *p; p = next) {
		char *end = p + strcspn(p, "\n"), *tab = memchr(p, '\t', (size_t)(end - p));

		line++;
		next = *end ? end + 1 : end;
		*end = 0;
		if (*p == '#' || p == end)
			continue;
		if (!tab || tab == p)
			return gp_fail(GP_INVALID, "the list of names in line %zu has no ecosystem",
			               line);
		*tab = 0;
		for (char *name = tab + 1; *name;) {
			size_t n = strcspn(name, " ");
			bool last = !name[n];

			name[n] = 0;
			if (n)
				add(out, p, name);
			name += n + !last;
		}
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return 0;
}

bool gp_popular_has(const struct gp_popular *p, const char *ecosystem, const char *name)
{
	struct gp_known key = {ecosystem, name};

	return p && p->n && bsearch(&key, p->v, p->n, sizeof(*p->v), compare);
}

bool gp_dep_allowed(const char *const *allowed, const struct gp_dep *d)
{
	size_t n = strlen(d->ecosystem);

	for (; allowed && *allowed; allowed++) {
		const char *pattern = *allowed;

		if (strncasecmp(pattern, d->ecosystem, n) == 0 && pattern[n] == ':')
			pattern += n + 1;
		if (strcmp(pattern, "*") == 0 || strcasecmp(pattern, d->name) == 0 ||
		    gp_glob_parts(pattern, d->name, false))
			return true;
	}
	return false;
}

static bool same_letter(char a, char b)
{
	bool apart = a == '-' || a == '_' || a == '.';

	return apart ? b == '-' || b == '_' || b == '.'
	             : tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '@';
}

/* Whether what follows belongs to a longer name: "a.b", "a/b"; a full stop does not. */
static bool goes_on(const char *p)
{
	return is_name(*p) ? *p != '@'
	                   : (*p == '.' || *p == '/' || *p == ':') && isalnum((unsigned char)p[1]);
}

static bool among(const char *p, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == n && strncasecmp(p, words[i], n) == 0)
			return true;
	return false;
}

/* The word before p; its length, 0 at the line's beginning or after what ends a sentence. */
static size_t word_before(const char **at, const char *start, const char *p)
{
	const char *end;

	while (p > start && (p[-1] == ' ' || p[-1] == ',' || p[-1] == '`' || p[-1] == '"'))
		p--;
	end = p;
	while (p > start && isalnum((unsigned char)p[-1]))
		p--;
	*at = p;
	return (size_t)(end - p);
}

/* Whether a plain word stands as a name of something to be fetched. */
static bool stands_as_name(const char *request, const char *p, size_t n)
{
	static const char *const verbs[] = {
		"use",     "using",   "uses",  "with",      "via",       "install",
		"import",  "require", "adopt", "on",        "package",   "packages",
		"library", "module",  "crate", "gem",       "libraries", "dependency",
		"plugin",  "action",  "image", "framework", "add",       "include",
	};
	static const char *const nouns[] = {"package",    "library", "module",   "crate",
	                                    "gem",        "lib",     "plugin",   "action",
	                                    "dependency", "image",   "framework"};
	static const char *const joins[] = {"and", "or"};
	const char *after = p + n, *before = p;
	size_t m;

	if (p > request && strchr("`\"'", p[-1]) && *after == p[-1])
		return true;
	if (*after == '@' || (*after == ' ' && isdigit((unsigned char)after[1])))
		return true;
	for (int words = 0, most = 2; words < most; words++) {
		m = word_before(&before, request, before);
		/* "use a, b and c" */
		if (most < 8 && (among(before, m, joins, GP_COUNT(joins)) || before[m] == ','))
			most += 2;
		/* "add colours to the log": only what "add" itself precedes, and no "to" after */
		if (m == 3 && strncasecmp(before, "add", 3) == 0)
			return words == 0 && strncasecmp(after, " to the ", 8) != 0;
		if (among(before, m, verbs, GP_COUNT(verbs)))
			return true;
	}
	for (int words = 0; words < 2 && *after == ' '; words++) {
		after++;
		m = strspn(after, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (among(after, m, nouns, GP_COUNT(nouns)))
			return true;
		after += m;
	}
	return false;
}

static bool is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz")] == 0;
}

static bool names(const char *request, const char *name)
{
	size_t n = strlen(name);

	if (n < 2)
		return false;
	for (const char *p = request; *p; p++) {
		size_t i = 0;

		if (p > request && (is_name(p[-1]) || p[-1] == '/' || p[-1] == '.'))
			continue;
		while (i < n && p[i] && same_letter(name[i], p[i]))
			i++;
		if (i == n && !goes_on(p + n) && (!is_plain(name) || stands_as_name(request, p, n)))
			return true;
	}
	return false;
}

bool gp_dep_asked(const char *request, const struct gp_dep *d, const struct gp_popular *p)
{
	const char *last = strrchr(d->name, '/'), *colon = strrchr(d->name, ':'), *owner = NULL;

	if (!request)
		return false;
	if (names(request, d->name))
		return true;
	/* github.com/owner/name is also owner/name */
	if (last && strchr(d->name, '.') && strchr(d->name, '.') < last) {
		owner = strchr(d->name, '/') + 1;
		if (owner < last && names(request, owner))
			return true;
	}
	last = colon ? colon : last;
	return last && gp_popular_has(p, d->ecosystem, d->name) && names(request, last + 1);
}

/* Letters that look alike become one; what keeps parts apart goes. */
static void look(char *out, const char *name)
{
	size_t n = 0;

	for (const char *p = name; *p && n < LONGEST; p++) {
		char c = (char)tolower((unsigned char)*p);

		if (c == '-' || c == '_' || c == '.')
			continue;
		if (c == '0')
			c = 'o';
		else if (c == '1' || c == 'i')
			c = 'l';
		else if (c == '5')
			c = 's';
		if (c == 'r' && tolower((unsigned char)p[1]) == 'n') {
			c = 'm';
			p++;
		} else if (c == 'v' && tolower((unsigned char)p[1]) == 'v') {
			c = 'w';
			p++;
		}
		out[n++] = c;
	}
	out[n] = 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Parts in order of the alphabet; those that say nothing left out when affixes. */
static size_t tokens(char out[TOKENS][LONGEST + 1], const char *name, bool affixes)
{
	static const char *const empty[] = {"js",  "node", "py",   "python", "python3", "lib",
	                                    "npm", "rs",   "pypi", "rust",   "official"};
	size_t n = 0;

	for (const char *p = name; *p && n < TOKENS;) {
		size_t m = strcspn(p, "-_./");

		if (m && m <= LONGEST && (!affixes || !among(p, m, empty, GP_COUNT(empty)))) {
			memcpy(out[n], p, m);
			out[n++][m] = 0;
		}
		p += m + (p[m] != 0);
	}
	qsort(out, n, LONGEST + 1, by_text);
	return n;
}

static bool same_tokens(const char *a, const char *b, bool affixes)
{
	char x[TOKENS][LONGEST + 1], y[TOKENS][LONGEST + 1];
	size_t n = tokens(x, a, affixes), m = tokens(y, b, affixes);

	for (size_t i = 0; i < n && n == m; i++)
		if (strcmp(x[i], y[i]) != 0)
			return false;
	return n == m && n > 0;
}

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

const char *gp_dep_resembles(const char *name, const char *other, bool strict)
{
	size_t n = strlen(name), m = strlen(other), least = n < m ? n : m;
	size_t apart = n > m ? n - m : m - n, d;
	char a[LONGEST + 1], b[LONGEST + 1];

	if (strcmp(name, other) == 0 || m < 3)
		return "";
	if (apart <= 4) {
		look(a, name);
		look(b, other);
		if (strcmp(a, b) == 0)
			return "written almost as";
	}
	d = apart <= 2 ? gp_near_distance(name, other) : 3;
	if (d == 1 && least >= (strict ? 7 : 5))
		return "one letter off";
	if (strict)
		return "";
	if (d == 2 && least >= 9)
		return "two letters off";
	if (d == 2 && least >= 5 && !is_ascii(name))
		return "written almost as";
	if (apart <= 9 && least >= 4) {
		if (same_tokens(name, other, false))
			return "the parts in another order than";
		if (same_tokens(name, other, true))
			return "a part more or less than";
	}
	return "";
}

bool gp_dep_scope_confused(const char *name, const char *other)
{
	const char *slash = *name == '@' ? strchr(name, '/') : NULL;
	char joined[LONGEST + 1];
	size_t n = strlen(other);

	if (slash && *other != '@')
		return strcmp(slash + 1, other) == 0;
	if (*name == '@' || *other != '@' || n > LONGEST)
		return false;
	memcpy(joined, other + 1, n);
	for (char *p = joined; *p; p++)
		if (*p == '/')
			*p = '-';
	return strcmp(joined, name) == 0;
}
