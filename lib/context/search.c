#define PCRE2_CODE_UNIT_WIDTH 8

#include "lib/context/choose.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/near.h"

#define PATTERN_MAX 1000
#define MATCH_LIMIT 20000
#define HEAP_LIMIT_KIB 4096
#define LINE_SHOWN 300
#define LINE_READ 4096
#define LINES_A_FILE 40
#define INDEX_BOX_MS 300
#define SEARCH_BOX_MS 1500

struct search {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	struct gp_buf *out;
	const char *literal;    /* the pattern, when it is plain text */
	size_t max, found, cut; /* cut: matches that had no room */
	long long end;          /* when to stop */
	bool costly;            /* a match ran into its limit */
};

static void search_clear(struct search *s)
{
	pcre2_code_free(s->code);
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->limits);
}

static int compile(struct search *s, const char *pattern)
{
	PCRE2_UCHAR text[200];
	PCRE2_SIZE at = 0;
	int e = 0;

	if (strlen(pattern) > PATTERN_MAX)
		return gp_fail(GP_INVALID, "the pattern is longer than %d bytes", PATTERN_MAX);
	s->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	                        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
	                                PCRE2_MULTILINE,
	                        &e, &at, NULL);
	if (!s->code) {
		pcre2_get_error_message(e, text, sizeof(text));
		return gp_fail(GP_INVALID, "cannot read the pattern: %s at byte %zu",
		               (const char *)text, (size_t)at);
	}
	pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE);
	s->literal = strpbrk(pattern, "\\^$.[]|()?*+{}") ? NULL : pattern;
	s->data = pcre2_match_data_create_from_pattern(s->code, NULL);
	s->limits = pcre2_match_context_create(NULL);
	if (!s->data || !s->limits)
		return gp_fail(GP_FAILED, "cannot prepare the pattern");
	pcre2_set_match_limit(s->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(s->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(s->limits, HEAP_LIMIT_KIB);
	return 0;
}

static void add_match(struct search *s, const char *path, size_t number, struct gp_slice line)
{
	size_t before = s->out->n;

	s->found++;
	if (s->cut) {
		s->cut++;
		return;
	}
	gp_buf_fmt(s->out, "%s:%zu: %.*s\n", path, number,
	           (int)(line.n < LINE_SHOWN ? line.n : LINE_SHOWN), line.p);
	if (s->out->n > s->max) {
		gp_buf_cut(s->out, before);
		s->cut = 1;
	}
}

/* Line by line, so that the cost of a hostile pattern has a bound: its limits hold for each place
 * where a match could begin, and a line has few of those. */
static void search_lines(struct search *s, const char *path, struct gp_slice text)
{
	struct gp_slice rest = text, line;
	size_t number = 0, in_file = 0;

	while (gp_line(&line, &rest) && in_file < LINES_A_FILE && gp_now_ms() < s->end) {
		size_t n = line.n < LINE_READ ? line.n : LINE_READ;
		int e = pcre2_match(s->code, (PCRE2_SPTR)line.p, n, 0, 0, s->data, s->limits);

		number++;
		if (e < 0) {
			s->costly |= e != PCRE2_ERROR_NOMATCH;
			continue;
		}
		add_match(s, path, number, line);
		in_file++;
	}
}

/* Searched is what is shown: a pattern must not tell what a mask hides. */
static void search_text(struct search *s, const char *path, struct gp_slice text)
{
	gp_auto(gp_buf) masked = {0};

	if (s->literal && !gp_find(text, s->literal))
		return;
	gp_context_mask(&masked, text);
	search_lines(s, path, gp_buf_all(&masked));
}

/* Most patterns hold a name: files that have its words come first, then the others. */
static int likely_first(const void *a, const void *b)
{
	const struct gp_candidate *x = a, *y = b;
	int m = __builtin_popcount(x->has), n = __builtin_popcount(y->has);

	return m != n ? n - m : strcmp(x->path, y->path);
}

static void order(struct gp_candidates *c, const struct gp_context_options *o, const char *pattern)
{
	gp_auto(gp_terms) terms = {0};

	gp_terms_of(&terms, gp_slice(pattern));
	if (terms.n)
		gp_index_ask(c, &terms, o->repo, INDEX_BOX_MS);
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), likely_first);
}

/* What was passed over, so that "nothing found" is never more than was looked at. */
struct passed {
	size_t late, large;
};

static void search_file(struct search *s, struct passed *passed, const struct gp_candidate *f,
                        struct gp_repo *r)
{
	gp_auto(gp_buf) text = {0};
	int e;

	if (gp_now_ms() >= s->end || s->cut > 1000 || gp_stopped()) {
		passed->late++;
		return;
	}
	e = f->known && f->bytes > GP_CONTEXT_FILE_MAX
	            ? GP_LIMIT
	            : gp_candidate_read(&text, r, f, GP_CONTEXT_FILE_MAX);
	if (e == GP_LIMIT)
		passed->large++;
	else if (e == 0 && !memchr(gp_buf_text(&text), 0, text.n))
		search_text(s, f->path, gp_buf_all(&text));
}

