#include "lib/base/term_text.h"

#include <string.h>

#define TEXT_AT 16 /* where the text of a phase begins */
#define ROOMY 60   /* columns from which further lines of it begin there, too */

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

void gp_term_wrap(struct gp_buf *out, struct gp_slice s, size_t columns, size_t at, size_t indent)
{
	bool first = true; /* of its line */

	while (s.n) {
		size_t blanks = 0, n, taken;

		while (blanks < s.n && s.p[blanks] == ' ')
			blanks++;
		for (n = blanks; n < s.n && s.p[n] != ' ';)
			n++;
		taken = gp_term_columns((struct gp_slice){s.p + blanks, n - blanks});
		if (!first && n > blanks && at + blanks + taken > columns) {
			gp_buf_fmt(out, "\n%*s", (int)indent, "");
			at = indent;
			s.p += blanks;
			s.n -= blanks;
			n -= blanks;
			blanks = 0;
		}
		gp_buf_add(out, s.p, n);
		at += blanks + taken;
		first = false;
		s.p += n;
		s.n -= n;
	}
}

void gp_term_clock(struct gp_buf *out, long long ms)
{
	if (ms < 99950)
		gp_buf_fmt(out, "%.1f s", (double)ms / 1000);
	else
		gp_buf_fmt(out, "%lld min %02lld s", ms / 60000, ms / 1000 % 60);
}

void gp_term_phase_line(struct gp_buf *out, const struct gp_term_line *l)
{
	static const struct {
		const char *word, *colour;
	} marks[] = {
		[GP_MARK_OK] = {"ok", "\033[32m"},
		[GP_MARK_BAD] = {"fail", "\033[31m"},
		[GP_MARK_WARN] = {"warn", "\033[33m"},
		[GP_MARK_NONE] = {"", NULL},
	};
	bool colour = l->colour && marks[l->mark].colour;
	gp_auto(gp_buf) name = {0};
	gp_auto(gp_buf) tail = {0};
	gp_auto(gp_buf) text = {0};
	size_t at, room;

	gp_buf_fmt(out, "%s%-4s%s", colour ? marks[l->mark].colour : "", marks[l->mark].word,
	           colour ? "\033[m" : "");
	gp_buf_fmt(&name, "  %-9s ", l->phase);
	gp_buf_slice(out, gp_buf_all(&name));
	at = 4 + gp_term_columns(gp_buf_all(&name));
	if (l->ms >= 0) {
		gp_buf_str(&tail, l->text.n ? "  " : "");
		gp_term_clock(&tail, l->ms);
	}
	room = at + tail.n < l->columns ? l->columns - at - tail.n : 0;
	gp_term_cut(&text, l->text, l->whole ? SIZE_MAX : room);
	gp_buf_slice(&text, gp_buf_all(&tail));
	gp_term_wrap(out, gp_buf_all(&text), l->columns, at, l->columns >= ROOMY ? TEXT_AT : 6);
	gp_buf_chr(out, '\n');
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
