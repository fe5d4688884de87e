#include "lib/trial/cuts.h"

#include <ctype.h>
#include <string.h>

#include "lib/trial/scan.h"

#define MUTANTS_MAX 4000

static const char negated[] = "condition negated";
static const char shifted[] = "bound shifted";
static const char swapped[] = "constant swapped";
static const char dropped[] = "statement dropped";
static const char early[] = "returns early";

/* A line that is looked at for what can be done to it. */
struct line {
	struct gp_cuts *out;
	const char *path;
	const struct gp_source *c;
	size_t i;
	struct gp_slice part; /* its code, strings among it */
};

/* Replaces a part of the line. */
static void put(const struct line *l, const char *what, struct gp_slice part, const char *fmt, ...)
	GP_PRINTF(4, 5);

static void put(const struct line *l, const char *what, struct gp_slice part, const char *fmt, ...)
{
	struct gp_cut *c =
		gp_cuts_add(l->out, l->path, (long)l->i + 1, (long)l->i + 1, MUTANTS_MAX);
	va_list ap;

	if (!c)
		return;
	c->what = what;
	c->lines = 1;
	c->at = (size_t)(part.p - l->c->text.p);
	c->n = part.n;
	va_start(ap, fmt);
	gp_buf_vfmt(&c->put, fmt, ap);
	va_end(ap);
}

static bool is_code(const struct line *l, size_t at)
{
	return l->c->classes[(size_t)(l->part.p - l->c->text.p) + at] == GP_CODE_CODE;
}

