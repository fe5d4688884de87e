#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "lib/trial/cache.h"
#include "tests/unit/trialcase.h"

static char dir[64];

static int set_up(void **state GP_UNUSED)
{
	snprintf(dir, sizeof(dir), "/tmp/cache-test.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state GP_UNUSED)
{
	return gp_file_remove(dir);
}

static void judge(struct gp_judgement *out, const struct gp_trial_result *r,
                  const struct gp_changes *files)
{
	const struct gp_evidence e = {.exit = r->exit,
	                              .signal = r->signal,
	                              .truncated = r->truncated,
	                              .output = gp_buf_all(&r->output),
	                              .report = &r->report};

	gp_judge(out, &e, files);
}

/* A result that was kept must mean what it meant when it was made. */
static int check(const char *name, const struct trialcase *c)
{
	gp_auto(gp_judgement) a = {0}, b = {0};
	const struct gp_changes *files = c->files.n ? &c->files : NULL;
	const char *exit = trialcase_get(c, "exit", 0), *sig = trialcase_get(c, "signal", 0);
	struct gp_trial_result r = {.exit = exit ? (int)strtol(exit, NULL, 10) : 0,
	                            .signal = sig ? (int)strtol(sig, NULL, 10) : 0,
	                            .truncated = trialcase_get(c, "truncated", 0) != NULL},
			       kept = {0};
	int bad = trialcase_report(&r.report, c) != 0;

	gp_buf_slice(&r.output, gp_buf_all(&c->output));
	gp_cache_write(dir, name, &r);
	bad |= gp_cache_read(&kept, dir, name) != 0;
	judge(&a, &r, files);
	judge(&b, &kept, files);
	bad |= a.verdict != b.verdict || a.low_confidence != b.low_confidence ||
	       strcmp(a.symbol, b.symbol) != 0 ||
	       strcmp(gp_buf_text(&a.reason), gp_buf_text(&b.reason)) != 0 ||
	       strcmp(gp_buf_text(&a.lines), gp_buf_text(&b.lines)) != 0 ||
	       (r.report.format && strcmp(r.report.format, kept.report.format) != 0);
	if (bad)
		printf("# %s: %s (%s, %s) is kept as %s (%s, %s)\n", name,
		       gp_verdict_word(a.verdict), gp_buf_text(&a.reason),
		       r.report.format ? r.report.format : "-", gp_verdict_word(b.verdict),
		       gp_buf_text(&b.reason), kept.report.format);
	gp_trial_result_clear(&r);
	gp_trial_result_clear(&kept);
	return bad;
}

static void what_is_kept_means_the_same(void **state GP_UNUSED)
{
	int failures = 0;

	assert_true(trialcase_each(check, &failures) >= 40);
	assert_int_equal(failures, 0);
}

static void spoil(const char *text)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/%016llx.json", dir, (unsigned long long)gp_hash(GP_HASH, "k", 1));
	assert_int_equal(gp_file_write(path.p, gp_slice(text), 0600), 0);
}

static bool read_spoilt(const char *text)
{
	struct gp_trial_result r = {0};
	int e;

	spoil(text);
	e = gp_cache_read(&r, dir, "k");
	if (!e) {
		gp_auto(gp_judgement) j = {0};

		judge(&j, &r, NULL);
		assert_int_not_equal(j.verdict, GP_VERDICT_PASS);
	}
	gp_trial_result_clear(&r);
	return e == 0;
}

static void a_spoilt_file_is_a_miss_or_no_pass(void **state GP_UNUSED)
{
	assert_false(read_spoilt(""));
	assert_false(read_spoilt("garbage"));
	assert_false(read_spoilt("[1]"));
	assert_false(read_spoilt("{}"));
	assert_false(read_spoilt("{\"key\":\"other\",\"kind\":2,\"exit\":0,\"passed\":1}"));
	assert_false(read_spoilt("{\"key\":\"k\",\"kind\":7,\"exit\":0,\"passed\":1}"));
	assert_false(read_spoilt("{\"key\":{\"k\":1},\"kind\":2}"));
	assert_true(read_spoilt("{\"key\":\"k\",\"kind\":2}"));
	assert_true(read_spoilt("{\"key\":\"k\",\"kind\":2,\"passed\":-5,\"exit\":0}"));
	assert_true(read_spoilt("{\"key\":\"k\",\"kind\":2,\"passed\":1e300,\"tests\":{\"a\":1}}"));
	assert_true(read_spoilt("{\"key\":\"k\",\"kind\":2,\"exit\":1e99,\"tests\":[1,null,{},"
	                        "{\"id\":1},{\"id\":\"a\",\"state\":9}],\"output\":5}"));
}

static void the_oldest_go_first(void **state GP_UNUSED)
{
	struct gp_trial_result r = {.exit = 0}, kept = {0};
	char key[16];

	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "n%d", i);
		gp_cache_write(dir, key, &r);
	}
	assert_int_equal(gp_cache_read(&kept, dir, "n3"), 0);
	gp_trial_result_clear(&kept);
	gp_cache_trim(dir, 1000);
	assert_int_equal(gp_cache_read(&kept, dir, "n4"), 0);
	gp_trial_result_clear(&kept);
	gp_cache_trim(dir, 0);
	assert_int_not_equal(gp_cache_read(&kept, dir, "n4"), 0);
	gp_cache_trim("/nowhere", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_means_the_same),
		cmocka_unit_test(a_spoilt_file_is_a_miss_or_no_pass),
		cmocka_unit_test(the_oldest_go_first),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
