#include "tests/unit/git_fixture.h"

#include "lib/trial/ways.h"

/* A tree as "path", "text" pairs in path order, ended by NULL. */
static int read_pair(void *ctx, struct gp_buf *out, const char *path)
{
	const char *const *files = ctx;

	for (; *files; files += 2)
		if (strcmp(files[0], path) == 0)
			return gp_buf_str(out, files[1]);
	return GP_NOTFOUND;
}

static int find(struct gp_project *p, const char *const *files)
{
	gp_auto(gp_view) v = {.read = read_pair, .ctx = (void *)(uintptr_t)files};

	for (size_t i = 0; files[i]; i += 2)
		gp_view_add(&v, files[i]);
	return gp_ways_find(p, &v);
}

#define TEST_PY "tests/test_a.py", ""
#define PACKAGE(scripts, more) "package.json", "{\"scripts\":{" scripts "}" more "}"
#define BOTH                                                                                       \
	PACKAGE("\"test\":\"node --test\"", ""), "pytest.ini", "", "test/a.test.js", "", TEST_PY
#define PYTEST_TOO "python3 -m pytest -v", "pytest.ini, as CI calls it"
#define NODE_FIRST "node --test", "package.json scripts.test"
#define DEPS ",\"devDependencies\":{\"vitest\":\"1\"}"

