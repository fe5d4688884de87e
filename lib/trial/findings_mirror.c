#include "lib/trial/findings_in.h"

#include <string.h>
#include <strings.h>

#define LITERALS_MAX 2000
#define LITERAL_BYTES 200

/* A literal of the tests: what stands between quotes, or a number. */
struct literal {
	struct gp_slice text;
	bool string;
	size_t line; /* of all test lines, so that two of one line are known */
};

struct mirror {
	struct literal *v;
	size_t n;
	struct gp_slice request;
	const struct gp_seen_file *files;
	size_t nfiles;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* The literal at or after *from in view; moves *from behind it. */
static bool next_literal(struct literal *out, struct gp_slice view, size_t *from)
{
	for (size_t i = *from; i < view.n; i++) {
		size_t end = i + 1;
		bool number = view.p[i] >= '0' && view.p[i] <= '9' &&
		              (i == 0 || (!is_word(view.p[i - 1]) && view.p[i - 1] != '.'));

		if (view.p[i] == '"') {
			while (end < view.n && view.p[end] != '"')
				end += view.p[end] == '\\' ? 2 : 1;
			if (end >= view.n)
				return false;
			*out = (struct literal){{view.p + i + 1, end - i - 1}, true, 0};
			*from = end + 1;
			return true;
		}
		if (!number)
			continue;
		while (end < view.n && (is_word(view.p[end]) || view.p[end] == '.'))
			end++;
		*out = (struct literal){{view.p + i, end - i}, false, 0};
		*from = end;
		return true;
	}
	return false;
}

static void gather(struct mirror *m, const struct gp_seen_file *f, size_t *line)
{
	struct literal l;

	for (size_t i = 0; i < f->n; i++, ++*line) {
		size_t from = 0;

		if (!f->v[i].added || f->v[i].comment)
			continue;
		while (m->n < LITERALS_MAX && next_literal(&l, f->v[i].view, &from)) {
			l.line = *line;
			if (l.text.n <= LITERAL_BYTES)
				m->v[m->n++] = l;
		}
	}
}

/* What any code compares with and returns. */
static bool is_trivial(struct gp_slice s)
{
	static const char *const words[] = {"", "0", "1", "0.0", "1.0", "10", "100", "1000"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (gp_slice_is(s, words[i]))
			return true;
	return false;
}

static bool in_request(struct gp_slice request, struct gp_slice word)
{
	for (size_t i = 0; i + word.n <= request.n; i++)
		if (strncasecmp(request.p + i, word.p, word.n) == 0 &&
		    (i == 0 || !is_word(request.p[i - 1])) &&
		    (i + word.n == request.n || !is_word(request.p[i + word.n])))
			return true;
	return false;
}

/* Whether the request names the literal, or a word of three letters or more in it. */
static bool is_asked(const struct mirror *m, struct gp_slice s)
{
	if (in_request(m->request, s))
		return true;
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;

		while (i + n < s.n && is_word(s.p[i + n]))
			n++;
		if (n >= 3 && in_request(m->request, (struct gp_slice){s.p + i, n}))
			return true;
		i += n + 1;
	}
	return false;
}

/* Whether a test has the literal; one that spells out a value, "[2,3,4]", may stand there as code.
 */
static bool in_tests(const struct mirror *m, const struct literal *l)
{
	for (size_t i = 0; i < m->n; i++)
		if (gp_slice_eq(m->v[i].text, l->text))
			return true;
	if (!l->string || l->text.n < 3 || !memchr("[{(0123456789", l->text.p[0], 13))
		return false;
	for (size_t k = 0; k < m->nfiles; k++)
		for (size_t i = 0; m->files[k].test && i < m->files[k].n; i++) {
			gp_auto_str char *text = gp_strndup(l->text.p, l->text.n);

			if (m->files[k].v[i].added && gp_find(m->files[k].v[i].view, text))
				return true;
		}
	return false;
}

static bool on_one_line(const struct mirror *m, const struct literal *a, const struct literal *b)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->n && gp_slice_eq(m->v[i].text, a->text); k++)
			if (m->v[k].line == m->v[i].line && k != i &&
			    gp_slice_eq(m->v[k].text, b->text))
				return true;
	return false;
}

static bool ends_in(struct gp_slice s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && memcmp(s.p + s.n - n, word, n) == 0 &&
	       !(s.n > n && is_word(*word) && is_word(s.p[s.n - n - 1]));
}

static bool starts_with(struct gp_slice s, const char *word)
{
	return s.n >= strlen(word) && memcmp(s.p, word, strlen(word)) == 0;
}

/* What stands before and after a literal in its view. */
static void around(struct gp_slice *before, struct gp_slice *after, struct gp_slice view,
                   const struct literal *l)
{
	const char *from = l->text.p - l->string, *to = l->text.p + l->text.n + l->string;

	*before = (struct gp_slice){view.p, (size_t)(from - view.p)};
	*after = (struct gp_slice){to, (size_t)(view.p + view.n - to)};
}

static bool is_compared(struct gp_slice view, const struct literal *l)
{
	static const char *const left[] = {"==",   "case ",   "case", "when ", "equals(", "==\\",
	                                   " is ", "strcmp(", " eq ", "]=",    "\"=",     "Eq("};
	struct gp_slice before, after;

	around(&before, &after, view, l);
	for (size_t i = 0; i < GP_COUNT(left); i++)
		if (ends_in(before, left[i]))
			return true;
	return starts_with(after, "==") || (starts_with(after, "=>") && before.n == 0) ||
	       starts_with(after, ".equals(");
}

