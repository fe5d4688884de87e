#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/proc.h"

#define gp_auto_result __attribute__((cleanup(gp_proc_result_clear))) struct gp_proc_result

/* Longer than any step takes on a slow machine, shorter than a person waits. */
enum { AGES_MS = 30000 };

static int sh(struct gp_proc_result *r, struct gp_proc_spec spec, const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};

	spec.argv = argv;
	return gp_proc_run(r, &spec);
}

static bool gone(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'Z' || state == 0;
}

static void assert_gone(pid_t pid)
{
	assert_true(pid > 1);
	for (int i = 0; i < AGES_MS / 10 && !gone(pid); i++)
		usleep(10000);
	assert_true(gone(pid));
}

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void output_and_status_come_back(void **state)
{
	gp_auto_result r = {0};
	gp_auto_result m = {0};

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){0}, "echo out; echo err >&2; exit 7"), 0);
	assert_int_equal(r.exit, 7);
	assert_int_equal(r.signal, 0);
	assert_string_equal(gp_buf_text(&r.out), "out\n");
	assert_string_equal(gp_buf_text(&r.err), "err\n");
	assert_int_equal(r.out_total, 4);
	assert_false(r.truncated || r.timed_out || r.killed);
	assert_int_equal(sh(&m, (struct gp_proc_spec){.merge = true}, "echo a; echo b >&2; echo c"),
	                 0);
	assert_string_equal(gp_buf_text(&m.out), "a\nb\nc\n");
	assert_string_equal(gp_buf_text(&m.err), "");
}

static void a_signal_is_no_exit_status(void **state)
{
	gp_auto_result r = {0};

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){0}, "kill -SEGV $$"), 0);
	assert_int_equal(r.exit, -1);
	assert_int_equal(r.signal, SIGSEGV);
}

static void input_is_fed_whole_or_not_read_at_all(void **state)
{
	gp_auto(gp_buf) big = {0};
	gp_auto_result r = {0};
	gp_auto_result none = {0};
	gp_auto_result unread = {0};

	(void)state;
	while (big.n < 3000000)
		gp_buf_str(&big, "0123456789");
	assert_int_equal(sh(&r, (struct gp_proc_spec){.input = gp_buf_all(&big)}, "wc -c"), 0);
	assert_int_equal(atoi(gp_buf_text(&r.out)), 3000000);
	assert_int_equal(sh(&none, (struct gp_proc_spec){0}, "wc -c"), 0);
	assert_int_equal(atoi(gp_buf_text(&none.out)), 0);
	assert_int_equal(sh(&unread, (struct gp_proc_spec){.input = gp_buf_all(&big)}, ":"), 0);
	assert_int_equal(unread.exit, 0);
}

static void what_cannot_start_says_why(void **state)
{
	const char *missing[] = {"no-such-program-here", NULL};
	const char *nowhere[] = {"/nowhere/at/all", NULL};
	const char *folder[] = {"/", NULL};
	gp_auto_result r = {0};

	(void)state;
	assert_int_equal(gp_proc_run(&r, &(struct gp_proc_spec){.argv = missing}), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "no-such-program-here"));
	assert_int_equal(gp_proc_run(&r, &(struct gp_proc_spec){.argv = nowhere}), GP_NOTFOUND);
	assert_string_equal(gp_message(),
	                    "cannot run '/nowhere/at/all': No such file or directory");
	assert_int_equal(gp_proc_run(&r, &(struct gp_proc_spec){.argv = folder}), GP_FAILED);
	assert_string_equal(gp_message(), "cannot run '/': Permission denied");
	assert_int_equal(sh(&r, (struct gp_proc_spec){.cwd = "/nowhere"}, ":"), GP_FAILED);
	assert_string_equal(gp_message(), "cannot enter '/nowhere': No such file or directory");
}

static void folder_and_environment_are_as_told(void **state)
{
	const char *env[] = {"ONLY=this", NULL};
	gp_auto_result r = {0};

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){.env = env, .cwd = "/"},
	                    "pwd; echo $ONLY; tr '\\0' '\\n' </proc/$$/environ"),
	                 0);
	assert_string_equal(gp_buf_text(&r.out), "/\nthis\nONLY=this\n");
}