static const struct {
	const char *name;
	const char *files[16];
	const char *runner, *suite, *from, *only, *setup, *report;
} trees[] = {
	/* NULL: not looked at; "-": must not be set */
	{"node's runner without npm",
         {PACKAGE("\"test\":\"node --test\"", ""), "test/a.test.js", ""},
         "node",
         "node --test",
         "package.json scripts.test",
         "node --test {files}",
         "-",
         NULL},
	{"node's runner with flags and paths",
         {PACKAGE("\"test\":\"node --import tsx --test test/*.test.ts\"", "")},
         "node",
         "node --import tsx --test test/*.test.ts",
         NULL,
         "node --import tsx --test {files}",
         NULL,
         NULL},
	{"vitest is called without npm and names every test",
         {PACKAGE("\"test\":\"vitest run\"", DEPS), "package-lock.json", ""},
         "vitest",
         "node_modules/.bin/vitest run --reporter=verbose",
         NULL,
         "node_modules/.bin/vitest run --reporter=verbose {files}",
         "npm ci",
         NULL},
	{"pnpm",
         {PACKAGE("\"test\":\"vitest run\"", DEPS), "pnpm-lock.yaml", ""},
         "vitest",
         NULL,
         NULL,
         NULL,
         "pnpm install --frozen-lockfile",
         NULL},
	{"yarn 1",
         {PACKAGE("\"test\":\"jest\"", DEPS), "yarn.lock", ""},
         "jest",
         "node_modules/.bin/jest --verbose",
         NULL,
         "node_modules/.bin/jest --verbose --runTestsByPath {files}",
         "yarn install --frozen-lockfile",
         NULL},
	{"yarn berry with plug'n'play",
         {".pnp.cjs", "", ".yarnrc.yml", "", PACKAGE("\"test\":\"jest --ci\"", DEPS), "yarn.lock",
          ""},
         "jest",
         "yarn jest --ci --verbose",
         NULL,
         "yarn jest --ci --verbose --runTestsByPath {files}",
         "yarn install --immutable",
         NULL},
	{"without a lock npm install",
         {PACKAGE("\"test\":\"mocha -r ts-node/register test/**/*.ts\"", DEPS)},
         "mocha",
         "node_modules/.bin/mocha -r ts-node/register test/**/*.ts",
         NULL,
         "node_modules/.bin/mocha -r ts-node/register {files}",
         "npm install",
         NULL},
	{"a script with hooks goes through npm",
         {PACKAGE("\"pretest\":\"tsc\",\"test\":\"node --test\"", "")},
         "node",
         "npm test",
         NULL,
         "node --test {files}",
         NULL,
         NULL},
	{"style checks before the runner are left out for some files",
         {PACKAGE("\"test\":\"eslint . && node --test\"", "")},
         "node",
         "npm test",
         NULL,
         "node --test {files}",
         NULL,
         NULL},
	{"a build before the runner has no short way",
         {PACKAGE("\"test\":\"npm run build && node --test dist\"", "")},
         "npm",
         "npm test",
         NULL,
         "-",
         NULL,
         NULL},
	{"an unknown script has no short way",
         {PACKAGE("\"test\":\"./run-all.sh\"", "")},
         "npm",
         "npm test",
         NULL,
         "-",
         "-",
         NULL},
	{"assignments stay",
         {PACKAGE("\"test\":\"cross-env NODE_ENV=test mocha\"", "")},
         "mocha",
         "NODE_ENV=test node_modules/.bin/mocha",
         NULL,
         "NODE_ENV=test node_modules/.bin/mocha {files}",
         NULL,
         NULL},
	{"npm's placeholder is no script",
         {PACKAGE("\"test\":\"echo \\\"Error: no test specified\\\" && exit 1\"", ""),
          "src/a.test.mjs", ""},
         "node",
         "node --test",
         "src/a.test.mjs",
         "node --test {files}",
         NULL,
         NULL},
	{"a package without script but with a runner",
         {"package.json", "{\"devDependencies\":{\"vitest\":\"1\"}}"},
         "vitest",
         "node_modules/.bin/vitest run --reporter=verbose",
         NULL,
         NULL,
         "npm install",
         NULL},
	{"vendored modules need no setup",
         {"node_modules/vitest/x.js", "", PACKAGE("\"test\":\"vitest run\"", DEPS)},
         "vitest",
         NULL,
         NULL,
         NULL,
         "-",
         NULL},
	{"go",
         {"a_test.go", "", "go.mod", "module x\n"},
         "go",
         "go test -v ./...",
         "go.mod",
         "go test -v {files}",
         "-",
         NULL},
	{"go with modules",
         {"go.mod", "module x\nrequire y v1\n", "go.sum", ""},
         "go",
         "GOMODCACHE=$PWD/.gomodcache go test -v ./...",
         NULL,
         NULL,
         "GOMODCACHE=$PWD/.gomodcache go mod download -modcacherw",
         NULL},
	{"cargo",
         {"Cargo.lock", "", "Cargo.toml", ""},
         "cargo",
         "cargo test --no-fail-fast",
         "Cargo.toml",
         "cargo test --no-fail-fast {files}",
         "cargo fetch && { cargo test --no-run || true; }",
         NULL},
	{"two ways, and CI calls the later one",
         {".github/workflows/ci.yml", "    - run: python -m pytest -q\n", BOTH},
         "pytest",
         PYTEST_TOO,
         NULL,
         NULL,
         NULL},
	{"two ways, and CI calls both",
         {".gitlab-ci.yml", "script:\n - pytest\n - npm test\n", BOTH},
         "node",
         NODE_FIRST,
         NULL,
         NULL,
         NULL},
	{"two ways, and CI only installs the later one, or has it in a comment or a name",
         {".github/workflows/ci.yml",
          "- run: pip install pytest\n# pytest\n- run: ./my-pytest pytester\n", BOTH},
         "node",
         NODE_FIRST,
         NULL,
         NULL,
         NULL},
	{"a file that is no workflow",
         {".github/workflows/ci.md", "pytest", ".github/x/ci.yml", "pytest", BOTH},
         "node",
         NODE_FIRST,
         NULL,
         NULL,
         NULL},
	{"make is not what CI is heeded for",
         {".travis.yml", "script: make test\n", "Makefile", "test:\n\tnode --test\n", BOTH},
         "node",
         NODE_FIRST,
         NULL,
         NULL,
         NULL},
	{"unittest in a plain folder",
         {"calc.py", "", TEST_PY},
         "unittest",
         "python3 -m unittest discover -v -s tests",
         "tests/",
         "PYTHONPATH=tests python3 -m unittest -v {files}",
         "-",
         NULL},
	{"unittest in a package",
         {"pyproject.toml", "[project]\nname='x'\ndependencies = []\n", "tests/__init__.py", "",
          TEST_PY},
         "unittest",
         "python3 -m unittest discover -v -s tests -t .",
         NULL,
         "python3 -m unittest -v {files}",
         NULL,
         NULL},
	{"unittest beside src",
         {"src/x/__init__.py", "", TEST_PY},
         "unittest",
         "PYTHONPATH=src python3 -m unittest discover -v -s tests",
         NULL,
         "PYTHONPATH=src:tests python3 -m unittest -v {files}",
         NULL,
         NULL},
	{"unittest with requirements",
         {"requirements.txt", "# none\nrequests==2\n", TEST_PY},
         "unittest",
         ".venv/bin/python -m unittest discover -v -s tests",
         NULL,
         NULL,
         "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt",
         NULL},
	{"empty requirements install nothing",
         {"requirements.txt", "# none\n", TEST_PY},
         "unittest",
         "python3 -m unittest discover -v -s tests",
         NULL,
         NULL,
         "-",
         NULL},
	{"unittest at the top, suffixed",
         {"calc_test.py", ""},
         "unittest",
         "python3 -m unittest discover -v -p '*_test.py'",
         NULL,
         NULL,
         NULL,
         NULL},
	{"pytest by its file",
         {"pytest.ini", "", TEST_PY},
         "pytest",
         "python3 -m pytest -v",
         "pytest.ini",
         "python3 -m pytest -v {files}",
         NULL,
         NULL},
	{"pytest by conftest below",
         {"setup.py", "", "tests/conftest.py", "", TEST_PY},
         "pytest",
         "python3 -m pytest -v",
         "tests/conftest.py",
         NULL,
         NULL,
         NULL},
	{"pytest with extras",
         {"pyproject.toml",
          "[project]\ndependencies = ['a']\n[project.optional-dependencies]\ntest = ['pytest']\n"},
         "pytest",
         ".venv/bin/python -m pytest -v",
         NULL,
         NULL,
         "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' pytest",
         NULL},
	{"pytest under uv",
         {"pyproject.toml", "pytest", "uv.lock", ""},
         "pytest",
         ".venv/bin/python -m pytest -v",
         NULL,
         NULL,
         "uv sync --all-extras --all-groups",
         NULL},
	{"a makefile before loose python files",
         {"Makefile", "check: all\n\t./t\n", TEST_PY},
         "make",
         "make check",
         "Makefile, target check",
         NULL,
         NULL,
         NULL},
	{"a python manifest before a makefile",
         {"Makefile", "test:\n\tpython3 -m unittest\n", "setup.py", "", TEST_PY},
         "unittest",
         NULL,
         NULL,
         NULL,
         NULL,
         NULL},
	{"make test among other targets",
         {"Makefile", ".PHONY: check\nx := 1\nall test: a\n"},
         "make",
         "make test",
         "Makefile, target test",
         NULL,
         NULL,
         NULL},
	{"automake",
         {"Makefile.am", "", "configure.ac", ""},
         "make",
         "make check",
         "Makefile.am",
         NULL,
         "autoreconf -i && ./configure",
         NULL},
	{"cmake",
         {"CMakeLists.txt", "project(x)\nenable_testing()\n"},
         "ctest",
         NULL,
         "CMakeLists.txt",
         NULL,
         "cmake -S . -B build && { cmake --build build || true; }",
         NULL},
	{"meson",
         {"meson.build", ""},
         "meson",
         "meson test -C build --print-errorlogs",
         NULL,
         NULL,
         "meson setup build && { meson compile -C build || true; }",
         NULL},
	{"maven",
         {"pom.xml", ""},
         "maven",
         NULL,
         "pom.xml",
         NULL,
         NULL,
         "junit:**/target/surefire-reports/TEST-*.xml"},
	{"gradle with its wrapper",
         {"build.gradle.kts", "", "gradlew", ""},
         "gradle",
         "GRADLE_USER_HOME=$PWD/.gradle-home ./gradlew --offline test",
         "gradlew",
         NULL,
         NULL,
         "junit:**/build/test-results/test/*.xml"},
	{"gradle without",
         {"build.gradle", ""},
         "gradle",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --offline test",
         NULL,
         NULL,
         NULL,
         NULL},
	{"functions are tests for pytest alone",
         {"tests/test_a.py", "import a\n\ndef test_a():\n    assert a\n"},
         "pytest",
         "python3 -m pytest -v",
         "tests/test_a.py",
         "python3 -m pytest -v {files}",
         "-",
         NULL},
	{"pytest by its import",
         {"setup.py", "", "test_a.py", "import pytest\n\nclass TestA:\n    pass\n"},
         "pytest",
         NULL,
         "test_a.py",
         NULL,
         NULL,
         NULL},
	{"methods are tests for unittest, whatever helps them",
         {"tests/test_a.py", "def tester():\n    pass\nclass A(unittest.TestCase):\n    pass\n"},
         "unittest",
         NULL,
         "tests/",
         NULL,
         NULL,
         NULL},
	{"commands of CMake in capitals",
         {"CMakeLists.txt", "PROJECT(x)\nENABLE_TESTING()\n"},
         "ctest",
         NULL,
         "CMakeLists.txt",
         NULL,
         NULL,
         NULL},
	{"rspec by its files alone",
         {"lib/a.rb", "", "spec/a_spec.rb", ""},
         "rspec",
         "rspec --format documentation",
         "spec/a_spec.rb",
         "rspec --format documentation {files}",
         "-",
         NULL},
	{"maven by its wrapper",
         {"mvnw", "", "pom.xml", "<project/>"},
         "maven",
         "MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -o -Dmaven.repo.local=.m2 test",
         "mvnw",
         NULL,
         "MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -q -Dmaven.repo.local=.m2 "
         "dependency:go-offline && { MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -q "
         "-Dmaven.repo.local=.m2 -DskipTests package || true; }",
         "junit:**/target/surefire-reports/TEST-*.xml"},
	{"rspec",
         {".rspec", "", "Gemfile", ""},
         "rspec",
         "bundle exec rspec --format documentation",
         ".rspec",
         "bundle exec rspec --format documentation {files}",
         "bundle config set --local path vendor/bundle && bundle install",
         NULL},
	{"phpunit",
         {"composer.json", "", "phpunit.xml.dist", ""},
         "phpunit",
         "vendor/bin/phpunit --log-junit .phpunit.junit.xml",
         NULL,
         NULL,
         "composer install --no-interaction --no-progress",
         "junit:.phpunit.junit.xml"},
	{"mix", {"mix.exs", ""}, "mix", "mix test", NULL, "mix test {files}", NULL, NULL},
	{"dotnet",
         {"App.sln", ""},
         "dotnet",
         "dotnet test --nologo",
         "App.sln",
         NULL,
         "dotnet restore",
         NULL},
	{"prove",
         {"lib/A.pm", "", "t/a.t", ""},
         "prove",
         "prove -lvr t",
         "t/*.t",
         "prove -lv {files}",
         NULL,
         NULL},
	{"bats in several folders",
         {"test/a/x.bats", "", "test/ab/y.bats", ""},
         "bats",
         "bats --tap -r test",
         "test/a/x.bats",
         "bats --tap {files}",
         "-",
         NULL},
	{"bats at the top too",
         {"test/x.bats", "", "y.bats", ""},
         "bats",
         "bats --tap -r .",
         NULL,
         NULL,
         "-",
         NULL},
	{"bats",
         {"run", "", "test/a.bats", ""},
         "bats",
         "bats --tap -r test",
         "test/a.bats",
         "bats --tap {files}",
         NULL,
         NULL},
};

