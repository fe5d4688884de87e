#include "lib/forge/call.h"

#include <string.h>

#include "lib/base/http.h"
#include "lib/base/json.h"

#define BODY_MAX ((size_t)4 << 20)
#define TOTAL_MS 30000
#define TRIES 3
#define REST_MAX 10000
#define LIMITED_MS 60000L
#define HOUR_MS 3600000LL

struct exchange {
	struct gp_buf body;
	struct gp_http *http;
	struct gp_http_answer answer;
	int code;
	bool over, waited;
};

struct call {
	const char *method, *url, *etag;
	struct gp_slice body;
};

void gp_forge_reply_clear(struct gp_forge_reply *r)
{
	gp_json_clear(&r->json);
	*r = (struct gp_forge_reply){0};
}

static int on_body(void *ctx, struct gp_slice bytes)
{
	return gp_buf_slice(&((struct exchange *)ctx)->body, bytes);
}

static void on_done(void *ctx, int code, const struct gp_http_answer *a, bool connected GP_UNUSED)
{
	struct exchange *x = ctx;

	x->http = NULL;
	x->code = code;
	x->answer = *a;
	x->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct exchange *)ctx)->over;
}

static int on_waited(void *ctx)
{
	((struct exchange *)ctx)->waited = true;
	return 0;
}

static bool has_waited(void *ctx)
{
	return ((struct exchange *)ctx)->waited;
}

static void put_auth(struct gp_buf *out, const struct gp_forge_caller *c)
{
	if (c->place->kind == GP_FORGE_GITLAB)
		gp_buf_fmt(out, "PRIVATE-TOKEN: %s", c->token);
	else
		gp_buf_fmt(out, "Authorization: %s %s",
		           c->place->kind == GP_FORGE_GITEA ? "token" : "Bearer", c->token);
}

static int once(struct exchange *x, const struct gp_forge_caller *c, const struct call *call)
{
	static const struct gp_http_events events = {.body = on_body, .done = on_done};
	gp_auto(gp_buf) auth = {0};
	gp_auto(gp_buf) match = {0};
	const char *headers[7] = {"User-Agent: git-preview/" GP_VERSION, NULL};
	const struct gp_http_request request = {
		.method = call->method,
		.url = call->url,
		.headers = headers,
		.body = call->body,
		.total_ms = c->total_ms > 0 && c->total_ms < TOTAL_MS ? c->total_ms : TOTAL_MS,
		.max_body = BODY_MAX};
	size_t n = 1;
	int e;

	put_auth(&auth, c);
	headers[n++] = gp_buf_text(&auth);
	if (c->place->kind == GP_FORGE_GITHUB) {
		headers[n++] = "Accept: application/vnd.github+json";
		headers[n++] = "X-GitHub-Api-Version: 2022-11-28";
	}
	if (call->body.n)
		headers[n++] = "Content-Type: application/json";
	if (*call->etag) {
		gp_buf_fmt(&match, "If-None-Match: %s", call->etag);
		headers[n++] = gp_buf_text(&match);
	}
	headers[n] = NULL;
	e = gp_http_start(&x->http, c->loop, &request, &events, x);
	if (!e)
		e = gp_loop_run(c->loop, is_over, x);
	gp_http_abandon(&x->http);
	explicit_bzero(auth.p, auth.n);
	return e ? e : x->code;
}

/* GitHub, "Rate limits for the REST API": retry-after first, then the reset when nothing is left,
 * else a minute at least. A secondary limit is a 403 that says so in words only. */
static void read_limits(struct gp_forge_reply *r, const struct gp_http_answer *a)
{
	const char *said = gp_json_str(r->json, "message");
	long long reset = (a->limit_reset_s - gp_wall_s()) * 1000;

	r->limited = a->status == 429 ||
	             (a->status == 403 && (a->limit_left == 0 || a->retry_after_ms >= 0 ||
	                                   (said && strcasestr(said, "rate limit"))));
	if (a->retry_after_ms >= 0)
		r->wait_ms = a->retry_after_ms;
	else if (a->limit_left == 0 && a->limit_reset_s > 0 && reset <= HOUR_MS)
		r->wait_ms = reset > 0 ? (long)reset : 0;
	else if (r->limited)
		r->wait_ms = LIMITED_MS;
	if (a->poll_ms > r->wait_ms)
		r->wait_ms = a->poll_ms;
}

static int wait_a_little(const struct gp_forge_caller *c, long ms)
{
	struct exchange x = {.waited = false};
	int timer = gp_loop_after(c->loop, ms, on_waited, &x);
	int e = gp_loop_run(c->loop, has_waited, &x);

	gp_loop_cancel(c->loop, timer);
	return e;
}

static bool is_trouble(int e, int status)
{
	return e == GP_BROKEN || (!e && (status == 429 || status >= 500));
}

static int take(struct gp_forge_reply *out, const struct exchange *x,
                const struct gp_forge_caller *c)
{
	int status = x->answer.status;
	int e = x->body.n ? gp_json_parse(&out->json, gp_buf_all(&x->body)) : 0;

	out->status = status;
	memcpy(out->etag, x->answer.etag, sizeof(out->etag));
	read_limits(out, &x->answer);
	/* with any other status it is for that to explain */
	if (!e || status < 200 || status > 299)
		return 0;
	gp_fail(GP_INVALID, "%s answers with what is no JSON (%s)", c->place->host,
	        x->answer.type[0] ? x->answer.type : "of no type");
	gp_hint("is '%s' the address of its API? push.api sets it", c->place->api);
	return GP_INVALID;
}

