#include "lib/trial/trial.h"

#include <string.h>

#include "lib/repo/layer.h"
#include "lib/trial/cache.h"

#define CACHE_FILES 500

enum bench_state { PREPARING, READY, BROKEN };

struct gp_bench {
	struct gp_bench_options o;
	enum bench_state state;
	struct gp_layer *layer;
	struct gp_run *setup;
	struct gp_trial *trials; /* under way, newest first */
	struct gp_buf setup_key, cache, why, why_output;
	struct gp_moves moves;
	struct gp_buf shared;  /* names what setup leaves whatever the tree */
	struct gp_buf content; /* names what the layer holds: tree, setup, sandbox */
	long long began;
};

struct gp_trial {
	struct gp_bench *bench;
	struct gp_trial *next;
	struct gp_run *run;
	char *command;
	struct gp_buf key; /* of the cache; empty: not cached */
	struct gp_trial_spec spec;
	struct gp_changes converted; /* those of spec as a checkout has them, where that differs */
	void (*done)(void *ctx, struct gp_trial_result *r);
	void *ctx;
	int timer; /* a result that is there already waits for the loop */
	struct gp_trial_result *held;
	long long began;
};

void gp_trial_result_clear(struct gp_trial_result *r)
{
	gp_judgement_clear(&r->judgement);
	gp_report_clear(&r->report);
	gp_buf_clear(&r->output);
	gp_free(r->command);
	*r = (struct gp_trial_result){0};
}

static void trial_free(struct gp_trial *t)
{
	struct gp_trial **at = &t->bench->trials;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	gp_loop_cancel(t->bench->o.loop, t->timer);
	if (t->held) {
		gp_trial_result_clear(t->held);
		gp_free(t->held);
	}
	gp_buf_clear(&t->key);
	gp_changes_clear(&t->converted);
	gp_free(t->command);
	gp_free(t);
}

static void finish(struct gp_trial *t, struct gp_trial_result *r)
{
	void (*done)(void *ctx, struct gp_trial_result *r) = t->done;
	void *ctx = t->ctx;

	r->total_ms = (long)(gp_now_ms() - t->began);
	if (!r->command)
		r->command = gp_strdup(t->command);
	trial_free(t);
	done(ctx, r);
	gp_trial_result_clear(r);
}

static int finish_held(void *ctx)
{
	struct gp_trial *t = ctx;
	struct gp_trial_result r = *t->held;

	t->timer = 0;
	gp_free(t->held);
	t->held = NULL;
	finish(t, &r);
	return 0;
}

static void judge(struct gp_trial_result *r, const struct gp_trial *t, const char *infra,
                  bool timed_out)
{
	const struct gp_evidence e = {
		.exit = r->exit,
		.signal = r->signal,
		.timed_out = timed_out,
		.truncated = r->truncated,
		.infra = infra,
		.output = gp_buf_all(&r->output),
		.report = &r->report,
	};

	gp_judge(&r->judgement, &e, t->spec.tests);
}

/* Reads results where the project says they are; a report that was not written leaves the
 * output to speak. */
static void read_report(struct gp_trial_result *r, const struct gp_trial *t,
                        struct gp_run_result *run)
{
	const char *kind = t->bench->o.project->report;

	if (kind && strcmp(kind, "exit") == 0) {
		r->report.format = "exit";
		return;
	}
	for (size_t i = 0; i < run->nreports; i++) {
		gp_report_junit(&r->report, gp_buf_all(&run->reports[i].text));
		/* it may be large, and nobody else reads it */
		gp_buf_clear(&run->reports[i].text);
	}
	if (r->report.kind == GP_REPORT_NONE)
		gp_report_read(&r->report, gp_buf_all(&r->output));
}

static bool worth_keeping(enum gp_verdict v)
{
	return v != GP_VERDICT_TIMEOUT && v != GP_VERDICT_INFRA && v != GP_VERDICT_FLAKY;
}

static void on_run(void *ctx, struct gp_run_result *run)
{
	struct gp_trial *t = ctx;
	struct gp_trial_result r = {.exit = run->exit,
	                            .signal = run->signal,
	                            .truncated = run->truncated,
	                            .ms = run->ms};

	t->run = NULL;
	r.output = run->out;
	run->out = (struct gp_buf){0};
	read_report(&r, t, run);
	if (t->spec.terminal <= 0 || run->infra || run->timed_out)
		judge(&r, t, run->infra, run->timed_out);
	if (t->key.n && worth_keeping(r.judgement.verdict))
		gp_cache_write(gp_buf_text(&t->bench->cache), gp_buf_text(&t->key), &r);
	finish(t, &r);
}

static void fail_later(struct gp_trial *t, const char *infra, struct gp_slice output)
{
	t->held = gp_alloc(sizeof(*t->held));
	t->held->exit = -1;
	gp_buf_slice(&t->held->output, output);
	judge(t->held, t, infra, false);
	t->timer = gp_loop_after(t->bench->o.loop, 0, finish_held, t);
}

