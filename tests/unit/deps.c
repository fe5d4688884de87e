#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/file.h"
#include "lib/vet/dependencies.h"
#include "lib/vet/toml.h"

static void trees_are_as_json(void **state)
{
	gp_auto_json struct cJSON *toml = NULL, *yaml = NULL;
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) b = {0};

	(void)state;
	assert_int_equal(
		gp_toml_parse(&toml, GP_SLICE("# c\na = 'x'\n[t.u]\nb = [1, \"\\u00e9\\n\",\n"
	                                      " {k = true}]\n[[l]]\nn = \"\"\"\nx\"\"\"\n"
	                                      "[[l]]\n\"q.r\".s = 1979-05-27 \n[l.m]\n")),
		0);
	gp_json_print(&a, toml);
	assert_string_equal(
		gp_buf_text(&a),
		"{\"a\":\"x\",\"t\":{\"u\":{\"b\":[\"1\",\"\xc3\xa9\\n\",{\"k\":true}]}},"
		"\"l\":[{\"n\":\"x\"},{\"q.r\":{\"s\":\"1979-05-27\"},\"m\":{}}]}");
	assert_int_equal(gp_yaml_parse(&yaml, GP_SLICE("a: &x 1.0\nb: {c: *x, d: [yes, true]}\n"
	                                               "---\n- &y {uses: e}\n- *y\n")),
	                 0);
	gp_json_print(&b, yaml);
	assert_string_equal(gp_buf_text(&b), "[{\"a\":\"1.0\",\"b\":{\"c\":\"1.0\",\"d\":[\"yes\","
	                                     "true]}},[{\"uses\":\"e\"},\"\"]]");
}

static void malformed_is_said(void **state)
{
	static const char *const toml[] = {"a",
	                                   "a = ",
	                                   "[a\n",
	                                   "a = \"x",
	                                   "a = 1 b = 2",
	                                   "a = [1 2]",
	                                   "a = \"\\u0000\"",
	                                   "\xff",
	                                   "a = 1\n[a]\nb = 1\n"};
	static const char *const yaml[] = {"a: [", "a: b: c", "\t- a", "{", "\"\\0\": a"};
	struct cJSON *j;

	(void)state;
	for (size_t i = 0; i < GP_COUNT(toml); i++)
		assert_int_equal(gp_toml_parse(&j, gp_slice(toml[i])), GP_INVALID);
	for (size_t i = 0; i < GP_COUNT(yaml); i++)
		assert_int_equal(gp_yaml_parse(&j, gp_slice(yaml[i])), GP_INVALID);
}

static void files_are_known_by_name(void **state)
{
	static const char *const known[] = {"package.json",
	                                    "a/b/package-lock.json",
	                                    "requirements.txt",
	                                    "requirements/base.txt",
	                                    "a/requirements/dev.txt",
	                                    "dev-requirements.in",
	                                    "Cargo.lock",
	                                    "go.sum",
	                                    "x.csproj",
	                                    "gradle/libs.versions.toml",
	                                    "build.gradle.kts",
	                                    ".github/workflows/a.yaml",
	                                    "a/action.yml",
	                                    "Dockerfile",
	                                    "a/Dockerfile.dev",
	                                    ".gitmodules",
	                                    "cmake/x.cmake",
	                                    "docker-compose.yml",
	                                    "compose.prod.yaml",
	                                    "a.gemspec",
	                                    "uv.lock",
	                                    "Makefile"};
	static const char *const unknown[] = {
		"a.json",          "package.json.bak", "workflows/a.yml",
		"requirements.md", "README.md",        "lock",
		"go.work",         "my-Cargo.toml",    ""};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (!gp_deps_known(known[i]))
			fail_msg("%s is not known", known[i]);
	for (size_t i = 0; i < GP_COUNT(unknown); i++)
		if (gp_deps_known(unknown[i]))
			fail_msg("%s is known", unknown[i]);
}

