#include "lib/sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* above the fixed numbers, so that placing one descriptor cannot close another */
#define ABOVE 32
#define OPEN_FILES 4096

static int lower_limit(int resource, rlim_t want)
{
	struct rlimit r;

	if (gp_edge("setrlimit") || getrlimit(resource, &r))
		return gp_fail_errno(GP_FAILED, "cannot read a limit");
	/* a limit is never raised: that takes a right we may lack */
	if (r.rlim_max != RLIM_INFINITY && r.rlim_max < want)
		want = r.rlim_max;
	r.rlim_cur = r.rlim_max = want;
	return setrlimit(resource, &r) ? gp_fail_errno(GP_FAILED, "cannot set a limit") : 0;
}

/* For a suite to see how many there are, and to stay on them: it may say otherwise, and is then
 * held by RLIMIT_CPU alone. */
static int choose_cpus(long want)
{
	cpu_set_t all, some;
	int skip;

	CPU_ZERO(&some);
	if (gp_edge("affinity") || sched_getaffinity(0, sizeof(all), &all))
		return gp_fail_errno(GP_FAILED, "cannot read the processors");
	/* not the same ones for all who run at a time */
	skip = getpid() % CPU_COUNT(&all);
	for (size_t i = 0; i < 2 * CPU_SETSIZE && want > 0; i++) {
		size_t cpu = i % CPU_SETSIZE;

		if (!CPU_ISSET(cpu, &all) || CPU_ISSET(cpu, &some) || skip-- > 0)
			continue;
		CPU_SET(cpu, &some);
		want--;
	}
	return sched_setaffinity(0, sizeof(some), &some)
	               ? gp_fail_errno(GP_FAILED, "cannot choose processors")
	               : 0;
}

/* All that the processors have to give until the deadline, which is not passed by much. */
static rlim_t cpu_seconds(const struct gp_enter *e)
{
	long all = sysconf(_SC_NPROCESSORS_ONLN);
	long cpus = e->s->cpus > 0 && e->s->cpus < all ? e->s->cpus : all;

	return (rlim_t)(e->deadline_ms / 1000 + 2) * (rlim_t)(cpus > 0 ? cpus : 1);
}

static int set_limits(const struct gp_enter *enter)
{
	const struct gp_sandbox *s = enter->s;
	int e = lower_limit(RLIMIT_FSIZE, (rlim_t)s->disk);

	if (!e && enter->deadline_ms > 0)
		e = lower_limit(RLIMIT_CPU, cpu_seconds(enter));
	if (!e && s->cpus > 0 && !s->cgroup.cpu)
		e = choose_cpus(s->cpus);

	if (!e)
		e = lower_limit(RLIMIT_NOFILE, OPEN_FILES);
	/* not RLIMIT_AS: Go, Java, Node and sanitizers reserve far more than they use */
	if (!e && s->memory > 0 && !s->cgroup.memory)
		e = lower_limit(RLIMIT_DATA, (rlim_t)s->memory);
	return e;
}

static int put(const char *path, const char *text)
{
	gp_auto_fd int fd = gp_edge("open") ? -1 : open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return gp_fail_errno(GP_FAILED, "cannot write '%s'", path);
	return 0;
}

static int join_groups(const struct gp_enter *e)
{
	if (e->memory && put(e->memory, "0"))
		return GP_FAILED;
	if (e->pids && put(e->pids, "0"))
		return GP_FAILED;
	return e->cpu ? put(e->cpu, "0") : 0;
}

/* A user namespace of our own gives the right to mount; we are its root and nobody else's. */
static int make_namespace(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)getuid());
	snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getgid());
	/* the files below /proc/self belong to root while we may not be dumped, which the caller
	 * may have asked for to guard its keys; cores are off already */
	prctl(PR_SET_DUMPABLE, 1);
	if (gp_edge("unshare") || unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID))
		return gp_fail_errno(GP_FAILED, "cannot make a user namespace");
	if (put("/proc/self/setgroups", "deny") || put("/proc/self/uid_map", uid) ||
	    put("/proc/self/gid_map", gid))
		return GP_FAILED;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return gp_fail_errno(GP_FAILED, "cannot make mounts private");
	return 0;
}

/* The lower folder goes by descriptor, for overlay would take ',' ':' and '\' in its path as its
 * own; it is opened here because a descriptor keeps the mounts it was opened under. volatile spares
 * the syncs of a tree that is thrown away. */
