#include "lib/preview/rows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

#define SHORT 12 /* digits of an object id for people */

const char *gp_row_word(enum gp_row_state s)
{
	static const char *const words[] = {"same", "differs", "fails", "note"};

	return words[s];
}

void gp_table_clear(struct gp_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		gp_buf_clear(&t->v[i].claimed);
		gp_buf_clear(&t->v[i].found);
	}
	*t = (struct gp_table){0};
}

bool gp_table_holds(const struct gp_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].state == GP_ROW_DIFFERS || t->v[i].state == GP_ROW_FAILS)
			return false;
	return t->n > 0;
}

struct gp_row *gp_table_add(struct gp_table *t, const char *what, enum gp_row_state s,
                            const char *claimed, const char *fmt, ...)
{
	struct gp_row *r = &t->v[t->n < GP_COUNT(t->v) ? t->n++ : t->n - 1];
	va_list ap;

	r->what = what;
	r->state = s;
	gp_buf_cut(&r->claimed, 0);
	gp_buf_cut(&r->found, 0);
	gp_buf_str(&r->claimed, claimed ? claimed : "-");
	va_start(ap, fmt);
	gp_buf_vfmt(&r->found, fmt, ap);
	va_end(ap);
	return r;
}

void gp_verdict_text(struct gp_buf *out, const struct gp_judgement *j, const char *command)
{
	gp_buf_fmt(out, "%s%s", gp_verdict_word(j->verdict),
	           j->low_confidence ? ", low confidence" : "");
	if (command)
		gp_buf_fmt(out, " (%s)", command);
}

void gp_totals_text(struct gp_buf *out, const struct gp_report *r, const char *command)
{
	gp_buf_fmt(out, "%ld passed, %ld failed, %ld skipped", r->passed, r->failed + r->errors,
	           r->skipped);
	if (command)
		gp_buf_fmt(out, " (%s)", command);
}

/* The part of a trailer before the command. */
static struct gp_slice head(const char *trailer)
{
	struct gp_slice s = gp_slice(trailer);
	const char *at = gp_find(s, " (");

	if (at)
		s.n = (size_t)(at - s.p);
	return s;
}

static const char *trailer(const struct gp_claim *c, enum gp_trailer t)
{
	return c->said.v[t];
}

/* The two commits of a preview say the same; so does the note, where there is one. */
static void compare_trailers(struct gp_table *t, const struct gp_claim *c)
{
	static const enum gp_trailer both[] = {GP_TRAILER_BASE, GP_TRAILER_RED, GP_TRAILER_GREEN,
	                                       GP_TRAILER_SUITE, GP_TRAILER_STRENGTH};

	if (c->squashed)
		return;
	for (size_t i = 0; i < GP_COUNT(both); i++) {
		const char *a = c->said_test.v[both[i]], *b = c->said.v[both[i]];

		if ((a || b) && (!a || !b || strcmp(a, b) != 0)) {
			gp_auto(gp_buf) what = {0};

			gp_buf_fmt(&what, "%s: %s", gp_trailer_name(both[i]), a ? a : "none");
			gp_table_add(t, "trailers", GP_ROW_DIFFERS, gp_buf_text(&what),
			             "the other commit says: %s", b ? b : "none");
		}
	}
}

static void compare_base(struct gp_table *t, const struct gp_claim *c, enum gp_base_state s)
{
	static const enum gp_row_state states[] = {GP_ROW_SAME, GP_ROW_SAID, GP_ROW_SAID,
	                                           GP_ROW_DIFFERS};
	static const char *const words[] = {
		"", ": moved to a later base",
		": whether the one claimed lies below it is not known in this clone",
		": the one claimed does not lie below it"};
	const char *claimed = trailer(c, GP_TRAILER_BASE);
	gp_auto(gp_buf) id = {0};

	gp_buf_fmt(&id, "%.*s", SHORT, claimed ? claimed : "-");
	gp_table_add(t, "base", claimed ? states[s] : GP_ROW_SAID, gp_buf_text(&id), "%.*s%s",
	             SHORT, c->base.hex, claimed ? words[s] : "");
}

