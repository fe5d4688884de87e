#include "lib/trial/detect.h"

#include <string.h>

#include "lib/base/glob.h"

static bool is_test_folder(const char *name, size_t n)
{
	static const char *const folders[] = {"test", "tests", "spec",  "specs",   "__tests__",
	                                      "t",    "Test",  "Tests", "testing", "testdata"};

	for (size_t i = 0; i < GP_COUNT(folders); i++)
		if (strncmp(folders[i], name, n) == 0 && !folders[i][n])
			return true;
	return false;
}

/* Most folders are told apart by two letters. */
static bool in_test_folder(const char *path)
{
	const char *slash;

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		size_t n = (size_t)(slash - path);

		if (n && n < 10 && strchr("tsT_", *path) && strchr("ep_/", path[1]) &&
		    is_test_folder(path, n))
			return true;
	}
	return false;
}

/* Every usual name has one of these, and few others do: most paths of a tree end here. */
static bool may_be_test(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return strstr(name, "est") || strstr(name, "pec") ||
	       (dot && (strcmp(dot, ".bats") == 0 || strcmp(dot, ".feature") == 0 ||
	                (dot[1] == 'j' && gp_ends(name, "IT.java"))));
}

/* What tests compare with and runners write anew when told to: changing one turns a test around,
 * wherever it is and whatever the project calls its tests. */
static bool is_snapshot(const char *path)
{
	static const char *const ends[] = {".snap", ".snap.new", ".ambr"};
	static const char *const parts[] = {".approved.", ".verified."};
	const char *at = path;

	for (; (at = strstr(at, "__snapshots__/")); at++)
		if (at == path || at[-1] == '/')
			return true;
	for (at = path; (at = strchr(at, '.')); at++) {
		if (at[1] != 's' && at[1] != 'a' && at[1] != 'v')
			continue;
		for (size_t i = 0; i < GP_COUNT(ends); i++)
			if (strcmp(at, ends[i]) == 0)
				return true;
		for (size_t i = 0; i < GP_COUNT(parts); i++)
			if (gp_starts(at, parts[i]))
				return true;
	}
	return false;
}

bool gp_is_test_path(const struct gp_test_paths *t, const char *path)
{
	static const char *const names[] = {
		"*_test.*", "*_tests.*", "*.test.*",   "*.tests.*",   "*.spec.*",   "*.test-d.*",
		"test_*.*", "*_spec.rb", "*_spec.lua", "test-*.*",    "*Test.java", "*Tests.*",
		"*Test.kt", "*Test.php", "*Test.cs",   "*Spec.*",     "*.bats",     "conftest.py",
		"*IT.java", "*-test.*",  "Test*.java", "tests.py",    "tests.rs",   "*TestCase.php",
		"test.c",   "test.js",   "test.py",    "*Test.scala", "*.feature",  "test.sh",
	};

	if (is_snapshot(path))
		return true;
	for (size_t i = 0; i < t->globs.n; i++)
		if (gp_glob_match(t->globs.v[i], path))
			return true;
	if (t->globs.n)
		return false;
	if (in_test_folder(path))
		return true;
	if (!may_be_test(path))
		return false;
	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (gp_glob_match(names[i], path))
			return true;
	return false;
}

bool gp_is_test_registry(const char *path)
{
	static const char *const names[] = {
		"Makefile",    "GNUmakefile",    "makefile",    "Makefile.am",
		"*.mk",        "CMakeLists.txt", "meson.build", "Cargo.toml",
		"*.cmake",     "Package.swift",  "BUILD",       "BUILD.bazel",
		"phpunit.xml", "MANIFEST",       "*.csproj",    "phpunit.xml.dist"};

	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (gp_glob_match(names[i], path))
			return true;
	return false;
}

void gp_test_paths_clear(struct gp_test_paths *t)
{
	gp_list_clear(&t->globs);
}
