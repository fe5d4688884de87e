/* What a proposal may not change, and what it may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/trial/locked.h"

static void test_whole(void **state)
{
	static const char *const locked[] = {
		".gitattributes",
		".codexflow.ini",
		".github/workflows/ci.yml",
		"web/.eslintrc.json",
		"jest.config.js",
		"a/b/conftest.py",
		".husky/pre-commit",
		"tox.ini",
		"Cargo.lock",
		".coveragerc",
		"phpunit.xml.dist",
		"a/node_modules/b/index.js",
		".mocharc.yml",
		".config/nextest.toml",
	};
	static const char *const open[] = {"src/config.js", "README",         "package.json",
	                                   "Makefile",      "lib/github/a.c", "tests/test_a.py",
	                                   "tsconfig.json"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(locked); i++)
		assert_non_null(gp_locked_whole(locked[i]));
	for (size_t i = 0; i < GP_COUNT(open); i++)
		assert_null(gp_locked_whole(open[i]));
}

#define NPM(scripts) "{\"name\":\"a\",\"scripts\":{" scripts "},\"dependencies\":{}}"

static const struct {
	const char *path, *before, *after, *code, *test; /* NULL: allowed */
} parts[] = {
	{"package.json", NPM("\"test\":\"node --test\""), NPM("\"test\":\"exit 0\""),
         "scripts.test: \"node --test\"", "scripts.test: \"node --test\""},
	{"package.json", NPM("\"test\":\"node --test\""),
         "{\"version\":\"2\",\"name\":\"a\",\"scripts\":{\"test\":\"node --test\"}}", NULL, NULL},
	{"package.json", NPM("\"test\":\"node --test\""),
         NPM("\"test\":\"node --test\",\"posttest\":\"true\""), "scripts.posttest: \"true\"", NULL},
	{"package.json", NPM("\"test\":\"jest\""),
         "{\"jest\":{\"bail\":1},\"scripts\":{\"test\":\"jest\"}}", "jest.bail: 1", NULL},
	{"package.json", NPM("\"test\":\"jest\""), "{ not json", "scripts.test: \"jest\"",
         "scripts.test: \"jest\""},
	{"package.json", NPM("\"test\":\"jest\""), "", "scripts.test: \"jest\"",
         "scripts.test: \"jest\""},
	{"pyproject.toml", "[project]\nname = \"a\"\n[tool.pytest.ini_options]\naddopts = \"-q\"\n",
         "[project]\nname = \"a\"\ndependencies = []\n[tool.pytest.ini_options]\naddopts = "
         "\"-q\"\n",
         NULL, NULL},
	{"pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-q\"\n",
         "[tool.pytest.ini_options]\naddopts = \"-q -k nothing\"\n",
         "[tool.pytest.ini_options] addopts = \"-q\"",
         "[tool.pytest.ini_options] addopts = \"-q\""},
	{"pyproject.toml", "[project]\nname = \"a\"\n",
         "[project]\nname = \"a\"\n[tool.coverage.report]\nfail_under = 0\n",
         "[tool.coverage.report] [tool.coverage.report]", NULL},
	{"pyproject.toml", "[tool]\nx = 1\n", "[tool]\npytest.ini_options.addopts = \"-k no\"\n",
         "[tool] pytest.ini_options.addopts = \"-k no\"", NULL},
	{"setup.cfg", "[metadata]\nname = a\n", "[metadata]\nname = b\n", NULL, NULL},
	{"setup.cfg", "[tool:pytest]\ntestpaths = tests\n", "[metadata]\n",
         "[tool:pytest] [tool:pytest]", "[tool:pytest] [tool:pytest]"},
	{"Cargo.toml", "[package]\nname = \"a\"\n",
         "[package]\nname = \"a\"\n[dependencies]\nb = \"1\"\n", NULL, NULL},
	{"Cargo.toml", "[package]\nname = \"a\"\n",
         "[package]\nname = \"a\"\n[[test]]\nname = \"t\"\n", "[test] [[test]]", NULL},
	{"Cargo.toml", "[profile.test]\noverflow-checks = true\n",
         "[profile.test]\noverflow-checks = false\n", "[profile.test] overflow-checks = true",
         "[profile.test] overflow-checks = true"},
	{"Makefile", "all: a.o\n\tcc a.o\ncheck: all\n\t./run\n",
         "all: a.o b.o\n\tcc a.o b.o\ncheck: all\n\t./run\n", NULL, NULL},
	{"Makefile", "check: all\n\t./run\n", "check: all\n\t-./run\n", "./run", "./run"},
	{"Makefile", "check: all\n\t./run\n", "check: all\n\t./run || true\n", "./run", "./run"},
	{"Makefile", "check: all\n\t./run\n", "check: all\n\t@echo ok\n", "./run", "./run"},
	{"Makefile", "TESTS = a b\n", "TESTS = a b c\n", "TESTS = a b", NULL},
	{"Makefile", "TESTS = a \\\n  b\n", "TESTS = a \\\n  b \\\n  c\n", "TESTS = a  b", NULL},
	{"Makefile", "TESTS = a b\n", "TESTS = a\n", "TESTS = a b", "TESTS = a b"},
	{"Makefile", "all:\n\tcc\n", "SHELL = /bin/true\nall:\n\tcc\n", "SHELL = /bin/true", NULL},
	{"CMakeLists.txt", "add_library(a a.c)\nadd_test(NAME t\n  COMMAND t)\n",
         "add_library(a a.c b.c)\nadd_test(NAME t\n  COMMAND t)\n", NULL, NULL},
	{"CMakeLists.txt", "add_test(NAME t\n  COMMAND t)\n", "add_test(NAME t\n  COMMAND true)\n",
         "add_test(NAME t COMMAND t)", "add_test(NAME t COMMAND t)"},
	{"CMakeLists.txt", "add_test(NAME t COMMAND t)\n",
         "add_test(NAME t COMMAND t)\nadd_test(NAME u COMMAND u)\n", "add_test(NAME u COMMAND u)",
         NULL},
	{"build.gradle", "test {\n  useJUnitPlatform()\n}\n",
         "test {\n  useJUnitPlatform()\n  ignoreFailures = true\n}\n",
         "test { useJUnitPlatform() }", "test { useJUnitPlatform() }"},
	{"pom.xml", "<p>\n<artifactId>maven-surefire-plugin</artifactId>\n</plugin>\n</p>",
         "<p>\n<artifactId>maven-surefire-plugin</artifactId>\n<excludes/>\n</plugin>\n</p>",
         "<artifactId>maven-surefire-plugin</artifactId> </plugin>",
         "<artifactId>maven-surefire-plugin</artifactId> </plugin>"},
	{"vite.config.ts", "export default { test: { globals: true } }\n",
         "export default { test: { include: [] } }\n", "export default { test: { globals: true } }",
         "export default { test: { globals: true } }"},
	{"src/a.c", "test(1)\n", "", NULL, NULL},
};

