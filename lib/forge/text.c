#include <string.h>

#include "lib/forge/call.h"

/* No host shows comments of HTML; all keep them. */
#define BEGIN "<!-- git-preview: begin; what stands up to the end is renewed with each push -->"
#define END "<!-- git-preview: end -->"

static const char *find_marks(const char **end, const char *text)
{
	const char *begin = text ? strstr(text, BEGIN) : NULL;

	*end = begin ? strstr(begin, END) : NULL;
	return *end ? begin : NULL;
}

bool gp_pull_is_ours(const char *text)
{
	const char *end;

	return find_marks(&end, text) != NULL;
}

/* A mark in the report would end it early. */
static void put_report(struct gp_buf *out, const char *report)
{
	const char *at;

	gp_buf_str(out, BEGIN "\n");
	for (; (at = strstr(report, "<!-- git-preview: ")); report = at + 4) {
		gp_buf_add(out, report, (size_t)(at - report));
		gp_buf_str(out, "&lt;!--");
	}
	gp_buf_fmt(out, "%s\n" END, report);
}

int gp_pull_text(struct gp_buf *out, const char *report, const char *present)
{
	const char *end, *begin = find_marks(&end, present);

	if (!present) {
		put_report(out, report);
		return gp_buf_chr(out, '\n');
	}
	if (!begin)
		return gp_fail(GP_REFUSED, "the text is not ours");
	gp_buf_add(out, present, (size_t)(begin - present));
	put_report(out, report);
	return gp_buf_str(out, end + strlen(END));
}

int gp_pull_renew(struct gp_buf *text, struct gp_pull_answer *out, const struct gp_pull *p)
{
	int e = gp_pull_text(text, p->body, out->text ? out->text : "");

	out->foreign = e == GP_REFUSED;
	return e;
}