static bool same(const char *want, const char *got)
{
	if (want && strcmp(want, "-") == 0)
		return got == NULL;
	return !want || (got && strcmp(want, got) == 0);
}

static void every_ecosystem_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(trees); i++) {
		gp_auto(gp_project) p = {0};

		OK(find(&p, trees[i].files));
		if (!same(trees[i].runner, p.runner) || !same(trees[i].suite, p.suite) ||
		    !same(trees[i].from, p.suite_from) || !same(trees[i].only, p.only) ||
		    !same(trees[i].setup, p.setup) || !same(trees[i].report, p.report)) {
			print_message("%s: runner %s suite '%s' from '%s' only '%s' setup '%s' "
			              "report %s\n",
			              trees[i].name, p.runner, p.suite, p.suite_from, p.only,
			              p.setup, p.report);
			fail();
		}
		assert_true((p.setup == NULL) == (p.setup_from == NULL));
		assert_true((p.only == NULL) == (p.only_from == NULL));
	}
}

static void nothing_found_says_what_was_looked_for(void **state)
{
	static const char *const none[][8] = {
		{"README.md", "", NULL},
		{NULL},
		{PACKAGE("\"test\":\"echo \\\"Error: no test specified\\\" && exit 1\"", "")},
		{"package.json", "not json"},
		{"Makefile", "check := 1\n.PHONY: check\nall:\n"},
		{"CMakeLists.txt", "project(x)\n"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(none); i++) {
		gp_auto(gp_project) p = {0};

		assert_int_equal(find(&p, none[i]), GP_NOTFOUND);
		assert_non_null(strstr(gp_message(), "Makefile"));
		assert_non_null(strstr(gp_message_hint(), "[test]"));
	}
}

static const struct {
	const char *runner, *only, *files[5], *want;
} onlys[] = {
	{"node",
         "node --test {files}",
         {"src/a.js", "test/b.test.js", "test/a.test.js"},
         "node --test test/a.test.js test/b.test.js"},
	{"node",
         "node --test {files}",
         {"test/helper.js", "test/fixtures/x.js", "test/data.json"},
         "suite"},
	{"node",
         "node --test {files}",
         {"test/it's a test.js", "-x.test.js"},
         "node --test ./-x.test.js 'test/it'\\''s a test.js'"},
	{"pytest",
         "python3 -m pytest -v {files}",
         {"tests/conftest.py", "tests/__init__.py", "tests/test_$x.py", "tests/helper.py"},
         "python3 -m pytest -v 'tests/test_$x.py'"},
	{"unittest",
         "python3 -m unittest -v {files}",
         {"tests/test_a.py", "tests/util.py"},
         "python3 -m unittest -v tests/test_a.py"},
	{"go",
         "go test -v {files}",
         {"a_test.go", "pkg/b_test.go", "pkg/c_test.go", "pkg/x.go"},
         "go test -v ./ ./pkg"},
	{"cargo",
         "cargo test {files}",
         {"tests/api.rs", "tests/cli.rs"},
         "cargo test --test api --test cli"},
	{"cargo", "cargo test {files}", {"tests/common/mod.rs", "tests/cli.rs"}, "suite"},
	{"cargo", "cargo test {files}", {"src/lib.rs"}, "suite"},
	{"maven",
         "mvn -Dtest={files}",
         {"src/test/java/x/ATest.java", "src/test/java/x/BTest.java"},
         "mvn -Dtest=ATest,BTest"},
	{"gradle",
         "gradle test {files}",
         {"src/test/java/x/ATest.java"},
         "gradle test --tests ATest"},
	{"dotnet",
         "dotnet test --filter {files}",
         {"tests/ATests.cs", "tests/BTests.cs"},
         "dotnet test --filter 'FullyQualifiedName~ATests|FullyQualifiedName~BTests'"},
	{"phpunit", "phpunit {files}", {"tests/ATest.php"}, "phpunit tests/ATest.php"},
	{"phpunit", "phpunit {files}", {"tests/ATest.php", "tests/BTest.php"}, "suite"},
	{"rspec",
         "rspec {files}",
         {"spec/a_spec.rb", "spec/spec_helper.rb"},
         "rspec spec/a_spec.rb"},
	{"jest",
         "jest {files}",
         {"src/__tests__/a.js", "src/b.spec.ts"},
         "jest src/__tests__/a.js src/b.spec.ts"},
	{"prove", "prove {files}", {"t/a.t", "t/lib/X.pm"}, "prove t/a.t"},
	{"bats", "bats {files} # {files}", {"test/a.bats"}, "bats test/a.bats # test/a.bats"},
	{"make", NULL, {"tests/a.c"}, "suite"},
	{"command", "./run {files}", {"tests/a.c", "tests/a.h"}, "./run tests/a.c"},
};

static void files_are_put_as_the_runner_wants_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(onlys); i++) {
		gp_auto(gp_changes) c = {0};
		gp_auto(gp_buf) out = {0};
		struct gp_project p = {.runner = (char *)(uintptr_t)onlys[i].runner,
		                       .only = (char *)(uintptr_t)onlys[i].only,
		                       .suite = (char *)(uintptr_t) "suite"};

		for (size_t k = 0; k < 5 && onlys[i].files[k]; k++)
			gp_changes_set(&c, onlys[i].files[k], 0100644, GP_SLICE("x"));
		OK(gp_project_only(&out, &p, &c));
		assert_string_equal(gp_buf_text(&out), onlys[i].want);
	}
}

