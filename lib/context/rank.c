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
	uint64_t pairs[GP_TERMS_MAX]; /* of each term's text */
	uint32_t found;
	/* the folder last looked at: its files come one after another */
	const char *folder;
	size_t folder_n;
	uint32_t in_folder;
	double near_top;
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

/* With nothing else to go by: what is near the top. */
static double near_top(const char *path, size_t n)
{
	double score = 0.01;

	for (size_t i = 0; i < n; i++)
		if (path[i] == '/')
			score /= 1.5;
	return score;
}

static void look_at_folder(struct path_words *p, const char *path, size_t n)
{
	if (p->folder && p->folder_n == n && memcmp(p->folder, path, n) == 0)
		return;
	p->in_folder = terms_in(p, path, n);
	p->near_top = near_top(path, n);
	p->folder = path;
	p->folder_n = n;
}

/* Which pairs of neighbours a text has, folded into few bits: a term with others is not in it. */
static uint64_t pairs_of(const char *s)
{
	uint64_t bits = 0;

	for (; s[0] && s[1]; s++)
		bits |= (uint64_t)1 << (((unsigned char)s[0] * 7u + (unsigned char)s[1]) & 63);
	return bits;
}

/* taskstore.js is about tasks though its words are not parted. */
static uint32_t inside_name(const struct path_words *p, const char *base)
{
	const struct gp_terms *t = p->t;
	uint32_t found = 0;
	uint64_t pairs;
	char low[256];
	size_t n = strnlen(base, sizeof(low) - 1);

	gp_ascii_lower(low, base, n);
	low[n] = 0;
	pairs = pairs_of(low);
	for (size_t i = 0; i < t->n; i++)
		if (!(p->pairs[i] & ~pairs) && t->v[i].text[3] && strstr(low, t->v[i].text))
			found |= (uint32_t)1 << i;
	return found;
}

static bool is_named(const struct gp_terms *t, const char *path)
{
	for (size_t i = 0; i < t->paths.n; i++) {
		size_t n = strlen(path), m = strlen(t->paths.v[i]);

		if (m <= n && strcmp(path + n - m, t->paths.v[i]) == 0 &&
		    (m == n || path[n - m - 1] == '/'))
			return true;
	}
	return false;
}

/* And what a program begins with. */
static bool begins_program(const char *base)
{
	static const char *const begins[] = {"main.", "index.", "app.", "lib.", "server.", "cli."};

	for (size_t i = 0; i < GP_COUNT(begins); i++)
		if (*base == *begins[i] && gp_starts(base, begins[i]))
			return true;
	return false;
}

static void find_in_path(struct gp_candidate *f, struct path_words *p)
{
	const char *base = gp_base_name(f->path);

	look_at_folder(p, f->path, (size_t)(base - f->path));
	f->in_name = terms_in(p, base, strlen(base)) | inside_name(p, base);
	f->in_folder = p->in_folder & ~f->in_name;
	f->named = is_named(p->t, f->path);
	f->prior = (float)(p->near_top * (begins_program(base) ? 3 : 1));
}

static void count_terms(size_t *files_with, uint32_t terms)
{
	for (; terms; terms &= terms - 1)
		files_with[__builtin_ctz(terms)]++;
}

