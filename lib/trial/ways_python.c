#include <string.h>

#include "lib/trial/scan.h"
#include "lib/trial/ways.h"

static const char *const requirements[] = {"requirements.txt",      "requirements-dev.txt",
                                           "requirements-test.txt", "requirements_dev.txt",
                                           "test-requirements.txt", "dev-requirements.txt",
                                           "requirements-tests.txt"};

/* A pip requirements file names something besides comments and options. */
static bool names_any(const struct gp_view *v, const char *file)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice rest, line;

	if (!gp_view_has(v, file))
		return false;
	gp_view_read(&b, v, file);
	rest = gp_buf_all(&b);
	while (gp_line(&line, &rest)) {
		line = gp_trim(line);
		if (line.n && line.p[0] != '#' && line.p[0] != '-')
			return true;
	}
	return false;
}

/* Whether pyproject.toml's [project] has dependencies that are not an empty list. */
static bool project_depends(const struct gp_view *v)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice rest, line, cut;
	bool in = false;

	if (!gp_view_has(v, "pyproject.toml"))
		return false;
	gp_view_read(&b, v, "pyproject.toml");
	rest = gp_buf_all(&b);
	while (gp_line(&line, &rest)) {
		line = gp_trim(line);
		if (line.n && line.p[0] == '[')
			in = gp_slice_is(line, "[project]");
		if (in && gp_head(line, "dependencies", &cut) && !gp_find(cut, "[]"))
			return true;
	}
	return gp_find(gp_buf_all(&b), "[project.optional-dependencies]") != NULL;
}

static const char *extra_of(const struct gp_view *v)
{
	static const char *const extras[] = {"test", "tests", "testing", "dev"};
	gp_auto(gp_buf) b = {0};
	struct gp_slice rest, line, cut;
	const char *at;

	gp_view_read(&b, v, "pyproject.toml");
	at = gp_find(gp_buf_all(&b), "[project.optional-dependencies]");
	rest = gp_skip(gp_buf_all(&b), at ? (size_t)(at - b.p) + 1 : b.n);
	while (gp_line(&line, &rest) && !gp_head(line, "[", NULL))
		for (size_t i = 0; i < GP_COUNT(extras); i++)
			if (gp_head(line, extras[i], &cut) && gp_head(gp_trim(cut), "=", NULL))
				return extras[i];
	return NULL;
}

static void lock(struct gp_project *p, const struct gp_view *v, const char *name)
{
	if (gp_view_has(v, name))
		gp_list_add(&p->locks, name);
}

/* Managers that bring their own environments. */
static bool by_manager(struct gp_project *p, const struct gp_view *v, const char **python)
{
	static const struct {
		const char *lock, *setup, *python;
	} table[] = {
		{"uv.lock", "uv sync --all-extras --all-groups", ".venv/bin/python"},
		{"poetry.lock",
	         "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction",
	         ".venv/bin/python"},
		{"pdm.lock", "pdm install --dev", ".venv/bin/python"},
		{"Pipfile.lock", "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev", ".venv/bin/python"},
	};

	for (size_t i = 0; i < GP_COUNT(table); i++) {
		if (!gp_view_has(v, table[i].lock))
			continue;
		gp_way(&p->setup, "%s", table[i].setup);
		gp_way(&p->setup_from, "%s", table[i].lock);
		gp_list_add(&p->locks, table[i].lock);
		lock(p, v, "pyproject.toml");
		*python = table[i].python;
		return true;
	}
	return false;
}

/* The interpreter to run tests with; sets up an environment when something has to be installed. */
static const char *environment(struct gp_project *p, const struct gp_view *v, bool pytest)
{
	const char *python = "python3", *extra;
	gp_auto(gp_buf) args = {0};
	const char *from = NULL;

	if (by_manager(p, v, &python))
		return python;
	for (size_t i = 0; i < GP_COUNT(requirements); i++)
		if (names_any(v, requirements[i])) {
			gp_buf_fmt(&args, " -r %s", requirements[i]);
			gp_list_add(&p->locks, requirements[i]);
			from = from ? from : requirements[i];
		}
	if (project_depends(v)) {
		extra = extra_of(v);
		gp_buf_fmt(&args, extra ? " -e '.[%s]'" : " -e .", extra);
		gp_list_add(&p->locks, "pyproject.toml");
		from = from ? from : "pyproject.toml";
	}
	if (!from)
		return python;
	gp_way(&p->setup, "python3 -m venv .venv && .venv/bin/pip install -q%s%s",
	       gp_buf_text(&args), pytest ? " pytest" : "");
	gp_way(&p->setup_from, "%s", from);
	return ".venv/bin/python";
}

