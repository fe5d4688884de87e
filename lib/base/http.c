#include <string.h>

#include "lib/base/http_in.h"

enum {
	CONNECT_MS = 10000,
	IDLE_MS = 300000,
	BODY_MAX = 64 << 20,
	HEADERS_MAX = 256 << 10,
	KEEPALIVE_S = 30,
};

static void unlink_http(struct gp_http *h)
{
	for (struct gp_http **at = &h->hub->first; *at; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			return;
		}
}

/* Keys stand in the headers. */
static void wipe(struct curl_slist *headers)
{
	for (struct curl_slist *s = headers; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	gp_curl.curl_slist_free_all(headers);
}

static void stop_timers(struct gp_http *h)
{
	gp_loop_cancel(h->hub->l, h->idle);
	gp_loop_cancel(h->hub->l, h->total);
	h->idle = h->total = 0;
}

void gp_http_take_apart(struct gp_http *h)
{
	unlink_http(h);
	if (h->added)
		gp_curl.curl_multi_remove_handle(h->hub->multi, h->easy);
	gp_curl.curl_easy_cleanup(h->easy);
	wipe(h->headers);
	gp_free(h->host);
	gp_free(h);
}

/* Our own reason goes first: libcurl knows only that a callback of ours said no. */
static int explain(struct gp_http *h, bool connected)
{
	const char *why = h->reason[0] ? h->reason : gp_curl.curl_easy_strerror(h->result);

	if (h->code || h->result == CURLE_OK)
		return h->code;
	if (h->result == CURLE_OPERATION_TIMEDOUT)
		return gp_fail(GP_TIMEOUT, "cannot reach '%s': no connection within %ld ms",
		               h->host, h->connect_ms);
	if (!connected)
		return gp_fail(GP_BROKEN, "cannot reach '%s': %s", h->host, why);
	return gp_fail(GP_BROKEN, "cannot read the answer of '%s': broken off after %zu bytes: %s",
	               h->host, h->got, why);
}

void gp_http_finish(struct gp_http *h)
{
	/* what is no HTTP comes as an error and not as bytes */
	bool connected = h->answer.bytes || h->got || h->result == CURLE_UNSUPPORTED_PROTOCOL ||
	                 h->result == CURLE_WEIRD_SERVER_REPLY;

	stop_timers(h);
	h->telling = true;
	h->ev.done(h->ctx, explain(h, connected), &h->answer.a, connected);
	gp_http_take_apart(h);
}

static size_t end_with(struct gp_http *h, int code)
{
	h->code = code;
	return CURL_WRITEFUNC_ERROR;
}

static time_t date(const char *text)
{
	return gp_curl.curl_getdate(text, NULL);
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct gp_http *h = ctx;
	int e = 0;

	(void)size;
	h->last = gp_now_ms();
	if (h->dead)
		return CURL_WRITEFUNC_ERROR;
	if (h->answer.bytes + n > HEADERS_MAX)
		return end_with(h, gp_fail(GP_LIMIT,
		                           "cannot read the answer of '%s': more than %d bytes of "
		                           "headers",
		                           h->host, HEADERS_MAX));
	if (gp_answer_line(&h->answer, (struct gp_slice){p, n}, date) && h->ev.head)
		e = h->ev.head(h->ctx, &h->answer.a);
	return e ? end_with(h, e) : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct gp_http *h = ctx;
	int e;

	(void)size;
	h->last = gp_now_ms();
	if (h->dead)
		return CURL_WRITEFUNC_ERROR;
	if (n > h->max - h->got)
		return end_with(h, gp_fail(GP_LIMIT,
		                           "cannot read the answer of '%s': more than %zu bytes",
		                           h->host, h->max));
	e = h->ev.body(h->ctx, (struct gp_slice){p, n});
	if (e == GP_HTTP_LATER)
		return CURL_WRITEFUNC_PAUSE;
	h->got += n;
	return e ? end_with(h, e) : n;
}

static size_t on_more(char *p, size_t size, size_t n, void *ctx)
{
	struct gp_http *h = ctx;
	long given;

	if (h->dead)
		return CURL_READFUNC_ABORT;
	given = h->answer.a.status ? h->ev.more(h->ctx, p, size * n) : GP_HTTP_LATER;
	return given == GP_HTTP_LATER ? CURL_READFUNC_PAUSE : (size_t)given;
}

static int on_total(void *ctx)
{
	struct gp_http *h = ctx;

	h->code = gp_fail(GP_TIMEOUT, "cannot read the answer of '%s': not whole in time", h->host);
	gp_http_finish(h);
	return 0;
}

/* Set again only when it fires, not at every byte. */
static int on_idle(void *ctx)
{
	struct gp_http *h = ctx;
	long left = (long)(h->last + h->idle_ms - gp_now_ms());

	if (left > 0) {
		h->idle = gp_loop_after(h->hub->l, left, on_idle, h);
		return 0;
	}
	h->code = gp_fail(GP_TIMEOUT, "cannot read the answer of '%s': silence for %ld ms", h->host,
	                  h->idle_ms);
	gp_http_finish(h);
	return 0;
}

#define SET(h, option, value)                                                                      \
	((h)->refused |= gp_curl.curl_easy_setopt((h)->easy, option, value) != CURLE_OK)

static void set_method(struct gp_http *h, const struct gp_http_request *r)
{
	const char *method = r->method ? r->method : r->body.n ? "POST" : "GET";
	bool sends = r->body.n || gp_starts(method, "P");

	if (r->talks) {
		SET(h, CURLOPT_POST, 1L);
		SET(h, CURLOPT_READFUNCTION, on_more);
		SET(h, CURLOPT_READDATA, h);
	} else if (sends) {
		SET(h, CURLOPT_POST, 1L);
		SET(h, CURLOPT_POSTFIELDS, r->body.n ? r->body.p : "");
		SET(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	}
	if (strcmp(method, "HEAD") == 0)
		SET(h, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, sends ? "POST" : "GET") != 0)
		SET(h, CURLOPT_CUSTOMREQUEST, method);
}

static int set_headers(struct gp_http *h, const struct gp_http_request *r)
{
	/* waiting for a 100 costs a second where servers do not know it */
	static const char *const ours[] = {"Accept-Encoding: identity", "Expect:", NULL};

	for (const char *const *v = r->headers; v && *v; v++)
		if (!gp_header_valid(*v))
			return gp_fail(GP_INVALID, "cannot send a malformed header to '%s'",
			               h->host);
	/* chunks would be taken for what is said */
	if (r->talks)
		h->headers = gp_curl.curl_slist_append(h->headers, "Transfer-Encoding:");
	for (int i = 0; i < 2; i++)
		for (const char *const *v = i ? r->headers : ours; v && *v; v++)
			h->headers = gp_curl.curl_slist_append(h->headers, *v);
	SET(h, CURLOPT_HTTPHEADER, h->headers);
	return 0;
}

static void set_rules(struct gp_http *h)
{
	SET(h, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(h, CURLOPT_FOLLOWLOCATION, 0L);
	SET(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(h, CURLOPT_NOSIGNAL, 1L);
	/* a resolver that hangs must not hold up the end */
	SET(h, CURLOPT_QUICK_EXIT, 1L);
	SET(h, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(h, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
	SET(h, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S);
	SET(h, CURLOPT_USERAGENT, "git-preview/" GP_VERSION);
	SET(h, CURLOPT_ERRORBUFFER, h->reason);
	SET(h, CURLOPT_PRIVATE, h);
	SET(h, CURLOPT_HEADERFUNCTION, on_header);
	SET(h, CURLOPT_HEADERDATA, h);
	SET(h, CURLOPT_WRITEFUNCTION, on_body);
	SET(h, CURLOPT_WRITEDATA, h);
}

static void set_way(struct gp_http *h, const struct gp_http_request *r)
{
	if (r->unix_socket)
		SET(h, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
	if (r->ca)
		SET(h, CURLOPT_CAINFO, r->ca);
	if (r->cert)
		SET(h, CURLOPT_SSLCERT, r->cert);
	if (r->key)
		SET(h, CURLOPT_SSLKEY, r->key);
}

static int set_up(struct gp_http *h, const struct gp_http_request *r, bool direct)
{
	int e = set_headers(h, r);

	if (e)
		return e;
	set_rules(h);
	set_method(h, r);
	SET(h, CURLOPT_URL, r->url);
	SET(h, CURLOPT_CONNECTTIMEOUT_MS, h->connect_ms);
	set_way(h, r);
	if (direct)
		SET(h, CURLOPT_PROXY, "");
	return h->refused ? gp_fail(GP_FAILED, "cannot set up the request to '%s'", h->host) : 0;
}

int gp_http_start(struct gp_http **out, struct gp_loop *l, const struct gp_http_request *r,
                  const struct gp_http_events *ev, void *ctx)
{
	__attribute__((cleanup(gp_http_target_clear))) struct gp_http_target t = {0};
	struct gp_http_hub *u;
	struct gp_http *h;
	int e = gp_http_load();

	if (!e)
		e = gp_http_inspect(&t, r->url);
	if (e)
		return e;
	u = gp_http_hub_of(l);
	if (!u)
		return gp_fail(GP_FAILED, "cannot start libcurl");
	h = gp_alloc(sizeof(*h));
	*h = (struct gp_http){.hub = u,
	                      .ev = *ev,
	                      .ctx = ctx,
	                      .host = gp_strdup(t.host),
	                      .max = r->max_body ? r->max_body : BODY_MAX,
	                      .connect_ms = r->connect_ms > 0 ? r->connect_ms : CONNECT_MS,
	                      .idle_ms = r->idle_ms > 0 ? r->idle_ms : IDLE_MS,
	                      .last = gp_now_ms()};
	gp_answer_begin(&h->answer);
	h->easy = gp_edge("curl") ? NULL : gp_curl.curl_easy_init();
	e = h->easy ? set_up(h, r, t.loopback || r->unix_socket)
	            : gp_fail(GP_FAILED, "cannot start a request to '%s'", h->host);
	if (e) {
		gp_http_take_apart(h);
		return e;
	}
	h->next = u->first;
	u->first = h;
	h->idle = gp_loop_after(l, h->idle_ms, on_idle, h);
	if (r->total_ms > 0)
		h->total = gp_loop_after(l, r->total_ms, on_total, h);
	*out = h;
	return 0;
}

void gp_http_resume(struct gp_http *h)
{
	if (!h->added || h->ended || h->dead)
		return;
	/* it may call us at once */
	h->hub->inside = true;
	gp_curl.curl_easy_pause(h->easy, CURLPAUSE_CONT);
	h->hub->inside = false;
}

void gp_http_abandon(struct gp_http **http)
{
	struct gp_http *h = *http;

	*http = NULL;
	if (!h || h->telling)
		return;
	stop_timers(h);
	h->dead = h->hub->inside;
	if (!h->hub->inside)
		gp_http_take_apart(h);
}
