#include "lib/preview/prove.h"

#include <string.h>
#include <sys/sysinfo.h>

#include "lib/base/json.h"
#include "lib/preview/prove_in.h"
#include "lib/preview/proven.h"
#include "lib/preview/rows.h"
#include "lib/preview/runs.h"

#define REDS 2
#define GREENS 3

/* One preview that is run again. */
struct again {
	struct gp_prover *v;
	struct gp_claim *c;
	struct gp_conf *conf;
	struct gp_project project;
	struct gp_sandbox *sandbox;
	struct gp_bench *bench;
	struct gp_changes test, full;
	struct gp_list touched;
	struct gp_runs base, red, green, suite;
	struct gp_measure *measure;
	struct gp_strength strength;
	struct gp_flaky flaky;
	bool suite_wide, over, measured;
};

static void again_clear(struct again *a)
{
	gp_measure_stop(&a->measure, NULL);
	gp_strength_clear(&a->strength);
	gp_flaky_clear(&a->flaky);
	gp_bench_free(&a->bench);
	gp_sandbox_free(&a->sandbox);
	gp_runs_clear(&a->base);
	gp_runs_clear(&a->red);
	gp_runs_clear(&a->green);
	gp_runs_clear(&a->suite);
	gp_changes_clear(&a->test);
	gp_changes_clear(&a->full);
	gp_list_clear(&a->touched);
	gp_project_clear(&a->project);
	gp_conf_free(&a->conf);
}

/* The settings of the base, not those of the branch or of what happens to be checked out. */
static int read_settings(struct again *a)
{
	const struct gp_prove_options *o = a->v->o;
	gp_auto(gp_buf) text = {0};
	int e = gp_conf_new(&a->conf);

	if (!e)
		e = gp_conf_user(a->conf);
	if (e)
		return e;
	e = gp_repo_read(&text, NULL, o->repo, &a->c->base_tree, ".codexflow.ini", 1 << 20);
	e = e == GP_NOTFOUND ? 0 : e;
	if (!e)
		e = gp_conf_read(a->conf, gp_buf_all(&text), ".codexflow.ini of the base",
		                 GP_FROM_REPO);
	for (size_t i = 0; !e && i < o->settings->n; i++)
		e = gp_conf_arg(a->conf, o->settings->v[i]);
	return e;
}

static bool changes_same(const struct gp_change *a, const struct gp_change *b)
{
	return a && b && a->mode == b->mode &&
	       gp_slice_eq(gp_buf_all(&a->content), gp_buf_all(&b->content));
}

/* Tests are what they were when red, and those of the base what they were there. */
static void find_touched(struct again *a)
{
	for (size_t i = 0; i < a->full.n; i++) {
		const char *path = a->full.v[i].path;

		if (gp_is_test_path(&a->project.paths, path) &&
		    !changes_same(&a->full.v[i], gp_changes_get(&a->test, path)))
			gp_list_add(&a->touched, path);
	}
	for (size_t i = 0; i < a->test.n; i++)
		if (gp_is_test_path(&a->project.paths, a->test.v[i].path) &&
		    !gp_changes_get(&a->full, a->test.v[i].path))
			gp_list_add(&a->touched, a->test.v[i].path);
}

/* What a single commit holds of the test: its test files, and with registry also the files that
 * tests are registered in. */
static int split(struct again *a, bool registry)
{
	gp_changes_clear(&a->test);
	for (size_t i = 0; i < a->full.n; i++) {
		const struct gp_change *c = &a->full.v[i];

		if (gp_is_test_path(&a->project.paths, c->path) ||
		    (registry && gp_is_test_registry(c->path)))
			gp_changes_set(&a->test, c->path, c->mode, gp_buf_all(&c->content));
	}
	return gp_repo_tree(&a->c->test_tree, a->v->o->repo, &a->c->base_tree, &a->test);
}

static bool has_registry(const struct again *a)
{
	for (size_t i = 0; i < a->full.n; i++)
		if (!gp_is_test_path(&a->project.paths, a->full.v[i].path) &&
		    gp_is_test_registry(a->full.v[i].path))
			return true;
	return false;
}

static int find_changes(struct again *a)
{
	struct gp_repo *r = a->v->o->repo;
	struct gp_claim *c = a->c;
	int e = gp_repo_diff(&a->full, r, &c->base_tree, &c->full_tree);

	if (!e)
		e = c->squashed ? split(a, false)
		                : gp_repo_diff(&a->test, r, &c->base_tree, &c->test_tree);
	if (!e)
		find_touched(a);
	return e;
}

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct again *a = ctx;

	a->over = true;
	gp_runs_add(a->v->into, r);
}

