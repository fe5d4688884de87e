#include "lib/base/http.h"

#include <errno.h>
#include <string.h>

/* its macros know the functions by name, not through a table */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "lib/base/answer.h"
#include "lib/base/late.h"

enum {
	CONNECT_MS = 10000,
	IDLE_MS = 300000,
	BODY_MAX = 64 << 20,
	HEADERS_MAX = 256 << 10,
	NAP_MS = 3600000,
	KEEPALIVE_S = 30,
};

/* clang-format off */
#define GP_CURL(X) \
	X(curl_global_init) X(curl_easy_init) X(curl_easy_setopt) X(curl_easy_getinfo) \
	X(curl_easy_strerror) X(curl_easy_cleanup) X(curl_multi_init) X(curl_multi_add_handle) \
	X(curl_multi_remove_handle) X(curl_multi_perform) X(curl_multi_poll) \
	X(curl_multi_info_read) X(curl_multi_strerror) X(curl_multi_cleanup) \
	X(curl_slist_append) X(curl_slist_free_all) X(curl_getdate) X(curl_url) X(curl_url_set) \
	X(curl_url_get) X(curl_url_cleanup) X(curl_free)
/* clang-format on */
#define FIELD(f) __typeof__(f) *f;
#define NAME(f) #f,

static struct {
	GP_CURL(FIELD)
} lib;

static int bind_curl(void)
{
	static const char *const names[] = {GP_CURL(NAME)};
	static bool bound;
	int e;

	_Static_assert(sizeof(lib) == sizeof(names), "one name a function");
	if (bound)
		return 0;
	e = gp_late_bind((void **)&lib, GP_LIBCURL_SO, names, GP_COUNT(names));
	bound = !e;
	return e;
}

/* All exchanges of one loop; the loop's poller. */
struct hub {
	struct gp_loop *l;
	CURLM *multi;
	struct gp_http *first;
	bool inside; /* libcurl is calling us, and takes no changes of its handles meanwhile */
};

struct gp_http {
	struct gp_http *next;
	struct hub *hub;
	CURL *easy;
	struct curl_slist *headers;
	struct gp_http_events ev;
	void *ctx;
	struct gp_answer answer;
	char *host;
	char reason[CURL_ERROR_SIZE];
	size_t got, max;
	long connect_ms, idle_ms;
	long long last;  /* when a byte came */
	int idle, total; /* timers */
	int code;        /* why we ended it */
	CURLcode result; /* why libcurl did */
	bool refused;    /* an option was not taken */
	bool added, ended, dead, telling;
};

struct target {
	char *host;
	bool https, loopback;
};

static void target_clear(struct target *t)
{
	gp_str_clear(&t->host);
}

static void url_clear(CURLU **u)
{
	lib.curl_url_cleanup(*u);
}

/* NULL when there is no such part. */
static char *url_part(CURLU *u, CURLUPart what)
{
	char *text = NULL, *copy = NULL;

	if (lib.curl_url_get(u, what, &text, 0) == CURLUE_OK && text)
		copy = gp_strdup(text);
	lib.curl_free(text);
	return copy;
}

/* Read by the parser the transfer will use, so that both see the same host. A URL with a user or
 * a password is refused: it would stand in every message. */
