#include "lib/base/capture.h"

#include <string.h>

static void keep_tail(struct gp_capture *c, struct gp_slice s, size_t size)
{
	size_t n;

	if (s.n > size) {
		s.p += s.n - size;
		s.n = size;
	}
	n = size - c->ring.n < s.n ? size - c->ring.n : s.n;
	gp_buf_add(&c->ring, s.p, n);
	for (s.p += n, s.n -= n; s.n; s.p += n, s.n -= n) {
		n = size - c->at < s.n ? size - c->at : s.n;
		memcpy(c->ring.p + c->at, s.p, n);
		c->at = (c->at + n) % size;
	}
}

void gp_capture_add(struct gp_capture *c, struct gp_slice s)
{
	size_t half = c->max - c->max / 2, n = half - c->head.n < s.n ? half - c->head.n : s.n;

	c->total += s.n;
	gp_buf_add(&c->head, s.p, n);
	keep_tail(c, (struct gp_slice){s.p + n, s.n - n}, c->max - half);
}

/* Whole lines on both sides of the gap: "not ok 3" must not lose its "not ". */
static struct gp_slice whole_lines(struct gp_buf *head, struct gp_slice tail)
{
	const char *lf = head->n ? memrchr(head->p, '\n', head->n) : NULL;

	if (lf)
		gp_buf_cut(head, (size_t)(lf - head->p) + 1);
	lf = tail.n ? memchr(tail.p, '\n', tail.n) : NULL;
	return lf ? (struct gp_slice){lf + 1, tail.n - (size_t)(lf + 1 - tail.p)} : tail;
}

void gp_capture_take(struct gp_buf *out, struct gp_capture *c)
{
	gp_auto(gp_buf) ring = {.max = c->max};
	struct gp_slice tail;

	gp_buf_add(&ring, gp_buf_text(&c->ring) + c->at, c->ring.n - c->at);
	gp_buf_add(&ring, gp_buf_text(&c->ring), c->at);
	tail = gp_buf_all(&ring);
	*out = c->head;
	out->max = SIZE_MAX / 4;
	c->head = (struct gp_buf){0};
	if (c->total > c->max) {
		tail = whole_lines(out, tail);
		gp_buf_fmt(out, "%s[... %zu bytes left out ...]\n",
		           out->n && out->p[out->n - 1] != '\n' ? "\n" : "",
		           c->total - out->n - tail.n);
	}
	gp_buf_slice(out, tail);
}

void gp_capture_clear(struct gp_capture *c)
{
	gp_buf_clear(&c->head);
	gp_buf_clear(&c->ring);
}
