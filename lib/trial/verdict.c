#include "lib/trial/verdict.h"

#include <stdio.h>
#include <string.h>

#include "lib/trial/infra.h"
#include "lib/trial/names.h"
#include "lib/trial/read.h"
#include "lib/trial/show.h"

/* What is asked of a run again and again, worked out once. */
struct view {
	struct gp_judgement *out;
	const struct gp_evidence *e;
	const struct gp_report *r;
	const struct gp_changes *files;
	struct gp_slice text;
	long fails, errors,
		ran; /* by ids or as printed; ran leaves out skipped and unloaded ones */
};

static const struct gp_report no_report;

const char *gp_verdict_word(enum gp_verdict v)
{
	static const char *const words[] = {
		[GP_VERDICT_PASS] = "pass",       [GP_VERDICT_ASSERTION] = "assertion",
		[GP_VERDICT_MISSING] = "missing", [GP_VERDICT_BROKEN] = "broken",
		[GP_VERDICT_NONE] = "none",       [GP_VERDICT_TIMEOUT] = "timeout",
		[GP_VERDICT_INFRA] = "infra",     [GP_VERDICT_FLAKY] = "flaky",
	};

	return words[v];
}

void gp_judgement_clear(struct gp_judgement *j)
{
	gp_buf_clear(&j->reason);
	gp_buf_clear(&j->lines);
	*j = (struct gp_judgement){0};
}

static void answer(struct view *v, enum gp_verdict verdict, const char *fmt, ...) GP_PRINTF(3, 4);

static void answer(struct view *v, enum gp_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	v->out->verdict = verdict;
	gp_buf_cut(&v->out->reason, 0);
	va_start(ap, fmt);
	gp_buf_vfmt(&v->out->reason, fmt, ap);
	va_end(ap);
}

static void add_line(struct view *v, struct gp_slice line)
{
	gp_auto(gp_buf) b = {0};

	line = gp_trim(line);
	line.n = line.n < 200 ? line.n : 200;
	gp_show_text(&b, line);
	if (b.n)
		gp_buf_fmt(&v->out->reason, ": %s", gp_buf_text(&b));
	gp_buf_cut(&v->out->lines, 0);
	gp_show_around(&v->out->lines, v->text, line.n ? line : (struct gp_slice){0});
}

static bool is_bad(const struct gp_test *t)
{
	return t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR;
}

/* By reason of a name: missing or broken, with the line that says so. */
static bool by_name(struct view *v, const struct gp_name *n)
{
	switch (n->kind) {
	case GP_NAME_NONE:
		return false;
	case GP_NAME_MISSING:
		snprintf(v->out->symbol, sizeof(v->out->symbol), "%s", n->symbol);
		if (*n->symbol)
			answer(v, GP_VERDICT_MISSING, "'%s' does not exist", n->symbol);
		else
			answer(v, GP_VERDICT_MISSING, "a signature does not fit");
		break;
	case GP_NAME_OWN:
		answer(v, GP_VERDICT_BROKEN,
		       "the test uses '%s' and neither defines nor imports it", n->symbol);
		break;
	case GP_NAME_SYNTAX:
		answer(v, GP_VERDICT_BROKEN, "something cannot be read or loaded");
		break;
	}
	add_line(v, n->line);
	return true;
}

static bool command_missing(struct view *v)
{
	struct gp_name n;
	bool status = v->e->exit == 126 || v->e->exit == 127 || gp_find(v->text, "] Error 127") ||
	              gp_find(v->text, "] Error 126");

	if (!status || v->ran > 0)
		return false;
	gp_names_find(&n, v->text, v->files);
	/* a program of the project's own may be what is to be built */
	if (n.kind == GP_NAME_MISSING && strchr(n.symbol, '/') &&
	    !strstr(n.symbol, "node_modules") && n.symbol[0] != '/')
		return by_name(v, &n);
	answer(v, GP_VERDICT_INFRA, "the test command could not be started (status %d)",
	       v->e->exit);
	add_line(v, n.line);
	return true;
}