/* Whether a line answers with a literal, and with which. */
static bool answers(struct literal *out, struct gp_slice view)
{
	static const char *const left[] = {"return", "return ", "?",      "=>",      ":",    "echo",
	                                   "echo ",  "then",    "printf", "return(", "then "};
	struct literal l;

	for (size_t from = 0; next_literal(&l, view, &from);) {
		struct gp_slice before, after;

		around(&before, &after, view, &l);
		if (before.n && ends_in(before, "-"))
			before.n--;
		for (size_t i = 0; i < GP_COUNT(left); i++)
			if (ends_in(before, left[i]) &&
			    (!after.n || memchr(";}:,)&|", *after.p, 7))) {
				*out = l;
				return true;
			}
	}
	return false;
}

/* The same within the next two lines that say something. */
static bool answers_soon(struct literal *out, const struct gp_seen_file *f, size_t i)
{
	if (answers(out, f->v[i].view))
		return true;
	for (size_t k = i + 1, seen = 0; k < f->n && seen < 2; k++) {
		if (!f->v[k].view.n || f->v[k].comment)
			continue;
		seen++;
		if (answers(out, f->v[k].view))
			return true;
	}
	return false;
}

static bool is_special(const struct mirror *m, const struct gp_seen_file *f, size_t i)
{
	struct literal l, answer;

	for (size_t from = 0; next_literal(&l, f->v[i].view, &from);)
		if (is_compared(f->v[i].view, &l) && !is_trivial(l.text) && in_tests(m, &l) &&
		    !is_asked(m, l.text) && answers_soon(&answer, f, i) &&
		    !gp_slice_eq(answer.text, l.text))
			return true;
	return false;
}

/* Whether a line opens a function that is given something. */
static bool takes_something(struct gp_slice view)
{
	static const char *const not [] = {"if",    "for",    "while", "switch", "else", "elif",
	                                   "catch", "return", "match", "}",      "with"};
	const char *open = memchr(view.p ? view.p : "", '(', view.n), *close;
	struct gp_slice args;

	for (size_t i = 0; i < GP_COUNT(not ); i++)
		if (starts_with(view, not [i]))
			return false;
	close = open ? memchr(open, ')', (size_t)(view.p + view.n - open)) : NULL;
	if (!close || !(gp_find(view, "{") || view.p[view.n - 1] == ':' || gp_find(view, "=>")))
		return false;
	args = (struct gp_slice){open + 1, (size_t)(close - open) - 1};
	return args.n && !gp_slice_is(args, "self") && !gp_slice_is(args, "this") &&
	       !gp_slice_is(args, "cls") && !gp_slice_is(args, "void") &&
	       !gp_slice_is(args, "&self");
}

/* A function that is given something and answers with a literal of the test whatever it is. */
static bool is_hard_coded(const struct mirror *m, const struct gp_seen_file *f, size_t i)
{
	struct literal l;
	size_t k = i;

	if (!answers(&l, f->v[i].view) || is_trivial(l.text) || !in_tests(m, &l) ||
	    is_asked(m, l.text))
		return false;
	if (takes_something(f->v[i].view))
		return true;
	while (k > 0 && (!f->v[k - 1].view.n || f->v[k - 1].comment))
		k--;
	return k > 0 && starts_with(f->v[i].view, "return") && takes_something(f->v[k - 1].view);
}

/* A table whose key and value stand together in the test. */
static bool is_table(const struct mirror *m, const struct gp_seen_file *f, size_t i)
{
	struct literal a, b;
	size_t from = 0;

	if (!next_literal(&a, f->v[i].view, &from))
		return false;
	for (; next_literal(&b, f->v[i].view, &from); a = b) {
		struct gp_slice before, after;

		around(&before, &after, f->v[i].view, &a);
		if (!starts_with(after, ":") && !starts_with(after, "=>") &&
		    !starts_with(after, "]="))
			continue;
		around(&before, &after, f->v[i].view, &b);
		if ((ends_in(before, "\":") || ends_in(before, "=>") || ends_in(before, "]=") ||
		     ends_in(before, ":")) &&
		    !is_trivial(a.text) && !is_trivial(b.text) && on_one_line(m, &a, &b) &&
		    !is_asked(m, a.text) && !is_asked(m, b.text))
			return true;
	}
	return false;
}

static void read_code(struct gp_trial_findings *out, const struct mirror *m,
                      const struct gp_seen_file *f)
{
	for (size_t i = 0; i < f->n && out->n < GP_FINDINGS_MAX; i++) {
		if (!f->v[i].added || f->v[i].comment)
			continue;
		if (is_special(m, f, i))
			gp_trial_finding_add(out, f, i, "special-case");
		else if (is_hard_coded(m, f, i) || is_table(m, f, i))
			gp_trial_finding_add(out, f, i, "hard-coded");
	}
}

void gp_mirror_read(struct gp_trial_findings *out, const struct gp_seen_file *files, size_t n,
                    struct gp_slice request)
{
	struct mirror m = {.request = request, .files = files, .nfiles = n};
	size_t line = 0;

	m.v = gp_alloc(LITERALS_MAX * sizeof(*m.v));
	for (size_t i = 0; i < n; i++)
		if (files[i].test)
			gather(&m, &files[i], &line);
	for (size_t i = 0; i < n && m.n; i++)
		if (!files[i].test)
			read_code(out, &m, &files[i]);
	gp_free(m.v);
}
