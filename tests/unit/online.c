#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/vet/online.h"

/* 2020-01-02T03:04:05Z */
#define DAY 1577934245

static void read_ok(struct gp_registry_facts *f, const char *ecosystem, const char *body, int step)
{
	assert_int_equal(
		gp_registry_read(f, gp_registry_of(ecosystem), "a/b", 200, gp_slice(body), step),
		0);
}

/* Each registry in its own words: since when, how often, and what is asked besides. */
static void registries_are_read(void **state)
{
	static const struct {
		const char *ecosystem, *first, *next, *second;
		long long downloads;
	} rows[] = {
		{"npm",
	         "{\"versions\":{\"1\":{}},\"time\":{\"created\":\"2020-01-02T03:04:05.678Z\"}}",
	         "/a/b", "{\"downloads\":7,\"package\":\"a/b\"}", 7},
		{"PyPI",
	         "{\"info\":{},\"releases\":{\"2\":[{\"upload_time_iso_8601\":"
	         "\"2021-01-01T00:00:00Z\"}],\"1\":[{\"upload_time_iso_8601\":"
	         "\"2020-01-02T03:04:05Z\"}],\"0\":[]}}",
	         "/a%2Fb/recent", "{\"data\":{\"last_day\":1,\"last_week\":7}}", 7},
		{"crates.io",
	         "{\"crate\":{\"created_at\":\"2020-01-02T03:04:05.1+00:00\",\"downloads\":7}}", "",
	         NULL, 7},
		{"Go", "v1.10.0\nv1.9.0\n", "/a/b/@v/v1.9.0.info",
	         "{\"Version\":\"v1.9.0\",\"Time\":\"2020-01-02T03:04:05Z\"}", -1},
		{"Maven",
	         "<metadata><versioning><lastUpdated>20200102030405</lastUpdated></versioning>"
	         "</metadata>",
	         "", NULL, -1},
		{"RubyGems",
	         "[{\"created_at\":\"2022-01-02T03:04:05Z\",\"downloads_count\":3},"
	         "{\"created_at\":\"2020-01-02T03:04:05.000Z\",\"downloads_count\":4}]",
	         "", NULL, 7},
		{"Packagist",
	         "{\"package\":{\"time\":\"2020-01-02T03:04:05+00:00\",\"downloads\":"
	         "{\"total\":90,\"monthly\":7}}}",
	         "", NULL, 7},
		{"NuGet",
	         "{\"items\":[{\"items\":[{\"catalogEntry\":{\"published\":"
	         "\"1900-01-01T00:00:00+00:00\"}},{\"catalogEntry\":{\"published\":"
	         "\"2020-01-02T03:04:05+00:00\"}}]}]}",
	         "/query?prerelease=true&take=1&q=packageid:a%2Fb",
	         "{\"data\":[{\"totalDownloads\":7}]}", 7},
		{"Hex",
	         "{\"name\":\"a\",\"inserted_at\":\"2020-01-02T03:04:05.1Z\",\"downloads\":"
	         "{\"all\":7}}",
	         "", NULL, 7},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_registry_facts) f = {0};
		static const int day[] = {DAY, DAY - 3 * 3600 - 4 * 60 - 5};

		read_ok(&f, rows[i].ecosystem, rows[i].first, 0);
		assert_string_equal(gp_buf_text(&f.next), rows[i].next);
		if (rows[i].second)
			read_ok(&f, rows[i].ecosystem, rows[i].second, 1);
		assert_false(f.absent);
		assert_true(f.first_s == day[strcmp(rows[i].ecosystem, "Maven") == 0]);
		assert_true(f.downloads == rows[i].downloads);
	}
}

