/*
 * loop.h - the one event loop: descriptors, timers, and a poller that brings its own sockets.
 *
 * One thread. Callbacks run from gp_loop_run only, never from the functions that register them.
 * A callback may watch, unwatch, start and cancel anything, also itself; what it adds is served
 * from the next round on. A callback that returns non-zero ends gp_loop_run with that code. When a
 * stop is asked for (base.h), gp_loop_run returns GP_STOPPED at once; what is registered stays, and
 * the caller kills or cancels it.
 */
#ifndef GP_LOOP_H
#define GP_LOOP_H

#include <poll.h>

#include "lib/base/base.h"

struct gp_loop;

int gp_loop_new(struct gp_loop **out);
/* Frees the loop; watched descriptors stay open and belong to their watchers. */
void gp_loop_free(struct gp_loop **loop);
#define gp_auto_loop __attribute__((cleanup(gp_loop_free)))

/* Calls fn (ctx, fd, revents) whenever one of events (POLLIN, POLLOUT) or an error is there.
 * One watcher a descriptor; watching again replaces. */
void gp_loop_watch(struct gp_loop *l, int fd, short events,
                   int (*fn)(void *ctx, int fd, short revents), void *ctx);
void gp_loop_unwatch(struct gp_loop *l, int fd);

/* Calls fn (ctx) once, ms milliseconds from now at the earliest. Returns an id above 0. */
int gp_loop_after(struct gp_loop *l, long ms, int (*fn)(void *ctx), void *ctx);
/* No effect for an id that has fired, was cancelled, or is 0. */
void gp_loop_cancel(struct gp_loop *l, int id);

/* Runs until until (ctx) is true, asked after every round; until NULL means: until nothing is
 * registered. 0, GP_STOPPED, what a callback returned, or GP_FAILED when until is not true and
 * nothing is left that could make it so. A callback that wants to wait makes a loop of its own. */
int gp_loop_run(struct gp_loop *l, bool (*until)(void *ctx), void *ctx);

/* The seam for libcurl, so that only http.c knows it: poll replaces poll(2) and fails as it does
 * (curl_multi_poll adds its own sockets and shortens the wait to its own timers), turn is called
 * after each wait. */
struct gp_poller {
	int (*poll)(void *ctx, struct pollfd *fds, size_t n, int ms);
	int (*turn)(void *ctx);
	bool (*busy)(void *ctx); /* whether it has anything under way */
	void (*free)(void *ctx); /* called by gp_loop_free */
	void *ctx;
};
/* At most one; its ctx can be had back to find out whether it is there already (NULL: not). */
void gp_loop_set_poller(struct gp_loop *l, const struct gp_poller *p);
void *gp_loop_poller_ctx(const struct gp_loop *l);

#endif
