#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/page.h"
#include "lib/preview/record.h"
#include "lib/repo/repo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		__builtin_trap();
}

/* Every '<' begins a tag of ours, to the letter; every '&' an escape. */
static void check_html(const char *at)
{
	static const char *const ours[] = {
		"<!DOCTYPE html>",
		"<html lang=\"en\">",
		"<head>",
		"<meta ",
		"<title>",
		"</title>",
		"<style>",
		"</style>",
		"</head>",
		"<body>",
		"<main>",
		"</main>",
		"</body>",
		"</html>",
		"<h1>",
		"</h1>",
		"<h2>",
		"</h2>",
		"<p>",
		"</p>",
		"<p class=\"weak\">",
		"<p class=\"bad\">",
		"<dl>",
		"</dl>",
		"<dt>",
		"</dt>",
		"<dd>",
		"</dd>",
		"<dd class=\"good\">",
		"<dd class=\"weak\">",
		"<dd class=\"bad\">",
		"<ul>",
		"</ul>",
		"<li>",
		"</li>",
		"<li class=\"weak\">",
		"<li class=\"bad\">",
		"<pre>",
		"</pre>",
		"<code>",
		"</code>",
		"<pre class=\"lines\">",
		"<span class=\"add\">",
		"<span class=\"del\">",
		"<span class=\"word good\">",
		"<span class=\"word weak\">",
		"<span class=\"word bad\">",
		"</span>",
		"&lt;",
		"&gt;",
		"&amp;",
		"&quot;",
		"&#39;",
	};
	size_t metas = 0;

	for (; (at = strpbrk(at, "<&")); at++) {
		bool known = false;

		for (size_t i = 0; i < GP_COUNT(ours) && !known; i++)
			known = strncmp(at, ours[i], strlen(ours[i])) == 0;
		must(known);
		metas += strncmp(at, "<meta ", 6) == 0;
	}
	must(metas == 4);
}

/* One line outside of fences: what is left without code spans holds words of ours. */
static void check_line(struct gp_slice line)
{
	while (line.n) {
		size_t n = 0, run = 0, at;

		while (n < line.n && line.p[n] != '`') {
			must(line.p[n] != '<' && line.p[n] != '[' && line.p[n] != '@' &&
			     line.p[n] != '&' && line.p[n] != '\\' && line.p[n] != '_');
			n++;
		}
		while (n + run < line.n && line.p[n + run] == '`')
			run++;
		for (at = n + run; run && at < line.n;) {
			size_t other = 0;

			while (at + other < line.n && line.p[at + other] == '`')
				other++;
			at += other ? other : 1;
			if (other == run)
				break;
			must(at < line.n);
		}
		at = run ? at : n;
		line.p += at;
		line.n -= at;
	}
}

static void check_markdown(struct gp_slice text)
{
	struct gp_slice line;
	size_t open = 0;

	while (gp_line(&line, &text)) {
		size_t run = 0;

		while (run < line.n && line.p[run] == '`')
			run++;
		if (open && run >= open && gp_trim(line).n == run)
			open = 0;
		else if (!open && run >= 3)
			open = run;
		else if (!open)
			check_line(line);
	}
	must(open == 0);
}

/* A record, and from the first empty line on the patch of a test. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice all = {(const char *)data, size};
	gp_auto_json struct cJSON *record = NULL;
	gp_auto(gp_trailers) said = {0};
	gp_auto(gp_page) page = {0};
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) html = {0};
	gp_auto(gp_buf) markdown = {0};
	gp_auto(gp_buf) branch = {0};
	char file[] = "a`<b>.py";
	struct gp_stat stat = {file, 1, -1};
	const struct gp_stats stats = {&stat, 1, 1, 1};
	gp_auto(gp_signature) signature = {0};
	struct gp_page_source s = {
		.tip = "abc", .said = &said, .stats = &stats, .signature = &signature};
	const char *at = gp_find(all, "\n\n");

	if (at) {
		s.test = (struct gp_slice){at + 2, all.n - (size_t)(at + 2 - all.p)};
		all.n = (size_t)(at - all.p);
	}
	gp_buf_add(&branch, data, size < 40 ? size : 40);
	s.branch = gp_buf_text(&branch);
	signature.state = "GUBXR"[size % 5];
	gp_buf_slice(&signature.signer, gp_buf_all(&branch));
	gp_trailers_read(&said, s.test);
	if (gp_record_parse(&record, all) == 0)
		s.record = record;
	gp_page_make(&page, &s);
	must(gp_page_text(&text, &page) == 0 && gp_page_html(&html, &page) == 0 &&
	     gp_page_markdown(&markdown, &page) == 0);
	for (size_t i = 0; i < text.n; i++)
		must((unsigned char)text.p[i] >= ' ' || text.p[i] == '\n' || text.p[i] == '\t');
	must(gp_utf8_valid(gp_buf_all(&text)) && gp_utf8_valid(gp_buf_all(&html)) &&
	     gp_utf8_valid(gp_buf_all(&markdown)));
	check_html(gp_buf_text(&html));
	check_markdown(gp_buf_all(&markdown));
	return 0;
}
