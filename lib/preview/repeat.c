#include "lib/preview/proof.h"
#include "lib/preview/run.h"

#define REDS 2 /* runs of a red that must agree */

static long times(const struct gp_preview *p)
{
	long n = (long)gp_conf_int(p->o->conf, "test.repeat");

	return n < 1 ? 1 : n > GP_REPEATS + 1 ? GP_REPEATS + 1 : n;
}

static void end_one(struct gp_preview *p, struct gp_repeat *r)
{
	r->trial = NULL;
	p->repeating--;
	if (p->repeating || !p->base_done || !p->held || p->over)
		return;
	void (*held)(struct gp_preview * p) = p->held;
	p->held = NULL;
	held(p);
}

static void disagree(struct gp_preview *p, const char *phase, const struct gp_trial_result *r)
{
	if (p->disagreement.n)
		return;
	p->red_disagrees = *phase == 'r';
	gp_buf_fmt(&p->disagreement, "repeated runs disagree: %s was %s, then %s", phase,
	           gp_verdict_word(*phase == 'r' ? p->red_result.judgement.verdict
	                                         : p->green_result.judgement.verdict),
	           gp_verdict_word(r->judgement.verdict));
}

static void red_again(void *ctx, struct gp_trial_result *r)
{
	struct gp_repeat *at = ctx;
	struct gp_preview *p = at->p;
	gp_auto(gp_list) fewer = {0};

	if (r->judgement.verdict == p->red_result.judgement.verdict && !p->suite_wide)
		gp_suite_fresh(&fewer, &r->report, &p->red_result.report);
	if (r->judgement.verdict != GP_VERDICT_INFRA) {
		p->reds++;
		if (r->judgement.verdict != p->red_result.judgement.verdict || fewer.n)
			disagree(p, "red", r);
	}
	end_one(p, at);
}

static void green_again(void *ctx, struct gp_trial_result *r)
{
	struct gp_repeat *at = ctx;
	struct gp_preview *p = at->p;
	const struct gp_proof_runs all = {
		.base = &p->base_result,
		.red = &p->red_result,
		.green = r,
		.suite = r,
		.suite_wide = p->suite_wide,
	};
	gp_auto(gp_list) lost = {0};
	bool good = r->judgement.verdict == GP_VERDICT_PASS ? gp_proof_reds_pass(&lost, &all, r)
	            : p->suite_wide                         ? gp_proof_suite_passes(&all)
	                                                    : gp_proof_green(&lost, &all);

	if (r->judgement.verdict != GP_VERDICT_INFRA) {
		p->greens++;
		if (!good)
			disagree(p, "green", r);
	}
	end_one(p, at);
}

static void start(struct gp_preview *p, struct gp_repeat *r, const struct gp_state *s,
                  void (*done)(void *ctx, struct gp_trial_result *r))
{
	gp_auto(gp_buf) command = {0};

	gp_project_only(&command, &p->project, &p->test.changes);
	const struct gp_trial_spec spec = {
		.command = gp_buf_text(&command),
		.changes = &s->changes,
		.tests = &p->test.changes,
	};

	r->p = p;
	/* what cannot be started is not counted */
	if (gp_trial_start(&r->trial, p->bench, &spec, done, r) == 0)
		p->repeating++;
}

void gp_repeat_red(struct gp_preview *p)
{
	gp_repeat_drop(p, true);
	p->reds = 1;
	if (times(p) >= REDS)
		start(p, &p->repeat[0], &p->test, red_again);
}

void gp_repeat_green(struct gp_preview *p)
{
	if (p->greens)
		return;
	p->greens = 1;
	for (long i = 1; i < times(p); i++)
		start(p, &p->repeat[i], &p->full, green_again);
}

void gp_repeat_drop(struct gp_preview *p, bool red)
{
	for (size_t i = red ? 0 : 1; i <= GP_REPEATS; i++)
		if (p->repeat[i].trial) {
			gp_trial_abandon(&p->repeat[i].trial);
			p->repeating--;
		}
	gp_again_drop(p);
	p->greens = 0;
	if (red || !p->red_disagrees) {
		gp_buf_cut(&p->disagreement, 0);
		p->red_disagrees = false;
	}
}
