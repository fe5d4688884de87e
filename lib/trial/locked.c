#include "lib/trial/locked_in.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#define CI "it decides what the project checks"
#define RUNNER "it says how the tests run"
#define HOOK "it runs by itself"
#define BEFORE "it is read before the tests, or in place of their runner"
#define LOCK "it says what others' code is used"
#define COVERAGE "it says what must be covered"
#define LINT "it says what is complained about"
#define OTHERS "others wrote it"
#define SETTINGS "it says how git treats files, or what this program does"

/* Globs on the whole path and on the last component. A new row is all that a new file needs. */
static const struct {
	const char *glob, *why;
} whole[] = {
	{".gitattributes", SETTINGS},
	{".gitmodules", SETTINGS},
	{".codexflow.ini", SETTINGS},
	{".github/*", CI},
	{".gitlab-ci.yml", CI},
	{".gitlab-ci/*", CI},
	{".circleci/*", CI},
	{".buildkite/*", CI},
	{".gitea/*", CI},
	{".forgejo/*", CI},
	{".woodpecker*", CI},
	{".drone.yml", CI},
	{"Jenkinsfile", CI},
	{"azure-pipelines.yml", CI},
	{"bitbucket-pipelines.yml", CI},
	{"appveyor.yml", CI},
	{".travis.yml", CI},
	{".husky/*", HOOK},
	{".githooks/*", HOOK},
	{".pre-commit-config.yaml", HOOK},
	{"lefthook.yml", HOOK},
	{".vscode/*", HOOK},
	{".idea/*", HOOK},
	{".devcontainer/*", HOOK},
	{".envrc", HOOK},
	{"package-lock.json", LOCK},
	{"npm-shrinkwrap.json", LOCK},
	{"pnpm-lock.yaml", LOCK},
	{"yarn.lock", LOCK},
	{"bun.lock", LOCK},
	{"Cargo.lock", LOCK},
	{"poetry.lock", LOCK},
	{"uv.lock", LOCK},
	{"Pipfile.lock", LOCK},
	{"Gemfile.lock", LOCK},
	{"composer.lock", LOCK},
	{"go.sum", LOCK},
	{"mix.lock", LOCK},
	{"pytest.ini", RUNNER},
	{".pytest.ini", RUNNER},
	{"tox.ini", RUNNER},
	{"noxfile.py", RUNNER},
	{"conftest.py", RUNNER},
	{"jest.config.*", RUNNER},
	{"jest.setup.*", RUNNER},
	{"vitest.config.*", RUNNER},
	{"vitest.setup.*", RUNNER},
	{"vitest.workspace.*", RUNNER},
	{".mocharc*", RUNNER},
	{"mocha.opts", RUNNER},
	{"phpunit.xml*", RUNNER},
	{".rspec", RUNNER},
	{"karma.conf.*", RUNNER},
	{"playwright.config.*", RUNNER},
	{"cypress.config.*", RUNNER},
	{"wdio.conf.*", RUNNER},
	{"nightwatch.conf.*", RUNNER},
	{"ava.config.*", RUNNER},
	{"testem.*", RUNNER},
	{"bunfig.toml", RUNNER},
	{".taprc", RUNNER},
	{".proverc", RUNNER},
	{".config/nextest.toml", RUNNER},
	{"junit-platform.properties", RUNNER},
	{"testng.xml", RUNNER},
	{"CTestConfig.cmake", RUNNER},
	{"CTestCustom.cmake*", RUNNER},
	{"CTestTestfile.cmake", RUNNER},
	{".bazelrc", RUNNER},
	{".npmrc", BEFORE},
	{".yarnrc*", BEFORE},
	{".cargo/*", BEFORE},
	{".mvn/*", BEFORE},
	{"rust-toolchain*", BEFORE},
	{"sitecustomize.py", BEFORE},
	{"usercustomize.py", BEFORE},
	{"*.pth", BEFORE},
	{"unittest.py", BEFORE},
	{"unittest/*", BEFORE},
	{"pytest.py", BEFORE},
	{"pytest/*", BEFORE},
	{"_pytest/*", BEFORE},
	{".coveragerc", COVERAGE},
	{".nycrc*", COVERAGE},
	{".c8rc*", COVERAGE},
	{".simplecov", COVERAGE},
	{"codecov.yml", COVERAGE},
	{".codecov.yml", COVERAGE},
	{".coveralls.yml", COVERAGE},
	{".eslintrc*", LINT},
	{"eslint.config.*", LINT},
	{".eslintignore", LINT},
	{"biome.json*", LINT},
	{".pylintrc", LINT},
	{".flake8", LINT},
	{"ruff.toml", LINT},
	{".ruff.toml", LINT},
	{"mypy.ini", LINT},
	{".rubocop.yml", LINT},
	{".golangci.*", LINT},
	{"clippy.toml", LINT},
	{".clang-tidy", LINT},
	{"phpstan.neon*", LINT},
	{"sonar-project.properties", LINT},
	{"node_modules/*", OTHERS},
	{"*/node_modules/*", OTHERS},
	{"*/site-packages/*", OTHERS},
	{".venv/*", OTHERS},
	{"venv/*", OTHERS},
};

