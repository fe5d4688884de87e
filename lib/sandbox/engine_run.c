#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/capture.h"
#include "lib/base/file.h"
#include "lib/sandbox/engine_run.h"

enum { UPLOAD_MS = 600000, START_MS = 30000 };

void gp_engine_infra(struct gp_run *r, const char *what)
{
	if (r->r.infra)
		return;
	gp_buf_fmt(&r->r.infra_text, "sandbox: %s", what);
	r->r.infra = gp_buf_text(&r->r.infra_text);
}

static void drop(struct gp_run *r)
{
	gp_auto(gp_list) name = {0};

	gp_joint_free(&r->joint);
	if (r->inner)
		gp_engine_discard(&r->inner);
	gp_call_abandon(&r->step);
	gp_call_abandon(&r->attach);
	gp_call_abandon(&r->wait);
	gp_call_abandon(&r->kill);
	gp_call_abandon(&r->size);
	if (r->size_timer)
		gp_loop_cancel(r->l, r->size_timer);
	r->size_timer = 0;
	/* the loop of an idle one may be gone */
	if (r->timer)
		gp_loop_cancel(r->l, r->timer);
	if (r->name) {
		gp_list_add(&name, r->name);
		gp_engine_remove(r->s->engine, &name, NULL);
	}
	gp_str_clear(&r->name);
}

static void free_run(struct gp_run *r)
{
	drop(r);
	if (r->archive.p)
		munmap((void *)r->archive.p, r->archive.n);
	gp_free(r->image);
	gp_free(r->glob);
	gp_free(r->layer);
	gp_free(r->tree);
	gp_free(r->scratch);
	gp_buf_clear(&r->packed);
	gp_buf_clear(&r->body);
	gp_buf_clear(&r->early);
	gp_buf_clear(&r->aside);
	gp_capture_clear(&r->kept);
	gp_list_clear(&r->reports);
	gp_run_result_clear(&r->r);
	gp_free(r);
}

void gp_engine_conclude(struct gp_run *r)
{
	struct gp_run_result result;
	long long now = gp_now_ms();

	if (r->over)
		return;
	if (r->idle) {
		r->s->engine->spare = NULL;
		free_run(r);
		return;
	}
	r->over = true;
	if (!r->commanded)
		r->commanded = now;
	r->r.ms = (long)((r->ended ? r->ended : now) - r->commanded);
	r->r.setup_ms = (long)(r->commanded - r->began);
	r->r.truncated = r->kept.total > r->kept.max;
	if (!r->marked)
		gp_capture_add(&r->kept, gp_buf_all(&r->early));
	gp_capture_take(&r->r.out, &r->kept);
	if (r->r.timed_out || r->r.infra) {
		r->r.exit = -1;
		r->r.signal = r->r.timed_out ? SIGKILL : 0;
	}
	result = r->r;
	r->r = (struct gp_run_result){0};
	drop(r);
	r->done(r->ctx, &result);
	gp_run_result_clear(&result);
	free_run(r);
}

void gp_engine_fail(struct gp_run *r)
{
	gp_engine_infra(r, gp_message());
	gp_engine_conclude(r);
}

void gp_engine_step(struct gp_run *r, const struct gp_call_spec *spec,
                    void (*next)(void *ctx, struct gp_call_result *a))
{
	if (gp_engine_call(&r->step, r->s->engine, r->l, spec, next, r))
		gp_engine_fail(r);
}

static void on_payload(void *ctx, struct gp_slice s)
{
	struct gp_run *r = ctx;

	if (r->joint) {
		gp_joint_open(r->joint);
		gp_joint_show(r->joint, s);
		return;
	}
	gp_capture_add(&r->kept, s);
	if (r->output && s.n)
		r->output(r->output_ctx, s);
}

static int upload(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	gp_engine_upload(r);
	return 0;
}

/* What comes before the mark is not the command's. */
static void take_early(struct gp_run *r, struct gp_slice s)
{
	const char *at;
	struct gp_slice rest;

	gp_buf_slice(&r->early, s);
	at = gp_find(gp_buf_all(&r->early), r->mark);
	if (!at)
		return;
	rest = gp_buf_all(&r->early);
	at += strlen(r->mark);
	rest.n -= (size_t)(at - rest.p);
	rest.p = at;
	/* a terminal's line end is two bytes */
	if (!memchr(rest.p, '\n', rest.n))
		return;
	at = (const char *)memchr(rest.p, '\n', rest.n) + 1;
	rest.n -= (size_t)(at - rest.p);
	rest.p = at;
	r->marked = true;
	r->commanded = gp_now_ms();
	on_payload(r, rest);
}

static void on_frame(void *ctx, struct gp_slice s)
{
	struct gp_run *r = ctx;

	if (r->marked) {
		if (r->frames.head[0] == GP_FRAME_ERROR)
			gp_buf_slice(&r->aside, s);
		else
			on_payload(r, s);
		return;
	}
	if (r->ahead && !r->ready) {
		r->ready = true;
		if (!r->idle)
			r->timer = gp_loop_after(r->l, 0, upload, r);
		return;
	}
	take_early(r, s);
}

/* A terminal has no frames. */
static int on_shown(void *ctx, struct gp_slice s)
{
	struct gp_run *r = ctx;

	if (gp_joint_full(r->joint))
		return GP_ENGINE_LATER;
	if (r->marked)
		on_payload(r, s);
	else
		take_early(r, s);
	return 0;
}

static long on_typed(void *ctx, char *to, size_t max)
{
	return gp_joint_typed(((struct gp_run *)ctx)->joint, to, max);
}

static int on_output(void *ctx, struct gp_slice s)
{
	struct gp_run *r = ctx;

	return gp_frames_read(&r->frames, s, on_frame, r);
}