static const char *pytest_sign(const struct gp_view *v)
{
	static const struct {
		const char *file, *says, *from;
	} signs[] = {
		{"pytest.ini", NULL, "pytest.ini"},
		{"conftest.py", NULL, "conftest.py"},
		{"pyproject.toml", "[tool.pytest", "pyproject.toml [tool.pytest]"},
		{"pyproject.toml", "pytest", "pyproject.toml"},
		{"setup.cfg", "[tool:pytest]", "setup.cfg [tool:pytest]"},
		{"tox.ini", "pytest", "tox.ini"},
		{"setup.py", "pytest", "setup.py"},
		{"Pipfile", "pytest", "Pipfile"},
	};

	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_view_has(v, signs[i].file) &&
		    (!signs[i].says || gp_view_says(v, signs[i].file, signs[i].says)))
			return signs[i].from;
	for (size_t i = 0; i < GP_COUNT(requirements); i++)
		if (gp_view_says(v, requirements[i], "pytest"))
			return requirements[i];
	return gp_view_test(v, "/conftest.py");
}

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folder that holds the unittest files: "" for the top, NULL for none. *first is one of them.
 */
static const char *unittest_folder(const struct gp_view *v, bool *suffixed, const char **first)
{
	static const char *const folders[] = {"tests", "test", ""};

	for (size_t k = 0; k < GP_COUNT(folders); k++)
		for (size_t i = 0; i < v->tests.n; i++) {
			const char *path = v->tests.v[i], *name = last_of(path);
			size_t n = strlen(folders[k]);

			if (!gp_ends(name, ".py") || strcmp(name, "__init__.py") == 0)
				continue;
			if (n ? strncmp(path, folders[k], n) != 0 || path[n] != '/' : path != name)
				continue;
			*suffixed = gp_ends(name, "_test.py");
			*first = path;
			if (gp_starts(name, "test") || *suffixed)
				return folders[k];
		}
	return NULL;
}

static bool has_path(const struct gp_view *v, const char *folder, const char *name)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b, "%s/%s", folder, name);
	return gp_list_has(&v->tests, gp_buf_text(&b));
}

/* Files of a folder without __init__.py import their siblings by name, so it joins the path. */
static void use_unittest(struct gp_project *p, const struct gp_view *v, const char *folder,
                         const char *python, bool suffixed)
{
	bool package = *folder && has_path(v, folder, "__init__.py");
	bool src = gp_list_has(&v->tops, "src") && strcmp(python, "python3") == 0;
	gp_auto(gp_buf) start = {0};
	gp_auto(gp_buf) path = {0};

	if (*folder)
		gp_buf_fmt(&start, " -s %s%s", folder, package ? " -t ." : "");
	if (suffixed)
		gp_buf_str(&start, " -p '*_test.py'");
	if (src)
		gp_buf_str(&path, "PYTHONPATH=src ");
	gp_way(&p->runner, "unittest");
	gp_way(&p->suite, "%s%s -m unittest discover -v%s", gp_buf_text(&path), python,
	       gp_buf_text(&start));
	gp_way(&p->suite_from, *folder ? "%s/" : "test files%s", folder);
	gp_buf_cut(&path, 0);
	if (src || (*folder && !package))
		gp_buf_fmt(&path, "PYTHONPATH=%s%s%s ", src ? "src" : "",
		           src && *folder && !package ? ":" : "", package ? "" : folder);
	gp_way(&p->only, "%s%s -m unittest -v {files}", gp_buf_text(&path), python);
	gp_way(&p->only_from, "%s", p->suite_from);
}

/* Functions outside any class are tests for pytest alone: unittest would pass over them. */
static bool is_for_pytest(const struct gp_view *v, const char *path)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice rest, line;
	bool functions = false;

	gp_view_read(&b, v, path);
	rest = gp_buf_all(&b);
	while (gp_line(&line, &rest)) {
		if (gp_head(line, "import pytest", NULL) || gp_head(line, "from pytest", NULL))
			return true;
		functions |=
			gp_head(line, "def test", NULL) || gp_head(line, "async def test", NULL);
	}
	return functions && !gp_find(gp_buf_all(&b), "TestCase") &&
	       !gp_find(gp_buf_all(&b), "load_tests");
}

static void use_pytest(struct gp_project *p, const struct gp_view *v, const char *sign)
{
	const char *python = environment(p, v, true);

	gp_ways(p, "pytest", sign, "", "", NULL);
	gp_way(&p->suite, "%s -m pytest -v", python);
	gp_way(&p->only, "%s -m pytest -v {files}", python);
}

bool gp_ways_python(struct gp_project *p, const struct gp_view *v)
{
	static const char *const manifests[] = {"pyproject.toml", "setup.py", "setup.cfg",
	                                        "tox.ini", "Pipfile"};
	const char *sign = pytest_sign(v);
	bool manifest = sign != NULL;

	for (size_t i = 0; i < GP_COUNT(manifests); i++)
		manifest |= gp_view_has(v, manifests[i]);
	for (size_t i = 0; i < GP_COUNT(requirements); i++)
		manifest |= gp_view_has(v, requirements[i]);
	if (!manifest)
		return false;
	if (!sign)
		return gp_ways_python_files(p, v);
	use_pytest(p, v, sign);
	return true;
}

bool gp_ways_python_files(struct gp_project *p, const struct gp_view *v)
{
	bool suffixed = false;
	const char *file = NULL, *folder = unittest_folder(v, &suffixed, &file);

	if (!folder)
		return false;
	if (is_for_pytest(v, file))
		use_pytest(p, v, file);
	else
		use_unittest(p, v, folder, environment(p, v, false), suffixed);
	return true;
}
