/* bomb <kind> [<number>]: takes more than it may, of one thing, and says how far it came. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static int forks(int n)
{
	int made = 0;

	/* those refused are tried again, as a real bomb does */
	for (int tries = 0; made < n && tries < 4 * n; tries++) {
		pid_t pid = fork();

		if (pid == 0) {
			sleep(60);
			_exit(0);
		}
		made += pid > 0;
	}
	return made;
}

static int eat(int n)
{
	char *at = malloc((size_t)n * MIB);

	for (int i = 0; at && i < n * 256; i++)
		memset(at + (size_t)i * 4096, i | 1, 4096);
	return at ? n : 0;
}

/* Four processes share the meal, so that no limit of a single one helps. */
static int memory(int n)
{
	int fed = 0, status, fds[2];
	char c;

	if (pipe(fds))
		return 0;
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			int got = eat(n / 4);

			if (got && write(fds[1], "x", 1) == 1)
				sleep(2);
			_exit(got != n / 4);
		}
	close(fds[1]);
	while (read(fds[0], &c, 1) == 1)
		fed += n / 4;
	while (wait(&status) > 0)
		;
	return fed;
}

static int fill(int n)
{
	static char block[MIB];
	char name[32];
	int done = 0, full = 0;

	signal(SIGXFSZ, SIG_IGN);
	for (int file = 0; done < n && full < 8; file++) {
		snprintf(name, sizeof(name), "filler-%d", file);
		int fd = open(name, O_WRONLY | O_CREAT, 0644), i;

		for (i = 0; fd >= 0 && i < 32 && write(fd, block, MIB) == MIB; i++)
			usleep(1000);
		close(fd);
		full += i == 0;
		done += i;
	}
	return done;
}

static int output(int n)
{
	char line[1024];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < n * 1024; i++)
		if (fwrite(line, 1, sizeof(line), stdout) != sizeof(line))
			return i / 1024;
	return n;
}

static int files(int n)
{
	char name[64];
	int i;

	if (mkdir("many", 0755))
		return 0;
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "many/%d.xml", i);
		int fd = open(name, O_WRONLY | O_CREAT, 0644);

		if (fd < 0)
			break;
		close(fd);
	}
	return i;
}

static int depth(int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (mkdir("d", 0755) || chdir("d"))
			break;
	return i;
}

/* Deaf to whatever can be ignored, in a session of its own, its parent gone; then stopped. */
static int stubborn(int n)
{
	for (int s = 1; s < 32; s++)
		signal(s, SIG_IGN);
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			sleep((unsigned)n);
			_exit(0);
		}
		raise(SIGSTOP);
		_exit(0);
	}
	raise(SIGSTOP);
	sleep((unsigned)n);
	return n;
}

/* Swaps a folder and a link, also when the one who started it has ended. */
static int race(int n)
{
	int i;

	if (fork() == 0) {
		setsid();
		alarm(20);
		for (;;)
			syscall(SYS_renameat2, AT_FDCWD, "real", AT_FDCWD, "link", RENAME_EXCHANGE);
	}
	for (i = 0; i < n; i++)
		if (syscall(SYS_renameat2, AT_FDCWD, "real", AT_FDCWD, "link", RENAME_EXCHANGE))
			break;
	return i;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *kind;
		int (*fn)(int n);
	} kinds[] = {{"forks", forks},       {"memory", memory}, {"fill", fill},
	             {"output", output},     {"files", files},   {"depth", depth},
	             {"stubborn", stubborn}, {"race", race}};

	for (size_t i = 0; argc > 2 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(argv[1], kinds[i].kind) == 0) {
			int want = atoi(argv[2]), got = kinds[i].fn(want);

			printf("BOMB %s %d\n", argv[1], got);
			fflush(stdout);
			_exit(got < want);
		}
	return 2;
}
