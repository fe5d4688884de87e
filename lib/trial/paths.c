#include <string.h>

#include "lib/trial/detect.h"

/* '*' stands for any run, also across '/', so one star to go back to is enough. */
static bool glob(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			from = s;
		} else if (*pattern && (*pattern == '?' || *pattern == *s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == 0;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool in_folder(const char *path, const char *name)
{
	size_t n = strlen(name);
	const char *slash;

	for (; (slash = strchr(path, '/')); path = slash + 1)
		if ((size_t)(slash - path) == n && memcmp(path, name, n) == 0)
			return true;
	return false;
}

/* "tests/" is a folder at the top, a pattern with '/' is for the whole path, others for the name.
 */
static bool given(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '/')
		return strncmp(path, pattern, n) == 0;
	return glob(pattern, strchr(pattern, '/') ? path : base_of(path));
}

bool gp_is_test_path(const struct gp_test_paths *t, const char *path)
{
	static const char *const folders[] = {"test", "tests", "spec", "specs",   "__tests__",
	                                      "t",    "Tests", "Test", "testing", "testdata"};
	static const char *const names[] = {
		"*_test.*", "*_tests.*", "*.test.*",   "*.tests.*",   "*.spec.*",   "*.test-d.*",
		"test_*.*", "*_spec.rb", "*_spec.lua", "test-*.*",    "*Test.java", "*Tests.*",
		"*Test.kt", "*Test.php", "*Test.cs",   "*Spec.*",     "*.bats",     "conftest.py",
		"*IT.java", "*-test.*",  "Test*.java", "tests.py",    "tests.rs",   "*TestCase.php",
		"test.c",   "test.js",   "test.py",    "*Test.scala", "*.feature",  "test.sh",
	};

	for (size_t i = 0; i < t->globs.n; i++)
		if (given(t->globs.v[i], path))
			return true;
	if (t->globs.n)
		return false;
	for (size_t i = 0; i < GP_COUNT(folders); i++)
		if (in_folder(path, folders[i]))
			return true;
	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (glob(names[i], base_of(path)))
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
		if (glob(names[i], base_of(path)))
			return true;
	return false;
}

void gp_test_paths_clear(struct gp_test_paths *t)
{
	gp_list_clear(&t->globs);
}
