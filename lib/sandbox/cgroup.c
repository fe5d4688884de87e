#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

#define ROOT "/sys/fs/cgroup"

enum { PERIOD_US = 100000 }; /* the kernel's own, of both versions */

void gp_cgroup_clear(struct gp_cgroup *c)
{
	gp_free(c->memory);
	gp_free(c->pids);
	gp_free(c->cpu);
	*c = (struct gp_cgroup){0};
}

static int put(const char *dir, const char *file, long long value)
{
	gp_auto(gp_buf) path = {0}, text = {0};
	gp_auto_fd int fd = -1;

	gp_buf_fmt(&path, "%s/%s", dir, file);
	gp_buf_fmt(&text, "%lld", value);
	fd = gp_edge("cgroup") ? -1 : open(gp_buf_text(&path), O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		return gp_fail_errno(GP_FAILED, "cannot set '%s'", gp_buf_text(&path));
	return 0;
}

/* The line of /proc/self/cgroup for a controller ("" for version 2): its path. */
static bool own_path(struct gp_buf *out, const char *controller)
{
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest, line;

	if (gp_file_read(&text, AT_FDCWD, "/proc/self/cgroup", 1 << 16, false))
		return false;
	rest = gp_buf_all(&text);
	while (gp_line(&line, &rest)) {
		const char *a = memchr(line.p, ':', line.n), *end = line.p + line.n;
		const char *b = a ? memchr(a + 1, ':', (size_t)(end - a - 1)) : NULL;

		if (b && gp_slice_is((struct gp_slice){a + 1, (size_t)(b - a - 1)}, controller)) {
			gp_buf_add(out, b + 1, (size_t)(end - b - 1));
			return true;
		}
	}
	return false;
}

/* Containers may share the control groups of their host, and a process id means something else in
 * each of them: a name carries the namespace that its id is of. */
static void group_prefix(struct gp_buf *out)
{
	struct stat s = {0};

	stat("/proc/self/ns/pid", &s);
	gp_buf_fmt(out, "preview-n%llu-", (unsigned long long)s.st_ino);
}

static bool can_make(const char *dir, const char *file)
{
	gp_auto(gp_buf) path = {0}, probe = {0};
	bool made;

	gp_buf_fmt(&path, "%s/", dir);
	group_prefix(&path);
	gp_buf_fmt(&path, "%d-probe", (int)getpid());
	if (access(dir, W_OK) || mkdir(gp_buf_text(&path), 0755))
		return false;
	gp_buf_fmt(&probe, "%s/%s", gp_buf_text(&path), file);
	made = access(gp_buf_text(&probe), W_OK) == 0;
	rmdir(gp_buf_text(&path));
	return made;
}

static char *version1(const char *controller, const char *file)
{
	gp_auto(gp_buf) own = {0}, dir = {0};

	if (!own_path(&own, controller))
		return NULL;
	gp_buf_fmt(&dir, ROOT "/%s%s", controller, own.n > 1 ? own.p : "");
	if (!can_make(gp_buf_text(&dir), file)) {
		/* the path is the host's when this is a container without a namespace of its own */
		gp_buf_cut(&dir, strlen(ROOT) + 1 + strlen(controller));
		if (own.n <= 1 || !can_make(gp_buf_text(&dir), file))
			return NULL;
	}
	return gp_buf_take(&dir);
}

/* A process may only be moved within what is delegated to us: beside our own group. */
static char *version2(void)
{
	gp_auto(gp_buf) own = {0}, dir = {0};
	char *slash;

	if (access(ROOT "/cgroup.controllers", F_OK) || !own_path(&own, ""))
		return NULL;
	slash = strrchr(own.p, '/');
	if (slash)
		*slash = 0;
	gp_buf_fmt(&dir, ROOT "%s", own.p);
	return can_make(gp_buf_text(&dir), "memory.max") && can_make(gp_buf_text(&dir), "pids.max")
	               ? gp_buf_take(&dir)
	               : NULL;
}

static void sweep(const char *parent)
{
	DIR *d = parent ? opendir(parent) : NULL;
	struct dirent *entry;
	gp_auto(gp_buf) prefix = {0};

	group_prefix(&prefix);
	while (d && (entry = readdir(d)))
		if (gp_left_behind(entry->d_name, gp_buf_text(&prefix)))
			unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
}

void gp_cgroup_probe(struct gp_cgroup *out)
{
	out->memory = version2();
	out->version = out->memory ? 2 : 0;
	if (!out->memory) {
		out->memory = version1("memory", "memory.limit_in_bytes");
		out->pids = version1("pids", "pids.max");
		out->cpu = version1("cpu", "cpu.cfs_quota_us");
		out->version = out->memory || out->pids || out->cpu ? 1 : 0;
	} else if (can_make(out->memory, "cpu.max")) {
		out->cpu = gp_strdup(out->memory);
	}
	sweep(out->memory);
	sweep(out->pids);
	sweep(out->cpu);
}

static char *make_one(const char *parent, const char *id)
{
	gp_auto(gp_buf) dir = {0};

	gp_buf_fmt(&dir, "%s/", parent);
	group_prefix(&dir);
	gp_buf_str(&dir, id);
	if (gp_edge("cgroup") || (mkdir(gp_buf_text(&dir), 0755) && errno != EEXIST)) {
		gp_fail_errno(GP_FAILED, "cannot make the control group '%s'", gp_buf_text(&dir));
		return NULL;
	}
	return gp_buf_take(&dir);
}

/* Of version 1 the file that moves one thread, which is all that a child is between fork and exec:
 * to move a process the kernel first waits 5 to 10 ms until no other can be forking (since 5.12; it
 * takes neither lock nor wait for a thread that moves itself). */
static char *door_of(const char *dir, const struct gp_sandbox *s)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b, "%s/%s", dir, s->cgroup.version == 2 ? "cgroup.procs" : "tasks");
	return gp_buf_take(&b);
}

