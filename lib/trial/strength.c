#include "lib/trial/strength.h"

#include <stdlib.h>
#include <string.h>

#include "lib/trial/cuts.h"
#include "lib/trial/infra.h"

#define FILE_MAX ((size_t)64 << 20)
#define ASSERTED_MAX 200

/* A file of the implementation; as it is, it is among the changes. */
struct file {
	const struct gp_change *new;
	unsigned old_mode;
	struct gp_buf old;
};

/* A run under way. */
struct slot {
	struct gp_measure *m;
	struct gp_trial *trial;
	struct gp_changes changes;
	size_t cut;
};

struct gp_measure {
	struct gp_measure_spec spec;
	char *command;
	long each_ms;
	struct file *files;
	size_t nfiles;
	struct gp_cuts hunks, mutants;
	struct gp_cuts *cuts; /* of the two, those being run */
	size_t next, running, over, tried;
	struct slot *slots;
	size_t nslots;
	struct gp_list failing; /* tests that green fails, too */
	struct gp_strength found;
	void (*done)(void *ctx, struct gp_strength *s);
	int box, start;
	long long began;
};

enum outcome { UNNOTICED, NOTICED, BROKEN, LATE, UNKNOWN };

static bool is_bad(const struct gp_test *t)
{
	return t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR;
}

static void clear_slot(struct slot *s)
{
	if (s->trial) {
		gp_trial_abandon(&s->trial);
		s->m->running--;
	}
	gp_changes_clear(&s->changes);
}

static void measure_free(struct gp_measure *m)
{
	for (size_t i = 0; i < m->nslots; i++)
		clear_slot(&m->slots[i]);
	for (size_t i = 0; i < m->nfiles; i++)
		gp_buf_clear(&m->files[i].old);
	gp_loop_cancel(m->spec.loop, m->box);
	gp_loop_cancel(m->spec.loop, m->start);
	gp_free(m->slots);
	gp_free(m->files);
	gp_free(m->command);
	gp_cuts_clear(&m->hunks);
	gp_cuts_clear(&m->mutants);
	gp_list_clear(&m->failing);
	gp_strength_clear(&m->found);
	gp_free(m);
}

/* Nothing runs any more: the counts are made to add up. */
static void sum_up(struct gp_measure *m)
{
	struct gp_strength *s = &m->found;

	s->hunks = m->hunks.n + m->hunks.left_out;
	s->left = s->hunks - s->noticed - s->broken - s->unnoticed.n;
	s->ms = (long)(gp_now_ms() - m->began);
	gp_spots_sort(&s->unnoticed);
	gp_spots_sort(&s->survived);
}

static void finish(struct gp_measure *m)
{
	void (*done)(void *ctx, struct gp_strength *s) = m->done;
	void *ctx = m->spec.ctx;
	struct gp_strength found;

	sum_up(m);
	found = m->found;
	m->found = (struct gp_strength){0};
	measure_free(m);
	done(ctx, &found);
	gp_strength_clear(&found);
}

/* Notes which tests an assertion failed in. */
static void note_assertions(struct gp_measure *m, const struct gp_trial_result *r)
{
	struct gp_list *seen = &m->found.asserted;

	for (size_t i = 0; i < r->report.n && seen->n < ASSERTED_MAX; i++)
		if (r->report.v[i].state == GP_TEST_FAIL && !r->report.v[i].collect &&
		    !gp_list_has(seen, r->report.v[i].id))
			gp_list_add(seen, r->report.v[i].id);
	if (r->report.n == 0 && gp_assertion_line(gp_buf_all(&r->output)).n)
		m->found.assertion = true;
}

static bool fails_anew(const struct gp_measure *m, const struct gp_report *r)
{
	if (m->failing.n == 0)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (is_bad(&r->v[i]) && !gp_list_has(&m->failing, r->v[i].id))
			return true;
	return false;
}