static void on_attach_end(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	bool ours = r->r.timed_out || r->r.infra || r->idle;

	/* what is missing may have told of a failure */
	if (!a->code && !ours && (r->frames.left || r->frames.have)) {
		gp_fail(GP_INVALID, "the output of %s ended in the middle", r->s->engine->kind);
		gp_engine_fail(r);
	} else if (r->waited && r->joint && gp_joint_full(r->joint))
		return;
	else if (r->waited)
		gp_engine_ended(r);
	else if (r->r.timed_out || r->idle)
		gp_engine_conclude(r);
	else if (a->code)
		gp_engine_fail(r);
}

static int on_deadline(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	r->r.timed_out = true;
	gp_engine_end_container(r);
	return 0;
}

static void begin_wait(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};
	struct gp_call_spec spec = {.method = "POST",
	                            .timeout_ms = r->deadline_ms > 0 ? r->deadline_ms + 60000 : -1};

	gp_buf_fmt(&path, "/containers/%s/wait", r->name);
	spec.path = gp_buf_text(&path);
	if (r->deadline_ms > 0)
		r->timer = gp_loop_after(r->l, r->deadline_ms, on_deadline, r);
	if (r->joint)
		gp_joint_resize(r->joint);
	gp_engine_watch(r);
	if (gp_engine_call(&r->wait, r->s->engine, r->l, &spec, gp_engine_waited, r))
		gp_engine_fail(r);
	else
		gp_engine_spare(r);
}

static void on_started(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;

	r->started = !a->code;
	if (a->code)
		gp_engine_fail(r);
	else if (!r->ahead)
		begin_wait(r);
}

/* Nothing of the output is lost: it is listened to before the container starts. */
static int on_attached(void *ctx)
{
	struct gp_run *r = ctx;
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "/containers/%s/start", r->name);
	gp_engine_step(r,
	               &(struct gp_call_spec){.method = "POST",
	                                      .path = gp_buf_text(&path),
	                                      .timeout_ms = START_MS},
	               on_started);
	return 0;
}

static void on_signalled(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;

	if (a->code)
		gp_engine_fail(r);
	else
		begin_wait(r);
}

static void attach(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};
	struct gp_call_spec spec = {
		.method = "POST", .timeout_ms = -1, .head = on_attached, .bytes = on_output};

	gp_buf_fmt(&path, "/containers/%s/attach?stream=1&stdout=1&stderr=1%s", r->name,
	           r->joint ? "&stdin=1" : "");
	if (r->joint) {
		spec.bytes = on_shown;
		spec.more = on_typed;
	}
	spec.path = gp_buf_text(&path);
	if (gp_engine_call(&r->attach, r->s->engine, r->l, &spec, on_attach_end, r))
		gp_engine_fail(r);
}

static void tell_to_go(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "/containers/%s/kill?signal=SIGUSR1", r->name);
	gp_engine_step(r, &(struct gp_call_spec){.method = "POST", .path = gp_buf_text(&path)},
	               on_signalled);
}

static void on_uploaded(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	bool tree = r->archive.n > 0;

	if (a->code) {
		gp_engine_fail(r);
		return;
	}
	if (tree)
		munmap((void *)r->archive.p, r->archive.n);
	r->archive = (struct gp_slice){0};
	if (tree && r->command) {
		gp_engine_upload(r);
		return;
	}
	gp_buf_clear(&r->packed);
	if (!r->command) {
		r->r.exit = 0;
		gp_engine_commit(r);
	} else if (r->ahead) {
		tell_to_go(r);
	} else {
		attach(r);
	}
}

/* First the tree, if the image has it not, then what is the run's own. */
void gp_engine_upload(struct gp_run *r)
{
	gp_auto(gp_buf) path = {0};
	struct gp_call_spec spec = {.method = "PUT",
	                            .type = "application/x-tar",
	                            .body = r->archive.n ? r->archive : gp_buf_all(&r->packed),
	                            .timeout_ms = UPLOAD_MS};

	gp_buf_fmt(&path, "/containers/%s/archive?path=%%2F", r->name);
	spec.path = gp_buf_text(&path);
	gp_engine_step(r, &spec, on_uploaded);
}

static void on_created(void *ctx, struct gp_call_result *a)
{
	struct gp_run *r = ctx;
	struct gp_engine *e = r->s->engine;

	/* of several at once, each may be refused for it */
	if (a->code == GP_REFUSED && r->init && strstr(gp_message(), "init")) {
		e->no_init = true;
		gp_engine_create(r);
		return;
	}
	if (a->code)
		gp_engine_fail(r);
	else if (r->ahead)
		attach(r);
	else
		gp_engine_upload(r);
}

void gp_engine_create(struct gp_run *r)
{
	gp_auto(gp_buf) name = {0}, path = {0};
	struct gp_call_spec spec = {.method = "POST"};

	r->init = !r->s->engine->no_init;
	gp_buf_cut(&r->body, 0);
	gp_engine_container(&r->body, r->s, r->image, r->network, r->ahead, r->joint != NULL);
	gp_engine_name(&name);
	gp_buf_fmt(&path, "/containers/create?name=%s", gp_buf_text(&name));
	gp_free(r->name);
	r->name = gp_buf_take(&name);
	spec.path = gp_buf_text(&path);
	spec.body = gp_buf_all(&r->body);
	gp_engine_step(r, &spec, on_created);
}

void gp_engine_discard(struct gp_run **r)
{
	free_run(*r);
	*r = NULL;
}

void gp_engine_abandon(struct gp_run **rp)
{
	struct gp_run *r = *rp;

	*rp = NULL;
	if (!r->over)
		free_run(r);
}
