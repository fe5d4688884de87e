/*
 * http_in.h - what the files of http share: libcurl's functions, and the state of an exchange.
 */
#ifndef GP_HTTP_IN_H
#define GP_HTTP_IN_H

/* its macros know the functions by name, not through a table */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "lib/base/answer.h"
#include "lib/base/http.h"

/* clang-format off */
#define GP_CURL(X) \
	X(curl_global_init) X(curl_easy_init) X(curl_easy_setopt) X(curl_easy_getinfo) \
	X(curl_easy_pause) X(curl_easy_strerror) X(curl_easy_cleanup) X(curl_multi_init) X(curl_multi_add_handle) \
	X(curl_multi_remove_handle) X(curl_multi_perform) X(curl_multi_poll) \
	X(curl_multi_info_read) X(curl_multi_strerror) X(curl_multi_cleanup) \
	X(curl_slist_append) X(curl_slist_free_all) X(curl_getdate) X(curl_url) X(curl_url_set) \
	X(curl_url_get) X(curl_url_cleanup) X(curl_free)
/* clang-format on */
#define GP_CURL_FIELD(f) __typeof__(f) *f;

/* Filled by gp_http_load. */
extern struct gp_curl {
	GP_CURL(GP_CURL_FIELD)
} gp_curl;

/* All exchanges of one loop; the loop's poller. */
struct gp_http_hub {
	struct gp_loop *l;
	CURLM *multi;
	struct gp_http *first;
	bool inside; /* libcurl is calling us, and takes no changes of its handles meanwhile */
};

struct gp_http {
	struct gp_http *next;
	struct gp_http_hub *hub;
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

struct gp_http_target {
	char *host;
	bool https, loopback;
};

/* Reads url by the parser the transfer will use, so that both see the same host. A URL with a user
 * or a password is refused: it would stand in every message. After gp_http_load. 0 or
 * GP_INVALID; out is to be cleared either way. */
int gp_http_inspect(struct gp_http_target *out, const char *url);
void gp_http_target_clear(struct gp_http_target *t);

/* The hub of l, made when there is none; it belongs to l. NULL when libcurl will not start. */
struct gp_http_hub *gp_http_hub_of(struct gp_loop *l);

/* Tells the owner that h has ended, and frees it. */
void gp_http_finish(struct gp_http *h);
/* Frees h without telling. Not while libcurl is calling us (hub->inside). */
void gp_http_take_apart(struct gp_http *h);

#endif
