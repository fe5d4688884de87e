#include "lib/preview/run.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/glob.h"

/* Files that decide what runs, or whether a test counts: a patch may touch them only when the
 * request names them. */
static const char *const guarded[] = {
	".gitattributes",
	".gitmodules",
	".codexflow.ini",
	".github/*",
	".gitlab-ci.yml",
	".circleci/*",
	"Jenkinsfile",
	"azure-pipelines.yml",
	".travis.yml",
	".husky/*",
	".githooks/*",
	".pre-commit-config.yaml",
	"lefthook.yml",
	"package-lock.json",
	"npm-shrinkwrap.json",
	"pnpm-lock.yaml",
	"yarn.lock",
	"bun.lock",
	"Cargo.lock",
	"poetry.lock",
	"uv.lock",
	"Pipfile.lock",
	"Gemfile.lock",
	"composer.lock",
	"go.sum",
	"mix.lock",
	"pytest.ini",
	"tox.ini",
	"conftest.py",
	".coveragerc",
	"jest.config.*",
	"vitest.config.*",
	".mocharc*",
	"phpunit.xml*",
	".rspec",
	"karma.conf.*",
	"playwright.config.*",
	"ava.config.*",
	"bunfig.toml",
	".taprc",
	/* read before the tests, or in place of the runner */
	".npmrc",
	".yarnrc*",
	".cargo/*",
	".mvn/*",
	"sitecustomize.py",
	"usercustomize.py",
	"*.pth",
	"unittest.py",
	"unittest/*",
	"pytest.py",
	"pytest/*",
	"_pytest/*",
	/* what others wrote, and what a setup step puts there */
	"node_modules/*",
	"*/node_modules/*",
	"*/site-packages/*",
	".venv/*",
	"venv/*",
	/* run by editors and shells of those who look at the branch */
	".vscode/*",
	".idea/*",
	".devcontainer/*",
	".envrc",
};

/* Files that an implementation may need to change, but that also say how tests are run. */
static const char *const runners[] = {
	"package.json",  "pyproject.toml", "setup.cfg",  "setup.py",     "noxfile.py",
	"vite.config.*", "build.gradle*",  "pom.xml",    "Rakefile",     "mix.exs",
	"composer.json", "Gemfile",        "deno.json*", "turbo.json",   "nx.json",
	"*.csproj",      "*.props",        "*.targets",  "configure.ac", "SConstruct",
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool matches(const char *const *globs, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (gp_glob_match(globs[i], path))
			return true;
	return false;
}

/* Whether a text names the file: as a word, or the end of one as of a path. */
static bool names(const char *text, const char *file)
{
	size_t n = strlen(file);

	for (const char *at = text; at && (at = strstr(at, file)); at += n)
		if ((at == text || !(isalnum((unsigned char)at[-1]) || strchr("._-", at[-1]))) &&
		    !(isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '-'))
			return true;
	return false;
}

bool gp_policy_runs_tests(const struct gp_preview *p, const char *path)
{
	return gp_is_test_registry(path) || matches(runners, GP_COUNT(runners), path) ||
	       names(p->project.suite, path) || names(p->project.only, path);
}

static bool is_guarded(const struct gp_preview *p, const char *path)
{
	return matches(guarded, GP_COUNT(guarded), path) &&
	       !names(gp_buf_text(&p->request), last_component(path));
}

static int guard(const struct gp_preview *p, const struct gp_change *c, struct gp_buf *why)
{
	if (!is_guarded(p, c->path))
		return 0;
	gp_buf_fmt(why,
	           "policy: %s: this file may be changed only when the request names it; "
	           "leave it as it is\n",
	           c->path);
	return gp_fail(GP_REFUSED, "'%s' may not be changed", c->path);
}

int gp_policy_test(const struct gp_preview *p, const struct gp_changes *c, struct gp_buf *why)
{
	size_t tests = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *path = c->v[i].path;

		if (guard(p, &c->v[i], why))
			return GP_REFUSED;
		if (gp_is_test_path(&p->project.paths, path)) {
			tests += c->v[i].mode != 0;
		} else if (!gp_is_test_registry(path)) {
			gp_buf_fmt(why,
			           "policy: %s: `test` takes test files only; send it with "
			           "`implement`\n",
			           path);
			return gp_fail(GP_REFUSED, "'%s' is no test file", path);
		}
	}
	if (tests)
		return 0;
	gp_buf_str(why, "policy: the patch adds or changes no test file\n");
	return gp_fail(GP_REFUSED, "the patch adds or changes no test file");
}

int gp_policy_code(const struct gp_preview *p, const struct gp_changes *c, struct gp_buf *why)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *path = c->v[i].path;
		const struct gp_change *frozen = gp_changes_get(&p->test.changes, path);

		if (frozen && frozen->mode == c->v[i].mode &&
		    gp_slice_eq(gp_buf_all(&frozen->content), gp_buf_all(&c->v[i].content)))
			continue;
		if (frozen && gp_is_test_registry(path))
			continue;
		if (frozen || gp_is_test_path(&p->project.paths, path)) {
			gp_buf_fmt(why,
			           "policy: %s: tests are frozen once red is proven; `implement` "
			           "may not touch "
			           "them. To change the test, call `test` again: red is then "
			           "proven anew\n",
			           path);
			return gp_fail(GP_REFUSED, "'%s' is frozen", path);
		}
		if (guard(p, &c->v[i], why))
			return GP_REFUSED;
	}
	return 0;
}
