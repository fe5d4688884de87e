#include <signal.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/sandbox/engine_run.h"

/* How long the end of a killed container, and of the output of an ended one, is waited for. */
enum { KILL_MS = 700, DRAIN_MS = 500, SHOW_MS = 3000, CHANGES = 32 << 20, READ_MS = 10000 };

static void next_report(struct gp_run *r);

static int on_no_answer(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	gp_engine_conclude(r);
	return 0;
}

/* That it was already gone is as good. */
static void on_killed(void *ctx GP_UNUSED, struct gp_call_result *a GP_UNUSED)
{
}

void gp_engine_end_container(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};

	gp_loop_cancel(r->l, r->timer);
	r->timer = gp_loop_after(r->l, r->started ? KILL_MS : 0, on_no_answer, r);
	if (!r->started || r->kill)
		return;
	gp_buf_fmt(&path, "/containers/%s/kill", r->name);
	gp_engine_call(&r->kill, r->s->engine, r->l,
	               &(struct gp_call_spec){.method = "POST", .path = gp_buf_text(&path)},
	               on_killed, r);
}

static int on_drained(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	gp_call_abandon(&r->attach);
	gp_engine_ended(r);
	return 0;
}

void gp_engine_waited(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	gp_auto_json struct cJSON *j = NULL;
	long long status;

	if (a->code || gp_json_parse(&j, gp_buf_all(&a->text))) {
		gp_engine_fail(r);
		return;
	}
	status = gp_json_int(j, "StatusCode", -1);
	r->waited = true;
	r->ended = gp_now_ms();
	r->r.exit = status >= 0 && status < 256 ? (int)status : -1;
	if (r->r.exit > 128 && r->r.exit <= 128 + SIGSYS) {
		r->r.signal = r->r.exit - 128;
		r->r.exit = -1;
	}
	gp_loop_cancel(r->l, r->timer);
	r->timer = 0;
	if (r->attach) {
		r->timer = gp_loop_after(r->l, r->joint ? SHOW_MS : DRAIN_MS, on_drained, r);
		/* which tells the engine that nothing more is typed */
		if (r->joint)
			gp_call_resume(&r->attach);
	} else if (r->joint && gp_joint_full(r->joint))
		r->timer = gp_loop_after(r->l, SHOW_MS, on_drained, r);
	else
		gp_engine_ended(r);
}

static void judge(struct gp_run *r, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) why = {0};
	const struct cJSON *state;

	if (gp_json_parse(&j, text))
		return;
	state = gp_json_get(j, "State");
	if (gp_json_bool(state, "OOMKilled", false) ||
	    (r->marked && gp_find(gp_buf_all(&r->aside), r->mark))) {
		gp_buf_fmt(&r->r.infra_text, "out of memory (limit %lld bytes)", r->s->memory);
		r->r.infra = gp_buf_text(&r->r.infra_text);
	} else if (r->r.signal == SIGXFSZ) {
		gp_buf_fmt(&r->r.infra_text, "a file grew beyond the limit of %lld bytes",
		           r->s->disk);
		r->r.infra = gp_buf_text(&r->r.infra_text);
	} else if (!r->marked) {
		struct gp_slice said = gp_trim(gp_buf_all(&r->early));
		const char *error = gp_json_str(state, "Error");

		gp_buf_fmt(&why, "the container ended before the command began: %.*s",
		           (int)(said.n < 2000 ? said.n : 2000), said.p ? said.p : "");
		gp_engine_infra(r, error && *error ? error : gp_buf_text(&why));
	}
}

static void on_inspected(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;

	if (a->code) {
		gp_engine_fail(r);
		return;
	}
	judge(r, gp_buf_all(&a->text));
	gp_engine_ended(r);
}

static void on_changes(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	int e = a->code ? a->code : gp_engine_written(&r->reports, gp_buf_all(&a->text), r->glob);

	if (e) {
		gp_within(e, "cannot read the reports");
		gp_engine_fail(r);
		return;
	}
	next_report(r);
}

