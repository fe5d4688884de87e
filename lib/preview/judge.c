#include <string.h>

#include "lib/preview/proof.h"
#include "lib/preview/run.h"
#include "lib/preview/strong.h"

#define QUOTE_BYTES 6000

void gp_failure_text(struct gp_buf *out, const struct gp_trial_result *r)
{
	gp_auto(gp_buf) clean = {0};
	const struct gp_judgement *j = &r->judgement;

	gp_buf_fmt(out, "%s: %s\n", gp_verdict_word(j->verdict), gp_buf_text(&j->reason));
	gp_buf_visible(&clean, gp_buf_all(&j->lines));
	if (!clean.n)
		return;
	gp_buf_str(out, "The lines that show it (output of the tests, data only):\n");
	gp_buf_middle_out(out, gp_buf_all(&clean), QUOTE_BYTES);
	if (out->n && out->p[out->n - 1] != '\n')
		gp_buf_chr(out, '\n');
}

static enum gp_term_mark mark(bool good)
{
	return good ? GP_MARK_OK : GP_MARK_BAD;
}

static void keep(struct gp_trial_result *to, struct gp_trial_result *r)
{
	gp_trial_result_clear(to);
	*to = *r;
	*r = (struct gp_trial_result){0};
}

/* What ends a run whoever wrote the patch: nothing can be learnt here by asking the model again. */
static bool infra(struct gp_preview *p, const char *phase, const struct gp_trial_result *r)
{
	/* a setup that fails fails all that wait for it: told once */
	if (p->over)
		return true;
	if (r->judgement.verdict != GP_VERDICT_INFRA)
		return false;
	gp_term_end(p->o->term, phase, GP_MARK_BAD, "%s", gp_buf_text(&r->judgement.reason));
	gp_term_quote(p->o->term, gp_buf_all(&r->judgement.lines));
	gp_end(p, GP_STATUS_SANDBOX, "infra", "%s", gp_buf_text(&r->judgement.reason));
	return true;
}

static void name_tests(struct gp_buf *out, const char *what, const struct gp_list *ids)
{
	for (size_t i = 0; i < ids->n && i < 20; i++)
		gp_buf_fmt(out, "%s: %s\n", what, ids->v[i]);
	if (ids->n > 20)
		gp_buf_fmt(out, "%s: and %zu more\n", what, ids->n - 20);
}

static void red_is_valid(struct gp_preview *p)
{
	const struct gp_trial_result *r = &p->red_result;
	gp_auto(gp_buf) text = {0};

	p->red_valid = true;
	gp_repo_ask_signing(p->o->repo);
	p->fail_status = GP_STATUS_NO_GREEN;
	p->fail_word = "no-green";
	gp_buf_cut(&p->fail_reason, 0);
	gp_buf_str(&p->fail_reason, "no implementation was sent");
	gp_term_end(p->o->term, "red", GP_MARK_OK, "%s: %s", gp_verdict_word(r->judgement.verdict),
	            gp_buf_text(&r->judgement.reason));
	gp_trial_event(p, "red", r);
	gp_repeat_red(p);
	gp_buf_fmt(&text, "red is valid. %s: %s\nThe test's files are frozen. %s\n",
	           gp_verdict_word(r->judgement.verdict), gp_buf_text(&r->judgement.reason),
	           p->full.changes.n ? "" : "Send `implement` if you have not.");
	/* a resumed conversation knows, unless it was broken off before the answer */
	if (p->unasked && p->nqueue)
		p->unasked = false;
	else
		gp_steps_answer(p, gp_buf_all(&text));
}

/* A deadline is never blamed on the model. */
static bool timed_out(const struct gp_trial_result *r)
{
	return r->judgement.verdict == GP_VERDICT_TIMEOUT;
}

static void red_is_not(struct gp_preview *p, const char *told, const char *advice)
{
	const struct gp_trial_result *r = &p->red_result;
	enum gp_status s = timed_out(r) ? GP_STATUS_SANDBOX : GP_STATUS_NO_RED;
	gp_auto(gp_buf) text = {0};

	gp_term_end(p->o->term, "red", GP_MARK_BAD, "%s: %s", gp_verdict_word(r->judgement.verdict),
	            told);
	gp_trial_event(p, "red", r);
	gp_buf_fmt(&text, "not a valid red: %s\n", told);
	gp_failure_text(&text, r);
	gp_buf_fmt(&text, "%s\n", advice);
	gp_steps_fail(p, s, timed_out(r) ? "infra" : "no-red", gp_slice(told), gp_buf_all(&text));
}

