#include "lib/context/choose.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Okapi BM25, with the weights of the fields before saturation: a word in a file's name or in a
 * definition tells three times as much as one in its body. */
#define K1 1.2
#define B 0.75
#define NAME_WEIGHT 3
#define FOLDER_WEIGHT 1.5
#define DEFINED_WEIGHT 3
#define REREAD 32
#define IMPORTERS 4
#define IMPORTS_MAX 64
#define IMPORT_SHARE 0.4
#define NAMED_SCORE 1e6

struct path_words {
	const struct gp_terms *t;
	uint32_t found;
	/* the folder last looked at: its files come one after another */
	const char *folder;
	size_t folder_n;
	uint32_t in_folder;
};

static void see_path_word(void *ctx, const struct gp_word *w)
{
	struct path_words *p = ctx;
	int term = gp_term_of(p->t, w->hash);

	if (term >= 0)
		p->found |= (uint32_t)1 << term;
}

static uint32_t terms_in(struct path_words *p, const char *text, size_t n)
{
	p->found = 0;
	gp_words((struct gp_slice){text, n}, see_path_word, p);
	return p->found;
}

static uint32_t terms_in_folder(struct path_words *p, const char *path, size_t n)
{
	if (!p->folder || p->folder_n != n || memcmp(p->folder, path, n) != 0) {
		p->in_folder = terms_in(p, path, n);
		p->folder = path;
		p->folder_n = n;
	}
	return p->in_folder;
}

/* taskstore.js is about tasks though its words are not parted. */
static uint32_t inside_name(const struct gp_terms *t, const char *base)
{
	uint32_t found = 0;
	char low[256];
	size_t n = 0;

	for (; base[n] && n + 1 < sizeof(low); n++)
		low[n] = (char)tolower((unsigned char)base[n]);
	low[n] = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].text[3] && strstr(low, t->v[i].text))
			found |= (uint32_t)1 << i;
	return found;
}

static bool is_named(const struct gp_terms *t, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < t->paths.n; i++) {
		size_t m = strlen(t->paths.v[i]);

		if (m <= n && strcmp(path + n - m, t->paths.v[i]) == 0 &&
		    (m == n || path[n - m - 1] == '/'))
			return true;
	}
	return false;
}

/* With nothing else to go by: what is near the top, and what a program begins with. */
static double prior(const char *path, const char *base)
{
	static const char *const begins[] = {"main.", "index.", "app.", "lib.", "server.", "cli."};
	double score = 0.01;

	for (const char *p = path; (p = strchr(p, '/')); p++)
		score /= 1.5;
	for (size_t i = 0; i < GP_COUNT(begins); i++)
		if (*base == *begins[i] && gp_starts(base, begins[i]))
			score *= 3;
	return score;
}

static void find_in_path(struct gp_candidate *f, struct path_words *p)
{
	const char *base = gp_base_name(f->path);

	f->in_name = terms_in(p, base, strlen(base)) | inside_name(p->t, base);
	f->in_folder = terms_in_folder(p, f->path, (size_t)(base - f->path)) & ~f->in_name;
	f->named = is_named(p->t, f->path);
	f->prior = (float)prior(f->path, base);
}

void gp_rank_paths(struct gp_candidates *c, const struct gp_terms *t)
{
	size_t files_with[GP_TERMS_MAX] = {0};
	double worth[GP_TERMS_MAX] = {0};
	struct path_words words = {.t = t};

	for (size_t i = 0; i < c->n; i++) {
		struct gp_candidate *f = &c->v[i];

		find_in_path(f, &words);
		for (size_t k = 0; k < t->n && (f->in_name | f->in_folder) >> k; k++)
			files_with[k] += ((f->in_name | f->in_folder) >> k) & 1;
	}
	for (size_t k = 0; k < t->n; k++)
		worth[k] = t->v[k].weight / (1 + log(1 + (double)files_with[k]));
	for (size_t i = 0; i < c->n; i++) {
		struct gp_candidate *f = &c->v[i];

		f->score = f->prior + (f->named ? NAMED_SCORE : 0);
		for (size_t k = 0; k < t->n && (f->in_name | f->in_folder) >> k; k++)
			f->score += worth[k] * (((f->in_name >> k) & 1) * NAME_WEIGHT +
			                        ((f->in_folder >> k) & 1) * FOLDER_WEIGHT);
		if (f->kind == GP_NAME_NOISE)
			f->score = f->named ? NAMED_SCORE : -1;
	}
}

static void weigh_terms(const struct gp_candidates *c, struct gp_terms *t, double *average)
{
	double n = 0, bytes = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].known && c->v[i].text) {
			n++;
			bytes += (double)c->v[i].bytes;
		}
	*average = n > 0 ? bytes / n : 1;
	for (size_t k = 0; k < t->n; k++) {
		double with = 0;

		for (size_t i = 0; i < c->n; i++)
			with += (c->v[i].has >> k) & 1;
		/* a word of every other file still says a little */
		t->v[k].rarity = log(1 + (n - with + 0.5) / (with + 0.5));
	}
}

/* How often each term stands in a file, a definition counting more. */
struct counts {
	const struct gp_terms *t;
	double v[GP_TERMS_MAX];
};