static enum outcome outcome_of(struct gp_measure *m, const struct gp_trial_result *r)
{
	switch (r->judgement.verdict) {
	case GP_VERDICT_PASS:
		return UNNOTICED;
	case GP_VERDICT_ASSERTION:
		if (!fails_anew(m, &r->report))
			return UNNOTICED;
		note_assertions(m, r);
		return NOTICED;
	case GP_VERDICT_TIMEOUT:
		return LATE;
	case GP_VERDICT_INFRA:
		return UNKNOWN;
	case GP_VERDICT_MISSING:
	case GP_VERDICT_BROKEN:
	case GP_VERDICT_NONE:
	case GP_VERDICT_FLAKY:
		break;
	}
	return BROKEN;
}

static void count_hunk(struct gp_measure *m, struct gp_cut *c, enum outcome o)
{
	m->found.noticed += o == NOTICED;
	m->found.broken += o == BROKEN || o == LATE;
	c->unnoticed = o == UNNOTICED;
	if (o == UNNOTICED)
		gp_spots_add(&m->found.unnoticed, c->path, c->first, c->last, NULL);
}

static void count_mutant(struct gp_measure *m, const struct gp_cut *c, enum outcome o)
{
	m->found.mutants += o == NOTICED || o == LATE || o == UNNOTICED;
	m->found.killed += o == NOTICED || o == LATE;
	if (o == UNNOTICED)
		gp_spots_add(&m->found.survived, c->path, c->first, c->last, c->what);
}

static void go_on(struct gp_measure *m);

static void on_run(void *ctx, struct gp_trial_result *r)
{
	struct slot *s = ctx;
	struct gp_measure *m = s->m;
	struct gp_cut *c = &m->cuts->v[s->cut];
	enum outcome o = outcome_of(m, r);

	s->trial = NULL;
	m->running--;
	m->over++;
	gp_changes_clear(&s->changes);
	if (m->cuts == &m->hunks)
		count_hunk(m, c, o);
	else
		count_mutant(m, c, o);
	go_on(m);
}

static const struct file *file_of(const struct gp_measure *m, const char *path)
{
	for (size_t i = 0; i < m->nfiles; i++)
		if (strcmp(m->files[i].new->path, path) == 0)
			return &m->files[i];
	return NULL;
}

/* All changes, with the cut made. */
static void lay(struct gp_changes *out, const struct gp_measure *m, const struct gp_cut *c)
{
	const struct gp_changes *all = m->spec.changes;
	const struct file *f = file_of(m, c->path);
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < all->n; i++)
		if (&all->v[i] != f->new)
			gp_changes_set(out, all->v[i].path, all->v[i].mode,
			               gp_buf_all(&all->v[i].content));
	if (c->back) {
		if (f->old_mode)
			gp_changes_set(out, c->path, f->old_mode, gp_buf_all(&f->old));
		return;
	}
	gp_cut_text(&text, c, gp_buf_all(&f->new->content));
	gp_changes_set(out, c->path, f->new->mode, gp_buf_all(&text));
}

static void start_run(struct gp_measure *m, struct slot *s)
{
	const struct gp_trial_spec spec = {
		.command = m->command,
		.changes = &s->changes,
		.tests = m->spec.tests,
		.timeout_ms = m->each_ms,
	};

	s->m = m;
	s->cut = m->next++;
	lay(&s->changes, m, &m->cuts->v[s->cut]);
	if (gp_trial_start(&s->trial, m->spec.bench, &spec, on_run, s) == 0)
		m->running++;
	else
		clear_slot(s);
}

static void find_mutants(struct gp_measure *m)
{
	for (size_t i = 0; i < m->nfiles; i++)
		if (m->files[i].new->mode)
			gp_cuts_mutants(&m->mutants, m->files[i].new->path,
			                gp_buf_all(&m->files[i].new->content), &m->hunks);
	gp_cuts_choose(&m->mutants);
	m->cuts = &m->mutants;
	m->next = 0;
}