static long deadline(const struct gp_trial *t)
{
	long most = t->bench->o.timeout_ms ? t->bench->o.timeout_ms : 10 * 60 * 1000;

	return t->spec.timeout_ms && (most < 0 || t->spec.timeout_ms < most) ? t->spec.timeout_ms
	                                                                     : most;
}

static void start_run(struct gp_trial *t)
{
	struct gp_bench *b = t->bench;
	const char *report = b->o.project->report;
	bool any;
	int e = gp_layer_convert(b->layer, &t->converted, &any, t->spec.changes);
	const struct gp_run_spec spec = {
		.tree = gp_layer_tree(b->layer),
		.layer = gp_buf_text(&b->content),
		.scratch = gp_layer_scratch(b->layer),
		.changes = any ? &t->converted : t->spec.changes,
		.locked = t->spec.tests,
		.command = t->command,
		.deadline_ms = deadline(t),
		.git = b->o.git_snapshot,
		.reports = report && gp_starts(report, "junit:") ? report + 6 : NULL,
		.output = t->spec.output,
		.output_ctx = t->spec.output_ctx,
		.terminal = t->spec.terminal,
	};

	t->began = gp_now_ms();
	if (!e)
		e = gp_sandbox_run(&t->run, b->o.sandbox, b->o.loop, &spec, on_run, t);
	if (e)
		fail_later(t, gp_message(), GP_SLICE(""));
}

static void start_or_fail(struct gp_trial *t)
{
	if (t->bench->state == READY)
		start_run(t);
	else if (t->bench->state == BROKEN)
		fail_later(t, gp_buf_text(&t->bench->why), gp_buf_all(&t->bench->why_output));
}

static void settled(struct gp_bench *b, enum bench_state state, int code)
{
	b->state = state;
	for (struct gp_trial *t = b->trials; t; t = t->next)
		if (!t->held)
			start_or_fail(t);
	if (b->o.ready)
		b->o.ready(b->o.ctx, code, (long)(gp_now_ms() - b->began));
}

/* What setup leaves is remembered by whoever has it: the layer on disk, or the sandbox. */
static int remember_setup(struct gp_bench *b)
{
	return gp_sandbox_keeps(b->o.sandbox)
	               ? 0
	               : gp_layer_set_setup(b->layer, gp_buf_text(&b->setup_key));
}

static void tell_failure(struct gp_buf *why, const char *setup, const struct gp_run_result *run)
{
	gp_auto(gp_buf) what = {0};

	if (setup)
		gp_buf_fmt(&what, "setup '%s'", setup);
	else
		gp_buf_str(&what, "preparing the layer");
	if (run->infra)
		gp_buf_fmt(why, "%s failed: %s", gp_buf_text(&what), run->infra);
	else if (run->timed_out)
		gp_buf_fmt(why, "%s passed its deadline", gp_buf_text(&what));
	else
		gp_buf_fmt(why, "%s failed with status %d", gp_buf_text(&what), run->exit);
}

static void broken(struct gp_bench *b, int code)
{
	gp_buf_str(&b->why, gp_message());
	settled(b, BROKEN, code);
}

static void on_prepared(void *ctx, struct gp_run_result *run)
{
	struct gp_bench *b = ctx;

	b->setup = NULL;
	if (run->exit == 0 && !run->infra) {
		int e = remember_setup(b);

		if (e)
			broken(b, e);
		else
			settled(b, READY, 0);
		return;
	}
	tell_failure(&b->why, b->o.project->setup, run);
	gp_buf_slice(&b->why_output, gp_buf_all(&run->out));
	settled(b, BROKEN, GP_FAILED);
}

static int changes_from(void *ctx, struct gp_changes *out, const char *from)
{
	struct gp_bench *b = ctx;
	gp_auto(gp_changes) all = {0};
	struct gp_oid tree = {0};
	bool any;
	int e;

	if (strlen(from) >= sizeof(tree.hex))
		return GP_NOTFOUND;
	memcpy(tree.hex, from, strlen(from));
	e = gp_repo_diff(&all, b->o.repo, &tree, &b->o.base);
	if (!e)
		e = gp_layer_convert(b->layer, out, &any, &all);
	if (!e && !any) {
		gp_changes_clear(out);
		*out = all;
		all = (struct gp_changes){0};
	}
	return e;
}

static int prepare(struct gp_bench *b)
{
	struct gp_run_spec spec = {
		.tree = gp_layer_tree(b->layer),
		.layer = gp_buf_text(&b->content),
		.moves = &b->moves,
		.scratch = gp_layer_scratch(b->layer),
		.command = b->o.project->setup,
		.deadline_ms = b->o.setup_timeout_ms ? b->o.setup_timeout_ms : 20 * 60 * 1000,
		.network = b->o.setup_network,
		.output = b->o.setup_output,
		.output_ctx = b->o.ctx,
	};
	int e = gp_sandbox_keeps(b->o.sandbox) ? 0 : gp_layer_set_setup(b->layer, "");

	return e ? e
	         : gp_sandbox_prepare(&b->setup, b->o.sandbox, b->o.loop, &spec, on_prepared, b);
}