static void search_all(struct search *s, struct passed *passed, const struct gp_candidates *c,
                       const struct gp_context_options *o, const char *glob)
{
	s->end = gp_now_ms() + SEARCH_BOX_MS;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].kind != GP_NAME_NOISE &&
		    (!glob || !*glob || gp_glob_match(glob, c->v[i].path)))
			search_file(s, passed, &c->v[i], o->repo);
}

static void say_what_is_missing(struct gp_buf *out, const struct search *s,
                                const struct passed *passed)
{
	if (s->cut)
		gp_buf_fmt(out, "[%zu more matches left out; narrow the pattern or the glob]\n",
		           s->cut);
	if (passed->late)
		gp_buf_fmt(out, "[%zu files were not searched for want of time; give a glob]\n",
		           passed->late);
	if (passed->large)
		gp_buf_fmt(out, "[%zu files of more than %zu KiB were not searched]\n",
		           passed->large, GP_CONTEXT_FILE_MAX >> 10);
	if (s->costly)
		gp_buf_str(out,
		           "[the pattern was too costly on some lines, which were passed over]\n");
}

int gp_context_search(struct gp_buf *out, const struct gp_context_options *o, const char *pattern,
                      const char *glob, size_t max)
{
	__attribute__((cleanup(search_clear))) struct search s = {.out = out};
	gp_auto(gp_candidates) c = {0};
	struct passed passed = {0, 0};
	int e = compile(&s, pattern);

	if (e < 0)
		return e;
	if (gp_candidates_list(&c, o) < 0)
		return gp_within(GP_FAILED, "cannot search");
	s.max = out->n + max;
	order(&c, o, pattern);
	search_all(&s, &passed, &c, o, glob);
	if (s.found == 0)
		gp_buf_fmt(out, "nothing found%s%s\n", glob && *glob ? " in files that match " : "",
		           glob ? glob : "");
	say_what_is_missing(out, &s, &passed);
	return 0;
}

static int not_found(const struct gp_context_options *o, const char *path)
{
	gp_auto(gp_candidates) c = {0};
	struct gp_near near = {.word = path};

	if (gp_candidates_list(&c, o) < 0)
		return GP_FAILED;
	for (size_t i = 0; i < c.n && !near.best; i++)
		if (c.v[i].kind != GP_NAME_NOISE &&
		    strcmp(gp_base_name(c.v[i].path), gp_base_name(path)) == 0)
			near.best = c.v[i].path;
	for (size_t i = 0; i < c.n && !near.best; i++)
		if (strcasestr(c.v[i].path, gp_base_name(path)))
			near.best = c.v[i].path;
	if (!near.best)
		for (size_t i = 0; i < c.n; i++)
			gp_near_try(&near, c.v[i].path);
	if (near.best)
		return gp_fail(GP_NOTFOUND, "there is no '%s'; nearest is '%s'", path, near.best);
	return gp_fail(GP_NOTFOUND, "there is no '%s'", path);
}

/* Appends lines from..to with their numbers; *cut tells where it had to stop, 0 when it had not. */
static void number_lines(struct gp_buf *out, size_t *cut, struct gp_slice text, size_t from,
                         size_t to, size_t max)
{
	struct gp_slice rest = text, line;

	*cut = 0;
	for (size_t i = 1; gp_line(&line, &rest) && (to == 0 || i <= to); i++) {
		if (i < from)
			continue;
		if (out->n + line.n + 24 > max) {
			*cut = i;
			return;
		}
		gp_buf_fmt(out, "%zu| %.*s\n", i, (int)line.n, line.p);
	}
}

int gp_context_read(struct gp_buf *out, const struct gp_context_options *o, const char *path,
                    long from, long to, size_t max)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) masked = {0};
	struct gp_oid oid;
	enum gp_name_kind kind;
	unsigned mode;
	size_t cut, before = out->n;
	int e = gp_repo_entry(&oid, &mode, o->repo, &o->tree, path);

	if (e == GP_NOTFOUND)
		return not_found(o, path);
	if (e < 0)
		return e;
	if (!gp_may_show(&kind, o, path, mode))
		return gp_fail(GP_REFUSED,
		               "'%s' is not shown: no plain file, named like a "
		               "credential, or excluded by the settings",
		               path);
	e = gp_repo_blob(&text, o->repo, &oid, 4 * GP_CONTEXT_FILE_MAX);
	if (e == GP_LIMIT)
		return gp_fail(GP_REFUSED, "'%s' is too large to be shown", path);
	if (e < 0)
		return e;
	if (memchr(gp_buf_text(&text), 0, text.n))
		return gp_fail(GP_REFUSED, "'%s' is not text", path);
	gp_context_mask(&masked, gp_buf_all(&text));
	number_lines(out, &cut, gp_buf_all(&masked), from > 0 ? (size_t)from : 1,
	             to > 0 ? (size_t)to : 0, before + max);
	if (cut)
		gp_buf_fmt(out, "[cut: ask for lines from %zu on]\n", cut);
	else if (out->n == before)
		gp_buf_fmt(out, "[no lines there: '%s' is shorter]\n", path);
	return 0;
}
