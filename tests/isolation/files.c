#include "tests/isolation/try.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Never with O_CREAT: a private folder of the same name would take it and nobody be harmed. */
static enum answer append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd >= 0 && write(fd, "changed\n", 8) == 8 ? opened(fd) : REFUSED;
}

static enum answer create(const char *folder)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/created", folder);
	return opened(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
}

static enum answer any_byte(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1 ? opened(fd) : REFUSED;
}

static enum answer hard_link(const char *secret)
{
	unlink("stolen");
	return link(secret, "stolen") == 0 && unlink("stolen") == 0 ? THROUGH : REFUSED;
}

static enum answer remount(const char *arg)
{
	(void)arg;
	/* outside, so that it is nobody else's root; inside it is refused, and that is another row
	 */
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return opened(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static enum answer other_roots(const char *secret)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char path[5000];

	while (proc && (e = readdir(proc))) {
		if (strspn(e->d_name, "0123456789") != strlen(e->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/root%s", e->d_name, secret);
		if (read_secret(path) == THROUGH)
			return THROUGH;
		snprintf(path, sizeof(path), "/proc/%s/cwd/%s", e->d_name,
		         strrchr(secret, '/') ? strrchr(secret, '/') + 1 : "");
		if (read_secret(path) == THROUGH)
			return THROUGH;
	}
	return REFUSED;
}

static enum answer make_device(const char *arg)
{
	int e;

	(void)arg;
	e = mknod("device", S_IFBLK | 0600, makedev(7, 0));
	unlink("device");
	return opened(e);
}

static enum answer open_devices(const char *arg)
{
	static const char *const paths[] = {"/dev/vda",  "/dev/sda",  "/dev/nvme0n1", "/dev/mem",
	                                    "/dev/kmsg", "/dev/port", "/dev/dm-0"};

	(void)arg;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (opened(open(paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == THROUGH)
			return THROUGH;
	return REFUSED;
}

static enum answer set_id(const char *arg)
{
	int fd = open("setid", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st = {0};

	(void)arg;
	if (fchmod(fd, 04755) != 0)
		chmod("setid", 02755);
	fstat(fd, &st);
	close(fd);
	unlink("setid");
	return st.st_mode & (S_ISUID | S_ISGID) ? THROUGH : REFUSED;
}

static enum answer inherited(const char *arg)
{
	char bytes[4096], path[64];
	int dir;

	(void)arg;
	for (int fd = 0; fd < 1024; fd++) {
		ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

		if (n > 0 && marked(bytes, (size_t)n))
			return THROUGH;
		snprintf(path, sizeof(path), "/proc/self/fd/%d/diary", fd);
		dir = open(path, O_RDONLY);
		if (opened(dir) == THROUGH)
			return THROUGH;
	}
	errno = 0;
	return REFUSED;
}

const struct attempt files[] = {
	{"F01", read_secret, "ssh", true},
	{"F02", read_secret, "aws", true},
	{"F03", read_secret, "netrc", true},
	{"F04", read_secret, "gitcredentials", true},
	{"F05", read_secret, "npmrc", true},
	{"F06", read_secret, "diary", true},
	{"F07", any_byte, "/etc/shadow", false},
	{"F08", read_secret, "dotenv", true},
	{"F09", create, "outside", true},
	{"F10", append, "bashrc", true},
	{"F11", append, "gitconfig", true},
	{"F12", append, "tmpfile", true},
	{"F13", create, "hooks", true},
	{"F14", append, "config", true},
	{"F15", append, "dotgit", true},
	{"F16", hard_link, "diary", true},
	{"F17", remount, "", false},
	{"F18", other_roots, "diary", true},
	{"F19", make_device, "", false},
	{"F20", open_devices, "", false},
	{"F21", append, "cache", true},
	{"F22", set_id, "", false},
	{"F23", inherited, "", false},
	{"F24", read_secret, "shm", true},
	{"F25", read_secret, "log", true},
	{"F26", append, "ref", true},
	{"F27", append, "alternates", true},
	{NULL, NULL, NULL, false},
};
