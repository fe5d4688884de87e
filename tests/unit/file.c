#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

static char folder[64];

static const char *in(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(gp_file_write(path, gp_slice(text), 0644), 0);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/gp-file-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return gp_file_remove(folder);
}

static void read_appends_up_to_the_cap(void **state)
{
	gp_auto(gp_buf) b = {0};

	(void)state;
	put(in("a"), "12345");
	gp_buf_str(&b, "x");
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("a"), 5, true), 0);
	assert_string_equal(b.p, "x12345");
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("a"), 4, true), GP_LIMIT);
	assert_string_equal(b.p, "x12345");
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("none"), 4, true), GP_NOTFOUND);
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("a/b"), 4, true), GP_NOTFOUND);
}

static void read_takes_regular_files_only(void **state)
{
	gp_auto(gp_buf) b = {0};
	gp_auto_fd int dir = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	put(in("a"), "1");
	assert_int_equal(symlink("a", in("link")), 0);
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("fifo"), 9, false), GP_FAILED);
	assert_int_equal(gp_file_read(&b, AT_FDCWD, folder, 9, false), GP_FAILED);
	assert_int_equal(gp_file_read(&b, dir, "link", 9, true), GP_FAILED);
	assert_non_null(strstr(gp_message(), "symbolic link"));
	assert_int_equal(gp_file_read(&b, dir, "link", 9, false), 0);
	assert_string_equal(b.p, "1");
}

