#include <string.h>

#include "lib/trial/read.h"

struct state_word {
	const char *word;
	enum gp_test_state state;
};

static const struct state_word *word_of(struct gp_slice s, const struct state_word *words)
{
	for (; words->word; words++)
		if (gp_head(s, words->word, NULL))
			return words;
	return NULL;
}

/* automake's "PASS: name"; below a rule of '=' such a line is unittest's. */
void gp_read_automake(struct gp_report *part, struct gp_slice text)
{
	static const struct state_word words[] = {
		{"PASS: ", GP_TEST_PASS},  {"FAIL: ", GP_TEST_FAIL}, {"XFAIL: ", GP_TEST_TODO},
		{"XPASS: ", GP_TEST_FAIL}, {"SKIP: ", GP_TEST_SKIP}, {"ERROR: ", GP_TEST_ERROR},
		{NULL, GP_TEST_PASS}};
	struct gp_slice line, cap[GP_SCAN_MAX];
	const struct state_word *w;
	bool ruled = false, sure = false;

	if (!gp_find(text, "PASS: ") && !gp_find(text, "FAIL: ") && !gp_find(text, "# TOTAL: "))
		return;
	while (gp_line(&line, &text)) {
		w = ruled ? NULL : word_of(line, words);
		if (w && gp_scan(line, "%s %*", cap)) {
			gp_report_add(part, w->state, cap[1])->collect = w->state == GP_TEST_ERROR;
			sure |= w->state == GP_TEST_PASS || w->state == GP_TEST_FAIL;
		}
		sure |= gp_scan(line, "# TOTAL: %d%$", cap);
		ruled = gp_head(line, "======", NULL);
	}
	if (sure)
		part->kind = GP_REPORT_TESTS;
	else
		gp_report_clear(part);
}

/* googletest's and cmocka's "[       OK ] Suite.Test (3 ms)". */
void gp_read_gtest(struct gp_report *part, struct gp_slice text)
{
	static const struct state_word words[] = {{"[       OK ] ", GP_TEST_PASS},
	                                          {"[  FAILED  ] ", GP_TEST_FAIL},
	                                          {"[  SKIPPED ] ", GP_TEST_SKIP},
	                                          {"[  ERROR   ] ", GP_TEST_ERROR},
	                                          {NULL, GP_TEST_PASS}};
	gp_auto(gp_buf) said = {0};
	struct gp_slice line, cap[GP_SCAN_MAX], rest, why;
	const struct state_word *w;
	bool open = false, running = false;

	if (!gp_find(text, "[==========] "))
		return;
	while (gp_line(&line, &text)) {
		if (gp_head(line, "[==========] ", NULL)) {
			running = gp_find(line, "unning ") != NULL;
			part->kind = GP_REPORT_TESTS;
		} else if (gp_head(line, "[ RUN      ] ", NULL)) {
			open = true;
			gp_buf_cut(&said, 0);
		} else if ((w = word_of(line, words)) && open && running &&
		           w->state != GP_TEST_ERROR) {
			rest = gp_skip(line, strlen(w->word));
			if (!gp_scan(rest, "%* (%d ms)", cap) && !gp_scan(rest, "%*, where ", cap))
				cap[0] = rest;
			why = gp_buf_all(&said);
			gp_report_add(part, w->state, cap[0]);
			while (w->state == GP_TEST_FAIL && gp_line(&line, &why))
				gp_test_say(&part->v[part->n - 1], line);
			open = false;
		} else if (open && said.n + line.n < GP_MESSAGE_MAX) {
			gp_buf_slice(&said, line);
			gp_buf_chr(&said, '\n');
		}
	}
	part->incomplete = part->kind == GP_REPORT_TESTS && open;
}

