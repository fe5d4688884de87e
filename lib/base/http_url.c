#include <string.h>

#include "lib/base/http_in.h"
#include "lib/base/late.h"

#define NAME(f) #f,

struct gp_curl gp_curl;

int gp_http_load(void)
{
	static const char *const names[] = {GP_CURL(NAME)};
	static bool bound;
	int e;

	_Static_assert(sizeof(gp_curl) == sizeof(names), "one name a function");
	if (bound)
		return 0;
	e = gp_late_bind((void **)&gp_curl, GP_LIBCURL_SO, names, GP_COUNT(names));
	bound = !e;
	return e;
}

void gp_http_target_clear(struct gp_http_target *t)
{
	gp_str_clear(&t->host);
}

static void url_clear(CURLU **u)
{
	gp_curl.curl_url_cleanup(*u);
}

/* NULL when there is no such part. */
static char *url_part(CURLU *u, CURLUPart what)
{
	char *text = NULL, *copy = NULL;

	if (gp_curl.curl_url_get(u, what, &text, 0) == CURLUE_OK && text)
		copy = gp_strdup(text);
	gp_curl.curl_free(text);
	return copy;
}

int gp_http_inspect(struct gp_http_target *out, const char *url)
{
	__attribute__((cleanup(url_clear))) CURLU *u = gp_curl.curl_url();
	gp_auto_str char *scheme = NULL;
	gp_auto_str char *user = NULL;
	gp_auto_str char *password = NULL;

	if (gp_curl.curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
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

int gp_http_url_private(const char *url)
{
	__attribute__((cleanup(gp_http_target_clear))) struct gp_http_target t = {0};
	int e;

	/* the usual ones need no libcurl, which takes 4 MB and 3 ms */
	if (!url || gp_url_plainly_private(url))
		return url != NULL;
	e = gp_http_load();
	return e ? e : gp_http_inspect(&t, url) == 0 && (t.https || t.loopback);
}