static bool is_over(void *ctx)
{
	return ((struct again *)ctx)->over;
}

static void on_output(void *ctx, struct gp_slice bytes)
{
	gp_term_stream(((struct again *)ctx)->v->o->term, bytes);
}

static bool is_known(const struct gp_runs *r)
{
	enum gp_verdict v = r->n ? r->v[r->n - 1].verdict : GP_VERDICT_PASS;

	return v != GP_VERDICT_INFRA && v != GP_VERDICT_TIMEOUT;
}

static int run_times(struct again *a, const char *phase, const char *command,
                     const struct gp_changes *changes, size_t times, struct gp_runs *into)
{
	struct gp_term *t = a->v->o->term;
	const struct gp_trial_spec spec = {
		.command = command,
		.changes = changes,
		.tests = &a->test,
		.output = gp_term_verbose(t) ? on_output : NULL,
		.output_ctx = a,
	};
	int e = 0;

	a->v->into = into;
	gp_term_begin(t, phase, "%s", command);
	while (!e && into->n < times && is_known(into)) {
		struct gp_trial *trial = NULL;

		a->over = false;
		e = gp_trial_start(&trial, a->bench, &spec, on_done, a);
		if (!e)
			e = gp_loop_run(a->v->loop, is_over, a);
	}
	if (!e) {
		const struct gp_judgement *j = &gp_runs_result(into)->judgement;

		gp_term_end(t, phase, is_known(into) ? GP_MARK_OK : GP_MARK_BAD, "%s: %s",
		            gp_verdict_word(j->verdict), gp_buf_text(&j->reason));
		if (!is_known(into))
			gp_term_quote(t, gp_buf_all(&j->lines));
	}
	return e;
}

static int open_bench(struct again *a)
{
	const char *git = gp_conf_str(a->conf, "sandbox.git");
	const struct gp_bench_options options = {
		.repo = a->v->o->repo,
		.sandbox = a->sandbox,
		.loop = a->v->loop,
		.project = &a->project,
		.base = a->c->base_tree,
		.timeout_ms = (long)gp_conf_int(a->conf, "test.timeout") * 1000,
		.setup_network = gp_conf_bool(a->conf, "sandbox.network"),
		.git_snapshot = git && strcmp(git, "snapshot") == 0,
		.no_cache = true,
		.setup_output = gp_term_verbose(a->v->o->term) ? on_output : NULL,
		.ctx = a,
	};

	return gp_bench_new(&a->bench, &options);
}

static bool is_red(struct gp_runs *r)
{
	enum gp_verdict v = gp_runs_result(r)->judgement.verdict;

	return v == GP_VERDICT_ASSERTION || v == GP_VERDICT_MISSING;
}

static int run_red(struct again *a)
{
	gp_auto(gp_buf) command = {0};
	int e;

	gp_project_only(&command, &a->project, &a->test);
	a->suite_wide = strcmp(gp_buf_text(&command), a->project.suite) == 0;
	e = run_times(a, "red", gp_buf_text(&command), &a->test, REDS, &a->red);
	if (e || !a->c->squashed || !is_known(&a->red) || is_red(&a->red) || !has_registry(a))
		return e;
	/* a test that nothing knows of without the file that names it */
	e = split(a, true);
	gp_runs_clear(&a->red);
	return e ? e : run_times(a, "red", gp_buf_text(&command), &a->test, REDS, &a->red);
}

static bool all_known(const struct again *a)
{
	return is_known(&a->base) && is_known(&a->red) && is_known(&a->green) &&
	       is_known(&a->suite);
}

static void on_measured(void *ctx, struct gp_strength *s)
{
	struct again *a = ctx;

	a->measure = NULL;
	a->strength = *s;
	*s = (struct gp_strength){0};
	a->measured = a->over = true;
}