static void paths_are_coded(void **state)
{
	static const char *const rows[][3] = {
		{"npm", "@scope/name", "/@scope%2Fname"},
		{"npm", "../../secret?x=1#y", "/%2E%2E%2F%2E%2E%2Fsecret%3Fx%3D1%23y"},
		{"PyPI", "zope.interface", "/zope.interface/json"},
		{"Go", "github.com/BurntSushi/toml", "/github.com/!burnt!sushi/toml/@v/list"},
		{"Go", "a/../b", "/a/%2E%2E/b/@v/list"},
		{"Maven", "org.acme:core", "/org/acme/core/maven-metadata.xml"},
		{"Packagist", "acme/core", "/acme/core.json"},
		{"Hex", "a b\n", "/a%20b%0A"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_buf) path = {0};

		gp_registry_of(rows[i][0])->path(&path, rows[i][1]);
		assert_string_equal(gp_buf_text(&path), rows[i][2]);
	}
}

/* What is no answer is never "all is well". */
static void answers_that_are_none(void **state)
{
	static const char *const all[] = {"npm",      "PyPI",      "crates.io", "Go", "Maven",
	                                  "RubyGems", "Packagist", "NuGet",     "Hex"};
	static const char *const bodies[] = {"", "<html>sign in</html>", "{\"ok\":true}", "null"};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(all); i++) {
		const struct gp_registry *r = gp_registry_of(all[i]);
		gp_auto(gp_registry_facts) f = {0};

		for (size_t k = 0; k < GP_COUNT(bodies); k++)
			/* a module without any tagged version has an empty list */
			assert_int_equal(gp_registry_read(&f, r, "a", 200, gp_slice(bodies[k]), 0),
			                 *bodies[k] == 0 && strcmp(all[i], "Go") == 0 ? 0
			                                                              : GP_INVALID);
		assert_int_equal(gp_registry_read(&f, r, "a", 500, gp_slice("{}"), 0), GP_INVALID);
		assert_int_equal(gp_registry_read(&f, r, "a", 302, gp_slice(""), 0), GP_INVALID);
		assert_int_equal(gp_registry_read(&f, r, "a", 404, gp_slice(""), 0), 0);
		assert_true(f.absent);
	}
	assert_null(gp_registry_of("Docker"));
	assert_null(gp_registry_base("nowhere"));
}

static void note_id(void *ctx, size_t i, const char *id)
{
	gp_buf_fmt(ctx, "%zu %s\n", i, id);
}

static void advisories(void **state)
{
	struct gp_dep_question v[] = {
		{.ecosystem = "npm", .name = (char *)"lodash", .version = (char *)"4.17.1"},
		{.ecosystem = "npm", .name = (char *)"new", .version = (char *)""},
		{.ecosystem = "Go", .name = (char *)"a.b/c", .version = (char *)"v1.2.3"},
		{.ecosystem = "npm", .name = (char *)"own", .version = (char *)"1", .elsewhere = 1},
	};
	const struct gp_dep_questions q = {.v = v, .n = 4};
	gp_auto(gp_buf) body = {0};
	gp_auto(gp_buf) ids = {0};
	struct gp_osv_advisory a;
	size_t which[4], from = 0;

	(void)state;
	assert_int_equal(gp_osv_query(&body, which, 4, &q, &from), 2);
	assert_int_equal(which[1], 2);
	assert_string_equal(gp_buf_text(&body),
	                    "{\"queries\":[{\"package\":{\"name\":\"lodash\",\"ecosystem\":\"npm\"}"
	                    ",\"version\":\"4.17.1\"},{\"package\":{\"name\":\"a.b/c\","
	                    "\"ecosystem\":\"Go\"},\"version\":\"1.2.3\"}]}");
	assert_int_equal(gp_osv_read(gp_slice("{\"results\":[{\"vulns\":[{\"id\":\"GHSA-1\"},"
	                                      "{\"id\":\"../x\"}]},{}]}"),
	                             2, note_id, &ids),
	                 0);
	assert_string_equal(gp_buf_text(&ids), "0 GHSA-1\n");
	assert_int_equal(gp_osv_read(gp_slice("{\"results\":[{}]}"), 2, note_id, &ids), GP_INVALID);
	assert_int_equal(gp_osv_read(gp_slice("{}"), 2, note_id, &ids), GP_INVALID);
	assert_int_equal(
		gp_osv_advisory(
			&a,
			gp_slice("{\"id\":\"GHSA-1\",\"database_specific\":{\"severity\":\"HIGH\"},"
	                         "\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":"
	                         "\"lodash\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":"
	                         "[{\"introduced\":\"0\"},{\"fixed\":\"3.9.9\"}]},{\"type\":"
	                         "\"SEMVER\",\"events\":[{\"introduced\":\"4.0.0\"},{\"fixed\":"
	                         "\"4.17.21\"}]}]},{\"package\":{\"ecosystem\":\"npm\",\"name\":"
	                         "\"lodash-es\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":"
	                         "[{\"fixed\":\"4.17.2\"}]}]}]}"),
			"npm", "lodash", "4.17.1"),
		0);
	assert_string_equal(a.severity, "high");
	assert_string_equal(a.fixed, "4.17.21");
	assert_false(a.withdrawn);
	assert_int_equal(gp_osv_advisory(&a, gp_slice("{}"), "npm", "lodash", "4"), GP_INVALID);
}