static void check_part(size_t i, bool grow, const char *want)
{
	gp_auto(gp_buf) what = {0};
	bool is = gp_locked_part(&what, parts[i].path, gp_slice(parts[i].before),
	                         gp_slice(parts[i].after), grow);

	if (is != (want != NULL) || strcmp(gp_buf_text(&what), want ? want : "") != 0)
		print_error("row %zu (%s, grow %d): %s\n", i, parts[i].path, grow,
		            gp_buf_text(&what));
	assert_int_equal(is, want != NULL);
	assert_string_equal(gp_buf_text(&what), want ? want : "");
}

static void test_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		check_part(i, false, parts[i].code);
		check_part(i, true, parts[i].test);
	}
}

static const struct {
	const char *path, *before, *after, *what; /* what: NULL: allowed */
} tests[] = {
	{"t/test_a.py", "import a\n\ndef test_a():\n    assert a.f() == 1\n",
         "import a\nimport b\n\ndef test_a():\n    assert a.f() == 1\n\ndef test_b():\n    assert "
         "b.f() == 1\n",
         NULL},
	{"t/test_a.py", "import a\n", "import a, b\n", NULL},
	{"t/test_a.py", "def test_a():\n    assert f() == 1\n",
         "def test_a():\n    assert f() == 2\n",
         "line 2 is changed or taken away: assert f() == 1"},
	{"t/test_a.py", "def test_a():\n    assert f()\n    assert g()\n",
         "def test_a():\n    assert f()\n", "line 3 is changed or taken away: assert g()"},
	{"t/test_a.py", "x\nassert f()\nassert f()\n", "x\nassert f()\n",
         "line 3 is changed or taken away: assert f()"},
	{"t/test_a.py", "assert f()\n", "if 0:\n    assert f()\n",
         "line 1 is changed or taken away: assert f()"},
	{"a.test.js", "const { a } = require('./a')\ntest('a', () => assert(a()))\n",
         "const { a, b } = require('./a')\ntest('a', () => assert(a()))\ntest('b', () => "
         "assert(b()))\n",
         NULL},
	{"a.test.js", "const want = 1\n", "const want = 2\n",
         "line 1 is changed or taken away: const want = 1"},
	{"test/a.c", "\tcmocka_unit_test(a)\n};\n",
         "\tcmocka_unit_test(a),\n\tcmocka_unit_test(b)\n};\n", NULL},
	{"t/a.c", "puts(\"1..1\");\nok(f(), 1);\n", "puts(\"1..2\");\nok(f(), 1);\nok(g(), 2);\n",
         NULL},
	{"t/a.t", "1..1\necho ok 1\n", "1..2\necho ok 1\necho ok 2\n", NULL},
	{"t/data.json", "{\"a\":1}\n", "{\"a\":2}\n", "it is data that tests go by"},
	{"t/data.json", "{\"a\":1}\n", "{\"a\":1}\n", NULL},
	{"t/__snapshots__/a.snap", "exports[`a`] = 1\n", "exports[`a`] = 1\nexports[`b`] = 2\n",
         NULL},
	{"t/__snapshots__/a.snap", "exports[`a`] = 1\n", "exports[`a`] = 2\n",
         "line 1 is changed or taken away: exports[`a`] = 1"},
};

static void test_tests(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(tests); i++) {
		gp_auto(gp_buf) what = {0};
		bool is = gp_locked_test(&what, tests[i].path, gp_slice(tests[i].before),
		                         gp_slice(tests[i].after));

		if (is != (tests[i].what != NULL))
			print_error("row %zu: %s\n", i, gp_buf_text(&what));
		assert_int_equal(is, tests[i].what != NULL);
		assert_string_equal(gp_buf_text(&what), tests[i].what ? tests[i].what : "");
	}
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_tests),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
