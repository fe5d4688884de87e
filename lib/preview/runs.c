#include "lib/preview/runs.h"

#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"

static void take(struct gp_trial_result *to, struct gp_trial_result *from)
{
	gp_trial_result_clear(to);
	*to = *from;
	*from = (struct gp_trial_result){0};
}

void gp_runs_clear(struct gp_runs *r)
{
	gp_trial_result_clear(&r->first);
	gp_trial_result_clear(&r->other);
	gp_list_clear(&r->differ);
	gp_free(r->v);
	*r = (struct gp_runs){0};
}

static bool unknown(enum gp_verdict v)
{
	return v == GP_VERDICT_INFRA || v == GP_VERDICT_TIMEOUT;
}

/* A test that differs from the first run twice is named once. */
static bool agrees(struct gp_runs *r, const struct gp_trial_result *with)
{
	gp_auto(gp_list) differ = {0};
	bool same = gp_reports_agree(&differ, &r->first.report, &with->report);

	for (size_t i = 0; i < differ.n && r->differ.n < 100; i++)
		if (!gp_list_has(&r->differ, differ.v[i]))
			gp_list_add(&r->differ, differ.v[i]);
	return same && with->judgement.verdict == r->first.judgement.verdict;
}

void gp_runs_add(struct gp_runs *r, struct gp_trial_result *result)
{
	struct gp_one_run run = {result->judgement.verdict, result->exit, result->ms};

	r->v = gp_realloc(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n++] = run;
	if (r->n == 1) {
		take(&r->first, result);
	} else if (unknown(run.verdict)) {
		take(&r->other, result);
	} else if (!agrees(r, result)) {
		if (!r->disagree)
			take(&r->other, result);
		r->disagree = true;
	}
	gp_trial_result_clear(result);
}

static void count_verdicts(struct gp_buf *out, const struct gp_runs *r)
{
	gp_buf_fmt(out, "%zu runs: ", r->n);
	for (int v = GP_VERDICT_PASS, some = 0; v <= GP_VERDICT_FLAKY; v++) {
		size_t n = 0;

		for (size_t i = 0; i < r->n; i++)
			n += r->v[i].verdict == (enum gp_verdict)v;
		if (n)
			gp_buf_fmt(out, "%s%zu %s", some++ ? ", " : "", n,
			           gp_verdict_word((enum gp_verdict)v));
	}
	if (r->differ.n)
		gp_buf_fmt(out, "; %zu test%s differ%s", r->differ.n, r->differ.n > 1 ? "s" : "",
		           r->differ.n > 1 ? "" : "s");
}

struct gp_trial_result *gp_runs_result(struct gp_runs *r)
{
	struct gp_trial_result *result = &r->first;

	if (r->n > 1 && unknown(r->v[r->n - 1].verdict))
		return &r->other;
	if (!r->disagree)
		return result;
	if (result->judgement.verdict == GP_VERDICT_PASS)
		result = &r->other;
	result->judgement.verdict = GP_VERDICT_FLAKY;
	gp_buf_cut(&result->judgement.reason, 0);
	count_verdicts(&result->judgement.reason, r);
	return result;
}

/* As text: the tree of 200,000 tests would take many times their memory. */
static struct cJSON *tests_json(const struct gp_report *report)
{
	static const char *const states[] = {"pass", "fail", "error", "skip", "todo"};
	gp_auto(gp_buf) text = {0};

	gp_buf_chr(&text, '[');
	for (size_t i = 0; i < report->n; i++) {
		gp_auto_json struct cJSON *t = gp_json_object();

		gp_json_put_bytes(t, "id", gp_slice(report->v[i].id));
		gp_json_put_str(t, "state", states[report->v[i].state]);
		if (report->v[i].message)
			gp_json_put_bytes(t, "message", gp_slice(report->v[i].message));
		gp_buf_str(&text, i ? "," : "");
		gp_json_print(&text, t);
	}
	gp_buf_chr(&text, ']');
	return gp_json_raw(gp_buf_text(&text));
}

