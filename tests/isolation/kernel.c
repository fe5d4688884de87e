#include "tests/isolation/try.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define NO(x) enum answer x(const char *arg __attribute__((unused)))

static NO(user_namespace)
{
	struct {
		unsigned long long flags, rest[10];
	} args = {.flags = CLONE_NEWUSER};
	long pid;

	args.rest[3] = SIGCHLD;
	if (unshare(CLONE_NEWUSER) == 0)
		return THROUGH;
	pid = syscall(SYS_clone3, &args, 64);
	if (pid == 0)
		_exit(0);
	return opened(pid > 0 ? 0 : -1);
}

static NO(mount_namespace)
{
	return opened(mount("none", "/tmp", "tmpfs", 0, NULL) ? unshare(CLONE_NEWNS) : 0);
}

/* the mount of the row above must not stay: outside it is made in a namespace of its own */
static NO(mounts)
{
	if (unshare(CLONE_NEWNS) == 0)
		return THROUGH;
	return mount_namespace("");
}

static NO(host_key)
{
	char bytes[256];
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user",
	                   "preview-isolation", 0);
	long n = key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, bytes, sizeof(bytes));

	return n > 0 && marked(bytes, (size_t)n) ? THROUGH : REFUSED;
}

static NO(any_keyctl)
{
	long v = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	return v < 0 && (errno == EPERM || errno == ENOSYS) ? REFUSED : THROUGH;
}

static NO(io_uring)
{
	char params[256] = "";

	return opened(syscall(SYS_io_uring_setup, 4, params));
}

static NO(bpf)
{
	union bpf_attr a = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4};

	a.value_size = 4;
	a.max_entries = 1;
	return opened(syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)));
}

static NO(perf)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(a)};

	a.config = PERF_COUNT_SW_CPU_CLOCK;
	a.exclude_kernel = a.exclude_hv = 1;
	return opened(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}

static NO(fault_fd)
{
	return opened(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
}

/* no such module: EPERM is who was stopped before that was seen */
static NO(module)
{
	syscall(SYS_finit_module, -1, "", 0);
	return errno == EPERM || errno == ENOSYS ? REFUSED : THROUGH;
}

static NO(kernel_log)
{
	char bytes[256];

	return opened(syscall(SYS_syslog, 3, bytes, sizeof(bytes)));
}

static NO(new_privileges)
{
	errno = 0;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? REFUSED : THROUGH;
}

/* the number after name in /proc/self/status */
static unsigned long long status_line(const char *name)
{
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *at;

	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

static NO(capabilities)
{
	unsigned long long any = status_line("CapEff:") | status_line("CapPrm:") |
	                         status_line("CapBnd:") | status_line("CapAmb:");

	errno = 0;
	return any ? THROUGH : REFUSED;
}

/* the name it has already, so that nothing is harmed by getting through */
static NO(host_name)
{
	char name[256];

	return gethostname(name, sizeof(name)) ? UNKNOWN : opened(sethostname(name, strlen(name)));
}

static enum answer shared_memory(const char *id)
{
	void *at = shmat(atoi(id), NULL, SHM_RDONLY);

	/* a small number may be anybody's */
	return (long)at != -1 && marked(at, 64) ? THROUGH : REFUSED;
}

static NO(cores)
{
	struct rlimit r = {0};

	getrlimit(RLIMIT_CORE, &r);
	errno = 0;
	return r.rlim_max ? THROUGH : REFUSED;
}

static NO(no_filter)
{
	errno = 0;
	return status_line("Seccomp:") == 2 ? REFUSED : THROUGH;
}

/* Pushes a byte into a terminal of our own making, as would be done to one that was inherited; the
 * second form once passed filters that compare 64 bits (CVE-2019-10063). */
static NO(terminal)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), lead = posix_openpt(O_RDWR | O_NOCTTY);
	char sub[2] = {3, 0}, c = 'x', *name;

	if (opened(tty) == THROUGH)
		return THROUGH;
	if (lead < 0 || grantpt(lead) || unlockpt(lead) || !(name = ptsname(lead)))
		return UNKNOWN;
	setsid();
	tty = open(name, O_RDWR);
	if (tty < 0)
		return UNKNOWN;
	ioctl(tty, TIOCSCTTY, 0);
	if (ioctl(tty, TIOCSTI, &c) == 0 || ioctl(tty, TIOCLINUX, sub) == 0)
		return THROUGH;
	return opened(syscall(SYS_ioctl, tty, TIOCSTI | 1ul << 32, &c));
}

const struct attempt kernel[] = {
	{"K01", user_namespace, "", false}, {"K02", mounts, "", false},
	{"K03", host_key, "", false},       {"K04", any_keyctl, "", false},
	{"K05", io_uring, "", false},       {"K06", bpf, "", false},
	{"K07", perf, "", false},           {"K08", fault_fd, "", false},
	{"K09", module, "", false},         {"K10", kernel_log, "", false},
	{"K11", new_privileges, "", false}, {"K12", capabilities, "", false},
	{"K13", host_name, "", false},      {"K14", shared_memory, "sysv", true},
	{"K15", cores, "", false},          {"K16", no_filter, "", false},
	{"T01", terminal, "", false},       {NULL, NULL, NULL, false},
};