static void one_entry(struct gp_buf *out, const struct gp_dep *d)
{
	static const char *const where[] = {"asks", "locks", "echoes", "runs",
	                                    "hook", "pipe",  "index"};
	static const char *const from[] = {"", " git", " url", " path"};

	gp_buf_fmt(out, "%s %s %s", where[d->where], d->ecosystem, d->name);
	gp_buf_fmt(out, "%s%s%s", *d->version ? " " : "", d->version, from[d->from]);
	gp_buf_fmt(out, "%s%s", d->source ? " <" : "", d->source ? d->source : "");
	gp_buf_fmt(out, "%s", d->source ? ">" : "");
	if (d->integrity)
		gp_buf_fmt(out, " =%s", d->integrity);
	gp_buf_str(out, d->script ? " script\n" : "\n");
}

/* What follows "--- <word> " up to the next such line; the line's rest in head. */
static bool section(struct gp_slice *head, struct gp_slice *body, struct gp_slice *rest)
{
	struct gp_slice line, before;
	bool found = false;

	while (!found && gp_line(&line, rest))
		found = line.n > 4 && memcmp(line.p, "--- ", 4) == 0;
	if (!found)
		return false;
	*head = (struct gp_slice){line.p + 4, line.n - 4};
	*body = (struct gp_slice){rest->p, 0};
	for (before = *rest; gp_line(&line, rest); before = *rest) {
		if (line.n > 4 && memcmp(line.p, "--- ", 4) == 0) {
			*rest = before;
			break;
		}
		body->n = (size_t)(rest->p - body->p);
	}
	return true;
}

static void read_case(const char *path)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) got = {0};
	gp_auto(gp_deps) deps = {0};
	struct gp_slice rest, head, body;

	assert_int_equal(gp_file_read(&text, AT_FDCWD, path, GP_BUF_MAX, false), 0);
	rest = gp_buf_all(&text);
	while (section(&head, &body, &rest)) {
		gp_auto_str char *name = gp_strndup(head.p, head.n);

		if (strcmp(name, "entries") != 0) {
			int e = gp_deps_read(&deps, name, body);

			if (e)
				gp_buf_fmt(&got, "error %d\n", e);
			continue;
		}
		for (size_t i = 0; i < deps.n; i++)
			one_entry(&got, &deps.v[i]);
		for (size_t i = 0; i < deps.nedges; i++)
			gp_buf_fmt(&got, "%s %s needs %s\n", deps.edges[i].from,
			           deps.edges[i].version, deps.edges[i].to);
		gp_auto_str char *want = gp_strndup(body.p, body.n);
		if (strcmp(want, gp_buf_text(&got)) != 0)
			fail_msg("%s:\n--- wanted\n%s--- got\n%s", path, want, gp_buf_text(&got));
	}
}

struct sides {
	struct gp_deps_file v[16];
	size_t n;
	struct gp_buf request;
	struct gp_list allowed;
};

static void sides_clear(struct sides *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_free((char *)s->v[i].path);
	gp_buf_clear(&s->request);
	gp_list_clear(&s->allowed);
}

/* "old path", "new path", "both path": a side of a file. */
static void put_side(struct sides *s, struct gp_slice head, struct gp_slice body)
{
	const char *space = memchr(head.p, ' ', head.n);
	size_t word = (size_t)(space - head.p), i = 0;
	gp_auto_str char *path = gp_strndup(space + 1, head.n - word - 1);

	while (i < s->n && strcmp(s->v[i].path, path) != 0)
		i++;
	if (i == s->n) {
		assert_true(s->n < GP_COUNT(s->v));
		s->v[s->n++].path = gp_strdup(path);
	}
	if (*head.p == 'o' || *head.p == 'b')
		s->v[i].old = body;
	if (*head.p == 'n' || *head.p == 'b')
		s->v[i].new = body;
}

/* "request words" and "allow names" before the first section. */
static void put_head(struct sides *s, struct gp_slice text)
{
	struct gp_slice line, word;

	while (gp_line(&line, &text) && !(line.n > 3 && memcmp(line.p, "---", 3) == 0)) {
		if (line.n > 8 && memcmp(line.p, "request ", 8) == 0)
			gp_buf_add(&s->request, line.p + 8, line.n - 8);
		else if (line.n > 6 && memcmp(line.p, "allow ", 6) == 0)
			for (line = (struct gp_slice){line.p + 6, line.n - 6}; line.n;) {
				const char *space = memchr(line.p, ' ', line.n);

				word.n = space ? (size_t)(space - line.p) : line.n;
				gp_list_addn(&s->allowed, line.p, word.n);
				word.n += space != NULL;
				line = (struct gp_slice){line.p + word.n, line.n - word.n};
			}
	}
}

