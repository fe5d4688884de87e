#include "lib/base/proc.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/capture.h"
#include "lib/base/child.h"

enum { OUT_DEFAULT = 1 << 20, DEADLINE_DEFAULT_MS = 600000, LINGER_MS = 200, CHUNK = 32768 };

struct gp_proc {
	struct gp_loop *l;
	struct gp_child child;
	struct gp_capture out, err;
	struct gp_proc_result r;
	void (*done)(void *ctx, struct gp_proc_result *r);
	void *ctx;
	void (*output)(void *ctx, struct gp_slice bytes);
	void *output_ctx;
	int deadline, linger; /* timers */
	long long from;
	bool exited;
	bool over;   /* reaped: nothing is left to kill */
	bool inside; /* a callback of the caller's is running */
	bool freed;  /* ... and has abandoned us */
};

void gp_proc_result_clear(struct gp_proc_result *r)
{
	gp_buf_clear(&r->out);
	gp_buf_clear(&r->err);
}

static void close_pipe(struct gp_proc *p, int *fd)
{
	if (*fd >= 0)
		gp_loop_unwatch(p->l, *fd);
	gp_fd_clear(fd);
}

static void let_go(struct gp_proc *p)
{
	gp_loop_cancel(p->l, p->deadline);
	gp_loop_cancel(p->l, p->linger);
	close_pipe(p, &p->child.out);
	close_pipe(p, &p->child.err);
	close_pipe(p, &p->child.pidfd);
}

static void free_proc(struct gp_proc *p)
{
	gp_capture_clear(&p->out);
	gp_capture_clear(&p->err);
	gp_proc_result_clear(&p->r);
	gp_free(p);
}

static void finish(struct gp_proc *p)
{
	struct gp_proc_result *r = &p->r;
	int status;

	let_go(p);
	/* before reaping, while the number of its group is still its own */
	gp_child_kill(&p->child);
	status = gp_child_reap(&p->child);
	p->over = true;
	r->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	r->truncated = p->out.total > p->out.max || p->err.total > p->err.max;
	r->out_total = p->out.total;
	gp_capture_take(&r->out, &p->out);
	gp_capture_take(&r->err, &p->err);
	p->inside = true;
	p->done(p->ctx, r);
	free_proc(p);
}

static void hand_over(struct gp_proc *p, struct gp_slice bytes)
{
	if (!p->output)
		return;
	p->inside = true;
	p->output(p->output_ctx, bytes);
	p->inside = false;
}

/* Reads what is there, but not for ever from one that never stops writing. */
static void drain(struct gp_proc *p, int *fd, struct gp_capture *c)
{
	char bytes[CHUNK];

	for (int i = 0; i < 16 && *fd >= 0 && !p->freed; i++) {
		ssize_t n = read(*fd, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_pipe(p, fd);
			return;
		}
		gp_capture_add(c, (struct gp_slice){bytes, (size_t)n});
		hand_over(p, (struct gp_slice){bytes, (size_t)n});
	}
}

static int go_on(struct gp_proc *p)
{
	if (p->freed)
		free_proc(p);
	else if (p->exited && p->child.out < 0 && p->child.err < 0)
		finish(p);
	return 0;
}

static int on_output(void *ctx, int fd, short revents GP_UNUSED)
{
	struct gp_proc *p = ctx;

	if (fd == p->child.out)
		drain(p, &p->child.out, &p->out);
	else
		drain(p, &p->child.err, &p->err);
	return go_on(p);
}

static int on_linger(void *ctx)
{
	struct gp_proc *p = ctx;

	p->linger = 0;
	finish(p);
	return 0;
}

static int on_exit_seen(void *ctx, int fd GP_UNUSED, short revents GP_UNUSED)
{
	struct gp_proc *p = ctx;

	p->exited = true;
	p->r.ms = (long)(gp_now_ms() - p->from);
	close_pipe(p, &p->child.pidfd);
	gp_loop_cancel(p->l, p->deadline);
	p->linger = gp_loop_after(p->l, LINGER_MS, on_linger, p);
	drain(p, &p->child.out, &p->out);
	if (!p->freed)
		drain(p, &p->child.err, &p->err);
	return go_on(p);
}

static int on_deadline(void *ctx)
{
	struct gp_proc *p = ctx;

	p->deadline = 0;
	p->r.timed_out = true;
	gp_child_kill(&p->child);
	return 0;
}

int gp_proc_start(struct gp_proc **out, struct gp_loop *l, const struct gp_proc_spec *spec,
                  void (*done)(void *ctx, struct gp_proc_result *r), void *ctx)
{
	struct gp_proc *p = gp_alloc(sizeof(*p));
	size_t max = spec->max_out ? spec->max_out : OUT_DEFAULT;
	long limit = spec->deadline_ms ? spec->deadline_ms : DEADLINE_DEFAULT_MS;
	int e;

	*p = (struct gp_proc){.l = l,
	                      .done = done,
	                      .ctx = ctx,
	                      .output = spec->output,
	                      .output_ctx = spec->output_ctx,
	                      .from = gp_now_ms()};
	p->out.max = p->err.max = max;
	p->out.head.max = p->out.ring.max = p->err.head.max = p->err.ring.max = max;
	e = gp_child_start(&p->child, spec);
	if (e) {
		gp_free(p);
		return e;
	}
	gp_loop_watch(l, p->child.out, POLLIN, on_output, p);
	if (p->child.err >= 0)
		gp_loop_watch(l, p->child.err, POLLIN, on_output, p);
	gp_loop_watch(l, p->child.pidfd, POLLIN, on_exit_seen, p);
	if (limit > 0)
		p->deadline = gp_loop_after(l, limit, on_deadline, p);
	*out = p;
	return 0;
}

void gp_proc_kill(struct gp_proc *p)
{
	if (p->exited)
		return;
	p->r.killed = true;
	gp_child_kill(&p->child);
}

void gp_proc_abandon(struct gp_proc **proc)
{
	struct gp_proc *p = *proc;

	*proc = NULL;
	if (!p || p->over)
		return;
	let_go(p);
	gp_child_kill(&p->child);
	gp_child_reap(&p->child);
	p->over = true;
	p->freed = p->inside;
	if (!p->inside)
		free_proc(p);
}

struct waiting {
	struct gp_proc_result *out;
	bool ended;
};

static void on_done(void *ctx, struct gp_proc_result *r)
{
	struct waiting *w = ctx;

	*w->out = *r;
	*r = (struct gp_proc_result){0};
	w->ended = true;
}

static bool has_ended(void *ctx)
{
	return ((struct waiting *)ctx)->ended;
}

int gp_proc_run(struct gp_proc_result *out, const struct gp_proc_spec *spec)
{
	struct waiting w = {.out = out};
	gp_auto_loop struct gp_loop *l = NULL;
	struct gp_proc *p;
	int e = gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : gp_loop_new(&l);

	*out = (struct gp_proc_result){0};
	if (!e)
		e = gp_proc_start(&p, l, spec, on_done, &w);
	if (e)
		return e;
	e = gp_loop_run(l, has_ended, &w);
	if (e && !w.ended)
		gp_proc_abandon(&p);
	return e;
}