static struct gp_proof_runs runs(const struct gp_preview *p)
{
	return (struct gp_proof_runs){.base = &p->base_result,
	                              .red = &p->red_result,
	                              .green = &p->green_result,
	                              .suite = &p->suite_result,
	                              .suite_wide = p->suite_wide,
	                              .flaky = &p->flaky};
}

static void decide_red(struct gp_preview *p)
{
	const struct gp_judgement *j = &p->red_result.judgement;
	const struct gp_proof_runs all = runs(p);

	switch (j->verdict) {
	case GP_VERDICT_ASSERTION:
	case GP_VERDICT_MISSING:
		if (gp_proof_red_is_new(&all))
			red_is_valid(p);
		else
			red_is_not(
				p,
				"the suite fails no test that it does not fail without the patch",
				"The new test must itself fail on the code as it is.");
		break;
	case GP_VERDICT_PASS:
		red_is_not(
			p, "the test passes on the code as it is, so it proves nothing",
			"Send a test that fails because the requested behaviour is not there yet.");
		break;
	case GP_VERDICT_NONE:
		red_is_not(p, "no test ran", "Put the test where the runner finds it.");
		break;
	case GP_VERDICT_TIMEOUT:
		red_is_not(p, "the test did not end within the time limit, so nothing is known",
		           "Send a test that ends.");
		break;
	case GP_VERDICT_FLAKY:
		red_is_not(p, "repeated runs disagree", "Send a test with one outcome.");
		break;
	case GP_VERDICT_BROKEN:
	case GP_VERDICT_INFRA:
		red_is_not(p, gp_buf_text(&j->reason), "Mend the test itself.");
		break;
	}
	gp_steps_next(p);
	if (p->red_valid && !p->over)
		gp_keep_save(p);
}

static void hold(struct gp_preview *p, void (*decide)(struct gp_preview *p))
{
	if (p->base_done) {
		decide(p);
		return;
	}
	p->held = decide;
}

void gp_judged_base(void *ctx, struct gp_trial_result *r)
{
	struct gp_preview *p = ctx;
	void (*held)(struct gp_preview * p) = p->held;
	const char *word = gp_verdict_word(r->judgement.verdict);
	enum gp_verdict v = r->judgement.verdict;

	p->base_trial = NULL;
	p->base_done = true;
	gp_trial_event(p, "baseline", r);
	if (infra(p, "baseline", r))
		return;
	if (v == GP_VERDICT_TIMEOUT) {
		gp_term_end(p->o->term, "baseline", GP_MARK_BAD, "%s", word);
		gp_end(p, GP_STATUS_SANDBOX, "infra",
		       "the test suite did not end within %lld s on the base",
		       gp_conf_int(p->o->conf, "test.timeout"));
		gp_buf_str(&p->ending_hint, "raise it with -c test.timeout=<seconds>");
		return;
	}
	gp_term_end(p->o->term, "baseline",
	            v == GP_VERDICT_PASS || v == GP_VERDICT_NONE ? GP_MARK_OK : GP_MARK_WARN,
	            "%s%s%s%s", v == GP_VERDICT_PASS ? "" : word, v == GP_VERDICT_PASS ? "" : ": ",
	            gp_buf_text(&r->judgement.reason), r->cached ? " (cached)" : "");
	keep(&p->base_result, r);
	p->held = NULL;
	if (held)
		held(p);
}

void gp_judged_red(void *ctx, struct gp_trial_result *r)
{
	struct gp_preview *p = ctx;

	p->trial = NULL;
	p->red_ms += r->total_ms;
	keep(&p->red_result, r);
	if (infra(p, "red", &p->red_result))
		return;
	if (p->suite_wide)
		hold(p, decide_red);
	else
		decide_red(p);
}

static void green_is_not(struct gp_preview *p, const char *phase, const struct gp_trial_result *r,
                         const char *word, const char *told, struct gp_slice more)
{
	gp_auto(gp_buf) text = {0};

	gp_strong_drop(p);
	gp_term_end(p->o->term, phase, GP_MARK_BAD, "%s", told);
	gp_trial_event(p, phase, r);
	gp_buf_fmt(&text, "not yet: %s\n", told);
	gp_buf_slice(&text, more);
	gp_failure_text(&text, r);
	gp_buf_str(&text,
	           "The patch stays applied. Send `implement` with a patch against the files as "
	           "they are then.\n");
	gp_steps_fail(p, timed_out(r) ? GP_STATUS_SANDBOX : GP_STATUS_NO_GREEN,
	              timed_out(r) ? "infra" : word, gp_slice(told), gp_buf_all(&text));
}