static void compare_tree(struct gp_table *t, const char *what, const char *claimed,
                         const struct gp_oid *found, bool same_base)
{
	gp_auto(gp_buf) id = {0};
	bool same = claimed && strcmp(claimed, found->hex) == 0;

	if (!claimed || !found->hex[0])
		return;
	gp_buf_fmt(&id, "%.*s", SHORT, claimed);
	gp_table_add(t, what,
	             same        ? GP_ROW_SAME
	             : same_base ? GP_ROW_DIFFERS
	                         : GP_ROW_SAID,
	             gp_buf_text(&id), "%.*s%s", SHORT, found->hex,
	             same        ? ""
	             : same_base ? ": not what was proven"
	                         : ": on another base");
}

/* Trees tell whether the record is of these very files. */
static bool compare_trees(struct gp_table *t, const struct gp_claim *c)
{
	const struct cJSON *j = c->record.json;
	const char *base = gp_json_str(j, "base_tree"), *full = gp_json_str(j, "full_tree"),
		   *test = gp_json_str(j, "test_tree");
	bool same_base = base && strcmp(base, c->base_tree.hex) == 0;

	compare_tree(t, "test tree", test, &c->test_tree, same_base);
	compare_tree(t, "full tree", full, &c->full_tree, same_base);
	return same_base && test && full && strcmp(test, c->test_tree.hex) == 0 &&
	       strcmp(full, c->full_tree.hex) == 0;
}

static void compare_record(struct gp_table *t, const struct gp_claim *c)
{
	const struct gp_record *r = &c->record;
	const char *id = gp_json_str(r->json, "id"), *base = gp_json_str(r->json, "base");
	const char *said = trailer(c, GP_TRAILER_BASE), *model = gp_json_str(r->json, "model");

	if (r->why.n) {
		gp_table_add(t, "record", GP_ROW_DIFFERS, "a note", "%s", gp_buf_text(&r->why));
		return;
	}
	if (!r->json) {
		gp_table_add(t, "record", GP_ROW_SAID, NULL,
		             "no note here; nothing but the trailers is compared");
		return;
	}
	if (!id || strcmp(id, trailer(c, GP_TRAILER_ID)) != 0)
		gp_table_add(t, "record", GP_ROW_DIFFERS, trailer(c, GP_TRAILER_ID),
		             "the note is of the preview '%s'", id ? id : "");
	else if (base && said && strcmp(base, said) != 0)
		gp_table_add(t, "record", GP_ROW_DIFFERS, said, "the note says base %s", base);
	else if (model && c->said.v[GP_TRAILER_MODEL] &&
	         strcmp(model, c->said.v[GP_TRAILER_MODEL]) != 0)
		gp_table_add(t, "record", GP_ROW_DIFFERS, c->said.v[GP_TRAILER_MODEL],
		             "the note says model %s", model);
	else
		gp_table_add(t, "record", GP_ROW_SAME, id, "a note in %s, by %s", r->ref, r->by);
}

static void compare_pins(struct gp_table *t, const struct gp_list *touched)
{
	gp_auto(gp_buf) names = {0};

	for (size_t i = 0; i < touched->n && i < 3; i++)
		gp_buf_fmt(&names, "%s%s", i ? ", " : "", touched->v[i]);
	if (touched->n > 3)
		gp_buf_fmt(&names, " and %zu more", touched->n - 3);
	if (touched->n)
		gp_table_add(t, "tests", GP_ROW_FAILS, "as they were when red",
		             "changed after red: %s", gp_buf_text(&names));
}

/* A verdict beside its trailer: the word and the confidence decide, the command is said. */
static void compare_verdict(struct gp_table *t, const char *what, const char *claimed,
                            const struct gp_trial_result *r)
{
	gp_auto(gp_buf) found = {0};
	bool same;

	gp_verdict_text(&found, &r->judgement, NULL);
	same = gp_slice_eq(head(claimed), gp_buf_all(&found));
	gp_table_add(t, what,
	             same      ? GP_ROW_SAME
	             : claimed ? GP_ROW_DIFFERS
	                       : GP_ROW_SAID,
	             claimed, "%s: %s", gp_buf_text(&found), gp_buf_text(&r->judgement.reason));
}

static bool is_red(const struct gp_found *f)
{
	enum gp_verdict v = f->runs.red->judgement.verdict;

	return (v == GP_VERDICT_ASSERTION || v == GP_VERDICT_MISSING) && !f->red_flaky &&
	       gp_proof_red_is_new(&f->runs);
}