/* What ends a judgement before any test is looked at. */
static bool stopped(struct view *v)
{
	const struct gp_evidence *e = v->e;
	struct gp_slice line;
	int sig = e->signal ? e->signal : e->exit > 128 && e->exit < 160 ? e->exit - 128 : 0;

	if (e->timed_out) {
		answer(v, GP_VERDICT_TIMEOUT, "the run did not end before its deadline");
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
		return true;
	}
	if (e->infra) {
		answer(v, GP_VERDICT_INFRA, "the run was stopped: %s", e->infra);
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
		return true;
	}
	if (e->exit == 0 && !sig)
		return false;
	line = gp_infra_line(v->text, v->ran > 0);
	if (line.n && v->fails == 0) {
		answer(v, GP_VERDICT_INFRA, "something outside test and code failed");
		add_line(v, line);
		return true;
	}
	if (e->signal ? !gp_signal_is_crash(sig) : sig == 9 || sig == 15) {
		answer(v, GP_VERDICT_INFRA, "the run was ended from outside: %s",
		       gp_signal_word(sig));
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
		return true;
	}
	return command_missing(v);
}

static void crashed(struct view *v, int sig, struct gp_slice line)
{
	answer(v, GP_VERDICT_BROKEN, "the program crashed%s%s", sig ? ": " : "",
	       sig ? gp_signal_word(sig) : "");
	add_line(v, line);
}

