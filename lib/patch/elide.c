#include "lib/patch/place.h"

#include <string.h>
#include <strings.h>

bool gp_is_prose(struct gp_slice path)
{
	static const char *const ends[] = {".md", ".mdx", ".markdown", ".rst", ".txt", ".adoc"};
	size_t m;

	for (size_t i = 0; i < GP_COUNT(ends); i++) {
		m = strlen(ends[i]);
		if (path.n > m && strncasecmp(path.p + path.n - m, ends[i], m) == 0)
			return true;
	}
	return false;
}

static bool cut_front(struct gp_slice *s, const char *mark)
{
	size_t n = strlen(mark);

	if (s->n < n || memcmp(s->p, mark, n) != 0)
		return false;
	*s = gp_trim((struct gp_slice){s->p + n, s->n - n});
	return true;
}

static bool cut_back(struct gp_slice *s, const char *mark)
{
	size_t n = strlen(mark);

	if (s->n < n || memcmp(s->p + s->n - n, mark, n) != 0)
		return false;
	*s = gp_trim((struct gp_slice){s->p, s->n - n});
	return true;
}

/* Takes comment marks off both ends; whether there was one in front. */
static bool uncomment(struct gp_slice *s)
{
	static const char *const front[] = {"{/*", "{{!--", "<!--", "/**", "/*", "///", "//",  "(*",
	                                    "--",  "##",    "#",    ";;",  ";",  "%",   "REM "};
	static const char *const back[] = {"*/}", "--}}", "-->", "*/", "*)"};
	bool led = false;

	for (size_t i = 0; i < GP_COUNT(front) && !led; i++)
		led = cut_front(s, front[i]);
	for (size_t i = 0; i < GP_COUNT(back); i++)
		if (cut_back(s, back[i]))
			break;
	return led;
}

/* Takes dots and brackets off both ends; which ends had dots. */
static void undot(struct gp_slice *s, bool *first, bool *last)
{
	bool more = true;

	*first = *last = false;
	while (more) {
		bool a = cut_front(s, "...") || cut_front(s, "\xe2\x80\xa6");
		bool z = cut_back(s, "...") || cut_back(s, "\xe2\x80\xa6");

		*first |= a;
		*last |= z;
		more = a || z || cut_front(s, "(") || cut_front(s, "[") || cut_back(s, ")") ||
		       cut_back(s, "]");
	}
	while ((*first || *last) && (cut_front(s, ".") || cut_back(s, ".")))
		;
}

static bool among(struct gp_slice word, const char *const *v)
{
	for (; *v; v++)
		if (word.n == strlen(*v) && strncasecmp(word.p, *v, word.n) == 0)
			return true;
	return false;
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What the words between the dots say. */
struct words {
	size_t n;
	bool starts; /* "existing", "rest of" ... comes first */
	bool noun;   /* some kind of code is named */
	bool ends;   /* "unchanged", "as before" ... comes last */
	bool plain;  /* nothing but words */
};

static struct words read_words(struct gp_slice s)
{
	static const char *const skip[] = {"the", "all",  "your", "keep", "leave", "insert",
	                                   "any", "with", "and",  "more", NULL};
	static const char *const first[] = {"existing",  "rest",   "remaining", "remainder",
	                                    "unchanged", "same",   "previous",  "omitted",
	                                    "truncated", "snip",   "snipped",   "original",
	                                    "other",     "others", "code",      NULL};
	static const char *const nouns[] = {
		"code",           "file",  "function", "functions", "method",   "methods",
		"implementation", "class", "classes",  "content",   "contents", "logic",
		"test",           "tests", "imports",  "lines",     "body",     "module",
		"definitions",    "cases", "routes",   "component", NULL};
	static const char *const last[] = {"unchanged", "same", "omitted", "before",
	                                   "here",      "is",   "brevity", NULL};
	struct words w = {.plain = true};
	bool begun = false;

	for (size_t i = 0; i < s.n;) {
		struct gp_slice word = {s.p + i, 0};

		while (i < s.n && word_char(s.p[i]))
			i++;
		word.n = (size_t)(s.p + i - word.p);
		if (word.n) {
			w.n++;
			w.noun |= among(word, nouns);
			w.ends = among(word, last);
			if (!begun && !among(word, skip)) {
				w.starts = among(word, first);
				begun = true;
			}
		} else {
			w.plain &= s.p[i] == ' ';
			i++;
		}
	}
	return w;
}

bool gp_is_elision(struct gp_slice line, bool prose)
{
	struct gp_slice s = gp_trim(line);
	bool led = uncomment(&s), first, last;
	struct words w;

	if (s.n > 120)
		return false;
	undot(&s, &first, &last);
	w = read_words(s);
	if (!led)
		return first && last && w.plain && w.n > 1 && w.starts;
	if (s.n == 0)
		return (first || last) && !prose;
	if (first && last)
		return true;
	if (first)
		return w.starts;
	return w.starts && w.noun && (last || w.ends);
}
