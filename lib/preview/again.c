#include "lib/preview/run.h"

/* Further runs of each side: a suite is compared with as many as a green is. */
static size_t rounds(const struct gp_preview *p)
{
	long n = (long)gp_conf_int(p->o->conf, "test.repeat");

	return n < 2 ? 0 : n > GP_AGAIN ? GP_AGAIN : (size_t)n - 1;
}

static void count(struct gp_again *a, struct gp_trial_result *r)
{
	struct gp_preview *p = a->p;
	enum gp_verdict v = r->judgement.verdict;

	a->trial = NULL;
	if (v != GP_VERDICT_INFRA && v != GP_VERDICT_TIMEOUT)
		gp_flaky_count(&p->flaky, a == &p->sides[0], &p->base_result.report, &r->report);
	if (p->sides[0].trial || p->sides[1].trial || p->over)
		return;
	gp_term_end(p->o->term, "again", GP_MARK_OK, "%zu flaky", gp_flaky_n(&p->flaky));
	p->again_done(p);
}

static void on_done(void *ctx, struct gp_trial_result *r)
{
	count(ctx, r);
}

static void start(struct gp_preview *p, size_t side, const struct gp_state *s)
{
	const struct gp_trial_spec spec = {
		.command = p->project.suite,
		.changes = s ? &s->changes : NULL,
		.tests = s ? &p->test.changes : NULL,
	};

	p->sides[side].p = p;
	/* what cannot be started is not counted */
	if (gp_trial_start(&p->sides[side].trial, p->bench, &spec, on_done, &p->sides[side]))
		p->sides[side].trial = NULL;
}

bool gp_again_look(struct gp_preview *p, const struct gp_list *failed,
                   const struct gp_list *vanished, void (*done)(struct gp_preview *p))
{
	if (failed->n + vanished->n == 0 || p->again_rounds >= rounds(p))
		return false;
	gp_flaky_doubt(&p->flaky, failed);
	gp_flaky_doubt(&p->flaky, vanished);
	if (!gp_flaky_open(&p->flaky))
		return false;
	p->again_rounds++;
	p->again_done = done;
	gp_term_begin(p->o->term, "again", "old tests that do not pass, on both sides: %s",
	              p->project.suite);
	start(p, 0, NULL);
	start(p, 1, &p->full);
	return p->sides[0].trial || p->sides[1].trial;
}

void gp_again_drop(struct gp_preview *p)
{
	for (size_t i = 0; i < GP_COUNT(p->sides); i++)
		if (p->sides[i].trial)
			gp_trial_abandon(&p->sides[i].trial);
	gp_flaky_clear(&p->flaky);
	p->again_rounds = 0;
}