static void only_kept_descriptors_reach_the_child(void **state)
{
	int leak = open("/dev/null", O_RDONLY), kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	gp_auto(gp_buf) script = {0};
	gp_auto_result r = {0};

	(void)state;
	/* the shell itself has the folder open while it lists it */
	gp_buf_fmt(&script,
	           "for f in /proc/$$/fd/*; do [ -e $f ] && f=${f##*/} && [ $f -gt 2 ] && "
	           "[ $f -ne %d ] && echo leak $f; done; [ -e /proc/$$/fd/%d ] && echo kept",
	           kept, kept);
	assert_int_equal(
		sh(&r, (struct gp_proc_spec){.keep = &kept, .nkeep = 1}, gp_buf_text(&script)), 0);
	assert_string_equal(gp_buf_text(&r.out), "kept\n");
	close(leak);
	close(kept);
}

static void signals_are_as_at_login(void **state)
{
	gp_auto_result r = {0};
	sigset_t set;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(sh(&r, (struct gp_proc_spec){0},
	                    /* 32 and 33 are glibc's own: sigaction(2) cannot reach them, and make
	                     * leaves them ignored */
	                    "grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2 | "
	                    "sed s/0000000180000000/0000000000000000/ | uniq"),
	                 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGQUIT, SIG_DFL);
	assert_string_equal(gp_buf_text(&r.out), "0000000000000000\n");
}

static void it_leads_a_session_without_a_terminal(void **state)
{
	gp_auto_result r = {0};

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){0},
	                    "read -r a b c d e f g h </proc/$$/stat; [ $e = $$ ] && [ $f = $$ ] && "
	                    "echo leads; { true </dev/tty; } 2>/dev/null || echo alone"),
	                 0);
	assert_string_equal(gp_buf_text(&r.out), "leads\nalone\n");
}

static void long_output_keeps_both_ends_in_whole_lines(void **state)
{
	gp_auto_result r = {0};
	const char *gap;

	(void)state;
	assert_int_equal(
		sh(&r, (struct gp_proc_spec){.max_out = 1000}, "seq 100000; seq 200000 >&2"), 0);
	assert_true(r.truncated);
	assert_int_equal(r.out_total, 588895);
	assert_true(r.out.n > 900 && r.out.n < 1060);
	assert_true(gp_starts(r.out.p, "1\n2\n3\n"));
	assert_true(gp_ends(r.out.p, "\n99999\n100000\n"));
	assert_true(gp_ends(r.err.p, "\n199999\n200000\n"));
	gap = strstr(r.out.p, "\n[... ");
	assert_non_null(gap);
	gap = strchr(gap + 1, '\n') + 1;
	/* five digits and LF: the line after the gap was not cut */
	assert_int_equal(strchr(gap, '\n') - gap, 5);
	assert_int_equal(r.out_total, atol(strstr(r.out.p, "[... ") + 5) + (long)r.out.n -
	                                      (long)(gap - strstr(r.out.p, "[... ")));
}

static void any_maximum_keeps_all_that_fits(void **state)
{
	(void)state;
	for (size_t max = 1; max < 40; max++) {
		gp_auto_result r = {0};

		assert_int_equal(
			sh(&r, (struct gp_proc_spec){.max_out = max}, "printf 12345678901234567"),
			0);
		assert_int_equal(r.out_total, 17);
		assert_true(r.truncated == (max < 17));
		if (max >= 17)
			assert_string_equal(gp_buf_text(&r.out), "12345678901234567");
		else if (max == 4)
			assert_string_equal(gp_buf_text(&r.out),
			                    "12\n[... 13 bytes left out ...]\n67");
	}
}

static void a_deadline_kills_the_whole_group(void **state)
{
	gp_auto_result r = {0};
	long long from = gp_now_ms();

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){.deadline_ms = 300},
	                    "sleep 1000 & echo $!; sh -c 'sleep 1000' & echo $!; wait"),
	                 0);
	assert_true(gp_now_ms() - from < AGES_MS);
	assert_true(r.timed_out);
	assert_false(r.killed);
	assert_int_equal(r.signal, SIGKILL);
	assert_gone(atoi(r.out.p));
	assert_gone(atoi(strchr(r.out.p, '\n') + 1));
}

static void what_it_leaves_behind_is_killed(void **state)
{
	gp_auto_result r = {0};

	(void)state;
	assert_int_equal(sh(&r, (struct gp_proc_spec){0}, "sleep 1000 >/dev/null 2>&1 & echo $!"),
	                 0);
	assert_int_equal(r.exit, 0);
	assert_gone(atoi(r.out.p));
}

static void output_held_open_does_not_hold_us(void **state)
{
	gp_auto_result r = {0};
	long long from = gp_now_ms();

	(void)state;
	/* the late word comes within the 200 ms, the sleeper has left the group */
	assert_int_equal(sh(&r, (struct gp_proc_spec){0},
	                    "setsid sleep 60 & (sleep 0.01; echo late) & echo $!"),
	                 0);
	assert_true(gp_now_ms() - from < AGES_MS);
	assert_int_equal(r.exit, 0);
	assert_true(gp_ends(r.out.p, "late\n"));
}