/* Where it is claimed: a time box of somebody who proves is spent for nothing else. */
static int run_strength(struct again *a)
{
	struct gp_trial_result *green = gp_runs_result(&a->green);
	const struct gp_measure_spec spec = {
		.repo = a->v->o->repo,
		.bench = a->bench,
		.loop = a->v->loop,
		.before = &a->c->test_tree,
		.changes = &a->full,
		.tests = &a->test,
		.command = green->command,
		.green = green,
		.box_ms = (long)gp_conf_int(a->conf, "preview.strength-time") * 1000,
		.cores = (size_t)(get_nprocs() > 1 ? get_nprocs() : 1),
		.ctx = a,
	};
	gp_auto(gp_buf) words = {0};
	int e;

	if (!gp_claims_strength(a->c) || a->green.disagree)
		return 0;
	a->over = false;
	gp_term_begin(a->v->o->term, "strength", "taking the change away, piece by piece");
	e = gp_measure_start(&a->measure, &spec, on_measured);
	if (!e)
		e = gp_loop_run(a->v->loop, is_over, a);
	gp_strength_words(&words, &a->strength);
	if (!e)
		gp_term_end(a->v->o->term, "strength", GP_MARK_OK, "%s", gp_buf_text(&words));
	return e;
}

static int count_again(struct again *a, bool on_base)
{
	struct gp_runs r = {0};
	int e = run_times(a, "again", a->project.suite, on_base ? NULL : &a->full, 1, &r);

	if (!e && is_known(&r))
		gp_flaky_count(&a->flaky, on_base, &a->base.first.report, &r.first.report);
	gp_runs_clear(&r);
	return e;
}

/* Old tests that do not pass, on both sides, before they are held against the preview. */
static int run_doubted(struct again *a)
{
	const struct gp_runs *suite = a->suite_wide ? &a->green : &a->suite;
	gp_auto(gp_list) lost = {0};
	int e = 0;

	if (!suite->n || !is_known(suite) ||
	    gp_suite_holds(&lost, &lost, &a->base.first.report, &suite->first.report))
		return 0;
	gp_flaky_doubt(&a->flaky, &lost);
	for (int i = 0; !e && i < REDS && gp_flaky_open(&a->flaky); i++) {
		e = count_again(a, true);
		if (!e)
			e = count_again(a, false);
	}
	return e;
}

/* A base that fails where it is said to pass may fail by chance: it is run again. Whichever run
 * passes, more is asked of the suite than was. */
static int run_base(struct again *a)
{
	const char *word = gp_json_str(gp_json_get(a->c->record.json, "baseline"), "verdict");
	int e = run_times(a, "baseline", a->project.suite, NULL, 1, &a->base);

	for (int i = 0; !e && i < REDS && word && strcmp(word, "pass") == 0 &&
	                a->base.first.judgement.verdict == GP_VERDICT_ASSERTION;
	     i++) {
		gp_runs_clear(&a->base);
		e = run_times(a, "baseline", a->project.suite, NULL, 1, &a->base);
	}
	return e;
}

/* Base, red, green, suite, as far as they lead; a run that tells nothing ends it. */
static int run_all(struct again *a)
{
	gp_auto(gp_buf) command = {0};
	int e = run_base(a);

	if (!e && is_known(&a->base))
		e = run_red(a);
	if (e || !a->red.n || !is_known(&a->red) || !is_red(&a->red))
		return e;
	gp_project_only(&command, &a->project, &a->test);
	e = run_times(a, "green", gp_buf_text(&command), &a->full, GREENS, &a->green);
	if (!e && !a->suite_wide && is_known(&a->green))
		e = run_times(a, "suite", a->project.suite, &a->full, 1, &a->suite);
	if (!e)
		e = run_doubted(a);
	return e || !all_known(a) ? e : run_strength(a);
}

static struct gp_trial_result *result(struct gp_runs *r)
{
	return r->n ? &r->first : NULL;
}

static int compare(struct gp_table *out, struct again *a)
{
	gp_auto(gp_signature) signature = {0};
	int e = gp_signature_check(&signature, a->v->o->repo, &a->c->record);
	const struct gp_found f = {
		.base = gp_prove_base(a->v->o->repo, a->c),
		.runs = {.base = result(&a->base),
	                 .red = result(&a->red),
	                 .green = result(&a->green),
	                 .suite = result(a->suite_wide ? &a->green : &a->suite),
	                 .suite_wide = a->suite_wide,
	                 .flaky = &a->flaky,
	                 .asserted = a->measured &&
	                             gp_strength_asserts(&a->strength, &a->base.first.report)},
		.red_flaky = a->red.disagree,
		.green_flaky = a->green.disagree,
		.strength = a->measured ? &a->strength : NULL,
		.signature = signature,
		.touched = &a->touched,
	};

	if (!e)
		gp_rows_compare(out, a->c, &f);
	return e;
}

