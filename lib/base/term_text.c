#include "lib/base/term_text.h"

#include <string.h>

/* First and last code points that take two columns: the wide blocks of UAX 11, generously. */
static const unsigned wide[][2] = {
	{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},
	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
	{0x231a, 0x231b},   {0x23e9, 0x23f3},   {0x25fd, 0x27bf},   {0x2b1b, 0x2b55},
	{0x16fe0, 0x18cd8}, {0x1aff0, 0x1b2fb}, {0x1f004, 0x1faff}, {0x20000, 0x3fffd},
};

/* The code point at the start of s and its length; what is malformed is U+FFFD of length 1. */
static unsigned code_point(struct gp_slice s, size_t *len)
{
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	unsigned c;

	*len = 1;
	if (n > s.n || !gp_utf8_valid((struct gp_slice){s.p, n}))
		return 0xfffd;
	*len = n;
	c = p[0] & mask[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

void gp_term_one_line(struct gp_buf *out, struct gp_slice s)
{
	size_t from = out->n;

	gp_buf_visible(out, s);
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '\n' || out->p[i] == '\t')
			out->p[i] = ' ';
}

static size_t width_of(unsigned c)
{
	for (size_t i = 0; i < GP_COUNT(wide); i++)
		if (c >= wide[i][0] && c <= wide[i][1])
			return 2;
	return 1;
}

size_t gp_term_columns(struct gp_slice s)
{
	size_t columns = 0, len;

	for (; s.n; s.p += len, s.n -= len)
		columns += width_of(code_point(s, &len));
	return columns;
}

void gp_term_cut(struct gp_buf *out, struct gp_slice s, size_t columns)
{
	const char *dots = columns > 8 ? "..." : "";
	size_t used = strlen(dots), len;
	struct gp_slice rest = s;

	if (gp_term_columns(s) <= columns) {
		gp_buf_slice(out, s);
		return;
	}
	for (; rest.n; rest.p += len, rest.n -= len) {
		used += width_of(code_point(rest, &len));
		if (used > columns)
			break;
	}
	gp_buf_add(out, s.p, s.n - rest.n);
	gp_buf_str(out, dots);
}

void gp_term_clock(struct gp_buf *out, long long ms)
{
	if (ms < 99950)
		gp_buf_fmt(out, "%.1f s", (double)ms / 1000);
	else
		gp_buf_fmt(out, "%lld min %02lld s", ms / 60000, ms / 1000 % 60);
}

void gp_term_ascii_json(struct gp_buf *out, struct gp_slice json)
{
	size_t len;

	for (; json.n; json.p += len, json.n -= len) {
		unsigned c = code_point(json, &len);

		if (c < 0x7f)
			gp_buf_chr(out, (char)c);
		else if (c < 0x10000)
			gp_buf_fmt(out, "\\u%04x", c);
		else
			gp_buf_fmt(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			           0xdc00 + ((c - 0x10000) & 0x3ff));
	}
}
