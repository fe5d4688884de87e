#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/json.h"
#include "lib/preview/page.h"
#include "lib/preview/rows.h"

static void values_are_lines_and_the_last_counts(void **state)
{
	gp_auto(gp_trailers) t = {0};

	(void)state;
	gp_trailers_read(&t, GP_SLICE("Subject\n\n"
	                              " Preview-Red: the model's words\n"
	                              "Preview-Redder: no\n"
	                              "xPreview-Red: no\n"
	                              "Preview-Red:assertion\033[31m \t(a)  \n"
	                              "Preview-Green: pass\nPreview-Green: flaky\n"
	                              "Preview-Id: ../x\n"));
	assert_string_equal(t.v[GP_TRAILER_RED], "assertion\\x1b[31m  (a)");
	assert_string_equal(t.v[GP_TRAILER_GREEN], "flaky");
	assert_null(t.v[GP_TRAILER_ID]);
	assert_null(t.v[GP_TRAILER_COST]);
	assert_false(t.test || t.implementation);
}

static void a_squashed_message_has_both_roles(void **state)
{
	gp_auto(gp_trailers) t = {0};

	(void)state;
	gp_trailers_read(&t, GP_SLICE("Squashed commit of the following:\n\n"
	                              "    Preview-Id: k7m2x9qf\n    Preview-Role: "
	                              "implementation\n"
	                              "    Preview-Id: k7m2x9qf\n    Preview-Role: test\n"));
	assert_string_equal(t.v[GP_TRAILER_ID], "k7m2x9qf");
	assert_true(t.test && t.implementation);
}

static void long_values_are_cut_between_characters(void **state)
{
	gp_auto(gp_trailers) t = {0};
	gp_auto(gp_buf) message = {0};

	(void)state;
	gp_buf_str(&message, "Preview-Model: x");
	for (int i = 0; i < 1000; i++)
		gp_buf_str(&message, "\303\274");
	gp_trailers_read(&t, gp_buf_all(&message));
	assert_int_equal(strlen(t.v[GP_TRAILER_MODEL]), GP_TRAILER_BYTES - 1);
	assert_true(gp_utf8_valid(gp_slice(t.v[GP_TRAILER_MODEL])));
}

static void check_signature(const char *text, const char *plain, const char *signature)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) out = {0};
	const char *found;

	assert_int_equal(gp_record_parse(&j, gp_slice(text)), 0);
	found = gp_record_plain(&out, j, gp_slice(text));
	if (!signature) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, signature);
	assert_string_equal(gp_buf_text(&out), plain);
}

static void a_signature_is_the_last_member(void **state)
{
	gp_auto(gp_buf) b = {0};

	(void)state;
	gp_buf_str(&b, "{\"schema\":1,\"id\":\"x\"}\n");
	assert_int_equal(gp_record_put_signature(&b, "tree a\n \"b\""), 0);
	assert_string_equal(gp_buf_text(&b), "{\"schema\":1,\"id\":\"x\",\"signature\":\"tree a\\n "
	                                     "\\\"b\\\"\"}\n");
	check_signature(gp_buf_text(&b), "{\"schema\":1,\"id\":\"x\"}", "tree a\n \"b\"");
	check_signature("{\"schema\":1,\"signature\":\",\\\"signature\\\":\"}", "{\"schema\":1}",
	                ",\"signature\":");
	check_signature("{\"schema\":1}", NULL, NULL);
	check_signature("{\"schema\":1,\"a\":{\"b\":1,\"signature\":\"x\"}}", NULL, NULL);
	check_signature("{\"schema\":1,\"signature\":\"x\",\"a\":{\"b\":1,\"signature\":\"y\"}}",
	                NULL, NULL);
	check_signature("{\"schema\":1,\"signature\":5}", NULL, NULL);
	/* what comes after it was never signed */
	check_signature("{\"schema\":1,\"signature\":\"x\",\"outcome\":\"proven\"}", NULL, NULL);
	check_signature("{\"schema\":1,\"signature\":\"x\" }", NULL, NULL);
}

