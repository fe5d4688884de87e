#include "lib/preview/run.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/term_text.h"
#include "lib/preview/strong.h"

#define STAT_ROWS 20
#define STAT_PATH 50 /* columns up to which paths line up */

void gp_preview_outcome_clear(struct gp_preview_outcome *o)
{
	gp_buf_clear(&o->branch);
}

static void set_word(struct gp_preview_outcome *o, const char *word)
{
	size_t n = strlen(word);

	n = n < sizeof(o->word) ? n : sizeof(o->word) - 1;
	memcpy(o->word, word, n);
	o->word[n] = 0;
}

void gp_end(struct gp_preview *p, enum gp_status s, const char *word, const char *fmt, ...)
{
	va_list ap;

	if (p->over || (gp_sharp_back(p) && !gp_stopped()))
		return;
	p->over = true;
	/* what else came of it came of the stop */
	if (gp_stopped()) {
		s = GP_STATUS_STOPPED;
		word = "stopped";
		fmt = "interrupted";
	}
	p->out->status = s;
	set_word(p->out, word);
	va_start(ap, fmt);
	gp_buf_vfmt(&p->ending, fmt, ap);
	va_end(ap);
}

void gp_end_message(struct gp_preview *p, enum gp_status s, const char *word)
{
	gp_auto_str char *hint = gp_strdup(gp_message_hint());
	gp_auto_str char *message = gp_strdup(gp_message());

	if (p->over)
		return;
	gp_end(p, s, word, "%s", message);
	if (p->out->status == s)
		gp_buf_str(&p->ending_hint, hint);
}

void gp_trial_event(struct gp_preview *p, const char *event, const struct gp_trial_result *r)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "verdict", gp_verdict_word(r->judgement.verdict));
	gp_json_put_bytes(j, "reason", gp_buf_all(&r->judgement.reason));
	gp_json_put_bool(j, "low_confidence", r->judgement.low_confidence);
	gp_json_put_str(j, "command", r->command);
	gp_json_put_int(j, "passed", r->report.passed);
	gp_json_put_int(j, "failed", r->report.failed + r->report.errors);
	gp_json_put_bool(j, "cached", r->cached);
	gp_json_put_int(j, "ms", r->ms);
	gp_json_put_int(j, "total_ms", r->total_ms);
	gp_term_event(p->o->term, event, j);
}

static size_t widest(const struct gp_stats *s)
{
	size_t most = 0;

	for (size_t i = 0; i < s->n && i < STAT_ROWS; i++) {
		size_t n = gp_term_columns(gp_slice(s->v[i].path));

		most = n > most && n <= STAT_PATH ? n : most;
	}
	return most;
}

static void tell_stat(struct gp_preview *p)
{
	gp_auto(gp_stats) s = {0};
	const struct gp_oid *tip = p->full.changes.n ? &p->full.tree : &p->test.tree;
	size_t width;

	if (gp_repo_stat(&s, p->o->repo, &p->base_tree, tip))
		return;
	width = widest(&s);
	for (size_t i = 0; i < s.n && i < STAT_ROWS; i++) {
		size_t n = gp_term_columns(gp_slice(s.v[i].path));
		int pad = n < width ? (int)(width - n) : 0;

		if (s.v[i].added < 0)
			gp_term_say(p->o->term, "  %s%*s  binary", s.v[i].path, pad, "");
		else
			gp_term_say(p->o->term, "  %s%*s  +%ld -%ld", s.v[i].path, pad, "",
			            s.v[i].added, s.v[i].deleted);
	}
	if (s.n > STAT_ROWS)
		gp_term_say(p->o->term, "  and %zu more files", s.n - STAT_ROWS);
}

/* Red as words: "2 of 8 tests fail without the change". */
static void red_words(struct gp_buf *out, const struct gp_preview *p)
{
	const struct gp_trial_result *r = &p->red_result;
	long bad = r->report.failed + r->report.errors, all = bad + r->report.passed;

	if (r->judgement.verdict == GP_VERDICT_MISSING && *r->judgement.symbol)
		gp_buf_fmt(out, "'%s' is missing", r->judgement.symbol);
	else if (r->judgement.verdict == GP_VERDICT_MISSING)
		gp_buf_str(out, "a name is missing");
	else if (bad && all > 1)
		gp_buf_fmt(out, "%ld of %ld tests fail", bad, all);
	else
		gp_buf_str(out, "the test fails");
	gp_buf_str(out, " without the change");
}

static void green_words(struct gp_buf *out, const struct gp_preview *p)
{
	/* where the suite is the only way to run the test, its report is there */
	long with = p->green_result.report.passed ? p->green_result.report.passed
	                                          : p->suite_result.report.passed;

	if (with > 1)
		gp_buf_fmt(out, ", %ld pass with it", with);
	else
		gp_buf_str(out, " and passes with it");
	gp_buf_str(out, ", the suite holds");
}

static void tell_proof(struct gp_preview *p)
{
	struct gp_term *t = p->o->term;
	gp_auto(gp_buf) words = {0};

	red_words(&words, p);
	if (p->proven)
		green_words(&words, p);
	gp_term_say(t, "%s: %s", p->out->word, gp_buf_text(&words));
	tell_stat(p);
	for (size_t i = 0; i < p->weak.n; i++)
		gp_term_say(t, "not proven: %s", p->weak.v[i]);
	for (size_t i = 0; i < p->loose.n; i++)
		gp_term_say(t, "not proven: %s", p->loose.v[i]);
	if (!p->proven)
		gp_term_say(t, "not proven: how strong the test is");
	gp_found_tell(p);
}