static int repeat(struct gp_forge_reply *out, const struct gp_forge_caller *c,
                  const struct call *call)
{
	int e;

	for (int tries = 0;; tries++) {
		struct exchange x = {.body = {.max = BODY_MAX}};
		long rest = 500L << tries;

		gp_forge_reply_clear(out);
		e = once(&x, c, call);
		if (e)
			x.answer.status = 0;
		else
			e = take(out, &x, c);
		gp_buf_clear(&x.body);
		if (out->wait_ms || x.answer.retry_after_ms == 0)
			rest = out->wait_ms;
		if (strcmp(call->method, "GET") != 0 || tries + 1 == TRIES || rest > REST_MAX ||
		    !is_trouble(e, x.answer.status))
			return e;
		e = wait_a_little(c, rest);
		if (e)
			return e;
	}
}

static int call_it(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *method,
                   const char *path, const struct cJSON *body, const char *etag)
{
	gp_auto(gp_buf) url = {0};
	gp_auto(gp_buf) text = {.max = BODY_MAX};
	struct call call = {.method = method, .etag = etag};
	int e = body ? gp_json_print(&text, body) : 0;

	gp_forge_reply_clear(out);
	gp_buf_fmt(&url, "%s%s", c->place->api, path);
	if (gp_http_url_private(gp_buf_text(&url)) != 1)
		return gp_fail(GP_INVALID, "no token is sent to '%s': it is not https",
		               c->place->api);
	call.url = gp_buf_text(&url);
	call.body = gp_buf_all(&text);
	if (!e)
		e = repeat(out, c, &call);
	if (!e || e == GP_INVALID || e == GP_STOPPED)
		return e;
	gp_within(e, "cannot reach %s", c->place->host);
	gp_hint("run it again when '%s' can be reached; what is there already is found",
	        c->place->api);
	return e;
}

int gp_forge_call(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *method,
                  const char *path, const struct cJSON *body)
{
	return call_it(out, c, method, path, body, "");
}

int gp_forge_ask(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *path,
                 const char *etag)
{
	return call_it(out, c, "GET", path, NULL, etag);
}

static void advise(const struct gp_forge_caller *c, const struct gp_forge_reply *r)
{
	int status = r->status;

	if (r->limited)
		gp_hint("it takes no more calls for now; try again in %ld s",
		        (r->wait_ms + 999) / 1000);
	else if (status >= 300 && status < 400)
		gp_hint("the project has moved: give the remote its new address (git remote "
		        "set-url); the token is not sent elsewhere");
	else if (status == 401)
		gp_hint("the token from %s is not valid, or no longer; renew it", c->from);
	else if (status == 403)
		gp_hint("the token from %s may not do that: it needs the right to write pull "
		        "requests",
		        c->from);
	else if (status == 404)
		gp_hint("there is no such project, or the token from %s does not reach it",
		        c->from);
	else if (status == 422)
		gp_hint("the host does not take it as it is; open it by hand to see why");
	else if (status >= 500)
		gp_hint("the host is in trouble; try again later");
}

int gp_forge_refused(const struct gp_forge_caller *c, const struct gp_forge_reply *r,
                     const char *what)
{
	const char *said = gp_json_str(r->json, "message");
	const struct cJSON *list = gp_json_get(r->json, "message");
	/* GitHub has what matters of "Validation Failed" there */
	const char *more = gp_json_str(gp_json_first(gp_json_get(r->json, "errors")), "message");
	gp_auto(gp_buf) words = {0};

	if (!said)
		said = gp_json_str(r->json, "error");
	/* GitLab says what is wrong in a list, at times */
	if (!said && gp_json_is_array(list))
		said = gp_json_text(gp_json_first(list));
	if (said)
		gp_buf_visible(&words, (struct gp_slice){said, strnlen(said, 300)});
	if (said && more)
		gp_buf_str(&words, ": ");
	if (more)
		gp_buf_visible(&words, (struct gp_slice){more, strnlen(more, 300)});
	gp_fail(r->status == 404 ? GP_NOTFOUND : GP_REFUSED, "cannot %s: %s answers %d%s%s", what,
	        c->place->host, r->status, words.n ? ": " : "", gp_buf_text(&words));
	advise(c, r);
	return r->status == 404 ? GP_NOTFOUND : GP_REFUSED;
}

int gp_pull_read(struct gp_pull_answer *out, const struct cJSON *j, const struct gp_pull_keys *k)
{
	const char *found = gp_json_str(j, k->url), *text = gp_json_str(j, k->text);

	out->number = gp_json_int(j, k->number, 0);
	gp_free(out->url);
	gp_free(out->text);
	out->url = found ? gp_strdup(found) : NULL;
	out->text = text ? gp_strdup(text) : NULL;
	/* it is shown, and perhaps opened */
	if (out->number > 0 && found &&
	    (gp_starts(found, "https://") || gp_starts(found, "http://")))
		return 0;
	return gp_fail(GP_INVALID, "the code host's answer is no pull request");
}