static void run(struct gp_trial_result *r, const char *output, int status)
{
	struct gp_evidence e = {.exit = status, .report = &r->report};

	r->exit = status;
	gp_buf_str(&r->output, output);
	e.output = gp_buf_all(&r->output);
	gp_report_read(&r->report, e.output);
	gp_judge(&r->judgement, &e, NULL);
}

/* The row that differs or fails when these claims meet a sound preview; "" for none. */
static const char *verdict_of(const char *message, const char *record, enum gp_base_state base)
{
	gp_auto(gp_claim) c = {.squashed = true};
	gp_auto(gp_trial_result) before = {0};
	gp_auto(gp_trial_result) red = {0};
	gp_auto(gp_trial_result) green = {0};
	gp_auto(gp_trial_result) suite = {0};
	gp_auto(gp_table) t = {0};
	gp_auto(gp_list) none = {0};
	const struct gp_found f = {
		.base = base,
		.runs = {.base = &before, .red = &red, .green = &green, .suite = &suite},
		.touched = &none,
	};

	run(&before, "1..1\nok 1 - old\n", 0);
	run(&red, "1..1\nnot ok 1 - new\n# expected 3, got 4\n", 1);
	run(&green, "1..1\nok 1 - new\n", 0);
	run(&suite, "1..2\nok 1 - old\nok 2 - new\n", 0);
	memset(c.base.hex, 'a', 40);
	memset(c.base_tree.hex, 'b', 40);
	memset(c.test_tree.hex, 'c', 40);
	memset(c.full_tree.hex, 'd', 40);
	gp_trailers_read(&c.said, gp_slice(message));
	if (record) {
		assert_int_equal(gp_record_parse(&c.record.json, gp_slice(record)), 0);
		c.record.by = "commit";
		c.record.ref = gp_strdup("refs/notes/preview");
	}
	gp_rows_compare(&t, &c, &f);
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].state == GP_ROW_DIFFERS || t.v[i].state == GP_ROW_FAILS)
			return t.v[i].what;
	assert_true(gp_table_holds(&t));
	return "";
}

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SAID                                                                                       \
	"x\n\nPreview-Id: k7\nPreview-Base: " A40 "\nPreview-Red: assertion (a)\n"                 \
	"Preview-Green: pass (a)\nPreview-Suite: 2 passed, 0 failed, 0 skipped (a)\n"

static void claims_are_compared_with_what_was_found(void **state)
{
	static const struct {
		const char *more, *row;
		enum gp_base_state base;
	} cases[] = {
		{"", "", GP_BASE_SAME},
		{"", "", GP_BASE_BEHIND},
		{"", "", GP_BASE_UNKNOWN},
		{"", "base", GP_BASE_ELSEWHERE},
		{"Preview-Red: missing (a)\n", "red", GP_BASE_SAME},
		{"Preview-Red: assertion, low confidence (a)\n", "red", GP_BASE_SAME},
		{"Preview-Red: assertion (another command)\n", "", GP_BASE_SAME},
		{"Preview-Green: not proven\n", "green", GP_BASE_SAME},
		{"Preview-Suite: 3 passed, 0 failed, 0 skipped (a)\n", "suite", GP_BASE_SAME},
		{"Preview-Suite: 3 passed, 0 failed, 0 skipped (a)\n", "", GP_BASE_BEHIND},
		{"Preview-Suite: 1 passed, 0 failed, 1 skipped (a)\n", "", GP_BASE_SAME},
		{"Preview-Suite: 1 passed, 1 failed, 0 skipped (a)\n", "suite", GP_BASE_SAME},
		{"Preview-Suite: all passed\n", "suite", GP_BASE_SAME},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_buf) message = {0};

		gp_buf_fmt(&message, "%s%s", SAID, cases[i].more);
		assert_string_equal(verdict_of(gp_buf_text(&message), NULL, cases[i].base),
		                    cases[i].row);
	}
}