static const struct state_word ctest_words[] = {{"Passed", GP_TEST_PASS},
                                                {"***Failed", GP_TEST_FAIL},
                                                {"***Skipped", GP_TEST_SKIP},
                                                {"***Not Run (Disabled)", GP_TEST_SKIP},
                                                {"***Not Run", GP_TEST_ERROR},
                                                {"***Timeout", GP_TEST_ERROR},
                                                {"***Exception", GP_TEST_ERROR},
                                                {"Subprocess ", GP_TEST_ERROR},
                                                {"Required regular", GP_TEST_FAIL},
                                                {"Error regular", GP_TEST_FAIL},
                                                {"***", GP_TEST_FAIL},
                                                {NULL, GP_TEST_PASS}};

/* "2/5 Test #2: bad ..............***Failed    0.00 sec" */
static struct gp_test *ctest_line(struct gp_report *part, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX], s = gp_trim(line), name;
	const struct state_word *w;
	const char *dots;
	struct gp_test *t;

	if (!gp_scan(s, "%d/%d Test%_#%d: %*", cap))
		return NULL;
	name = cap[3];
	dots = gp_find(name, " ..");
	if (!dots)
		dots = gp_find(name, "***");
	if (!dots)
		return NULL;
	s = gp_skip(name, (size_t)(dots - name.p));
	name.n = (size_t)(dots - name.p);
	while (s.n && (s.p[0] == '.' || s.p[0] == ' '))
		s = gp_skip(s, 1);
	w = word_of(s, ctest_words);
	t = gp_report_add(part, w ? w->state : GP_TEST_FAIL, name);
	t->collect = w && strcmp(w->word, "***Not Run") == 0;
	return t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR ? t : NULL;
}

/* Takes its part of the output away from the other readers: what single tests print would come and
 * go with their failure. */
void gp_read_ctest(struct gp_report *part, struct gp_buf *text)
{
	struct gp_slice rest = gp_buf_all(text), line, cap[GP_SCAN_MAX];
	gp_auto(gp_buf) others = {0};
	struct gp_test *failed = NULL;
	bool inside = false;

	if (!gp_find(rest, "Test project /"))
		return;
	while (gp_line(&line, &rest)) {
		if (gp_head(line, "Test project /", NULL)) {
			inside = true;
			part->kind = GP_REPORT_TESTS;
		} else if (inside && (gp_find(line, "% tests passed, ") ||
		                      gp_head(line, "No tests were found!!!", NULL))) {
			inside = false;
		}
		if (!inside) {
			gp_buf_slice(&others, line);
			gp_buf_chr(&others, '\n');
			continue;
		}
		if (gp_scan(gp_trim(line), "%d/%d Test", cap))
			failed = ctest_line(part, line);
		else if (failed && !gp_head(gp_trim(line), "Start ", NULL))
			gp_test_say(failed, line);
	}
	part->incomplete = inside;
	gp_buf_clear(text);
	*text = others;
	others = (struct gp_buf){0};
}

/* meson's " 1/3 suite / name   OK   0.01s". */
void gp_read_meson(struct gp_report *part, struct gp_slice text)
{
	static const struct state_word words[] = {{"OK ", GP_TEST_PASS},
	                                          {"FAIL ", GP_TEST_FAIL},
	                                          {"SKIP ", GP_TEST_SKIP},
	                                          {"TIMEOUT ", GP_TEST_ERROR},
	                                          {"ERROR ", GP_TEST_ERROR},
	                                          {"EXPECTEDFAIL ", GP_TEST_TODO},
	                                          {"UNEXPECTEDPASS ", GP_TEST_FAIL},
	                                          {"INTERRUPT ", GP_TEST_ERROR},
	                                          {NULL, GP_TEST_PASS}};
	struct gp_slice line, cap[GP_SCAN_MAX], s;
	bool sure = false;

	if (!gp_find(text, "Ok: "))
		return;
	while (gp_line(&line, &text)) {
		sure |= gp_scan(line, "Ok:%_%d", cap);
		if (!gp_scan(gp_trim(line), "%d/%d %*  %*", cap))
			continue;
		s = gp_trim(cap[3]);
		for (const struct state_word *w = words; w->word; w++)
			if (gp_head(s, w->word, NULL)) {
				gp_report_add(part, w->state, cap[2]);
				break;
			}
	}
	if (sure)
		part->kind = GP_REPORT_TESTS;
	else
		gp_report_clear(part);
}