static char *group_of(const char *door)
{
	return gp_strndup(door, (size_t)(strrchr(door, '/') - door));
}

static int make_memory(char **out, const struct gp_sandbox *s, const char *id)
{
	gp_auto_str char *dir = make_one(s->cgroup.memory, id);
	bool v2 = s->cgroup.version == 2;
	int e = dir ? 0 : GP_FAILED;

	if (!e)
		*out = door_of(dir, s);
	if (!e && s->memory > 0) {
		e = put(dir, v2 ? "memory.max" : "memory.limit_in_bytes", s->memory);
		/* without these a limit only pages out; kernels without swap accounting lack them
		 */
		if (!e)
			put(dir, v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
			    v2 ? 0 : s->memory);
	}
	if (!e && v2)
		e = put(dir, "pids.max", s->processes);
	/* the period stays the kernel's own */
	if (!e && v2 && s->cpus > 0 && s->cgroup.cpu)
		e = put(dir, "cpu.max", s->cpus * PERIOD_US);
	return e;
}

static int make_limited(char **out, const char *parent, const char *id, const char *file,
                        long long value, const struct gp_sandbox *s)
{
	gp_auto_str char *dir = make_one(parent, id);

	if (dir)
		*out = door_of(dir, s);
	return dir ? put(dir, file, value) : GP_FAILED;
}

int gp_cgroup_make(char **memory, char **pids, char **cpu, const struct gp_sandbox *s,
                   const char *id)
{
	int e = 0;

	if (s->cgroup.version == 2 || (s->cgroup.memory && s->memory > 0))
		e = make_memory(memory, s, id);
	if (!e && s->cgroup.pids)
		e = make_limited(pids, s->cgroup.pids, id, "pids.max", s->processes, s);
	if (!e && s->cgroup.version == 1 && s->cgroup.cpu && s->cpus > 0)
		e = make_limited(cpu, s->cgroup.cpu, id, "cpu.cfs_quota_us", s->cpus * PERIOD_US,
		                 s);
	return e;
}

bool gp_cgroup_oom(const struct gp_sandbox *s, const char *memory)
{
	gp_auto_str char *dir = memory ? group_of(memory) : NULL;
	gp_auto(gp_buf) path = {0}, text = {0};
	const char *at;

	if (!dir)
		return false;
	gp_buf_fmt(&path, "%s/%s", dir,
	           s->cgroup.version == 2 ? "memory.events" : "memory.oom_control");
	if (gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), 4096, false))
		return false;
	at = gp_find(gp_buf_all(&text), "oom_kill ");
	return at && strtoll(at + strlen("oom_kill "), NULL, 10) > 0;
}

void gp_cgroup_drop(const char *door)
{
	gp_auto_str char *dir = door ? group_of(door) : NULL;

	for (int i = 0; dir && i < 50 && rmdir(dir) && errno == EBUSY; i++)
		usleep(1000);
}
