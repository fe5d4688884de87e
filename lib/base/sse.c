#include "lib/base/sse.h"

#include <string.h>

enum { AFTER_CR = 1, STARTED = 2 };
enum { MAX_DEFAULT = 16 << 20 };

typedef int event_fn(void *ctx, struct gp_slice type, struct gp_slice data);

static size_t limit(const struct gp_buf *b)
{
	return b->max ? b->max : MAX_DEFAULT;
}

static int too_long(const char *what, size_t max)
{
	return gp_fail(GP_LIMIT, "cannot read the event stream: %s of more than %zu bytes", what,
	               max);
}

static int add(struct gp_buf *b, struct gp_slice s, const char *what)
{
	b->max = limit(b);
	return gp_buf_slice(b, s) == 0 ? 0 : too_long(what, b->max);
}

static int dispatch(struct gp_sse *s, event_fn *fn, void *ctx)
{
	int e = s->has_data ? fn(ctx, gp_buf_all(&s->type), gp_buf_all(&s->data)) : 0;

	s->has_data = false;
	gp_buf_cut(&s->type, 0);
	gp_buf_cut(&s->data, 0);
	return e;
}

static int take_field(struct gp_sse *s, struct gp_slice name, struct gp_slice value)
{
	int e = 0;

	if (gp_slice_is(name, "event")) {
		gp_buf_cut(&s->type, 0);
		return add(&s->type, value, "a type");
	}
	if (!gp_slice_is(name, "data"))
		return 0;
	if (s->has_data)
		e = add(&s->data, GP_SLICE("\n"), "an event");
	s->has_data = true;
	return e ? e : add(&s->data, value, "an event");
}

static int take_line(struct gp_sse *s, struct gp_slice line, event_fn *fn, void *ctx)
{
	const char *colon;
	size_t n;

	if (!(s->state & STARTED) && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0) {
		line.p += 3;
		line.n -= 3;
	}
	s->state |= STARTED;
	if (line.n == 0)
		return dispatch(s, fn, ctx);
	colon = memchr(line.p, ':', line.n);
	if (!colon)
		return take_field(s, line, (struct gp_slice){0});
	n = (size_t)(colon - line.p) + 1;
	if (n < line.n && line.p[n] == ' ')
		n++;
	return take_field(s, (struct gp_slice){line.p, (size_t)(colon - line.p)},
	                  (struct gp_slice){line.p + n, line.n - n});
}

/* The end of a line that may have begun in an earlier piece. */
static int end_line(struct gp_sse *s, struct gp_slice rest, event_fn *fn, void *ctx)
{
	int e;

	/* a line that is whole is not copied, but no longer for that */
	if (s->line.n == 0)
		return rest.n > limit(&s->line) ? too_long("a line", limit(&s->line))
		                                : take_line(s, rest, fn, ctx);
	e = add(&s->line, rest, "a line");
	if (!e)
		e = take_line(s, gp_buf_all(&s->line), fn, ctx);
	gp_buf_cut(&s->line, 0);
	return e;
}

int gp_sse_feed(struct gp_sse *s, struct gp_slice bytes,
                int (*fn)(void *ctx, struct gp_slice type, struct gp_slice data), void *ctx)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n, *from = p;
	int e = 0;

	if (bytes.n == 0)
		return 0;
	/* the LF of a CRLF ends no second line, not even in the next piece */
	if (s->state & AFTER_CR && *p == '\n')
		from = ++p;
	s->state &= (unsigned char)~AFTER_CR;
	while (!e && p < end) {
		while (p < end && *p != '\n' && *p != '\r')
			p++;
		if (p == end)
			break;
		e = end_line(s, (struct gp_slice){from, (size_t)(p - from)}, fn, ctx);
		if (*p++ == '\r') {
			if (p == end)
				s->state |= AFTER_CR;
			else if (*p == '\n')
				p++;
		}
		from = p;
	}
	return e ? e : add(&s->line, (struct gp_slice){from, (size_t)(end - from)}, "a line");
}

int gp_sse_end(struct gp_sse *s, int (*fn)(void *ctx, struct gp_slice type, struct gp_slice data),
               void *ctx)
{
	int e = s->line.n ? end_line(s, (struct gp_slice){0}, fn, ctx) : 0;

	return e ? e : dispatch(s, fn, ctx);
}

void gp_sse_clear(struct gp_sse *s)
{
	gp_buf_clear(&s->line);
	gp_buf_clear(&s->data);
	gp_buf_clear(&s->type);
	*s = (struct gp_sse){0};
}
