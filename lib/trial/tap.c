#include "lib/trial/read.h"

#include <string.h>
#include <strings.h>

#define DEPTH 24

/* A document is what one program printed; prove and make put several after each other. */
struct tap {
	struct gp_report *r;
	bool seen;
	bool prove;
	bool versioned;         /* it said which TAP it speaks, so it must end with a plan */
	bool numbered;          /* number 1 was seen */
	size_t mark[DEPTH + 2]; /* tests from here on are below the next point of that depth */
	long plan[DEPTH + 2];   /* -1: none yet */
	long points[DEPTH + 2];
	struct gp_slice open[DEPTH + 2]; /* "ok 1 - name {": the point whose tests follow it */
	struct gp_test *last;            /* the failed point that explanations belong to */
	bool explained;
	bool yaml;
	size_t yaml_indent;
	bool suite, hook, cancelled, whole, assertion, native; /* what the YAML block says (node) */
	struct gp_buf said; /* comments since the last point; of prove, all since the last result */
	struct gp_buf before; /* comments before the last point; of prove, what the file said */
	struct gp_buf name;   /* of the last point */
	bool failed;          /* it said "not ok" */
	struct gp_slice file; /* prove: whose output this is */
	size_t file_at;
	struct gp_slice result;
	bool dubious;
};

static void close_level(struct tap *t, size_t d)
{
	if (t->plan[d] > t->points[d])
		t->r->incomplete = true;
	t->plan[d] = -1;
	t->points[d] = 0;
	t->open[d] = (struct gp_slice){0};
	t->mark[d] = t->r->n;
}

static void new_document(struct tap *t)
{
	if (t->versioned && t->plan[0] < 0 && t->points[0] && !t->r->bailed)
		t->r->incomplete = true;
	t->versioned = t->numbered = false;
	for (size_t d = 0; d <= DEPTH; d++)
		close_level(t, d);
	t->last = NULL;
}

static bool failed_from(const struct gp_report *r, size_t at)
{
	for (; at < r->n; at++)
		if (r->v[at].state == GP_TEST_FAIL || r->v[at].state == GP_TEST_ERROR)
			return true;
	return false;
}

static bool word_is(struct gp_slice s, const char *word)
{
	return s.n >= strlen(word) && strncasecmp(s.p, word, strlen(word)) == 0;
}

/* Cuts a directive off the description: 's'kip, 't'odo or 0. */
static char directive(struct gp_slice *desc)
{
	for (size_t i = 0; i < desc->n; i++) {
		struct gp_slice word;

		if (desc->p[i] != '#' || (i > 0 && desc->p[i - 1] != ' '))
			continue;
		word = gp_trim(gp_skip(*desc, i + 1));
		if (!word_is(word, "skip") && !word_is(word, "todo") && !word_is(word, "time="))
			continue;
		desc->n = i;
		return word_is(word, "skip") ? 's' : word_is(word, "todo") ? 't' : 0;
	}
	return 0;
}

/* bats --timing */
static struct gp_slice without_time(struct gp_slice s)
{
	struct gp_slice cut;
	size_t n;

	if (!gp_tail(s, "ms", &cut))
		return s;
	for (n = cut.n; n && cut.p[n - 1] >= '0' && cut.p[n - 1] <= '9'; n--)
		;
	cut.n = n;
	return n && gp_tail(cut, " in ", &cut) ? cut : s;
}

static void unescaped(struct gp_buf *out, struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '#' || s.p[i + 1] == '\\'))
			i++;
		gp_buf_chr(out, s.p[i]);
	}
}

/* A point closes the levels below it: what stood there are its subtests, and it is a test itself
 * only when it has none, or failed though none of them did. */
