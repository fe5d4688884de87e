#include "lib/vet/sarif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char report[] =
	"{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"x\",\"rules\":["
	"{\"id\":\"quiet\",\"defaultConfiguration\":{\"level\":\"note\"}}]}},\"results\":["
	"{\"ruleId\":\"no-eval\",\"level\":\"error\",\"message\":{\"text\":\"eval is\\nevil\"},"
	"\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":"
	"\"file:///work/src/a%20b.js\"},\"region\":{\"startLine\":7}}}]},"
	"{\"ruleId\":\"quiet\",\"message\":{\"text\":\"m\"}},"
	"{\"ruleId\":\"r\",\"level\":\"none\",\"message\":{\"text\":\"m\"}},"
	"{\"ruleId\":\"r\",\"kind\":\"pass\",\"message\":{\"text\":\"m\"}},"
	"{\"ruleId\":\"r\",\"suppressions\":[{\"kind\":\"inSource\"}],\"message\":{\"text\":\"m\"}}"
	","
	"{\"message\":{}}]}]}";

static void test_sarif(void **state)
{
	gp_auto(gp_findings) f = {0};

	(void)state;
	assert_int_equal(gp_sarif_read(&f, gp_slice(report), true), 0);
	assert_int_equal(f.n, 3);
	assert_string_equal(f.v[0].kind, "analysis");
	assert_string_equal(f.v[0].rule, "no-eval");
	assert_string_equal(f.v[0].what, "eval is evil");
	assert_string_equal(f.v[0].path, "src/a b.js");
	assert_int_equal(f.v[0].line, 7);
	assert_string_equal(f.v[0].shown, "error");
	assert_true(f.v[0].blocks);
	assert_string_equal(f.v[1].shown, "note");
	assert_false(f.v[1].blocks);
	assert_string_equal(f.v[2].rule, "no-rule");
	assert_true(f.v[2].blocks);
}

static void test_eslint(void **state)
{
	gp_auto(gp_findings) f = {0};

	(void)state;
	assert_int_equal(gp_sarif_read(&f,
	                               GP_SLICE("[{\"filePath\":\"/work/src/a.js\",\"messages\":[{"
	                                        "\"ruleId\":\"eqeqeq\",\"severity\":1,"
	                                        "\"message\":\"use ===\",\"line\":3}]},"
	                                        "{\"filePath\":\"b.js\",\"messages\":[]}]"),
	                               true),
	                 0);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.v[0].path, "src/a.js");
	assert_string_equal(f.v[0].rule, "eqeqeq");
	assert_string_equal(f.v[0].shown, "warning");
	assert_int_equal(f.v[0].line, 3);
}

static void test_no_sarif(void **state)
{
	static const char *const bad[] = {"{", "{}",  "{\"runs\":{}}",         "{\"runs\":[]} x",
	                                  "[", "[1]", "[{\"filePath\":\"a\"}]"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_findings) f = {0};

		assert_int_equal(gp_sarif_read(&f, gp_slice(bad[i]), true), GP_INVALID);
	}
}

static const struct {
	const char *line, *path;
	size_t at;
	const char *level, *rule, *what; /* rule NULL: no finding */
} lines[] = {
	{"a.c:3:9: warning: unused x [-Wunused]", "a.c", 3, "warning", "-Wunused", "unused x"},
	{"./a.c:3: error: broken", "a.c", 3, "error", "no-rule", "broken"},
	{"/work/a.sh:1:2: note: quote it [SC2086]", "a.sh", 1, "note", "SC2086", "quote it"},
	{"a.py:10:1: F401 'os' imported but unused", "a.py", 10, "warning", "no-rule",
         "F401 'os' imported but unused"},
	{"a b.py:2: E1", "a b.py", 2, "warning", "no-rule", "E1"},
	{"   3 | int x;", NULL, 0, NULL, NULL, NULL},
	{"    a.c:3: x", NULL, 0, NULL, NULL, NULL},
	{"note: 3 warnings", NULL, 0, NULL, NULL, NULL},
	{"a.c:x: y", NULL, 0, NULL, NULL, NULL},
	{"a.c:12345678: y", NULL, 0, NULL, NULL, NULL},
	{"a.c:3:", NULL, 0, NULL, NULL, NULL},
	{":3: x", NULL, 0, NULL, NULL, NULL},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(lines); i++) {
		gp_auto(gp_findings) f = {0};

		assert_int_equal(gp_sarif_read(&f, gp_slice(lines[i].line), true), 0);
		if (f.n != (lines[i].rule != NULL))
			fail_msg("'%s': %zu findings", lines[i].line, f.n);
		if (!f.n)
			continue;
		assert_string_equal(f.v[0].path, lines[i].path);
		assert_int_equal(f.v[0].line, lines[i].at);
		assert_string_equal(f.v[0].shown, lines[i].level);
		assert_string_equal(f.v[0].rule, lines[i].rule);
		assert_string_equal(f.v[0].what, lines[i].what);
		assert_int_equal(f.v[0].blocks, strcmp(lines[i].level, "note") != 0);
	}
}

static void test_new(void **state)
{
	gp_auto(gp_findings) before = {0};
	gp_auto(gp_findings) after = {0};
	gp_auto(gp_findings) new = {0};

	(void)state;
	gp_sarif_read(&before, GP_SLICE("a.c:1: old\na.c:2: twice\nb.c:9: gone\n"), true);
	gp_sarif_read(&after,
	              GP_SLICE("a.c:4: old\na.c:5: twice\na.c:6: twice\nc.c:1: old\na.c:7: new\n"),
	              true);
	gp_findings_new(&new, &before, &after);
	assert_int_equal(new.n, 3);
	for (size_t i = 0; i < new.n; i++)
		assert_false(strcmp(new.v[i].what, "old") == 0 &&
		             strcmp(new.v[i].path, "a.c") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sarif),    cmocka_unit_test(test_eslint),
		cmocka_unit_test(test_no_sarif), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