static void deleted_files_and_links_are_not_run(void **state)
{
	gp_auto(gp_changes) c = {0};
	gp_auto(gp_buf) out = {0};
	struct gp_project p = {.runner = (char *)(uintptr_t) "bats",
	                       .only = (char *)(uintptr_t) "bats {files}",
	                       .suite = (char *)(uintptr_t) "suite"};

	(void)state;
	gp_changes_set(&c, "test/a.bats", 0, GP_SLICE(""));
	gp_changes_set(&c, "test/b.bats", 0120000, GP_SLICE("/etc/passwd"));
	OK(gp_project_only(&out, &p, &c));
	assert_string_equal(gp_buf_text(&out), "suite");
}

static void tests_are_known_by_their_names(void **state)
{
	static const char *const yes[] = {"test/a.c",
	                                  "a/tests/b.py",
	                                  "spec/x_spec.rb",
	                                  "src/__tests__/a.js",
	                                  "t/a.t",
	                                  "x_test.go",
	                                  "src/a.test.ts",
	                                  "a.spec.js",
	                                  "test_a.py",
	                                  "FooTest.java",
	                                  "x/BarTests.cs",
	                                  "cli.bats",
	                                  "conftest.py",
	                                  "src/test/java/A.java",
	                                  "src/a.js.snap",
	                                  "src/__snapshots__/a",
	                                  "src/snap/m__f.snap.new",
	                                  "a/x.ambr",
	                                  "__snapshots__/x",
	                                  "A.b.verified.txt",
	                                  "src/B.approved.json"};
	static const char *const no[] = {
		"src/a.c",    "latest/a.c",     "contest.py",       "attest.go",      "README.md",
		"a.testing",  "src/protest.js", "testa.py",         "src/Testable.c", "spectrum.rb",
		"src/snap.c", "snapshots/a.c",  "x__snapshots__/a", "src/approved.c"};
	struct gp_test_paths usual = {0};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(yes); i++)
		if (!gp_is_test_path(&usual, yes[i]))
			fail_msg("%s is a test", yes[i]);
	for (size_t i = 0; i < GP_COUNT(no); i++)
		if (gp_is_test_path(&usual, no[i]))
			fail_msg("%s is no test", no[i]);
}