static int mount_overlay(const char *tree)
{
	gp_auto_fd int lower = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char options[160];

	if (lower < 0)
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", tree);
	if (mkdir("upper", 0755) || mkdir("work", 0700))
		return gp_fail_errno(GP_FAILED, "cannot make the run's folders");
	snprintf(options, sizeof(options),
	         "lowerdir=/proc/self/fd/%d,upperdir=upper,workdir=work,userxattr,volatile", lower);
	if (gp_edge("mount") ||
	    mount("overlay", "merged", "overlay", MS_NOSUID | MS_NODEV, options))
		return gp_fail_errno(GP_FAILED, "cannot mount an overlay of '%s'", tree);
	return 0;
}

static int copy_tree(const char *tree, int merged)
{
	gp_auto_fd int from = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (from < 0)
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", tree);
	return gp_copy_tree(from, merged);
}

static int make_tree(const struct gp_enter *e)
{
	gp_auto_fd int merged = -1;
	int code = 0;

	if (e->setup)
		return symlink(e->tree, "tree")
		               ? gp_fail_errno(GP_FAILED, "cannot name '%s'", e->tree)
		               : 0;
	if (mkdir("merged", 0755))
		return gp_fail_errno(GP_FAILED, "cannot make the run's folders");
	if (e->s->overlay)
		code = mount_overlay(e->tree);
	if (code)
		return code;
	merged = open("merged", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (merged < 0)
		return gp_fail_errno(GP_FAILED, "cannot open the run's tree");
	if (!e->s->overlay)
		code = copy_tree(e->tree, merged);
	return !code && e->changes ? gp_layout(merged, e->changes) : code;
}

/* A descriptor above the fixed ones from which text is read. */
static int text_fd(struct gp_slice text)
{
	gp_auto_fd int fd = gp_edge("memfd") ? -1 : memfd_create("preview", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n || lseek(fd, 0, SEEK_SET))
		return -1;
	return fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
}

static int place_descriptors(const struct gp_enter *e)
{
	const struct gp_slice texts[] = {
		gp_buf_all(&e->s->args[e->setup ? 1 + e->network : 0]),
		gp_buf_all(&e->s->seccomp),
		GP_SLICE("root:x:0:0:root:/root:/usr/sbin/nologin\n"
	                 "preview:x:1000:1000:preview:/home/preview:/bin/sh\n"
	                 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
		GP_SLICE("root:x:0:\npreview:x:1000:\nnogroup:x:65534:\n"),
		GP_SLICE("127.0.0.1 localhost preview\n::1 localhost\n"),
	};
	static const int numbers[] = {FD_ARGS, FD_SECCOMP, FD_DATA, FD_DATA + 1, FD_DATA + 2};
	int start = fcntl(e->start, F_DUPFD_CLOEXEC, ABOVE), fds[GP_COUNT(texts)];
	bool bad = start < 0;

	for (size_t i = 0; i < GP_COUNT(texts); i++) {
		fds[i] = text_fd(texts[i]);
		bad = bad || fds[i] < 0;
	}
	close(e->start);
	for (size_t i = 0; !bad && i < GP_COUNT(texts); i++)
		bad = dup2(fds[i], numbers[i]) < 0;
	if (bad || dup2(start, FD_INFO) < 0 || dup2(start, FD_START) < 0)
		return gp_fail_errno(GP_FAILED, "cannot hand over descriptors");
	return 0;
}

/* A change of credentials may have cleared it. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static int make_namespaces(const struct gp_enter *e)
{
	int code = make_namespace();

	die_with(e->parent);
	return code ? code : gp_guard(e->start);
}

int gp_enter(void *ctx)
{
	struct gp_enter *e = ctx;
	int code = lower_limit(RLIMIT_CORE, 0);

	umask(022);
	if (!code && fchdir(e->dir))
		code = gp_fail_errno(GP_FAILED, "cannot enter the run's folder");
	if (!code)
		code = join_groups(e);
	if (!code && e->s->guarded)
		code = make_namespaces(e);
	if (!code)
		code = make_tree(e);
	if (!code)
		code = place_descriptors(e);
	if (!code)
		code = set_limits(e);
	if (!e->s->guarded)
		die_with(e->parent);
	if (code)
		snprintf(e->said, e->nsaid, "%s", gp_message());
	return code ? 1 : 0;
}
