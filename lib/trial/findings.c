#include "lib/trial/findings_in.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 160
#define LINES_MAX 200000

static const struct {
	const char *kind, *what;
	bool cheat;
} kinds[] = {
	{"skip", "leaves a test out, or expects it to fail", true},
	{"only", "leaves all other tests out", true},
	{"swallowed", "hides an assertion that does not hold", true},
	{"constant", "asserts something about literals alone", true},
	{"no-assertion", "a new test file that asserts nothing", true},
	{"retry", "runs a failing test again", true},
	{"sleep", "waits for a time", false},
	{"equality", "makes every comparison true", true},
	{"runner-patched", "replaces a part of the test framework", true},
	{"ends-run", "ends the whole program, and the runner with it", true},
	{"test-detected", "asks whether a test is running", true},
	{"special-case", "compares with a literal of the test and answers with a literal", true},
	{"hard-coded", "answers with a literal that the test expects", true},
};

void gp_trial_findings_clear(struct gp_trial_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		gp_free(f->v[i].path);
		gp_free(f->v[i].text);
	}
	gp_free(f->v);
	*f = (struct gp_trial_findings){0};
}

static bool is_known(const struct gp_trial_findings *f, const char *path, long line,
                     const char *kind)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].line == line && f->v[i].kind == kind && strcmp(f->v[i].path, path) == 0)
			return true;
	return false;
}

/* One line of printable text. */
static char *printable(struct gp_slice raw)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice s = gp_trim(raw);
	size_t cut = TEXT_BYTES;

	s.n = s.n < GP_VIEW_MAX ? s.n : GP_VIEW_MAX;
	gp_buf_visible(&b, s);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\t')
			b.p[i] = ' ';
	if (b.n <= TEXT_BYTES)
		return gp_strdup(gp_buf_text(&b));
	while (cut && ((unsigned char)b.p[cut] & 0xc0) == 0x80)
		cut--;
	return gp_strndup(b.p, cut);
}

