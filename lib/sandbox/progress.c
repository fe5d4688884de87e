#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/progress.h"

enum { LINE_MAX_BYTES = 64 << 10, SHOWN_MAX = 300, REASON_MAX = 2000 };

void gp_progress_clear(struct gp_progress *p)
{
	gp_buf_clear(&p->line);
	gp_buf_clear(&p->error);
}

static void show(struct gp_progress *p, const char *what, const char *more)
{
	gp_auto(gp_buf) seen = {0};

	gp_buf_visible(&seen, gp_trim(gp_slice(what)));
	if (more) {
		gp_buf_chr(&seen, ' ');
		gp_buf_visible(&seen, gp_trim(gp_slice(more)));
	}
	gp_buf_cut(&seen, SHOWN_MAX);
	if (seen.n && p->tell && !memchr(seen.p, '\n', seen.n))
		p->tell(p->ctx, gp_buf_text(&seen));
}

static void read_line(struct gp_progress *p, struct gp_slice line)
{
	gp_auto_json struct cJSON *j = NULL;
	const char *error, *text;

	if (line.n == 0 || gp_json_parse(&j, line))
		return;
	error = gp_json_str(j, "error");
	if (error && p->error.n == 0) {
		gp_buf_visible(&p->error, gp_trim(gp_slice(error)));
		gp_buf_cut(&p->error, REASON_MAX);
	}
	text = gp_json_str(j, "stream");
	if (text)
		show(p, text, NULL);
	text = gp_json_str(j, "status");
	if (text)
		show(p, text, gp_json_str(j, "progress"));
}

void gp_progress_read(struct gp_progress *p, struct gp_slice bytes)
{
	p->line.max = LINE_MAX_BYTES;
	while (bytes.n) {
		const char *lf = memchr(bytes.p, '\n', bytes.n);
		size_t n = lf ? (size_t)(lf - bytes.p) : bytes.n;

		if (gp_buf_add(&p->line, bytes.p, n))
			p->lost = true;
		bytes.p += n + (lf != NULL);
		bytes.n -= n + (lf != NULL);
		if (!lf)
			return;
		if (!p->lost)
			read_line(p, gp_trim(gp_buf_all(&p->line)));
		p->lost = false;
		gp_buf_cut(&p->line, 0);
	}
}

int gp_progress_end(struct gp_progress *p)
{
	if (!p->lost)
		read_line(p, gp_trim(gp_buf_all(&p->line)));
	gp_buf_cut(&p->line, 0);
	return p->error.n ? gp_fail(GP_REFUSED, "%s", gp_buf_text(&p->error)) : 0;
}
