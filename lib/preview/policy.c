#include "lib/preview/run.h"

#include <fnmatch.h>
#include <string.h>

/* Files that decide what runs, or whether a test counts: a patch may touch them only when the
 * request names them. Globs on the whole path and on the last component. */
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
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_guarded(const struct gp_preview *p, const char *path)
{
	const char *name = last_component(path);

	for (size_t i = 0; i < GP_COUNT(guarded); i++)
		if (fnmatch(guarded[i], path, 0) == 0 || fnmatch(guarded[i], name, 0) == 0)
			return !strstr(gp_buf_text(&p->request), name);
	return false;
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