static void point(struct tap *t, size_t d, bool ok, struct gp_slice desc)
{
	gp_auto(gp_buf) name = {0};
	char word = directive(&desc);
	size_t below = t->r->n - t->mark[d];

	desc = gp_trim(desc);
	if (gp_head(desc, "- ", &desc) || gp_slice_is(desc, "-"))
		desc = gp_trim(gp_slice_is(desc, "-") ? GP_SLICE("") : desc);
	unescaped(&name, without_time(desc));
	t->points[d]++;
	t->failed = !ok && !word;
	if (name.n == 0)
		gp_buf_fmt(&name, "test %ld", t->points[d]);
	if (below)
		gp_report_prefix(t->r, t->mark[d], gp_buf_all(&name));
	t->last = NULL;
	if (!below || (!ok && !word && !failed_from(t->r, t->mark[d]))) {
		enum gp_test_state s = word == 's' ? GP_TEST_SKIP
		                       : word      ? GP_TEST_TODO
		                       : ok        ? GP_TEST_PASS
		                                   : GP_TEST_FAIL;

		t->last = gp_report_add(t->r, s, gp_buf_all(&name));
	}
	for (size_t k = d + 1; k <= DEPTH; k++)
		close_level(t, k);
	t->mark[d] = t->r->n;
	gp_buf_clear(&t->name);
	t->name = name;
	name = (struct gp_buf){0};
	t->explained = false;
	t->suite = t->hook = t->cancelled = t->whole = t->assertion = t->native = false;
}

static bool point_line(struct tap *t, size_t d, struct gp_slice s)
{
	struct gp_slice cap[GP_SCAN_MAX], whole = s;
	bool ok = !gp_head(s, "not ok", &s);

	if (ok && !gp_head(s, "ok", &s))
		return false;
	if (s.n && s.p[0] != ' ')
		return false;
	if (gp_scan(s, "%_%d", cap)) {
		struct gp_slice after = gp_skip(s, (size_t)(cap[0].p + cap[0].n - s.p));

		if (after.n && after.p[0] != ' ')
			return false;
		if (d == 0 && gp_number(cap[0]) == 1) {
			if (t->numbered || (t->plan[0] >= 0 && t->points[0] >= t->plan[0]))
				new_document(t);
			t->numbered = true;
		}
		s = after;
	} else if (!t->seen || t->plan[d] < 0 || t->points[d] >= t->plan[d]) {
		return false; /* without a number only where a plan expects it */
	}
	t->seen = true;
	if (gp_tail(gp_trim(s), " {", NULL)) {
		t->open[d] = whole;
		t->mark[d] = t->r->n;
		return true;
	}
	point(t, d, ok, s);
	return true;
}

static bool brace_line(struct tap *t, size_t d, struct gp_slice s)
{
	struct gp_slice cap[GP_SCAN_MAX], head = t->open[d];
	bool ok;

	if (!gp_scan(s, "}%$", NULL) || !head.n)
		return false;
	ok = !gp_head(head, "not ok", &head);
	if (ok)
		head = gp_skip(head, 2);
	if (gp_scan(head, "%_%d", cap))
		head = gp_skip(head, (size_t)(cap[0].p + cap[0].n - head.p));
	head = gp_trim(head);
	head.n--;
	point(t, d, ok, gp_trim(head));
	t->open[d] = (struct gp_slice){0};
	return true;
}

static bool plan_line(struct tap *t, size_t d, struct gp_slice s)
{
	struct gp_slice cap[GP_SCAN_MAX], after;

	if (!gp_scan(s, "1..%d", cap))
		return false;
	after = gp_trim(gp_skip(s, cap[0].n + 3));
	if (after.n && after.p[0] != '#')
		return false;
	if (d == 0 && t->plan[0] >= 0)
		new_document(t);
	t->seen = true;
	t->plan[d] = gp_number(cap[0]);
	return true;
}

/* The suite's own failure: its tests say only that they were cancelled. */
static void hook_failed(struct tap *t)
{
	t->hook = true;
	if (t->last || !t->failed)
		return;
	t->last = gp_report_add(t->r, GP_TEST_FAIL, gp_buf_all(&t->name));
	for (size_t d = 0; d <= DEPTH; d++)
		if (t->mark[d] == t->r->n - 1)
			t->mark[d] = t->r->n;
}

