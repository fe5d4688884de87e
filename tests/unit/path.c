#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/patch/patch.h"

static void ordinary_paths_pass(void **state)
{
	static const char *const good[] = {
		"a",
		"a/b/c.txt",
		".gitignore",
		".github/workflows/x.yml",
		".gitmodules",
		"git",
		"x.git",
		"x.git/y",
		".gitt",
		".gi",
		"..a",
		"a..",
		"...",
		".git2/x",
		"git~2",
		"git~10",
		"a b/ c",
		"-x",
		"a~",
		"a/~b",
		"ab:c",
		"caf\xc3\xa9.txt",
		"\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x99\x82",
		"con",
		"a.",
		"a ",
		". git",
		".g it",
		"..git",
		".git.txt",
		".git x",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(good); i++) {
		gp_auto(gp_buf) why = {0};

		if (gp_path_check(gp_slice(good[i]), &why))
			fail_msg("'%s' is refused: %s", good[i], gp_buf_text(&why));
		assert_int_equal(why.n, 0);
	}
}

static void others_are_refused(void **state)
{
	static const struct {
		const char *path, *reason;
	} bad[] = {
		{"", "empty"},
		{"/", "absolute"},
		{"/etc/passwd", "absolute"},
		{"~", "'~'"},
		{"~root/x", "'~'"},
		{"C:", "drive"},
		{"c:/x", "drive"},
		{"z:x", "drive"},
		{"a\\b", "backslash"},
		{"..\\x", "backslash"},
		{"a//b", "empty component"},
		{"a/", "empty component"},
		{".", "'.' or '..'"},
		{"..", "'.' or '..'"},
		{"./a", "'.' or '..'"},
		{"a/./b", "'.' or '..'"},
		{"a/.", "'.' or '..'"},
		{"../a", "'.' or '..'"},
		{"a/../b", "'.' or '..'"},
		{"a/..", "'.' or '..'"},
		{"a\nb", "control"},
		{"a\tb", "control"},
		{"a\x7f", "control"},
		{"a\x1b[2J", "control"},
		{"a\xc2\x85", "control"},
		{"a\xff", "UTF-8"},
		{"a\xc0\xaf", "UTF-8"},
		{"\xed\xa0\x80", "UTF-8"},
		{".git", "git's"},
		{".git/config", "git's"},
		{"a/.git", "git's"},
		{"a/.git/hooks/x", "git's"},
		{".GIT/x", "git's"},
		{".Git/x", "git's"},
		{".git./x", "git's"},
		{".git /x", "git's"},
		{".git . . /x", "git's"},
		{".git:x", "git's"},
		{".git::$INDEX_ALLOCATION/x", "git's"},
		{".git .:x/y", "git's"},
		{"git~1", "git's"},
		{"GIT~1/x", "git's"},
		{"GiT~1. /x", "git's"},
		{"git~1:x/y", "git's"},
		{".g\xe2\x80\x8cit/x", "git's"},
		{"\xef\xbb\xbf.git/x", "git's"},
		{".git\xe2\x80\xae/x", "git's"},
		{".\xe2\x81\xafGIT", "git's"},
		{".g\xc4\xb1t/x", "git's"},
		{".G\xc4\xb0T/x", "git's"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_buf) why = {0};

		if (gp_path_check(gp_slice(bad[i].path), &why) != GP_REFUSED)
			fail_msg("'%s' passes", bad[i].path);
		if (!strstr(gp_buf_text(&why), bad[i].reason))
			fail_msg("'%s': '%s' does not say '%s'", bad[i].path, gp_buf_text(&why),
			         bad[i].reason);
		assert_true(gp_starts(why.p, "path: '"));
		assert_true(gp_utf8_valid(gp_buf_all(&why)));
		assert_null(strpbrk(why.p, "\x1b\n\x7f"));
		assert_int_equal(gp_path_check(gp_slice(bad[i].path), NULL), GP_REFUSED);
	}
}

static void length_is_limited(void **state)
{
	char path[5000];
	gp_auto(gp_buf) why = {0};

	(void)state;
	memset(path, 'a', sizeof(path));
	for (size_t i = 100; i < sizeof(path); i += 100)
		path[i] = '/';
	assert_int_equal(gp_path_check((struct gp_slice){path, 4095}, &why), 0);
	assert_int_equal(gp_path_check((struct gp_slice){path, 4096}, &why), GP_REFUSED);
	assert_non_null(strstr(why.p, "too long"));
	assert_true(why.n < 400);
}

static void nul_is_a_control_character(void **state)
{
	(void)state;
	assert_int_equal(gp_path_check((struct gp_slice){"a\0b", 3}, NULL), GP_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_paths_pass),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(length_is_limited),
		cmocka_unit_test(nul_is_a_control_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
