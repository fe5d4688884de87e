#include "lib/patch/parse.h"

#include <string.h>
#include <strings.h>

#include "lib/patch/place.h"

/* The markers of one search/replace block; their length is the opening one's, so that a text which
 * has such a line itself can be written with longer ones. */
struct marks {
	char open, close;
	size_t n;
};

/* Whether line is n times c, then word (5 to 9 times when n is 0; then *n is set). */
static bool marker(struct gp_slice line, char c, size_t *n, const char *word)
{
	size_t k = 0;

	line = gp_rtrim(line);
	while (k < line.n && line.p[k] == c)
		k++;
	if (*n ? k != *n : k < 5 || k > 9)
		return false;
	*n = k;
	return gp_slice_is((struct gp_slice){line.p + k, line.n - k}, word);
}

static bool opening(struct marks *m, struct gp_slice line)
{
	*m = (struct marks){.open = '<', .close = '>'};
	if (marker(line, '<', &m->n, " SEARCH"))
		return true;
	*m = (struct marks){.open = '-', .close = '+'};
	return marker(line, '-', &m->n, " SEARCH");
}

bool gp_patch_is_block(const struct gp_reader *r, size_t i)
{
	struct marks m;

	return i < r->n && opening(&m, r->v[i]);
}

/* Length of the fence that line opens or closes; 0: none. *info is what follows it. */
static size_t fence(struct gp_slice line, char *c, struct gp_slice *info)
{
	size_t k = 0;

	line = gp_rtrim(line);
	if (!line.n || (line.p[0] != '`' && line.p[0] != '~'))
		return 0;
	*c = line.p[0];
	while (k < line.n && line.p[k] == *c)
		k++;
	*info = gp_trim((struct gp_slice){line.p + k, line.n - k});
	return k < 3 || (info->n && memchr(info->p, '`', info->n)) ? 0 : k;
}

static bool has_path_marks(struct gp_slice s)
{
	if (!s.n || memchr(s.p, ' ', s.n) || memchr(s.p, '\t', s.n) || gp_find(s, "://"))
		return false;
	return memchr(s.p, '/', s.n) || memchr(s.p, '.', s.n - 1);
}

static bool pathlike(struct gp_slice s)
{
	static const char *const known[] = {"Makefile", "Dockerfile", "LICENSE",    "README",
	                                    "Gemfile",  "Rakefile",   "Procfile",   "Jenkinsfile",
	                                    "Brewfile", "Justfile",   "GNUmakefile"};

	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (gp_slice_is(s, known[i]))
			return true;
	return has_path_marks(s);
}

/* "lang:path", "path", "lang path", "lang path=...": the ways fences are labelled. */
static bool info_label(struct gp_slice *path, struct gp_slice info)
{
	static const char *const keys[] = {"path=", "file=", "filename=", "title="};
	struct gp_slice word;
	const char *colon;

	while (info.n) {
		size_t k = 0;

		while (k < info.n && info.p[k] != ' ' && info.p[k] != '\t')
			k++;
		word = (struct gp_slice){info.p, k};
		info = gp_trim((struct gp_slice){info.p + k, info.n - k});
		for (size_t i = 0; i < GP_COUNT(keys); i++)
			if (gp_after(path, word, keys[i])) {
				*path = gp_unwrap(*path);
				return true;
			}
		colon = memchr(word.p, ':', word.n);
		if (colon) {
			word.n -= (size_t)(colon + 1 - word.p);
			word.p = colon + 1;
		}
		if (has_path_marks(word)) {
			*path = word;
			return true;
		}
	}
	return false;
}

/* A line that is a path and nothing else but decoration: "### `src/a.c`", "**a.c**:". A sentence
 * that names a file labels a mere example, so it does not count. */
