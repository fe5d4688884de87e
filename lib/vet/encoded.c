#include "lib/vet/encoded.h"

#include <string.h>

#define RUN_MIN 40
/* As far as a run is decoded; longer ones are files, and a credential in one starts early or not.
 */
#define RUN_MAX 65536
#define WIDE_LOOK 512

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Where a run goes on in the next line, as encoders break it: this line's part has whole groups of
 * four, and the next line nothing else in it. to when it does not. */
static size_t next_line(struct gp_slice s, size_t from, size_t to)
{
	size_t at = to, end;

	at += at < s.n && s.p[at] == '\r';
	if ((to - from) % 4 || to - from < 16 || at >= s.n || s.p[at] != '\n')
		return to;
	at++;
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	for (end = at; end < s.n && value(s.p[end]) >= 0;)
		end++;
	if (end - at < 4)
		return to;
	for (at = end; at < s.n && s.p[at] == '=';)
		at++;
	return at == s.n || s.p[at] == '\n' || s.p[at] == '\r' ? end : to;
}

static size_t start_of(struct gp_slice s, size_t end)
{
	while (end > 0 && value(s.p[end - 1]) >= 0)
		end--;
	return end;
}

bool gp_encoded_next(struct gp_slice *run, struct gp_slice *rest)
{
	/* a run of forty covers one place in thirty-two: no need to look at all of them */
	for (size_t i = 0; i < rest->n; i += 32) {
		size_t from = i, to = i;

		if (value(rest->p[i]) < 0)
			continue;
		while (from > 0 && value(rest->p[from - 1]) >= 0)
			from--;
		while (to < rest->n && value(rest->p[to]) >= 0)
			to++;
		for (size_t line = from, end; (end = next_line(*rest, line, to)) > to; to = end)
			line = start_of(*rest, end);
		if (to - from >= RUN_MIN) {
			*run = (struct gp_slice){rest->p + from, to - from};
			rest->p += to;
			rest->n -= to;
			return true;
		}
		i = to > i + 32 ? to - 32 : i;
	}
	return false;
}

static bool is_text(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && !memchr("\t\r\n", s.p[i], 3))
			return false;
	return gp_utf8_valid(s);
}

bool gp_encoded_decode(struct gp_buf *out, struct gp_slice run)
{
	size_t before = out->n;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < run.n && i < RUN_MAX; i++) {
		if (value(run.p[i]) < 0)
			continue;
		held = held << 6 | (unsigned)value(run.p[i]);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			gp_buf_chr(out, (char)(held >> bits & 0xff));
		}
		/* most runs are no text: that shows at once */
		if (i == 24 && !is_text((struct gp_slice){out->p + before, 12})) {
			gp_buf_cut(out, before);
			return false;
		}
	}
	if (is_text((struct gp_slice){out->p + before, out->n - before}))
		return true;
	gp_buf_cut(out, before);
	return false;
}

bool gp_encoded_wide(struct gp_slice text)
{
	size_t n = text.n < WIDE_LOOK ? text.n : WIDE_LOOK, zero[2] = {0, 0};

	if (n < 4)
		return false;
	if (memcmp(text.p, "\xff\xfe", 2) == 0 || memcmp(text.p, "\xfe\xff", 2) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		zero[i % 2] += text.p[i] == 0;
	return zero[0] * 4 > n || zero[1] * 4 > n ? zero[0] * 16 < n || zero[1] * 16 < n : false;
}

size_t gp_encoded_narrow(struct gp_buf *out, struct gp_slice text)
{
	bool marked = memcmp(text.p, "\xff\xfe", 2) == 0 || memcmp(text.p, "\xfe\xff", 2) == 0;
	size_t skip = marked ? 2 : 0, zero[2] = {0, 0}, high;

	for (size_t i = 0; i < text.n && i < WIDE_LOOK; i++)
		zero[i % 2] += text.p[i] == 0;
	high = marked ? text.p[0] == '\xfe' ? 0 : 1 : zero[0] > zero[1] ? 0 : 1;
	for (size_t i = skip; i + 1 < text.n; i += 2)
		gp_buf_chr(out, text.p[i + high] ? '?' : text.p[i + 1 - high]);
	return skip;
}