/* Whether what a proposal changes says how tests are run. */
static void weigh_changes(struct gp_preview *p)
{
	const struct gp_changes *c = &p->full.changes;

	for (size_t i = 0, n = 0; i < c->n && n < 3; i++) {
		const struct gp_change *test = gp_changes_get(&p->test.changes, c->v[i].path);

		if ((test && test->mode == c->v[i].mode &&
		     gp_slice_eq(gp_buf_all(&test->content), gp_buf_all(&c->v[i].content))) ||
		    !gp_policy_runs_tests(p, c->v[i].path))
			continue;
		gp_list_fmt(&p->weak,
		            "the implementation changes '%s', which also says how tests are run",
		            c->v[i].path);
		n++;
	}
}

void gp_judged_weigh(struct gp_preview *p)
{
	const struct gp_judgement *red = &p->red_result.judgement;
	struct gp_proof_runs all = runs(p);

	gp_list_clear(&p->weak);
	if (red->verdict == GP_VERDICT_MISSING) {
		all.asserted = gp_strong_asserts(p);
		all.alien = !gp_strong_adds(p, red->symbol);
	}
	gp_proof_weigh(&p->weak, &all);
	gp_strong_weigh(p);
	gp_flaky_tell(&p->loose, &p->weak, &p->flaky);
	weigh_changes(p);
	gp_found_look(p);
}

/* Runs of the same test that do not come to the same prove nothing. */
static void green_is_flaky(struct gp_preview *p)
{
	gp_auto(gp_buf) why = {0};
	gp_auto(gp_buf) text = {0};

	gp_buf_slice(&why, gp_buf_all(&p->disagreement));
	gp_buf_fmt(&text, "not proven: %s\nSend %s with one outcome.\n", gp_buf_text(&why),
	           p->red_disagrees ? "`test` with a test" : "`implement` or `test` with code");
	p->red_valid = !p->red_disagrees;
	gp_strong_drop(p);
	gp_repeat_drop(p, p->red_disagrees);
	gp_term_end(p->o->term, "suite", GP_MARK_BAD, "%s", gp_buf_text(&why));
	gp_steps_fail(p, GP_STATUS_FLAKY, "flaky", gp_buf_all(&why), gp_buf_all(&text));
	gp_steps_next(p);
}

static void decide_suite(struct gp_preview *p);

/* Whether repeated runs are still to come, or have settled it. */
static bool repeats_decide(struct gp_preview *p, bool passes)
{
	if (passes)
		gp_repeat_green(p);
	if (p->disagreement.n) {
		green_is_flaky(p);
		return true;
	}
	if (p->repeating)
		p->held = decide_suite;
	return p->repeating > 0;
}

/* What a suite that does not hold is told as: one test by name, and how many more. */
static void regression_words(struct gp_buf *out, const struct gp_list *failed,
                             const struct gp_list *vanished)
{
	const struct gp_list *first = failed->n ? failed : vanished;

	gp_buf_fmt(out, "'%s' passed on the base and %s", first->v[0],
	           failed->n ? "fails" : "is gone or skipped");
	if (failed->n + vanished->n > 1)
		gp_buf_fmt(out, "; so %s %zu more", failed->n + vanished->n > 2 ? "do" : "does",
		           failed->n + vanished->n - 1);
}

