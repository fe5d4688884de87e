#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/glob.h"

/* what a walk gives up at: no build writes so much, and a hostile one could go on for ever */
enum { MOST_ENTRIES = 300000, DEEPEST = 100 };

struct walk {
	struct gp_run_result *r;
	const char *glob;
	int base;
	size_t left, entries;
	struct gp_buf path;
};

static bool unchanged(const struct walk *w, const struct stat *st)
{
	struct stat old;

	return w->base >= 0 &&
	       fstatat(w->base, gp_buf_text(&w->path), &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(old.st_mode) && old.st_size == st->st_size &&
	       old.st_mtim.tv_sec == st->st_mtim.tv_sec &&
	       old.st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}

/* Opens what is there, after giving back the permissions a test may have taken away; through the
 * descriptor, so that it is the same file. */
static int open_at(int at, const char *name, int flags, mode_t needed)
{
	gp_auto_fd int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char link[64];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if ((st.st_mode & needed) != needed)
		chmod(link, (st.st_mode | needed) & 07777);
	return open(link, flags | O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static int take_report(struct walk *w, int at, const char *name)
{
	gp_auto_fd int fd = open_at(at, name, 0, 0400);
	struct gp_buf text = {.max = w->left};
	struct gp_report_file *to;
	struct stat st;
	char *room;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || unchanged(w, &st))
		return 0;
	if (st.st_size > (off_t)w->left)
		return gp_fail(GP_LIMIT, "'%s' has %lld bytes, more than allowed",
		               gp_buf_text(&w->path), (long long)st.st_size);
	room = gp_buf_room(&text, (size_t)st.st_size);
	while (text.n < (size_t)st.st_size &&
	       (n = read(fd, room + text.n, (size_t)st.st_size - text.n)) > 0)
		text.n += (size_t)n;
	room[text.n] = 0;
	w->left -= text.n;
	w->r->reports = gp_realloc(w->r->reports, (w->r->nreports + 1) * sizeof(*w->r->reports));
	to = &w->r->reports[w->r->nreports++];
	*to = (struct gp_report_file){gp_strdup(gp_buf_text(&w->path)), text};
	return 0;
}

static int walk_folder(struct walk *w, int fd, int depth);

static int visit(struct walk *w, int at, const struct dirent *entry, int depth)
{
	const char *path = gp_buf_text(&w->path);
	struct stat st;
	int fd;

	if (++w->entries > MOST_ENTRIES)
		return gp_fail(GP_LIMIT, "more than %d files to look through", MOST_ENTRIES);
	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_REG && entry->d_type != DT_DIR)
		return 0;
	if (entry->d_type != DT_DIR && gp_glob_parts(w->glob, path, false))
		return take_report(w, at, entry->d_name);
	if (entry->d_type == DT_REG || !gp_glob_parts(w->glob, path, true))
		return 0;
	if (entry->d_type == DT_UNKNOWN &&
	    (fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode)))
		return 0;
	fd = open_at(at, entry->d_name, O_DIRECTORY, 0700);
	return fd < 0 ? 0 : walk_folder(w, fd, depth + 1);
}

static int walk_folder(struct walk *w, int fd, int depth)
{
	DIR *d = depth > DEEPEST ? NULL : fdopendir(fd);
	size_t n = w->path.n;
	struct dirent *entry;
	int e = 0;

	if (!d) {
		gp_fd_clear(&fd);
		return depth > DEEPEST ? gp_fail(GP_LIMIT, "folders deeper than %d", DEEPEST) : 0;
	}
	while (!e && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		gp_buf_fmt(&w->path, "%s%s", n ? "/" : "", entry->d_name);
		e = visit(w, dirfd(d), entry, depth);
		gp_buf_cut(&w->path, n);
	}
	closedir(d);
	return e;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct gp_report_file *)a)->path,
	              ((const struct gp_report_file *)b)->path);
}

int gp_collect(struct gp_run_result *r, int root, int base, const char *glob, size_t max)
{
	struct walk w = {.r = r, .glob = glob, .base = base, .left = max};
	int e = walk_folder(&w, root, 0);

	gp_buf_clear(&w.path);
	if (r->nreports > 1)
		qsort(r->reports, r->nreports, sizeof(*r->reports), by_path);
	return e;
}
