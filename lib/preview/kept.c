#include "lib/preview/kept.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/preview/run.h"

#define STATE_MAX ((size_t)64 << 20)

int gp_kept_each(struct gp_repo *r, int (*fn)(void *ctx, const char *id, const char *folder),
                 void *ctx)
{
	const char *ours = gp_repo_folder(r);
	gp_auto(gp_buf) runs = {0};
	struct dirent *entry;
	DIR *d;
	int e = 0;

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&runs, "%s/runs", ours);
	d = opendir(gp_buf_text(&runs));
	while (d && !e && !gp_stopped() && (entry = readdir(d))) {
		gp_auto(gp_buf) path = {0};

		if (!gp_keep_is_id(entry->d_name))
			continue;
		gp_buf_fmt(&path, "%s/%s", gp_buf_text(&runs), entry->d_name);
		e = fn(ctx, entry->d_name, gp_buf_text(&path));
	}
	if (d)
		closedir(d);
	return !e && gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : e;
}

long long gp_kept_when(const char *folder)
{
	gp_auto(gp_buf) path = {0};
	struct stat st;

	gp_buf_fmt(&path, "%s/state.json", folder);
	return stat(gp_buf_text(&path), &st) ? -1 : (long long)st.st_mtime;
}

int gp_kept_state(struct cJSON **out, const char *folder)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = STATE_MAX};
	int e;

	gp_buf_fmt(&path, "%s/state.json", folder);
	e = gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), STATE_MAX, true);
	if (!e)
		e = gp_json_parse(out, gp_buf_all(&text));
	if (!e && !gp_json_is_object(*out))
		e = gp_fail(GP_INVALID, "not an object");
	return e;
}

static int take_lock(struct gp_lock *lock, const char *folder)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/lock", folder);
	return gp_lock_take(lock, gp_buf_text(&path), 0);
}

int gp_kept_drop(struct gp_repo *r, const char *id, const char *folder)
{
	gp_auto(gp_lock) lock = {.fd = -1};

	if (take_lock(&lock, folder))
		return gp_fail(GP_EXISTS, "it is still running");
	gp_keep_remove(r, id, folder);
	return 0;
}

bool gp_kept_runs(const char *folder)
{
	gp_auto(gp_lock) lock = {.fd = -1};

	return take_lock(&lock, folder) == GP_EXISTS;
}
