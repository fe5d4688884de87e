#include "lib/base/loop.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

struct watch {
	int fd;
	short events;
	unsigned long born; /* in which round; a number may come back with another owner */
	int (*fn)(void *ctx, int fd, short revents);
	void *ctx;
};

struct timer {
	int id;
	unsigned long born;
	long long due;
	int (*fn)(void *ctx);
	void *ctx;
};

struct gp_loop {
	struct watch *watches;
	size_t nwatches, cap_watches;
	struct timer *timers; /* the next one last */
	size_t ntimers, cap_timers;
	struct pollfd *fds; /* of this round: the stop descriptor, then the watches */
	size_t cap_fds;
	unsigned long round;
	int last_id;
	struct gp_poller poller;
};

int gp_loop_new(struct gp_loop **out)
{
	*out = gp_alloc(sizeof(**out));
	return 0;
}

void gp_loop_free(struct gp_loop **loop)
{
	struct gp_loop *l = *loop;

	if (!l)
		return;
	if (l->poller.free)
		l->poller.free(l->poller.ctx);
	gp_free(l->watches);
	gp_free(l->timers);
	gp_free(l->fds);
	gp_free(l);
	*loop = NULL;
}

static struct watch *find_watch(struct gp_loop *l, int fd)
{
	for (size_t i = 0; i < l->nwatches; i++)
		if (l->watches[i].fd == fd)
			return &l->watches[i];
	return NULL;
}

void gp_loop_watch(struct gp_loop *l, int fd, short events,
                   int (*fn)(void *ctx, int fd, short revents), void *ctx)
{
	struct watch *w = find_watch(l, fd);

	if (!w) {
		if (l->nwatches == l->cap_watches) {
			l->cap_watches = l->cap_watches ? 2 * l->cap_watches : 8;
			l->watches = gp_realloc(l->watches, l->cap_watches * sizeof(*l->watches));
		}
		w = &l->watches[l->nwatches++];
	}
	*w = (struct watch){fd, events, l->round, fn, ctx};
}

void gp_loop_unwatch(struct gp_loop *l, int fd)
{
	struct watch *w = find_watch(l, fd);

	if (w)
		*w = l->watches[--l->nwatches];
}

static void add_timer(struct gp_loop *l, struct timer t)
{
	size_t at;

	if (l->ntimers == l->cap_timers) {
		l->cap_timers = l->cap_timers ? 2 * l->cap_timers : 8;
		l->timers = gp_realloc(l->timers, l->cap_timers * sizeof(*l->timers));
	}
	/* equal times fire in the order they were asked for */
	for (at = l->ntimers; at > 0 && l->timers[at - 1].due <= t.due; at--)
		l->timers[at] = l->timers[at - 1];
	l->timers[at] = t;
	l->ntimers++;
}

int gp_loop_after(struct gp_loop *l, long ms, int (*fn)(void *ctx), void *ctx)
{
	/* the clock is cut to whole milliseconds: one more keeps "at the earliest" true */
	long long due = gp_now_ms() + (ms > 0 ? ms + 1LL : 0);

	l->last_id = l->last_id == INT_MAX ? 1 : l->last_id + 1;
	add_timer(l, (struct timer){l->last_id, l->round, due, fn, ctx});
	return l->last_id;
}

static struct timer take_timer(struct gp_loop *l, size_t at)
{
	struct timer t = l->timers[at];

	memmove(l->timers + at, l->timers + at + 1, (--l->ntimers - at) * sizeof(*l->timers));
	return t;
}

void gp_loop_cancel(struct gp_loop *l, int id)
{
	for (size_t i = 0; i < l->ntimers; i++)
		if (l->timers[i].id == id) {
			take_timer(l, i);
			return;
		}
}

void gp_loop_set_poller(struct gp_loop *l, const struct gp_poller *p)
{
	l->poller = *p;
}

void *gp_loop_poller_ctx(const struct gp_loop *l)
{
	return l->poller.ctx;
}

/* Passes over what was asked for in this round, so that a timer of 0 ms cannot starve the rest. */
static bool next_due(const struct gp_loop *l, long long now, size_t *at)
{
	for (size_t i = l->ntimers; i > 0 && l->timers[i - 1].due <= now; i--)
		if (l->timers[i - 1].born != l->round) {
			*at = i - 1;
			return true;
		}
	return false;
}

static int fire_timers(struct gp_loop *l)
{
	long long now = gp_now_ms();
	size_t at;
	int e = 0;

	while (!e && next_due(l, now, &at)) {
		struct timer t = take_timer(l, at);

		e = t.fn(t.ctx);
	}
	return e;
}

static size_t fill_fds(struct gp_loop *l)
{
	size_t n = l->nwatches + 1;

	if (n > l->cap_fds) {
		l->cap_fds = 2 * n;
		l->fds = gp_realloc(l->fds, l->cap_fds * sizeof(*l->fds));
	}
	l->fds[0] = (struct pollfd){.fd = gp_stop_fd(), .events = POLLIN};
	for (size_t i = 0; i < l->nwatches; i++)
		l->fds[i + 1] =
			(struct pollfd){.fd = l->watches[i].fd, .events = l->watches[i].events};
	return n;
}

static int wait_ms(const struct gp_loop *l)
{
	long long left;

	if (l->ntimers == 0)
		return -1;
	left = l->timers[l->ntimers - 1].due - gp_now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static int wait_for_events(struct gp_loop *l, size_t n)
{
	int e = l->poller.poll ? l->poller.poll(l->poller.ctx, l->fds, n, wait_ms(l))
	                       : poll(l->fds, n, wait_ms(l));

	if (e >= 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		l->fds[i].revents = 0;
	return errno == EINTR ? 0 : gp_fail_errno(GP_FAILED, "cannot wait for events");
}

static int serve_watches(struct gp_loop *l, size_t n)
{
	int e = 0;

	for (size_t i = 1; i < n && !e; i++) {
		struct watch *w = l->fds[i].revents ? find_watch(l, l->fds[i].fd) : NULL;

		if (w && w->born != l->round)
			e = w->fn(w->ctx, w->fd, l->fds[i].revents);
	}
	return e;
}

static int run_round(struct gp_loop *l)
{
	size_t n = fill_fds(l);
	int e;

	l->round++;
	e = wait_for_events(l, n);
	if (!e && gp_stopped())
		e = gp_fail(GP_STOPPED, "stopped");
	if (!e)
		e = serve_watches(l, n);
	if (!e && l->poller.turn)
		e = l->poller.turn(l->poller.ctx);
	return e ? e : fire_timers(l);
}

static bool idle(const struct gp_loop *l)
{
	return l->nwatches == 0 && l->ntimers == 0 &&
	       !(l->poller.busy && l->poller.busy(l->poller.ctx));
}

int gp_loop_run(struct gp_loop *l, bool (*until)(void *ctx), void *ctx)
{
	int e = 0;

	while (!e) {
		if (gp_stopped())
			return gp_fail(GP_STOPPED, "stopped");
		if (until && until(ctx))
			return 0;
		if (idle(l))
			return until ? gp_fail(GP_FAILED, "nothing is left to wait for") : 0;
		e = run_round(l);
	}
	return e;
}