static void given_globs_take_the_place_of_the_usual(void **state)
{
	gp_auto(gp_test_paths) t = {0};

	(void)state;
	gp_list_add(&t.globs, "checks/");
	gp_list_add(&t.globs, "*.check");
	gp_list_add(&t.globs, "src/*/x?.c");
	assert_true(gp_is_test_path(&t, "checks/deep/a.c"));
	assert_true(gp_is_test_path(&t, "a/b.check"));
	assert_true(gp_is_test_path(&t, "src/a/x1.c"));
	assert_false(gp_is_test_path(&t, "src/a/y1.c"));
	assert_false(gp_is_test_path(&t, "a/checks/b"));
	assert_false(gp_is_test_path(&t, "test/a.c"));
	assert_true(gp_is_test_path(&t, "src/a.js.snap"));
	assert_true(gp_is_test_registry("sub/CMakeLists.txt"));
	assert_true(gp_is_test_registry("Makefile"));
	assert_false(gp_is_test_registry("src/make.c"));
}

static void a_repository_and_its_settings(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_project) p = {0};
	gp_auto(gp_project) q = {0};
	gp_auto(gp_buf) key = {0};
	gp_auto(gp_buf) other = {0};
	struct gp_oid tree;

	(void)state;
	SH("git init -q d; cd d; mkdir test; echo '{\"scripts\":{\"test\":\"node --test\"},"
	   "\"dependencies\":{\"a\":\"1\"}}' >package.json; echo {} >package-lock.json;"
	   "touch test/a.test.js; git add .; git commit -qm one; echo {1} >package-lock.json;"
	   "git commit -qam two");
	OK(gp_repo_open(&r, in("d")));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD^"));
	OK(gp_conf_new(&c));
	OK(gp_detect(&p, r, &tree, c));
	assert_string_equal(p.suite, "node --test");
	assert_string_equal(p.report, "auto");
	assert_string_equal(p.setup, "npm ci");
	OK(gp_project_setup_key(&key, &p, r, &tree, "sandbox 1"));
	OK(gp_project_setup_key(&other, &p, r, &tree, "sandbox 2"));
	assert_string_not_equal(gp_buf_text(&key), gp_buf_text(&other));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	gp_buf_cut(&other, 0);
	OK(gp_project_setup_key(&other, &p, r, &tree, "sandbox 1"));
	assert_string_not_equal(gp_buf_text(&key), gp_buf_text(&other));

	OK(gp_conf_arg(c, "test.command=./run"));
	OK(gp_conf_arg(c, "test.report=exit"));
	OK(gp_conf_arg(c, "test.paths=checks/"));
	OK(gp_detect(&q, r, &tree, c));
	assert_string_equal(q.suite, "./run");
	assert_string_equal(q.suite_from, "[test] command");
	assert_null(q.only);
	assert_string_equal(q.setup, "npm ci");
	assert_string_equal(q.report, "exit");
	assert_true(gp_is_test_path(&q.paths, "checks/a"));
}

