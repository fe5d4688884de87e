#include <string.h>

#include "lib/base/json.h"
#include "lib/base/term_text.h"
#include "lib/preview/page.h"
#include "lib/repo/repo.h"

#define LIST_MAX 50
#define REQUEST_BYTES 20000
#define TEST_BYTES 60000

static const char *outcome(const struct gp_page_source *s, enum gp_tone *tone)
{
	const char *word = gp_json_str(s->record, "outcome");

	*tone = GP_TONE_WEAK;
	if (word && strcmp(word, "proven") == 0) {
		*tone = GP_TONE_GOOD;
		return "proven";
	}
	if (word && strcmp(word, "weak") == 0)
		return "weak";
	*tone = word ? GP_TONE_BAD : GP_TONE_WEAK;
	return word ? "not proven" : "preview";
}

static void heading(struct gp_page *p, const char *text)
{
	gp_page_add(p, GP_BLOCK_HEADING, GP_TONE_NONE, text, NULL);
}

static void words(struct gp_page *p, enum gp_tone tone, const char *text)
{
	gp_page_add(p, GP_BLOCK_WORDS, tone, text, NULL);
}

static void row(struct gp_page *p, const char *key, const char *text)
{
	if (text && *text)
		gp_page_add(p, GP_BLOCK_ROW, GP_TONE_NONE, key, "%s", text);
}

static void lines(struct gp_page *p, enum gp_block_kind kind, struct gp_slice text, size_t max)
{
	struct gp_block *b = gp_page_add(p, kind, GP_TONE_NONE, NULL, NULL);

	gp_buf_middle_out(&b->text, text, max);
}

static void request(struct gp_page *p, const struct gp_page_source *s)
{
	const char *text = gp_json_str(s->record, "request");

	if (!text)
		return;
	heading(p, "Request");
	lines(p, GP_BLOCK_LINES, gp_slice(text), REQUEST_BYTES);
}

static void changes(struct gp_page *p, const struct gp_page_source *s)
{
	if (!s->stats || !s->stats->n)
		return;
	heading(p, "What it changes");
	for (size_t i = 0; i < s->stats->n && i < LIST_MAX; i++) {
		const struct gp_stat *one = &s->stats->v[i];

		if (one->added < 0)
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "%s  binary", one->path);
		else
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "%s  +%ld -%ld",
			            one->path, one->added, one->deleted);
	}
	if (s->stats->n > LIST_MAX)
		gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "and %zu more files",
		            s->stats->n - LIST_MAX);
}

static enum gp_tone tone_of(const char *key, const char *verdict)
{
	bool red = strcmp(key, "red") == 0;

	if (!verdict)
		return GP_TONE_NONE;
	if (strcmp(verdict, "assertion") == 0)
		return red ? GP_TONE_GOOD : GP_TONE_BAD;
	if (strcmp(verdict, "missing") == 0)
		return red ? GP_TONE_WEAK : GP_TONE_BAD;
	return strcmp(verdict, "pass") == 0 && !red ? GP_TONE_GOOD : GP_TONE_BAD;
}

static void verdict(struct gp_page *p, const struct gp_page_source *s, const char *key,
                    const char *name)
{
	const struct cJSON *j = gp_json_get(s->record, key);
	const char *word = gp_json_str(j, "verdict"), *reason = gp_json_str(j, "reason"),
		   *command = gp_json_str(j, "command");
	struct gp_block *b;

	if (!word)
		return;
	b = gp_page_add(p, GP_BLOCK_ROW,
	                strcmp(key, "baseline") == 0 ? GP_TONE_NONE : tone_of(key, word), name,
	                "%s%s%s", word, reason && *reason ? ": " : "", reason ? reason : "");
	if (gp_json_bool(j, "low_confidence", false))
		gp_buf_str(&b->text, " (low confidence)");
	if (command)
		gp_buf_fmt(&b->text, " [%s]", command);
}

static void said_verdicts(struct gp_page *p, const struct gp_trailers *t)
{
	words(p, GP_TONE_WEAK,
	      "There is no record of this preview here; this is what its commits say.");
	row(p, "red", t->v[GP_TRAILER_RED]);
	row(p, "green", t->v[GP_TRAILER_GREEN]);
	row(p, "suite", t->v[GP_TRAILER_SUITE]);
}

