#include "lib/base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static _Thread_local char message[4096];
static _Thread_local char hint[1024];
static volatile sig_atomic_t stop_flag;
static int stop_event = -1;
static bool stop_held;

int gp_fail(int code, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(message)];

	/* the arguments may point into the old message */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(message, text, sizeof(message));
	hint[0] = 0;
	return code;
}

int gp_fail_errno(int code, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(message)];
	int e = errno;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(message, sizeof(message), "%.3800s: %s", text, strerror(e));
	hint[0] = 0;
	return code;
}

int gp_within(int code, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(message)], whole[2 * sizeof(message) + 4];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s: %s", text, message);
	memcpy(message, whole, sizeof(message) - 1);
	message[sizeof(message) - 1] = 0;
	return code;
}

void gp_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(hint, sizeof(hint), fmt, ap);
	va_end(ap);
}

const char *gp_message(void)
{
	return message;
}

const char *gp_message_hint(void)
{
	return hint;
}

static void *checked(void *p)
{
	if (!p) {
		static const char text[] = "fatal: out of memory\n";

		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			abort();
		abort();
	}
	return p;
}

void *gp_alloc(size_t n)
{
	return checked(calloc(1, n ? n : 1));
}

void *gp_realloc(void *p, size_t n)
{
	return checked(realloc(p, n ? n : 1));
}

char *gp_strdup(const char *s)
{
	return gp_strndup(s, strlen(s));
}

char *gp_strndup(const char *s, size_t n)
{
	char *copy = gp_alloc(n + 1);

	if (n)
		memcpy(copy, s, n);
	return copy;
}

void gp_free(void *p)
{
	free(p);
}

void gp_str_clear(char **s)
{
	free(*s);
	*s = NULL;
}

void gp_fd_clear(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct gp_slice gp_slice(const char *s)
{
	return (struct gp_slice){s, s ? strlen(s) : 0};
}

bool gp_slice_eq(struct gp_slice a, struct gp_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool gp_slice_is(struct gp_slice a, const char *s)
{
	return gp_slice_eq(a, gp_slice(s));
}

bool gp_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool gp_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

long long gp_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long gp_wall_s(void)
{
	const char *fixed = getenv("GP_NOW");

	return fixed && *fixed ? strtoll(fixed, NULL, 10) : (long long)time(NULL);
}

static void say_edge(long n, const char *name)
{
	const char *path = getenv("GP_FAIL_EDGE_SAY");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "edge %ld: %s\n", n, name);
	close(fd);
}

bool gp_edge(const char *name)
{
	static long at = -1, count;
	const char *env;

	if (at < 0) {
		env = getenv("GP_FAIL_EDGE");
		at = env ? strtol(env, NULL, 10) : 0;
	}
	if (at <= 0 || ++count != at)
		return false;
	say_edge(at, name);
	errno = EIO;
	return true;
}

static void on_signal(int sig)
{
	uint64_t one = 1;
	int saved = errno;

	(void)sig;
	stop_flag = 1;
	if (write(stop_event, &one, sizeof(one)) < 0)
		stop_flag = 1;
	errno = saved;
}

int gp_stop_install(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	if (stop_event < 0)
		stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_event < 0)
		return gp_fail_errno(GP_FAILED, "cannot make an event descriptor");
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	return 0;
}

bool gp_stopped(void)
{
	return stop_flag != 0 && !stop_held;
}

int gp_stop_fd(void)
{
	return stop_held ? -1 : stop_event;
}

void gp_stop_hold(bool hold)
{
	stop_held = hold;
}