static bool compare_red(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const char *claimed = trailer(c, GP_TRAILER_RED);
	const struct gp_judgement *j = &f->runs.red->judgement;

	if (is_red(f)) {
		compare_verdict(t, "red", claimed, f->runs.red);
		return true;
	}
	if (f->red_flaky)
		gp_table_add(t, "red", GP_ROW_FAILS, claimed, "repeated runs disagree");
	else if (j->verdict == GP_VERDICT_PASS)
		gp_table_add(t, "red", GP_ROW_FAILS, claimed,
		             "pass: the test passes without the change, so it proves nothing");
	else
		gp_table_add(t, "red", GP_ROW_FAILS, claimed, "no valid red: %s: %s",
		             gp_verdict_word(j->verdict), gp_buf_text(&j->reason));
	return false;
}

static bool compare_green(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const char *claimed = trailer(c, GP_TRAILER_GREEN);
	const struct gp_trial_result *r = f->runs.green;
	gp_auto(gp_list) lost = {0};
	bool good = !f->green_flaky && gp_proof_green(&lost, &f->runs);

	if (f->green_flaky)
		gp_table_add(t, "green", GP_ROW_FAILS, claimed, "repeated runs disagree");
	else if (!good)
		gp_table_add(t, "green", GP_ROW_FAILS, claimed, "%s%s: %s",
		             lost.n ? "a test that was red does not pass: " : "no green: ",
		             lost.n ? lost.v[0] : gp_verdict_word(r->judgement.verdict),
		             gp_buf_text(&r->judgement.reason));
	else
		compare_verdict(t, "green", claimed, r);
	return good;
}

/* The three numbers of a trailer, and how many of the failed ones are flaky. */
static bool read_totals(long *out, const char *text)
{
	static const char *const words[] = {" passed, ", " failed, ", " skipped"};

	for (size_t i = 0; i < 3; i++) {
		char *end = NULL;

		if (!text || *text < '0' || *text > '9')
			return false;
		out[i] = strtol(text, &end, 10);
		if (!gp_starts(end, words[i]))
			return false;
		text = end + strlen(words[i]);
	}
	out[3] = gp_starts(text, ", ") ? strtol(text + 2, NULL, 10) : 0;
	return true;
}

/* Elsewhere a tool may be missing, and a test that needs it be skipped: said, not held against the
 * preview. On another base the numbers are others. */
static enum gp_row_state totals_state(const char *claimed, const struct gp_report *r, bool moved,
                                      long flaky)
{
	long n[4], failed = r->failed + r->errors;

	if (!claimed || moved)
		return GP_ROW_SAID;
	if (!read_totals(n, claimed))
		return GP_ROW_DIFFERS;
	if (n[0] == r->passed && n[1] == failed && n[2] == r->skipped)
		return GP_ROW_SAME;
	flaky += n[3] > 0 ? n[3] : 0;
	return labs(n[1] - failed) <= flaky && n[0] + n[1] + n[2] == r->passed + failed + r->skipped
	               ? GP_ROW_SAID
	               : GP_ROW_DIFFERS;
}

static void suite_fails(struct gp_table *t, const char *claimed, const struct gp_list *failed,
                        const struct gp_list *vanished, const struct gp_trial_result *r)
{
	if (failed->n)
		gp_table_add(t, "suite", GP_ROW_FAILS, claimed, "passed before and fails: %s",
		             failed->v[0]);
	else if (vanished->n)
		gp_table_add(t, "suite", GP_ROW_FAILS, claimed,
		             "passed before and is gone or skipped: %s", vanished->v[0]);
	else
		gp_table_add(t, "suite", GP_ROW_FAILS, claimed, "%s: %s",
		             gp_verdict_word(r->judgement.verdict),
		             gp_buf_text(&r->judgement.reason));
}

/* Chance is no forgery, on whichever side it struck. */
static void tell_flaky(struct gp_table *t, const struct gp_flaky *f)
{
	gp_auto(gp_list) words = {0};

	if (f)
		gp_flaky_tell(&words, &words, f);
	for (size_t i = 0; i < words.n && i < 3; i++)
		gp_table_add(t, "flaky", GP_ROW_SAID, NULL, "%s", words.v[i]);
}

