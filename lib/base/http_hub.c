#include <errno.h>

#include "lib/base/http_in.h"

enum { NAP_MS = 3600000 };

/* libcurl's own form is the same but has no place for POLLHUP, so the second poll tells. */
static int hub_poll(void *ctx, struct pollfd *fds, size_t n, int ms)
{
	_Static_assert(sizeof(*fds) == sizeof(struct curl_waitfd) && POLLIN == CURL_WAIT_POLLIN &&
	                       POLLOUT == CURL_WAIT_POLLOUT,
	               "a pollfd serves as a waitfd");
	struct gp_http_hub *u = ctx;

	for (struct gp_http *h = u->first; h; h = h->next)
		if (!h->added) {
			h->added = gp_curl.curl_multi_add_handle(u->multi, h->easy) == CURLM_OK;
			h->ended = !h->added;
			h->result = CURLE_FAILED_INIT;
			ms = 0;
		}
	if (gp_curl.curl_multi_poll(u->multi, (struct curl_waitfd *)(void *)fds, (unsigned)n,
	                            ms < 0 ? NAP_MS : ms, NULL) != CURLM_OK) {
		errno = EIO;
		return -1;
	}
	return poll(fds, n, 0);
}

static struct gp_http *next_to_settle(struct gp_http_hub *u)
{
	struct gp_http *h = u->first;

	while (h && !h->ended && !h->dead)
		h = h->next;
	return h;
}

static int hub_turn(void *ctx)
{
	struct gp_http_hub *u = ctx;
	struct gp_http *h;
	CURLMcode m;
	CURLMsg *msg;
	int left;

	u->inside = true;
	m = gp_curl.curl_multi_perform(u->multi, &left);
	u->inside = false;
	while ((msg = gp_curl.curl_multi_info_read(u->multi, &left)) != NULL) {
		gp_curl.curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);
		h->ended = true;
		h->result = msg->data.result;
	}
	/* from the start each time: done may start and abandon others */
	while ((h = next_to_settle(u)) != NULL) {
		if (h->dead)
			gp_http_take_apart(h);
		else
			gp_http_finish(h);
	}
	return m == CURLM_OK
	               ? 0
	               : gp_fail(GP_FAILED, "cannot go on: %s", gp_curl.curl_multi_strerror(m));
}

static bool hub_busy(void *ctx)
{
	return ((struct gp_http_hub *)ctx)->first != NULL;
}

static void hub_free(void *ctx)
{
	struct gp_http_hub *u = ctx;

	while (u->first) {
		if (u->first->ev.dropped)
			u->first->ev.dropped(u->first->ctx);
		gp_http_take_apart(u->first);
	}
	gp_curl.curl_multi_cleanup(u->multi);
	gp_free(u);
}

struct gp_http_hub *gp_http_hub_of(struct gp_loop *l)
{
	static bool begun;
	struct gp_poller p = {hub_poll, hub_turn, hub_busy, hub_free, NULL};
	struct gp_http_hub *u = gp_loop_poller_ctx(l);

	if (u)
		return u;
	begun = begun || gp_curl.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	u = gp_alloc(sizeof(*u));
	u->l = l;
	u->multi = begun ? gp_curl.curl_multi_init() : NULL;
	if (!u->multi) {
		gp_free(u);
		return NULL;
	}
	p.ctx = u;
	gp_loop_set_poller(l, &p);
	return u;
}
