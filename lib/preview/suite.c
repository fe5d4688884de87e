#include "lib/preview/suite.h"

#include <string.h>

#include "lib/preview/prune.h"
#include "lib/preview/run.h"
#include "lib/preview/runs.h"
#include "lib/preview/subject.h"

enum { TICK_MS = 100 };

struct check {
	const struct gp_suite_options *o;
	struct gp_runs runs;
	struct gp_loop *loop;
	const char *command;
	bool over;
};

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct check *c = ctx;

	gp_runs_add(&c->runs, r);
	c->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct check *)ctx)->over;
}

static void on_setup(void *ctx, struct gp_slice bytes)
{
	gp_subject_setup(((struct check *)ctx)->o->term, "suite", bytes);
}

static int on_tick(void *ctx)
{
	struct check *c = ctx;

	gp_term_tick(c->o->term);
	gp_loop_after(c->loop, TICK_MS, on_tick, c);
	return 0;
}

static void on_ready(void *ctx, int code GP_UNUSED, long ms GP_UNUSED)
{
	struct check *c = ctx;

	gp_term_update(c->o->term, "suite", "%s", c->command);
}

static void on_output(void *ctx, struct gp_slice bytes)
{
	gp_term_stream(((struct check *)ctx)->o->term, bytes);
}

/* The test files that are new or changed; their bytes are not looked at. */
static int find_new_tests(struct gp_changes *out, const struct gp_suite_options *o,
                          const struct gp_project *p, const struct gp_subject *s)
{
	struct gp_stats changed = {0};
	int e = gp_repo_stat(&changed, o->repo, &s->before, &s->tree);

	for (size_t i = 0; !e && i < changed.n; i++) {
		const char *path = changed.v[i].path;
		unsigned mode;

		if (gp_is_test_path(&p->paths, path) &&
		    gp_repo_entry(NULL, &mode, o->repo, &s->tree, path) == 0)
			gp_changes_set(out, path, mode, GP_SLICE(""));
	}
	gp_stats_clear(&changed);
	return e;
}

/* Narrows the project's suite to the tests that are new; a subject without any has its result. */
static int narrow(struct check *c, struct gp_project *p, const struct gp_subject *s)
{
	gp_auto(gp_changes) tests = {0};
	gp_auto(gp_buf) command = {0};
	int e = find_new_tests(&tests, c->o, p, s);

	if (e)
		return e;
	if (!tests.n) {
		struct gp_trial_result none = {.exit = -1, .command = gp_strdup(p->suite)};

		none.judgement.verdict = GP_VERDICT_NONE;
		gp_buf_str(&none.judgement.reason, "no test file is new or changed");
		gp_runs_add(&c->runs, &none);
		return 0;
	}
	gp_project_only(&command, p, &tests);
	if (strcmp(gp_buf_text(&command), p->suite) == 0)
		gp_term_warn(c->o->term, "these tests cannot be run alone: the whole suite runs");
	gp_free(p->suite);
	p->suite = gp_buf_take(&command);
	return 0;
}

static bool is_known(const struct gp_runs *r)
{
	enum gp_verdict last = r->n ? r->v[r->n - 1].verdict : GP_VERDICT_PASS;

	return last != GP_VERDICT_INFRA && last != GP_VERDICT_TIMEOUT;
}

/* One after the other: runs beside each other would disturb each other. */
static int run_all(struct check *c, struct gp_bench *bench, struct gp_loop *loop,
                   const struct gp_trial_spec *spec)
{
	size_t n = c->o->repeat > 1 ? (size_t)c->o->repeat : 1;
	int e = 0;

	while (!e && c->runs.n < n && is_known(&c->runs)) {
		struct gp_trial *trial = NULL;

		c->over = false;
		if (n > 1)
			gp_term_update(c->o->term, "suite", "%s (%zu of %zu)", spec->command,
			               c->runs.n + 1, n);
		e = gp_trial_start(&trial, bench, spec, on_done, c);
		if (!e)
			e = gp_loop_run(loop, is_over, c);
	}
	return e;
}