static int prepare(struct again *a, enum gp_status *status)
{
	int e = read_settings(a);

	if (!e)
		e = gp_detect(&a->project, a->v->o->repo, &a->c->base_tree, a->conf);
	if (!e)
		e = find_changes(a);
	if (e)
		return e;
	e = gp_preview_sandbox(&a->sandbox, a->v->o->repo, a->conf, a->v->o->term);
	if (e && e != GP_FAILED)
		*status = GP_STATUS_SANDBOX;
	return e ? e : open_bench(a);
}

/* A preview without one of its halves is not run: there is nothing to prove. */
static bool lacks_half(struct gp_table *t, const struct again *a)
{
	if (!a->test.n)
		gp_table_add(t, "tests", GP_ROW_FAILS, "a test", "no test is new or changed");
	else if (strcmp(a->c->test_tree.hex, a->c->full_tree.hex) == 0)
		gp_table_add(t, "change", GP_ROW_FAILS, "an implementation",
		             "nothing but tests is changed");
	return t->n > 0;
}

static int prove(struct again *a, enum gp_status *status)
{
	gp_auto(gp_table) t = {0};
	int e = prepare(a, status);

	if (!e && !lacks_half(&t, a)) {
		e = run_all(a);
		if (!e && !all_known(a)) {
			*status = GP_STATUS_SANDBOX;
			return gp_fail(GP_FAILED, "a run tells nothing of the tests");
		}
		if (!e)
			e = compare(&t, a);
	}
	if (e)
		return e;
	gp_prove_tell(a->v->o->term, a->c, &t, a->v->o->aside);
	*status = gp_table_holds(&t) ? GP_STATUS_OK : GP_STATUS_NO;
	if (*status == GP_STATUS_OK)
		gp_proven_add(a->v->o->repo, a->c);
	return 0;
}

static int prove_each(struct gp_prover *v, struct gp_claims *claims, enum gp_status *status)
{
	enum gp_status all = GP_STATUS_OK;

	for (size_t i = 0; i < claims->n; i++) {
		__attribute__((cleanup(again_clear))) struct again a = {.v = v, .c = &claims->v[i]};
		int e = prove(&a, status);

		if (e)
			return gp_within(e, "cannot prove '%s'", a.c->name);
		all = *status == GP_STATUS_OK ? all : *status;
	}
	*status = all;
	return 0;
}

static int on_deadline(void *ctx)
{
	((struct gp_prover *)ctx)->late = true;
	return GP_TIMEOUT;
}

static int run(struct gp_prover *v, enum gp_status *status)
{
	static const char *const head[] = {"HEAD"};
	const struct gp_prove_options *o = v->o;
	const char *const *revs = o->nrevs ? o->revs : head;
	gp_auto(gp_claims) claims = {0};
	gp_auto_loop struct gp_loop *loop = NULL;
	int e = gp_loop_new(&loop);

	v->loop = loop;
	if (!e && o->deadline_ms > 0)
		gp_loop_after(loop, o->deadline_ms, on_deadline, v);
	for (size_t i = 0; !e && i < (o->nrevs ? o->nrevs : 1); i++)
		e = gp_claims_add(&claims, o->repo, revs[i]);
	if (e)
		return e;
	if (o->name && claims.n == 1) {
		gp_free(claims.v[0].name);
		claims.v[0].name = gp_strdup(o->name);
	}
	if (claims.strangers)
		gp_term_say(o->term, "%zu commit%s of no preview", claims.strangers,
		            claims.strangers == 1 ? "" : "s");
	if (claims.n)
		return prove_each(v, &claims, status);
	*status = GP_STATUS_NO;
	return gp_fail(GP_NOTFOUND, "there is no preview to prove");
}

enum gp_status gp_prove_run(const struct gp_prove_options *o)
{
	struct gp_prover v = {.o = o};
	enum gp_status status = GP_STATUS_FATAL;
	int e = run(&v, &status);

	if (e == GP_STOPPED) {
		gp_fail(e, "interrupted");
		status = GP_STATUS_STOPPED;
	} else if (e && v.late) {
		/* what is cleared up meanwhile may have had words of its own */
		gp_fail(GP_TIMEOUT, "cannot prove '%s': it took more than %ld seconds",
		        o->name ? o->name : o->revs[0], o->deadline_ms / 1000);
		status = GP_STATUS_FATAL;
	} else if (e && status == GP_STATUS_OK) {
		status = GP_STATUS_FATAL;
	}
	if (e)
		gp_term_error(o->term);
	return o->bisect && status == GP_STATUS_SANDBOX ? GP_STATUS_SKIP : status;
}