/* Takes what is a regular file; anything else is none of a report. */
static int take_report(struct gp_run *r, struct gp_slice archive)
{
	struct gp_report_file *to;
	struct gp_slice text;
	int e = gp_tar_only_file(&text, archive);

	if (e)
		return e == GP_NOTFOUND ? 0 : e;
	if (text.n > r->max_reports)
		return gp_fail(GP_LIMIT, "more than allowed in '%s'", r->reports.v[r->next_report]);
	r->max_reports -= text.n;
	r->r.reports = gp_realloc(r->r.reports, (r->r.nreports + 1) * sizeof(*r->r.reports));
	to = &r->r.reports[r->r.nreports++];
	*to = (struct gp_report_file){.path = gp_strdup(r->reports.v[r->next_report])};
	to->text.max = text.n + 1;
	gp_buf_slice(&to->text, text);
	return 0;
}

static void on_report(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	int e = a->code == GP_NOTFOUND ? 0
	        : a->code              ? a->code
	                               : take_report(r, gp_buf_all(&a->text));

	if (e) {
		gp_within(e, "cannot read the reports");
		gp_engine_fail(r);
		return;
	}
	r->next_report++;
	next_report(r);
}

static void next_report(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0}, file = {0};

	if (r->next_report == r->reports.n) {
		gp_engine_conclude(r);
		return;
	}
	gp_buf_fmt(&file, "/work/%s", r->reports.v[r->next_report]);
	gp_buf_fmt(&path, "/containers/%s/archive?path=", r->name);
	gp_url_escape(&path, gp_buf_text(&file));
	gp_engine_step(r,
	               &(struct gp_call_spec){.method = "GET",
	                                      .path = gp_buf_text(&path),
	                                      .max = r->max_reports + (64 << 10)},
	               on_report);
}

/* After the end of the container: whose fault it was, then what it left. */
void gp_engine_ended(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};
	struct gp_call_spec spec = {.method = "GET"};
	bool wrong = r->r.exit != 0 || !r->marked;

	if (r->timer)
		gp_loop_cancel(r->l, r->timer);
	r->timer = 0;
	if (r->r.timed_out || r->r.infra) {
		gp_engine_conclude(r);
		return;
	}
	if (wrong && !r->judged) {
		r->judged = true;
		gp_buf_fmt(&path, "/containers/%s/json", r->name);
		spec.path = gp_buf_text(&path);
		gp_engine_step(r, &spec, on_inspected);
	} else if (r->setup && r->r.exit == 0 && !r->r.infra) {
		gp_engine_commit(r);
	} else if (r->glob && !r->setup && r->marked) {
		gp_buf_fmt(&path, "/containers/%s/changes", r->name);
		spec.path = gp_buf_text(&path);
		spec.max = CHANGES;
		spec.timeout_ms = READ_MS;
		gp_engine_step(r, &spec, on_changes);
	} else {
		gp_engine_conclude(r);
	}
}

/* A layer that cannot be told of is a layer all the same. */
static void on_tagged(void *ctx, struct gp_call_result *a GP_UNUSED)
{
	gp_engine_conclude(ctx);
}

static void on_committed(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	gp_auto(gp_buf) path = {0};

	if (a->code) {
		gp_engine_fail(r);
		return;
	}
	if (!r->moves || r->moved) {
		gp_engine_conclude(r);
		return;
	}
	gp_buf_fmt(&path, "/images/" GP_ENGINE_LAYERS ":%s/tag?repo=" GP_ENGINE_SETUPS "&tag=%s",
	           r->layer, r->moves->setup);
	gp_engine_step(r, &(struct gp_call_spec){.method = "POST", .path = gp_buf_text(&path)},
	               on_tagged);
}

/* An instruction each: podman takes two labels of one for one. */
static void put_label(struct gp_buf *path, const char *name, const char *value)
{
	gp_auto(gp_buf) label = {0};

	gp_buf_fmt(&label, "LABEL %s=%s", name, value);
	gp_buf_str(path, "&changes=");
	gp_url_escape(path, gp_buf_text(&label));
}

void gp_engine_commit(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "/commit?container=%s&repo=" GP_ENGINE_LAYERS "&tag=%s&pause=0", r->name,
	           r->layer);
	put_label(&path, GP_ENGINE_LABEL, "layer");
	put_label(&path, GP_ENGINE_OWNER, r->s->engine->owner);
	if (r->moves)
		put_label(&path, GP_ENGINE_TREE, r->moves->tree);
	gp_engine_step(r,
	               &(struct gp_call_spec){.method = "POST",
	                                      .path = gp_buf_text(&path),
	                                      .body = GP_SLICE("{}"),
	                                      .timeout_ms = 600000},
	               on_committed);
}