static bool is_prepared(const struct gp_bench *b)
{
	return !gp_sandbox_keeps(b->o.sandbox) &&
	       (!b->o.project->setup || gp_layer_has_setup(b->layer, gp_buf_text(&b->setup_key)));
}

static void on_fill(void *ctx, int code)
{
	struct gp_bench *b = ctx;

	if (!code && is_prepared(b)) {
		settled(b, READY, 0);
		return;
	}
	if (!code)
		code = prepare(b);
	if (code)
		broken(b, code);
}

/* A sandbox that keeps layers wants the tree as it was laid out. */
static int take_layer(struct gp_bench *b)
{
	bool keeps = gp_sandbox_keeps(b->o.sandbox);
	const char *identity = gp_sandbox_identity(b->o.sandbox);
	uint64_t h;
	int e = gp_project_setup_key(&b->setup_key, b->o.project, b->o.repo, &b->o.base, identity);

	if (e)
		return e;
	h = gp_hash(GP_HASH, gp_buf_text(&b->setup_key), b->setup_key.n + 1);
	h = gp_hash(h, identity, strlen(identity));
	gp_buf_fmt(&b->shared, "%s%016llx", gp_buf_text(&b->setup_key), (unsigned long long)h);
	gp_buf_fmt(&b->content, "%s-%016llx", b->o.base.hex, (unsigned long long)h);
	b->moves = (struct gp_moves){gp_buf_text(&b->shared), b->o.base.hex, changes_from, b};
	return gp_layer_take(&b->layer, b->o.repo, &b->o.base,
	                     keeps ? "" : gp_buf_text(&b->setup_key));
}

int gp_bench_new(struct gp_bench **out, const struct gp_bench_options *o)
{
	struct gp_bench *b = gp_alloc(sizeof(*b));
	const char *folder = gp_repo_folder(o->repo);
	int e;

	b->o = *o;
	b->began = gp_now_ms();
	*out = b;
	if (!folder)
		return GP_FAILED;
	gp_buf_fmt(&b->cache, "%s/cache", folder);
	e = take_layer(b);
	if (!e)
		e = gp_layer_fill(b->layer, o->loop, on_fill, b);
	return e;
}

void gp_bench_free(struct gp_bench **bench)
{
	struct gp_bench *b = *bench;

	if (!b)
		return;
	while (b->trials) {
		struct gp_trial *t = b->trials;

		gp_trial_abandon(&t);
	}
	if (b->setup)
		gp_run_abandon(&b->setup);
	gp_layer_release(&b->layer);
	if (b->cache.n)
		gp_cache_trim(gp_buf_text(&b->cache), CACHE_FILES);
	gp_buf_clear(&b->setup_key);
	gp_buf_clear(&b->content);
	gp_buf_clear(&b->shared);
	gp_buf_clear(&b->cache);
	gp_buf_clear(&b->why);
	gp_buf_clear(&b->why_output);
	gp_free(b);
	*bench = NULL;
}

static bool from_cache(struct gp_trial *t)
{
	struct gp_bench *b = t->bench;

	if (b->o.no_cache)
		return false;
	t->held = gp_alloc(sizeof(*t->held));
	if (gp_cache_read(t->held, gp_buf_text(&b->cache), gp_buf_text(&t->key))) {
		gp_trial_result_clear(t->held);
		gp_free(t->held);
		t->held = NULL;
		return false;
	}
	judge(t->held, t, NULL, false);
	t->timer = gp_loop_after(b->o.loop, 0, finish_held, t);
	return true;
}

int gp_trial_start(struct gp_trial **out, struct gp_bench *b, const struct gp_trial_spec *spec,
                   void (*done)(void *ctx, struct gp_trial_result *r), void *ctx)
{
	struct gp_trial *t = gp_alloc(sizeof(*t));

	*t = (struct gp_trial){
		.bench = b,
		.next = b->trials,
		.command = gp_strdup(spec->command),
		.spec = *spec,
		.done = done,
		.ctx = ctx,
		.began = gp_now_ms(),
	};
	b->trials = t;
	*out = t;
	if (spec->tree)
		gp_buf_fmt(&t->key, "4\n%s\n%s\n%s\n%s\n%s\n%d", spec->tree->hex, t->command,
		           b->o.project->report ? b->o.project->report : "",
		           gp_buf_text(&b->setup_key), gp_sandbox_identity(b->o.sandbox),
		           b->o.git_snapshot);
	if (t->key.n && from_cache(t))
		return 0;
	start_or_fail(t);
	return 0;
}

void gp_trial_abandon(struct gp_trial **trial)
{
	struct gp_trial *t = *trial;

	if (!t)
		return;
	if (t->run)
		gp_run_abandon(&t->run);
	trial_free(t);
	*trial = NULL;
}
