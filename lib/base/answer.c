#include "lib/base/answer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ABSURD_MS = 3600000 };

void gp_answer_begin(struct gp_answer *s)
{
	s->a = (struct gp_http_answer){.retry_after_ms = -1,
	                               .should_retry = -1,
	                               .limit_left = -1,
	                               .limit_reset_s = -1,
	                               .poll_ms = -1};
	s->exact = false;
}

static bool named(struct gp_slice s, const char *name)
{
	return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

/* The first of several wins; a type too long to be one is none. */
static void take_type(struct gp_http_answer *a, struct gp_slice v)
{
	const char *semicolon = v.n ? memchr(v.p, ';', v.n) : NULL;

	if (semicolon)
		v.n = (size_t)(semicolon - v.p);
	v = gp_trim(v);
	if (a->type[0] || v.n >= sizeof(a->type))
		return;
	for (size_t i = 0; i < v.n; i++)
		a->type[i] = (char)tolower((unsigned char)v.p[i]);
}

static void take_id(struct gp_http_answer *a, struct gp_slice v)
{
	if (a->request_id[0])
		return;
	for (size_t i = 0; i < v.n && i < sizeof(a->request_id) - 1; i++)
		a->request_id[i] = v.p[i] > ' ' && v.p[i] < 0x7f ? v.p[i] : '?';
}

/* One that was cut or changed would never match. */
static void take_etag(struct gp_http_answer *a, struct gp_slice v)
{
	if (v.n >= sizeof(a->etag))
		return;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f)
			return;
	memcpy(a->etag, v.p, v.n);
	a->etag[v.n] = 0;
}

/* Plain decimals only: strtod takes "inf", "nan" and hexadecimal too. */
static bool decimal(const char *text, double *out)
{
	size_t n = strspn(text, "0123456789.");
	char *end;

	if (n == 0 || text[n] || n > 15)
		return false;
	*out = strtod(text, &end);
	return *end == 0;
}

static long sane(double ms)
{
	return ms >= 0 && ms <= ABSURD_MS ? (long)ms : -1;
}

static void take_retry(struct gp_answer *s, struct gp_slice v, double unit_ms,
                       time_t (*date)(const char *text))
{
	gp_auto_str char *text = gp_strndup(v.p, v.n);
	long ms = -1;
	time_t when;
	double d;

	if (decimal(text, &d)) {
		ms = sane(d * unit_ms);
	} else if (date && v.n && isalpha((unsigned char)text[0])) {
		when = date(text);
		ms = when < 0 ? -1 : sane(((double)when - (double)gp_wall_s()) * 1000);
	}
	if (ms >= 0 && (!date || !s->exact))
		s->a.retry_after_ms = ms;
	s->exact = s->exact || (ms >= 0 && !date);
}

static long long whole(struct gp_slice v)
{
	gp_auto_str char *text = gp_strndup(v.p, v.n);
	double d;

	return decimal(text, &d) ? (long long)d : -1;
}

static void take_limit(struct gp_http_answer *a, struct gp_slice name, struct gp_slice v)
{
	if (name.n > 2 && strncasecmp(name.p, "x-", 2) == 0)
		name = (struct gp_slice){name.p + 2, name.n - 2};
	if (named(name, "ratelimit-remaining"))
		a->limit_left = whole(v);
	else if (named(name, "ratelimit-reset"))
		a->limit_reset_s = whole(v);
	else if (named(name, "poll-interval"))
		a->poll_ms = whole(v) < 0 ? -1 : sane((double)whole(v) * 1000);
}

static void take_header(struct gp_answer *s, struct gp_slice name, struct gp_slice v,
                        time_t (*date)(const char *text))
{
	if (named(name, "content-type"))
		take_type(&s->a, v);
	else if (named(name, "retry-after-ms"))
		take_retry(s, v, 1, NULL);
	else if (named(name, "retry-after"))
		take_retry(s, v, 1000, date);
	else if (named(name, "x-should-retry"))
		s->a.should_retry = named(v, "true") ? 1 : named(v, "false") ? 0 : -1;
	else if (named(name, "x-request-id") || named(name, "request-id") ||
	         named(name, "x-generation-id"))
		take_id(&s->a, v);
	else if (named(name, "etag"))
		take_etag(&s->a, v);
	else
		take_limit(&s->a, name, v);
}

static int status_of(struct gp_slice line)
{
	const char *p = memchr(line.p, ' ', line.n);
	size_t n = p ? line.n - (size_t)(++p - line.p) : 0;
	int status = 0;

	if (n < 3 || (n > 3 && p[3] != ' '))
		return 0;
	for (int i = 0; i < 3; i++) {
		if (!isdigit((unsigned char)p[i]))
			return 0;
		status = 10 * status + (p[i] - '0');
	}
	return status;
}

bool gp_answer_line(struct gp_answer *s, struct gp_slice line, time_t (*date)(const char *text))
{
	const char *colon;
	size_t n;

	s->bytes += line.n;
	line = gp_trim(line);
	if (s->whole)
		return false;
	if (line.n == 0) {
		s->whole = s->a.status >= 200;
		return s->whole;
	}
	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		gp_answer_begin(s);
		s->a.status = status_of(line);
		return false;
	}
	colon = memchr(line.p, ':', line.n);
	if (!colon)
		return false;
	n = (size_t)(colon - line.p);
	take_header(s, (struct gp_slice){line.p, n},
	            gp_trim((struct gp_slice){colon + 1, line.n - n - 1}), date);
	return false;
}

bool gp_header_valid(const char *line)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strspn(line, token);

	if (n == 0 || line[n] != ':')
		return false;
	for (const unsigned char *p = (const unsigned char *)line; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

bool gp_host_loopback(const char *host)
{
	gp_auto_str char *bare = gp_strdup(host + (*host == '['));
	struct in6_addr six;
	struct in_addr four;

	if (*host == '[' && gp_ends(bare, "]"))
		bare[strlen(bare) - 1] = 0;
	if (inet_pton(AF_INET, bare, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, bare, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	/* libcurl answers this name itself and asks no resolver */
	return strcasecmp(host, "localhost") == 0;
}

/* The length of a host name or address that reads the same to everybody; 0 for any other. */
static size_t plain_host(const char *p)
{
	if (gp_starts(p, "[::1]"))
		return 5;
	return strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789.-");
}

bool gp_url_plainly_private(const char *url)
{
	bool secure = gp_starts(url, "https://");
	const char *at;
	gp_auto_str char *host = NULL;
	size_t n, digits;

	if (!secure && !gp_starts(url, "http://"))
		return false;
	at = url + (secure ? 8 : 7);
	n = plain_host(at);
	if (n == 0)
		return false;
	host = gp_strndup(at, n);
	at += n;
	if (*at == ':') {
		digits = strspn(at + 1, "0123456789");
		/* of five digits not every number is a port */
		if (digits < 1 || digits > 4 + (at[1] < '6'))
			return false;
		at += 1 + digits;
	}
	if (at[strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~-")] ||
	    (*at && *at != '/'))
		return false;
	return secure || gp_host_loopback(host);
}
