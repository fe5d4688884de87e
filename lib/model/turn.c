#include "lib/model/turn.h"

#include <string.h>

#include "lib/base/sse.h"

#define PAGE_MAX ((size_t)64 << 10)  /* of a body that is no event stream */
#define EVENT_MAX ((size_t)16 << 20) /* of one event; the last one repeats the whole answer */
#define GRACE_MS                                                                                   \
	100 /* for the body to end after its last event, so that the connection is kept            \
	     */
#define WAIT_FIRST_MS 500
#define WAIT_MOST_MS 8000
#define BYTES_PER_TOKEN 3.5

/* One turn under way. It outlives gp_talk_cancel and done while one of its own callbacks is on the
 * stack, so talk is looked at only while it is neither over nor cancelled. */
struct gp_running {
	struct gp_talk *talk;
	struct gp_loop *loop;
	struct gp_talk_events ev;
	void *ctx;
	struct gp_buf body;
	struct gp_http *http;
	struct gp_sse sse;
	struct gp_answer answer;
	struct gp_buf page;
	struct gp_usage usage;
	long long began, until; /* until: 0 for no deadline */
	long first_ms;
	int tries;
	int deadline, wait, grace; /* timers */
	bool stream;               /* this try is answered by an event stream */
	bool begun;                /* an event of this try came */
	bool busy, over;
};

static void conclude(struct gp_running *r, int code, const struct gp_http_answer *a);

static void destroy(struct gp_running *r)
{
	gp_http_abandon(&r->http);
	gp_loop_cancel(r->loop, r->deadline);
	gp_loop_cancel(r->loop, r->wait);
	gp_loop_cancel(r->loop, r->grace);
	gp_sse_clear(&r->sse);
	gp_answer_clear(&r->answer);
	gp_buf_clear(&r->body);
	gp_buf_clear(&r->page);
	gp_free(r);
}

static void leave(struct gp_running *r)
{
	r->busy = false;
	if (r->over)
		destroy(r);
}

void gp_talk_cancel(struct gp_talk *t)
{
	struct gp_running *r = t->running;

	if (!r)
		return;
	t->running = NULL;
	gp_talk_close_all(t);
	r->over = true;
	if (!r->busy)
		destroy(r);
}

static void pass_text(void *ctx, struct gp_slice delta)
{
	struct gp_running *r = ctx;

	if (!r->over && r->ev.text)
		r->ev.text(r->ctx, delta);
}

static void pass_progress(void *ctx, size_t bytes)
{
	struct gp_running *r = ctx;

	if (!r->over && r->ev.progress)
		r->ev.progress(r->ctx, bytes);
}

static void pass_call(void *ctx, const struct gp_call *call, bool freeform)
{
	struct gp_running *r = ctx;

	if (r->over)
		return;
	gp_talk_open(r->talk, call->id, freeform);
	if (r->ev.call)
		r->ev.call(r->ctx, call);
}

static int on_grace(void *ctx)
{
	struct gp_running *r = ctx;

	r->grace = 0;
	r->busy = true;
	gp_http_abandon(&r->http);
	conclude(r, 0, NULL);
	leave(r);
	return 0;
}

static int on_event(void *ctx, struct gp_slice type, struct gp_slice data)
{
	struct gp_running *r = ctx;
	int e;

	if (!r->begun && r->first_ms == 0)
		r->first_ms = (long)(gp_now_ms() - r->began);
	r->begun = true;
	e = r->talk->dialect->event(&r->answer, type, data);
	if (e || r->over)
		return e ? e : GP_STOPPED;
	if (r->answer.ended && !r->grace)
		r->grace = gp_loop_after(r->loop, GRACE_MS, on_grace, r);
	return 0;
}

static int on_head(void *ctx, const struct gp_http_answer *a)
{
	struct gp_running *r = ctx;

	r->stream = a->status / 100 == 2 && strcmp(a->type, "text/event-stream") == 0;
	return 0;
}

static int on_body(void *ctx, struct gp_slice bytes)
{
	struct gp_running *r = ctx;
	int e;

	if (!r->stream) {
		bool full = bytes.n > PAGE_MAX - r->page.n;

		gp_buf_add(&r->page, bytes.p, full ? PAGE_MAX - r->page.n : bytes.n);
		return full ? GP_LIMIT : 0;
	}
	r->busy = true;
	e = gp_sse_feed(&r->sse, bytes, on_event, r);
	if (r->over)
		e = GP_STOPPED;
	leave(r);
	return e;
}