static int say_hello(void *ctx)
{
	return write(STDOUT_FILENO, ctx, strlen(ctx)) < 0;
}

static int refuse(void *ctx)
{
	(void)ctx;
	return 1;
}

static void the_child_callback_runs_before_exec(void **state)
{
	const char *missing[] = {"/nowhere/at/all", NULL};
	char hello[] = "hello\n";
	gp_auto_result r = {0};
	gp_auto_result no = {0};
	gp_auto_result lost = {0};

	(void)state;
	assert_int_equal(
		sh(&r, (struct gp_proc_spec){.child = say_hello, .child_ctx = hello}, "echo again"),
		0);
	assert_string_equal(gp_buf_text(&r.out), "hello\nagain\n");
	assert_int_equal(sh(&no, (struct gp_proc_spec){.child = refuse}, "echo never"), 0);
	assert_int_equal(no.exit, 126);
	assert_string_equal(gp_buf_text(&no.out), "");
	assert_int_equal(gp_proc_run(&lost, &(struct gp_proc_spec){.argv = missing,
	                                                           .child = say_hello,
	                                                           .child_ctx = hello}),
	                 0);
	assert_int_equal(lost.exit, 127);
	assert_non_null(strstr(gp_buf_text(&lost.err), "No such file"));
}

struct watcher {
	struct gp_loop *l;
	struct gp_proc *p;
	struct gp_proc_result r;
	size_t seen;
	int done;
	bool abandon;
};

static void on_output(void *ctx, struct gp_slice bytes)
{
	struct watcher *w = ctx;

	w->seen += bytes.n;
	if (w->seen > 300000 && w->abandon)
		gp_proc_abandon(&w->p);
	else if (w->seen > 300000)
		gp_proc_kill(w->p);
}

static void on_done(void *ctx, struct gp_proc_result *r)
{
	struct watcher *w = ctx;

	w->r = *r;
	*r = (struct gp_proc_result){0};
	w->done++;
	gp_proc_kill(w->p);
	gp_proc_abandon(&w->p);
}

static void watch(struct watcher *w, const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct gp_proc_spec spec = {
		.argv = argv, .max_out = 100000, .output = on_output, .output_ctx = w};

	assert_int_equal(gp_loop_new(&w->l), 0);
	assert_int_equal(gp_proc_start(&w->p, w->l, &spec, on_done, w), 0);
}

static void endless_output_can_be_killed_from_within(void **state)
{
	struct watcher w = {0};
	struct watcher a = {.abandon = true};
	size_t before = open_descriptors();

	(void)state;
	watch(&w, "yes");
	assert_int_equal(gp_loop_run(w.l, NULL, NULL), 0);
	assert_int_equal(w.done, 1);
	assert_true(w.r.killed && w.r.truncated && w.r.signal == SIGKILL);
	assert_int_equal(w.r.out_total, w.seen);
	assert_true(w.r.out.n < 100100);
	gp_proc_result_clear(&w.r);
	gp_loop_free(&w.l);
	watch(&a, "yes");
	assert_int_equal(gp_loop_run(a.l, NULL, NULL), 0);
	assert_int_equal(a.done, 0);
	assert_null(a.p);
	gp_loop_free(&a.l);
	assert_int_equal(open_descriptors(), before);
}

static void abandoned_means_dead_and_silent(void **state)
{
	struct watcher w = {0};

	(void)state;
	watch(&w, "sleep 1000 & sleep 1000");
	gp_proc_abandon(&w.p);
	gp_proc_abandon(&w.p);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(gp_loop_run(w.l, NULL, NULL), 0);
	assert_int_equal(w.done, 0);
	gp_loop_free(&w.l);
}

static void several_run_at_once(void **state)
{
	struct watcher w[5] = {0};
	const char *argv[] = {"sh", "-c", "sleep 0.1; echo x", NULL};
	struct gp_proc_spec spec = {.argv = argv};
	gp_auto_loop struct gp_loop *l = NULL;

	(void)state;
	gp_loop_new(&l);
	for (int i = 0; i < 5; i++)
		assert_int_equal(gp_proc_start(&w[i].p, l, &spec, on_done, &w[i]), 0);
	assert_int_equal(gp_loop_run(l, NULL, NULL), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(w[i].done, 1);
		assert_string_equal(gp_buf_text(&w[i].r.out), "x\n");
		gp_proc_result_clear(&w[i].r);
	}
}

