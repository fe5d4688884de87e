#include "tests/isolation/try.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static enum answer variable(const char *name)
{
	const char *v = getenv(name);

	return v && marked(v, strlen(v)) ? THROUGH : REFUSED;
}

static enum answer any_variable(const char *arg)
{
	(void)arg;
	for (char **e = environ; *e; e++)
		if (marked(*e, strlen(*e)))
			return THROUGH;
	return REFUSED;
}

/* environ, arguments and memory maps of whatever process is there */
static enum answer environments(const char *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char path[400];

	(void)arg;
	while (proc && (e = readdir(proc))) {
		static const char *const names[] = {"environ", "cmdline", "task/1/environ"};

		for (size_t i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "/proc/%s/%s", e->d_name, names[i]);
			if (read_secret(path) == THROUGH)
				return THROUGH;
		}
	}
	errno = 0;
	return REFUSED;
}

/* Whether the process of that number is the one meant: another may bear it in a namespace. */
static bool is_victim(const char *pid)
{
	char path[64], name[32] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	if (fd >= 0)
		close(fd);
	return n > 0 && strncmp(name, "hold", 4) == 0;
}

static enum answer see(const char *pid)
{
	return is_victim(pid) ? THROUGH : REFUSED;
}

static enum answer trace(const char *text)
{
	pid_t pid = (pid_t)atol(text);
	enum answer a = opened(ptrace(PTRACE_SEIZE, pid, 0, 0));

	if (a == THROUGH && !is_victim(text))
		a = REFUSED;
	return a;
}

static enum answer read_memory(const char *text)
{
	const pid_t pid = (pid_t)atol(text); /* before the next target takes its place */
	unsigned long at = strtoul(target("address"), NULL, 16);
	char bytes[64] = "", path[64];
	/* an address in another process, known by its number alone */
	struct iovec to = {bytes, sizeof(bytes)}, from = {*(void **)(void *)&at, sizeof(bytes)};
	int fd;

	if (process_vm_readv(pid, &to, 1, &from, 1, 0) > 0 && marked(bytes, sizeof(bytes)))
		return THROUGH;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && pread(fd, bytes, sizeof(bytes), (off_t)at) > 0 &&
	                       marked(bytes, sizeof(bytes))
	               ? THROUGH
	               : REFUSED;
}

static enum answer signal_it(const char *text)
{
	pid_t pid = (pid_t)atol(text);

	return kill(pid, SIGUSR1) == 0 && is_victim(text) ? THROUGH : REFUSED;
}

static enum answer open_for_writing(const char *path)
{
	return opened(open(path, O_WRONLY | O_CLOEXEC));
}

static enum answer group_files(const char *arg)
{
	static const char *const paths[] = {
		"/sys/fs/cgroup/cgroup.procs",      "/sys/fs/cgroup/memory/cgroup.procs",
		"/sys/fs/cgroup/pids/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
		"/sys/fs/cgroup/devices/tasks",
	};

	(void)arg;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (open_for_writing(paths[i]) == THROUGH)
			return THROUGH;
	return REFUSED;
}

const struct attempt processes[] = {
	{"E01", variable, "OPENAI_API_KEY", false},
	{"E02", any_variable, "", false},
	{"E03", environments, "", false},
	{"E04", see, "pid", true},
	{"E05", trace, "pid", true},
	{"E06", read_memory, "pid", true},
	{"E07", signal_it, "pid", true},
	{"E08", open_for_writing, "/proc/sys/kernel/core_pattern", false},
	{"E09", group_files, "", false},
	{"E10", open_for_writing, "/proc/sysrq-trigger", false},
	{"E11", read_secret, "/proc/1/environ", false},
	{NULL, NULL, NULL, false},
};
