#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens the folder that holds path's last component, which *name then points to. -1 with errno. */
static int open_parent(const char **name, int root, const char *path, bool make)
{
	int at = fcntl(root, F_DUPFD_CLOEXEC, 0), next;
	const char *slash;
	char part[256];

	for (; at >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		size_t n = (size_t)(slash - path);

		if (n == 0 || n >= sizeof(part) || (n <= 2 && memcmp(path, "..", n) == 0)) {
			close(at);
			errno = EINVAL;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = 0;
		next = openat(at, part, FOLDER);
		if (next < 0 && errno == ENOENT && make && mkdirat(at, part, 0755) == 0)
			next = openat(at, part, FOLDER);
		close(at);
		at = next;
	}
	*name = path;
	if (at >= 0 && (!*path || strcmp(path, ".") == 0 || strcmp(path, "..") == 0)) {
		close(at);
		errno = EINVAL;
		return -1;
	}
	return at;
}

static int remove_at(int at, const char *name);

static int empty_folder(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), e = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		gp_fd_clear(&fd);
		return -1;
	}
	while (!e && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			e = remove_at(dirfd(d), entry->d_name);
	closedir(d);
	return e;
}

/* 0 also when there is nothing; -1 with errno */
static int remove_at(int at, const char *name)
{
	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	return empty_folder(at, name) ? -1 : unlinkat(at, name, AT_REMOVEDIR);
}

static void drop_empty_parents(int root, const char *path)
{
	gp_auto_str char *left = gp_strdup(path);
	char *slash;
	const char *name;

	while ((slash = strrchr(left, '/'))) {
		*slash = 0;
		gp_auto_fd int at = open_parent(&name, root, left, false);

		if (at < 0 || unlinkat(at, name, AT_REMOVEDIR))
			return;
	}
}

static int delete_one(int root, const char *path)
{
	const char *name;
	gp_auto_fd int at = open_parent(&name, root, path, false);

	if (at < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (at < 0 || gp_edge("unlink") || remove_at(at, name))
		return gp_fail_errno(GP_FAILED, "cannot delete '%s'", path);
	drop_empty_parents(root, path);
	return 0;
}

static int write_all(int fd, struct gp_slice s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int write_file(int at, const char *name, const struct gp_change *c)
{
	mode_t mode = c->mode & 0111 ? 0755 : 0644;
	gp_auto_fd int fd = -1;

	if (gp_edge("open"))
		return -1;
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || write_all(fd, gp_buf_all(&c->content)))
		return -1;
	return fchmod(fd, mode);
}

static int write_one(int root, const struct gp_change *c)
{
	const char *name;
	gp_auto_fd int at = open_parent(&name, root, c->path, true);
	int e;

	if (at < 0 || remove_at(at, name))
		return gp_fail_errno(GP_FAILED, "cannot write '%s'", c->path);
	e = (c->mode & S_IFMT) == S_IFLNK ? symlinkat(gp_buf_text(&c->content), at, name)
	                                  : write_file(at, name, c);
	return e ? gp_fail_errno(GP_FAILED, "cannot write '%s'", c->path) : 0;
}

int gp_layout(int root, const struct gp_changes *changes)
{
	int e = 0;

	for (size_t i = 0; !e && i < changes->n; i++)
		if (changes->v[i].mode == 0)
			e = delete_one(root, changes->v[i].path);
	for (size_t i = 0; !e && i < changes->n; i++)
		if (changes->v[i].mode != 0)
			e = write_one(root, &changes->v[i]);
	return e;
}
