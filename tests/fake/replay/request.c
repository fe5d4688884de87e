#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/replay/script.h"

bool request_header(struct gp_slice *out, const struct request *r, const char *name)
{
	struct gp_slice rest = gp_buf_all(&r->head), line;
	size_t n = strlen(name);

	while (gp_line(&line, &rest)) {
		if (line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0) {
			*out = gp_trim((struct gp_slice){line.p + n + 1, line.n - n - 1});
			return true;
		}
	}
	return false;
}

void request_clear(struct request *r)
{
	gp_buf_clear(&r->method);
	gp_buf_clear(&r->path);
	gp_buf_clear(&r->head);
	gp_buf_clear(&r->body);
}

/* The chunks at rest into the body. How many bytes they take; 0: more are due. */
static size_t take_chunks(struct gp_buf *body, struct gp_slice rest)
{
	const char *from = rest.p, *end;
	size_t n;

	for (;;) {
		end = gp_find(rest, "\r\n");
		if (!end)
			return 0;
		n = strtoul(rest.p, NULL, 16);
		rest.n -= (size_t)(end + 2 - rest.p);
		rest.p = end + 2;
		if (rest.n < n + 2)
			return 0;
		gp_buf_add(body, rest.p, n);
		rest.p += n + 2;
		rest.n -= n + 2;
		if (n == 0)
			return (size_t)(rest.p - from);
	}
}

static bool read_head(struct request *r, struct gp_slice head)
{
	char method[16], path[1024];
	struct gp_slice first;

	gp_line(&first, &head);
	if (sscanf(first.p, "%15s %1023s", method, path) != 2)
		return false;
	gp_buf_str(&r->method, method);
	gp_buf_str(&r->path, path);
	for (size_t i = 0; i < head.n; i++)
		if (head.p[i] != '\r')
			gp_buf_chr(&r->head, head.p[i]);
	return true;
}

bool request_take(struct request *r, struct gp_buf *in, struct gp_buf *out, bool *continued)
{
	const char *end = gp_find(gp_buf_all(in), "\r\n\r\n");
	struct gp_slice value, rest;
	size_t head, length = 0;

	if (!end)
		return false;
	head = (size_t)(end - in->p) + 4;
	if (!read_head(r, (struct gp_slice){in->p, head - 2}))
		return false;
	if (request_header(&value, r, "expect") && !*continued) {
		gp_buf_str(out, "HTTP/1.1 100 Continue\r\n\r\n");
		*continued = true;
	}
	rest = (struct gp_slice){in->p + head, in->n - head};
	if (request_header(&value, r, "transfer-encoding")) {
		length = take_chunks(&r->body, rest);
		if (length == 0)
			return false;
	} else {
		if (request_header(&value, r, "content-length"))
			length = strtoul(value.p, NULL, 10);
		if (rest.n < length)
			return false;
		gp_buf_add(&r->body, rest.p, length);
	}
	memmove(in->p, rest.p + length, rest.n - length);
	gp_buf_cut(in, rest.n - length);
	*continued = false;
	return true;
}