static void put_runs(struct cJSON *j, const struct gp_runs *r)
{
	struct cJSON *runs = gp_json_array(), *flaky = gp_json_array();

	for (size_t i = 0; i < r->n; i++) {
		struct cJSON *one = gp_json_object();

		gp_json_put_str(one, "verdict", gp_verdict_word(r->v[i].verdict));
		gp_json_put_int(one, "exit", r->v[i].exit);
		gp_json_put_int(one, "ms", r->v[i].ms);
		gp_json_push(runs, one);
	}
	for (size_t i = 0; i < r->differ.n; i++) {
		gp_auto(gp_buf) id = {0};

		gp_buf_visible(&id, gp_slice(r->differ.v[i]));
		gp_json_push_str(flaky, gp_buf_text(&id));
	}
	gp_json_put(j, "runs", runs);
	gp_json_put(j, "flaky", flaky);
}

static void tell_event(const struct gp_runs *runs, const struct gp_trial_result *r,
                       struct gp_term *term)
{
	struct cJSON *j;

	if (!gp_term_json(term))
		return;
	j = gp_json_object();
	gp_json_put_str(j, "verdict", gp_verdict_word(r->judgement.verdict));
	gp_json_put_bytes(j, "reason", gp_buf_all(&r->judgement.reason));
	gp_json_put_bool(j, "low_confidence", r->judgement.low_confidence);
	gp_json_put_bytes(j, "command", gp_slice(r->command));
	gp_json_put_int(j, "exit", r->exit);
	gp_json_put_bool(j, "cached", r->cached);
	gp_json_put_int(j, "ms", r->ms);
	if (runs->n > 1)
		put_runs(j, runs);
	gp_json_put(j, "tests", tests_json(&r->report));
	gp_term_event(term, "result", j);
}

static void tell_runs(const struct gp_runs *r, struct gp_term *t)
{
	for (size_t i = 0; r->n > 1 && i < r->n; i++)
		gp_term_say(t, "run %zu: %s, exit %d, %.1f s", i + 1,
		            gp_verdict_word(r->v[i].verdict), r->v[i].exit,
		            (double)r->v[i].ms / 1000);
	for (size_t i = 0; i < r->differ.n; i++)
		gp_term_say(t, "flaky: %s", r->differ.v[i]);
}

static enum gp_status status_of(enum gp_verdict v)
{
	if (v == GP_VERDICT_PASS)
		return GP_STATUS_OK;
	if (v == GP_VERDICT_FLAKY)
		return GP_STATUS_FLAKY;
	return unknown(v) ? GP_STATUS_SANDBOX : GP_STATUS_NO;
}

enum gp_status gp_runs_tell(struct gp_runs *runs, struct gp_term *t)
{
	const struct gp_trial_result *r = gp_runs_result(runs);
	const struct gp_judgement *j = &r->judgement;

	tell_event(runs, r, t);
	gp_term_end(t, "suite", j->verdict == GP_VERDICT_PASS ? GP_MARK_OK : GP_MARK_BAD, "%s%s",
	            r->command, r->cached ? " (cached)" : "");
	tell_runs(runs, t);
	for (size_t i = 0; i < r->report.n; i++)
		if (r->report.v[i].state == GP_TEST_FAIL || r->report.v[i].state == GP_TEST_ERROR)
			gp_term_say(t, "failed: %s", r->report.v[i].id);
	if (j->verdict != GP_VERDICT_PASS)
		gp_term_quote(t, gp_buf_all(&j->lines));
	gp_term_result(t, "%s: %s%s", gp_verdict_word(j->verdict), gp_buf_text(&j->reason),
	               j->low_confidence ? " (low confidence)" : "");
	return status_of(j->verdict);
}

int gp_runs_junit_check(const char *path)
{
	gp_auto_str char *copy = gp_strdup(path);
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return gp_fail(GP_FAILED, "cannot write '%s': not a regular file", path);
	if (access(dirname(copy), W_OK | X_OK))
		return gp_fail_errno(GP_FAILED, "cannot write '%s'", path);
	return 0;
}

int gp_runs_junit(struct gp_runs *runs, const char *path)
{
	const struct gp_trial_result *r = gp_runs_result(runs);
	enum gp_verdict v = r->judgement.verdict;
	const struct gp_junit_run run = {
		.name = r->command,
		.ms = r->ms,
		.verdict = v == GP_VERDICT_PASS ? NULL : gp_verdict_word(v),
		.reason = gp_buf_all(&r->judgement.reason),
	};
	gp_auto(gp_buf) text = {0};

	if (gp_report_write_junit(&text, &r->report, &run))
		return gp_fail(GP_LIMIT, "cannot write '%s': more than %zu MiB", path,
		               GP_BUF_MAX >> 20);
	return gp_file_write(path, gp_buf_all(&text), 0644);
}
