#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/loop.h"

struct scene {
	struct gp_loop *l;
	struct gp_buf log;
	int a[2], b[2]; /* pipes */
	int id, rounds;
};

static int setup(void **state)
{
	struct scene *s = gp_alloc(sizeof(*s));

	assert_int_equal(gp_loop_new(&s->l), 0);
	assert_int_equal(pipe2(s->a, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(s->b, O_CLOEXEC | O_NONBLOCK), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	gp_loop_free(&s->l);
	gp_buf_clear(&s->log);
	for (int i = 0; i < 2; i++) {
		gp_fd_clear(&s->a[i]);
		gp_fd_clear(&s->b[i]);
	}
	gp_free(s);
	return 0;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static int hear(void *ctx, int fd, short revents)
{
	struct scene *s = ctx;
	char text[64];
	ssize_t n = read(fd, text, sizeof(text));

	assert_true(revents & (POLLIN | POLLHUP));
	if (n > 0)
		gp_buf_add(&s->log, text, (size_t)n);
	if (n < 0)
		gp_buf_chr(&s->log, '!');
	if (n == 0) {
		gp_buf_chr(&s->log, '.');
		gp_loop_unwatch(s->l, fd);
	}
	return 0;
}

static int tick(void *ctx)
{
	gp_buf_chr(&((struct scene *)ctx)->log, 't');
	return 0;
}

static int tock(void *ctx)
{
	gp_buf_chr(&((struct scene *)ctx)->log, 'k');
	return 0;
}

static void runs_until_nothing_is_registered(void **state)
{
	struct scene *s = *state;

	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
	say(s->a[1], "ab");
	gp_fd_clear(&s->a[1]);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(gp_buf_text(&s->log), "ab.");
}

static void timers_fire_in_order_and_not_early(void **state)
{
	struct scene *s = *state;
	long long from = gp_now_ms();
	int never;

	gp_loop_after(s->l, 30, tock, s);
	gp_loop_after(s->l, 10, tick, s);
	never = gp_loop_after(s->l, 20, tick, s);
	gp_loop_after(s->l, 30, tick, s);
	gp_loop_cancel(s->l, never);
	gp_loop_cancel(s->l, never);
	gp_loop_cancel(s->l, 0);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, "tkt");
	assert_true(gp_now_ms() - from >= 30);
}

static bool logged_three(void *ctx)
{
	return ((struct scene *)ctx)->log.n >= 3;
}

static void until_ends_it_and_the_rest_stays(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 3; i++)
		gp_loop_after(s->l, 0, tick, s);
	gp_loop_after(s->l, 1, tock, s);
	gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
	assert_int_equal(gp_loop_run(s->l, logged_three, s), 0);
	assert_string_equal(s->log.p, "ttt");
	gp_loop_unwatch(s->l, s->a[0]);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, "tttk");
}

static void waiting_for_nothing_fails(void **state)
{
	struct scene *s = *state;

	gp_loop_after(s->l, 0, tick, s);
	assert_int_equal(gp_loop_run(s->l, logged_three, s), GP_FAILED);
}

static int refuse(void *ctx)
{
	(void)ctx;
	return GP_REFUSED;
}

static void a_callback_ends_the_run(void **state)
{
	struct scene *s = *state;

	gp_loop_after(s->l, 0, refuse, s);
	gp_loop_after(s->l, 5, tick, s);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), GP_REFUSED);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, "t");
}

static int hush_both(void *ctx, int fd, short revents)
{
	struct scene *s = ctx;

	(void)fd;
	(void)revents;
	s->rounds++;
	gp_loop_unwatch(s->l, s->a[0]);
	gp_loop_unwatch(s->l, s->b[0]);
	gp_loop_cancel(s->l, s->id);
	return 0;
}

static void one_callback_may_remove_all_others(void **state)
{
	struct scene *s = *state;

	gp_loop_watch(s->l, s->a[0], POLLIN, hush_both, s);
	gp_loop_watch(s->l, s->b[0], POLLIN, hush_both, s);
	s->id = gp_loop_after(s->l, 0, tick, s);
	say(s->a[1], "x");
	say(s->b[1], "x");
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_int_equal(s->rounds, 1);
	assert_int_equal(s->log.n, 0);
}

static int say_new(void *ctx)
{
	struct scene *s = ctx;

	say(s->id, "new");
	close(s->id);
	return 0;
}

