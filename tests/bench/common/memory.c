#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/bench/common/bench.h"

static long number_after(const char *path, const char *name)
{
	gp_auto(gp_buf) text = {0};
	const char *at;

	if (gp_file_read(&text, AT_FDCWD, path, 65536, false))
		return -1;
	at = gp_find(gp_buf_all(&text), name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long one_kb(pid_t pid)
{
	char path[64];
	long kb;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	kb = number_after(path, "\nPss:");
	if (kb >= 0)
		return kb;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	kb = number_after(path, "VmRSS:");
	return kb > 0 ? kb : 0;
}

/* Of one thread of a process. */
static long children_kb(const char *path)
{
	gp_auto(gp_buf) text = {0};
	long sum = 0, pid;
	char *at;

	if (gp_file_read(&text, AT_FDCWD, path, 65536, false))
		return 0;
	for (at = text.p; at && (pid = strtol(at, &at, 10)) > 0;)
		sum += bench_tree_kb((pid_t)pid);
	return sum;
}

long bench_tree_kb(pid_t pid)
{
	long sum = one_kb(pid);
	struct dirent *thread;
	char path[300];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && (thread = readdir(d)))
		if (thread->d_name[0] != '.') {
			snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid,
			         thread->d_name);
			sum += children_kb(path);
		}
	if (d)
		closedir(d);
	return sum;
}