static void write_replaces_and_sets_the_mode(void **state)
{
	gp_auto(gp_buf) b = {0};
	struct stat st;

	(void)state;
	put(in("w"), "old");
	assert_int_equal(gp_file_write(in("w"), GP_SLICE("new"), 0600), 0);
	assert_int_equal(stat(in("w"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("w"), 9, true), 0);
	assert_string_equal(b.p, "new");
	assert_int_equal(gp_file_write(in("none/w"), GP_SLICE("new"), 0600), GP_FAILED);
	assert_int_equal(gp_file_put(in("w"), GP_SLICE("newer"), 0640), 0);
	gp_buf_cut(&b, 0);
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("w"), 9, true), 0);
	assert_string_equal(b.p, "newer");
	/* a rename onto a folder fails: the temporary may not stay behind */
	assert_int_equal(mkdir(in("dir"), 0700), 0);
	assert_int_equal(gp_file_write(in("dir"), GP_SLICE("new"), 0600), GP_FAILED);
	assert_int_equal(rmdir(in("dir")), 0);
	assert_int_equal(unlink(in("w")), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void appends_do_not_interleave(void **state)
{
	gp_auto(gp_buf) b = {0};
	char record[200];
	struct gp_slice rest, line;
	size_t lines = 0;

	(void)state;
	for (int child = 0; child < 4; child++)
		if (fork() == 0) {
			memset(record, 'a' + child, sizeof(record));
			record[sizeof(record) - 1] = '\n';
			for (int i = 0; i < 50; i++)
				gp_file_append(in("log"),
				               (struct gp_slice){record, sizeof(record)});
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	assert_int_equal(gp_file_read(&b, AT_FDCWD, in("log"), 1 << 20, true), 0);
	for (rest = gp_buf_all(&b); gp_line(&line, &rest); lines++) {
		assert_int_equal(line.n, sizeof(record) - 1);
		for (size_t i = 1; i < line.n; i++)
			assert_int_equal(line.p[i], line.p[0]);
	}
	assert_int_equal(lines, 200);
}

static void mkdirs_makes_parents(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(gp_file_mkdirs(in("p/q//r/")), 0);
	assert_int_equal(stat(in("p/q/r"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(gp_file_mkdirs(in("p/q/r")), 0);
	put(in("p/file"), "");
	assert_int_equal(gp_file_mkdirs(in("p/file")), GP_FAILED);
	assert_int_equal(gp_file_mkdirs(in("p/file/x")), GP_FAILED);
	assert_int_equal(gp_file_mkdirs("/proc/none/x"), GP_FAILED);
}

static void remove_takes_files_and_nothing(void **state)
{
	(void)state;
	put(in("f"), "1");
	assert_int_equal(gp_file_remove(in("f")), 0);
	assert_false(exists(in("f")));
	assert_int_equal(gp_file_remove(in("f")), 0);
	assert_int_equal(gp_file_remove(in("f/g")), 0);
}

static void remove_never_follows_symlinks(void **state)
{
	(void)state;
	assert_int_equal(gp_file_mkdirs(in("outside")), 0);
	put(in("outside/keep"), "1");
	assert_int_equal(gp_file_mkdirs(in("t/sub/sub")), 0);
	assert_int_equal(symlink("../outside", in("t/link")), 0);
	assert_int_equal(symlink("../../../outside", in("t/sub/sub/link")), 0);
	assert_int_equal(gp_file_remove(in("t")), 0);
	assert_false(exists(in("t")));
	assert_int_equal(symlink("outside", in("t")), 0);
	assert_int_equal(gp_file_remove(in("t/")), 0);
	assert_false(exists(in("t")));
	assert_true(exists(in("outside/keep")));
}

static void remove_passes_folders_without_rights(void **state)
{
	(void)state;
	assert_int_equal(gp_file_mkdirs(in("t/a/b/c/d")), 0);
	assert_int_equal(gp_file_mkdirs(in("t/moved-0/x")), 0);
	put(in("t/moved-1"), "");
	put(in("t/a/b/f"), "");
	put(in("t/a/b/c/d/f"), "");
	assert_int_equal(chmod(in("t/a/b/c/d"), 0), 0);
	assert_int_equal(chmod(in("t/a/b/c"), 0500), 0);
	assert_int_equal(chmod(in("t/a/b"), 0500), 0);
	assert_int_equal(chmod(in("t/a"), 0), 0);
	assert_int_equal(chmod(in("t"), 0500), 0);
	assert_int_equal(gp_file_remove(in("t")), 0);
	assert_false(exists(in("t")));
}

static void remove_takes_deep_and_wide_trees(void **state)
{
	char name[32];
	int fd, below;

	(void)state;
	assert_int_equal(gp_file_mkdirs(in("t")), 0);
	fd = open(in("t"), O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "wide-%d", i);
		close(openat(fd, name, O_WRONLY | O_CREAT, 0600));
	}
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(mkdirat(fd, "a-rather-long-name-of-a-folder", 0700), 0);
		close(openat(fd, "file", O_WRONLY | O_CREAT, 0600));
		below = openat(fd, "a-rather-long-name-of-a-folder", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = below;
	}
	close(fd);
	assert_int_equal(gp_file_remove(in("t")), 0);
	assert_false(exists(in("t")));
}

static void which_finds_executables_on_absolute_entries(void **state)
{
	gp_auto(gp_buf) out = {0};
	gp_auto(gp_buf) path = {0};

	(void)state;
	assert_int_equal(gp_file_mkdirs(in("bin1/tool")), 0);
	assert_int_equal(gp_file_mkdirs(in("bin2")), 0);
	assert_int_equal(gp_file_mkdirs(in("bin3")), 0);
	put(in("bin2/tool"), "");
	assert_int_equal(gp_file_write(in("bin3/tool"), GP_SLICE(""), 0755), 0);
	gp_buf_fmt(&path, ":.:bin3:%s/bin1:%s/bin2:%s/bin3:", folder, folder, folder);
	assert_int_equal(gp_file_which(&out, "tool", path.p), 0);
	assert_string_equal(out.p, in("bin3/tool"));
	assert_int_equal(gp_file_which(&out, "none", path.p), GP_NOTFOUND);
	assert_int_equal(gp_file_which(&out, "../bin3/tool", path.p), GP_NOTFOUND);
	assert_int_equal(gp_file_which(&out, "", path.p), GP_NOTFOUND);
	gp_buf_cut(&out, 0);
	assert_int_equal(gp_file_which(&out, "sh", NULL), 0);
	assert_int_equal(out.p[0], '/');
}

/* A child that holds the lock until its end of the pipe is closed. */
static pid_t holder(int *release)
{
	int ready[2], hold[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(hold), 0);
	pid = fork();
	if (pid == 0) {
		struct gp_lock lock = {0};

		close(hold[1]);
		if (gp_lock_take(&lock, in("lock"), 0) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(hold[0], &c, 1) < 0);
	}
	close(ready[1]);
	close(hold[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*release = hold[1];
	return pid;
}

static void lock_excludes_until_its_holder_dies(void **state)
{
	gp_auto(gp_lock) mine = {0};
	int release;
	pid_t pid = holder(&release);

	(void)state;
	assert_int_equal(gp_lock_take(&mine, in("lock"), 0), GP_EXISTS);
	assert_int_equal(gp_lock_take(&mine, in("lock"), 60), GP_EXISTS);
	close(release);
	assert_int_equal(gp_lock_take(&mine, in("lock"), 20000), 0);
	assert_true(mine.fd > 2);
	waitpid(pid, NULL, 0);
	gp_lock_clear(&mine);
	assert_int_equal(gp_lock_take(&mine, in("lock"), 0), 0);
	assert_int_equal(gp_lock_take(&(struct gp_lock){0}, in("no/lock"), 0), GP_FAILED);
}

/* Last: the stop flag cannot be taken back. */
static void lock_wait_ends_at_a_stop(void **state)
{
	gp_auto(gp_lock) mine = {0};
	int release;
	pid_t pid = holder(&release);
	long long start = gp_now_ms();

	(void)state;
	assert_int_equal(gp_stop_install(), 0);
	raise(SIGTERM);
	assert_int_equal(gp_lock_take(&mine, in("lock"), 60000), GP_STOPPED);
	assert_true(gp_now_ms() - start < 30000);
	close(release);
	waitpid(pid, NULL, 0);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(read_appends_up_to_the_cap),
		IN_FOLDER(read_takes_regular_files_only),
		IN_FOLDER(write_replaces_and_sets_the_mode),
		IN_FOLDER(appends_do_not_interleave),
		IN_FOLDER(mkdirs_makes_parents),
		IN_FOLDER(remove_takes_files_and_nothing),
		IN_FOLDER(remove_never_follows_symlinks),
		IN_FOLDER(remove_passes_folders_without_rights),
		IN_FOLDER(remove_takes_deep_and_wide_trees),
		IN_FOLDER(which_finds_executables_on_absolute_entries),
		IN_FOLDER(lock_excludes_until_its_holder_dies),
		IN_FOLDER(lock_wait_ends_at_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
