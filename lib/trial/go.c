#include <string.h>

#include "lib/base/json.h"
#include "lib/trial/read.h"

/* go test prints a package's tests before the line that names the package. */
struct gotest {
	struct gp_report *r;
	struct gp_ids ids;
	size_t first; /* tests of the package under way */
	size_t open;  /* 1 + the failed test that lines belong to */
	bool verbose, seen;
	struct gp_slice run; /* -v: whose output is coming */
	struct gp_buf logs;  /* -v: "name<TAB>line" of what tests said while they ran */
	struct gp_buf build; /* what the compiler said */
};

static struct gp_slice word(struct gp_slice s)
{
	struct gp_slice cap[GP_SCAN_MAX];

	return gp_scan(gp_trim(s), "%s", cap) ? cap[0] : (struct gp_slice){0};
}

static bool any_bad(const struct gp_report *r, size_t from)
{
	for (; from < r->n; from++)
		if (r->v[from].state == GP_TEST_FAIL)
			return true;
	return false;
}

/* The package as a test of its own: with -v only when it failed without a test that did. */
static void package(struct gotest *g, struct gp_slice name, enum gp_test_state state, bool collect)
{
	struct gp_slice rest = gp_buf_all(&g->build), line;
	struct gp_test *t;

	g->seen = true;
	g->open = 0;
	gp_report_prefix(g->r, g->first, name);
	if (state == GP_TEST_FAIL && !collect && !any_bad(g->r, g->first))
		state = GP_TEST_ERROR;
	if (!g->verbose || state == GP_TEST_ERROR) {
		t = gp_report_add(g->r, state, name);
		t->collect = collect;
		while (state == GP_TEST_ERROR && gp_line(&line, &rest))
			gp_test_say(t, line);
	}
	g->first = g->r->n;
	g->run = (struct gp_slice){0};
	gp_buf_cut(&g->logs, 0);
	gp_buf_cut(&g->build, 0);
}

static bool package_line(struct gotest *g, struct gp_slice line)
{
	struct gp_slice rest;

	if (gp_head(line, "ok  \t", &rest) || gp_head(line, "ok  ", &rest)) {
		if (gp_find(rest, "[no tests to run]"))
			g->seen = true;
		else
			package(g, word(rest), GP_TEST_PASS, false);
		return true;
	}
	if (gp_head(line, "FAIL\t", &rest)) {
		bool collect = gp_find(rest, "[build failed]") || gp_find(rest, "[setup failed]");

		package(g, word(rest), collect ? GP_TEST_ERROR : GP_TEST_FAIL, collect);
		return true;
	}
	if (gp_find(line, "[no test files]")) {
		g->seen = true;
		return true;
	}
	return false;
}

static void say_logs(struct gotest *g, struct gp_slice name)
{
	struct gp_slice rest = gp_buf_all(&g->logs), line;

	while (gp_line(&line, &rest))
		if (line.n > name.n && line.p[name.n] == '\t' &&
		    memcmp(line.p, name.p, name.n) == 0)
			gp_test_say(&g->r->v[g->r->n - 1], gp_trim(gp_skip(line, name.n)));
}

static bool test_line(struct gotest *g, struct gp_slice line)
{
	static const struct {
		const char *head;
		enum gp_test_state state;
	} heads[] = {{"--- PASS: ", GP_TEST_PASS},
	             {"--- FAIL: ", GP_TEST_FAIL},
	             {"--- SKIP: ", GP_TEST_SKIP}};
	struct gp_slice s = gp_trim(line), rest;

	if (gp_head(s, "=== RUN ", &rest)) {
		g->seen = g->verbose = true;
		g->open = 0;
		g->run = word(rest);
		return true;
	}
	for (size_t i = 0; i < GP_COUNT(heads); i++)
		if (gp_head(s, heads[i].head, &rest)) {
			gp_report_add(g->r, heads[i].state, word(rest));
			g->open = heads[i].state == GP_TEST_FAIL ? g->r->n : 0;
			g->seen = true;
			if (g->open)
				say_logs(g, word(rest));
			g->run = (struct gp_slice){0};
			return true;
		}
	return gp_head(s, "=== ", NULL);
}

static void keep(struct gotest *g, struct gp_slice line)
{
	if (g->open && g->open <= g->r->n && gp_indent(line) >= 4)
		gp_test_say(&g->r->v[g->open - 1], gp_trim(line));
	else if (g->run.n && g->logs.n + g->run.n + line.n < 16000)
		gp_buf_fmt(&g->logs, "%.*s\t%.*s\n", (int)g->run.n, g->run.p, (int)line.n, line.p);
	else if (g->build.n + line.n < GP_MESSAGE_MAX) {
		gp_buf_slice(&g->build, line);
		gp_buf_chr(&g->build, '\n');
	}
}