static bool line_label(struct gp_slice *path, struct gp_slice line)
{
	static const char *const words[] = {"file:", "filename:", "path:"};
	struct gp_slice s = gp_trim(line);

	while (s.n && (s.p[0] == '#' || s.p[0] == '*'))
		s = gp_trim((struct gp_slice){s.p + 1, s.n - 1});
	while (s.n && (s.p[s.n - 1] == ':' || s.p[s.n - 1] == '*'))
		s = gp_trim((struct gp_slice){s.p, s.n - 1});
	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (s.n > strlen(words[i]) && strncasecmp(s.p, words[i], strlen(words[i])) == 0)
			s = gp_trim(
				(struct gp_slice){s.p + strlen(words[i]), s.n - strlen(words[i])});
	while (s.n && s.p[0] == '*')
		s = gp_trim((struct gp_slice){s.p + 1, s.n - 1});
	*path = gp_unwrap(s);
	return path->n != s.n || pathlike(s);
}

/* The label of what starts at line i: the fence's own, else the line before it. */
static bool label(struct gp_slice *path, const struct gp_reader *r, size_t i, size_t floor)
{
	struct gp_slice info;
	char c;

	if (fence(r->v[i], &c, &info) && info_label(path, info))
		return true;
	for (size_t back = 0; i-- > floor && back < 2; back++)
		if (!gp_blank(r->v[i]))
			return !fence(r->v[i], &c, &info) && line_label(path, r->v[i]);
	return false;
}

bool gp_patch_is_fenced(const struct gp_reader *r, size_t i)
{
	struct gp_slice path, info;
	char c;

	return fence(r->v[i], &c, &info) && label(&path, r, i, 0);
}

/* Reading text with blocks and fences in it. */
struct scan {
	struct gp_reader *r;
	size_t floor;         /* lines before it belong to something read */
	struct gp_slice path; /* of the block before, for blocks without one */
	size_t inside;        /* the open fence around blocks: its length, 0 none */
};

static int block_lines(struct gp_reader *r, struct gp_chunk *c, struct marks m)
{
	size_t from = r->at + 1, dividers = 0;
	struct marks other;

	for (r->at++; r->at < r->n; r->at++) {
		struct gp_slice line = r->v[r->at];

		if (marker(line, '=', &m.n, "")) {
			if (dividers++)
				return gp_patch_fault(r, "block", r->at + 1,
				                      "a second divider; give the three markers of "
				                      "this block another length");
		} else if (dividers && marker(line, m.close, &m.n, " REPLACE")) {
			r->at++;
			return 0;
		} else if (opening(&other, line) && other.open == m.open && other.n == m.n) {
			break;
		} else if (dividers) {
			gp_chunk_put(c, line);
		} else {
			gp_chunk_take(c, line);
		}
	}
	return gp_patch_fault(r, "cut", from,
	                      "this block has no %s before the %s; nothing was applied: send all "
	                      "blocks again",
	                      dividers ? "REPLACE marker" : "divider",
	                      r->at < r->n ? "next one" : "end");
}

/* The file record a block goes to: blocks on one path are chunks of one file. */
static struct gp_patch_file *block_file(struct scan *s)
{
	struct gp_patch *p = s->r->out;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].op == GP_PATCH_UPDATE && !p->v[i].create &&
		    gp_slice_is(s->path, p->v[i].path))
			return &p->v[i];
	return gp_patch_add(s->r, GP_PATCH_UPDATE, s->path);
}

static int block(struct scan *s, struct marks m)
{
	struct gp_reader *r = s->r;
	struct gp_slice path, info;
	size_t i = r->at, before = r->out->n;
	struct gp_patch_file *f;
	struct gp_chunk *c;
	char ch;
	int e;

	if (label(&path, r, i, s->floor))
		s->path = path;
	else if (i > s->floor && fence(r->v[i - 1], &ch, &info) && label(&path, r, i - 1, s->floor))
		s->path = path;
	if (!s->path.n)
		return gp_patch_fault(r, "path", i + 1,
		                      "no path before the block; write it on the line before");
	f = block_file(s);
	if (!f)
		return GP_INVALID;
	c = gp_chunk_add(f, i);
	e = block_lines(r, c, m);
	for (i = 0; i < c->old.n && gp_blank(c->old.v[i]); i++)
		;
	if (!e && i == c->old.n && r->out->n > before)
		f->create = true;
	s->floor = r->at;
	return e;
}