static void yaml_line(struct tap *t, struct gp_slice s)
{
	static const char *const natives[] = {"TypeError", "ReferenceError", "SyntaxError",
	                                      "RangeError"};
	static const char *const dull[] = {"duration_ms:", "location:", "type:",  "failureType:",
	                                   "stack:",       "exitCode:", "signal:"};
	struct gp_slice cap[GP_SCAN_MAX];

	if (gp_scan(s, "name: %Q", cap)) {
		t->assertion |= gp_tail(cap[0], "AssertionError", NULL);
		for (size_t i = 0; i < GP_COUNT(natives); i++)
			t->native |= gp_slice_is(cap[0], natives[i]);
	}
	t->assertion |= gp_head(s, "code: 'ERR_ASSERTION'", NULL);
	t->suite |= gp_head(s, "type: 'suite'", NULL);
	if (gp_head(s, "failureType: 'hookFailed'", NULL))
		hook_failed(t);
	t->cancelled |= gp_head(s, "failureType: 'cancelledByParent'", NULL);
	t->whole |= gp_scan(s, "exitCode: %d", cap);
	for (size_t i = 0; i < GP_COUNT(dull); i++)
		if (gp_head(s, dull[i], NULL))
			return;
	if (t->last && t->last->state == GP_TEST_FAIL && !t->cancelled &&
	    !gp_find(s, "node:internal"))
		gp_test_say(t->last, s);
}

/* node calls a file whose process failed a test; what it printed came before, as comments. */
static void yaml_end(struct tap *t)
{
	struct gp_slice rest = gp_buf_all(&t->before), line;

	t->yaml = false;
	t->explained = true;
	if (t->last && t->suite && t->last->state == GP_TEST_PASS &&
	    t->last == &t->r->v[t->r->n - 1]) {
		t->r->n--;
		gp_free(t->last->id);
		t->last = NULL;
		for (size_t d = 0; d <= DEPTH; d++)
			t->mark[d] = t->mark[d] < t->r->n ? t->mark[d] : t->r->n;
	}
	if (!t->last || t->last->state != GP_TEST_FAIL)
		return;
	if (t->whole) {
		while (gp_line(&line, &rest))
			gp_test_say(t->last, line);
		if (gp_find(gp_buf_all(&t->before), "AssertionError"))
			return;
	}
	t->last->collect = t->whole || t->hook || t->cancelled;
	if (t->last->collect || (t->native && !t->assertion))
		t->last->state = GP_TEST_ERROR;
}

static bool in_yaml(struct tap *t, struct gp_slice line)
{
	size_t indent = gp_indent(line);

	if (!t->yaml)
		return false;
	if (gp_trim(line).n && indent < t->yaml_indent) {
		yaml_end(t);
		return false;
	}
	if (indent == t->yaml_indent && gp_scan(gp_skip(line, indent), "...%$", NULL))
		yaml_end(t);
	else
		yaml_line(t, gp_skip(line, t->yaml_indent));
	return true;
}

static void say(struct tap *t, struct gp_slice s)
{
	if (t->said.n + s.n >= GP_MESSAGE_MAX)
		return;
	gp_buf_slice(&t->said, s);
	gp_buf_chr(&t->said, '\n');
}

static void said_before(struct tap *t)
{
	if (!t->file.n)
		gp_buf_cut(&t->before, 0);
	gp_buf_slice(&t->before, gp_buf_all(&t->said));
	gp_buf_cut(&t->said, 0);
}

static void comment(struct tap *t, struct gp_slice s)
{
	struct gp_slice name;

	s = gp_skip(s, s.n > 1 && s.p[1] == ' ' ? 2 : 1);
	if (gp_head(s, "Subtest: ", &name))
		return;
	if (t->last && t->last->state == GP_TEST_FAIL && !t->explained)
		gp_test_say(t->last, s);
	say(t, s);
}