/* Gives the number of the other pipe to a silent one, as a new owner would. */
static int reuse(void *ctx, int fd, short revents)
{
	struct scene *s = ctx;
	int fresh[2], number = s->b[0];

	(void)revents;
	gp_loop_unwatch(s->l, fd);
	gp_loop_unwatch(s->l, number);
	assert_int_equal(pipe2(fresh, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(dup2(fresh[0], number), number);
	close(fresh[0]);
	s->id = fresh[1];
	gp_loop_watch(s->l, number, POLLIN, hear, s);
	gp_loop_after(s->l, 5, say_new, s);
	gp_buf_chr(&s->log, '>');
	return 0;
}

static void a_reused_number_sees_only_its_own_events(void **state)
{
	struct scene *s = *state;

	gp_loop_watch(s->l, s->a[0], POLLIN, reuse, s);
	gp_loop_watch(s->l, s->b[0], POLLIN, hear, s);
	say(s->a[1], "x");
	say(s->b[1], "old");
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, ">new.");
}

static int again(void *ctx)
{
	struct scene *s = ctx;

	if (s->rounds++ < 1000 && s->log.n < 2)
		gp_loop_after(s->l, 0, again, s);
	return 0;
}

static void a_timer_that_renews_itself_starves_nobody(void **state)
{
	struct scene *s = *state;

	gp_loop_after(s->l, 0, again, s);
	gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
	say(s->a[1], "x");
	gp_fd_clear(&s->a[1]);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, "x.");
	assert_true(s->rounds < 10);
}

static void watching_again_replaces(void **state)
{
	struct scene *s = *state;

	gp_loop_watch(s->l, s->a[0], POLLIN, hush_both, s);
	gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
	say(s->a[1], "y");
	gp_fd_clear(&s->a[1]);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_string_equal(s->log.p, "y.");
	assert_int_equal(s->rounds, 0);
}

struct fake_poller {
	struct scene *s;
	int polls, turns, freed;
};

static int fake_poll(void *ctx, struct pollfd *fds, size_t n, int ms)
{
	((struct fake_poller *)ctx)->polls++;
	return poll(fds, n, ms < 0 || ms > 5 ? 5 : ms);
}

static int fake_turn(void *ctx)
{
	return ++((struct fake_poller *)ctx)->turns == 10 ? GP_BROKEN : 0;
}

static bool fake_busy(void *ctx)
{
	return ((struct fake_poller *)ctx)->turns < 3;
}

static void fake_free(void *ctx)
{
	((struct fake_poller *)ctx)->freed++;
}

static void the_poller_takes_part(void **state)
{
	struct scene *s = *state;
	struct fake_poller f = {.s = s};
	struct gp_poller p = {fake_poll, fake_turn, fake_busy, fake_free, &f};

	assert_null(gp_loop_poller_ctx(s->l));
	gp_loop_set_poller(s->l, &p);
	assert_ptr_equal(gp_loop_poller_ctx(s->l), &f);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_int_equal(f.turns, 3);
	gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), GP_BROKEN);
	assert_int_equal(f.polls, 10);
	gp_loop_free(&s->l);
	assert_int_equal(f.freed, 1);
}

/* In a child, since a stop is for ever. */
static void a_stop_ends_it_at_once(void **state)
{
	struct scene *s = *state;
	int status;
	pid_t child = fork();

	if (child == 0) {
		long long from;

		if (gp_stop_install() != 0)
			_exit(2);
		gp_loop_watch(s->l, s->a[0], POLLIN, hear, s);
		alarm(60);
		if (fork() == 0) {
			usleep(50000);
			kill(getppid(), SIGTERM);
			_exit(0);
		}
		from = gp_now_ms();
		if (gp_loop_run(s->l, NULL, NULL) != GP_STOPPED || gp_now_ms() - from > 20000)
			_exit(3);
		_exit(gp_loop_run(s->l, NULL, NULL) == GP_STOPPED ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(runs_until_nothing_is_registered),
		SCENE(timers_fire_in_order_and_not_early),
		SCENE(until_ends_it_and_the_rest_stays),
		SCENE(waiting_for_nothing_fails),
		SCENE(a_callback_ends_the_run),
		SCENE(one_callback_may_remove_all_others),
		SCENE(a_reused_number_sees_only_its_own_events),
		SCENE(a_timer_that_renews_itself_starves_nobody),
		SCENE(watching_again_replaces),
		SCENE(the_poller_takes_part),
		SCENE(a_stop_ends_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
