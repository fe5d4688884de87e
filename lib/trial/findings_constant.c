#include "lib/trial/findings_in.h"

#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool in_words(struct gp_slice word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gp_slice_is(word, words[i]))
			return true;
	return false;
}

/* What an assertion is made of beside its arguments. */
static bool is_vocabulary(struct gp_slice word)
{
	static const char *const words[] = {
		"assert",
		"expect",
		"assert_eq",
		"assertTrue",
		"assertFalse",
		"assertEqual",
		"assertIs",
		"assertEquals",
		"equal",
		"strictEqual",
		"deepEqual",
		"ok",
		"deepStrictEqual",
		"toBe",
		"toEqual",
		"toBeTruthy",
		"toBeFalsy",
		"toStrictEqual",
		"assertNotEqual",
		"assertSame",
		"Equal",
		"True",
		"assert_equal",
		"assert_int_equal",
		"assert_true",
		"notEqual",
		"be",
		"to",
		"eq",
		"assert_ne",
	};

	return in_words(word, words, GP_COUNT(words));
}

static bool is_holder(struct gp_slice word)
{
	static const char *const words[] = {"self", "t",      "assert",     "chai",
	                                    "this", "Assert", "Assertions", "not"};

	return in_words(word, words, GP_COUNT(words));
}

static bool is_literal_word(struct gp_slice word)
{
	static const char *const words[] = {"true", "false", "True",    "False",     "None",
	                                    "null", "nil",   "nullptr", "undefined", "NULL"};

	return in_words(word, words, GP_COUNT(words));
}

/* What a line of view is made of. */
struct made {
	long literals, depth;
	bool asserts, other;
};

static size_t take_word(struct made *m, struct gp_slice s)
{
	size_t n = 0;
	struct gp_slice word;

	while (n < s.n && (is_letter(s.p[n]) || is_digit(s.p[n])))
		n++;
	word = (struct gp_slice){s.p, n};
	if (n < s.n && s.p[n] == '(' && is_vocabulary(word))
		m->asserts = true;
	else if (n + 1 < s.n && s.p[n] == '!' && s.p[n + 1] == '(' && is_vocabulary(word))
		m->asserts = true;
	else if (n < s.n && s.p[n] == '.' && is_holder(word))
		;
	else if (is_literal_word(word))
		m->literals++;
	else
		m->other = true;
	return n;
}

static size_t take_string(struct made *m, struct gp_slice s)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' ? 2 : 1;
	m->literals++;
	return n + 1;
}

static void take_apart(struct made *m, struct gp_slice s)
{
	for (size_t i = 0; i < s.n && !m->other;) {
		struct gp_slice rest = {s.p + i, s.n - i};

		if (s.p[i] == '"') {
			i += take_string(m, rest);
		} else if (is_letter(s.p[i])) {
			i += take_word(m, rest);
		} else if (is_digit(s.p[i])) {
			m->literals++;
			while (i < s.n && (is_digit(s.p[i]) || s.p[i] == '.' || is_letter(s.p[i])))
				i++;
		} else {
			m->depth += (s.p[i] == '(') - (s.p[i] == ')');
			m->other |= (unsigned char)s.p[i] >= 0x80;
			i++;
		}
	}
}

/* "assert True", "expect(1).toBe(1)": no name of the project in it. One that can only fail is an
 * honest way to say that a line must not be reached. */
static bool is_constant(struct gp_slice view)
{
	static const char *const fails[] = {"assert False", "assert(false",
	                                    "assert(0",     "assert(False",
	                                    "assert 0",     "self.assertTrue(False"};
	struct made m = {0};

	for (size_t i = 0; i < GP_COUNT(fails); i++)
		if (view.n >= strlen(fails[i]) && memcmp(view.p, fails[i], strlen(fails[i])) == 0)
			return false;
	if (view.n > 7 && memcmp(view.p, "assert ", 7) == 0) {
		view.p += 7;
		view.n -= 7;
		m.asserts = true;
	}
	take_apart(&m, view);
	return m.asserts && !m.other && m.literals > 0 && m.depth == 0;
}

static bool may_assert(struct gp_slice view)
{
	static const char *const words[] = {"ssert", "xpect", "should",  "must",  "heck", "erify",
	                                    "ail",   "throw", "aise",    "qual",  "same", "is(",
	                                    "ok(",   "match", "napshot", "rror(", "ok ",  "panic"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (gp_find(view, words[i]))
			return true;
	return false;
}

/* A file in a language whose tests assert by a known word. */
static bool is_program(const struct gp_seen_file *f)
{
	return gp_ext_in(f->ext, "py js mjs cjs jsx ts tsx go rs java kt rb php cs");
}

static bool declares_test(struct gp_slice view)
{
	static const char *const words[] = {"def test", "test(",   "it(",           "func Test",
	                                    "@Test",    "#[test]", "function test", "describe("};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (gp_view_find(view, words[i]) || gp_find(view, "def test"))
			return true;
	return false;
}

void gp_constants_read(struct gp_trial_findings *out, const struct gp_seen_file *f)
{
	bool asserts = false;
	size_t declared = f->n;

	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].comment)
			continue;
		asserts |= may_assert(f->v[i].view);
		if (declared == f->n && declares_test(f->v[i].view))
			declared = i;
		if (f->v[i].added && is_constant(f->v[i].view))
			gp_trial_finding_add(out, f, i, "constant");
	}
	if (f->fresh && !asserts && declared < f->n && is_program(f))
		gp_trial_finding_add(out, f, declared, "no-assertion");
}
