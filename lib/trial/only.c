#include <string.h>

#include "lib/trial/detect.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By these names a runner knows a file of tests from one that only helps them. */
static const struct {
	const char *runner;
	const char *ends[12];
	const char *starts; /* of the name, with the first end */
	const char *under;  /* a folder that makes every file with an end a test */
} shapes[] = {
	{"pytest", {".py", "_test.py"}, "test_", NULL},
	{"unittest", {".py", "_test.py"}, "test", NULL},
	{"go", {"_test.go"}, NULL, NULL},
	{"cargo", {".rs"}, NULL, "tests/"},
	{"maven",
         {"Test.java", "Tests.java", "IT.java", "Test.kt", "Spec.groovy", "TestCase.java"},
         NULL,
         NULL},
	{"gradle",
         {"Test.java", "Tests.java", "IT.java", "Test.kt", "Tests.kt", "Spec.groovy"},
         NULL,
         NULL},
	{"rspec", {"_spec.rb"}, NULL, NULL},
	{"phpunit", {"Test.php"}, NULL, NULL},
	{"mix", {"_test.exs"}, NULL, NULL},
	{"dotnet", {"Tests.cs", "Test.cs", "Tests.fs", "Test.fs", "Tests.vb"}, NULL, NULL},
	{"prove", {".t"}, NULL, NULL},
	{"bats", {".bats"}, NULL, NULL},
	{"node", {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx"}, NULL, ""},
	{"mocha", {".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", ".jsx"}, NULL, ""},
	{"tape", {".js", ".mjs", ".cjs", ".ts"}, NULL, ""},
	{"tap", {".js", ".mjs", ".cjs", ".ts"}, NULL, ""},
	{"ava", {".js", ".mjs", ".cjs", ".ts"}, NULL, ""},
	{"jest",
         {".test.js", ".test.ts", ".test.jsx", ".test.tsx", ".spec.js", ".spec.ts", ".spec.jsx",
          ".spec.tsx", ".test.mjs", ".test.cjs"},
         NULL,
         NULL},
	{"vitest",
         {".test.js", ".test.ts", ".test.jsx", ".test.tsx", ".spec.js", ".spec.ts", ".spec.jsx",
          ".spec.tsx", ".test.mjs", ".test.mts"},
         NULL,
         NULL},
};

static bool is_data(const char *path)
{
	static const char *const ends[] = {".json", ".md",   ".txt", ".snap", ".ambr",
	                                   ".yml",  ".yaml", ".h",   ".hpp",  ".toml",
	                                   ".ini",  ".csv",  ".xml", ".html", ".lock"};

	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_ends(path, ends[i]))
			return true;
	return strcmp(base_of(path), "__init__.py") == 0 ||
	       strcmp(base_of(path), "conftest.py") == 0;
}

static bool helps_only(const char *path)
{
	return strstr(path, "helper") || strstr(path, "fixture") || strstr(path, "support/") ||
	       strstr(path, "setup.") || strstr(path, "utils.") || strstr(path, "mocks/");
}

static bool qualifies(const struct gp_project *p, const char *path)
{
	bool own = p->only_from && gp_starts(p->only_from, "[test]");
	const char *name = base_of(path);

	if (!gp_is_test_path(&p->paths, path) || is_data(path))
		return false;
	for (size_t i = 0; i < GP_COUNT(shapes) && !own && p->runner; i++) {
		if (strcmp(shapes[i].runner, p->runner) != 0)
			continue;
		for (size_t k = 0; k < GP_COUNT(shapes[i].ends) && shapes[i].ends[k]; k++)
			if (gp_ends(name, shapes[i].ends[k]) &&
			    (k > 0 || !shapes[i].starts || gp_starts(name, shapes[i].starts)) &&
			    (!shapes[i].under ||
			     (*shapes[i].under ? gp_starts(path, shapes[i].under)
			                       : !helps_only(path))))
				return true;
		return gp_starts(shapes[i].ends[0], ".test.") && strstr(path, "__tests__/") &&
		       !helps_only(path) &&
		       (gp_ends(name, "js") || gp_ends(name, "ts") || gp_ends(name, "sx"));
	}
	return true;
}

static void quote(struct gp_buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./-+,:@%=";

	if (*s && s[strspn(s, plain)] == 0) {
		gp_buf_str(out, s);
		return;
	}
	gp_buf_chr(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			gp_buf_str(out, "'\\''");
		else
			gp_buf_chr(out, *s);
	}
	gp_buf_chr(out, '\'');
}

/* A name that begins with '-' would be an option. */
static void path_word(struct gp_list *words, const char *path)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b, "%s%s", path[0] == '-' ? "./" : "", path);
	gp_list_add(words, gp_buf_text(&b));
}