/* Starts what there is room for; ends it when nothing is left. */
static void go_on(struct gp_measure *m)
{
	/* mutants are chosen by what all hunks came to, or the choice would hang on time */
	if (m->cuts == &m->hunks && m->next == m->hunks.n && !m->running)
		find_mutants(m);
	for (size_t i = 0; i < m->nslots && m->running < m->spec.cores; i++)
		if (!m->slots[i].trial && m->next < m->cuts->n)
			start_run(m, &m->slots[i]);
	if (m->spec.progress)
		m->spec.progress(m->spec.ctx, m->over,
		                 m->hunks.n + (m->cuts == &m->mutants ? m->mutants.n : 0));
	if (!m->running && m->next == m->cuts->n)
		finish(m);
}

static int on_start(void *ctx)
{
	struct gp_measure *m = ctx;

	m->start = 0;
	if (m->spec.box_ms > 0)
		go_on(m);
	else
		finish(m);
	return 0;
}

static int on_box(void *ctx)
{
	struct gp_measure *m = ctx;

	m->box = 0;
	finish(m);
	return 0;
}

static bool is_of_tests(const struct gp_measure *m, const struct gp_change *c)
{
	const struct gp_change *t = gp_changes_get(m->spec.tests, c->path);

	return t && t->mode == c->mode &&
	       gp_slice_eq(gp_buf_all(&t->content), gp_buf_all(&c->content));
}

static int cut_up(struct gp_measure *m, const struct gp_oid *before)
{
	const struct gp_changes *all = m->spec.changes;
	int e = 0;

	m->files = gp_alloc((all->n + 1) * sizeof(*m->files));
	for (size_t i = 0; !e && i < all->n; i++) {
		struct file *f = &m->files[m->nfiles];
		struct gp_cut_side old, new = {all->v[i].mode, gp_buf_all(&all->v[i].content)};

		if (is_of_tests(m, &all->v[i]))
			continue;
		m->nfiles++;
		f->new = &all->v[i];
		e = gp_repo_read(&f->old, &f->old_mode, m->spec.repo, before, f->new->path,
		                 FILE_MAX);
		if (e == GP_NOTFOUND)
			e = 0;
		else if (e)
			break;
		old = (struct gp_cut_side){f->old_mode, gp_buf_all(&f->old)};
		e = gp_cuts_hunks(&m->hunks, f->new->path, &old, &new);
	}
	gp_cuts_sort(&m->hunks);
	return e;
}

static void note_green(struct gp_measure *m, const struct gp_trial_result *green)
{
	m->each_ms = 5 * green->ms + 3000;
	if (green->judgement.verdict == GP_VERDICT_PASS)
		return;
	for (size_t i = 0; i < green->report.n; i++)
		if (is_bad(&green->report.v[i]))
			gp_list_add(&m->failing, green->report.v[i].id);
}

int gp_measure_start(struct gp_measure **out, const struct gp_measure_spec *spec,
                     void (*done)(void *ctx, struct gp_strength *s))
{
	struct gp_measure *m = gp_alloc(sizeof(*m));
	int e;

	m->spec = *spec;
	m->done = done;
	m->command = gp_strdup(spec->command);
	m->cuts = &m->hunks;
	m->began = gp_now_ms();
	m->nslots = GP_STRENGTH_CORES;
	m->slots = gp_alloc(m->nslots * sizeof(*m->slots));
	note_green(m, spec->green);
	e = cut_up(m, spec->before);
	if (e) {
		measure_free(m);
		return e;
	}
	m->start = gp_loop_after(spec->loop, 0, on_start, m);
	if (spec->box_ms > 0)
		m->box = gp_loop_after(spec->loop, spec->box_ms, on_box, m);
	*out = m;
	return 0;
}

void gp_measure_widen(struct gp_measure *m, size_t cores)
{
	m->spec.cores = cores;
	if (!m->start)
		go_on(m);
}

void gp_measure_stop(struct gp_measure **measure, struct gp_strength *known)
{
	struct gp_measure *m = *measure;

	if (!m)
		return;
	if (known) {
		gp_strength_clear(known);
		sum_up(m);
		*known = m->found;
		m->found = (struct gp_strength){0};
	}
	measure_free(m);
	*measure = NULL;
}