static void list_findings(struct gp_buf *out, const struct gp_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		gp_buf_fmt(out, "%s %s %s:%zu %s: %s\n", f->v[i].blocks ? "blocks" : "warns",
		           f->v[i].rule, f->v[i].path, f->v[i].line, f->v[i].shown, f->v[i].what);
}

static struct gp_popular popular;

static void vet_case(const char *path)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) got = {0};
	gp_auto(gp_findings) found = {0};
	struct gp_slice rest, head, body, want = {0};
	struct sides s = {0};

	assert_int_equal(gp_file_read(&text, AT_FDCWD, path, GP_BUF_MAX, false), 0);
	rest = gp_buf_all(&text);
	put_head(&s, rest);
	while (section(&head, &body, &rest))
		if (gp_slice_is(head, "findings"))
			want = body;
		else
			put_side(&s, head, body);
	struct gp_deps_input in = {.files = s.v,
	                           .n = s.n,
	                           .request = s.request.n ? gp_buf_text(&s.request) : NULL,
	                           .allowed = (const char *const *)s.allowed.v,
	                           .popular = &popular,
	                           .blocks = true};
	assert_int_equal(gp_deps_vet(&found, &in), 0);
	list_findings(&got, &found);
	gp_auto_str char *wanted = gp_strndup(want.n ? want.p : "", want.n);
	if (strcmp(wanted, gp_buf_text(&got)) != 0)
		fail_msg("%s:\n--- wanted\n%s--- got\n%s", path, wanted, gp_buf_text(&got));
	sides_clear(&s);
}

static void each(const char *pattern, void (*one)(const char *), size_t least)
{
	glob_t g;

	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= least);
	for (size_t i = 0; i < g.gl_pathc; i++)
		one(g.gl_pathv[i]);
	globfree(&g);
}

static void files_are_read(void **state)
{
	(void)state;
	each("tests/cases/deps/read-*.case", read_case, 20);
}

static void changes_are_vetted(void **state)
{
	gp_auto(gp_buf) table = {0};

	(void)state;
	assert_int_equal(gp_file_read(&table, AT_FDCWD, "lib/vet/popular.tsv", GP_BUF_MAX, false),
	                 0);
	assert_int_equal(gp_popular_parse(&popular, gp_buf_all(&table)), 0);
	assert_true(popular.n > 2000);
	each("tests/cases/deps/vet-*.case", vet_case, 60);
	gp_popular_clear(&popular);
}

/* Where blocking was not asked for, all that is found warns. */
static void warning_is_a_setting(void **state)
{
	struct gp_deps_file f = {"package.json", {0}, GP_SLICE("{\"dependencies\":{\"x\":\"1\"}}")};
	struct gp_deps_input in = {.files = &f, .n = 1};
	gp_auto(gp_findings) found = {0};

	(void)state;
	assert_int_equal(gp_deps_vet(&found, &in), 0);
	assert_int_equal(found.n, 1);
	assert_false(found.v[0].blocks);
	assert_string_equal(found.v[0].kind, "dependency");
}

static void popular_tables_are_read(void **state)
{
	gp_auto(gp_popular) a = {0};
	gp_auto(gp_popular) b = {0};

	(void)state;
	assert_int_equal(gp_popular_parse(&a, GP_SLICE("# c\nnpm\ta  b\n\nnpm\tc\n")), 0);
	assert_int_equal(a.n, 3);
	assert_int_equal(gp_popular_parse(&b, GP_SLICE("npm a b\n")), GP_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_as_json),       cmocka_unit_test(malformed_is_said),
		cmocka_unit_test(files_are_known_by_name), cmocka_unit_test(files_are_read),
		cmocka_unit_test(changes_are_vetted),      cmocka_unit_test(warning_is_a_setting),
		cmocka_unit_test(popular_tables_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
