/*
 * driver.c - runs a fuzz target over saved inputs in an ordinary build: files, and the files of
 * folders, given as arguments. A crash or a sanitizer's word ends the program, so every saved
 * finding is a regression test that needs no fuzzer.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	gp_auto(gp_buf) in = {0};

	if (gp_file_read(&in, AT_FDCWD, path, GP_BUF_MAX, false) < 0)
		return -1;
	/* an exact copy, so that a read past the end is seen by the address sanitizer */
	gp_auto_str char *exact = gp_alloc(in.n);
	for (size_t i = 0; i < in.n; i++)
		exact[i] = in.p[i];
	LLVMFuzzerTestOneInput((const uint8_t *)exact, in.n);
	return 1;
}

static int replay_folder(const char *path)
{
	gp_auto(gp_list) names = {0};
	DIR *dir = opendir(path);
	struct dirent *e;
	int n = 0;

	if (!dir)
		return -1;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			gp_list_fmt(&names, "%s/%s", path, e->d_name);
	closedir(dir);
	gp_list_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		if (replay_file(names.v[i]) < 0)
			return -1;
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct stat st;
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int n = -1;

		if (stat(argv[i], &st) == 0)
			n = S_ISDIR(st.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]);
		if (n < 0) {
			fprintf(stderr, "cannot replay '%s'\n", argv[i]);
			return 1;
		}
		total += n;
	}
	printf("%d inputs\n", total);
	return total ? 0 : 1;
}
