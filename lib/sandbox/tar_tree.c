#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/sandbox/tar.h"

enum { DEEPEST = 200, CHUNK = 64 << 10 };

struct walk {
	struct gp_tar *t;
	struct gp_buf path;
	size_t top; /* length of what stands before the tree's own paths */
};

static int walk_folder(struct walk *w, int fd, int depth);

static int cannot_read(const struct walk *w)
{
	return gp_fail_errno(GP_FAILED, "cannot read '%s'", gp_buf_text(&w->path) + w->top);
}

/* So many bytes as were promised, whatever happens to the file meanwhile. */
static int put_content(struct walk *w, int fd, long long size)
{
	char chunk[CHUNK];
	long long left = size;
	int e = 0;

	while (!e && left > 0) {
		ssize_t n = read(fd, chunk, left < CHUNK ? (size_t)left : CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_read(w);
		if (n == 0) {
			n = left < CHUNK ? (ssize_t)left : CHUNK;
			memset(chunk, 0, (size_t)n);
		}
		e = gp_tar_bytes(w->t, (struct gp_slice){chunk, (size_t)n});
		left -= n;
	}
	return e ? e : gp_tar_pad(w->t, size);
}

static int put_file(struct walk *w, int at, const char *name)
{
	gp_auto_fd int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	struct gp_tar_entry e = {.path = gp_buf_text(&w->path)};
	int code;

	if (fd < 0 || fstat(fd, &st))
		return cannot_read(w);
	if (!S_ISREG(st.st_mode))
		return 0;
	e.mode = S_IFREG | (st.st_mode & 0111 ? 0755 : 0644);
	e.size = st.st_size;
	e.mtime = st.st_mtime;
	code = gp_tar_head(w->t, &e);
	return code ? code : put_content(w, fd, e.size);
}

static int put_link(struct walk *w, int at, const char *name, const struct stat *st)
{
	char target[4097];
	ssize_t n = readlinkat(at, name, target, sizeof(target) - 1);
	const struct gp_tar_entry e = {.path = gp_buf_text(&w->path),
	                               .mode = S_IFLNK | 0777,
	                               .target = target,
	                               .mtime = st->st_mtime};

	if (n < 0)
		return cannot_read(w);
	target[n] = 0;
	return gp_tar_head(w->t, &e);
}

static int put_folder(struct walk *w, int at, const char *name, const struct stat *st, int depth)
{
	const struct gp_tar_entry e = {
		.path = gp_buf_text(&w->path), .mode = S_IFDIR | 0755, .mtime = st->st_mtime};
	int fd, code = gp_tar_head(w->t, &e);

	if (code)
		return code;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? cannot_read(w) : walk_folder(w, fd, depth + 1);
}

static int put_entry(struct walk *w, int at, const char *name, int depth)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
		return cannot_read(w);
	if (S_ISDIR(st.st_mode))
		return put_folder(w, at, name, &st, depth);
	if (S_ISLNK(st.st_mode))
		return put_link(w, at, name, &st);
	return S_ISREG(st.st_mode) ? put_file(w, at, name) : 0;
}

static bool is_left_out(const char *name, int depth)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       (depth == 0 && strcmp(name, ".git") == 0);
}

/* Takes fd over. */
static int walk_folder(struct walk *w, int fd, int depth)
{
	DIR *d = depth > DEEPEST ? NULL : fdopendir(fd);
	size_t n = w->path.n;
	struct dirent *entry;
	int e = 0;

	if (!d) {
		close(fd);
		return depth > DEEPEST ? gp_fail(GP_LIMIT, "folders deeper than %d", DEEPEST)
		                       : cannot_read(w);
	}
	while (!e && (entry = readdir(d))) {
		if (is_left_out(entry->d_name, depth))
			continue;
		gp_buf_fmt(&w->path, "/%s", entry->d_name);
		e = put_entry(w, dirfd(d), entry->d_name, depth);
		gp_buf_cut(&w->path, n);
	}
	closedir(d);
	return e;
}

int gp_tar_tree(struct gp_tar *t, const char *folder, const char *path)
{
	struct walk w = {.t = t, .top = strlen(path) + 1};
	struct stat st;
	int fd = gp_edge("open") ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;

	if (fd < 0 || fstat(fd, &st)) {
		gp_fd_clear(&fd);
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", folder);
	}
	gp_buf_str(&w.path, path);
	e = gp_tar_head(t, &(struct gp_tar_entry){
				   .path = path, .mode = S_IFDIR | 0755, .mtime = st.st_mtime});
	if (e)
		close(fd);
	else
		e = walk_folder(&w, fd, 0);
	gp_buf_clear(&w.path);
	return e;
}
