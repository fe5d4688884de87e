#include "lib/preview/run.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/trial/locked.h"

#define FILE_MAX ((size_t)8 << 20)

#include "lib/base/glob.h"

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

/* Whether the request or a flag allows what is locked. */
static bool is_allowed(const struct gp_preview *p, const char *path)
{
	gp_auto(gp_list) globs = {0};

	gp_conf_list(&globs, p->o->conf, "preview.allow-paths");
	for (size_t i = 0; i < globs.n; i++)
		if (gp_glob_match(globs.v[i], path))
			return true;
	return names(gp_buf_text(&p->request), last_component(path));
}

/* What the test made of a file is what the implementation starts from. */
static bool read_before(struct gp_buf *out, const struct gp_preview *p, const struct gp_change *c,
                        bool test)
{
	const struct gp_change *t = test ? NULL : gp_changes_get(&p->test.changes, c->path);
	unsigned mode;

	if (t)
		return t->mode && gp_buf_slice(out, gp_buf_all(&t->content)) == 0;
	return gp_repo_read(out, &mode, p->o->repo, &p->base_tree, c->path, FILE_MAX) == 0;
}

/* Whether a change touches what says how tests are run, or a test that is there; what: which. A
 * manifest that was not there changes nothing that was. */
static bool is_locked(struct gp_buf *what, const struct gp_preview *p, const struct gp_change *c,
                      bool test)
{
	gp_auto(gp_buf) before = {0};
	gp_auto(gp_buf) part = {0};
	const char *whole = gp_locked_whole(c->path);
	bool is_test = gp_is_test_path(&p->project.paths, c->path);

	if (whole)
		return gp_buf_str(what, whole) == 0;
	if (!read_before(&before, p, c, test))
		return false;
	if (gp_locked_part(&part, c->path, gp_buf_all(&before), gp_buf_all(&c->content), test)) {
		gp_buf_fmt(what, "it says how the tests run (%s)", gp_buf_text(&part));
	} else if (test && is_test && !c->mode) {
		gp_buf_str(what, "it is a test that is there, or helps one");
	} else if (test && is_test &&
	           gp_locked_test(&part, c->path, gp_buf_all(&before), gp_buf_all(&c->content))) {
		gp_buf_fmt(what, "of a test that is there %s", gp_buf_text(&part));
	}
	return what->n > 0;
}

static int guard(const struct gp_preview *p, const struct gp_change *c, bool test,
                 struct gp_buf *why)
{
	gp_auto(gp_buf) what = {0};

	if (is_allowed(p, c->path) || !is_locked(&what, p, c, test))
		return 0;
	gp_buf_fmt(why,
	           "policy: %s: %s; this may be changed only when the request names the file; "
	           "leave it as it is%s\n",
	           c->path, gp_buf_text(&what), test ? ", add to it or add a file" : "");
	return gp_fail(GP_REFUSED, "'%s' may not be changed", c->path);
}

bool gp_policy_unlocked(struct gp_buf *what, const struct gp_preview *p, const struct gp_change *c)
{
	const struct gp_change *t = gp_changes_get(&p->test.changes, c->path);

	return is_allowed(p, c->path) &&
	       ((t && is_locked(what, p, t, true)) || is_locked(what, p, c, false));
}

int gp_policy_test(const struct gp_preview *p, const struct gp_changes *c, struct gp_buf *why)
{
	size_t tests = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *path = c->v[i].path;

		if (guard(p, &c->v[i], true, why))
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
		if ((frozen && !gp_is_test_registry(path)) ||
		    gp_is_test_path(&p->project.paths, path)) {
			gp_buf_fmt(why,
			           "policy: %s: tests are frozen once red is proven; `implement` "
			           "may not touch "
			           "them. To change the test, call `test` again: red is then "
			           "proven anew\n",
			           path);
			return gp_fail(GP_REFUSED, "'%s' is frozen", path);
		}
		if (guard(p, &c->v[i], false, why))
			return GP_REFUSED;
	}
	return 0;
}
