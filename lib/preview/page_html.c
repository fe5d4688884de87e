#include "lib/preview/page.h"

/* Nothing is loaded, nothing runs: the policy says it again to the browser. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n<title>";
static const char style[] =
	"</title>\n<style>\n"
	":root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--back:#fff;--box:#f4f6f8;"
	"--line:#d5dae0;--good:#116329;--weak:#7d4e00;--bad:#a40e26;--add:#dcf5e3;--del:#fde5e7}\n"
	"@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#9aa5b1;--back:#14181d;"
	"--box:#1e242b;--line:#353d47;--good:#6ccf86;--weak:#e3b04b;--bad:#ff8b94;--add:#163a24;"
	"--del:#46191e}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--back);color:var(--ink);"
	"font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,"
	"sans-serif}\n"
	"main{max-width:52rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
	"h1{font-size:1.4rem;line-height:1.3;margin:0 0 .5rem;overflow-wrap:anywhere}\n"
	"h2{font-size:1.05rem;margin:2rem 0 .6rem;padding-bottom:.3rem;"
	"border-bottom:1px solid var(--line)}\n"
	"p{margin:.5rem 0}\n"
	"dl{margin:.25rem 0;display:grid;grid-template-columns:7rem 1fr;gap:.25rem 1rem}\n"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
	"ul{margin:.25rem 0;padding-left:1.25rem}li{overflow-wrap:anywhere}\n"
	"pre{margin:.5rem 0;padding:.75rem 1rem;background:var(--box);border:1px solid var(--line);"
	"border-radius:6px;font:.85rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;"
	"overflow-x:auto;tab-size:4}\n"
	"pre.lines{white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"pre code{display:block;width:max-content;min-width:100%;font:inherit}"
	"pre code span{display:block}\n"
	".word{display:inline-block;padding:0 .6rem;border:1px solid;border-radius:1rem;"
	"font-size:.95rem;vertical-align:.08em}\n"
	".good{color:var(--good)}.weak{color:var(--weak)}.bad{color:var(--bad)}\n"
	".add{background:var(--add)}.del{background:var(--del)}\n"
	"@media (max-width:34rem){main{padding:1.25rem 1rem 3rem}"
	"dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .6rem}}\n"
	"@media print{pre{white-space:pre-wrap}}\n"
	"</style>\n</head>\n<body>\n<main>\n";

static const char *const tones[] = {"", "good", "weak", "bad"};

static int escape(struct gp_buf *out, struct gp_slice text)
{
	gp_auto(gp_buf) clean = {0};
	int e = gp_buf_visible(&clean, text);

	for (size_t i = 0; !e && i < clean.n; i++) {
		char c = clean.p[i];

		e = c == '<'    ? gp_buf_str(out, "&lt;")
		    : c == '>'  ? gp_buf_str(out, "&gt;")
		    : c == '&'  ? gp_buf_str(out, "&amp;")
		    : c == '"'  ? gp_buf_str(out, "&quot;")
		    : c == '\'' ? gp_buf_str(out, "&#39;")
		                : gp_buf_chr(out, c);
	}
	return e;
}

static int element(struct gp_buf *out, const char *open, struct gp_slice text, const char *close)
{
	int e;

	gp_buf_str(out, open);
	e = escape(out, text);
	return e ? e : gp_buf_str(out, close);
}

static int toned(struct gp_buf *out, const char *tag, enum gp_tone tone, struct gp_slice text)
{
	int e;

	gp_buf_fmt(out, "<%s%s%s%s>", tag, tone ? " class=\"" : "", tones[tone], tone ? "\"" : "");
	e = escape(out, text);
	return e ? e : gp_buf_fmt(out, "</%s>\n", tag);
}

static int title(struct gp_buf *out, const struct gp_block *b)
{
	gp_buf_fmt(out, "<h1><span class=\"word %s\">", tones[b->tone]);
	escape(out, gp_slice(b->key));
	return element(out, "</span> ", gp_buf_all(&b->text), "</h1>\n");
}

/* The names of the files are no lines of theirs. */
static const char *line_class(struct gp_slice line)
{
	if (!line.n || (line.n > 3 && line.p[1] == *line.p && line.p[2] == *line.p))
		return NULL;
	return *line.p == '+' ? "add" : *line.p == '-' ? "del" : NULL;
}

static int diff(struct gp_buf *out, struct gp_slice text)
{
	struct gp_slice line;
	int e = gp_buf_str(out, "<pre><code>");

	while (!e && gp_line(&line, &text)) {
		const char *class = line_class(line);

		if (class)
			gp_buf_fmt(out, "<span class=\"%s\">", class);
		e = escape(out, line);
		gp_buf_str(out, class ? "\n</span>" : "\n");
	}
	return e ? e : gp_buf_str(out, "</code></pre>\n");
}

static int block_html(struct gp_buf *out, const struct gp_block *b)
{
	struct gp_slice text = gp_buf_all(&b->text);

	switch (b->kind) {
	case GP_BLOCK_TITLE:
		return title(out, b);
	case GP_BLOCK_HEADING:
		return element(out, "<h2>", gp_slice(b->key), "</h2>\n");
	case GP_BLOCK_WORDS:
		return toned(out, "p", b->tone, gp_slice(b->key));
	case GP_BLOCK_ROW:
		element(out, "<dt>", gp_slice(b->key), "</dt>");
		return toned(out, "dd", b->tone, text);
	case GP_BLOCK_ITEM:
		return toned(out, "li", b->tone, b->key ? gp_slice(b->key) : text);
	case GP_BLOCK_LINES:
		return element(out, "<pre class=\"lines\">", text, "</pre>\n");
	case GP_BLOCK_DIFF:
		return diff(out, text);
	}
	return 0;
}

static const char *list_of(const struct gp_page *p, size_t i)
{
	if (i >= p->n)
		return NULL;
	return p->v[i].kind == GP_BLOCK_ROW ? "dl" : p->v[i].kind == GP_BLOCK_ITEM ? "ul" : NULL;
}

int gp_page_html(struct gp_buf *out, const struct gp_page *p)
{
	const char *open = NULL;
	int e = gp_buf_str(out, head);

	if (!e && p->n)
		e = escape(out, gp_buf_all(&p->v[0].text));
	if (!e)
		e = gp_buf_str(out, style);
	for (size_t i = 0; !e && i <= p->n; i++) {
		const char *list = list_of(p, i);

		if (open && open != list)
			gp_buf_fmt(out, "</%s>\n", open);
		if (list && open != list)
			gp_buf_fmt(out, "<%s>\n", list);
		open = list;
		if (i < p->n)
			e = block_html(out, &p->v[i]);
	}
	return e ? e : gp_buf_str(out, "</main>\n</body>\n</html>\n");
}