static void setup_key(struct gp_buf *out, const char *command, const char *rev)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_project) p = {0};
	struct gp_oid tree;

	gp_buf_cut(out, 0);
	OK(gp_repo_open(&r, in("s")));
	OK(gp_conf_new(&c));
	OK(gp_repo_resolve(NULL, &tree, r, rev));
	OK(gp_conf_arg(c, "test.command=true"));
	OK(gp_conf_arg(c, command));
	OK(gp_detect(&p, r, &tree, c));
	OK(gp_project_setup_key(out, &p, r, &tree, "sandbox"));
}

static bool setup_differs(const char *command, const char *rev)
{
	gp_auto(gp_buf) a = {0}, b = {0};

	setup_key(&a, command, "main");
	setup_key(&b, command, rev);
	return strcmp(gp_buf_text(&a), gp_buf_text(&b)) != 0;
}

static void a_setup_depends_on_what_its_command_names(void **state GP_UNUSED)
{
	SH("git init -q s; cd s; mkdir -p web/src tools; echo 1 >tools/get.sh; echo 1 >dev.txt;"
	   "echo 1 >web/package-lock.json; echo 1 >web/src/a; git add .; git commit -qm one;"
	   "change () { git checkout -q main; git checkout -qb $1; echo 2 >$2; git commit -qam 2; "
	   "};"
	   "change tool tools/get.sh; change dev dev.txt; change lock web/package-lock.json;"
	   "change code web/src/a");
	assert_true(setup_differs("test.setup=sh ./tools/get.sh", "tool"));
	assert_false(setup_differs("test.setup=sh ./tools/get.sh", "dev"));
	assert_true(setup_differs("test.setup=pip install -r 'dev.txt'", "dev"));
	assert_true(setup_differs("test.setup=(cd web&&npm ci)", "lock"));
	assert_false(setup_differs("test.setup=(cd web&&npm ci)", "code"));
	assert_true(setup_differs("test.setup=npm --prefix=web/ ci", "lock"));
	assert_false(setup_differs("test.setup=npm ci . ; / .. //", "lock"));
}

