#include "lib/context/words.h"

#include <string.h>

#define WORD_MAX 64
#define IDENTIFIER_MAX 128

/* What a byte is to an identifier, and its lower case; built once, since every byte of a
 * repository passes here. */
enum { OTHER, LOWER, UPPER, DIGIT, JOINER };
static unsigned char class_of[256];
static unsigned char lower_of[256];

#define FNV_PRIME 0x100000001b3ull

/* FNV-1a over the lower case; a plural's s is left out. */
static uint64_t hash_part(const unsigned char *p, size_t n)
{
	uint64_t h = GP_HASH;

	if (n > 3 && lower_of[p[n - 1]] == 's' && lower_of[p[n - 2]] != 's')
		n--;
	for (size_t i = 0; i < n; i++)
		h = (h ^ lower_of[p[i]]) * FNV_PRIME;
	return h;
}

/* Words before a name that define it, in the languages in use. */
static const char *const defining[] = {
	"def",    "class", "function", "func", "fn",       "struct",  "enum",      "interface",
	"type",   "trait", "module",   "mod",  "const",    "let",     "var",       "val",
	"define", "macro", "record",   "sub",  "proc",     "package", "namespace", "object",
	"union",  "table", "fun",      "defp", "protocol",
};

/* Words before a bracket at the start of a block that define nothing. */
static const char *const controlling[] = {
	"if",   "for",   "while", "switch", "catch", "return", "elif",  "else",
	"with", "until", "when",  "match",  "using", "sizeof", "await",
};

#define KEYWORD_MAX 9

/* For each length, which letters such a word may begin with: nearly every name is told apart by
 * that alone. */
struct initials {
	uint32_t of_length[KEYWORD_MAX + 1];
};

static void note_initials(struct initials *out, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out->of_length[strlen(words[i])] |= (uint32_t)1 << (words[i][0] - 'a');
}

static bool among(const struct initials *first, const char *const *words, size_t count,
                  const char *p, size_t n)
{
	if (n > KEYWORD_MAX || *p < 'a' || *p > 'z' || !(first->of_length[n] >> (*p - 'a') & 1))
		return false;
	for (size_t i = 0; i < count; i++)
		if (words[i][0] == *p && strncmp(words[i], p, n) == 0 && words[i][n] == 0)
			return true;
	return false;
}

static struct initials defining_initials, controlling_initials;

static bool defines(const char *p, size_t n)
{
	return among(&defining_initials, defining, GP_COUNT(defining), p, n);
}

static bool controls(const char *p, size_t n)
{
	return among(&controlling_initials, controlling, GP_COUNT(controlling), p, n);
}

static void build_tables(void)
{
	if (class_of['a'])
		return;
	for (int c = 0; c < 256; c++) {
		lower_of[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		class_of[c] = c >= 'A' && c <= 'Z'                 ? UPPER
		              : (c >= 'a' && c <= 'z') || c > 0x7f ? LOWER
		              : c >= '0' && c <= '9'               ? DIGIT
		              : c == '_'                           ? JOINER
		                                                   : OTHER;
	}
	note_initials(&defining_initials, defining, GP_COUNT(defining));
	note_initials(&controlling_initials, controlling, GP_COUNT(controlling));
}

uint64_t gp_word_hash(struct gp_slice word)
{
	build_tables();
	return hash_part((const unsigned char *)word.p, word.n);
}

/* Whether name (...) on this line opens a body: the line ends in '{', or it begins in the first
 * column, as C functions do, and does not end a statement. */
static bool opens_body(struct gp_slice line)
{
	struct gp_slice s = gp_trim(line);
	char last = s.n ? s.p[s.n - 1] : 0;

	if (last == '{')
		return true;
	return s.n && s.p == line.p && last != ';' && last != ',' && last != ':' && last != '.' &&
	       s.p[0] != '#' && s.p[0] != '/';
}

struct scan {
	void (*fn)(void *ctx, const struct gp_word *w);
	void *ctx;
	const char *text;
};

static void hand_over(const struct scan *s, uint64_t hash, unsigned kind, const char *p, size_t n)
{
	struct gp_word w = {hash, kind, (size_t)(p - s->text), n};

	s->fn(s->ctx, &w);
}

/* Whether a word ends before p[i]: '_', a change to upper case, or the last of several upper case
 * letters that a lower one follows. */
static bool parts_at(const unsigned char *p, size_t n, size_t i)
{
	if (class_of[p[i]] != UPPER)
		return class_of[p[i]] == JOINER;
	return class_of[p[i - 1]] != UPPER || (i + 1 < n && class_of[p[i + 1]] == LOWER);
}

static bool part(const struct scan *s, unsigned kind, const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n < 2 || n > WORD_MAX || class_of[*u] == DIGIT)
		return false;
	hand_over(s, hash_part(u, n), kind | GP_WORD_PART, p, n);
	return true;
}

static void identifier(const struct scan *s, const char *text, size_t n, unsigned kind)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t parts = 0, from = 0;
	bool alone;

	for (size_t i = 0; i < n; i++) {
		if (i > from && parts_at(p, n, i)) {
			parts += part(s, kind, text + from, i - from);
			from = i;
		}
		if (class_of[p[i]] == JOINER)
			from = i + 1;
	}
	alone = from == 0;
	parts += part(s, kind, text + from, n - from);
	if (parts > 1 || (parts == 1 && !alone))
		hand_over(s, hash_part(p, n), kind | GP_WORD_WHOLE, text, n);
	/* f_17 has no part that says anything */
	else if (parts == 0 && n > 2)
		part(s, kind, text, n);
}

static void scan_line(const struct scan *s, struct gp_slice line)
{
	const unsigned char *p = (const unsigned char *)line.p;
	bool after_keyword = false;
	bool first_call = true;

	for (size_t i = 0, n; i < line.n; i += n ? n : 1) {
		unsigned kind = 0;

		n = 0;
		while (i + n < line.n && class_of[p[i + n]] != OTHER)
			n++;
		if (n == 0) {
			after_keyword = after_keyword && (p[i] == ' ' || p[i] == '*');
			continue;
		}
		if (after_keyword)
			kind = GP_WORD_DEFINED;
		else if (first_call && i + n < line.n &&
		         (p[i + n] == '(' || controls(line.p + i, n))) {
			first_call = false;
			if (!controls(line.p + i, n) && opens_body(line))
				kind = GP_WORD_DEFINED;
		}
		after_keyword = defines(line.p + i, n);
		if (n <= IDENTIFIER_MAX)
			identifier(s, line.p + i, n, kind);
	}
}

void gp_words(struct gp_slice text, void (*fn)(void *ctx, const struct gp_word *w), void *ctx)
{
	struct scan s = {fn, ctx, text.p};
	struct gp_slice rest = text, line;

	build_tables();
	while (gp_line(&line, &rest))
		scan_line(&s, line);
}
