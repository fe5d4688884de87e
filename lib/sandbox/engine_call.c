#include <string.h>

#include "lib/base/http.h"
#include "lib/base/json.h"
#include "lib/sandbox/engine.h"

enum { MINUTE_MS = 60000, ANSWER = 4 << 20, NO_WORDS = 64 << 10, CONNECT_MS = 10000 };

struct gp_call {
	struct gp_call **slot;
	struct gp_http *http;
	const char *kind;
	int (*head)(void *ctx);
	int (*bytes)(void *ctx, struct gp_slice s);
	long (*more)(void *ctx, char *to, size_t max);
	void (*done)(void *ctx, struct gp_call_result *r);
	void *ctx, *to;
	bool good;
	struct gp_call_result r;
};

void gp_call_result_clear(struct gp_call_result *r)
{
	gp_buf_clear(&r->text);
}

static void call_free(struct gp_call *c)
{
	*c->slot = NULL;
	gp_call_result_clear(&c->r);
	gp_free(c);
}

/* {"message": "..."}, or whatever else stands in its way. */
static int say_no(struct gp_call *c)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) words = {0};
	const char *message = NULL;
	int code = c->r.status == 404 ? GP_NOTFOUND : c->r.status == 409 ? GP_EXISTS : GP_REFUSED;

	if (gp_json_parse(&j, gp_buf_all(&c->r.text)) == 0)
		message = gp_json_str(j, "message");
	gp_buf_visible(&words, message ? gp_slice(message) : gp_trim(gp_buf_all(&c->r.text)));
	gp_buf_cut(&words, 1000);
	return gp_fail(code, "%s says: %s (status %d)", c->kind,
	               words.n ? gp_buf_text(&words) : "no", c->r.status);
}

static int on_head(void *ctx, const struct gp_http_answer *a)
{
	struct gp_call *c = ctx;

	c->r.status = a->status;
	c->good = a->status >= 100 && a->status < 400;
	if (!c->good)
		c->r.text.max = NO_WORDS;
	return c->good && c->head ? c->head(c->ctx) : 0;
}

static int on_body(void *ctx, struct gp_slice bytes)
{
	struct gp_call *c = ctx;

	if (c->good && c->bytes)
		return c->bytes(c->to, bytes);
	if (gp_buf_slice(&c->r.text, bytes) == 0 || !c->good)
		return 0;
	return gp_fail(GP_LIMIT, "cannot read the answer of %s: more than %zu bytes", c->kind,
	               c->r.text.max);
}

static int explain(const struct gp_call *c, int code, bool connected)
{
	if (code == GP_BROKEN && connected)
		return gp_fail(code, "the connection to %s was lost", c->kind);
	if (code == GP_TIMEOUT && connected)
		return gp_fail(code, "%s did not answer in time", c->kind);
	return gp_within(code, "cannot ask %s", c->kind);
}

static void on_done(void *ctx, int code, const struct gp_http_answer *a GP_UNUSED, bool connected)
{
	struct gp_call *c = ctx;
	struct gp_call_result r;
	void (*done)(void *ctx, struct gp_call_result *r) = c->done;
	void *to = c->ctx;

	if (code)
		explain(c, code, connected);
	else if (!c->good)
		code = say_no(c);
	c->r.code = code;
	r = c->r;
	c->r = (struct gp_call_result){0};
	call_free(c);
	done(to, &r);
	gp_call_result_clear(&r);
}

static long on_more(void *ctx, char *to, size_t max)
{
	struct gp_call *c = ctx;

	return c->good ? c->more(c->to, to, max) : 0;
}

static void on_dropped(void *ctx)
{
	call_free(ctx);
}

int gp_engine_call(struct gp_call **slot, const struct gp_engine *e, struct gp_loop *l,
                   const struct gp_call_spec *spec,
                   void (*done)(void *ctx, struct gp_call_result *r), void *ctx)
{
	static const struct gp_http_events events = {on_head, on_body, on_more, on_done,
	                                             on_dropped};
	const struct gp_engine_host *h = &e->host;
	gp_auto(gp_buf) url = {0}, type = {0};
	const char *headers[] = {NULL, NULL};
	struct gp_http_request r = {.method = spec->method,
	                            .body = spec->body,
	                            .talks = spec->more != NULL,
	                            .unix_socket = h->socket,
	                            .connect_ms = CONNECT_MS,
	                            .idle_ms = 1L << 30,
	                            .max_body = spec->bytes ? SIZE_MAX : ANSWER,
	                            .ca = h->ca,
	                            .cert = h->cert,
	                            .key = h->key};
	struct gp_call *c = gp_alloc(sizeof(*c));
	int code;

	*c = (struct gp_call){.slot = slot,
	                      .kind = e->kind,
	                      .head = spec->head,
	                      .bytes = spec->bytes,
	                      .more = spec->more,
	                      .done = done,
	                      .ctx = ctx,
	                      .to = spec->to ? spec->to : ctx,
	                      .r.text.max = spec->max ? spec->max : ANSWER};
	if (spec->max && !spec->bytes)
		r.max_body = spec->max;
	r.total_ms = spec->timeout_ms ? spec->timeout_ms : MINUTE_MS;
	gp_buf_str(&url, h->base ? h->base : "http://localhost");
	if (!spec->bare)
		gp_buf_fmt(&url, "/v%s", e->api);
	gp_buf_str(&url, spec->path);
	gp_buf_fmt(&type, "Content-Type: %s", spec->type ? spec->type : "application/json");
	headers[0] = gp_buf_text(&type);
	r.headers = headers;
	r.url = gp_buf_text(&url);
	*slot = c;
	code = gp_http_start(&c->http, l, &r, &events, c);
	if (code)
		call_free(c);
	return code;
}

void gp_call_resume(struct gp_call **slot)
{
	if (*slot)
		gp_http_resume((*slot)->http);
}

void gp_call_abandon(struct gp_call **slot)
{
	struct gp_call *c = *slot;

	if (!c)
		return;
	gp_http_abandon(&c->http);
	call_free(c);
}

struct asked {
	struct gp_call_result *out;
	bool over;
};

static void on_answer(void *ctx, struct gp_call_result *r)
{
	struct asked *a = ctx;

	*a->out = *r;
	*r = (struct gp_call_result){0};
	a->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct asked *)ctx)->over;
}

int gp_engine_ask(struct gp_call_result *out, const struct gp_engine *e,
                  const struct gp_call_spec *spec)
{
	struct asked a = {.out = out};
	gp_auto_loop struct gp_loop *l = NULL;
	struct gp_call *c = NULL;
	int code = gp_loop_new(&l);

	*out = (struct gp_call_result){0};
	if (!code)
		code = gp_engine_call(&c, e, l, spec, on_answer, &a);
	if (!code)
		code = gp_loop_run(l, is_over, &a);
	if (!a.over)
		gp_call_abandon(&c);
	if (!code)
		code = out->code;
	return out->code = code;
}
