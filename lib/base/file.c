#include "lib/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SWEEP_AGE_S 600

static int open_regular(int *out, int dirfd, const char *path, bool nofollow)
{
	struct stat st;

	/* O_NONBLOCK: a FIFO in a hostile tree must not hang the open */
	*out = gp_edge("open") ? -1
	                       : openat(dirfd, path,
	                                O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
	                                        (nofollow ? O_NOFOLLOW : 0));
	if (*out < 0 && (errno == ENOENT || errno == ENOTDIR))
		return gp_fail_errno(GP_NOTFOUND, "cannot read '%s'", path);
	if (*out < 0 && nofollow && errno == ELOOP)
		return gp_fail(GP_FAILED, "cannot read '%s': it is a symbolic link", path);
	if (*out < 0 || fstat(*out, &st) < 0)
		return gp_fail_errno(GP_FAILED, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return gp_fail(GP_FAILED, "cannot read '%s': not a regular file", path);
	return 0;
}

int gp_file_read(struct gp_buf *out, int dirfd, const char *path, size_t max, bool nofollow)
{
	char piece[16384];
	size_t before = out->n;
	gp_auto_fd int fd = -1;
	ssize_t n;
	int e = open_regular(&fd, dirfd, path, nofollow);

	while (!e && (n = gp_edge("read") ? -1 : read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			e = gp_fail_errno(GP_FAILED, "cannot read '%s'", path);
		else if ((size_t)n > max - (out->n - before))
			e = gp_fail(GP_LIMIT, "cannot read '%s': longer than %zu bytes", path, max);
		else if (gp_buf_add(out, piece, (size_t)n) < 0)
			e = gp_within(GP_LIMIT, "cannot read '%s'", path);
	}
	if (e)
		gp_buf_cut(out, before);
	return e;
}

static int write_all(int fd, struct gp_slice bytes)
{
	while (bytes.n) {
		ssize_t n = gp_edge("write") ? -1 : write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return GP_FAILED;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}

static int replace(const char *path, struct gp_slice bytes, unsigned mode, bool sync)
{
	gp_auto(gp_buf) temporary = {0};
	gp_auto_fd int fd = -1;
	int e = 0;

	gp_buf_fmt(&temporary, "%s.tmp-XXXXXX", path);
	fd = gp_edge("mkstemp") ? -1 : mkostemp(temporary.p, O_CLOEXEC);
	if (fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot write '%s'", path);
	if (write_all(fd, bytes) < 0 || fchmod(fd, mode) < 0 ||
	    (sync && (gp_edge("fsync") || fsync(fd) < 0)) || gp_edge("rename") ||
	    rename(temporary.p, path) < 0) {
		e = gp_fail_errno(GP_FAILED, "cannot write '%s'", path);
		unlink(temporary.p);
	}
	return e;
}

int gp_file_write(const char *path, struct gp_slice bytes, unsigned mode)
{
	return replace(path, bytes, mode, true);
}

int gp_file_put(const char *path, struct gp_slice bytes, unsigned mode)
{
	return replace(path, bytes, mode, false);
}

static bool is_temporary(const char *name)
{
	const char *at = strstr(name, ".tmp-");

	return at && strlen(at) == strlen(".tmp-XXXXXX");
}

void gp_file_sweep(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d)))
		if (is_temporary(e->d_name) &&
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < time(NULL) - SWEEP_AGE_S)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

int gp_file_append(const char *path, struct gp_slice bytes)
{
	gp_auto_fd int fd =
		gp_edge("open")
			? -1
			: open(path,
	                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	                       0600);
	ssize_t n;

	if (fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot append to '%s'", path);
	do
		n = gp_edge("write") ? -1 : write(fd, bytes.p, bytes.n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return gp_fail_errno(GP_FAILED, "cannot append to '%s'", path);
	if ((size_t)n != bytes.n)
		return gp_fail(GP_FAILED, "cannot append to '%s': only %zd of %zu bytes fit", path,
		               n, bytes.n);
	return 0;
}

int gp_file_mkdirs(const char *path)
{
	gp_auto_str char *part = gp_strdup(path);
	struct stat st;

	for (char *p = part + 1; *part && *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		/* only the last mkdir counts: a parent may exist and not be writable */
		(void)mkdir(part, 0700);
		*p = '/';
	}
	if (!gp_edge("mkdir") && mkdir(path, 0700) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	if (errno != EEXIST)
		return gp_fail_errno(GP_FAILED, "cannot make the folder '%s'", path);
	return 0;
}

static bool executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

int gp_file_which(struct gp_buf *out, const char *name, const char *path)
{
	gp_auto(gp_buf) candidate = {0};
	const char *end;

	if (!path)
		path = getenv("PATH");
	for (const char *p = path; p && *name && !strchr(name, '/'); p = *end ? end + 1 : NULL) {
		end = strchrnul(p, ':');
		if (*p != '/')
			continue;
		gp_buf_cut(&candidate, 0);
		gp_buf_add(&candidate, p, (size_t)(end - p));
		gp_buf_fmt(&candidate, "/%s", name);
		if (executable(candidate.p))
			return gp_buf_slice(out, gp_buf_all(&candidate));
	}
	return gp_fail(GP_NOTFOUND, "cannot find the program '%s'", name);
}

/* Whether fd is still what path names: its holder may have removed the file before it let go. */
static bool still_named(int fd, const char *path)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino &&
	       here.st_dev == there.st_dev;
}

/* 0, GP_EXISTS or GP_FAILED; fd is above 2 so that 0 can mean "not held". */
static int try_lock(int *out, const char *path)
{
	gp_auto_fd int fd =
		gp_edge("lock")
			? -1
			: open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int kept;

	if (fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot lock '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK || errno == EINTR
		               ? gp_fail(GP_EXISTS, "'%s' is locked by another process", path)
		               : gp_fail_errno(GP_FAILED, "cannot lock '%s'", path);
	if (!still_named(fd, path))
		return gp_fail(GP_EXISTS, "'%s' is locked by another process", path);
	kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (kept < 0)
		return gp_fail_errno(GP_FAILED, "cannot lock '%s'", path);
	*out = kept;
	return 0;
}

int gp_lock_take(struct gp_lock *out, const char *path, long wait_ms)
{
	long long until = gp_now_ms() + wait_ms;
	int fd = -1, e;

	while ((e = try_lock(&fd, path)) == GP_EXISTS) {
		struct pollfd stop = {.fd = gp_stop_fd(), .events = POLLIN};
		long long left = until - gp_now_ms();

		if (gp_stopped())
			return gp_fail(GP_STOPPED, "stopped while waiting for '%s'", path);
		if (left <= 0)
			return e;
		poll(&stop, 1, left < 20 ? (int)left : 20);
	}
	if (e)
		return e;
	*out = (struct gp_lock){.fd = fd, .path = gp_strdup(path)};
	return 0;
}

void gp_lock_clear(struct gp_lock *l)
{
	if (l->fd > 0)
		close(l->fd);
	gp_free(l->path);
	*l = (struct gp_lock){.fd = -1};
}
