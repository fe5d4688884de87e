/*
 * built.h - tests lie one folder below the programs, and use the rules that were built with them.
 */
#ifndef TESTS_BUILT_H
#define TESTS_BUILT_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void use_built_secrets(void)
{
	char exe[PATH_MAX - 32], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	for (int up = 0; up < 2 && n > 0; up++) {
		char *slash = memrchr(exe, '/', (size_t)n);

		n = slash ? slash - exe : 0;
		exe[n] = 0;
		snprintf(path, sizeof(path), "%s/secrets.tsv", exe);
		if (access(path, R_OK) == 0)
			setenv("GP_SECRETS", path, 1);
	}
}

#endif
