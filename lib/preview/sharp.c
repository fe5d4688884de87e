#include <string.h>

#include "lib/preview/strong.h"

#define QUOTE_BYTES 3000
#define SPOTS 10

/* What is proven while a sharper test is tried. */
struct gp_proven {
	struct gp_state test, full;
	struct gp_trial_result red, green, suite;
	struct gp_strength strength;
	struct gp_flaky flaky;
	int turns; /* begun since it was asked for */
	int reds, greens;
};

static void copy_state(struct gp_state *to, const struct gp_state *from)
{
	to->tree = from->tree;
	gp_changes_lay(&to->changes, &from->changes);
}

static bool wanted(struct gp_preview *p)
{
	const char *how = gp_conf_str(p->o->conf, "preview.strength");
	bool missing = p->red_result.judgement.verdict == GP_VERDICT_MISSING;

	return (strcmp(how, "ask") == 0 || strcmp(how, "require") == 0) && !p->sharpened &&
	       p->measured && p->nqueue <= 1 &&
	       (p->strength.unnoticed.n || (missing && !gp_strong_asserts(p)));
}

static void quote(struct gp_buf *out, const struct gp_preview *p, const struct gp_spot *s)
{
	const struct gp_change *c = gp_changes_get(&p->full.changes, s->path);
	struct gp_slice rest = {"", 0}, line;

	if (c)
		rest = gp_buf_all(&c->content);
	gp_buf_str(out, "--- ");
	gp_spot_text(out, s);
	gp_buf_chr(out, '\n');
	for (long i = 1; s->first && i <= s->last && gp_line(&line, &rest); i++)
		if (i >= s->first && out->n < QUOTE_BYTES)
			gp_buf_fmt(out, "%.*s\n", (int)(line.n < 200 ? line.n : 200), line.p);
}

static void ask(struct gp_preview *p)
{
	const struct gp_spots *s = &p->strength.unnoticed;
	gp_auto(gp_buf) text = {0};

	gp_buf_str(&text, "green is proven and the suite holds. ");
	if (s->n)
		gp_buf_str(&text, "But the test still passes when these lines of the "
		                  "implementation are taken away, each by itself:\n");
	else
		gp_buf_str(&text, "But no assertion of the test was seen to fail: without the "
		                  "implementation a name is missing, and changes to the "
		                  "implementation go unnoticed.\n");
	for (size_t i = 0; i < s->n && i < SPOTS; i++)
		quote(&text, p, &s->v[i]);
	gp_buf_str(&text, "Send `test` once with a patch that makes the test notice, by assertions "
	                  "about behaviour that was asked for. It applies to the test as it is. "
	                  "The implementation stays as it is: do not send `implement`. If there "
	                  "is nothing to be tested, answer without a call.\n");
	gp_steps_answer(p, gp_buf_all(&text));
}

bool gp_sharp_ask(struct gp_preview *p)
{
	struct gp_proven *a;

	if (!wanted(p))
		return false;
	p->sharpened = true;
	a = p->aside = gp_alloc(sizeof(*a));
	copy_state(&a->test, &p->test);
	copy_state(&a->full, &p->full);
	a->red = p->red_result;
	a->green = p->green_result;
	a->suite = p->suite_result;
	a->strength = p->strength;
	a->flaky = p->flaky;
	p->flaky = (struct gp_flaky){0};
	a->reds = p->reds;
	a->greens = p->greens;
	p->red_result = p->green_result = p->suite_result = (struct gp_trial_result){0};
	p->strength = (struct gp_strength){0};
	/* what is asked for names the lines */
	p->strength.unnoticed = a->strength.unnoticed;
	ask(p);
	p->strength.unnoticed = (struct gp_spots){0};
	p->measured = false;
	gp_term_say(p->o->term, "the model is asked for a sharper test, once");
	gp_steps_next(p);
	return true;
}

bool gp_sharp_stalls(struct gp_preview *p)
{
	return p->aside && p->aside->turns++ && !p->calls && gp_sharp_back(p);
}

int gp_sharp_lay(struct gp_preview *p, const struct gp_state *test)
{
	struct gp_changes *full = &p->full.changes;
	const struct gp_changes *was = &p->test.changes;
	gp_auto(gp_state) s = {0};
	int e;

	gp_changes_lay(&s.changes, &test->changes);
	for (size_t i = 0; i < full->n; i++) {
		const struct gp_change *c = &full->v[i], *t = gp_changes_get(was, c->path);

		if (!t || t->mode != c->mode ||
		    !gp_slice_eq(gp_buf_all(&t->content), gp_buf_all(&c->content)))
			gp_changes_set(&s.changes, c->path, c->mode, gp_buf_all(&c->content));
	}
	gp_changes_sort(&s.changes);
	e = gp_repo_tree(&s.tree, p->o->repo, &p->base_tree, &s.changes);
	if (e)
		return e;
	gp_state_clear(&p->full);
	p->full = s;
	s = (struct gp_state){0};
	p->again = true;
	return 0;
}

static void drop(struct gp_preview *p)
{
	struct gp_proven *a = p->aside;

	p->aside = NULL;
	gp_state_clear(&a->test);
	gp_state_clear(&a->full);
	gp_trial_result_clear(&a->red);
	gp_trial_result_clear(&a->green);
	gp_trial_result_clear(&a->suite);
	gp_strength_clear(&a->strength);
	gp_flaky_clear(&a->flaky);
	gp_free(a);
}

static void swap_result(struct gp_trial_result *a, struct gp_trial_result *b)
{
	struct gp_trial_result was = *a;

	*a = *b;
	*b = was;
}

static void swap_state(struct gp_state *a, struct gp_state *b)
{
	struct gp_state was = *a;

	*a = *b;
	*b = was;
}

bool gp_sharp_back(struct gp_preview *p)
{
	struct gp_proven *a = p->aside;

	if (!a)
		return false;
	gp_strong_drop(p);
	gp_repeat_drop(p, true);
	gp_trial_abandon(&p->trial);
	p->again = p->unasked = false;
	swap_state(&p->test, &a->test);
	swap_state(&p->full, &a->full);
	swap_result(&p->red_result, &a->red);
	swap_result(&p->green_result, &a->green);
	swap_result(&p->suite_result, &a->suite);
	p->strength = a->strength;
	a->strength = (struct gp_strength){0};
	p->flaky = a->flaky;
	a->flaky = (struct gp_flaky){0};
	p->reds = a->reds;
	p->greens = a->greens;
	p->measured = p->red_valid = true;
	drop(p);
	gp_term_say(p->o->term, "no sharper test came of it; what was proven before stands");
	gp_judged_weigh(p);
	p->proven = p->over = true;
	return true;
}

bool gp_sharp_done(struct gp_preview *p)
{
	if (!p->aside)
		return true;
	if (p->strength.unnoticed.n > p->aside->strength.unnoticed.n ||
	    !gp_strength_known(&p->strength)) {
		gp_sharp_back(p);
		return false;
	}
	drop(p);
	return true;
}

void gp_sharp_clear(struct gp_preview *p)
{
	if (p->aside)
		drop(p);
}
