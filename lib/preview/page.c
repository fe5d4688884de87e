#include "lib/preview/page.h"

#include "lib/base/term_text.h"

#define COLUMNS 80
#define KEY_COLUMNS 10

void gp_page_clear(struct gp_page *p)
{
	for (size_t i = 0; i < p->n; i++)
		gp_buf_clear(&p->v[i].text);
	gp_free(p->v);
	*p = (struct gp_page){0};
}

struct gp_block *gp_page_add(struct gp_page *p, enum gp_block_kind kind, enum gp_tone tone,
                             const char *key, const char *fmt, ...)
{
	struct gp_block *b;
	va_list ap;

	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 32;
		p->v = gp_realloc(p->v, p->cap * sizeof(*p->v));
	}
	b = &p->v[p->n++];
	*b = (struct gp_block){.kind = kind, .tone = tone, .key = key};
	if (fmt) {
		va_start(ap, fmt);
		gp_buf_vfmt(&b->text, fmt, ap);
		va_end(ap);
	}
	return b;
}

static int wrapped(struct gp_buf *out, struct gp_slice text, size_t at, size_t indent)
{
	gp_auto(gp_buf) line = {0};

	gp_term_one_line(&line, text);
	gp_term_wrap(out, gp_buf_all(&line), COLUMNS, at, indent);
	return gp_buf_chr(out, '\n');
}

static int indented(struct gp_buf *out, struct gp_slice text)
{
	gp_auto(gp_buf) clean = {0};
	struct gp_slice rest, line;
	int e = gp_buf_visible(&clean, text);

	rest = gp_buf_all(&clean);
	while (!e && gp_line(&line, &rest))
		e = gp_buf_fmt(out, "%s%.*s\n", line.n ? "    " : "", (int)line.n, line.p);
	return e;
}

static int block_text(struct gp_buf *out, const struct gp_block *b, bool first)
{
	struct gp_slice text = gp_buf_all(&b->text);

	switch (b->kind) {
	case GP_BLOCK_TITLE:
		gp_buf_fmt(out, "%s: ", b->key);
		return wrapped(out, text, 0, 0);
	case GP_BLOCK_HEADING:
		return gp_buf_fmt(out, "%s%s\n", first ? "" : "\n", b->key);
	case GP_BLOCK_WORDS:
		gp_buf_str(out, "  ");
		return wrapped(out, gp_slice(b->key), 2, 2);
	case GP_BLOCK_ROW:
		gp_buf_fmt(out, "  %-*s", KEY_COLUMNS, b->key);
		return wrapped(out, text, 2 + KEY_COLUMNS, 2 + KEY_COLUMNS);
	case GP_BLOCK_ITEM:
		gp_buf_str(out, "  - ");
		return wrapped(out, b->key ? gp_slice(b->key) : text, 4, 4);
	case GP_BLOCK_LINES:
	case GP_BLOCK_DIFF:
		return indented(out, text);
	}
	return 0;
}

int gp_page_text(struct gp_buf *out, const struct gp_page *p)
{
	int e = 0;

	for (size_t i = 0; !e && i < p->n; i++)
		e = block_text(out, &p->v[i], i == 0);
	return e;
}

/* Longer than any run of backticks in the text, and at least so long. */
static void fence(struct gp_buf *out, struct gp_slice text, size_t least)
{
	size_t most = least - 1, run = 0;

	for (size_t i = 0; i < text.n; i++) {
		run = text.p[i] == '`' ? run + 1 : 0;
		most = run > most ? run : most;
	}
	for (size_t i = 0; i <= most; i++)
		gp_buf_chr(out, '`');
}

/* Inside a code span nothing is markup; of the blanks next to its ends one is dropped. */
static int span(struct gp_buf *out, struct gp_slice text)
{
	gp_auto(gp_buf) line = {0};
	gp_auto(gp_buf) ticks = {0};

	gp_term_one_line(&line, gp_trim(text));
	if (!gp_trim(gp_buf_all(&line)).n)
		return gp_buf_str(out, "-");
	fence(&ticks, gp_buf_all(&line), 1);
	return gp_buf_fmt(out, "%s %s %s", gp_buf_text(&ticks), gp_buf_text(&line),
	                  gp_buf_text(&ticks));
}

static int fenced(struct gp_buf *out, struct gp_slice text, const char *language)
{
	gp_auto(gp_buf) clean = {0};
	gp_auto(gp_buf) ticks = {0};
	int e = gp_buf_visible(&clean, text);

	fence(&ticks, gp_buf_all(&clean), 3);
	while (clean.n && clean.p[clean.n - 1] == '\n')
		gp_buf_cut(&clean, clean.n - 1);
	return e ? e
	         : gp_buf_fmt(out, "%s%s\n%s\n%s\n", gp_buf_text(&ticks), language,
	                      gp_buf_text(&clean), gp_buf_text(&ticks));
}

static int block_markdown(struct gp_buf *out, const struct gp_block *b)
{
	struct gp_slice text = gp_buf_all(&b->text);

	switch (b->kind) {
	case GP_BLOCK_TITLE:
		gp_buf_fmt(out, "## %s: ", b->key);
		span(out, text);
		return gp_buf_chr(out, '\n');
	case GP_BLOCK_HEADING:
		return gp_buf_fmt(out, "### %s\n", b->key);
	case GP_BLOCK_WORDS:
		return gp_buf_fmt(out, "%s\n", b->key);
	case GP_BLOCK_ROW:
		gp_buf_fmt(out, "- **%s:** ", b->key);
		span(out, text);
		return gp_buf_chr(out, '\n');
	case GP_BLOCK_ITEM:
		gp_buf_str(out, "- ");
		if (b->key)
			gp_buf_str(out, b->key);
		else
			span(out, text);
		return gp_buf_chr(out, '\n');
	case GP_BLOCK_LINES:
		return fenced(out, text, "");
	case GP_BLOCK_DIFF:
		return fenced(out, text, "diff");
	}
	return 0;
}

static bool in_list(const struct gp_block *b)
{
	return b->kind == GP_BLOCK_ROW || b->kind == GP_BLOCK_ITEM;
}

int gp_page_markdown(struct gp_buf *out, const struct gp_page *p)
{
	int e = 0;

	for (size_t i = 0; !e && i < p->n; i++) {
		if (i && !(in_list(&p->v[i]) && in_list(&p->v[i - 1])))
			gp_buf_chr(out, '\n');
		e = block_markdown(out, &p->v[i]);
	}
	return e;
}
