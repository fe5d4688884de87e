#include "lib/forge/call.h"

#include <string.h>

#include "lib/base/http.h"
#include "lib/base/json.h"

#define BODY_MAX ((size_t)4 << 20)
#define TOTAL_MS 30000
#define TRIES 3

struct exchange {
	struct gp_buf body;
	struct gp_http *http;
	long retry_ms;
	int code, status;
	bool over, waited;
};

void gp_forge_reply_clear(struct gp_forge_reply *r)
{
	gp_json_clear(&r->json);
	r->status = 0;
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
	x->status = a->status;
	x->retry_ms = a->retry_after_ms;
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

static int once(struct exchange *x, const struct gp_forge_caller *c, const char *method,
                const char *url, struct gp_slice body)
{
	static const struct gp_http_events events = {.body = on_body, .done = on_done};
	gp_auto(gp_buf) auth = {0};
	const char *headers[6] = {"User-Agent: git-preview/" GP_VERSION, NULL};
	const struct gp_http_request request = {.method = method,
	                                        .url = url,
	                                        .headers = headers,
	                                        .body = body,
	                                        .total_ms = TOTAL_MS,
	                                        .max_body = BODY_MAX};
	size_t n = 1;
	int e;

	put_auth(&auth, c);
	headers[n++] = gp_buf_text(&auth);
	if (c->place->kind == GP_FORGE_GITHUB) {
		headers[n++] = "Accept: application/vnd.github+json";
		headers[n++] = "X-GitHub-Api-Version: 2022-11-28";
	}
	if (body.n)
		headers[n++] = "Content-Type: application/json";
	headers[n] = NULL;
	e = gp_http_start(&x->http, c->loop, &request, &events, x);
	if (!e)
		e = gp_loop_run(c->loop, is_over, x);
	gp_http_abandon(&x->http);
	memset(auth.p, 0, auth.n);
	return e ? e : x->code;
}

static int wait_a_little(struct exchange *x, const struct gp_forge_caller *c, int tries)
{
	long ms = x->retry_ms > 0 && x->retry_ms < 10000 ? x->retry_ms : 500L << tries;

	x->waited = false;
	gp_loop_after(c->loop, ms, on_waited, x);
	return gp_loop_run(c->loop, has_waited, x);
}

static bool is_trouble(int e, int status)
{
	return e == GP_BROKEN || (!e && (status == 429 || status >= 500));
}

int gp_forge_call(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *method,
                  const char *path, const struct cJSON *body)
{
	gp_auto(gp_buf) url = {0};
	gp_auto(gp_buf) text = {.max = BODY_MAX};
	bool again = strcmp(method, "GET") == 0;
	int e = body ? gp_json_print(&text, body) : 0;

	gp_forge_reply_clear(out);
	gp_buf_fmt(&url, "%s%s", c->place->api, path);
	if (gp_http_url_private(gp_buf_text(&url)) != 1)
		return gp_fail(GP_INVALID, "no token is sent to '%s': it is not https",
		               c->place->api);
	for (int tries = 0; !e; tries++) {
		struct exchange x = {.body = {.max = BODY_MAX}};

		e = once(&x, c, method, gp_buf_text(&url), gp_buf_all(&text));
		if (again && tries + 1 < TRIES && is_trouble(e, x.status)) {
			e = wait_a_little(&x, c, tries);
			gp_buf_clear(&x.body);
			continue;
		}
		out->status = x.status;
		/* a body that is no JSON is for the status to explain */
		if (!e && x.body.n && gp_json_parse(&out->json, gp_buf_all(&x.body)))
			out->json = NULL;
		gp_buf_clear(&x.body);
		break;
	}
	return e ? gp_within(e, "cannot reach %s", c->place->host) : 0;
}

int gp_forge_refused(const struct gp_forge_caller *c, const struct gp_forge_reply *r,
                     const char *what)
{
	const char *said = gp_json_str(r->json, "message");
	const struct cJSON *list = gp_json_get(r->json, "message");
	gp_auto(gp_buf) words = {0};

	if (!said)
		said = gp_json_str(r->json, "error");
	/* GitLab says what is wrong in a list, at times */
	if (!said && gp_json_is_array(list))
		said = gp_json_text(gp_json_first(list));
	if (said)
		gp_buf_visible(&words, (struct gp_slice){said, strnlen(said, 300)});
	gp_fail(r->status == 404 ? GP_NOTFOUND : GP_REFUSED, "cannot %s: %s answers %d%s%s", what,
	        c->place->host, r->status, words.n ? ": " : "", gp_buf_text(&words));
	if (r->status == 401)
		gp_hint("the token is not valid, or no longer; renew it");
	else if (r->status == 403)
		gp_hint("the token may not do that: it needs the right to write pull requests");
	else if (r->status == 404)
		gp_hint("there is no such project, or the token does not reach it");
	return r->status == 404 ? GP_NOTFOUND : GP_REFUSED;
}

int gp_pull_read(struct gp_pull_answer *out, const struct cJSON *j, const char *url,
                 const char *number)
{
	const char *found = gp_json_str(j, url);

	out->number = gp_json_int(j, number, 0);
	gp_free(out->url);
	out->url = found ? gp_strdup(found) : NULL;
	/* it is shown, and perhaps opened */
	if (out->number > 0 && found &&
	    (gp_starts(found, "https://") || gp_starts(found, "http://")))
		return 0;
	return gp_fail(GP_INVALID, "the code host's answer is no pull request");
}