static void decide_suite(struct gp_preview *p)
{
	const struct gp_trial_result *after = &p->suite_result;
	gp_auto(gp_list) failed = {0};
	gp_auto(gp_list) vanished = {0};
	gp_auto(gp_list) lost = {0};
	gp_auto(gp_buf) more = {0};
	gp_auto(gp_buf) words = {0};
	const struct gp_proof_runs all = runs(p);
	bool passes = gp_proof_suite_passes(&all);
	bool holds = gp_proof_holds(&failed, &vanished, &all);

	/* a run of some files may name its tests otherwise than the suite does */
	if (p->suite_wide)
		gp_proof_reds_pass(&lost, &all, after);
	passes = passes && holds && !lost.n;
	if (!lost.n && gp_again_look(p, &failed, &vanished, decide_suite))
		return;
	if (repeats_decide(p, passes))
		return;
	if (!passes) {
		name_tests(&more, "passed before and fails", &failed);
		name_tests(&more, "passed before and is gone or skipped", &vanished);
		name_tests(&more, "was red and does not pass", &lost);
		if (failed.n + vanished.n) {
			regression_words(&words, &failed, &vanished);
			green_is_not(p, "suite", after, "regression", gp_buf_text(&words),
			             gp_buf_all(&more));
		} else
			green_is_not(p, "suite", after, "no-green", "the suite does not pass",
			             gp_buf_all(&more));
		gp_steps_next(p);
		return;
	}
	gp_term_end(p->o->term, "suite", GP_MARK_OK, "%s%s", gp_buf_text(&after->judgement.reason),
	            after->judgement.verdict == GP_VERDICT_PASS ? ""
	            : gp_flaky_n(&p->flaky)                     ? " (flaky tests set aside)"
	                                    : " (failures of the base set aside)");
	gp_trial_event(p, "suite", after);
	/* green was the suite, and is known only here */
	if (p->suite_wide)
		gp_strong_start(p);
	gp_strong_settle(p);
}

void gp_judged_proven(struct gp_preview *p)
{
	if (!gp_sharp_done(p))
		return;
	p->proven = true;
	gp_judged_weigh(p);
	gp_steps_answer(p,
	                GP_SLICE("green is proven and the suite holds; nothing more is needed\n"));
	gp_steps_next(p);
}

void gp_judged_suite(void *ctx, struct gp_trial_result *r)
{
	struct gp_preview *p = ctx;

	p->trial = NULL;
	p->suite_ms += r->total_ms;
	keep(&p->suite_result, r);
	if (!infra(p, "suite", &p->suite_result))
		hold(p, decide_suite);
}

/* The suite is also the run of the new test: one run serves for both. */
static void green_was_suite(struct gp_preview *p)
{
	struct gp_trial_result *g = &p->green_result;
	const struct gp_judgement *j = &g->judgement;

	gp_term_end(p->o->term, "green", mark(j->verdict == GP_VERDICT_PASS), "%s",
	            gp_buf_text(&j->reason));
	gp_trial_event(p, "green", g);
	gp_term_begin(p->o->term, "suite", "%s", p->project.suite);
	gp_trial_result_clear(&p->suite_result);
	p->suite_result.report = g->report;
	g->report = (struct gp_report){.kind = g->report.kind, .format = g->report.format};
	p->suite_result.judgement.verdict = j->verdict;
	p->suite_result.judgement.low_confidence = j->low_confidence;
	gp_buf_slice(&p->suite_result.judgement.reason, gp_buf_all(&j->reason));
	gp_buf_slice(&p->suite_result.judgement.lines, gp_buf_all(&j->lines));
	p->suite_result.command = gp_strdup(g->command);
	p->suite_result.exit = g->exit;
	p->suite_result.ms = g->ms;
	hold(p, decide_suite);
}

static void decide_green(struct gp_preview *p)
{
	const struct gp_judgement *j = &p->green_result.judgement;
	const struct gp_proof_runs all = runs(p);
	gp_auto(gp_list) lost = {0};
	gp_auto(gp_buf) more = {0};

	if (gp_proof_green(&lost, &all)) {
		gp_term_end(p->o->term, "green", GP_MARK_OK, "%s", gp_buf_text(&j->reason));
		gp_trial_event(p, "green", &p->green_result);
		gp_strong_start(p);
		gp_repeat_green(p);
		gp_steps_trial(p, "suite", p->project.suite, &p->full, gp_judged_suite);
		return;
	}
	name_tests(&more, "was red and does not pass", &lost);
	green_is_not(p, "green", &p->green_result, "no-green",
	             lost.n ? "a test that was red does not pass" : gp_buf_text(&j->reason),
	             gp_buf_all(&more));
	gp_steps_next(p);
}

void gp_judged_green(void *ctx, struct gp_trial_result *r)
{
	struct gp_preview *p = ctx;

	p->trial = NULL;
	p->green_ms += r->total_ms;
	keep(&p->green_result, r);
	if (infra(p, "green", &p->green_result))
		return;
	if (p->suite_wide)
		green_was_suite(p);
	else if (p->green_result.judgement.verdict == GP_VERDICT_ASSERTION)
		hold(p, decide_green);
	else
		decide_green(p);
}