static void a_command_is_enough_for_any_tree(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_project) p = {0};
	gp_auto(gp_buf) key = {0};
	struct gp_oid tree;

	(void)state;
	SH("git init -q e; cd e; touch README; git add .; git commit -qm one");
	OK(gp_repo_open(&r, in("e")));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	OK(gp_conf_new(&c));
	assert_int_equal(gp_detect(&p, r, &tree, c), GP_NOTFOUND);
	gp_project_clear(&p);
	OK(gp_conf_arg(c, "test.command=sh check.sh"));
	OK(gp_conf_arg(c, "test.new=sh check.sh {files}"));
	OK(gp_detect(&p, r, &tree, c));
	assert_string_equal(p.suite, "sh check.sh");
	assert_string_equal(p.only_from, "[test] new");
	assert_string_equal(p.runner, "command");
	OK(gp_project_setup_key(&key, &p, r, &tree, "sandbox"));
	assert_int_equal(key.n, 0);
	gp_project_clear(&p);
	OK(gp_conf_arg(c, "test.command=pytest -x"));
	OK(gp_detect(&p, r, &tree, c));
	assert_string_equal(p.suite, "pytest -x -v");
	assert_string_equal(p.suite_from, "[test] command, with -v");
	gp_project_clear(&p);
	OK(gp_conf_arg(c, "test.report=exit"));
	OK(gp_detect(&p, r, &tree, c));
	assert_string_equal(p.suite, "pytest -x");
}

