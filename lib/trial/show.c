#include "lib/trial/show.h"

#include <string.h>

#include "lib/trial/scan.h"

void gp_show_text(struct gp_buf *out, struct gp_slice s)
{
	gp_auto(gp_buf) b = {0};
	const char *at;

	while ((at = gp_find(s, "/work/"))) {
		size_t n = (size_t)(at - s.p);
		bool inner = n > 0 && !strchr(" '\"(:=@`[</\t\n", at[-1]);

		if (n >= 7 && memcmp(at - 7, "file://", 7) == 0)
			n -= 7;
		gp_buf_add(&b, s.p, n + (inner ? 6 : 0));
		s = gp_skip(s, (size_t)(at - s.p) + 6);
	}
	gp_buf_slice(&b, s);
	gp_buf_visible(out, gp_buf_all(&b));
}

struct sheet {
	struct gp_buf *out;
	size_t lines;
};

static void put(struct sheet *sheet, struct gp_slice line, const char *indent)
{
	if (sheet->lines >= GP_SHOW_LINES)
		return;
	line.n = line.n < 400 ? line.n : 400;
	gp_buf_str(sheet->out, indent);
	gp_show_text(sheet->out, line);
	gp_buf_chr(sheet->out, '\n');
	sheet->lines++;
}

static bool bad(const struct gp_test *t)
{
	return t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR;
}

static void put_test(struct sheet *sheet, const struct gp_test *t, size_t max)
{
	struct gp_slice rest = gp_slice(t->message), line;
	size_t end = sheet->lines + max;

	put(sheet, gp_slice(t->id), "");
	while (sheet->lines < end && gp_line(&line, &rest))
		put(sheet, line, "  ");
}

void gp_show_tests(struct gp_buf *out, const struct gp_report *r)
{
	struct sheet sheet = {out, 0};
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += bad(&r->v[i]);
	for (int told = 1; told >= 0; told--)
		for (size_t i = 0; i < r->n && sheet.lines < GP_SHOW_LINES; i++)
			if (bad(&r->v[i]) && (r->v[i].message != NULL) == told)
				put_test(&sheet, &r->v[i], n > 3 ? 14 : n > 1 ? 22 : 50);
}

static size_t lines_in(struct gp_slice s)
{
	struct gp_slice line;
	size_t n = 0;

	while (gp_line(&line, &s))
		n++;
	return n;
}

/* Lines from to to (not itself) of text. */
static void range(struct sheet *sheet, struct gp_slice text, size_t from, size_t to)
{
	struct gp_slice line;

	for (size_t i = 0; i < to && gp_line(&line, &text); i++)
		if (i >= from)
			put(sheet, line, "");
}

void gp_show_around(struct gp_buf *out, struct gp_slice text, struct gp_slice line)
{
	struct sheet sheet = {out, 0};
	size_t n = lines_in(text), at;

	if (line.p && line.p >= text.p && line.p <= text.p + text.n) {
		at = lines_in((struct gp_slice){text.p, (size_t)(line.p - text.p)});
		range(&sheet, text, at > 20 ? at - 20 : 0, at + 30);
	} else if (n <= GP_SHOW_LINES) {
		range(&sheet, text, 0, n);
	} else {
		range(&sheet, text, 0, 15);
		put(&sheet, GP_SLICE("..."), "");
		range(&sheet, text, n - 44, n);
	}
}

static bool dull(struct gp_slice line)
{
	static const char *const heads[] = {"Traceback",
	                                    "File \"",
	                                    "(in test file",
	                                    "Failed test",
	                                    "at ",
	                                    "thread '",
	                                    "code:",
	                                    "~",
	                                    "^",
	                                    "'test failed'",
	                                    "error: 'test failed'"};

	for (size_t i = 0; i < GP_COUNT(heads); i++)
		if (gp_head(line, heads[i], NULL))
			return true;
	return gp_tail(line, ":", NULL) || gp_tail(line, ": |", NULL) || !gp_find(line, " ");
}

static bool telling(struct gp_slice line)
{
	static const char *const words[] = {"rror", "ssert", "xpected", "failed", "got"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (gp_find(line, words[i]))
			return !dull(line);
	return false;
}

void gp_show_headline(struct gp_buf *out, const char *message)
{
	struct gp_slice rest = gp_slice(message), line, first = {0}, best = {0};

	while (gp_line(&line, &rest)) {
		line = gp_trim(line);
		if (!first.n)
			first = line;
		/* python's last line says it, others' first */
		if (telling(line) && (!best.n || gp_head(first, "Traceback", NULL)))
			best = line;
	}
	best = best.n && dull(first) ? best : first;
	gp_head(best, "error: ", &best);
	best.n = best.n < 160 ? best.n : 160;
	gp_show_text(out, best);
}