void gp_trial_finding_add(struct gp_trial_findings *out, const struct gp_seen_file *f, size_t line,
                          const char *kind)
{
	size_t k = 0;

	while (k + 1 < GP_COUNT(kinds) && strcmp(kinds[k].kind, kind) != 0)
		k++;
	if (out->n == GP_FINDINGS_MAX || is_known(out, f->path, f->v[line].number, kinds[k].kind))
		return;
	if (out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 8;
		out->v = gp_realloc(out->v, out->cap * sizeof(*out->v));
	}
	out->v[out->n++] = (struct gp_trial_finding){
		.kind = kinds[k].kind,
		.what = kinds[k].what,
		.path = gp_strdup(f->path),
		.line = f->v[line].number,
		.text = printable(f->v[line].raw),
		.cheat = kinds[k].cheat,
	};
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

const char *gp_view_find(struct gp_slice view, const char *pattern)
{
	size_t n = strlen(pattern);
	const char *end = view.p + view.n;
	bool call = pattern[n - 1] == '(';

	for (struct gp_slice rest = view; rest.n >= n;) {
		const char *at = gp_find(rest, pattern);

		if (!at)
			return NULL;
		if (!(is_word(*pattern) && at > view.p &&
		      (is_word(at[-1]) || (call && at[-1] == '.'))) &&
		    !(is_word(pattern[n - 1]) && at + n < end && is_word(at[n])))
			return at;
		rest = (struct gp_slice){at + 1, (size_t)(end - at) - 1};
	}
	return NULL;
}

bool gp_ext_in(const char *ext, const char *list)
{
	size_t n = strlen(ext);

	if (!list)
		return true;
	for (const char *at = list; n && (at = strstr(at, ext)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static bool is_comment(struct gp_slice s)
{
	if (!s.n)
		return true;
	if (*s.p == '#')
		return s.n == 1 || s.p[1] != '[';
	if (*s.p == '*' || (s.n > 3 && memcmp(s.p, "<!--", 4) == 0))
		return true;
	return s.n > 1 && (memcmp(s.p, "//", 2) == 0 || memcmp(s.p, "/*", 2) == 0 ||
	                   memcmp(s.p, "--", 2) == 0);
}

static struct gp_slice squeeze(struct gp_buf *out, struct gp_slice raw)
{
	struct gp_slice s = gp_trim(raw);
	size_t from = out->n;

	s.n = s.n < GP_VIEW_MAX ? s.n : GP_VIEW_MAX;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == ' ' || c == '\t') {
			while (i + 1 < s.n && (s.p[i + 1] == ' ' || s.p[i + 1] == '\t'))
				i++;
			if (out->n > from && is_word(out->p[out->n - 1]) && i + 1 < s.n &&
			    is_word(s.p[i + 1]))
				gp_buf_chr(out, ' ');
			continue;
		}
		gp_buf_chr(out, c == '\'' || c == '`' ? '"' : c);
	}
	return (struct gp_slice){NULL, out->n - from};
}

/* How often each line stood in a file before, by hash; equal hashes are taken for equal lines. */
struct counts {
	uint64_t *key;
	int *left;
	size_t cap;
};

static size_t slot(const struct counts *c, uint64_t h)
{
	size_t i = (size_t)h & (c->cap - 1);

	while (c->left[i] && c->key[i] != h)
		i = (i + 1) & (c->cap - 1);
	return i;
}

static uint64_t hash(struct gp_slice s)
{
	return gp_hash(GP_HASH, s.p, s.n) | 1;
}

/* A used slot has a count one above what is left. */
static void count_lines(struct counts *c, struct gp_slice text)
{
	struct gp_slice rest = text, line;
	size_t lines = 1;

	while (gp_line(&line, &rest))
		lines++;
	for (c->cap = 64; c->cap < 2 * lines;)
		c->cap *= 2;
	c->key = gp_alloc(c->cap * sizeof(*c->key));
	c->left = gp_alloc(c->cap * sizeof(*c->left));
	while (gp_line(&line, &text)) {
		size_t i = slot(c, hash(line));

		c->key[i] = hash(line);
		c->left[i] += c->left[i] ? 1 : 2;
	}
}

/* Lines that both begin with are not added, whatever else is like them. */
static size_t common_head(struct gp_slice a, struct gp_slice b)
{
	struct gp_slice x, y;
	size_t n = 0;

	while (gp_line(&x, &a) && gp_line(&y, &b) && gp_slice_eq(x, y))
		n++;
	return n;
}

static void mark_added(struct gp_seen_file *f)
{
	struct counts c = {0};
	size_t head = common_head(gp_buf_all(&f->before), gp_buf_all(&f->after));

	count_lines(&c, gp_buf_all(&f->before));
	for (size_t i = 0; i < f->n; i++) {
		size_t at = slot(&c, hash(f->v[i].raw));

		f->v[i].added = i >= head && c.left[at] < 2;
		if (c.left[at] > 1)
			c.left[at]--;
	}
	gp_free(c.key);
	gp_free(c.left);
}

static const char *extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

	return dot ? dot + 1 : "";
}

static void see_lines(struct gp_seen_file *f)
{
	struct gp_slice rest = gp_buf_all(&f->after), line;
	size_t cap = 0, at = 0;

	while (f->n < LINES_MAX && gp_line(&line, &rest)) {
		if (f->n == cap) {
			cap = cap ? 2 * cap : 64;
			f->v = gp_realloc(f->v, cap * sizeof(*f->v));
		}
		f->v[f->n] = (struct gp_seen_line){
			.raw = line, .view = squeeze(&f->views, line), .number = (long)f->n + 1};
		f->n++;
	}
	/* the buffer has moved while it grew */
	for (size_t i = 0; i < f->n; i++) {
		f->v[i].view.p = gp_buf_text(&f->views) + at;
		at += f->v[i].view.n;
		f->v[i].comment = is_comment(f->v[i].view);
	}
	mark_added(f);
}

static void see(struct gp_seen_file *f, const struct gp_trial_findings_input *in,
                const struct gp_change *c)
{
	f->path = c->path;
	f->ext = extension(c->path);
	f->test = gp_changes_get(in->tests, c->path) != NULL;
	f->fresh = in->before(in->ctx, &f->before, c->path) != 0;
	if (f->fresh)
		gp_buf_cut(&f->before, 0);
	gp_buf_slice(&f->after, gp_buf_all(&c->content));
	see_lines(f);
}

static int by_place(const void *a, const void *b)
{
	const struct gp_trial_finding *x = a, *y = b;
	int d = strcmp(x->path, y->path);

	return d ? d : (x->line > y->line) - (x->line < y->line);
}

/* Text of programs: no binaries, no links, nothing that was deleted. */
static bool worth_reading(const struct gp_change *c)
{
	return (c->mode & 0170000) == 0100000 &&
	       !(c->content.n && memchr(c->content.p, 0, c->content.n)) &&
	       !gp_ext_in(extension(c->path), "md rst txt json yaml yml lock svg html css csv xml");
}

void gp_trial_findings_read(struct gp_trial_findings *out, const struct gp_trial_findings_input *in)
{
	struct gp_seen_file *files = gp_alloc((in->all->n + 1) * sizeof(*files));
	size_t n = 0;

	for (size_t i = 0; i < in->all->n; i++)
		if (worth_reading(&in->all->v[i]))
			see(&files[n++], in, &in->all->v[i]);
	for (size_t i = 0; i < n; i++) {
		gp_rules_read(out, &files[i], in->request);
		if (files[i].test)
			gp_constants_read(out, &files[i]);
	}
	gp_mirror_read(out, files, n, in->request);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_place);
	for (size_t i = 0; i < n; i++) {
		gp_buf_clear(&files[i].before);
		gp_buf_clear(&files[i].after);
		gp_buf_clear(&files[i].views);
		gp_free(files[i].v);
	}
	gp_free(files);
}
