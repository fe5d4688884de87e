#include "lib/preview/rows.h"

#include <string.h>

#include "lib/base/json.h"

#define LISTED 20000 /* tests of a run that a record has */

static int state_of(const char *word)
{
	static const char *const words[] = {"pass", "fail", "error", "skip", "todo"};

	for (int i = 0; word && i < (int)GP_COUNT(words); i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

/* The first test that a record tells otherwise than it was found; a test that is skipped on one
 * side is not looked at. */
static const char *other_test(const struct cJSON *record, const struct gp_report *found,
                              const struct gp_list *spare)
{
	const struct cJSON *tests = gp_json_get(record, "tests");
	bool complete = found->kind == GP_REPORT_TESTS &&
	                gp_json_count(tests) == (found->n < LISTED ? found->n : LISTED);
	gp_auto(gp_report) said = {.kind = GP_REPORT_TESTS};
	gp_auto(gp_list) differ = {0};

	said.v = gp_alloc((gp_json_count(tests) + 1) * sizeof(*said.v));
	for (const struct cJSON *j = gp_json_first(tests); j; j = gp_json_next(j)) {
		const char *id = gp_json_str(j, "id");
		int s = state_of(gp_json_str(j, "state"));

		if (!id || s < 0)
			return "one without id or state";
		if (s != GP_TEST_SKIP && s != GP_TEST_TODO)
			said.v[said.n++] = (struct gp_test){.id = gp_strdup(id),
			                                    .state = (enum gp_test_state)s};
	}
	gp_reports_agree(&differ, &said, found);
	for (size_t i = 0; i < differ.n; i++) {
		const struct gp_test *a = gp_report_find(&said, differ.v[i]),
				     *b = gp_report_find(found, differ.v[i]);

		if (a && b && !gp_list_has(spare, b->id) && b->state != GP_TEST_SKIP &&
		    b->state != GP_TEST_TODO && a->state != b->state)
			return b->id;
	}
	return complete || !gp_json_count(tests) || found->kind != GP_REPORT_TESTS
	               ? NULL
	               : "the number of them";
}

/* What is flaky by the record, or was found to be. */
static void list_flaky(struct gp_list *out, const struct cJSON *record,
                       const struct gp_flaky *found)
{
	const struct cJSON *list = gp_json_get(record, "flaky");

	for (const struct cJSON *j = gp_json_first(list); j; j = gp_json_next(j))
		if (gp_json_str(j, "id"))
			gp_list_add(out, gp_json_str(j, "id"));
	for (size_t i = 0; found && i < found->n; i++)
		if (gp_flaky_is(found, found->v[i].id))
			gp_list_add(out, found->v[i].id);
}

/* Test by test, where the record is of these very files. */
void gp_rows_tests(struct gp_table *t, const struct gp_claim *c, const struct gp_found *f)
{
	const struct {
		const char *key, *what;
		const struct gp_trial_result *found;
	} runs[] = {
		{"baseline", "base tests", f->runs.base},
		{"red", "red tests", f->runs.red},
		{"green", "green tests", f->runs.green},
		{"whole", "suite tests", f->runs.suite},
	};
	gp_auto(gp_list) spare = {0};

	list_flaky(&spare, c->record.json, f->runs.flaky);
	for (size_t i = 0; i < GP_COUNT(runs); i++) {
		const struct cJSON *j = gp_json_get(c->record.json, runs[i].key);
		const char *word = gp_json_str(j, "verdict"), *other = NULL;

		if (!j || !runs[i].found)
			continue;
		if (!spare.n && word &&
		    strcmp(word, gp_verdict_word(runs[i].found->judgement.verdict)) != 0) {
			gp_table_add(t, runs[i].what, GP_ROW_DIFFERS, word, "%s",
			             gp_verdict_word(runs[i].found->judgement.verdict));
			continue;
		}
		other = other_test(j, &runs[i].found->report, &spare);
		if (other)
			gp_table_add(t, runs[i].what, GP_ROW_DIFFERS, "as the note lists them",
			             "found otherwise: %s", other);
	}
}