static void vet(struct gp_dep_questions *out, const char *path, const char *old, const char *new)
{
	const struct gp_deps_file f = {path, gp_slice(old), gp_slice(new)};
	const struct gp_deps_input in = {.files = &f, .n = 1, .questions = out};
	gp_auto(gp_findings) found = {0};

	assert_int_equal(gp_deps_vet(&found, &in), 0);
}

/* Asked is about what is new, and only that. */
static void questions(void **state)
{
	static const char *const rows[][4] = {
		{"package.json", "{\"dependencies\":{\"old\":\"1.0.0\"}}",
	         "{\"dependencies\":{\"old\":\"1.0.0\",\"fresh\":\"^2.0.0\",\"pin\":\"3.0.0\"}}",
	         "fresh  new\npin 3.0.0 new\n"},
		{"package.json", "{\"dependencies\":{\"old\":\"1.0.0\"}}",
	         "{\"dependencies\":{\"old\":\"2.0.0\",\"own\":\"file:../own\"}}", "old 2.0.0\n"},
		{"package-lock.json",
	         "{\"lockfileVersion\":3,\"packages\":{\"node_modules/"
	         "a\":{\"version\":\"1.0.0\"}}}",
	         "{\"lockfileVersion\":3,\"packages\":{\"node_modules/a\":{\"version\":\"1.0.0\"},"
	         "\"node_modules/b\":{\"version\":\"2.0.0\"},\"node_modules/c\":{\"version\":"
	         "\"3.0.0\",\"resolved\":\"https://npm.acme.example/c/-/c-3.0.0.tgz\"}}}",
	         "b 2.0.0\nc 3.0.0 elsewhere\n"},
		{"requirements.txt", "old==1.0\n", "old==1.0\nfresh>=2\npin==3.0\n",
	         "fresh  new\npin 3.0 new\n"},
		{"requirements.txt", "",
	         "--index-url https://pypi.acme.example/simple\nfresh==2.0\n",
	         "fresh 2.0 new elsewhere\n"},
		{"Cargo.toml", "", "[dependencies]\nfresh = \"1.2\"\n", "fresh  new\n"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_dep_questions) q = {0};
		gp_auto(gp_buf) text = {0};

		vet(&q, rows[i][0], rows[i][1], rows[i][2]);
		for (size_t k = 0; k < q.n; k++)
			gp_buf_fmt(&text, "%s %s%s%s\n", q.v[k].name, q.v[k].version,
			           q.v[k].is_new ? " new" : "",
			           q.v[k].elsewhere ? " elsewhere" : "");
		assert_string_equal(gp_buf_text(&text), rows[i][3]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registries_are_read),
		cmocka_unit_test(paths_are_coded),
		cmocka_unit_test(answers_that_are_none),
		cmocka_unit_test(advisories),
		cmocka_unit_test(questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