static double score(const struct gp_candidate *f, const struct counts *body, double average)
{
	double length = 1 - B + B * (double)f->bytes / (average > 0 ? average : 1), sum = 0;

	for (size_t k = 0; k < body->t->n; k++) {
		double tf = body->v[k] / length + ((f->in_name >> k) & 1) * NAME_WEIGHT +
		            ((f->in_folder >> k) & 1) * FOLDER_WEIGHT;

		sum += body->t->v[k].weight * body->t->v[k].rarity * tf * (K1 + 1) / (tf + K1);
	}
	sum *= f->kind == GP_NAME_DOC || f->kind == GP_NAME_MANIFEST ? 0.3 : f->test ? 0.6 : 1;
	if (f->kind == GP_NAME_NOISE || (f->known && !f->text))
		sum = 0;
	return sum + f->prior + (f->named ? NAMED_SCORE : 0);
}

static void score_by_index(struct gp_candidate *f, const struct gp_terms *t, double average)
{
	struct counts body = {.t = t};

	if (!(f->has | f->in_name | f->in_folder | f->named)) {
		f->score = f->prior;
		return;
	}
	for (size_t k = 0; k < t->n; k++)
		body.v[k] = ((f->has >> k) & 1) + ((f->defines >> k) & 1) * DEFINED_WEIGHT;
	f->score = score(f, &body, average);
}

static void count_word(void *ctx, const struct gp_word *w)
{
	struct counts *c = ctx;
	int k = gp_term_of(c->t, w->hash);

	if (k >= 0)
		c->v[k] += (w->kind & GP_WORD_DEFINED) ? DEFINED_WEIGHT : 1;
}

/* Names of modules that the best files bring in, and how much that counts. */
struct imports {
	uint64_t hash[IMPORTS_MAX];
	double worth[IMPORTS_MAX];
	size_t n;
};

static uint64_t stem_hash(struct gp_slice path)
{
	const char *slash = memrchr(path.p, '/', path.n), *dot;

	if (slash) {
		path.n -= (size_t)(slash + 1 - path.p);
		path.p = slash + 1;
	}
	dot = memchr(path.p, '.', path.n);
	if (dot && dot > path.p)
		path.n = (size_t)(dot - path.p);
	return path.n ? gp_hash(GP_HASH, path.p, path.n) : 0;
}

static bool brings_in(struct gp_slice line)
{
	static const char *const words[] = {"import", "from",  "#include", "require", "use ",
	                                    "mod ",   "const", "var",      "let"};
	bool calls = gp_find(line, "require") || gp_find(line, "import");

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (line.n > strlen(words[i]) && memcmp(line.p, words[i], strlen(words[i])) == 0)
			return i < 6 || calls;
	return false;
}

/* Every run of path characters on an import line could name a file of ours. */
static void add_imports(struct imports *in, struct gp_slice text, double worth)
{
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		if (!brings_in(line))
			continue;
		for (size_t i = 0, n; i < line.n && in->n < IMPORTS_MAX; i += n + 1) {
			for (n = 0; i + n < line.n && (isalnum((unsigned char)line.p[i + n]) ||
			                               strchr("_-/.", line.p[i + n]));)
				n++;
			if (n < 3)
				continue;
			in->worth[in->n] = worth;
			in->hash[in->n] = stem_hash((struct gp_slice){line.p + i, n});
			in->n += in->hash[in->n] != 0;
		}
	}
}

static void lift_imported(struct gp_candidates *c, const struct imports *in)
{
	for (size_t i = 0; i < c->n && in->n; i++) {
		struct gp_candidate *f = &c->v[i];
		uint64_t stem = stem_hash(gp_slice(f->path));
		double best = 0;

		for (size_t k = 0; k < in->n; k++)
			if (in->hash[k] == stem && in->worth[k] > best)
				best = in->worth[k];
		if (f->kind == GP_NAME_PLAIN && !f->test && (!f->known || f->text))
			f->score += best;
	}
}

static int best_first(const void *a, const void *b, void *ctx)
{
	const struct gp_candidates *c = ctx;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

	if (c->v[i].score != c->v[j].score)
		return c->v[i].score > c->v[j].score ? -1 : 1;
	return i < j ? -1 : 1;
}

static void sort(struct gp_candidates *c)
{
	qsort_r(c->ranked, c->n, sizeof(*c->ranked), best_first, c);
}

/* The index only says that a word is there; the best files are read to count. */
static void reread(struct gp_candidates *c, const struct gp_terms *t, struct gp_repo *r,
                   double average)
{
	struct imports in = {.n = 0};

	for (size_t i = 0; i < c->n && i < REREAD; i++) {
		struct gp_candidate *f = &c->v[c->ranked[i]];
		struct counts body = {.t = t};
		gp_auto(gp_buf) text = {0};

		if (!f->known || !f->text || f->score < 0.05 ||
		    gp_candidate_read(&text, r, f, GP_CONTEXT_FILE_MAX) < 0)
			continue;
		gp_words(gp_buf_all(&text), count_word, &body);
		f->score = score(f, &body, average);
		if (i < IMPORTERS && f->kind == GP_NAME_PLAIN)
			add_imports(&in, gp_buf_all(&text), IMPORT_SHARE * fmin(f->score, 100));
	}
	lift_imported(c, &in);
}

void gp_rank(struct gp_candidates *c, struct gp_terms *t, struct gp_repo *r)
{
	double average;

	weigh_terms(c, t, &average);
	for (size_t i = 0; i < c->n; i++)
		score_by_index(&c->v[i], t, average);
	gp_free(c->ranked);
	c->ranked = gp_alloc(c->n * sizeof(*c->ranked));
	for (size_t i = 0; i < c->n; i++)
		c->ranked[i] = (uint32_t)i;
	sort(c);
	reread(c, t, r, average);
	sort(c);
}
