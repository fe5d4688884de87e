/* attempts <targets> [<id>...]: makes all attempts, or those named, and prints "ISO <id> through",
 * "ISO <id> refused <reason>" or "ISO <id> unknown". */
#include "tests/isolation/try.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char told[16384];

const char *target(const char *name)
{
	size_t n = strlen(name);
	static char value[4096];

	for (const char *at = told; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, name, n) == 0 && at[n] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + n + 1, "\n"),
			         at + n + 1);
			return value;
		}
	return "";
}

bool marked(const void *bytes, size_t n)
{
	/* in two parts, so that this program's own text does not hold it */
	static const char head[] = "planted", tail[] = "-secret";
	const char *at = bytes, *end = at + n;
	const size_t nh = sizeof(head) - 1, nt = sizeof(tail) - 1;

	for (; at + nh + nt <= end; at++)
		if (memcmp(at, head, nh) == 0 && memcmp(at + nh, tail, nt) == 0)
			return true;
	return false;
}

enum answer opened(long v)
{
	if (v < 0)
		return REFUSED;
	if (v > 2)
		close((int)v);
	return THROUGH;
}

enum answer read_secret(const char *path)
{
	static char bytes[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (fd >= 0)
		close(fd);
	return n > 0 && marked(bytes, (size_t)n) ? THROUGH : REFUSED;
}

static void make(const struct attempt *a)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		enum answer v;

		alarm(10);
		errno = 0;
		v = a->fn(a->target ? target(a->arg) : a->arg);
		printf("ISO %s %s %s\n", a->id,
		       v == THROUGH   ? "through"
		       : v == REFUSED ? "refused"
		                      : "unknown",
		       v == REFUSED && errno ? strerror(errno) : "");
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		printf("ISO %s refused ended with status %d\n", a->id, status);
}

static bool named(const char *id, char **names)
{
	for (char **n = names; *n; n++)
		if (strcmp(*n, id) == 0)
			return true;
	return !*names;
}

int main(int argc, char **argv)
{
	const struct attempt *const all[] = {files, processes, network, kernel};
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || read(fd, told, sizeof(told) - 1) <= 0)
		return 2;
	close(fd);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const struct attempt *a = all[i]; a->id; a++)
			if (named(a->id, argv + 2))
				make(a);
	puts("ISO END through");
	return 0;
}