static const char *const npm[] = {"scripts", "jest",        "mocha",      "ava",
                                  "vitest",  "nyc",         "c8",         "tap",
                                  "husky",   "lint-staged", "pre-commit", "eslintConfig",
                                  "tasks",   "test",        "lint",       "simple-git-hooks",
                                  NULL};
static const char *const python[] = {
	"tool.pytest",      "tool.tox",     "tool.coverage", "tool.nox",    "tool.hatch.envs",
	"tool.ruff",        "tool.mypy",    "tool.pylint",   "tool.flake8", "tool.poe",
	"tool.pdm.scripts", "build-system", "tool:pytest",   "pytest",      "coverage",
	"flake8",           "mypy",         "aliases",       "test",        NULL};
static const char *const cargo[] = {
	"profile",         "test", "bench", "lints", "lib.test", "lib.harness", "package.autotests",
	"workspace.lints", NULL};
static const char *const make[] = {"check",     "test", "TEST",     "CHECK", "SHELL",
                                   "MAKEFLAGS", "lint", "coverage", NULL};
static const char *const statements[] = {"test",     "Test",  "TEST",  "surefire",
                                         "failsafe", "junit", "JUnit", "pytest",
                                         "jacoco",   "cover", NULL};

/* Manifests that hold more than how tests are run. */
static const struct {
	const char *glob;
	void (*read)(struct gp_list *out, struct gp_slice text, const char *const *words);
	const char *const *words;
} mixed[] = {
	{"package.json", gp_locked_members, npm},
	{"composer.json", gp_locked_members, npm},
	{"deno.json*", gp_locked_members, npm},
	{"turbo.json", gp_locked_members, npm},
	{"nx.json", gp_locked_members, npm},
	{"pyproject.toml", gp_locked_sections, python},
	{"setup.cfg", gp_locked_sections, python},
	{"Cargo.toml", gp_locked_sections, cargo},
	{"Makefile", gp_locked_rules, make},
	{"makefile", gp_locked_rules, make},
	{"GNUmakefile", gp_locked_rules, make},
	{"Makefile.am", gp_locked_rules, make},
	{"*.mk", gp_locked_rules, make},
	{"CMakeLists.txt", gp_locked_statements, statements},
	{"*.cmake", gp_locked_statements, statements},
	{"meson.build", gp_locked_statements, statements},
	{"build.gradle*", gp_locked_statements, statements},
	{"pom.xml", gp_locked_statements, statements},
	{"Rakefile", gp_locked_statements, statements},
	{"mix.exs", gp_locked_statements, statements},
	{"vite.config.*", gp_locked_statements, statements},
	{"setup.py", gp_locked_statements, statements},
	{"configure.ac", gp_locked_statements, statements},
	{"*.csproj", gp_locked_statements, statements},
	{"*.props", gp_locked_statements, statements},
	{"*.targets", gp_locked_statements, statements},
	{"SConstruct", gp_locked_statements, statements},
	{"Package.swift", gp_locked_statements, statements},
};

static bool is_named(const char *glob, const char *path)
{
	const char *slash = strrchr(path, '/');

	return fnmatch(glob, path, 0) == 0 || (slash && fnmatch(glob, slash + 1, 0) == 0);
}

const char *gp_locked_whole(const char *path)
{
	for (size_t i = 0; i < GP_COUNT(whole); i++)
		if (is_named(whole[i].glob, path))
			return whole[i].why;
	return NULL;
}

/* A word that adds a test to a list: no operator, no option, no variable of the shell. */
static bool is_plain(struct gp_slice word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!isalnum((unsigned char)word.p[i]) && !strchr("._/-,\"'()\\:[]", word.p[i]))
			return false;
	return word.n && *word.p != '-' && !gp_slice_is(word, "true");
}

static bool next_word(struct gp_slice *out, struct gp_slice *rest)
{
	size_t n = 0;

	*rest = gp_trim(*rest);
	while (n < rest->n && !isspace((unsigned char)rest->p[n]))
		n++;
	*out = (struct gp_slice){rest->p, n};
	*rest = (struct gp_slice){rest->p + n, rest->n - n};
	return n > 0;
}

/* Whether b is a with further plain words in it. */
static bool is_grown(const char *a, const char *b)
{
	struct gp_slice old = gp_slice(a), new = gp_slice(b), want, got;
	bool more = next_word(&want, &old);

	while (next_word(&got, &new)) {
		if (more && gp_slice_eq(got, want))
			more = next_word(&want, &old);
		else if (!is_plain(got))
			return false;
	}
	return !more;
}

