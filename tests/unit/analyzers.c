#include "lib/vet/analyzers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool has(void *ctx, const char *path)
{
	return strcmp(ctx, path) == 0;
}

static void choose(struct gp_list *out, const char *setting, const char *file, const char *config)
{
	gp_auto(gp_list) files = {0};

	gp_list_add(&files, file);
	gp_analyzers_choose(out, setting, &files, has, (void *)(uintptr_t)config);
}

static void test_choose(void **state)
{
	static const struct {
		const char *file, *config, *command; /* NULL: none */
	} cases[] = {
		{"src/a.ts", "eslint.config.mjs", "eslint"},
		{"a.py", ".ruff.toml", "ruff"},
		{"a.py", "eslint.config.js", NULL},
		{"a.c", ".clang-tidy", "clang-tidy"},
		{"cmd/x.go", "go.mod", "go vet"},
		{"src/main.rs", "clippy.toml", "clippy"},
		{"run.sh", ".shellcheckrc", "shellcheck"},
		{"run.sh", "", NULL},
		{"anything", ".semgrep.yml", "semgrep"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_list) out = {0};

		choose(&out, "auto", cases[i].file, cases[i].config);
		assert_int_equal(out.n, cases[i].command != NULL);
		if (out.n)
			assert_non_null(strstr(out.v[0], cases[i].command));
	}
}

static void test_own(void **state)
{
	gp_auto(gp_list) out = {0};

	(void)state;
	choose(&out, " a b ;; ;;c; d;;", "x", "");
	assert_int_equal(out.n, 2);
	assert_string_equal(out.v[0], "a b");
	assert_string_equal(out.v[1], "c; d");
}

static void test_fill(void **state)
{
	gp_auto(gp_list) files = {0};
	gp_auto(gp_list) none = {0};
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_list_add(&files, "a b.c");
	gp_list_add(&files, "it's");
	gp_list_add(&files, "-rf");
	gp_list_add(&files, "$(x)\n");
	assert_true(gp_analyzers_fill(&out, "lint {files} end", &files));
	assert_string_equal(gp_buf_text(&out), "lint  'a b.c' 'it'\\''s' './-rf' '$(x)\n' end");
	gp_buf_cut(&out, 0);
	assert_true(gp_analyzers_fill(&out, "lint .", &none));
	assert_string_equal(gp_buf_text(&out), "lint .");
	gp_buf_cut(&out, 0);
	assert_false(gp_analyzers_fill(&out, "lint {files}", &none));
}

/* A preset is given the files it can read, and no others. */
static void test_fill_preset(void **state)
{
	gp_auto(gp_list) files = {0};
	gp_auto(gp_list) commands = {0};
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_list_add(&files, "README.md");
	gp_list_add(&files, "a.py");
	gp_analyzers_choose(&commands, "auto", &files, has, (void *)(uintptr_t) "ruff.toml");
	assert_int_equal(commands.n, 1);
	assert_true(gp_analyzers_fill(&out, commands.v[0], &files));
	assert_non_null(strstr(gp_buf_text(&out), "'a.py'"));
	assert_null(strstr(gp_buf_text(&out), "README"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fill_preset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