static void red_tests(struct gp_page *p, const struct gp_page_source *s)
{
	const struct cJSON *tests = gp_json_get(gp_json_get(s->record, "red"), "tests");
	size_t n = 0;

	for (const struct cJSON *t = gp_json_first(tests); t; t = gp_json_next(t)) {
		const char *state = gp_json_str(t, "state"), *id = gp_json_str(t, "id");

		if (!state || !id || (strcmp(state, "fail") != 0 && strcmp(state, "error") != 0) ||
		    n++ >= LIST_MAX)
			continue;
		if (n == 1)
			words(p, GP_TONE_NONE, "These fail without the change and pass with it:");
		gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "%s", id);
	}
	if (n > LIST_MAX)
		gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "and %zu more", n - LIST_MAX);
}

static void proof(struct gp_page *p, const struct gp_page_source *s)
{
	heading(p, "Proof");
	if (!s->record) {
		said_verdicts(p, s->said);
		return;
	}
	verdict(p, s, "baseline", "before");
	verdict(p, s, "red", "red");
	verdict(p, s, "green", "green");
	verdict(p, s, "whole", "suite");
}

static void test(struct gp_page *p, const struct gp_page_source *s)
{
	heading(p, "The test");
	if (s->record && gp_json_get(s->record, "whole"))
		red_tests(p, s);
	if (s->test.n)
		lines(p, GP_BLOCK_DIFF, s->test, TEST_BYTES);
}

static void unnoticed(struct gp_page *p, const struct cJSON *list)
{
	size_t n = 0;

	for (const struct cJSON *u = gp_json_first(list); u && n < LIST_MAX;
	     u = gp_json_next(u), n++) {
		const char *path = gp_json_str(u, "path");
		long long first = gp_json_int(u, "first", 0), last = gp_json_int(u, "last", first);

		if (path && last != first)
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_WEAK, NULL, "%s:%lld-%lld", path,
			            first, last);
		else if (path && first)
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_WEAK, NULL, "%s:%lld", path, first);
		else if (path)
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_WEAK, NULL, "%s", path);
	}
}

static bool is_measured(const struct gp_page_source *s)
{
	const char *said = s->record ? NULL : s->said->v[GP_TRAILER_STRENGTH];

	return said ? !gp_starts(said, "not measured")
	            : gp_json_is_object(gp_json_get(s->record, "strength"));
}

static void strength(struct gp_page *p, const struct gp_page_source *s)
{
	const struct cJSON *j = gp_json_get(s->record, "strength");
	long long hunks = gp_json_int(j, "hunks", 0), noticed = gp_json_int(j, "noticed", 0);
	long long broken = gp_json_int(j, "broken", 0), mutants = gp_json_int(j, "mutants", 0);
	struct gp_block *b;

	heading(p, "Strength");
	if (!is_measured(s)) {
		words(p, GP_TONE_NONE, "Not measured.");
		return;
	}
	if (!s->record) {
		row(p, "said", s->said->v[GP_TRAILER_STRENGTH]);
		return;
	}
	b = gp_page_add(p, GP_BLOCK_ROW, noticed + broken < hunks ? GP_TONE_WEAK : GP_TONE_GOOD,
	                "parts", "%lld of %lld are noticed when taken away", noticed, hunks);
	if (broken)
		gp_buf_fmt(&b->text, ", %lld more because nothing builds without", broken);
	if (mutants)
		gp_page_add(p, GP_BLOCK_ROW,
		            gp_json_int(j, "killed", 0) < mutants ? GP_TONE_WEAK : GP_TONE_GOOD,
		            "mutants", "%lld of %lld small faults are noticed",
		            gp_json_int(j, "killed", 0), mutants);
	if (gp_json_count(gp_json_get(j, "unnoticed")))
		words(p, GP_TONE_NONE, "No test notices when these lines are taken away:");
	unnoticed(p, gp_json_get(j, "unnoticed"));
}

static void findings(struct gp_page *p, const struct gp_page_source *s)
{
	const struct cJSON *list = gp_json_get(s->record, "findings");
	size_t n = 0;

	if (!gp_json_is_array(list) || !gp_json_count(list))
		return;
	heading(p, "Findings");
	for (const struct cJSON *f = gp_json_first(list); f && n < LIST_MAX;
	     f = gp_json_next(f), n++) {
		const char *kind = gp_json_str(f, "kind"), *path = gp_json_str(f, "path"),
			   *text = gp_json_str(f, "text");
		struct gp_block *b = gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_BAD, NULL, "%s",
		                                 kind ? kind : "finding");

		if (path)
			gp_buf_fmt(&b->text, "  %s:%lld", path, gp_json_int(f, "line", 0));
		if (text)
			gp_buf_fmt(&b->text, "  %s", text);
	}
}