static bool has_grown(const struct gp_list *in, const char *part)
{
	for (size_t i = 0; i < in->n; i++)
		if (is_grown(part, in->v[i]))
			return true;
	return false;
}

static void tell(struct gp_buf *what, const char *part)
{
	struct gp_slice rest = gp_slice(part), line = {"", 0};

	while (gp_line(&line, &rest) && !gp_trim(line).n)
		;
	line = gp_trim(line);
	gp_buf_visible(what, (struct gp_slice){line.p, line.n < 80 ? line.n : 80});
}

bool gp_locked_part(struct gp_buf *what, const char *path, struct gp_slice before,
                    struct gp_slice after, bool grow)
{
	gp_auto(gp_list) old = {0};
	gp_auto(gp_list) new = {0};
	size_t k = 0;

	while (k < GP_COUNT(mixed) && !is_named(mixed[k].glob, path))
		k++;
	if (k == GP_COUNT(mixed))
		return false;
	mixed[k].read(&old, before, mixed[k].words);
	mixed[k].read(&new, after, mixed[k].words);
	for (size_t i = 0; i < old.n; i++)
		if (!gp_list_has(&new, old.v[i]) && !(grow && has_grown(&new, old.v[i]))) {
			tell(what, old.v[i]);
			return true;
		}
	for (size_t i = 0; i < new.n && !grow; i++)
		if (!gp_list_has(&old, new.v[i])) {
			tell(what, new.v[i]);
			return true;
		}
	return false;
}

static bool is_program(const char *path)
{
	static const char *const exts[] = {
		".py",     ".js",      ".mjs", ".cjs",   ".jsx",  ".ts",   ".tsx",    ".mts",
		".cts",    ".go",      ".rs",  ".rb",    ".php",  ".c",    ".cc",     ".cpp",
		".cxx",    ".h",       ".hpp", ".hh",    ".java", ".kt",   ".kts",    ".scala",
		".groovy", ".cs",      ".fs",  ".swift", ".sh",   ".bash", ".bats",   ".t",
		".pl",     ".pm",      ".ex",  ".exs",   ".erl",  ".lua",  ".m",      ".dart",
		".snap",   ".feature", ".hs",  ".ml",    ".clj",  ".vue",  ".svelte",
	};

	for (size_t i = 0; i < GP_COUNT(exts); i++)
		if (gp_ends(path, exts[i]))
			return true;
	return false;
}

/* Lines that are changed to add a test and assert nothing: imports, closing brackets, counts of
 * tests, a status that is always good. */
static bool may_change(struct gp_slice line)
{
	static const char *const heads[] = {"import",  "from ",    "use ",     "using ",
	                                    "require", "#include", "package ", "} from",
	                                    "const {", "1..",      "plan ",    "mod "};

	line = gp_trim(line);
	if (gp_find(line, "\"1..") || gp_find(line, "'1..") || gp_find(line, "echo 1..") ||
	    gp_find(line, "plan(") || gp_find(line, "plan tests") ||
	    gp_slice_is(line, "return 0;") || gp_slice_is(line, "exit 0"))
		return true;
	for (size_t i = 0; i < GP_COUNT(heads); i++)
		if (line.n >= strlen(heads[i]) && memcmp(line.p, heads[i], strlen(heads[i])) == 0)
			return i != 8 || gp_find(line, "require(");
	for (size_t i = 0; i < line.n; i++)
		if (!strchr("(){}[],;", line.p[i]))
			return line.n > 8 && memcmp(line.p, "const ", 6) == 0 &&
			       gp_find(line, "= require(");
	return true;
}

/* A line that ends a list gets a comma when something is added. */
static bool is_same(struct gp_slice old, struct gp_slice new)
{
	return gp_slice_eq(old, new) ||
	       (new.n == old.n + 1 && new.p[old.n] == ',' && memcmp(old.p, new.p, old.n) == 0);
}

static void tell_line(struct gp_buf *what, long n, struct gp_slice line)
{
	gp_buf_fmt(what, "line %ld is changed or taken away: ", n);
	line = gp_trim(line);
	gp_buf_visible(what, (struct gp_slice){line.p, line.n < 80 ? line.n : 80});
}

/* What was there must be found again in its order, whatever stands between. */
bool gp_locked_test(struct gp_buf *what, const char *path, struct gp_slice before,
                    struct gp_slice after)
{
	struct gp_slice line, new;

	if (gp_slice_eq(before, after))
		return false;
	if (!is_program(path)) {
		gp_buf_str(what, "it is data that tests go by");
		return true;
	}
	for (long n = 1; gp_line(&line, &before); n++) {
		bool found = may_change(line);

		while (!found && gp_line(&new, &after))
			found = is_same(line, new);
		if (!found) {
			tell_line(what, n, line);
			return true;
		}
	}
	return false;
}
