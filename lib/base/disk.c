#include <fts.h>
#include <sys/stat.h>

#include "lib/base/file.h"

long long gp_file_disk(const char *path)
{
	gp_auto_str char *copy = gp_strdup(path);
	char *paths[] = {copy, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	long long sum = 0;
	FTSENT *e;

	while (tree && (e = fts_read(tree)))
		if (e->fts_info != FTS_DP && e->fts_info != FTS_NS && e->fts_info != FTS_ERR)
			sum += (long long)e->fts_statp->st_blocks * 512;
	if (tree)
		fts_close(tree);
	return sum;
}
