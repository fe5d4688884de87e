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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_as_json),
		cmocka_unit_test(malformed_is_said),
		cmocka_unit_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
