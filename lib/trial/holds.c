#include <stdlib.h>
#include <string.h>

#include "lib/trial/verdict.h"

/* The tests of a report by id. */
struct sorted {
	const struct gp_test **v;
	size_t n;
};

static int by_id(const void *a, const void *b)
{
	const struct gp_test *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void sort(struct sorted *s, const struct gp_report *r)
{
	s->v = gp_alloc((r->n + 1) * sizeof(*s->v));
	s->n = r->n;
	for (size_t i = 0; i < r->n; i++)
		s->v[i] = &r->v[i];
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_id);
}

static const struct gp_test *find(const struct sorted *s, const char *id)
{
	struct gp_test key = {.id = (char *)(uintptr_t)id};
	const struct gp_test *k = &key, **hit;

	hit = s->n ? bsearch(&k, s->v, s->n, sizeof(*s->v), by_id) : NULL;
	return hit ? *hit : NULL;
}

static bool is_bad(const struct gp_test *t)
{
	return t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR;
}

static void compare_ids(struct gp_list *failed, struct gp_list *vanished,
                        const struct gp_report *before, const struct sorted *after, bool complete)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct gp_test *t = &before->v[i], *now;

		if (t->state != GP_TEST_PASS)
			continue;
		now = find(after, t->id);
		if (now && is_bad(now))
			gp_list_add(failed, t->id);
		else if ((now && now->state != GP_TEST_PASS) || (!now && complete))
			gp_list_add(vanished, t->id);
	}
}

/* Without ids for passing tests the counts must answer: none may fail more, none pass less. */
static void compare_totals(struct gp_list *failed, struct gp_list *vanished,
                           const struct gp_report *before, const struct gp_report *after,
                           const struct sorted *was)
{
	long more = after->failed + after->errors - before->failed - before->errors;
	size_t named = failed->n;

	for (size_t i = 0; i < after->n && more > 0; i++) {
		const struct gp_test *old = find(was, after->v[i].id);

		/* those that passed are named already */
		if (is_bad(&after->v[i]) && !(old && (is_bad(old) || old->state == GP_TEST_PASS)))
			gp_list_add(failed, after->v[i].id);
	}
	if (more > 0 && failed->n == named)
		gp_list_fmt(failed, "%ld more than before, not named by the runner", more);
	if (after->passed < before->passed && failed->n == 0)
		gp_list_fmt(vanished, "%ld of %ld that passed, not named by the runner",
		            before->passed - after->passed, before->passed);
}

bool gp_suite_holds(struct gp_list *failed, struct gp_list *vanished,
                    const struct gp_report *before, const struct gp_report *after)
{
	struct sorted was, is;
	size_t had = failed->n + vanished->n;
	bool complete = before->kind == GP_REPORT_TESTS && after->kind == GP_REPORT_TESTS;

	sort(&was, before);
	sort(&is, after);
	compare_ids(failed, vanished, before, &is, complete);
	if (!complete)
		compare_totals(failed, vanished, before, after, &was);
	gp_free(was.v);
	gp_free(is.v);
	return failed->n + vanished->n == had;
}

static void name_missing(struct gp_list *out, const struct gp_report *of, const struct sorted *in)
{
	for (size_t i = 0; i < of->n; i++)
		if (!find(in, of->v[i].id))
			gp_list_add(out, of->v[i].id);
}

static bool totals_agree(const struct gp_report *a, const struct gp_report *b)
{
	return a->passed == b->passed && a->failed == b->failed && a->errors == b->errors &&
	       a->skipped == b->skipped;
}

bool gp_reports_agree(struct gp_list *differ, const struct gp_report *a, const struct gp_report *b)
{
	struct sorted x, y;
	size_t had = differ->n;
	bool same = totals_agree(a, b);

	sort(&x, a);
	sort(&y, b);
	for (size_t i = 0; i < a->n; i++) {
		const struct gp_test *other = find(&y, a->v[i].id);

		if (other && other->state != a->v[i].state)
			gp_list_add(differ, a->v[i].id);
	}
	/* names that change from run to run are no disagreement while the numbers hold */
	if (!same && differ->n == had) {
		name_missing(differ, a, &y);
		name_missing(differ, b, &x);
	}
	gp_free(x.v);
	gp_free(y.v);
	return same && differ->n == had;
}

void gp_suite_fresh(struct gp_list *out, const struct gp_report *before,
                    const struct gp_report *after)
{
	static const struct gp_report nothing;
	struct sorted was;

	sort(&was, before ? before : &nothing);
	for (size_t i = 0; i < after->n; i++) {
		const struct gp_test *old =
			is_bad(&after->v[i]) ? find(&was, after->v[i].id) : NULL;

		if (is_bad(&after->v[i]) && !(old && is_bad(old)))
			gp_list_add(out, after->v[i].id);
	}
	gp_free(was.v);
}

void gp_suite_reds(struct gp_list *lost, const struct gp_report *red,
                   const struct gp_report *before, const struct gp_report *after, bool gone)
{
	gp_auto(gp_list) reds = {0};
	struct sorted is;

	gp_suite_fresh(&reds, before, red);
	if (after->kind == GP_REPORT_COUNTS && after->failed + after->errors == 0 &&
	    after->passed >= red->passed + (long)reds.n)
		return;
	sort(&is, after);
	for (size_t i = 0; i < reds.n; i++) {
		const struct gp_test *t = find(&is, reds.v[i]);

		if (t ? t->state != GP_TEST_PASS : !gone)
			gp_list_add(lost, reds.v[i]);
	}
	gp_free(is.v);
}

bool gp_suite_grew(const struct gp_report *before, const struct gp_report *after)
{
	struct sorted was;
	bool grew = false;

	if (before->kind == GP_REPORT_COUNTS || after->kind != GP_REPORT_TESTS)
		return after->passed > before->passed;
	sort(&was, before);
	for (size_t i = 0; i < after->n && !grew; i++)
		grew = after->v[i].state == GP_TEST_PASS && !find(&was, after->v[i].id);
	gp_free(was.v);
	return grew;
}