void gp_rank_paths(struct gp_candidates *c, const struct gp_terms *t)
{
	size_t files_with[GP_TERMS_MAX] = {0};
	double worth[GP_TERMS_MAX] = {0};
	struct path_words words = {.t = t};

	for (size_t k = 0; k < t->n; k++)
		words.pairs[k] = pairs_of(t->v[k].text);
	for (size_t i = 0; i < c->n; i++) {
		struct gp_candidate *f = &c->v[i];

		find_in_path(f, &words);
		count_terms(files_with, f->in_name | f->in_folder);
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

static double rarity(double all, double with)
{
	/* a word of every other file still says a little */
	return log(1 + (all - with + 0.5) / (with + 0.5));
}

/* A word of all files may still be the name of one. */
static void weigh_terms(const struct gp_candidates *c, struct gp_terms *t, double *average)
{
	size_t files_with[GP_TERMS_MAX] = {0}, names_with[GP_TERMS_MAX] = {0};
	double n = 0, bytes = 0;

	for (size_t i = 0; i < c->n; i++) {
		count_terms(files_with, c->v[i].has);
		count_terms(names_with, c->v[i].in_name);
		if (c->v[i].known && c->v[i].text) {
			n++;
			bytes += (double)c->v[i].bytes;
		}
	}
	*average = n > 0 ? bytes / n : 1;
	for (size_t k = 0; k < t->n; k++) {
		t->v[k].rarity = rarity(n, (double)files_with[k]);
		t->v[k].name_rarity = rarity((double)c->n, (double)names_with[k]);
	}
}

/* How often each term stands in a file, a definition counting more. */
struct counts {
	const struct gp_terms *t;
	double v[GP_TERMS_MAX];
};

static double rare(const struct gp_term *t, bool in_name)
{
	return in_name && t->name_rarity > t->rarity ? t->name_rarity : t->rarity;
}

static double score(const struct gp_candidate *f, const struct counts *body, double average)
{
	double length = 1 - B + B * (double)f->bytes / (average > 0 ? average : 1), sum = 0;

	for (size_t k = 0; k < body->t->n; k++) {
		double tf = body->v[k] / length + ((f->in_name >> k) & 1) * NAME_WEIGHT +
		            ((f->in_folder >> k) & 1) * FOLDER_WEIGHT;

		if (tf <= 0)
			continue;
		sum += body->t->v[k].weight * rare(&body->t->v[k], f->in_name >> k & 1) * tf *
		       (K1 + 1) / (tf + K1);
	}
	sum *= f->kind == GP_NAME_DOC || f->kind == GP_NAME_MANIFEST ? 0.3 : f->test ? 0.6 : 1;
	if (f->kind == GP_NAME_NOISE || (f->known && !f->text))
		sum = 0;
	return sum + f->prior + (f->named ? NAMED_SCORE : 0);
}

static void score_by_index(struct gp_candidate *f, const struct gp_terms *t, double average)
{
	struct counts body = {.t = t};

	if (!(f->has | f->in_name | f->in_folder) && !f->named) {
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

static bool better(const struct gp_candidates *c, uint32_t i, uint32_t j)
{
	if (c->v[i].score != c->v[j].score)
		return c->v[i].score > c->v[j].score;
	return i < j;
}

/* Restores the order of a heap of n places below the one at. */
static void sift(struct gp_candidates *c, size_t at, size_t n)
{
	uint32_t *v = c->ranked, place = v[at];

	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && better(c, v[child + 1], v[child]))
			child++;
		if (!better(c, v[child], place))
			break;
		v[at] = v[child];
	}
	v[at] = place;
}

/* Few of many files are ever asked for: a heap is all the order that is made at once. */
static void begin_ranks(struct gp_candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->ranked[i] = (uint32_t)i;
	for (size_t i = c->n / 2; i-- > 0;)
		sift(c, i, c->n);
	c->nranked = 0;
}

/* The best of the heap goes to its end, and the heap ends before it. */
struct gp_candidate *gp_ranked(struct gp_candidates *c, size_t i)
{
	while (c->nranked <= i) {
		size_t last = c->n - ++c->nranked;
		uint32_t best = c->ranked[0];

		c->ranked[0] = c->ranked[last];
		c->ranked[last] = best;
		sift(c, 0, last);
	}
	return &c->v[c->ranked[c->n - 1 - i]];
}

/* The index only says that a word is there; the best files are read to count. */
static void reread(struct gp_candidates *c, const struct gp_terms *t, struct gp_repo *r,
                   double average)
{
	struct imports in = {.n = 0};

	for (size_t i = 0; i < c->n && i < REREAD; i++) {
		struct gp_candidate *f = gp_ranked(c, i);
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
	begin_ranks(c);
	reread(c, t, r, average);
	begin_ranks(c);
}