static int inspect(struct target *out, const char *url)
{
	__attribute__((cleanup(url_clear))) CURLU *u = lib.curl_url();
	gp_auto_str char *scheme = NULL;
	gp_auto_str char *user = NULL;
	gp_auto_str char *password = NULL;

	if (lib.curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		return gp_fail(GP_INVALID, "cannot use the URL: malformed");
	scheme = url_part(u, CURLUPART_SCHEME);
	user = url_part(u, CURLUPART_USER);
	password = url_part(u, CURLUPART_PASSWORD);
	out->host = url_part(u, CURLUPART_HOST);
	if (!out->host || !*out->host)
		return gp_fail(GP_INVALID, "cannot use the URL: no host");
	if (user || password)
		return gp_fail(GP_INVALID, "cannot use the URL of '%s': a user or password in it",
		               out->host);
	out->https = scheme && strcmp(scheme, "https") == 0;
	if (!out->https && !(scheme && strcmp(scheme, "http") == 0))
		return gp_fail(GP_INVALID, "cannot use the URL of '%s': neither http nor https",
		               out->host);
	out->loopback = gp_host_loopback(out->host);
	return 0;
}

int gp_http_load(void)
{
	return bind_curl();
}

bool gp_http_url_private(const char *url)
{
	__attribute__((cleanup(target_clear))) struct target t = {0};

	/* the usual ones need no libcurl, which takes 4 MB and 3 ms */
	return url && (gp_url_plainly_private(url) ||
	               (bind_curl() == 0 && inspect(&t, url) == 0 && (t.https || t.loopback)));
}

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
	lib.curl_slist_free_all(headers);
}

static void stop_timers(struct gp_http *h)
{
	gp_loop_cancel(h->hub->l, h->idle);
	gp_loop_cancel(h->hub->l, h->total);
	h->idle = h->total = 0;
}

static void take_apart(struct gp_http *h)
{
	unlink_http(h);
	if (h->added)
		lib.curl_multi_remove_handle(h->hub->multi, h->easy);
	lib.curl_easy_cleanup(h->easy);
	wipe(h->headers);
	gp_free(h->host);
	gp_free(h);
}

/* Our own reason goes first: libcurl knows only that a callback of ours said no. */
static int explain(struct gp_http *h, bool connected)
{
	const char *why = h->reason[0] ? h->reason : lib.curl_easy_strerror(h->result);

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

static void finish(struct gp_http *h)
{
	/* what is no HTTP comes as an error and not as bytes */
	bool connected = h->answer.bytes || h->got || h->result == CURLE_UNSUPPORTED_PROTOCOL ||
	                 h->result == CURLE_WEIRD_SERVER_REPLY;

	stop_timers(h);
	h->telling = true;
	h->ev.done(h->ctx, explain(h, connected), &h->answer.a, connected);
	take_apart(h);
}

static size_t end_with(struct gp_http *h, int code)
{
	h->code = code;
	return CURL_WRITEFUNC_ERROR;
}

static time_t date(const char *text)
{
	return lib.curl_getdate(text, NULL);
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
	h->got += n;
	e = h->ev.body(h->ctx, (struct gp_slice){p, n});
	return e ? end_with(h, e) : n;
}

static int on_total(void *ctx)
{
	struct gp_http *h = ctx;

	h->code = gp_fail(GP_TIMEOUT, "cannot read the answer of '%s': not whole in time", h->host);
	finish(h);
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
	finish(h);
	return 0;
}

/* libcurl's own form is the same but has no place for POLLHUP, so the second poll tells. */
static int hub_poll(void *ctx, struct pollfd *fds, size_t n, int ms)
{
	_Static_assert(sizeof(*fds) == sizeof(struct curl_waitfd) && POLLIN == CURL_WAIT_POLLIN &&
	                       POLLOUT == CURL_WAIT_POLLOUT,
	               "a pollfd serves as a waitfd");
	struct hub *u = ctx;

	for (struct gp_http *h = u->first; h; h = h->next)
		if (!h->added) {
			h->added = lib.curl_multi_add_handle(u->multi, h->easy) == CURLM_OK;
			h->ended = !h->added;
			h->result = CURLE_FAILED_INIT;
			ms = 0;
		}
	if (lib.curl_multi_poll(u->multi, (struct curl_waitfd *)(void *)fds, (unsigned)n,
	                        ms < 0 ? NAP_MS : ms, NULL) != CURLM_OK) {
		errno = EIO;
		return -1;
	}
	return poll(fds, n, 0);
}

static struct gp_http *next_to_settle(struct hub *u)
{
	struct gp_http *h = u->first;

	while (h && !h->ended && !h->dead)
		h = h->next;
	return h;
}

static int hub_turn(void *ctx)
{
	struct hub *u = ctx;
	struct gp_http *h;
	CURLMcode m;
	CURLMsg *msg;
	int left;

	u->inside = true;
	m = lib.curl_multi_perform(u->multi, &left);
	u->inside = false;
	while ((msg = lib.curl_multi_info_read(u->multi, &left)) != NULL) {
		lib.curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);
		h->ended = true;
		h->result = msg->data.result;
	}
	/* from the start each time: done may start and abandon others */
	while ((h = next_to_settle(u)) != NULL) {
		if (h->dead)
			take_apart(h);
		else
			finish(h);
	}
	return m == CURLM_OK ? 0
	                     : gp_fail(GP_FAILED, "cannot go on: %s", lib.curl_multi_strerror(m));
}

