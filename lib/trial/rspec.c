#include "lib/trial/read.h"

#define DEPTH_MAX 32

struct tree {
	struct gp_report r;
	struct gp_ids ids;
	struct gp_slice open[DEPTH_MAX];
	size_t n; /* how many are open */
	const struct gp_report *failures;
	bool strange;
};

static void tree_clear(struct tree *t)
{
	gp_report_clear(&t->r);
	gp_ids_clear(&t->ids);
}

static void explain(struct gp_test *test, const struct gp_report *failures, long number)
{
	const struct gp_test *why;

	if (number < 1 || (size_t)number > failures->n)
		return;
	why = &failures->v[number - 1];
	test->state = why->state;
	if (why->message && !test->message)
		gp_test_say(test, gp_slice(why->message));
}

/* The last line opened is an example, for nothing stands below it. */
static void leaf(struct tree *t)
{
	struct gp_slice cap[GP_SCAN_MAX], name = t->open[t->n - 1];
	gp_auto(gp_buf) id = {0};
	enum gp_test_state state = GP_TEST_PASS;
	struct gp_test *test;
	long number = 0;

	if (gp_scan(name, "%* (FAILED - %d)%$", cap)) {
		state = GP_TEST_FAIL;
		number = gp_number(cap[1]);
		name = cap[0];
	} else if (gp_scan(name, "%* (PENDING: ", cap)) {
		state = GP_TEST_SKIP;
		name = cap[0];
	}
	for (size_t i = 0; i + 1 < t->n; i++) {
		gp_buf_slice(&id, t->open[i]);
		gp_buf_str(&id, " > ");
	}
	gp_buf_slice(&id, name);
	test = gp_report_set(&t->r, &t->ids, state, gp_buf_all(&id));
	if (state == GP_TEST_FAIL)
		explain(test, t->failures, number);
}

static void tree_line(struct tree *t, struct gp_slice line, bool after_blank)
{
	size_t depth = gp_indent(line) / 2;

	/* a group of the top has a blank line before it; what tests print seldom has */
	if (depth == 0 && !after_blank)
		return;
	if (depth > t->n || depth >= DEPTH_MAX || gp_indent(line) % 2) {
		t->strange = true;
		return;
	}
	if (t->n > 1 && depth < t->n)
		leaf(t);
	t->n = depth;
	t->open[t->n++] = gp_trim(line);
}

void gp_rspec_names(struct gp_report *part, struct gp_slice text, long total)
{
	__attribute__((cleanup(tree_clear))) struct tree t = {.failures = part};
	struct gp_slice line;
	const char *end = gp_find(text, "\nFinished in ");
	bool blank = true;

	if (!end || gp_find((struct gp_slice){end + 1, text.n - (size_t)(end + 1 - text.p)},
	                    "\nFinished in "))
		return;
	while (!t.strange && gp_line(&line, &text)) {
		if (gp_head(line, "Pending:", NULL) || gp_head(line, "Failures:", NULL) ||
		    gp_head(line, "Finished in ", NULL))
			break;
		if (gp_trim(line).n)
			tree_line(&t, line, blank);
		blank = gp_trim(line).n == 0;
	}
	if (t.n > 1)
		leaf(&t);
	if (t.strange || total <= 0 || t.r.n != (size_t)total ||
	    gp_report_count(&t.r, GP_TEST_PASS, true) != (size_t)part->passed ||
	    gp_report_count(&t.r, GP_TEST_SKIP, true) != (size_t)part->skipped)
		return;
	gp_report_clear(part);
	*part = t.r;
	part->kind = GP_REPORT_TESTS;
	t.r = (struct gp_report){0};
}
