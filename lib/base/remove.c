#include "lib/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree is flattened while it goes: the folders inside a child of the top are moved up beside it,
 * so no path ever grows and two descriptors are enough at any depth. */
struct top {
	DIR *dir;
	unsigned long moved;
	bool progress, failed, late;
	long long until; /* gp_now_ms; 0: as long as it takes */
	int error;       /* errno of the first failure of this pass */
};

static bool dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* chmod has no variant that refuses symlinks, so by way of a descriptor of the folder itself. */
static bool unlock(int parent, const char *name)
{
	gp_auto_fd int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char proc[64];

	if (fd < 0)
		return false;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return chmod(proc, 0700) == 0;
}

static DIR *open_dir(int parent, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	struct stat st;
	DIR *dir;

	if (fd < 0 && errno == EACCES && unlock(parent, name))
		fd = openat(parent, name, flags);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700);
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static bool is_late(struct top *t)
{
	t->late = t->late || (t->until && gp_now_ms() >= t->until);
	return t->late;
}

static void fail(struct top *t)
{
	if (!t->failed)
		t->error = errno;
	t->failed = true;
}

/* Whether the entry is gone; errno tells why not, ENOTEMPTY or EEXIST for a folder in use. */
static bool drop(struct top *t, int parent, const char *name)
{
	bool gone = unlinkat(parent, name, 0) == 0;

	if (!gone && errno == EISDIR)
		gone = unlinkat(parent, name, AT_REMOVEDIR) == 0;
	t->progress |= gone;
	return gone || errno == ENOENT;
}

static void move_up(struct top *t, int parent, const char *name)
{
	bool unlocked = false, again;
	char to[48];

	do {
		snprintf(to, sizeof(to), "moved-%lu", t->moved++);
		if (renameat(parent, name, dirfd(t->dir), to) == 0) {
			t->progress = true;
			return;
		}
		/* the name is taken, or the folder (its ".." changes) is not writable */
		again = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
		if (errno == EACCES && !unlocked)
			again = unlocked = unlock(parent, name);
	} while (again);
	fail(t);
}

static void empty_child(struct top *t, const char *name)
{
	DIR *child = open_dir(dirfd(t->dir), name);
	struct dirent *d;

	if (!child) {
		fail(t);
		return;
	}
	while (!is_late(t) && (d = readdir(child))) {
		if (dots(d->d_name) || drop(t, dirfd(child), d->d_name))
			continue;
		if (errno == ENOTEMPTY || errno == EEXIST)
			move_up(t, dirfd(child), d->d_name);
		else
			fail(t);
	}
	closedir(child);
	if (!t->late && !drop(t, dirfd(t->dir), name))
		fail(t);
}

static void pass(struct top *t)
{
	struct dirent *d;

	t->progress = t->failed = false;
	rewinddir(t->dir);
	while (!is_late(t) && (d = readdir(t->dir))) {
		if (dots(d->d_name) || drop(t, dirfd(t->dir), d->d_name))
			continue;
		if (errno == ENOTEMPTY || errno == EEXIST)
			empty_child(t, d->d_name);
		else
			fail(t);
	}
}

static int remove_tree(const char *path, long ms)
{
	struct top t = {.dir = gp_edge("remove") ? NULL : open_dir(AT_FDCWD, path),
	                .until = ms ? gp_now_ms() + ms : 0};

	if (!t.dir)
		return gp_fail_errno(GP_FAILED, "cannot remove '%s'", path);
	do
		pass(&t);
	while (t.progress && !t.late);
	closedir(t.dir);
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (t.late)
		return gp_fail(GP_LIMIT, "cannot remove '%s': it takes too long", path);
	if (t.failed)
		errno = t.error;
	return gp_fail_errno(GP_FAILED, "cannot remove '%s'", path);
}

int gp_file_remove(const char *path)
{
	return gp_file_remove_within(path, 0);
}

int gp_file_remove_within(const char *path, long ms)
{
	gp_auto_str char *plain = gp_strdup(path);
	size_t n = strlen(plain);

	/* "link/" would be what the link points to, O_NOFOLLOW or not */
	while (n > 1 && plain[n - 1] == '/')
		plain[--n] = 0;
	if (unlink(plain) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EISDIR)
		return gp_fail_errno(GP_FAILED, "cannot remove '%s'", path);
	return remove_tree(plain, ms);
}
