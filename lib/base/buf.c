#include "lib/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t limit(const struct gp_buf *b)
{
	return b->max ? b->max : GP_BUF_MAX;
}

char *gp_buf_room(struct gp_buf *b, size_t n)
{
	size_t want;

	if (n > limit(b) || b->n > limit(b) - n)
		return NULL;
	want = b->n + n + 1;
	if (want > b->cap) {
		b->cap = want < 64 ? 64 : want + want / 2;
		b->p = gp_realloc(b->p, b->cap);
	}
	return b->p + b->n;
}

int gp_buf_add(struct gp_buf *b, const void *p, size_t n)
{
	char *to = gp_buf_room(b, n);

	if (!to)
		return gp_fail(GP_LIMIT, "more than %zu bytes", limit(b));
	if (n)
		memcpy(to, p, n);
	b->n += n;
	b->p[b->n] = 0;
	return 0;
}

int gp_buf_slice(struct gp_buf *b, struct gp_slice s)
{
	return gp_buf_add(b, s.p, s.n);
}

int gp_buf_str(struct gp_buf *b, const char *s)
{
	return gp_buf_add(b, s, strlen(s));
}

int gp_buf_chr(struct gp_buf *b, char c)
{
	return gp_buf_add(b, &c, 1);
}

int gp_buf_vfmt(struct gp_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return gp_fail(GP_INVALID, "cannot format text");
	to = gp_buf_room(b, (size_t)n);
	if (!to)
		return gp_fail(GP_LIMIT, "more than %zu bytes", limit(b));
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
	return 0;
}

int gp_buf_fmt(struct gp_buf *b, const char *fmt, ...)
{
	va_list ap;
	int e;

	va_start(ap, fmt);
	e = gp_buf_vfmt(b, fmt, ap);
	va_end(ap);
	return e;
}

void gp_buf_cut(struct gp_buf *b, size_t n)
{
	if (n < b->n) {
		b->n = n;
		b->p[n] = 0;
	}
}

const char *gp_buf_text(const struct gp_buf *b)
{
	return b->p ? b->p : "";
}

struct gp_slice gp_buf_all(const struct gp_buf *b)
{
	return (struct gp_slice){gp_buf_text(b), b->n};
}

char *gp_buf_take(struct gp_buf *b)
{
	char *p = b->p ? b->p : gp_alloc(1);

	b->p = NULL;
	b->n = b->cap = 0;
	return p;
}

void gp_buf_clear(struct gp_buf *b)
{
	gp_free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

void gp_list_addn(struct gp_list *l, const char *s, size_t n)
{
	if (l->n + 2 > l->cap) {
		l->cap = l->cap ? 2 * l->cap : 8;
		l->v = gp_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = gp_strndup(s, n);
	l->v[l->n] = NULL;
}

void gp_list_add(struct gp_list *l, const char *s)
{
	gp_list_addn(l, s, strlen(s));
}

void gp_list_fmt(struct gp_list *l, const char *fmt, ...)
{
	gp_auto(gp_buf) b = {0};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	gp_list_addn(l, gp_buf_text(&b), b.n);
}

bool gp_list_has(const struct gp_list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void gp_list_sort(struct gp_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
}

void gp_list_clear(struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_free(l->v[i]);
	gp_free(l->v);
	*l = (struct gp_list){0};
}

bool gp_line(struct gp_slice *out, struct gp_slice *rest)
{
	const char *lf;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	out->p = rest->p;
	out->n = lf ? (size_t)(lf - rest->p) : rest->n;
	rest->p += lf ? out->n + 1 : out->n;
	rest->n -= lf ? out->n + 1 : out->n;
	return true;
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct gp_slice gp_trim(struct gp_slice s)
{
	while (s.n && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

const char *gp_find(struct gp_slice s, const char *needle)
{
	return s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;
}

/* Length of the well-formed sequence at p (RFC 3629, table of section 4), 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

bool gp_utf8_valid(struct gp_slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len;

	for (size_t i = 0; i < s.n; i += len) {
		len = utf8_length(p + i, s.n - i);
		if (len == 0)
			return false;
	}
	return true;
}

static unsigned decode(const unsigned char *p, size_t len)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned c = p[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

unsigned gp_utf8_cut(struct gp_slice *rest)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	size_t len = utf8_length(p, rest->n);
	unsigned c = len ? decode(p, len) : 0x110000u + p[0];

	rest->p += len ? len : 1;
	rest->n -= len ? len : 1;
	return c;
}

/* C1 controls, zero-width and bidirectional marks, line separators, BOM, language tags. */
static bool invisible(unsigned c)
{
	return (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

/* Without printf: a test may print a gigabyte of them. */
static int add_byte(struct gp_buf *b, unsigned c)
{
	static const char digits[] = "0123456789abcdef";
	const char text[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};

	return gp_buf_add(b, text, sizeof(text));
}

int gp_buf_visible(struct gp_buf *b, struct gp_slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len, run = 0;
	int e = 0;

	if (s.n == 0)
		return 0;
	for (size_t i = 0; i < s.n && !e; i += len ? len : 1) {
		unsigned c = 0;

		len = utf8_length(p + i, s.n - i);
		if (len)
			c = decode(p + i, len);
		if (len && (c >= 0x20 ? c != 0x7f && !invisible(c) : c == '\n' || c == '\t')) {
			run += len;
			continue;
		}
		e = gp_buf_add(b, p + i - run, run);
		run = 0;
		if (!e)
			e = len > 1 ? gp_buf_fmt(b, "\\u%04x", c) : add_byte(b, p[i]);
	}
	return e || !run ? e : gp_buf_add(b, p + s.n - run, run);
}

static size_t line_start(struct gp_slice s, size_t at, size_t slack)
{
	for (size_t i = at; i < s.n && i - at < slack; i++)
		if (i > 0 && s.p[i - 1] == '\n')
			return i;
	while (at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

int gp_buf_middle_out(struct gp_buf *b, struct gp_slice s, size_t max)
{
	size_t head, tail;
	int e;

	if (s.n <= max)
		return gp_buf_slice(b, s);
	head = max / 2;
	for (size_t i = head; i > 0 && head - i < max / 4; i--)
		if (s.p[i - 1] == '\n') {
			head = i;
			break;
		}
	while (head > 0 && ((unsigned char)s.p[head] & 0xc0) == 0x80)
		head--;
	tail = line_start(s, s.n - max / 2, max / 4);
	e = gp_buf_add(b, s.p, head);
	if (!e)
		e = gp_buf_fmt(b, "%s[... %zu bytes left out ...]\n",
		               head && s.p[head - 1] != '\n' ? "\n" : "", tail - head);
	return e ? e : gp_buf_add(b, s.p + tail, s.n - tail);
}

uint64_t gp_hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *c = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 0x100000001b3ull;
	return h;
}
