#include "lib/vet/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MODE = 0100644, EXECUTABLE = 0100755, LINK = 0120000, SUBMODULE = 0160000 };

static const struct {
	const char *path;
	unsigned old_mode, new_mode;
	struct gp_slice old, new;
	size_t size;
	const char *rule; /* NULL: nothing is found */
} cases[] = {
	{"a.c", FILE_MODE, FILE_MODE, {"a\n", 2}, {"b\n", 2}, 2, NULL},
	{"a.c", 0, FILE_MODE, {0}, {"b\n", 2}, 2, NULL},
	{"run.sh", 0, EXECUTABLE, {0}, {"b\n", 2}, 2, NULL},
	{"run.sh", FILE_MODE, EXECUTABLE, {"b\n", 2}, {"b\n", 2}, 2, "executable"},
	{"run.sh", EXECUTABLE, FILE_MODE, {"b\n", 2}, {"b\n", 2}, 2, NULL},
	{"a", 0, LINK, {0}, {"b", 1}, 1, "link"},
	{"sub", 0, SUBMODULE, {0}, {0}, 0, "submodule"},
	{"sub", SUBMODULE, SUBMODULE, {0}, {0}, 0, NULL},
	{"a.c", 0, FILE_MODE, {0}, {"b\n", 2}, 1001, "large-file"},
	{"a.c", 0, FILE_MODE, {0}, {"b\n", 2}, 1000, NULL},
	{"a.bin", 0, FILE_MODE, {0}, {"a\0b", 3}, 3, "binary-file"},
	{"a.bin", FILE_MODE, FILE_MODE, {"a\0c", 3}, {"a\0b", 3}, 3, NULL},
	{"a.c", FILE_MODE, FILE_MODE, {"a\nb\nc\n", 6}, {"a\r\nb\r\nc\r\n", 9}, 9, "line-endings"},
	{"a.c", FILE_MODE, FILE_MODE, {"a\r\nb\r\nc\r\n", 9}, {"a\nb\nc\n", 6}, 6, "line-endings"},
	{"a.c", FILE_MODE, FILE_MODE, {"a\nb\nc\n", 6}, {"a\nb\r\nc\n", 7}, 7, NULL},
	{"a.c", 0, FILE_MODE, {0}, {"a\r\nb\r\nc\r\n", 9}, 9, NULL},
	{".github/workflows/x.yml", 0, FILE_MODE, {0}, {"b\n", 2}, 2, "workflow"},
	{"web/.gitlab-ci.yml", FILE_MODE, FILE_MODE, {"a\n", 2}, {"b\n", 2}, 2, "workflow"},
	{"github/workflows.c", 0, FILE_MODE, {0}, {"b\n", 2}, 2, NULL},
	{".husky/pre-commit", 0, FILE_MODE, {0}, {"b\n", 2}, 2, "hook"},
	{".gitattributes", FILE_MODE, FILE_MODE, {"a\n", 2}, {"b\n", 2}, 2, "hook"},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		const struct gp_shape_file f = {.path = cases[i].path,
		                                .old_mode = cases[i].old_mode,
		                                .new_mode = cases[i].new_mode,
		                                .read = cases[i].new_mode != SUBMODULE,
		                                .old = cases[i].old,
		                                .new = cases[i].new,
		                                .size = cases[i].size};
		gp_auto(gp_findings) out = {0};

		gp_shape_look(&out, &f, 1000, true);
		if (out.n != (cases[i].rule != NULL))
			fail_msg("case %zu (%s): %zu findings", i, cases[i].path, out.n);
		if (out.n)
			assert_string_equal(out.v[0].rule, cases[i].rule);
	}
}

static void test_counts(void **state)
{
	static const char *const code[] = {"src/a.c", "app.py", "lib/test.c", "web/index.html"};
	static const char *const not_code[] = {"tests/a.c", "a_test.go",   "package-lock.json",
	                                       "README.md", "dist/app.js", "docs/x.py"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(code); i++)
		assert_true(gp_shape_counts(code[i]));
	for (size_t i = 0; i < GP_COUNT(not_code); i++)
		assert_false(gp_shape_counts(not_code[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