static void not_proven(struct gp_page *p, const struct gp_page_source *s)
{
	const struct cJSON *list = gp_json_get(s->record, "not_proven");
	size_t n = 0;

	heading(p, "What is not proven");
	for (const struct cJSON *w = gp_json_first(list); w && n < LIST_MAX;
	     w = gp_json_next(w), n++)
		if (gp_json_text(w))
			gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_WEAK, NULL, "%s", gp_json_text(w));
	/* a record says so itself */
	if (!s->record && !is_measured(s))
		gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE, "how strong the test is", NULL);
	gp_page_add(p, GP_BLOCK_ITEM, GP_TONE_NONE,
	            "that the test says what the request means: read it", NULL);
}

static void cost(struct gp_page *p, const struct gp_page_source *s)
{
	const struct cJSON *u = gp_json_get(s->record, "usage"), *ms = gp_json_get(s->record, "ms");
	double usd = gp_json_num(u, "usd", -1);
	gp_auto(gp_buf) time = {0};

	heading(p, "Cost");
	row(p, "model", s->record ? gp_json_str(s->record, "model") : s->said->v[GP_TRAILER_MODEL]);
	if (!s->record) {
		row(p, "money", s->said->v[GP_TRAILER_COST]);
		return;
	}
	if (usd >= 0)
		gp_page_add(p, GP_BLOCK_ROW, GP_TONE_NONE, "money", "%.4f USD", usd);
	gp_page_add(p, GP_BLOCK_ROW, GP_TONE_NONE, "tokens", "%lld in, %lld out",
	            gp_json_int(u, "in", 0), gp_json_int(u, "out", 0));
	gp_page_add(p, GP_BLOCK_ROW, GP_TONE_NONE, "turns", "%lld, repairs: %lld",
	            gp_json_int(s->record, "turns", 0), gp_json_int(s->record, "repairs", 0));
	gp_term_clock(&time, gp_json_int(ms, "whole", 0));
	row(p, "time", gp_buf_text(&time));
}

static void signature(struct gp_page *p, const struct gp_signature *s)
{
	static const enum gp_tone tones[] = {
		[GP_SEAL_NONE] = GP_TONE_NONE,
		[GP_SEAL_GOOD] = GP_TONE_GOOD,
		[GP_SEAL_STRANGE] = GP_TONE_WEAK,
		[GP_SEAL_BAD] = GP_TONE_BAD,
	};
	enum gp_seal seal = gp_signature_means(s);
	gp_auto(gp_buf) text = {0};

	gp_signature_text(&text, s);
	gp_page_add(p, GP_BLOCK_ROW, tones[seal], "signature", "%s", gp_buf_text(&text));
}

static void check(struct gp_page *p, const struct gp_page_source *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./-";

	heading(p, "Check it");
	words(p, GP_TONE_NONE,
	      "This is what was recorded. The proof can be run again from the commits alone:");
	/* a line to be copied into a shell */
	gp_page_add(p, GP_BLOCK_LINES, GP_TONE_NONE, NULL, "git preview-test --prove %s",
	            s->branch[strspn(s->branch, plain)] ? s->tip : s->branch);
	if (s->record && s->signature)
		signature(p, s->signature);
	row(p, "base", s->record ? gp_json_str(s->record, "base") : s->said->v[GP_TRAILER_BASE]);
	row(p, "commit", s->tip);
	row(p, "tree", gp_json_str(s->record, "full_tree"));
	row(p, "setup", gp_json_str(s->record, "setup"));
}

void gp_page_make(struct gp_page *out, const struct gp_page_source *s)
{
	enum gp_tone tone;
	const char *word = outcome(s, &tone);

	gp_page_add(out, GP_BLOCK_TITLE, tone, word, "%s", s->branch);
	if (s->record && s->signature && gp_signature_means(s->signature) == GP_SEAL_BAD)
		words(out, GP_TONE_BAD,
		      "The signature of this record is bad: it is not what was signed.");
	request(out, s);
	proof(out, s);
	not_proven(out, s);
	findings(out, s);
	test(out, s);
	changes(out, s);
	strength(out, s);
	cost(out, s);
	check(out, s);
}