/* Only text and status are known: low confidence whatever it is. */
static void by_text(struct view *v)
{
	const struct gp_evidence *e = v->e;
	bool exit_only = v->r->format && strcmp(v->r->format, "exit") == 0;
	int sig = e->signal ? e->signal : e->exit > 128 && e->exit < 160 ? e->exit - 128 : 0;
	struct gp_slice line;
	struct gp_name n;

	v->out->low_confidence = true;
	line = gp_nothing_line(v->text);
	if (line.n) {
		answer(v, GP_VERDICT_NONE, "no test ran");
		add_line(v, line);
		return;
	}
	gp_names_find(&n, v->text, v->files);
	if (by_name(v, &n))
		return;
	line = gp_assertion_line(v->text);
	if (line.n) {
		answer(v, GP_VERDICT_ASSERTION, "an assertion failed");
		add_line(v, line);
		return;
	}
	line = gp_crash_line(v->text);
	if (line.n || gp_signal_is_crash(sig)) {
		crashed(v, gp_signal_is_crash(sig) ? sig : 0, line);
		return;
	}
	line = gp_error_line(v->text);
	if (line.n && !exit_only) {
		answer(v, GP_VERDICT_BROKEN, "the command failed with status %d", e->exit);
		add_line(v, line);
		return;
	}
	answer(v, GP_VERDICT_ASSERTION, "the command ended with status %d; nothing else tells why",
	       e->exit);
	gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

static void zero_without_report(struct view *v)
{
	bool exit_only = v->r->format && strcmp(v->r->format, "exit") == 0;
	struct gp_slice line = gp_nothing_line(v->text);

	v->out->low_confidence = true;
	if (!exit_only && (line.n || gp_trim(v->text).n == 0)) {
		answer(v, GP_VERDICT_NONE, "the command ended with status 0 and no test ran");
		add_line(v, line);
		return;
	}
	answer(v, GP_VERDICT_PASS, "the command ended with status 0; that is all that is known");
	gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

static void all_passed(struct view *v)
{
	const struct gp_report *r = v->r;

	answer(v, GP_VERDICT_PASS, "%ld test%s passed", r->passed, r->passed == 1 ? "" : "s");
	if (r->skipped)
		gp_buf_fmt(&v->out->reason, ", %ld skipped", r->skipped);
	v->out->low_confidence = r->kind == GP_REPORT_COUNTS || v->e->truncated;
	gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

static void nothing_ran(struct view *v)
{
	answer(v, GP_VERDICT_NONE,
	       v->r->skipped ? "no test ran: all %ld were skipped" : "no test ran", v->r->skipped);
	gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

/* Where a word means a build that failed and not something that a passing test printed. */
static bool of_a_build(const struct gp_name *n)
{
	return n->kind != GP_NAME_NONE &&
	       (gp_find(n->line, "rror") || gp_find(n->line, "undefined reference") ||
	        gp_find(n->line, "undefined:") || gp_find(n->line, "No rule to make"));
}

/* The status says failure and no test does: a build, a plan, a crash or a check of another kind. */
static void failed_without_failure(struct view *v)
{
	const struct gp_report *r = v->r;
	struct gp_slice line;
	struct gp_name n;

	gp_names_find(&n, v->text, v->files);
	if (of_a_build(&n) && by_name(v, &n))
		return;
	line = gp_crash_line(v->text);
	if (line.n && (r->incomplete || v->e->exit > 128 || v->e->signal)) {
		crashed(v, v->e->signal, line);
		return;
	}
	if (r->passed == 0 && !r->bailed && !r->incomplete) {
		nothing_ran(v);
		return;
	}
	answer(v, GP_VERDICT_BROKEN,
	       r->bailed ? "the runner gave up (tests passed: %ld, status %d)"
	       : r->incomplete
	               ? "the run broke off (tests passed: %ld, status %d)"
	               : "no test failed (%ld passed), yet the command ended with status %d",
	       r->passed, v->e->exit);
	gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

static void judge_zero(struct view *v)
{
	const struct gp_report *r = v->r;

	if (r->kind == GP_REPORT_NONE) {
		zero_without_report(v);
	} else if (r->bailed) {
		answer(v, GP_VERDICT_BROKEN,
		       "the runner gave up, yet the command ended with status 0");
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
	} else if (r->passed <= 0) {
		nothing_ran(v);
	} else if (r->incomplete && !v->e->truncated) {
		answer(v, GP_VERDICT_BROKEN, "fewer tests ran than were planned (%ld passed)",
		       r->passed);
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
	} else {
		all_passed(v);
	}
}

static bool asserts(const struct gp_test *t)
{
	static const char *const words[] = {"ssertion", "assert", "expect(", "xpected"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (t->message && strstr(t->message, words[i]))
			return true;
	return false;
}

/* "NoMethodError: ...", "** (UndefinedFunctionError) ...": raised, whatever was to be asserted. */
static bool is_exception(struct gp_slice line)
{
	size_t n = 0;

	line = gp_trim(line);
	gp_head(line, "** (", &line);
	while (n < line.n && line.p[n] != ':' && line.p[n] != ')' && line.p[n] != ' ')
		n++;
	line.n = n;
	return gp_tail(line, "Error", NULL) && !gp_find(line, "ssertion");
}

/* The test to speak of: the first that says why. */
static const struct gp_test *better(const struct gp_test *a, const struct gp_test *b)
{
	return a && (a->message || !b->message) ? a : b;
}

struct causes {
	const struct gp_test *assertion; /* failed by an assertion */
	const struct gp_test *raised;    /* ran and failed by anything else */
	const struct gp_test *unloaded;
	struct gp_name missing, broken;
	bool told; /* some failing test has a message */
};

static void cause_of(struct causes *c, const struct view *v, const struct gp_test *t)
{
	struct gp_name n = {0};

	c->told |= t->message != NULL;
	gp_names_find(&n, gp_slice(t->message), v->files);
	if (t->state == GP_TEST_FAIL && asserts(t) && !is_exception(n.line)) {
		c->assertion = better(c->assertion, t);
		return;
	}
	if (n.kind == GP_NAME_MISSING && c->missing.kind == GP_NAME_NONE)
		c->missing = n;
	else if ((n.kind == GP_NAME_SYNTAX || n.kind == GP_NAME_OWN) &&
	         c->broken.kind == GP_NAME_NONE)
		c->broken = n;
	if (n.kind != GP_NAME_NONE)
		return;
	if (t->state == GP_TEST_FAIL)
		c->assertion = better(c->assertion, t);
	else if (t->collect)
		c->unloaded = better(c->unloaded, t);
	else
		c->raised = better(c->raised, t);
}

static void say_failed(struct view *v, const struct gp_test *t, const char *how)
{
	gp_auto(gp_buf) why = {0};

	if (t)
		gp_show_headline(&why, t->message);
	answer(v, GP_VERDICT_ASSERTION, "%ld of %ld tests failed%s", v->fails + v->errors,
	       v->r->passed + v->fails + v->errors, how);
	if (t)
		gp_buf_fmt(&v->out->reason, "; '%s'%s%s", t->id, why.n ? ": " : "",
		           gp_buf_text(&why));
}

/* Whether the error stands in a file under test, which then has to be mended first. */
static bool test_unreadable(const struct view *v, struct gp_name *n)
{
	gp_names_find(n, v->text, v->files);
	if (n->kind != GP_NAME_SYNTAX || !v->files)
		return false;
	for (size_t i = 0; i < v->files->n; i++)
		if (gp_find((struct gp_slice){v->text.p,
		                              (size_t)(n->line.p + n->line.n - v->text.p)},
		            v->files->v[i].path))
			return true;
	return false;
}

static void by_tests(struct view *v)
{
	struct causes c = {0};
	struct gp_name n = {0};
	bool collect = false;

	for (size_t i = 0; i < v->r->n; i++)
		if (is_bad(&v->r->v[i])) {
			cause_of(&c, v, &v->r->v[i]);
			collect |= v->r->v[i].collect;
		}
	if (collect && test_unreadable(v, &n) && by_name(v, &n))
		return;
	if (c.assertion) {
		say_failed(v, c.assertion, "");
	} else if (by_name(v, &c.missing)) {
		;
	} else if (c.raised) {
		say_failed(v, c.raised, " by an error");
	} else if (by_name(v, &c.broken)) {
		;
	} else if (c.unloaded) {
		gp_names_find(&n, v->text, v->files);
		if (!by_name(v, &n)) {
			gp_auto(gp_buf) why = {0};

			gp_show_headline(&why, c.unloaded->message);
			answer(v, GP_VERDICT_BROKEN, "'%s' could not be loaded or set up%s%s",
			       c.unloaded->id, why.n ? ": " : "", gp_buf_text(&why));
		}
	} else {
		gp_names_find(&n, v->text, v->files);
		if (v->fails || !by_name(v, &n))
			say_failed(v, NULL, "");
	}
	gp_buf_cut(&v->out->lines, c.told ? 0 : v->out->lines.n);
	if (c.told)
		gp_show_tests(&v->out->lines, v->r);
	else if (v->out->lines.n == 0)
		gp_show_around(&v->out->lines, v->text, (struct gp_slice){0});
}

static void look(struct view *v)
{
	const struct gp_report *r = v->r;
	long collect = (long)(gp_report_count(r, GP_TEST_ERROR, true) -
	                      gp_report_count(r, GP_TEST_ERROR, false));

	v->fails = r->failed;
	v->errors = r->errors;
	v->ran = r->passed + r->failed + r->errors - collect;
}

void gp_judge(struct gp_judgement *out, const struct gp_evidence *e, const struct gp_changes *files)
{
	gp_auto(gp_buf) text = {0};
	struct view v = {.out = out, .e = e, .files = files};

	*out = (struct gp_judgement){0};
	v.r = e->report ? e->report : &no_report;
	gp_report_plain(&text, e->output);
	v.text = gp_buf_all(&text);
	look(&v);
	if (stopped(&v))
		return;
	if (v.fails + v.errors > 0) {
		by_tests(&v);
		out->low_confidence = v.r->kind == GP_REPORT_COUNTS;
		if (e->exit == 0 && !e->signal) {
			gp_buf_str(&out->reason, " (though the command ended with status 0)");
			out->low_confidence = true;
		}
	} else if (e->exit == 0 && !e->signal) {
		judge_zero(&v);
	} else if (v.r->kind == GP_REPORT_NONE) {
		by_text(&v);
	} else {
		failed_without_failure(&v);
	}
}
