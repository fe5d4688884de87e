#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* a tree deeper than this is no source tree, and each level holds two descriptors */
#define DEEPEST 200

static int copy_folder(int from, int to, int depth);

static int copy_bytes(int from, int to)
{
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	do {
		n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
	} while (n > 0);
	while (n < 0 && (n = sendfile(to, from, NULL, 1 << 30)) > 0)
		n = -1;
	return n < 0 ? -1 : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	gp_auto_fd int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	gp_auto_fd int out = in < 0 ? -1
	                            : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	                                     (st->st_mode & 0777) | 0200);

	if (out < 0 || copy_bytes(in, out) || futimens(out, times))
		return -1;
	return fchmod(out, st->st_mode & 0777);
}

static int copy_link(int from, int to, const char *name)
{
	char target[4097];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = 0;
	return symlinkat(target, to, name);
}

static int copy_sub(int from, int to, const char *name, const struct stat *st, int depth)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	gp_auto_fd int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	gp_auto_fd int out = -1;

	if (in < 0 || mkdirat(to, name, 0700))
		return -1;
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0 || copy_folder(in, out, depth + 1) || fchmod(out, st->st_mode & 0777))
		return -1;
	return futimens(out, times);
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name);
	return S_ISDIR(st.st_mode) ? copy_sub(from, to, name, &st, depth) : 0;
}

static int copy_folder(int from, int to, int depth)
{
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 0), e = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d || depth > DEEPEST) {
		if (d)
			closedir(d);
		else
			gp_fd_clear(&fd);
		errno = depth > DEEPEST ? ELOOP : errno;
		return -1;
	}
	while (!e && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			e = copy_entry(from, to, entry->d_name, depth);
	if (e)
		gp_fail_errno(GP_FAILED, "cannot copy '%s'", entry->d_name);
	closedir(d);
	return e;
}

int gp_copy_tree(int from, int to)
{
	if (gp_edge("copy") || copy_folder(from, to, 0))
		return gp_fail_errno(GP_FAILED, "cannot copy the tree");
	return 0;
}