static void compare_suite(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const char *claimed = trailer(c, GP_TRAILER_SUITE);
	const struct gp_trial_result *r = f->runs.suite;
	gp_auto(gp_list) failed = {0};
	gp_auto(gp_list) vanished = {0};
	gp_auto(gp_buf) found = {0};
	bool moved = f->base != GP_BASE_SAME;
	long flaky = f->runs.flaky ? (long)gp_flaky_n(f->runs.flaky) : 0;

	gp_totals_text(&found, &r->report, NULL);
	if (!gp_proof_holds(&failed, &vanished, &f->runs) || !gp_proof_suite_passes(&f->runs))
		suite_fails(t, claimed, &failed, &vanished, r);
	else
		gp_table_add(t, "suite", totals_state(claimed, &r->report, moved, flaky), claimed,
		             "%s; nothing that passed on the base fails or is gone",
		             gp_buf_text(&found));
	tell_flaky(t, f->runs.flaky);
}

bool gp_claims_strength(const struct gp_claim *c)
{
	const char *claimed = trailer(c, GP_TRAILER_STRENGTH);

	return claimed && !gp_starts(claimed, "not measured");
}

/* What a time box cut off on either side, and mutants, of which a box may hold fewer, are said; of
 * hunks that were all tried the numbers must be these. */
static void compare_strength(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const char *claimed = trailer(c, GP_TRAILER_STRENGTH);
	const struct gp_strength *s = f->strength;
	gp_auto(gp_buf) found = {0};
	gp_auto(gp_buf) hunks = {0};
	enum gp_row_state state = GP_ROW_DIFFERS;

	if (!gp_claims_strength(c))
		return;
	if (!s || !gp_strength_known(s)) {
		gp_table_add(t, "strength", GP_ROW_SAID, claimed, "not measured again");
		return;
	}
	gp_strength_words(&found, s);
	gp_buf_fmt(&hunks, "%zu of %zu ", s->noticed, s->hunks);
	if (strcmp(gp_buf_text(&found), claimed) == 0)
		state = GP_ROW_SAME;
	else if (s->left || strstr(claimed, "not tried") || f->base != GP_BASE_SAME ||
	         gp_starts(claimed, gp_buf_text(&hunks)))
		state = GP_ROW_SAID;
	gp_table_add(t, "strength", state, claimed, "%s", gp_buf_text(&found));
}

/* What was only measured when the preview was made. */
static void tell_rest(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const char *outcome = gp_json_str(c->record.json, "outcome");
	bool known = f->strength || !gp_json_is_object(gp_json_get(c->record.json, "strength"));
	gp_auto(gp_list) weak = {0};

	if (f->runs.suite)
		gp_proof_weigh(&weak, &f->runs);
	if (outcome && f->runs.suite && strcmp(outcome, "proven") == 0 && weak.n && known)
		gp_table_add(t, "outcome", GP_ROW_DIFFERS, outcome, "weak: %s", weak.v[0]);
	for (size_t i = 0; i < weak.n; i++)
		gp_table_add(t, "not proven", GP_ROW_SAID, NULL, "%s", weak.v[i]);
	compare_strength(t, c, f);
}

/* A key that is not known here says nothing; one that does not fit says that somebody else wrote
 * this. */
static void compare_signature(struct gp_table *t, const struct gp_claim *c,
                              const struct gp_signature *s)
{
	static const enum gp_row_state states[] = {
		[GP_SEAL_NONE] = GP_ROW_SAID,
		[GP_SEAL_GOOD] = GP_ROW_SAME,
		[GP_SEAL_STRANGE] = GP_ROW_SAID,
		[GP_SEAL_BAD] = GP_ROW_DIFFERS,
	};
	gp_auto(gp_buf) text = {0};

	if (!c->record.json)
		return;
	gp_signature_text(&text, s);
	gp_table_add(t, "signature", states[gp_signature_means(s)], s->state ? "signed" : NULL,
	             "%s", gp_buf_text(&text));
}

void gp_rows_compare(struct gp_table *out, const struct gp_claim *c, const struct gp_found *f)
{
	bool same, on;

	compare_base(out, c, f->base);
	compare_trailers(out, c);
	compare_record(out, c);
	compare_signature(out, c, &f->signature);
	same = compare_trees(out, c);
	compare_pins(out, f->touched);
	on = f->runs.red && compare_red(out, c, f);
	if (on && f->runs.green)
		on = compare_green(out, c, f);
	if (on && f->runs.suite)
		compare_suite(out, c, f);
	if (same && on)
		gp_rows_tests(out, c, f);
	tell_rest(out, c, f);
}