/* Past the line that closes the fence opened at r->at; 0 when none does. A fence with an info
 * string inside opens an inner one. */
static size_t fence_end(const struct gp_reader *r)
{
	struct gp_slice info;
	char open, c;
	size_t n = fence(r->v[r->at], &open, &info), depth = 1, k;

	for (size_t i = r->at + 1; i < r->n; i++) {
		k = fence(r->v[i], &c, &info);
		if (k < n || c != open)
			continue;
		depth = info.n ? depth + 1 : depth - 1;
		if (depth == 0)
			return i + 1;
	}
	return 0;
}

/* Whether the next fence after a whole text has no label: then the text itself may have had fences
 * and ended at the wrong one. */
static bool doubtful(const struct gp_reader *r, size_t i, struct gp_slice path)
{
	struct gp_slice info, ignored;
	char c;

	if (!gp_is_prose(path))
		return false;
	for (size_t floor = i; i < r->n; i++)
		if (fence(r->v[i], &c, &info))
			return !label(&ignored, r, i, floor);
	return false;
}

static int whole(struct scan *s, struct gp_slice path, size_t end)
{
	struct gp_reader *r = s->r;
	struct gp_patch_file *f;

	if (doubtful(r, end, path))
		return gp_patch_fault(r, "block", end,
		                      "cannot tell which fence ends this file; use a longer fence "
		                      "around it than any in it");
	f = gp_patch_add(r, GP_PATCH_WHOLE, path);
	if (!f)
		return GP_INVALID;
	for (size_t i = r->at + 1; i + 1 < end; i++) {
		gp_buf_slice(&f->content, r->v[i]);
		gp_buf_chr(&f->content, '\n');
	}
	r->at = s->floor = end;
	return 0;
}

/* Whether the fence opened at r->at is there for blocks. In a labelled one a block must come at
 * once or after its path: later ones may be part of the file's text. */
static bool wraps_block(const struct gp_reader *r, size_t end, bool labelled)
{
	size_t seen = 0;

	for (size_t i = r->at + 1; i < end && (seen < 2 || !labelled); i++) {
		if (gp_patch_is_block(r, i))
			return true;
		seen += !gp_blank(r->v[i]);
	}
	return false;
}

static int at_fence(struct scan *s, size_t n, bool bare)
{
	struct gp_reader *r = s->r;
	struct gp_slice path;
	bool labelled;
	size_t end;

	if (s->inside && bare && n >= s->inside) {
		s->inside = 0;
		r->at++;
		s->floor = r->at;
		return 0;
	}
	labelled = label(&path, r, r->at, s->floor);
	end = fence_end(r);
	if (wraps_block(r, end ? end : r->n, labelled)) {
		s->inside = n;
		r->at++;
		return 0;
	}
	if (!end)
		return gp_patch_fault(r, "cut", r->at + 1,
		                      "this fence is never closed; nothing was applied: send the "
		                      "whole text again");
	if (labelled)
		return whole(s, path, end);
	r->at = s->floor = end;
	return 0;
}

int gp_patch_blocks(struct gp_reader *r)
{
	struct scan s = {.r = r};
	struct gp_slice info;
	struct marks m;
	int e = 0;
	char c;

	while (!e && r->at < r->n) {
		size_t n = fence(r->v[r->at], &c, &info);

		if (opening(&m, r->v[r->at]))
			e = block(&s, m);
		else if (n)
			e = at_fence(&s, n, info.n == 0);
		else if (gp_patch_is_envelope(r, r->at) || gp_patch_is_diff(r, r->at))
			e = gp_patch_fault(r, "mixed", r->at + 1,
			                   "another kind of patch beside blocks");
		else
			r->at++;
	}
	return e;
}
