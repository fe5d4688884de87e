#include "lib/context/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REQUEST_READ ((size_t)16 << 10)
#define PATHS_MAX 16

/* Words of requests that tell no file from another. */
static const char *const idle_words[] = {
	"a",       "about",   "add",  "added",  "adding",  "after",  "all",   "allow",     "also",
	"an",      "and",     "any",  "are",    "as",      "at",     "be",    "been",      "before",
	"but",     "by",      "can",  "cannot", "change",  "code",   "could", "do",        "does",
	"doesn",   "don",     "each", "every",  "file",    "files",  "fix",   "for",       "from",
	"get",     "give",    "had",  "has",    "have",    "how",    "if",    "implement", "in",
	"instead", "into",    "is",   "isn",    "it",      "its",    "just",  "let",       "like",
	"make",    "makes",   "may",  "me",     "more",    "must",   "my",    "need",      "needs",
	"new",     "no",      "not",  "now",    "of",      "on",     "one",   "only",      "or",
	"other",   "our",     "out",  "over",   "please",  "should", "show",  "so",        "some",
	"such",    "support", "than", "that",   "the",     "their",  "them",  "then",      "there",
	"these",   "they",    "this", "to",     "too",     "up",     "us",    "use",       "used",
	"using",   "want",    "was",  "we",     "were",    "what",   "when",  "where",     "which",
	"while",   "who",     "will", "with",   "without", "work",   "works", "would",     "you",
	"your",
};

static bool idle(struct gp_slice w)
{
	for (size_t i = 0; i < GP_COUNT(idle_words); i++)
		if (strlen(idle_words[i]) == w.n && strncasecmp(idle_words[i], w.p, w.n) == 0)
			return true;
	return false;
}

int gp_term_of(const struct gp_terms *t, uint64_t hash)
{
	if (!(t->filter >> (hash & 63) & 1))
		return -1;
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->v[i].n; k++)
			if (t->v[i].hash[k] == hash)
				return (int)i;
	return -1;
}

/* priority and priorities, class and classes: the plurals that a last s does not cover. */
static void spell(struct gp_term *t, struct gp_slice w, uint64_t hash)
{
	char other[64];
	int n = (int)w.n;

	t->hash[t->n++] = hash;
	if (w.n < 4 || w.n > 40)
		return;
	if (tolower((unsigned char)w.p[n - 1]) == 'y')
		snprintf(other, sizeof(other), "%.*sie", n - 1, w.p);
	else if (n > 5 && strncasecmp(w.p + n - 3, "ies", 3) == 0)
		snprintf(other, sizeof(other), "%.*sy", n - 3, w.p);
	else if (n > 5 && strncasecmp(w.p + n - 2, "es", 2) == 0)
		snprintf(other, sizeof(other), "%.*s", n - 2, w.p);
	else
		snprintf(other, sizeof(other), "%.*se", n, w.p);
	t->hash[t->n++] = gp_word_hash(gp_slice(other));
}

struct reading {
	struct gp_terms *out;
	struct gp_slice text;
	uint32_t parts;    /* terms in the identifier at hand */
	size_t identifier; /* where it begins */
};

/* The parts of an identifier come before it as a whole, and stand without a gap but '_'. */
static uint32_t note_part(struct reading *r, const struct gp_word *w, int term)
{
	uint32_t parts = r->parts;

	if (w->kind & GP_WORD_WHOLE) {
		r->parts = 0;
		return parts;
	}
	for (size_t i = r->identifier; i < w->at; i++)
		if (!isalnum((unsigned char)r->text.p[i]) && r->text.p[i] != '_') {
			r->parts = 0;
			break;
		}
	r->identifier = w->at;
	if (term >= 0)
		r->parts |= (uint32_t)1 << term;
	return 0;
}

static void add_term(void *ctx, const struct gp_word *w)
{
	struct reading *r = ctx;
	struct gp_slice word = {r->text.p + w->at, w->n};
	struct gp_term *t;
	uint32_t parts = 0;
	int known = gp_term_of(r->out, w->hash);
	/* `name`, name() and name.x are named, not said */
	bool marked = (w->at > 0 && strchr("`'\"./", r->text.p[w->at - 1])) ||
	              (w->at + w->n < r->text.n && strchr("(`/_", r->text.p[w->at + w->n]));

	if (w->n < 2 || idle(word))
		return;
	if (known < 0 && r->out->n < GP_TERMS_MAX)
		parts = note_part(r, w, (int)r->out->n);
	else
		note_part(r, w, known);
	if (known >= 0) {
		if (marked && r->out->v[known].weight < 2)
			r->out->v[known].weight = 2;
		return;
	}
	if (r->out->n == GP_TERMS_MAX)
		return;
	t = &r->out->v[r->out->n++];
	*t = (struct gp_term){.weight = (w->kind & GP_WORD_WHOLE) ? 3
	                                : marked                  ? 2
	                                                          : 1,
	                      .parts = parts};
	spell(t, word, w->hash);
	for (size_t i = 0; i < t->n; i++)
		r->out->filter |= (uint64_t)1 << (t->hash[i] & 63);
	if (word.n > 4 && tolower((unsigned char)word.p[word.n - 1]) == 's')
		word.n--;
	snprintf(t->text, sizeof(t->text), "%.*s", (int)word.n, word.p);
	for (char *c = t->text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* A word of the request that could be a path: it has a '/' or an extension. */
static void add_path(struct gp_list *out, struct gp_slice w)
{
	const char *dot;

	while (w.n && strchr("\"'`([{<,;:", w.p[0])) {
		w.p++;
		w.n--;
	}
	while (w.n && strchr("\"'`)]}>,;:.?!", w.p[w.n - 1]))
		w.n--;
	if (w.n > 2 && memcmp(w.p, "./", 2) == 0) {
		w.p += 2;
		w.n -= 2;
	}
	dot = memrchr(w.p, '.', w.n);
	if (w.n < 3 || w.n > 200 || out->n >= PATHS_MAX || w.p[0] == '/' || gp_find(w, "://"))
		return;
	if (memchr(w.p, '/', w.n) || (dot && dot > w.p && isalpha((unsigned char)dot[1])))
		gp_list_addn(out, w.p, w.n);
}

void gp_terms_of(struct gp_terms *out, struct gp_slice request)
{
	struct gp_slice rest = request;
	struct reading r;

	if (rest.n > REQUEST_READ)
		rest.n = REQUEST_READ;
	r = (struct reading){.out = out, .text = rest};
	gp_words(rest, add_term, &r);
	while (rest.n) {
		size_t n = 0;

		while (n < rest.n && !isspace((unsigned char)rest.p[n]))
			n++;
		if (n)
			add_path(&out->paths, (struct gp_slice){rest.p, n});
		n += n < rest.n;
		rest.p += n;
		rest.n -= n;
	}
}

void gp_terms_clear(struct gp_terms *t)
{
	gp_list_clear(&t->paths);
	*t = (struct gp_terms){0};
}
