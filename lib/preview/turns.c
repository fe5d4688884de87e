#include "lib/preview/run.h"
#include "lib/preview/strong.h"

static void on_progress(void *ctx, size_t bytes)
{
	struct gp_preview *p = ctx;
	gp_auto(gp_buf) money = {0};

	p->streamed = bytes;
	gp_money_so_far(&money, p);
	gp_term_update(p->o->term, "model", "%s, about %zu tokens%s%s", p->model.name,
	               (size_t)((double)bytes / GP_TOKEN_BYTES), money.n ? ", " : "",
	               gp_buf_text(&money));
}

static void on_call(void *ctx, const struct gp_call *call)
{
	struct gp_preview *p = ctx;

	if (!p->over)
		gp_steps_add(p, call);
}

static void on_retry(void *ctx, int tries, long wait_ms, const char *why)
{
	struct gp_preview *p = ctx;

	if (!gp_money_allows_retry(p)) {
		gp_end_message(p, GP_STATUS_BUDGET, "budget");
		return;
	}
	gp_term_say(p->o->term, "model: %s; try %d in %.1f s", why, tries + 1,
	            (double)wait_ms / 1000);
}

static void tell_turn(struct gp_preview *p, const struct gp_turn *t)
{
	static const char *const words[] = {"answered", "cut short", "refused", "failed"};
	gp_auto(gp_buf) money = {0};
	gp_auto(gp_buf) text = {0};
	struct cJSON *j = gp_json_object();

	gp_money_text(&money, &p->money);
	if (t->usage.in + t->usage.out)
		gp_buf_fmt(&text, ", %lld tokens in, %lld out, %s", t->usage.in, t->usage.out,
		           gp_buf_text(&money));
	gp_term_end(p->o->term, "model", t->end == GP_TURN_DONE ? GP_MARK_OK : GP_MARK_BAD,
	            "%s%s%s%s", p->model.name, t->end == GP_TURN_DONE ? "" : " ",
	            t->end == GP_TURN_DONE ? "" : words[t->end], gp_buf_text(&text));
	gp_json_put_str(j, "model", p->model.name);
	gp_json_put_str(j, "end", words[t->end]);
	gp_json_put_int(j, "in", t->usage.in);
	gp_json_put_int(j, "cached", t->usage.cached);
	gp_json_put_int(j, "out", t->usage.out);
	gp_json_put_int(j, "calls", (long long)t->calls);
	gp_json_put_int(j, "tries", t->tries);
	if (p->money.priced)
		gp_json_put_num(j, "usd", p->money.spent);
	gp_json_put_int(j, "ms", t->ms);
	gp_term_event(p->o->term, "model", j);
}

static void cut(struct gp_preview *p, const struct gp_turn *t)
{
	p->failed = true;
	p->fail_word = p->red_valid ? "no-green" : "no-red";
	p->fail_status = p->red_valid ? GP_STATUS_NO_GREEN : GP_STATUS_NO_RED;
	gp_buf_cut(&p->fail_reason, 0);
	gp_buf_fmt(&p->fail_reason, "the model's answer was cut short: %s", gp_message());
	if (t->calls == 0 && gp_talk_open_calls(p->talk) == 0)
		gp_talk_say(
			p->talk,
			GP_SLICE("Your answer was cut off at its length limit before a call was "
		                 "complete. Send shorter patches and fewer words.\n"));
}

static void on_done(void *ctx, const struct gp_turn *t)
{
	struct gp_preview *p = ctx;

	p->turn_over = true;
	p->model_ms += t->ms;
	gp_money_settle(p, t);
	if (p->over)
		return;
	tell_turn(p, t);
	if (t->text.n && t->calls && !p->words.n)
		gp_buf_slice(&p->words, gp_trim(t->text));
	/* what is proven does not hang on the words that would have followed */
	switch (p->proven || p->settling ? GP_TURN_DONE : t->end) {
	case GP_TURN_REFUSED:
	case GP_TURN_FAILED:
		gp_end_message(p, GP_STATUS_PROVIDER, "refused");
		/* what was handed out before it broke is worth going on from */
		if (t->calls)
			gp_keep_save(p);
		return;
	case GP_TURN_CUT:
		cut(p, t);
		break;
	case GP_TURN_DONE:
		break;
	}
	gp_steps_next(p);
	if (!p->over)
		gp_keep_save(p);
}

/* Words without a call are no progress: say so once, then stop. */
static bool stalled(struct gp_preview *p)
{
	if (p->turns == 0 || p->calls || p->failed)
		return false;
	if (p->nudged) {
		gp_end(p, p->red_valid ? GP_STATUS_NO_GREEN : GP_STATUS_NO_RED,
		       p->red_valid ? "no-green" : "no-red",
		       "the model called no tool in two answers");
		return true;
	}
	p->nudged = true;
	gp_talk_say(p->talk,
	            gp_slice(p->red_valid ? "Call `implement` with the patch.\n"
	                                  : "Call `test` and `implement` with the patches.\n"));
	return false;
}

/* A test once more, where a valid one was there already, is no progress either. */
static void count_circles(struct gp_preview *p)
{
	if (p->at_turn.red && p->red_valid && p->tested && !p->failed)
		gp_steps_count(p, GP_STATUS_NO_GREEN, "no-green",
		               GP_SLICE("another test was sent, and no implementation"));
}

void gp_turns_next(struct gp_preview *p)
{
	static const struct gp_talk_events events = {
		.progress = on_progress,
		.call = on_call,
		.retry = on_retry,
		.done = on_done,
	};
	long long repairs = gp_conf_int(p->o->conf, "preview.rounds"), max_output;

	if (gp_sharp_stalls(p) || stalled(p))
		return;
	count_circles(p);
	if (p->over)
		return;
	if (p->failed && ++p->rounds > repairs) {
		if (p->rounds > 1)
			gp_end(p, p->fail_status, p->fail_word, "%d repair%s not enough: %s",
			       p->rounds - 1, p->rounds == 2 ? " was" : "s were",
			       gp_buf_text(&p->fail_reason));
		else
			gp_end(p, p->fail_status, p->fail_word, "%s", gp_buf_text(&p->fail_reason));
		return;
	}
	if (p->turns >= GP_LOOKUPS + repairs + 2) {
		gp_end(p, p->red_valid ? GP_STATUS_NO_GREEN : GP_STATUS_NO_RED,
		       p->red_valid ? "no-green" : "no-red",
		       "the model took %d turns without an end", p->turns);
		return;
	}
	if (gp_money_reserve(p, &max_output)) {
		gp_end_message(p, GP_STATUS_BUDGET, "budget");
		return;
	}
	p->turns++;
	p->calls = p->streamed = 0;
	p->failed = p->tested = false;
	p->turn_over = false;
	p->at_turn = gp_known(p);
	gp_term_begin(p->o->term, "model", "%s", p->model.name);
	if (gp_talk_turn(p->talk, max_output, 0, &events, p)) {
		p->turn_over = true;
		gp_end_message(p, GP_STATUS_PROVIDER, "refused");
	}
}