#define RECORD(id, base, full, red_test)                                                           \
	"{\"schema\":1,\"id\":\"" id "\",\"base\":\"" base                                         \
	"\",\"base_tree\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\","                           \
	"\"test_tree\":\"cccccccccccccccccccccccccccccccccccccccc\",\"full_tree\":\"" full         \
	"\",\"red\":{\"verdict\":\"assertion\",\"tests\":[" red_test "]}}"
#define D40 "dddddddddddddddddddddddddddddddddddddddd"
#define FAILED "{\"id\":\"new\",\"state\":\"fail\"}"

static void records_are_compared_too(void **state)
{
	(void)state;
	assert_string_equal(verdict_of(SAID, RECORD("k7", A40, D40, FAILED), GP_BASE_SAME), "");
	assert_string_equal(verdict_of(SAID, RECORD("k8", A40, D40, FAILED), GP_BASE_SAME),
	                    "record");
	assert_string_equal(verdict_of(SAID, RECORD("k7", D40, D40, FAILED), GP_BASE_SAME),
	                    "record");
	assert_string_equal(verdict_of(SAID, RECORD("k7", A40, A40, FAILED), GP_BASE_SAME),
	                    "full tree");
	assert_string_equal(
		verdict_of(SAID, RECORD("k7", A40, D40, "{\"id\":\"new\",\"state\":\"error\"}"),
	                   GP_BASE_SAME),
		"red tests");
	assert_string_equal(
		verdict_of(SAID, RECORD("k7", A40, D40, FAILED "," FAILED), GP_BASE_SAME),
		"red tests");
	assert_string_equal(
		verdict_of(SAID, RECORD("k7", A40, D40, "{\"id\":\"new\",\"state\":\"skip\"}"),
	                   GP_BASE_SAME),
		"");
}

static void hostile_text_stays_text(void **state)
{
	static const char evil[] = "<script>``</script>\033[2J & \"x\"\nline";
	gp_auto(gp_page) p = {0};
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) html = {0};
	gp_auto(gp_buf) markdown = {0};

	(void)state;
	gp_page_add(&p, GP_BLOCK_TITLE, GP_TONE_GOOD, "proven", "%s", evil);
	gp_page_add(&p, GP_BLOCK_ROW, GP_TONE_NONE, "red", "%s", evil);
	gp_page_add(&p, GP_BLOCK_ITEM, GP_TONE_NONE, NULL, "`");
	gp_page_add(&p, GP_BLOCK_LINES, GP_TONE_NONE, NULL, "%s\n```` x", evil);
	assert_int_equal(gp_page_text(&text, &p), 0);
	assert_int_equal(gp_page_html(&html, &p), 0);
	assert_int_equal(gp_page_markdown(&markdown, &p), 0);
	assert_null(strchr(gp_buf_text(&text), '\033'));
	assert_null(strstr(gp_buf_text(&html), "<script"));
	assert_non_null(strstr(gp_buf_text(&html),
	                       "<dd>&lt;script&gt;``&lt;/script&gt;\\x1b[2J &amp; "
	                       "&quot;x&quot;\nline</dd>"));
	assert_non_null(strstr(gp_buf_text(&markdown),
	                       "\n- **red:** ``` <script>``</script>\\x1b[2J & \"x\" line ```\n"));
	assert_non_null(strstr(gp_buf_text(&markdown), "\n- `` ` ``\n"));
	assert_non_null(strstr(gp_buf_text(&markdown), "\n`````\n<script>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_lines_and_the_last_counts),
		cmocka_unit_test(a_squashed_message_has_both_roles),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(a_signature_is_the_last_member),
		cmocka_unit_test(claims_are_compared_with_what_was_found),
		cmocka_unit_test(records_are_compared_too),
		cmocka_unit_test(hostile_text_stays_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
