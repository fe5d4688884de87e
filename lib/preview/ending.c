#include "lib/preview/run.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"

#define STAT_ROWS 20

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

	if (p->over)
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

static void tell_stat(struct gp_preview *p)
{
	gp_auto(gp_stats) s = {0};
	const struct gp_oid *tip = p->full.changes.n ? &p->full.tree : &p->test.tree;

	if (gp_repo_stat(&s, p->o->repo, &p->base_tree, tip))
		return;
	for (size_t i = 0; i < s.n && i < STAT_ROWS; i++) {
		if (s.v[i].added < 0)
			gp_term_say(p->o->term, "  %s  binary", s.v[i].path);
		else
			gp_term_say(p->o->term, "  %s  +%ld -%ld", s.v[i].path, s.v[i].added,
			            s.v[i].deleted);
	}
	if (s.n > STAT_ROWS)
		gp_term_say(p->o->term, "  and %zu more files", s.n - STAT_ROWS);
}

static void tell_proof(struct gp_preview *p)
{
	struct gp_term *t = p->o->term;

	gp_term_say(t, "red    %s: %s", gp_verdict_word(p->red_result.judgement.verdict),
	            gp_buf_text(&p->red_result.judgement.reason));
	if (p->proven) {
		gp_term_say(t, "green  %s", gp_buf_text(&p->green_result.judgement.reason));
		gp_term_say(t, "suite  %s", gp_buf_text(&p->suite_result.judgement.reason));
	}
	gp_term_say(t, "not proven: how strong the test is (strength was not measured)");
	for (size_t i = 0; i < p->weak.n; i++)
		gp_term_say(t, "not proven: %s", p->weak.v[i]);
}

static void tell_cost(struct gp_preview *p)
{
	gp_auto(gp_buf) money = {0};

	gp_money_text(&money, &p->money);
	gp_term_say(
		p->o->term,
		"cost %s, %lld tokens in, %lld out; %.1f s (context %.1f, model %.1f, red %.1f, "
		"green %.1f, suite %.1f)",
		gp_buf_text(&money), p->money.usage.in, p->money.usage.out,
		(double)(gp_now_ms() - p->began) / 1000, (double)p->context_ms / 1000,
		(double)p->model_ms / 1000, (double)p->red_ms / 1000, (double)p->green_ms / 1000,
		(double)p->suite_ms / 1000);
}

static void tell_event(struct gp_preview *p)
{
	struct cJSON *j = gp_json_object(), *weak = gp_json_array(), *asked = gp_json_array();

	gp_json_put_str(j, "outcome", p->out->word);
	gp_json_put_int(j, "status", p->out->status);
	gp_json_put_str(j, "id", p->id);
	if (p->out->branch.n)
		gp_json_put_bytes(j, "branch", gp_buf_all(&p->out->branch));
	if (p->ending.n)
		gp_json_put_bytes(j, "reason", gp_buf_all(&p->ending));
	for (size_t i = 0; i < p->weak.n; i++)
		gp_json_push_str(weak, p->weak.v[i]);
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

static bool can_resume(const struct gp_preview *p)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/state.json", gp_buf_text(&p->folder));
	return p->folder.n && access(gp_buf_text(&path), R_OK) == 0;
}

static void tell_failure(struct gp_preview *p)
{
	struct gp_term *t = p->o->term;

	for (size_t i = 0; i < p->questions.n; i++)
		gp_term_result(t, "%s", p->questions.v[i]);
	if (p->red_valid)
		gp_term_say(t, "red is proven: %s", gp_buf_text(&p->red_result.judgement.reason));
	if (p->money.calls)
		tell_cost(p);
	/* the reason says itself what kind it is */
	if (p->out->status == GP_STATUS_FATAL || p->out->status == GP_STATUS_PROVIDER ||
	    p->out->status == GP_STATUS_SANDBOX)
		gp_fail(GP_FAILED, "%s", gp_buf_text(&p->ending));
	else
		gp_fail(GP_FAILED, "%s: %s", p->out->word, gp_buf_text(&p->ending));
	if (p->questions.n)
		gp_hint("git preview --resume %s \"<answers>\"", p->id);
	else if (p->ending_hint.n)
		gp_hint("%s", gp_buf_text(&p->ending_hint));
	else if (can_resume(p))
		gp_hint("git preview --resume %s goes on from here%s%s", p->id,
		        p->red_valid ? "; best state: refs/preview/runs/" : "",
		        p->red_valid ? p->id : "");
	gp_term_error(t);
}

void gp_ending_tell(struct gp_preview *p)
{
	tell_event(p);
	if (!p->out->branch.n) {
		tell_failure(p);
		return;
	}
	gp_term_say(p->o->term, "%s: %s", p->out->word, gp_buf_text(&p->out->branch));
	tell_stat(p);
	tell_proof(p);
	tell_cost(p);
	if (p->proven)
		gp_term_say(p->o->term, "next: git log -p %.12s..%s", p->base.hex,
		            gp_buf_text(&p->out->branch));
	gp_term_result(p->o->term, "%s", gp_buf_text(&p->out->branch));
	if (!p->proven) {
		gp_fail(GP_FAILED, "%s: %s", p->out->word, gp_buf_text(&p->ending));
		gp_term_error(p->o->term);
	}
}
