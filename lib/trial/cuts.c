#include "lib/trial/cuts.h"

#include <stdlib.h>
#include <string.h>

#define MUTANTS_MAX 4000

void gp_cuts_clear(struct gp_cuts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		gp_free(c->v[i].path);
		gp_buf_clear(&c->v[i].put);
	}
	gp_free(c->v);
	*c = (struct gp_cuts){0};
}

struct gp_cut *gp_cuts_add(struct gp_cuts *c, const char *path, long first, long last, size_t most)
{
	if (c->n >= most) {
		c->left_out++;
		return NULL;
	}
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n] = (struct gp_cut){.path = gp_strdup(path), .first = first, .last = last};
	return &c->v[c->n++];
}

/* Both versions by lines. */
struct sides {
	struct gp_cuts *out;
	const char *path;
	struct gp_source old, new;
};

static bool has_code(const struct gp_source *c, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (gp_source_part(c, i).n)
			return true;
	return false;
}

static void add(struct sides *s, const struct gp_hunk *h)
{
	struct gp_cut *c;
	long first = (long)h->new_at + 1, last = (long)(h->new_at + h->new_n);

	if (!has_code(&s->old, h->old_at, h->old_n) && !has_code(&s->new, h->new_at, h->new_n))
		return;
	if (h->new_n == 0)
		first = last = h->new_at ? (long)h->new_at : 1;
	c = gp_cuts_add(s->out, s->path, first, last, GP_CUT_HUNKS);
	if (!c)
		return;
	c->lines = h->old_n + h->new_n;
	c->at = s->new.at[h->new_at];
	c->n = s->new.at[h->new_at + h->new_n] - c->at;
	gp_buf_add(&c->put, s->old.text.p + s->old.at[h->old_at],
	           s->old.at[h->old_at + h->old_n] - s->old.at[h->old_at]);
}

static size_t indent(struct gp_slice line)
{
	size_t n = 0;

	while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	return n;
}

static bool begins_block(const struct gp_source *c, size_t i, size_t most)
{
	struct gp_slice line = gp_source_line(c, i);

	return gp_trim(gp_source_line(c, i - 1)).n == 0 && gp_trim(line).n &&
	       indent(line) <= most && !strchr("})]", line.p[indent(line)]) && c->depth[i] == 0;
}

/* Lines that only come, block by block. */
static void add_blocks(struct sides *s, const struct gp_hunk *h)
{
	size_t from = h->new_at, end = h->new_at + h->new_n, most = 0;

	for (size_t i = from; i < end; i++)
		if (gp_trim(gp_source_line(&s->new, i)).n) {
			most = indent(gp_source_line(&s->new, i));
			break;
		}
	for (size_t i = from + 1; i <= end; i++) {
		const struct gp_hunk block = {h->old_at, 0, from, i - from};

		if (i < end && !begins_block(&s->new, i, most))
			continue;
		add(s, &block);
		from = i;
	}
}

static bool is_text(const struct gp_cut_side *side)
{
	return side->mode == 0 ||
	       ((side->mode & 0170000) == 0100000 && side->text.n <= GP_CUT_TEXT &&
	        !(side->text.n && memchr(side->text.p, 0, side->text.n)));
}

static void add_whole(struct gp_cuts *out, const char *path)
{
	struct gp_cut *c = gp_cuts_add(out, path, 0, 0, GP_CUT_HUNKS);

	if (!c)
		return;
	c->back = true;
	c->lines = GP_CUT_TEXT;
}

static int add_hunks(struct sides *s)
{
	gp_auto(gp_hunks) hunks = {0};
	int e = gp_repo_hunks(&hunks, s->old.text, s->new.text);

	for (size_t i = 0; !e && i < hunks.n; i++) {
		const struct gp_hunk *h = &hunks.v[i];

		/* what is not of these texts is not cut out of them */
		if (h->old_at + h->old_n > s->old.n || h->new_at + h->new_n > s->new.n)
			e = gp_fail(GP_FAILED, "a hunk of '%s' is beyond its end", s->path);
		else if (h->old_n)
			add(s, h);
		else
			add_blocks(s, h);
	}
	return e;
}

int gp_cuts_hunks(struct gp_cuts *out, const char *path, const struct gp_cut_side *old,
                  const struct gp_cut_side *new)
{
	struct sides s = {.out = out, .path = path};
	const struct gp_language *l = gp_source_language(path);
	int e;

	if (gp_source_is_prose(path))
		return 0;
	if (!is_text(old) || !is_text(new) || new->mode == 0 ||
	    (old->mode == 0 && l->style == GP_CODE_DATA)) {
		if (old->mode != new->mode || !gp_slice_eq(old->text, new->text))
			add_whole(out, path);
		return 0;
	}
	gp_source_read(&s.old, l, old->text);
	gp_source_read(&s.new, l, new->text);
	e = add_hunks(&s);
	gp_source_clear(&s.old);
	gp_source_clear(&s.new);
	return e;
}

static int by_size(const void *a, const void *b)
{
	const struct gp_cut *x = a, *y = b;
	int by_path = strcmp(x->path, y->path);

	if (x->lines != y->lines)
		return x->lines < y->lines ? -1 : 1;
	return by_path ? by_path : (x->first > y->first) - (x->first < y->first);
}

