#include "lib/trial/trial.h"
#include "tests/unit/git_fixture.h"

/* The bench: what waits for the layer, what is kept, and what is left when it goes early. */

static struct {
	struct gp_repo *repo;
	struct gp_sandbox *sandbox;
	struct gp_oid tree;
} w;

static int set_up(void **state)
{
	const struct gp_sandbox_options o = {.home = scratch};

	if (scratch_make(state))
		return -1;
	SH("git init -q p && cd p && echo 'echo ok 1 - a; echo 1..1' >t.sh && git add . && git "
	   "commit -qm x");
	OK(gp_repo_open(&w.repo, in("p")));
	OK(gp_repo_resolve(NULL, &w.tree, w.repo, "HEAD"));
	if (gp_sandbox_open(&w.sandbox, &o)) {
		print_message("# no sandbox here: %s\n", gp_message());
		return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	gp_sandbox_free(&w.sandbox);
	gp_repo_free(&w.repo);
	return scratch_remove(state);
}

struct bench {
	struct gp_loop *loop;
	struct gp_project project;
	struct gp_bench *bench;
	int ready, ready_code, done;
	struct gp_trial_result last;
	bool free_in_done, free_in_ready, again;
};

static void on_ready(void *ctx, int code, long ms GP_UNUSED)
{
	struct bench *b = ctx;

	b->ready++;
	b->ready_code = code;
	if (b->free_in_ready)
		gp_bench_free(&b->bench);
}

static void on_done(void *ctx, struct gp_trial_result *r);

static void start(struct bench *b, const char *command, bool cache)
{
	const struct gp_trial_spec spec = {.command = command, .tree = cache ? &w.tree : NULL};
	struct gp_trial *t;

	OK(gp_trial_start(&t, b->bench, &spec, on_done, b));
}

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct bench *b = ctx;

	b->done++;
	gp_trial_result_clear(&b->last);
	b->last = *r;
	*r = (struct gp_trial_result){0};
	if (b->free_in_done)
		gp_bench_free(&b->bench);
	else if (b->again) {
		b->again = false;
		start(b, "echo ok 1 - b; echo 1..1", false);
	}
}

static void open_bench(struct bench *b, const char *setup, bool git)
{
	struct gp_bench_options o = {.repo = w.repo,
	                             .sandbox = w.sandbox,
	                             .project = &b->project,
	                             .base = w.tree,
	                             .git_snapshot = git,
	                             .ready = on_ready,
	                             .ctx = b};

	OK(gp_loop_new(&b->loop));
	b->project.suite = gp_strdup("sh t.sh");
	b->project.report = gp_strdup("auto");
	b->project.setup = setup ? gp_strdup(setup) : NULL;
	o.loop = b->loop;
	OK(gp_bench_new(&b->bench, &o));
}

static void close_bench(struct bench *b)
{
	gp_bench_free(&b->bench);
	gp_trial_result_clear(&b->last);
	gp_project_clear(&b->project);
	gp_loop_free(&b->loop);
}

static bool one_done(void *ctx)
{
	return ((struct bench *)ctx)->done >= 1;
}

static bool two_done(void *ctx)
{
	return ((struct bench *)ctx)->done >= 2;
}

static bool is_ready(void *ctx)
{
	return ((struct bench *)ctx)->ready > 0;
}

static void a_result_is_kept_by_what_it_depends_on(void **state GP_UNUSED)
{
	for (int i = 0; i < 3; i++) {
		struct bench b = {0};

		open_bench(&b, NULL, i == 2);
		start(&b, "sh t.sh", true);
		assert_int_equal(b.done, 0);
		OK(gp_loop_run(b.loop, one_done, &b));
		assert_int_equal(b.last.judgement.verdict, GP_VERDICT_PASS);
		assert_string_equal(b.last.command, "sh t.sh");
		assert_int_equal(b.last.cached, i == 1);
		close_bench(&b);
	}
}

static void a_failed_setup_fails_all_that_wait(void **state GP_UNUSED)
{
	struct bench b = {0};

	open_bench(&b, "echo no such package; exit 3", false);
	start(&b, "sh t.sh", false);
	start(&b, "true", false);
	OK(gp_loop_run(b.loop, two_done, &b));
	assert_int_equal(b.ready, 1);
	assert_true(b.ready_code < 0);
	assert_int_equal(b.last.judgement.verdict, GP_VERDICT_INFRA);
	assert_non_null(strstr(gp_buf_text(&b.last.judgement.reason), "failed with status 3"));
	assert_non_null(strstr(gp_buf_text(&b.last.output), "no such package"));
	b.done = 0;
	start(&b, "sh t.sh", false);
	OK(gp_loop_run(b.loop, one_done, &b));
	assert_int_equal(b.last.judgement.verdict, GP_VERDICT_INFRA);
	close_bench(&b);
}

static void a_bench_may_go_at_any_time(void **state GP_UNUSED)
{
	struct bench b[6] = {0};

	/* before the loop has run; while setting up; while trials run */
	open_bench(&b[0], "sleep 60", false);
	start(&b[0], "sh t.sh", false);
	close_bench(&b[0]);
	open_bench(&b[1], NULL, false);
	start(&b[1], "sleep 60", false);
	start(&b[1], "sh t.sh", false);
	OK(gp_loop_run(b[1].loop, one_done, &b[1]));
	assert_int_equal(b[1].last.judgement.verdict, GP_VERDICT_PASS);
	close_bench(&b[1]);
	assert_int_equal(b[1].done, 1);
	/* from its own callbacks, with others waiting */
	b[2].free_in_done = true;
	open_bench(&b[2], NULL, false);
	start(&b[2], "sh t.sh", false);
	start(&b[2], "sleep 60", false);
	OK(gp_loop_run(b[2].loop, one_done, &b[2]));
	close_bench(&b[2]);
	b[3].free_in_ready = true;
	open_bench(&b[3], "true", false);
	start(&b[3], "sleep 60", false);
	OK(gp_loop_run(b[3].loop, is_ready, &b[3]));
	assert_int_equal(b[3].done, 0);
	close_bench(&b[3]);
	b[4].free_in_done = true;
	open_bench(&b[4], NULL, false);
	start(&b[4], "sh t.sh", true);
	start(&b[4], "sh t.sh", true);
	OK(gp_loop_run(b[4].loop, one_done, &b[4]));
	assert_true(b[4].last.cached);
	close_bench(&b[4]);
	b[5].free_in_ready = true;
	open_bench(&b[5], "exit 1", false);
	start(&b[5], "sh t.sh", false);
	OK(gp_loop_run(b[5].loop, is_ready, &b[5]));
	close_bench(&b[5]);
	assert_int_equal(b[5].done, 0);
}

static void an_abandoned_trial_says_nothing(void **state GP_UNUSED)
{
	const struct gp_trial_spec spec = {.command = "sh t.sh"};
	struct gp_trial *t = NULL;
	struct bench b = {.again = true};

	open_bench(&b, NULL, false);
	OK(gp_trial_start(&t, b.bench, &spec, on_done, &b));
	gp_trial_abandon(&t);
	assert_null(t);
	gp_trial_abandon(&t);
	/* one begun by another's done */
	start(&b, "sh t.sh", false);
	OK(gp_loop_run(b.loop, two_done, &b));
	assert_int_equal(b.done, 2);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_kept_by_what_it_depends_on),
		cmocka_unit_test(a_failed_setup_fails_all_that_wait),
		cmocka_unit_test(a_bench_may_go_at_any_time),
		cmocka_unit_test(an_abandoned_trial_says_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
