#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"
#include "lib/forge/checks.h"

static struct gp_checks read_with(size_t (*read)(struct gp_checks *, struct gp_checks_more *,
                                                 const struct cJSON *, const struct gp_checks_of *),
                                  const char *text)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_checks_more) more = {0};
	gp_auto(gp_list) ids = {0};
	struct gp_checks out = {0};

	assert_int_equal(gp_json_parse(&j, gp_slice(text)), 0);
	read(&out, &more, j, &(struct gp_checks_of){"0123", "x", &ids});
	return out;
}

static void words_of_hosts_are_states_of_ours(void **state)
{
	static const struct {
		const char *run;
		enum gp_check_state state;
	} v[] = {
		{"\"status\": \"queued\", \"conclusion\": null", GP_CHECK_RUNS},
		{"\"status\": \"something new\", \"conclusion\": null", GP_CHECK_RUNS},
		{"\"status\": \"waiting\"", GP_CHECK_RUNS},
		{"\"status\": \"completed\", \"conclusion\": \"success\"", GP_CHECK_PASSED},
		{"\"status\": \"completed\", \"conclusion\": \"neutral\"", GP_CHECK_SKIPPED},
		{"\"status\": \"completed\", \"conclusion\": \"skipped\"", GP_CHECK_SKIPPED},
		{"\"status\": \"completed\", \"conclusion\": \"failure\"", GP_CHECK_FAILED},
		{"\"status\": \"completed\", \"conclusion\": \"cancelled\"", GP_CHECK_FAILED},
		{"\"status\": \"completed\", \"conclusion\": \"timed_out\"", GP_CHECK_FAILED},
		{"\"status\": \"completed\", \"conclusion\": \"action_required\"", GP_CHECK_FAILED},
		{"\"status\": \"completed\", \"conclusion\": \"something new\"", GP_CHECK_FAILED},
		{"\"status\": \"completed\", \"conclusion\": null", GP_CHECK_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(v); i++) {
		gp_auto(gp_buf) text = {0};
		gp_auto(gp_checks) c = {0};

		gp_buf_fmt(&text, "{\"check_runs\": [{\"name\": \"a\", %s}]}", v[i].run);
		c = read_with(gp_checks_github_runs, gp_buf_text(&text));
		assert_int_equal(c.n, 1);
		assert_int_equal(c.v[0].state, v[i].state);
	}
}

static void names_differ_and_addresses_are_some(void **state)
{
	gp_auto(gp_checks) c = read_with(
		gp_checks_gitlab_jobs,
		"[{\"name\": \"a\", \"status\": \"success\", \"target_url\": \"https://x/ y\"},"
		"{\"name\": \"a\", \"status\": \"failed\", \"web_url\": \"javascript:1\"},"
		"{\"name\": \"a\", \"status\": \"failed\", \"allow_failure\": true,"
		"\"web_url\": \"https://x/1\"}, {\"name\": \"b\"}, 7, {\"status\": \"manual\"}]");

	(void)state;
	assert_int_equal(c.n, 4);
	assert_string_equal(c.v[0].name, "a");
	assert_null(c.v[0].url);
	assert_string_equal(c.v[1].name, "a (2)");
	assert_int_equal(c.v[1].state, GP_CHECK_FAILED);
	assert_null(c.v[1].url);
	assert_string_equal(c.v[2].name, "a (3)");
	assert_int_equal(c.v[2].state, GP_CHECK_SKIPPED);
	assert_string_equal(c.v[2].url, "https://x/1");
	assert_string_equal(c.v[3].name, "check");
}

static void the_newest_deployment_of_an_environment_counts(void **state)
{
	gp_auto(gp_checks) c = read_with(
		gp_checks_gitlab_deployments,
		"[{\"sha\": \"0123\", \"status\": \"running\", \"environment\": {\"name\": \"e\"}},"
		"{\"sha\": \"0123\", \"status\": \"failed\", \"environment\": {\"name\": \"e\"}},"
		"{\"sha\": \"4567\", \"status\": \"failed\", \"environment\": {\"name\": \"f\"}}]");

	(void)state;
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].state, GP_CHECK_RUNS);
	assert_true(c.v[0].deployment);
}

static void text_around_the_marks_stays(void **state)
{
	gp_auto(gp_buf) first = {0};
	gp_auto(gp_buf) more = {0};
	gp_auto(gp_buf) second = {0};

	(void)state;
	assert_int_equal(gp_pull_text(&first, "one <!-- git-preview: end --> two", NULL), 0);
	assert_true(gp_pull_is_ours(gp_buf_text(&first)));
	gp_buf_fmt(&more, "before %s after", gp_buf_text(&first));
	assert_int_equal(gp_pull_text(&second, "three", gp_buf_text(&more)), 0);
	assert_non_null(strstr(gp_buf_text(&second), "three"));
	assert_null(strstr(gp_buf_text(&second), "two"));
	assert_true(gp_starts(gp_buf_text(&second), "before <!--"));
	assert_true(gp_ends(gp_buf_text(&second), " after"));
	assert_int_equal(gp_pull_text(&second, "x", "of somebody else"), GP_REFUSED);
	assert_false(gp_pull_is_ours("<!-- git-preview: end -->"));
	assert_false(gp_pull_is_ours(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_hosts_are_states_of_ours),
		cmocka_unit_test(names_differ_and_addresses_are_some),
		cmocka_unit_test(the_newest_deployment_of_an_environment_counts),
		cmocka_unit_test(text_around_the_marks_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