void gp_cuts_sort(struct gp_cuts *c)
{
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), by_size);
}

static bool is_import(struct gp_slice part)
{
	static const char *const heads[] = {"import ", "from ",      "use ",      "using ",
	                                    "#",       "package",    "require",   "@",
	                                    "extern ", "mod ",       "export * ", "export {",
	                                    "module ", "namespace ", "include ",  "typedef "};

	for (size_t i = 0; i < GP_COUNT(heads); i++)
		if (part.n >= strlen(heads[i]) && memcmp(part.p, heads[i], strlen(heads[i])) == 0)
			return true;
	return gp_find(part, "= require(") || gp_find(part, "await import(");
}

/* The part of line that is in none of the old lines, by the one most like it. */
static struct gp_slice changed_part(struct gp_slice line, struct gp_slice old)
{
	struct gp_slice was, best = line;

	while (gp_line(&was, &old)) {
		size_t head = 0, tail = 0, least = line.n < was.n ? line.n : was.n;

		while (head < least && line.p[head] == was.p[head])
			head++;
		while (tail < least - head && line.p[line.n - 1 - tail] == was.p[was.n - 1 - tail])
			tail++;
		if (line.n - head - tail < best.n)
			best = (struct gp_slice){line.p + head, line.n - head - tail};
	}
	return best;
}

/* Drops the mutants from place from on that change nothing in part. */
static void keep_within(struct gp_cuts *c, size_t from, const char *text, struct gp_slice part)
{
	size_t begin = (size_t)(part.p - text), end = begin + part.n, n = from;

	for (size_t i = from; i < c->n; i++) {
		struct gp_cut *m = &c->v[i];

		if (m->at < end && m->at + m->n > begin) {
			c->v[n++] = *m;
			continue;
		}
		gp_free(m->path);
		gp_buf_clear(&m->put);
	}
	c->n = n;
}

static void mutate(struct gp_cuts *out, const struct gp_source *code, const struct gp_cut *hunk,
                   size_t i)
{
	size_t from = out->n;

	if (is_import(gp_source_part(code, i)) || out->n >= MUTANTS_MAX)
		return;
	gp_mutate_line(out, hunk->path, code, i);
	if (hunk->put.n)
		keep_within(out, from, code->text.p,
		            changed_part(gp_source_line(code, i), gp_buf_all(&hunk->put)));
}

void gp_cuts_mutants(struct gp_cuts *out, const char *path, struct gp_slice new,
                     const struct gp_cuts *hunks)
{
	const struct gp_language *l = gp_source_language(path);
	gp_auto(gp_source) code = {0};

	if (l->style == GP_CODE_DATA || new.n > GP_CUT_TEXT || gp_source_is_prose(path))
		return;
	gp_source_read(&code, l, new);
	for (size_t h = 0; h < hunks->n; h++) {
		const struct gp_cut *c = &hunks->v[h];

		if (c->unnoticed || c->back || c->n == 0 || strcmp(c->path, path) != 0)
			continue;
		for (long i = c->first - 1; i < c->last && (size_t)i < code.n; i++)
			mutate(out, &code, c, (size_t)i);
	}
}

static uint64_t hash_of(const struct gp_cut *c)
{
	uint64_t h = gp_hash(GP_HASH, c->path, strlen(c->path));

	h = gp_hash(h, &c->at, sizeof(c->at));
	return gp_hash(h, c->what, strlen(c->what));
}

/* How much a candidate is like those chosen; the least is next. */
static uint64_t likeness(const struct gp_cuts *c, size_t chosen, const struct gp_cut *candidate)
{
	uint64_t lines = 0, kinds = 0;

	for (size_t i = 0; i < chosen; i++) {
		lines += c->v[i].first == candidate->first &&
		         strcmp(c->v[i].path, candidate->path) == 0;
		kinds += c->v[i].what == candidate->what;
	}
	return lines << 60 | kinds << 56 | (hash_of(candidate) >> 8);
}

void gp_cuts_choose(struct gp_cuts *c)
{
	size_t n = 0;

	for (; n < GP_MUTANTS && n < c->n; n++) {
		size_t best = n;
		uint64_t least = likeness(c, n, &c->v[n]);
		struct gp_cut swap;

		for (size_t i = n + 1; i < c->n; i++) {
			uint64_t now = likeness(c, n, &c->v[i]);

			if (now < least) {
				least = now;
				best = i;
			}
		}
		swap = c->v[n];
		c->v[n] = c->v[best];
		c->v[best] = swap;
	}
	for (size_t i = n; i < c->n; i++) {
		gp_free(c->v[i].path);
		gp_buf_clear(&c->v[i].put);
	}
	c->n = n;
}

void gp_cut_text(struct gp_buf *out, const struct gp_cut *c, struct gp_slice new)
{
	gp_buf_add(out, new.p, c->at);
	gp_buf_slice(out, gp_buf_all(&c->put));
	gp_buf_add(out, new.p + c->at + c->n, new.n - c->at - c->n);
}
