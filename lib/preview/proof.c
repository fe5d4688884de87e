#include "lib/preview/proof.h"

#include <string.h>

static bool lists_tests(const struct gp_trial_result *r)
{
	return r->report.kind == GP_REPORT_TESTS;
}

/* Red by the whole suite, on a base that fails already: only a failure that the base does not
 * have says anything of the new test. */
bool gp_proof_red_is_new(const struct gp_proof_runs *p)
{
	gp_auto(gp_list) bad = {0};

	if (!p->suite_wide || p->base->judgement.verdict == GP_VERDICT_PASS)
		return true;
	/* a name that the base does not miss */
	if (p->red->judgement.verdict == GP_VERDICT_MISSING &&
	    strcmp(p->red->judgement.symbol, p->base->judgement.symbol) != 0)
		return true;
	if (lists_tests(p->red))
		gp_suite_fresh(&bad, &p->base->report, &p->red->report);
	return bad.n > 0;
}

/* A test that was red must be there and pass; one that vanished proves nothing. Where red was a
 * name that was missing, some test must run that did not run before. */
bool gp_proof_reds_pass(struct gp_list *lost, const struct gp_proof_runs *p,
                        const struct gp_trial_result *after)
{
	const struct gp_report *before = p->suite_wide ? &p->base->report : NULL;
	bool missing = p->red->judgement.verdict == GP_VERDICT_MISSING;

	if (lists_tests(p->red))
		gp_suite_reds(lost, &p->red->report, before, &after->report, missing);
	if (missing && before && after->report.kind != GP_REPORT_NONE &&
	    !gp_suite_grew(before, &after->report))
		gp_list_add(lost, "the new test, which did not run");
	return lost->n == 0;
}

/* All that failed anew is flaky: the suite passed but for that. */
static bool fails_by_chance(const struct gp_proof_runs *p)
{
	gp_auto(gp_list) fresh = {0};

	if (!p->flaky || !gp_flaky_n(p->flaky) || p->base->judgement.verdict != GP_VERDICT_PASS ||
	    p->suite->judgement.verdict != GP_VERDICT_ASSERTION || p->suite->report.passed == 0)
		return false;
	gp_suite_fresh(&fresh, &p->base->report, &p->suite->report);
	if (!fresh.n)
		return false;
	gp_flaky_spare(&fresh, p->flaky);
	return fresh.n == 0;
}

/* A suite that failed on the base may go on failing, by the same tests alone. */
static bool fails_as_before(const struct gp_proof_runs *p)
{
	const struct gp_trial_result *before = p->base, *after = p->suite;
	enum gp_verdict v = before->judgement.verdict;
	gp_auto(gp_list) fresh = {0};

	if ((v != GP_VERDICT_ASSERTION && v != GP_VERDICT_MISSING && v != GP_VERDICT_BROKEN) ||
	    v != after->judgement.verdict || !lists_tests(before) || !lists_tests(after) ||
	    after->report.passed == 0)
		return false;
	gp_suite_fresh(&fresh, &before->report, &after->report);
	gp_flaky_spare(&fresh, p->flaky);
	return fresh.n == 0;
}

/* Beside the new test its file may hold one that fails on the base already. */
static bool green_but_for_base(const struct gp_proof_runs *p)
{
	const struct gp_report *base = &p->base->report, *red = &p->red->report;
	const struct gp_report *green = &p->green->report;
	gp_auto(gp_list) reds = {0};
	gp_auto(gp_list) left = {0};

	if (p->green->judgement.verdict != GP_VERDICT_ASSERTION || !lists_tests(p->base))
		return false;
	gp_suite_fresh(&reds, base, red);
	gp_suite_reds(&left, red, base, green, false);
	gp_suite_fresh(&left, base, green);
	return reds.n > 0 && left.n == 0;
}

bool gp_proof_green(struct gp_list *lost, const struct gp_proof_runs *p)
{
	return p->green->judgement.verdict == GP_VERDICT_PASS
	               ? gp_proof_reds_pass(lost, p, p->green)
	               : green_but_for_base(p);
}

bool gp_proof_suite_passes(const struct gp_proof_runs *p)
{
	return p->suite->judgement.verdict == GP_VERDICT_PASS || fails_as_before(p) ||
	       fails_by_chance(p);
}

bool gp_proof_holds(struct gp_list *failed, struct gp_list *vanished, const struct gp_proof_runs *p)
{
	gp_suite_holds(failed, vanished, &p->base->report, &p->suite->report);
	gp_flaky_spare(failed, p->flaky);
	gp_flaky_spare(vanished, p->flaky);
	return failed->n + vanished->n == 0;
}

/* Why a result says less than a report of tests beside a status that agrees with it. */
static const char *doubt(const struct gp_trial_result *r)
{
	/* a missing name is told by itself */
	if (!r->judgement.low_confidence || r->judgement.verdict == GP_VERDICT_MISSING)
		return NULL;
	if (r->report.kind == GP_REPORT_NONE)
		return "was read from the exit status alone";
	if (r->exit == 0 && r->judgement.verdict != GP_VERDICT_PASS)
		return "was printed, but the command ended with status 0";
	return r->report.kind == GP_REPORT_COUNTS ? "was read from totals that name no tests"
	                                          : "was read from output that was cut";
}

static bool runs_wholly(const struct gp_trial_result *r)
{
	enum gp_verdict v = r->judgement.verdict;

	for (size_t i = 0; i < r->report.n; i++)
		if (r->report.v[i].collect)
			return false;
	return v == GP_VERDICT_PASS || v == GP_VERDICT_ASSERTION;
}

void gp_proof_weigh(struct gp_list *weak, const struct gp_proof_runs *p)
{
	const struct gp_judgement *red = &p->red->judgement;
	const char *of_red = doubt(p->red), *of_green = doubt(p->green);

	if (red->verdict == GP_VERDICT_MISSING && p->alien)
		gp_list_fmt(weak,
		            "red was a missing name, %s, which the implementation does not add",
		            red->symbol);
	else if (red->verdict == GP_VERDICT_MISSING && !p->asserted)
		gp_list_fmt(
			weak,
			"red was a missing name%s%s; the assertion itself was never seen to fail",
			*red->symbol ? ": " : "", red->symbol);
	if (of_red && of_green && strcmp(of_red, of_green) == 0)
		gp_list_fmt(weak, "red and green: each %s", of_red);
	else if (of_red || of_green)
		gp_list_fmt(weak, "%s %s", of_red ? "red" : "green", of_red ? of_red : of_green);
	else if (p->suite->judgement.low_confidence || !lists_tests(p->suite))
		gp_list_add(weak,
		            "the suite names no tests, so one that vanished would not be seen");
	if (!runs_wholly(p->suite))
		gp_list_add(weak,
		            "the suite does not run wholly, before as after; what it leaves out is "
		            "not known");
}