static int run_on(struct check *c, struct gp_loop *loop, struct gp_sandbox *sandbox,
                  const struct gp_project *project, const struct gp_oid *tree)
{
	const struct gp_conf *conf = c->o->conf;
	const char *git = gp_conf_str(conf, "sandbox.git");
	bool verbose = gp_term_verbose(c->o->term);
	const struct gp_bench_options options = {
		.repo = c->o->repo,
		.sandbox = sandbox,
		.loop = loop,
		.project = project,
		.base = *tree,
		.timeout_ms = (long)gp_conf_int(conf, "test.timeout") * 1000,
		.setup_network = gp_conf_bool(conf, "sandbox.network"),
		.git_snapshot = git && strcmp(git, "snapshot") == 0,
		.no_cache = c->o->no_cache,
		.ready = on_ready,
		.setup_output = on_setup,
		.ctx = c,
	};
	const struct gp_trial_spec spec = {
		.command = project->suite,
		.tree = c->o->repeat > 1 ? NULL : tree,
		.output = verbose ? on_output : NULL,
		.output_ctx = c,
	};
	gp_auto_bench struct gp_bench *bench = NULL;
	int e = gp_bench_new(&bench, &options);

	c->loop = loop;
	c->command = project->suite;
	gp_term_begin(c->o->term, "suite", "%s", project->suite);
	if (gp_term_live(c->o->term))
		on_tick(c);
	gp_prune_beside(c->o->repo, conf);
	return e ? e : run_all(c, bench, loop, &spec);
}

static int run(struct check *c, enum gp_status *status)
{
	const struct gp_suite_options *o = c->o;
	gp_auto_loop struct gp_loop *loop = NULL;
	gp_auto_sandbox struct gp_sandbox *sandbox = NULL;
	gp_auto(gp_project) project = {0};
	struct gp_subject subject;
	int e = gp_loop_new(&loop);

	if (!e && o->junit)
		e = gp_runs_junit_check(o->junit);
	if (!e)
		e = gp_subject_find(&subject, o);
	if (!e) {
		e = gp_subject_project(&project, o, &subject.tree, NULL);
		if (e == GP_NOTFOUND && o->bisect)
			*status = GP_STATUS_SKIP;
	}
	if (!e && o->new_tests)
		e = narrow(c, &project, &subject);
	if (e || c->runs.n)
		return e;
	if (!e) {
		e = gp_preview_sandbox(&sandbox, o->repo, o->conf, o->term);
		if (e && e != GP_FAILED)
			*status = GP_STATUS_SANDBOX;
	}
	return e ? e : run_on(c, loop, sandbox, &project, &subject.tree);
}

/* git bisect run: 125 passes a revision over, 1 to 127 else is bad, from 128 on it stops. */
static enum gp_status for_bisect(const struct check *c, enum gp_status s)
{
	bool none = s == GP_STATUS_NO && c->runs.first.judgement.verdict == GP_VERDICT_NONE;

	return none || s == GP_STATUS_FLAKY || s == GP_STATUS_SANDBOX ? GP_STATUS_SKIP : s;
}

enum gp_status gp_suite_run(const struct gp_suite_options *o)
{
	struct check c = {.o = o};
	enum gp_status status = GP_STATUS_FATAL;
	int e = run(&c, &status);

	if (e == GP_STOPPED) {
		gp_fail(e, "interrupted");
		status = GP_STATUS_STOPPED;
	}
	if (e)
		gp_term_error(o->term);
	else
		status = gp_runs_tell(&c.runs, o->term);
	if (!e && o->junit && gp_runs_junit(&c.runs, o->junit)) {
		gp_term_error(o->term);
		status = GP_STATUS_FATAL;
	}
	if (o->bisect)
		status = for_bisect(&c, status);
	gp_runs_clear(&c.runs);
	return status;
}
