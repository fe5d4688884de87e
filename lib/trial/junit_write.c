#include <string.h>

#include "lib/trial/report.h"

/* XML 1.0 has no way to write control characters, or these two; they are shown as \x1b and \uffff,
 * as on a terminal. */
static void write_escaped(struct gp_buf *out, struct gp_slice s)
{
	gp_auto(gp_buf) visible = {0};
	struct gp_slice rest;

	gp_buf_visible(&visible, s);
	for (rest = gp_buf_all(&visible); rest.n;) {
		const char *at = rest.p;
		unsigned c = gp_utf8_cut(&rest);

		if (c == '&')
			gp_buf_str(out, "&amp;");
		else if (c == '<')
			gp_buf_str(out, "&lt;");
		else if (c == '>')
			gp_buf_str(out, "&gt;");
		else if (c < ' ' || c == '"')
			gp_buf_fmt(out, "&#%u;", c);
		else if (c == 0xfffe || c == 0xffff)
			gp_buf_fmt(out, "\\u%04x", c);
		else
			gp_buf_add(out, at, (size_t)(rest.p - at));
	}
}

static void write_attribute(struct gp_buf *out, const char *name, struct gp_slice value)
{
	gp_buf_fmt(out, " %s=\"", name);
	write_escaped(out, value);
	gp_buf_chr(out, '"');
}

/* "file > suite > name" is split at the last step, as readers group by class. */
static void write_name(struct gp_buf *out, const char *id)
{
	struct gp_slice class = {0}, name = gp_slice(id);
	const char *at;

	while ((at = gp_find(name, " > "))) {
		class = (struct gp_slice){id, (size_t)(at - id)};
		name.n -= (size_t)(at + 3 - name.p);
		name.p = at + 3;
	}
	gp_buf_str(out, "    <testcase");
	if (class.n)
		write_attribute(out, "classname", class);
	write_attribute(out, "name", name);
}

static void write_outcome(struct gp_buf *out, const char *element, const char *type,
                          struct gp_slice text)
{
	struct gp_slice rest = text, line = {0};

	gp_buf_fmt(out, ">\n      <%s", element);
	if (type)
		write_attribute(out, "type", gp_slice(type));
	if (gp_line(&line, &rest))
		write_attribute(out, "message", line);
	gp_buf_chr(out, '>');
	write_escaped(out, text);
	gp_buf_fmt(out, "</%s>\n    </testcase>\n", element);
}

static void write_test(struct gp_buf *out, const struct gp_test *t)
{
	static const char *const elements[] = {
		[GP_TEST_FAIL] = "failure",
		[GP_TEST_ERROR] = "error",
		[GP_TEST_SKIP] = "skipped",
		[GP_TEST_TODO] = "skipped",
	};

	write_name(out, t->id);
	if (t->state == GP_TEST_PASS)
		gp_buf_str(out, "/>\n");
	else
		write_outcome(out, elements[t->state], NULL, gp_slice(t->message));
}

static size_t count(const struct gp_report *r, enum gp_test_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->v[i].state == state;
	return n;
}

/* The case that stands for the whole run: a reader that finds no failure takes it for a pass. */
static void write_whole(struct gp_buf *out, const struct gp_junit_run *run)
{
	write_name(out, run->name);
	if (run->verdict)
		write_outcome(out, "error", run->verdict, run->reason);
	else
		gp_buf_str(out, "/>\n");
}

/* Ids and messages are bounded, so one case fits where all of them may not. */
static int write_tests(struct gp_buf *out, const struct gp_report *r)
{
	gp_auto(gp_buf) one = {0};
	int e = 0;

	for (size_t i = 0; i < r->n && !e; i++) {
		gp_buf_cut(&one, 0);
		write_test(&one, &r->v[i]);
		e = gp_buf_slice(out, gp_buf_all(&one));
	}
	return e;
}

static void write_head(struct gp_buf *out, const struct gp_report *r,
                       const struct gp_junit_run *run, bool whole)
{
	gp_buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
	write_attribute(out, "name", gp_slice(run->name));
	gp_buf_fmt(out,
	           " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
	           "time=\"%ld.%03ld\">\n",
	           r->n + whole, count(r, GP_TEST_FAIL),
	           count(r, GP_TEST_ERROR) + (whole && run->verdict),
	           count(r, GP_TEST_SKIP) + count(r, GP_TEST_TODO), run->ms / 1000, run->ms % 1000);
}

int gp_report_write_junit(struct gp_buf *out, const struct gp_report *r,
                          const struct gp_junit_run *run)
{
	bool bad = count(r, GP_TEST_FAIL) + count(r, GP_TEST_ERROR);
	bool whole = run->verdict ? !bad : r->n == 0;
	gp_auto(gp_buf) part = {0};
	int e;

	write_head(&part, r, run, whole);
	e = gp_buf_slice(out, gp_buf_all(&part));
	if (!e)
		e = write_tests(out, r);
	gp_buf_cut(&part, 0);
	if (whole)
		write_whole(&part, run);
	gp_buf_str(&part, "  </testsuite>\n</testsuites>\n");
	return e ? e : gp_buf_slice(out, gp_buf_all(&part));
}