static void on_done(void *ctx, int code, const struct gp_http_answer *a, bool connected)
{
	struct gp_running *r = ctx;

	(void)connected;
	r->http = NULL;
	r->busy = true;
	conclude(r, code, a);
	leave(r);
}

static void reset(struct gp_running *r)
{
	const struct gp_prelude *p = &r->talk->prelude;

	gp_answer_clear(&r->answer);
	r->answer = (struct gp_answer){.tools = p->tools,
	                               .ntools = p->ntools,
	                               .secret = p->model->key,
	                               .to = {pass_text, pass_progress, pass_call, r}};
	gp_sse_clear(&r->sse);
	r->sse = (struct gp_sse){.line = {.max = EVENT_MAX}, .data = {.max = EVENT_MAX}};
	gp_buf_cut(&r->page, 0);
	r->stream = r->begun = false;
}

static int start_try(struct gp_running *r)
{
	static const struct gp_http_events events = {
		.head = on_head, .body = on_body, .done = on_done};
	const struct gp_model *m = r->talk->prelude.model;
	gp_auto(gp_buf) url = {0};
	gp_auto(gp_buf) key = {0};
	const char *headers[] = {"Content-Type: application/json", "Accept: text/event-stream",
	                         NULL, NULL};
	struct gp_http_request q = {.headers = headers, .idle_ms = m->idle_ms};
	int e;

	reset(r);
	r->tries++;
	gp_buf_fmt(&url, "%s%s", m->url, r->talk->dialect->path);
	if (m->key) {
		gp_buf_fmt(&key, "%s%s", r->talk->dialect->auth, m->key);
		headers[2] = gp_buf_text(&key);
	}
	q.url = gp_buf_text(&url);
	q.body = gp_buf_all(&r->body);
	e = gp_http_start(&r->http, r->loop, &q, &events, r);
	if (key.p)
		explicit_bzero(key.p, key.n);
	return e;
}

static long long estimate(size_t bytes)
{
	return (long long)((double)bytes / BYTES_PER_TOKEN) + 1;
}

static void add_try(struct gp_usage *sum, const struct gp_running *r)
{
	struct gp_usage u = r->answer.usage;

	if (!u.reported) {
		u.in = estimate(r->body.n);
		u.out = estimate(gp_answer_bytes(&r->answer));
		sum->reported = false;
	}
	sum->in += u.in;
	sum->cached += u.cached;
	sum->written += u.written;
	sum->out += u.out;
	sum->reasoning += u.reasoning;
}

/* A try that broke off is billed all the same, and without the last event nobody says how much. One
 * that the server itself failed is not. */
static void count_usage(struct gp_running *r)
{
	bool failed = r->answer.ended && r->answer.end == GP_TURN_FAILED;

	if (r->answer.usage.reported || (r->begun && !failed))
		add_try(&r->usage, r);
}

void gp_talk_used(struct gp_usage *out, const struct gp_talk *t)
{
	const struct gp_running *r = t->running;

	*out = r ? r->usage : (struct gp_usage){.reported = true};
	/* asked, though nothing may have come yet: the server is at work */
	if (r && r->http)
		add_try(out, r);
}

static void finish(struct gp_running *r, struct gp_outcome *o)
{
	struct gp_talk *t = r->talk;
	struct gp_turn turn = {.end = o->is.end,
	                       .code = o->is.code,
	                       .text = gp_buf_all(&r->answer.text),
	                       .usage = r->usage,
	                       .tries = r->tries,
	                       .calls = r->answer.calls,
	                       .first_ms = r->first_ms,
	                       .ms = (long)(gp_now_ms() - r->began)};

	gp_talk_settle(t, &r->answer);
	t->running = NULL;
	r->over = true;
	if (turn.end != GP_TURN_DONE) {
		if (turn.tries > 1)
			gp_buf_fmt(&o->why, " (%d tries)", turn.tries);
		gp_fail(turn.code, "cannot get an answer from '%s': %s", t->prelude.model->name,
		        gp_buf_text(&o->why));
		if (o->hint.n)
			gp_hint("%s", gp_buf_text(&o->hint));
	}
	r->ev.done(r->ctx, &turn);
}

