/*
 * http.h - one HTTP exchange on the loop, its body handed over as it comes (libcurl, late bound).
 *
 * No retries here: only the caller knows whether part of an answer was acted on. No redirects are
 * followed (a key must not travel). TLS is verified. Proxies as libcurl reads them from the
 * environment, except that loopback never goes through one. Accept-Encoding is identity, so that
 * no proxy holds back events to compress them (facts: SSE behind gzip). The one thing that is sent
 * twice is a request on a kept connection which turns out to have been closed before any byte of
 * an answer: libcurl does so by itself.
 */
#ifndef GP_HTTP_H
#define GP_HTTP_H

#include "lib/base/buf.h"
#include "lib/base/loop.h"

struct gp_http_request {
	const char *method; /* NULL: POST when there is a body, else GET */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated, copied, wiped after; values
	                               never logged. Say the content type of a body here */
	struct gp_slice body;       /* borrowed until done */
	bool talks; /* body is what gp_http_events.more gives, unframed and without end, to one who
	               takes the connection over; not before head */
	const char *unix_socket;     /* NULL: TCP */
	const char *ca, *cert, *key; /* PEM files for TLS: who may answer, and who we are; NULL:
	                                as the system has it, nobody */
	long connect_ms;             /* 0: 10 s */
	long idle_ms;                /* no byte for so long ends it with GP_TIMEOUT; 0: 300 s */
	long total_ms;               /* 0: none */
	size_t max_body;             /* 0: 64 MiB; beyond: GP_LIMIT */
};

struct gp_http_answer {
	int status;          /* 0 until the headers are there */
	char type[64];       /* content type, lower case, without parameters; "" when absent */
	long retry_after_ms; /* retry-after-ms or retry-after (seconds or date); -1 when absent,
	                        absurd  (negative, over an hour) or unreadable */
	int should_retry;    /* x-should-retry: 1 true, 0 false, -1 absent */
	char etag[128]; /* as it came, with its quotes; "" when absent, or too long to be sent back
	                 */
	long long limit_left, limit_reset_s; /* calls left, and when (seconds since the epoch) there
	                                        are more: x-ratelimit-remaining and -reset, also
	                                        without the x-; -1 when absent */
	long poll_ms;                        /* x-poll-interval; -1 when absent or absurd */
	char request_id[128]; /* x-request-id, request-id or x-generation-id; made printable */
};

struct gp_http_events {
	/* All headers are there (1xx answers do not count). Non-zero ends the exchange with that
	 * code. May be NULL. */
	int (*head)(void *ctx, const struct gp_http_answer *a);
	/* Bytes of the body. Non-zero ends the exchange with that code, but for GP_HTTP_LATER: the
	 * same bytes and no others come again after gp_http_resume. */
	int (*body)(void *ctx, struct gp_slice bytes);
	/* Fills to with the next bytes of a request that talks: how many, 0 for the end, or
	 * GP_HTTP_LATER: asked again after gp_http_resume. */
	long (*more)(void *ctx, char *to, size_t max);
	/* Called once, last; a stays valid during the call. code: 0 (whole body received, whatever
	 * the status), GP_TIMEOUT, GP_BROKEN (connect, TLS, reset, short body: gp_message says
	 * which), GP_LIMIT, or what head or body returned. connected tells whether any byte came
	 * back. */
	void (*done)(void *ctx, int code, const struct gp_http_answer *a, bool connected);
	/* Instead of done when the loop is freed before the end. May be NULL. */
	void (*dropped)(void *ctx);
};

enum { GP_HTTP_LATER = -1000 };

struct gp_http;

/* Loads libcurl and what it needs, which the first exchange does otherwise: for who has to wait for
 * something else anyway. 0 or GP_NOTFOUND. */
int gp_http_load(void);

/* Starts the exchange. 0 (done will be called from the loop, never from here) or GP_FAILED,
 * GP_INVALID (url, or a user or password in it; a malformed header, or a control character in
 * one), GP_NOTFOUND (libcurl missing). */
int gp_http_start(struct gp_http **out, struct gp_loop *l, const struct gp_http_request *r,
                  const struct gp_http_events *ev, void *ctx);
/* Ends it at once without calling done, and frees; NULL is allowed. May be called from any
 * callback, also its own (in done it has no effect). Before the loop is freed: that ends and frees
 * what is still under way. */
void gp_http_abandon(struct gp_http **h);

/* Goes on with what was put off; not from within head, body and more. */
void gp_http_resume(struct gp_http *h);

/* 1 when url is https, or http to loopback (127/8, ::1, localhost): where a key may be sent. 0 when
 * it is not, as for what gp_http_start refuses. GP_NOTFOUND when it takes libcurl to tell and that
 * is missing. */
int gp_http_url_private(const char *url);

#endif
