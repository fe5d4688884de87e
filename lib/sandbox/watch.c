#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* a look must not hold up the loop: what takes longer to count is too much */
enum { WALK_MS = 50, TOTAL = 4 };

static long long free_bytes(const char *dir)
{
	struct statvfs v;

	return statvfs(dir, &v) ? -1 : (long long)v.f_bavail * (long long)v.f_frsize;
}

/* Its own /proc shows just the processes of the sandbox, whatever became of their parents. */
static void open_proc(struct gp_watch *w, pid_t inner)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)inner);
	w->root = gp_edge("open") ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = w->root < 0 ? -1 : openat(w->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->proc = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !w->proc)
		close(fd);
}

void gp_watch_begin(struct gp_watch *w, const struct gp_sandbox *s, const char *dir, pid_t inner,
                    bool setup)
{
	*w = (struct gp_watch){.s = s, .root = -1};
	/* what setup makes is meant to stay, and may well be large */
	if (!setup && dir) {
		gp_buf_fmt(&w->files, "%s/%s", dir, s->overlay ? "upper" : "merged");
		w->free = free_bytes(dir);
	}
	w->processes = getuid() == 0 && s->cgroup.version != 2 && !s->cgroup.pids;
	w->memory = s->memory > 0 && !s->cgroup.memory;
	if (inner > 1 && (w->processes || w->memory))
		open_proc(w, inner);
}

void gp_watch_end(struct gp_watch *w)
{
	if (w->proc)
		closedir(w->proc);
	w->proc = NULL;
	if (w->s)
		gp_fd_clear(&w->root);
	gp_buf_clear(&w->files);
}

/* Pages of its own: what is mapped from files can be dropped, and counts once for many. */
static long long own_memory(int proc, const char *pid)
{
	char path[32], text[128] = "";
	long long size = 0, resident = 0, shared = 0;
	gp_auto_fd int fd = -1;

	snprintf(path, sizeof(path), "%.16s/statm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
	    sscanf(text, "%lld %lld %lld", &size, &resident, &shared) != 3)
		return 0;
	return (resident - shared) * sysconf(_SC_PAGESIZE);
}

static long threads(int proc, const char *pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "%.16s/task", pid);
	return fstatat(proc, path, &st, 0) ? 0 : (long)st.st_nlink - 2;
}

static long long in_memory_folders(const struct gp_watch *w)
{
	static const char *const folders[] = {"tmp", "dev/shm", "home/preview"};
	long long sum = 0;

	for (size_t i = 0; i < GP_COUNT(folders); i++) {
		gp_auto_fd int fd = openat(w->root, folders[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct statvfs v;

		if (fd >= 0 && fstatvfs(fd, &v) == 0)
			sum += (long long)(v.f_blocks - v.f_bfree) * (long long)v.f_frsize;
	}
	return sum;
}

static const char *look_at_processes(struct gp_watch *w)
{
	long long bytes = w->memory ? in_memory_folders(w) : 0;
	struct dirent *e;
	long n = 0;

	rewinddir(w->proc);
	while ((e = readdir(w->proc))) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		n += w->processes ? threads(dirfd(w->proc), e->d_name) : 0;
		bytes += w->memory ? own_memory(dirfd(w->proc), e->d_name) : 0;
		if (w->memory && bytes > w->s->memory)
			return "out of memory";
		if (w->processes && n > w->s->processes)
			return "too many processes";
	}
	return NULL;
}

/* Whether the files of the run hold more than allowed, or are too many to be counted. */
static bool too_many_files(const struct gp_watch *w, long long most)
{
	char *paths[] = {w->files.p, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	long long sum = 0, began = gp_now_ms();
	FTSENT *e;

	while (tree && sum <= most && (e = fts_read(tree))) {
		if (e->fts_info == FTS_F)
			sum += (long long)e->fts_statp->st_blocks * 512;
		/* folders it shut are its own doing */
		if (e->fts_info == FTS_DNR || gp_now_ms() - began > WALK_MS)
			sum = most + 1;
	}
	if (tree)
		fts_close(tree);
	return sum > most;
}

/* Counting files costs, so it is done only after the disk has lost that much, by whoever. */
static bool disk_is_filled(struct gp_watch *w)
{
	long long most = w->s->disk > LLONG_MAX / TOTAL ? LLONG_MAX : w->s->disk * TOTAL, now;

	if (w->files.n == 0 || w->free < 0)
		return false;
	now = free_bytes(w->files.p);
	if (now < 0 || w->free - now <= most)
		return false;
	w->free = now;
	return !w->s->overlay || too_many_files(w, most);
}

const char *gp_watch_look(struct gp_watch *w)
{
	const char *what = w->proc ? look_at_processes(w) : NULL;

	return what || !disk_is_filled(w) ? what : "too much written to disk";
}