static int on_wait(void *ctx)
{
	struct gp_running *r = ctx;
	int e;

	r->wait = 0;
	r->busy = true;
	e = start_try(r);
	if (e) {
		gp_auto(gp_outcome) o = {0};

		gp_judge_code(&o, e);
		finish(r, &o);
	}
	leave(r);
	return 0;
}

static long backoff(int tries)
{
	long wait = WAIT_FIRST_MS << (tries - 1);
	long long now = gp_now_ms();

	if (wait > WAIT_MOST_MS)
		wait = WAIT_MOST_MS;
	/* so that clients which failed together do not come back together */
	return wait - wait * (long)(gp_hash(GP_HASH, &now, sizeof(now)) % 26) / 100;
}

static bool retry_later(struct gp_running *r, struct gp_outcome *o)
{
	long wait = o->wait_ms >= 0 ? o->wait_ms : backoff(r->tries);

	if (!o->is.transient || r->answer.calls || r->tries >= GP_TALK_TRIES)
		return false;
	if (r->until && gp_now_ms() + wait >= r->until) {
		gp_buf_fmt(&o->why, "; the deadline leaves no time to wait %.1f s and try again",
		           (double)wait / 1000);
		return false;
	}
	if (r->ev.retry)
		r->ev.retry(r->ctx, r->tries, wait, gp_buf_text(&o->why));
	if (!r->over)
		r->wait = gp_loop_after(r->loop, wait, on_wait, r);
	return true;
}

static void conclude(struct gp_running *r, int code, const struct gp_http_answer *a)
{
	gp_auto(gp_outcome) o = {0};

	if (code == 0 && r->stream && !r->answer.ended)
		code = gp_sse_end(&r->sse, on_event, r);
	gp_loop_cancel(r->loop, r->grace);
	r->grace = 0;
	if (r->over)
		return;
	if (r->answer.ended)
		gp_judge_answer(&o, &r->answer);
	else if (a && a->status && !r->stream)
		gp_judge_page(&o, r->talk->prelude.model, a, gp_buf_all(&r->page));
	else
		gp_judge_code(&o, code);
	count_usage(r);
	if (!retry_later(r, &o))
		finish(r, &o);
}

static int on_deadline(void *ctx)
{
	struct gp_running *r = ctx;
	gp_auto(gp_outcome) o = {0};

	r->deadline = 0;
	r->busy = true;
	gp_http_abandon(&r->http);
	if (r->answer.ended) {
		gp_judge_answer(&o, &r->answer);
	} else {
		gp_fail(GP_TIMEOUT, "the deadline of %.1f s passed",
		        (double)(r->until - r->began) / 1000);
		gp_judge_code(&o, GP_TIMEOUT);
	}
	/* not while waiting for the next try: the last one is counted already */
	if (!r->wait)
		count_usage(r);
	finish(r, &o);
	leave(r);
	return 0;
}

static void arm(struct gp_running *r, long deadline_ms)
{
	r->began = gp_now_ms();
	if (deadline_ms <= 0)
		return;
	r->until = r->began + deadline_ms;
	r->deadline = gp_loop_after(r->loop, deadline_ms, on_deadline, r);
}

int gp_talk_turn(struct gp_talk *t, long long max_output, long deadline_ms,
                 const struct gp_talk_events *ev, void *ctx)
{
	struct gp_running *r;
	int e;

	if (t->running)
		return gp_fail(GP_INVALID, "cannot start a turn: one is under way");
	if (gp_talk_open_calls(t))
		return gp_fail(GP_INVALID, "cannot start a turn: the call '%s' is unanswered",
		               gp_talk_open_id(t, 0));
	r = gp_alloc(sizeof(*r));
	*r = (struct gp_running){
		.talk = t, .loop = t->loop, .ev = *ev, .ctx = ctx, .usage = {.reported = true}};
	e = gp_talk_body(&r->body, t, max_output);
	if (!e)
		e = start_try(r);
	if (e) {
		destroy(r);
		return e;
	}
	arm(r, deadline_ms);
	t->running = r;
	return 0;
}