static void runners_are_made_to_name_their_tests(void **state GP_UNUSED)
{
	static const char *const rows[][2] = {
		{"pytest", "pytest -v"},
		{"pytest -q {files}", "pytest -q {files} -rap"},
		{"X=1 .venv/bin/python -m pytest -x", "X=1 .venv/bin/python -m pytest -x -v"},
		{"python3 -m unittest", "python3 -m unittest -v"},
		{"go test ./...", "go test -v ./..."},
		{"GOFLAGS=-mod=mod go test ./... -args x",
	         "GOFLAGS=-mod=mod go test -v ./... -args x"},
		{"ctest --test-dir build", "ctest --test-dir build --output-on-failure"},
		{"node_modules/.bin/jest", "node_modules/.bin/jest --verbose"},
		{"vitest run", "vitest run --reporter=verbose"},
		{"rspec {files}", "rspec {files} --format documentation"},
		{"bundle exec rspec", "bundle exec rspec --format documentation"},
		{"rspec --format p", NULL},
		/* settled, another program, or more than the runner itself */
		{"pytest -vv", NULL},
		{"pytest -rA -q", NULL},
		{"pytest -k 'a b'", NULL},
		{"pytest; true", NULL},
		{"pytest-wrapper", NULL},
		{"./pytest", NULL},
		{"tools/pytest", NULL},
		{"sh pytest", NULL},
		{"X=pytest", NULL},
		{"go test -json ./...", NULL},
		{"go vet ./...", NULL},
		{"vitest", NULL},
		{"vitest run --reporter=dot", NULL},
		{"npm test", NULL},
		{"make check", NULL},
		{"cargo test", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto_str char *command = gp_strdup(rows[i][0]);
		const char *added = gp_ways_names(&command);

		assert_string_equal(command, rows[i][1] ? rows[i][1] : rows[i][0]);
		assert_int_equal(added != NULL, rows[i][1] != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ecosystem_is_found),
		cmocka_unit_test(nothing_found_says_what_was_looked_for),
		cmocka_unit_test(files_are_put_as_the_runner_wants_them),
		cmocka_unit_test(deleted_files_and_links_are_not_run),
		cmocka_unit_test(tests_are_known_by_their_names),
		cmocka_unit_test(given_globs_take_the_place_of_the_usual),
		cmocka_unit_test(a_repository_and_its_settings),
		cmocka_unit_test(a_setup_depends_on_what_its_command_names),
		cmocka_unit_test(a_command_is_enough_for_any_tree),
		cmocka_unit_test(runners_are_made_to_name_their_tests),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
