#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/preview/prune.h"
#include "lib/preview/run.h"

static long long last_saved(const char *folder)
{
	gp_auto(gp_buf) path = {0};
	struct stat st;

	gp_buf_fmt(&path, "%s/state.json", folder);
	return stat(gp_buf_text(&path), &st) ? -1 : (long long)st.st_mtime;
}

/* One that has nothing to go on with was killed before it began. */
static void prune_run(const struct gp_prune_options *o, const char *id, const char *folder,
                      long long since)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_lock) lock = {.fd = -1};
	long long when;
	bool goes;

	gp_buf_fmt(&path, "%s/lock", folder);
	if (gp_lock_take(&lock, gp_buf_text(&path), 0))
		return;
	when = last_saved(folder);
	goes = when < 0 || (when < since && o->force);
	if (goes && !o->dry_run)
		gp_keep_remove(o->repo, id, folder);
	if (goes || when < since)
		gp_prune_tell(o, "run", id, goes,
		              when < 0 ? "killed"
		              : goes   ? "old, without a branch"
		                       : "old, but not resumed yet (-f drops it)");
}

int gp_prune_runs(const struct gp_prune_options *o, long long since)
{
	const char *ours = gp_repo_folder(o->repo);
	gp_auto(gp_buf) runs = {0};
	struct dirent *e;
	DIR *d;

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&runs, "%s/runs", ours);
	d = opendir(gp_buf_text(&runs));
	while (d && !gp_stopped() && (e = readdir(d))) {
		gp_auto(gp_buf) path = {0};

		if (!gp_keep_is_id(e->d_name))
			continue;
		gp_buf_fmt(&path, "%s/%s", gp_buf_text(&runs), e->d_name);
		prune_run(o, e->d_name, gp_buf_text(&path), since);
	}
	if (d)
		closedir(d);
	return gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : 0;
}
