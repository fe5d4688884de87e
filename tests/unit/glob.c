#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/glob.h"

static const struct {
	const char *pattern, *path;
	bool matches;
} cases[] = {
	{"*.js", "a.js", true},
	{"*.js", "src/deep/a.js", true},
	{"*.js", "a.jsx", false},
	{"src/*.js", "src/deep/a.js", true},
	{"src/*.js", "lib/a.js", false},
	{"**/*.js", "a.js", true},
	{"**/test/*", "test/a", true},
	{"**/test/*", "x/test/a", true},
	{"**/test/*", "x/best/a", false},
	{"./src/a?.c", "src/ab.c", true},
	{"./src/a?.c", "src/a.c", false},
	{"src/", "src/a/b", true},
	{"src/", "src", false},
	{"src/", "srcs/a", false},
	{"*.{js,ts}", "x/a.ts", true},
	{"*.{js,ts}", "x/a.tsx", false},
	{"{src,lib}/*.{c,h}", "lib/a.h", true},
	{"{src,lib}/*.{c,h}", "lab/a.h", false},
	{"a{b", "a{b", true},
	{"a{,b}", "a", true},
	{"", "a", false},
	{"*", "", true},
	{"Makefile", "sub/Makefile", true},
	{"/Makefile", "Makefile", false},
};

static void patterns_mean_what_people_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++)
		if (gp_glob_match(cases[i].pattern, cases[i].path) != cases[i].matches)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
}

static void parts_match_as_in_a_shell(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool match, prefix;
	} parts[] = {
		{"a.xml", "a.xml", true, false},   {"a.xml", "b/a.xml", false, false},
		{"*.xml", "a.xml", true, false},   {"*.xml", "b/a.xml", false, false},
		{"**/*.xml", "a.xml", true, true}, {"**/*.xml", "b/c/a.xml", true, true},
		{"b/**", "b/c/d", true, true},     {"b/**/d", "b", false, true},
		{"b/*/d", "b/c", false, true},     {"b/*/d", "c", false, false},
		{"./b/?.x", "b/y.x", true, false}, {"*a*a*a*b", "aaaaaaaaaaaaaaaa", false, false},
		{"", "a", false, false},           {"**/x/**/y", "x/1/2/x/y", true, true},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		assert_int_equal(gp_glob_parts(parts[i].pattern, parts[i].path, false),
		                 parts[i].match);
		assert_int_equal(gp_glob_parts(parts[i].pattern, parts[i].path, true),
		                 parts[i].prefix);
	}
}

static void many_stars_end(void **state)
{
	gp_auto(gp_buf) pattern = {0};
	gp_auto(gp_buf) path = {0};

	(void)state;
	for (int i = 0; i < 120; i++)
		gp_buf_str(&pattern, "*a");
	gp_buf_chr(&pattern, 'b');
	for (int i = 0; i < 4000; i++)
		gp_buf_chr(&path, 'a');
	assert_false(gp_glob_match(gp_buf_text(&pattern), gp_buf_text(&path)));
	for (int i = 0; i < 20; i++)
		gp_buf_str(&pattern, "{a,b,c,d}");
	assert_false(gp_glob_match(gp_buf_text(&pattern), gp_buf_text(&path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_people_write),
		cmocka_unit_test(parts_match_as_in_a_shell),
		cmocka_unit_test(many_stars_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