static void package_word(struct gp_list *words, const char *path)
{
	const char *slash = strrchr(path, '/');
	gp_auto(gp_buf) b = {0};

	gp_buf_str(&b, "./");
	gp_buf_add(&b, path, slash ? (size_t)(slash - path) : 0);
	if (!gp_list_has(words, gp_buf_text(&b)))
		gp_list_add(words, gp_buf_text(&b));
}

static void stem_word(struct gp_list *words, const char *path, const char *flag)
{
	const char *name = base_of(path), *dot = strrchr(name, '.');

	if (flag)
		gp_list_add(words, flag);
	gp_list_addn(words, name, dot ? (size_t)(dot - name) : strlen(name));
}

static bool is(const struct gp_project *p, const char *runner)
{
	return p->runner && strcmp(p->runner, runner) == 0 &&
	       !(p->only_from && gp_starts(p->only_from, "[test]"));
}

static void add_word(struct gp_list *words, const struct gp_project *p, const char *path)
{
	if (is(p, "go"))
		package_word(words, path);
	else if (is(p, "cargo"))
		stem_word(words, path, "--test");
	else if (is(p, "gradle"))
		stem_word(words, path, "--tests");
	else if (is(p, "maven") || is(p, "dotnet"))
		stem_word(words, path, NULL);
	else
		path_word(words, path);
}

/* Java's and .NET's runners take one word for all classes. */
static void write_words(struct gp_buf *out, const struct gp_project *p, const struct gp_list *words)
{
	gp_auto(gp_buf) one = {0};
	bool joined = is(p, "maven") || is(p, "dotnet");

	for (size_t i = 0; i < words->n; i++) {
		if (joined) {
			gp_buf_fmt(&one, "%s%s%s",
			           i == 0           ? ""
			           : is(p, "maven") ? ","
			                            : "|",
			           is(p, "dotnet") ? "FullyQualifiedName~" : "", words->v[i]);
			continue;
		}
		if (i)
			gp_buf_chr(out, ' ');
		quote(out, words->v[i]);
	}
	if (joined)
		quote(out, gp_buf_text(&one));
}

/* Only files directly in tests/ are targets of their own to cargo; phpunit takes one file. */
static bool expressible(const struct gp_project *p, const char *path, size_t n)
{
	if (is(p, "cargo"))
		return !strchr(path + strlen("tests/"), '/');
	return n == 0 || !is(p, "phpunit");
}

int gp_project_only(struct gp_buf *out, const struct gp_project *p,
                    const struct gp_changes *changes)
{
	gp_auto(gp_list) paths = {0};
	gp_auto(gp_list) words = {0};
	struct gp_slice rest = gp_slice(p->only);
	const char *at = gp_find(rest, "{files}");

	for (size_t i = 0; at && i < changes->n; i++)
		if (changes->v[i].mode != 0 && changes->v[i].mode != 0120000 &&
		    qualifies(p, changes->v[i].path))
			gp_list_add(&paths, changes->v[i].path);
	gp_list_sort(&paths);
	for (size_t i = 0; i < paths.n; i++) {
		if (!expressible(p, paths.v[i], i))
			return gp_buf_str(out, p->suite);
		add_word(&words, p, paths.v[i]);
	}
	if (words.n == 0)
		return gp_buf_str(out, p->suite);
	for (; (at = gp_find(rest, "{files}"));
	     rest.n -= (size_t)(at + 7 - rest.p), rest.p = at + 7) {
		gp_buf_add(out, rest.p, (size_t)(at - rest.p));
		write_words(out, p, &words);
	}
	return gp_buf_slice(out, rest);
}
