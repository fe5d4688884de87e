#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/sandbox/engine_run.h"

/* The window is looked at: who leads the terminal's session would hear of a change, and nobody here
 * does. */
enum { SIZE_MS = 150, BLOCK = 16384, INTERRUPT = 3 };

struct gp_joint {
	struct gp_run *r;
	struct gp_call *resize;
	struct winsize size; /* the container's */
	int fd, timer, begin;
	bool open, over; /* typed bytes are passed on; no more will come */
	size_t in_at, in_n;
	char in[BLOCK];
	struct gp_buf out; /* not written yet, from out_at */
	size_t out_at;
};

static int on_terminal(void *ctx, int fd, short revents);

static void watch(struct gp_joint *t)
{
	bool reads = !t->over && (t->open ? t->in_n == 0 : t->in_n < BLOCK);
	short events = (short)((reads ? POLLIN : 0) | (t->out.n ? POLLOUT : 0));

	if (events)
		gp_loop_watch(t->r->l, t->fd, events, on_terminal, t);
	else
		gp_loop_unwatch(t->r->l, t->fd);
}

static void write_out(struct gp_joint *t)
{
	ssize_t n = write(t->fd, t->out.p + t->out_at, t->out.n - t->out_at);

	/* nobody reads any more: the relay tells of that */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = (ssize_t)(t->out.n - t->out_at);
	t->out_at += n > 0 ? (size_t)n : 0;
	if (t->out_at == t->out.n) {
		gp_buf_cut(&t->out, 0);
		t->out_at = 0;
	}
}

/* Until there is a command to take it, Ctrl-C is ours: the terminal sends no signals. */
static void read_in(struct gp_joint *t)
{
	ssize_t n;

	if (t->in_n == 0)
		t->in_at = 0;
	n = read(t->fd, t->in + t->in_n, sizeof(t->in) - t->in_n);
	if (n > 0 && !t->open && memchr(t->in + t->in_n, INTERRUPT, (size_t)n))
		raise(SIGINT);
	t->in_n += n > 0 ? (size_t)n : 0;
	t->over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static int on_terminal(void *ctx, int fd GP_UNUSED, short revents)
{
	struct gp_joint *t = ctx;
	struct gp_run *r = t->r;

	if (t->out.n)
		write_out(t);
	if (!t->over && (!t->open || t->in_n == 0) && (revents & (POLLIN | POLLHUP | POLLERR)))
		read_in(t);
	watch(t);
	if (r->waited && !r->attach && !t->out.n)
		gp_engine_ended(r);
	else
		gp_call_resume(&r->attach);
	return 0;
}

long gp_joint_typed(struct gp_joint *t, char *to, size_t max)
{
	size_t n = t->in_n < max ? t->in_n : max;

	if (t->r->waited || t->over)
		return 0;
	if (n == 0)
		return GP_ENGINE_LATER;
	memcpy(to, t->in + t->in_at, n);
	t->in_at += n;
	t->in_n -= n;
	if (t->in_n == 0)
		watch(t);
	return (long)n;
}

bool gp_joint_full(const struct gp_joint *t)
{
	return t->out.n > 0;
}

void gp_joint_show(struct gp_joint *t, struct gp_slice bytes)
{
	gp_buf_slice(&t->out, bytes);
	if (t->out.n)
		write_out(t);
	watch(t);
}

static int on_time(void *ctx);

static void on_resized(void *ctx, struct gp_call_result *a GP_UNUSED)
{
	struct gp_joint *t = ctx;

	t->timer = gp_loop_after(t->r->l, SIZE_MS, on_time, t);
}

static int on_time(void *ctx)
{
	struct gp_joint *t = ctx;
	struct winsize now = {0};
	gp_auto(gp_buf) path = {0};

	t->timer = 0;
	ioctl(t->fd, TIOCGWINSZ, &now);
	if (now.ws_row == t->size.ws_row && now.ws_col == t->size.ws_col) {
		t->timer = gp_loop_after(t->r->l, SIZE_MS, on_time, t);
		return 0;
	}
	t->size = now;
	gp_buf_fmt(&path, "/containers/%s/resize?h=%u&w=%u", t->r->name, now.ws_row, now.ws_col);
	/* a window of another size is no reason to end */
	gp_engine_call(&t->resize, t->r->s->engine, t->r->l,
	               &(struct gp_call_spec){.method = "POST", .path = gp_buf_text(&path)},
	               on_resized, t);
	return 0;
}

void gp_joint_resize(struct gp_joint *t)
{
	on_time(t);
}

static int on_open(void *ctx)
{
	struct gp_joint *t = ctx;

	t->begin = 0;
	gp_call_resume(&t->r->attach);
	return 0;
}

/* What was typed ahead waits for nothing but this, and libcurl is calling us. */
void gp_joint_open(struct gp_joint *t)
{
	if (t->open)
		return;
	t->open = true;
	watch(t);
	t->begin = gp_loop_after(t->r->l, 0, on_open, t);
}

int gp_joint_new(struct gp_joint **out, struct gp_run *r, int terminal)
{
	struct gp_joint *t = gp_alloc(sizeof(*t));
	struct termios modes;

	*out = t;
	t->r = r;
	t->fd = gp_edge("dup") ? -1 : fcntl(terminal, F_DUPFD_CLOEXEC, 3);
	/* what a terminal does to its bytes, the container's does */
	if (t->fd < 0 || fcntl(t->fd, F_SETFL, O_RDWR | O_NONBLOCK) || tcgetattr(t->fd, &modes))
		return gp_fail_errno(GP_FAILED, "cannot use the terminal");
	cfmakeraw(&modes);
	if (tcsetattr(t->fd, TCSANOW, &modes))
		return gp_fail_errno(GP_FAILED, "cannot set the modes of the terminal");
	watch(t);
	return 0;
}

void gp_joint_free(struct gp_joint **joint)
{
	struct gp_joint *t = *joint;

	if (!t)
		return;
	gp_call_abandon(&t->resize);
	if (t->timer)
		gp_loop_cancel(t->r->l, t->timer);
	if (t->begin)
		gp_loop_cancel(t->r->l, t->begin);
	if (t->fd >= 0)
		gp_loop_unwatch(t->r->l, t->fd);
	gp_fd_clear(&t->fd);
	gp_buf_clear(&t->out);
	gp_free(t);
	*joint = NULL;
}