static void tell_cost(struct gp_preview *p)
{
	gp_auto(gp_buf) text = {0};
	const struct {
		const char *name;
		long ms;
	} phases[] = {
		{"context", p->context_ms}, {"model", p->model_ms}, {"red", p->red_ms},
		{"green", p->green_ms},     {"suite", p->suite_ms}, {"strength", p->strength_ms},
	};
	const char *before = " (";

	gp_money_text(&text, &p->money);
	gp_term_say(p->o->term, "cost: %s, %lld tokens in, %lld out", gp_buf_text(&text),
	            p->money.usage.in, p->money.usage.out);
	gp_buf_cut(&text, 0);
	gp_term_clock(&text, gp_now_ms() - p->began);
	for (size_t i = 0; i < GP_COUNT(phases); i++) {
		if (phases[i].ms < 50)
			continue;
		gp_buf_fmt(&text, "%s%s ", before, phases[i].name);
		gp_term_clock(&text, phases[i].ms);
		before = ", ";
	}
	gp_term_say(p->o->term, "time: %s%s", gp_buf_text(&text), *before == ',' ? ")" : "");
}

static void tell_next(struct gp_preview *p)
{
	gp_auto(gp_buf) text = {0};
	const char *branch = gp_buf_text(&p->out->branch);

	gp_buf_fmt(&text, "git log -p %.12s..%s\n", p->base.hex, branch);
	if (p->proven)
		gp_buf_fmt(&text, "git preview-push %s\n", branch);
	gp_term_say(p->o->term, "next:");
	gp_term_quote(p->o->term, gp_buf_all(&text));
}

static void tell_event(struct gp_preview *p)
{
	struct cJSON *j = gp_json_object(), *weak = gp_json_array(), *asked = gp_json_array();
	gp_auto(gp_buf) strength = {0};

	gp_json_put_str(j, "outcome", p->out->word);
	gp_json_put_int(j, "status", p->out->status);
	gp_json_put_str(j, "id", p->id);
	if (p->out->branch.n)
		gp_json_put_bytes(j, "branch", gp_buf_all(&p->out->branch));
	if (p->ending.n)
		gp_json_put_bytes(j, "reason", gp_buf_all(&p->ending));
	gp_strong_words(&strength, p);
	if (p->proven)
		gp_json_put_bytes(j, "strength", gp_buf_all(&strength));
	for (size_t i = 0; i < p->weak.n; i++)
		gp_json_push_str(weak, p->weak.v[i]);
	for (size_t i = 0; i < p->loose.n; i++)
		gp_json_push_str(weak, p->loose.v[i]);
	gp_json_put(j, "not_proven", weak);
	for (size_t i = 0; i < p->questions.n; i++)
		gp_json_push_str(asked, p->questions.v[i]);
	gp_json_put(j, "questions", asked);
	if (p->money.priced)
		gp_json_put_num(j, "usd", p->money.spent);
	gp_json_put_int(j, "in", p->money.usage.in);
	gp_json_put_int(j, "out", p->money.usage.out);
	gp_json_put_int(j, "ms", (long long)(gp_now_ms() - p->began));
	gp_term_event(p->o->term, "done", j);
}

/* Whether the outcome's word says more than the reason does. */
static bool word_helps(enum gp_status s)
{
	return s == GP_STATUS_NO_RED || s == GP_STATUS_NO_GREEN || s == GP_STATUS_FLAKY ||
	       s == GP_STATUS_BUDGET;
}

/* How to go on. What was proven and paid for is worth more than the remedy alone. */
static void hint(struct gp_preview *p)
{
	bool resumable = gp_keep_resumable(p);

	if (p->questions.n)
		gp_hint("git preview --resume %s \"<answers>\"", p->id);
	else if (p->ending_hint.n && p->proven && resumable)
		gp_hint("%s; then git preview --resume %s goes on from here",
		        gp_buf_text(&p->ending_hint), p->id);
	else if (p->ending_hint.n)
		gp_hint("%s", gp_buf_text(&p->ending_hint));
	else if (resumable)
		gp_hint("git preview --resume %s goes on from here%s%s", p->id,
		        p->red_valid ? "; best state: refs/preview/runs/" : "",
		        p->red_valid ? p->id : "");
}

static void tell_reason(struct gp_preview *p)
{
	bool word = word_helps(p->out->status);

	gp_fail(GP_FAILED, "%s%s%s", word ? p->out->word : "", word ? ": " : "",
	        gp_buf_text(&p->ending));
	hint(p);
	gp_term_error(p->o->term);
}

static void tell_failure(struct gp_preview *p)
{
	struct gp_term *t = p->o->term;

	for (size_t i = 0; i < p->questions.n; i++)
		gp_term_result(t, "%s", p->questions.v[i]);
	if (p->red_valid)
		gp_term_say(t, "red is proven: %s", gp_buf_text(&p->red_result.judgement.reason));
	if (p->money.usage.in + p->money.usage.out)
		tell_cost(p);
	tell_reason(p);
}

void gp_ending_tell(struct gp_preview *p)
{
	tell_event(p);
	if (!p->out->branch.n) {
		tell_failure(p);
		return;
	}
	tell_proof(p);
	tell_cost(p);
	tell_next(p);
	gp_term_result(p->o->term, "%s", gp_buf_text(&p->out->branch));
	if (!p->proven)
		tell_reason(p);
}
