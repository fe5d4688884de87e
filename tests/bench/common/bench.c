#include "tests/bench/common/bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"

static char home[64];

void bench_aim(const char *bench, const char *what, double value, const char *unit, const char *aim)
{
	printf("%s\t%s\t%.*f\t%s%s%s\n", bench, what,
	       value < 10     ? 2
	       : value < 1000 ? 1
	                      : 0,
	       value, unit, aim ? "\taim: " : "", aim ? aim : "");
	fflush(stdout);
}

void bench_say(const char *bench, const char *what, double value, const char *unit)
{
	bench_aim(bench, what, value, unit, NULL);
}

void bench_note(const char *bench, const char *text)
{
	printf("# %s: %s\n", bench, text);
}

void bench_rate(const char *bench, const char *what, size_t bytes, double ms)
{
	bench_say(bench, what, (double)bytes / 1e3 / ms, "MB/s");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double bench_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void bench_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

void bench_check(int e)
{
	if (e)
		bench_fail("%s", gp_message());
}

void bench_do(const char *const *argv)
{
	const struct gp_proc_spec spec = {.argv = argv};
	gp_auto(gp_proc_result) r = {0};

	bench_check(gp_proc_run(&r, &spec));
	if (r.exit)
		bench_fail("'%s' ends with status %d: %s", argv[0], r.exit, gp_buf_text(&r.err));
}

static void remove_home(void)
{
	gp_file_remove(home);
}

void bench_write(const char *path, const char *text)
{
	gp_auto_str char *folder = gp_strdup(path);

	*strrchr(folder, '/') = 0;
	bench_check(gp_file_mkdirs(folder));
	bench_check(gp_file_write(path, gp_slice(text), 0644));
}

static void put_first(const char *folder)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s:%s", folder ? folder : "build", getenv("PATH"));
	setenv("PATH", path.p, 1);
}

const char *bench_home(void)
{
	static const char *const kept[] = {"PATH", "TMPDIR", "B"};
	const char *tmp = getenv("TMPDIR");
	gp_auto(gp_buf) b = {0};

	snprintf(home, sizeof(home), "%s/preview-bench.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(home))
		bench_fail("cannot make '%s'", home);
	atexit(remove_home);
	gp_auto(gp_list) env = {0};
	for (size_t i = 0; i < GP_COUNT(kept); i++)
		gp_list_add(&env, getenv(kept[i]) ? getenv(kept[i]) : "");
	clearenv();
	for (size_t i = 0; i < GP_COUNT(kept); i++)
		if (*env.v[i])
			setenv(kept[i], env.v[i], 1);
	put_first(getenv("B"));
	setenv("BENCH_KEY", "key", 1);
	setenv("HOME", home, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	gp_buf_fmt(&b, "%s/.gitconfig", home);
	bench_write(b.p, "[user]\n\tname = A U Thor\n\temail = author@example.com\n"
	                 "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n");
	return home;
}

/* VmHWM only grows, so the last look before the end misses what the last millisecond added. */
static long peak_kb(pid_t pid)
{
	gp_auto(gp_buf) text = {0};
	char path[48];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (gp_file_read(&text, AT_FDCWD, path, 65536, false))
		return 0;
	at = strstr(gp_buf_text(&text), "VmHWM:");
	return at ? strtol(at + 6, NULL, 10) : 0;
}

static pid_t start(const struct bench_run *r)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int e;

	posix_spawn_file_actions_init(&files);
	if (r->cwd)
		posix_spawn_file_actions_addchdir_np(&files, r->cwd);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, r->out ? r->out : "/dev/null",
	                                 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (r->out)
		posix_spawn_file_actions_adddup2(&files, 1, 2);
	else
		posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	e = posix_spawnp(&pid, r->argv[0], &files, NULL, (char *const *)(uintptr_t)r->argv,
	                 environ);
	posix_spawn_file_actions_destroy(&files);
	if (e)
		bench_fail("cannot start '%s': %s", r->argv[0], strerror(e));
	return pid;
}

static double cpu_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

void bench_run(struct bench_run *r)
{
	struct rusage usage;
	int status;
	pid_t pid;

	r->own_kb = r->tree_kb = 0;
	r->began = bench_ms();
	pid = start(r);
	while (r->watch_memory) {
		struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
		long own = peak_kb(pid), tree = bench_tree_kb(pid);

		r->own_kb = own > r->own_kb ? own : r->own_kb;
		r->tree_kb = tree > r->tree_kb ? tree : r->tree_kb;
		r->watch_memory = poll(&p, 1, 1) == 0;
		close(p.fd);
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		bench_fail("'%s' got lost", r->argv[0]);
	r->ms = bench_ms() - r->began;
	r->exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	r->cpu_ms = cpu_ms(&usage);
	r->largest_kb = usage.ru_maxrss;
}