/* Runs in_child in a process of its own, which must leave by _exit(0). */
static void apart(void (*in_child)(int to), char *word, size_t size)
{
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		alarm(120);
		in_child(fd[1]);
		_exit(99);
	}
	close(fd[1]);
	n = read(fd[0], word, size - 1);
	word[n > 0 ? n : 0] = 0;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void stop_while_running(int to)
{
	gp_auto_result r = {0};
	pid_t self = getpid();

	if (gp_stop_install() != 0 || sh(&r, (struct gp_proc_spec){0}, "exit 3") != 0)
		_exit(2);
	if (fork() == 0) {
		usleep(100000);
		kill(self, SIGINT);
		_exit(0);
	}
	if (sh(&r, (struct gp_proc_spec){.keep = &to, .nkeep = 1}, "exec sleep 1000") != GP_STOPPED)
		_exit(3);
	if (sh(&r, (struct gp_proc_spec){0}, ":") != GP_STOPPED)
		_exit(4);
	_exit(0);
}

static void a_stop_kills_what_runs(void **state)
{
	long long from = gp_now_ms();
	char word[32];

	(void)state;
	apart(stop_while_running, word, sizeof(word));
	assert_true(gp_now_ms() - from < AGES_MS);
}

static void die_while_running(int to)
{
	gp_auto(gp_buf) script = {0};
	gp_auto_result r = {0};

	gp_buf_fmt(&script, "echo $$ >&%d; exec %d>&-; kill -KILL $PPID; exec sleep 1000", to, to);
	sh(&r, (struct gp_proc_spec){.keep = &to, .nkeep = 1}, gp_buf_text(&script));
}

static void a_child_dies_with_us(void **state)
{
	int fd[2], status;
	char word[32];
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		die_while_running(fd[1]);
		_exit(99);
	}
	close(fd[1]);
	n = read(fd[0], word, sizeof(word) - 1);
	assert_true(n > 0);
	word[n] = 0;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_gone(atoi(word));
}

static void fail_edges(int to)
{
	gp_auto_result r = {0};
	size_t before = open_descriptors();
	int e = sh(&r, (struct gp_proc_spec){.input = GP_SLICE("in")}, "cat");

	if (open_descriptors() != before || waitpid(-1, NULL, WNOHANG) != -1)
		_exit(2);
	if (dprintf(to, "%d", e) < 0 || (e == 0 && !gp_slice_is(gp_buf_all(&r.out), "in")))
		_exit(3);
	_exit(0);
}

static void every_failing_edge_leaves_nothing(void **state)
{
	char number[16], word[32] = "";
	int n;

	(void)state;
	for (n = 1; n < 20 && strcmp(word, "0") != 0; n++) {
		snprintf(number, sizeof(number), "%d", n);
		setenv("GP_FAIL_EDGE", number, 1);
		apart(fail_edges, word, sizeof(word));
		assert_true(strcmp(word, "0") == 0 || strcmp(word, "-1") == 0);
	}
	unsetenv("GP_FAIL_EDGE");
	assert_true(n > 6 && n < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: edges are counted from the first one asked for */
		cmocka_unit_test(every_failing_edge_leaves_nothing),
		cmocka_unit_test(output_and_status_come_back),
		cmocka_unit_test(a_signal_is_no_exit_status),
		cmocka_unit_test(input_is_fed_whole_or_not_read_at_all),
		cmocka_unit_test(what_cannot_start_says_why),
		cmocka_unit_test(folder_and_environment_are_as_told),
		cmocka_unit_test(only_kept_descriptors_reach_the_child),
		cmocka_unit_test(signals_are_as_at_login),
		cmocka_unit_test(it_leads_a_session_without_a_terminal),
		cmocka_unit_test(long_output_keeps_both_ends_in_whole_lines),
		cmocka_unit_test(any_maximum_keeps_all_that_fits),
		cmocka_unit_test(a_deadline_kills_the_whole_group),
		cmocka_unit_test(what_it_leaves_behind_is_killed),
		cmocka_unit_test(output_held_open_does_not_hold_us),
		cmocka_unit_test(the_child_callback_runs_before_exec),
		cmocka_unit_test(endless_output_can_be_killed_from_within),
		cmocka_unit_test(abandoned_means_dead_and_silent),
		cmocka_unit_test(several_run_at_once),
		cmocka_unit_test(a_stop_kills_what_runs),
		cmocka_unit_test(a_child_dies_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
