#include "lib/preview/suite.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/run.h"

struct check {
	const struct gp_suite_options *o;
	struct gp_trial_result result;
	bool over;
};

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct check *c = ctx;

	c->result = *r;
	*r = (struct gp_trial_result){0};
	c->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct check *)ctx)->over;
}

static void on_output(void *ctx, struct gp_slice bytes)
{
	gp_term_stream(((struct check *)ctx)->o->term, bytes);
}

static void tell_event(struct check *c)
{
	static const char *const states[] = {"pass", "fail", "error", "skip", "todo"};
	const struct gp_trial_result *r = &c->result;
	struct cJSON *j = gp_json_object(), *tests = gp_json_array();

	gp_json_put_str(j, "verdict", gp_verdict_word(r->judgement.verdict));
	gp_json_put_bytes(j, "reason", gp_buf_all(&r->judgement.reason));
	gp_json_put_bool(j, "low_confidence", r->judgement.low_confidence);
	gp_json_put_bytes(j, "command", gp_slice(r->command));
	gp_json_put_int(j, "exit", r->exit);
	gp_json_put_bool(j, "cached", r->cached);
	gp_json_put_int(j, "ms", r->ms);
	for (size_t i = 0; i < r->report.n; i++) {
		struct cJSON *t = gp_json_object();

		gp_json_put_bytes(t, "id", gp_slice(r->report.v[i].id));
		gp_json_put_str(t, "state", states[r->report.v[i].state]);
		if (r->report.v[i].message)
			gp_json_put_bytes(t, "message", gp_slice(r->report.v[i].message));
		gp_json_push(tests, t);
	}
	gp_json_put(j, "tests", tests);
	gp_term_event(c->o->term, "result", j);
}

static enum gp_status tell(struct check *c)
{
	struct gp_term *t = c->o->term;
	const struct gp_trial_result *r = &c->result;
	const struct gp_judgement *j = &r->judgement;

	tell_event(c);
	gp_term_end(t, "suite", j->verdict == GP_VERDICT_PASS ? GP_MARK_OK : GP_MARK_BAD, "%s%s",
	            r->command, r->cached ? " (cached)" : "");
	for (size_t i = 0; i < r->report.n; i++)
		if (r->report.v[i].state == GP_TEST_FAIL || r->report.v[i].state == GP_TEST_ERROR)
			gp_term_say(t, "failed: %s", r->report.v[i].id);
	if (j->verdict != GP_VERDICT_PASS)
		gp_term_quote(t, gp_buf_all(&j->lines));
	gp_term_result(t, "%s: %s%s", gp_verdict_word(j->verdict), gp_buf_text(&j->reason),
	               j->low_confidence ? " (low confidence)" : "");
	if (j->verdict == GP_VERDICT_PASS)
		return GP_STATUS_OK;
	return j->verdict == GP_VERDICT_INFRA || j->verdict == GP_VERDICT_TIMEOUT
	               ? GP_STATUS_SANDBOX
	               : GP_STATUS_NO;
}

static int find_project(struct gp_project *p, const struct gp_suite_options *o,
                        const struct gp_oid *tree)
{
	int e = gp_detect(p, o->repo, tree, o->conf);

	if (!o->command || (e && e != GP_NOTFOUND))
		return e;
	gp_free(p->suite);
	p->suite = gp_strdup(o->command);
	if (!p->report)
		p->report = gp_strdup("auto");
	return 0;
}

static int run_on(struct check *c, struct gp_loop *loop, struct gp_sandbox *sandbox,
                  const struct gp_project *project, const struct gp_oid *tree)
{
	const struct gp_conf *conf = c->o->conf;
	const char *git = gp_conf_str(conf, "sandbox.git");
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
		.setup_output = gp_term_verbose(c->o->term) ? on_output : NULL,
		.ctx = c,
	};
	const struct gp_trial_spec spec = {
		.command = project->suite,
		.tree = tree,
		.output = gp_term_verbose(c->o->term) ? on_output : NULL,
		.output_ctx = c,
	};
	gp_auto_bench struct gp_bench *bench = NULL;
	struct gp_trial *trial = NULL;
	int e = gp_bench_new(&bench, &options);

	gp_term_begin(c->o->term, "suite", "%s", project->suite);
	if (!e)
		e = gp_trial_start(&trial, bench, &spec, on_done, c);
	return e ? e : gp_loop_run(loop, is_over, c);
}

enum gp_status gp_suite_run(const struct gp_suite_options *o)
{
	struct check c = {.o = o};
	gp_auto_loop struct gp_loop *loop = NULL;
	gp_auto_sandbox struct gp_sandbox *sandbox = NULL;
	gp_auto(gp_project) project = {0};
	enum gp_status status = GP_STATUS_FATAL;
	struct gp_oid tree;
	int e = gp_loop_new(&loop);

	if (!e)
		e = gp_repo_resolve(NULL, &tree, o->repo, o->rev ? o->rev : "HEAD");
	if (!e)
		e = find_project(&project, o, &tree);
	if (!e) {
		e = gp_preview_sandbox(&sandbox, o->repo, o->conf);
		if (e && e != GP_FAILED)
			status = GP_STATUS_SANDBOX;
	}
	if (!e)
		e = run_on(&c, loop, sandbox, &project, &tree);
	if (e == GP_STOPPED) {
		gp_fail(e, "interrupted");
		status = GP_STATUS_STOPPED;
	}
	if (e)
		gp_term_error(o->term);
	else
		status = tell(&c);
	gp_trial_result_clear(&c.result);
	return status;
}