static bool is_word(int c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Whether word stands at at, of code, with no letter beside it that makes it another. */
static bool word_at(const struct line *l, size_t at, const char *word)
{
	size_t n = strlen(word);
	const struct gp_slice s = l->part;

	return at + n <= s.n && memcmp(s.p + at, word, n) == 0 && is_code(l, at) &&
	       is_code(l, at + n - 1) && (at == 0 || !is_word(s.p[at - 1])) &&
	       (at + n == s.n || !is_word(s.p[at + n]));
}

static bool begins(const struct line *l, const char *word)
{
	return word_at(l, 0, word);
}

static struct gp_slice part(const struct line *l, size_t from, size_t to)
{
	return (struct gp_slice){l->part.p + from, to - from};
}

static int braces(const struct line *l)
{
	int n = 0;

	for (size_t i = 0; i < l->part.n; i++)
		if (is_code(l, i))
			n += (l->part.p[i] == '{') - (l->part.p[i] == '}');
	return n;
}

static bool is_balanced(const struct line *l)
{
	return l->c->depth[l->i] == 0 && l->c->depth[l->i + 1] == 0;
}

/* Comparisons. */
static void operators(const struct line *l)
{
	static const struct {
		const char *is, *to, *what;
	} rows[] = {
		{"===", "!==", negated},  {"!==", "===", negated},  {"==", "!=", negated},
		{"!=", "==", negated},    {" <= ", " < ", shifted}, {" >= ", " > ", shifted},
		{" < ", " <= ", shifted}, {" > ", " >= ", shifted},
	};

	for (size_t i = 1; i < l->part.n; i++)
		for (size_t k = 0; k < GP_COUNT(rows); k++) {
			size_t n = strlen(rows[k].is);

			if (i + n >= l->part.n || memcmp(l->part.p + i, rows[k].is, n) != 0 ||
			    !is_code(l, i) || !is_code(l, i + n - 1) ||
			    strchr("=!<>", l->part.p[i - 1]) || l->part.p[i + n] == '=')
				continue;
			put(l, rows[k].what, part(l, i, i + n), "%s", rows[k].to);
			i += n;
			break;
		}
}

/* A plain number; not an index, a size or part of a version. */
static size_t number(const struct line *l, size_t i)
{
	const struct gp_slice s = l->part;
	size_t end = i;

	if (i && (is_word(s.p[i - 1]) || strchr(".-#", s.p[i - 1])) && s.p[i - 1] != '-')
		return i + 1;
	while (end < s.n && isdigit((unsigned char)s.p[end]))
		end++;
	if (end - i > 9 || (end < s.n && (is_word(s.p[end]) || s.p[end] == '.')) ||
	    (i && s.p[i - 1] == '[' && !gp_find(s, "=")) || (s.p[i] == '0' && end > i + 1))
		return end;
	put(l, swapped, part(l, i, end), "%ld", gp_number(part(l, i, end)) + 1);
	return end;
}

static void constants(const struct line *l)
{
	static const char *const pairs[][2] = {
		{"true", "false"}, {"false", "true"}, {"True", "False"}, {"False", "True"}};

	for (size_t i = 0; i < l->part.n;) {
		size_t next = i + 1;

		if (is_code(l, i) && isdigit((unsigned char)l->part.p[i]))
			next = number(l, i);
		for (size_t k = 0; k < GP_COUNT(pairs); k++)
			if (word_at(l, i, pairs[k][0]))
				put(l, swapped, part(l, i, i + strlen(pairs[k][0])), "%s",
				    pairs[k][1]);
		i = next;
	}
}

static void wrap(const struct line *l, size_t from, size_t to, const char * not )
{
	struct gp_slice s = gp_trim(part(l, from, to));

	if (s.n)
		put(l, negated, s, "%s(%.*s)", not, (int)s.n, s.p);
}

/* Where the parenthesis at at is closed, or 0. */
static size_t closing(const struct line *l, size_t at)
{
	int depth = 0;

	for (size_t i = at; i < l->part.n; i++) {
		if (!is_code(l, i))
			continue;
		depth += (l->part.p[i] == '(') - (l->part.p[i] == ')');
		if (depth == 0)
			return i;
	}
	return 0;
}

/* if (...) on one line, and if ... { where the language needs no parentheses. */
static void braced_if(const struct line *l, size_t at)
{
	const struct gp_slice s = l->part;
	size_t open = at, end;

	while (open < s.n && s.p[open] == ' ')
		open++;
	end = open < s.n && s.p[open] == '(' ? closing(l, open) : 0;
	if (end && end + 1 < s.n && s.p[s.n - 1] == '{' && gp_trim(part(l, end + 1, s.n - 1)).n &&
	    l->c->language->style == GP_CODE_LINES)
		end = 0;
	if (end) {
		wrap(l, open + 1, end, "!");
		return;
	}
	if (s.n && s.p[s.n - 1] == '{' && !gp_find(s, ";") && !gp_find(s, ":=") &&
	    !gp_find(s, "let ") && !gp_find(s, "var "))
		wrap(l, open, s.n - 1, "!");
}

static void python_if(const struct line *l, size_t at)
{
	const struct gp_slice s = l->part;

	if (at <= 4 && (begins(l, "if") || begins(l, "elif"))) {
		if (s.p[s.n - 1] == ':' && is_code(l, s.n - 1) && is_balanced(l))
			wrap(l, at, s.n - 1, "not ");
		return;
	}
	for (size_t i = at; i < s.n; i++)
		if (word_at(l, i, "else"))
			wrap(l, at, i, "not ");
}

static void conditions(const struct line *l)
{
	for (size_t i = 0; i + 2 < l->part.n; i++) {
		size_t end = i + 2;

		if (word_at(l, i, "elif"))
			end = i + 4;
		else if (!word_at(l, i, "if"))
			continue;
		if (l->c->language->style == GP_CODE_INDENT)
			python_if(l, end);
		else if (l->c->language->style == GP_CODE_END)
			wrap(l, end, l->part.n, "!");
		else
			braced_if(l, end);
		return;
	}
}

/* "return x;" returns nothing of worth. */
static void returns(const struct line *l)
{
	const char *nothing = l->c->language->nothing;
	struct gp_slice value = l->part;

	if (!nothing || !begins(l, "return") || !is_balanced(l) || value.n < 8 || braces(l))
		return;
	if (l->c->language->style == GP_CODE_BRACES) {
		if (value.p[value.n - 1] != ';')
			return;
		value.n--;
	}
	value = gp_trim((struct gp_slice){value.p + 6, value.n - 6});
	if (!value.n)
		return;
	put(l, early, value, "%s", gp_slice_is(value, nothing) ? "1" : nothing);
}

/* A function whose head is one line returns at once. */
static void leaves(const struct line *l)
{
	const char *leave = l->c->language->leave;
	const struct gp_slice s = l->part;
	bool python = l->c->language->style == GP_CODE_INDENT;
	struct gp_slice next;
	size_t n = 0;

	if (!leave || !is_balanced(l) || l->i + 1 >= l->c->n || !is_code(l, s.n - 1))
		return;
	if (python ? !((begins(l, "def") || begins(l, "async")) && s.p[s.n - 1] == ':')
	           : !(s.p[s.n - 1] == '{' && (gp_find(s, "function") || gp_find(s, "=> {"))))
		return;
	next = gp_source_line(l->c, l->i + 1);
	while (n < next.n && (next.p[n] == ' ' || next.p[n] == '\t'))
		n++;
	if (n == next.n)
		return;
	put(l, early, (struct gp_slice){next.p, 0}, "%.*s%s\n", (int)n, next.p, leave);
}

/* What follows the name, or the path of names, that s begins with. */
static size_t behind_path(const struct line *l)
{
	const struct gp_slice s = l->part;
	size_t i = 0;
	int index = 0;

	if (!s.n || !(is_word(*s.p) || strchr("*@&", *s.p)) || isdigit((unsigned char)*s.p))
		return 0;
	for (; i < s.n; i++) {
		index += (s.p[i] == '[') - (s.p[i] == ']');
		if (!index && !is_word(s.p[i]) && !strchr(".]*@&>-!", s.p[i]))
			break;
		if (s.p[i] == '-' && (i + 1 >= s.n || s.p[i + 1] != '>'))
			break;
		if (!index && s.p[i] == '>' && s.p[i - 1] != '-')
			break;
	}
	while (i < s.n && s.p[i] == ' ')
		i++;
	return i;
}

static bool assigns_or_calls(const struct line *l)
{
	static const char *const tails[] = {
		"(", "= ", "+=", "-=", "*=", "/=", "|=", "&=", "++", "--", "<<", "||="};
	static const char *const heads[] = {
		"return", "if",    "elif",     "else",  "for",  "while", "switch", "case",
		"def",    "class", "function", "func",  "fn",   "catch", "with",   "assert",
		"except", "super", "unless",   "until", "when", "async", "lambda"};
	static const char *const throws[] = {"raise", "throw", "await", "panic"};
	size_t at = behind_path(l);

	for (size_t i = 0; i < GP_COUNT(throws); i++)
		if (begins(l, throws[i]))
			return true;
	for (size_t i = 0; i < GP_COUNT(heads); i++)
		if (begins(l, heads[i]))
			return false;
	for (size_t i = 0; at && i < GP_COUNT(tails); i++)
		if (l->part.n - at >= strlen(tails[i]) &&
		    memcmp(l->part.p + at, tails[i], strlen(tails[i])) == 0)
			return true;
	return false;
}

/* The last byte of code before this line, or 0. */
static char byte_before(const struct line *l)
{
	for (size_t i = l->i; i-- > 0;) {
		struct gp_slice s = gp_source_part(l->c, i);

		if (s.n)
			return s.p[s.n - 1];
	}
	return 0;
}

static bool ends_statement(const struct line *l)
{
	const struct gp_slice s = l->part;
	char last = s.p[s.n - 1], before = byte_before(l);

	switch (l->c->language->style) {
	case GP_CODE_BRACES:
		return last == ';' && before && strchr(";{}", before);
	case GP_CODE_LINES:
		return (is_word(last) || strchr(")]\"'+-", last)) && before &&
		       !strchr("=+-*/,(.&|", before);
	case GP_CODE_INDENT:
		return !strchr(":\\,", last) && before != '\\';
	case GP_CODE_END:
		return (is_word(last) || strchr(")]\"'", last)) &&
		       !strchr("=+-*/,(.&|\\", before) && !gp_find(s, " do");
	case GP_CODE_DATA:
		break;
	}
	return false;
}

/* The first assignment of a name declares it where nothing else does, and what uses it fails by
 * its name: that says little, but no compiler is asked. */
static void drops(const struct line *l)
{
	bool python = l->c->language->style == GP_CODE_INDENT;
	struct gp_slice line = gp_source_line(l->c, l->i);

	if (!is_balanced(l) || braces(l) || l->part.p == line.p || !ends_statement(l) ||
	    !assigns_or_calls(l))
		return;
	put(l, dropped, l->part, "%s",
	    python                                    ? "pass"
	    : l->c->language->style == GP_CODE_BRACES ? ";"
	                                              : "");
}

void gp_mutate_line(struct gp_cuts *out, const char *path, const struct gp_source *c, size_t i)
{
	struct line l = {.out = out, .path = path, .c = c, .i = i, .part = gp_source_part(c, i)};

	if (!l.part.n || !is_code(&l, 0))
		return;
	conditions(&l);
	operators(&l);
	constants(&l);
	returns(&l);
	leaves(&l);
	drops(&l);
}