/* The end of one file's part of what prove prints. */
static void file_end(struct tap *t)
{
	struct gp_slice rest = gp_buf_all(&t->before), line;
	struct gp_test *last = NULL;

	if (t->file.n == 0)
		return;
	if (t->r->n > t->file_at) {
		if (t->dubious && !failed_from(t->r, t->file_at))
			last = gp_report_add(t->r, GP_TEST_ERROR, GP_SLICE("the program"));
		gp_report_prefix(t->r, t->file_at, t->file);
		/* it gave up: what it had still to run is not known */
		if (last)
			last->collect = gp_find(gp_buf_all(&t->before), "Bailout called") != NULL;
		while (last && gp_line(&line, &rest))
			gp_test_say(last, line);
	} else if (t->dubious || t->result.n) {
		bool none = gp_head(t->result, "No subtests run", NULL);
		bool died = none || gp_head(t->result, "All ", NULL);

		last = gp_report_add(t->r,
		                     gp_head(t->result, "skipped", NULL) ? GP_TEST_SKIP
		                     : !t->dubious                       ? GP_TEST_PASS
		                     : died                              ? GP_TEST_ERROR
		                                                         : GP_TEST_FAIL,
		                     t->file);
		last->collect = none;
		while (t->dubious && gp_line(&line, &rest))
			gp_test_say(last, line);
	}
	new_document(t);
	t->file = (struct gp_slice){0};
	gp_buf_cut(&t->before, 0);
}

/* "t/name.t .... ok", or the name alone before what the file prints. */
static bool prove_line(struct tap *t, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX], result;

	if (gp_head(line, "Test Summary Report", NULL) ||
	    gp_head(line, "All tests successful", NULL) || gp_head(line, "Files=", NULL)) {
		file_end(t);
		return true;
	}
	if (gp_head(line, "Dubious, test returned", NULL) ||
	    gp_scan(line, "Failed %d/%d subtest", cap) || gp_head(line, "No subtests run", NULL) ||
	    gp_scan(line, "All %d subtests passed", cap)) {
		if (!t->dubious)
			said_before(t);
		t->dubious = true;
		t->result = gp_trim(line);
		return true;
	}
	if (!gp_scan(line, "%s%_..%*", cap))
		return false;
	for (result = cap[1]; result.n && result.p[0] == '.';)
		result = gp_skip(result, 1);
	result = gp_trim(result);
	if (result.n && !gp_slice_is(result, "ok") && !gp_head(result, "skipped", NULL))
		return false;
	file_end(t);
	said_before(t);
	t->seen = true;
	t->file = cap[0];
	t->file_at = t->r->n;
	t->result = result;
	t->dubious = false;
	new_document(t);
	return true;
}

static void line_of(struct tap *t, struct gp_slice line)
{
	size_t indent = gp_indent(line), d = indent / 4;
	struct gp_slice s = gp_skip(line, indent);

	if (in_yaml(t, line) || (t->prove && prove_line(t, line)))
		return;
	d = d < DEPTH ? d : DEPTH;
	if (gp_head(s, "Bail out!", NULL)) {
		t->r->bailed = t->seen = true;
	} else if (gp_scan(s, "TAP version %d%$", (struct gp_slice[GP_SCAN_MAX]){{0}})) {
		if (d == 0) {
			new_document(t);
			t->versioned = true;
		}
		t->seen = true;
	} else if (gp_scan(s, "---%$", NULL) && t->seen && t->points[d]) {
		t->yaml = true;
		t->yaml_indent = indent;
	} else if (s.n && s.p[0] == '#') {
		comment(t, s);
	} else if (point_line(t, d, s) || brace_line(t, d, s)) {
		if (!t->prove)
			said_before(t);
	} else if (!plan_line(t, d, s) && t->prove) {
		say(t, s);
	}
}

void gp_read_tap(struct gp_report *part, struct gp_slice text)
{
	struct tap t = {.r = part};
	struct gp_slice line;

	t.prove = gp_find(text, "\nFiles=") && gp_find(text, "\nResult: ");
	for (size_t d = 0; d <= DEPTH; d++)
		t.plan[d] = -1;
	while (gp_line(&line, &text))
		line_of(&t, line);
	if (t.yaml)
		yaml_end(&t);
	file_end(&t);
	new_document(&t);
	if (t.seen)
		part->kind = GP_REPORT_TESTS;
	gp_buf_clear(&t.said);
	gp_buf_clear(&t.before);
	gp_buf_clear(&t.name);
}