static bool hub_busy(void *ctx)
{
	return ((struct hub *)ctx)->first != NULL;
}

static void hub_free(void *ctx)
{
	struct hub *u = ctx;

	while (u->first)
		take_apart(u->first);
	lib.curl_multi_cleanup(u->multi);
	gp_free(u);
}

/* NULL when libcurl will not start. */
static struct hub *hub_of(struct gp_loop *l)
{
	static bool begun;
	struct gp_poller p = {hub_poll, hub_turn, hub_busy, hub_free, NULL};
	struct hub *u = gp_loop_poller_ctx(l);

	if (u)
		return u;
	begun = begun || lib.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	u = gp_alloc(sizeof(*u));
	u->l = l;
	u->multi = begun ? lib.curl_multi_init() : NULL;
	if (!u->multi) {
		gp_free(u);
		return NULL;
	}
	p.ctx = u;
	gp_loop_set_poller(l, &p);
	return u;
}

#define SET(h, option, value)                                                                      \
	((h)->refused |= lib.curl_easy_setopt((h)->easy, option, value) != CURLE_OK)

static void set_method(struct gp_http *h, const struct gp_http_request *r)
{
	const char *method = r->method ? r->method : r->body.n ? "POST" : "GET";
	bool sends = r->body.n || gp_starts(method, "P");

	if (sends) {
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
	for (int i = 0; i < 2; i++)
		for (const char *const *v = i ? r->headers : ours; v && *v; v++)
			h->headers = lib.curl_slist_append(h->headers, *v);
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

static int set_up(struct gp_http *h, const struct gp_http_request *r, bool direct)
{
	int e = set_headers(h, r);

	if (e)
		return e;
	set_rules(h);
	set_method(h, r);
	SET(h, CURLOPT_URL, r->url);
	SET(h, CURLOPT_CONNECTTIMEOUT_MS, h->connect_ms);
	if (r->unix_socket)
		SET(h, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
	if (direct)
		SET(h, CURLOPT_PROXY, "");
	return h->refused ? gp_fail(GP_FAILED, "cannot set up the request to '%s'", h->host) : 0;
}

int gp_http_start(struct gp_http **out, struct gp_loop *l, const struct gp_http_request *r,
                  const struct gp_http_events *ev, void *ctx)
{
	__attribute__((cleanup(target_clear))) struct target t = {0};
	struct hub *u;
	struct gp_http *h;
	int e = bind_curl();

	if (!e)
		e = inspect(&t, r->url);
	if (e)
		return e;
	u = hub_of(l);
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
	h->easy = gp_edge("curl") ? NULL : lib.curl_easy_init();
	e = h->easy ? set_up(h, r, t.loopback || r->unix_socket)
	            : gp_fail(GP_FAILED, "cannot start a request to '%s'", h->host);
	if (e) {
		take_apart(h);
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

void gp_http_abandon(struct gp_http **http)
{
	struct gp_http *h = *http;

	*http = NULL;
	if (!h || h->telling)
		return;
	stop_timers(h);
	h->dead = h->hub->inside;
	if (!h->hub->inside)
		take_apart(h);
}