void gp_read_go(struct gp_report *part, struct gp_slice text)
{
	struct gotest g = {.r = part};
	struct gp_slice line, rest = text;

	if (!gp_find(text, "--- FAIL: ") && !gp_find(text, "\tFAIL") && !gp_find(text, "FAIL\t") &&
	    !gp_find(text, "ok  \t") && !gp_find(text, "[no test files]") &&
	    !gp_find(text, "=== RUN "))
		return;
	while (gp_line(&line, &rest))
		if (!package_line(&g, line) && !test_line(&g, line))
			keep(&g, line);
	gp_buf_clear(&g.build);
	gp_buf_clear(&g.logs);
	if (!g.seen) {
		gp_report_clear(part);
		return;
	}
	part->kind = g.verbose || part->n == 0 ? GP_REPORT_TESTS : GP_REPORT_COUNTS;
	part->passed = (long)gp_report_count(part, GP_TEST_PASS, true);
	part->failed = (long)gp_report_count(part, GP_TEST_FAIL, true);
	part->errors = (long)gp_report_count(part, GP_TEST_ERROR, true);
	part->skipped = (long)gp_report_count(part, GP_TEST_SKIP, true);
}

static void say_build(struct gotest *g, struct gp_test *t)
{
	struct gp_slice rest = gp_buf_all(&g->build), line;

	while (gp_line(&line, &rest))
		gp_test_say(t, line);
}

/* A test is marked as not loaded until its end is told: one that ends the program never is. */
static struct gp_test *open_test(struct gotest *g, const char *name, struct gp_slice id)
{
	size_t n = g->r->n;
	struct gp_test *t = gp_report_set(g->r, &g->ids, GP_TEST_PASS, id);

	t->collect |= name && g->r->n > n;
	return t;
}

/* One event of go test -json; what tests print comes in "output" events. */
static void event(struct gotest *g, const struct cJSON *j)
{
	const char *action = gp_json_str(j, "Action"), *name = gp_json_str(j, "Test");
	const char *pack = gp_json_str(j, "Package"), *said = gp_json_str(j, "Output");
	gp_auto(gp_buf) id = {0};
	struct gp_test *t;
	bool pass, fail;

	if (action && strcmp(action, "build-output") == 0 && said)
		keep(g, gp_trim(gp_slice(said)));
	if (!action || !pack)
		return;
	g->seen = true;
	pass = strcmp(action, "pass") == 0;
	fail = strcmp(action, "fail") == 0;
	gp_buf_fmt(&id, name ? "%s > %s" : "%s", pack, name);
	if (said && !gp_starts(said, "=== ")) {
		/* kept with the test from its first word on, for the state comes last */
		t = open_test(g, name, gp_buf_all(&id));
		gp_test_say(t, gp_trim(gp_slice(said)));
	} else if (name && strcmp(action, "run") == 0) {
		open_test(g, name, gp_buf_all(&id));
	} else if (name && (pass || fail || strcmp(action, "skip") == 0)) {
		t = gp_report_set(g->r, &g->ids,
		                  pass   ? GP_TEST_PASS
		                  : fail ? GP_TEST_FAIL
		                         : GP_TEST_SKIP,
		                  gp_buf_all(&id));
		t->collect = false;
	} else if (!name && fail) {
		t = gp_report_set(g->r, &g->ids, GP_TEST_ERROR, gp_buf_all(&id));
		t->collect = true;
		if (gp_json_str(j, "FailedBuild"))
			say_build(g, t);
	}
}

/* The packages of tests that went wrong. */
static void bad_packages(struct gp_report *out, struct gp_ids *ids, const struct gp_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *end = strstr(r->v[i].id, " > ");
		bool bad = r->v[i].state == GP_TEST_FAIL || r->v[i].state == GP_TEST_ERROR;

		if (end && bad)
			gp_report_set(out, ids, GP_TEST_FAIL,
			              (struct gp_slice){r->v[i].id, (size_t)(end - r->v[i].id)});
	}
}

static void close_tests(struct gp_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct gp_test *t = &r->v[i];

		if (!t->collect || t->state != GP_TEST_PASS)
			continue;
		t->state = GP_TEST_ERROR;
		gp_test_say(t, GP_SLICE("it did not end"));
	}
}

/* Packages are no tests; one that failed stays only when none of its tests did. */
static void drop_packages(struct gp_report *r)
{
	struct gp_report kept = {0};
	gp_auto(gp_report) bad_ones = {0};
	gp_auto(gp_ids) ids = {0};

	bad_packages(&bad_ones, &ids, r);
	for (size_t i = 0; i < r->n; i++) {
		const struct gp_test *t = &r->v[i];
		bool bad = t->state == GP_TEST_FAIL || t->state == GP_TEST_ERROR;
		struct gp_test *copy;

		if (!strstr(t->id, " > ") &&
		    (!t->collect || gp_ids_find(&ids, &bad_ones, t->id) >= 0))
			continue;
		copy = gp_report_add(&kept, t->state, gp_slice(t->id));
		copy->collect = t->collect;
		if (bad && t->message)
			copy->message = gp_strdup(t->message);
	}
	gp_report_clear(r);
	*r = kept;
}

void gp_read_go_json(struct gp_report *part, struct gp_slice text)
{
	struct gotest g = {.r = part};
	struct gp_slice line;

	if (!gp_find(text, "\"Action\":"))
		return;
	while (gp_line(&line, &text)) {
		gp_auto_json struct cJSON *j = NULL;

		if (line.n > 2 && line.p[0] == '{' && gp_find(line, "\"Action\":") &&
		    gp_json_parse(&j, line) == 0)
			event(&g, j);
	}
	gp_ids_clear(&g.ids);
	gp_buf_clear(&g.build);
	if (!g.seen)
		return;
	close_tests(part);
	drop_packages(part);
	part->kind = GP_REPORT_TESTS;
}
