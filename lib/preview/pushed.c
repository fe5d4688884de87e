#include "lib/preview/pushed.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/file.h"

/* A name of any length and letters becomes one of a file. */
static int put_path(struct gp_buf *out, struct gp_repo *r, const char *remote, const char *branch)
{
	const char *folder = gp_repo_folder(r);
	gp_auto(gp_buf) name = {0};
	struct gp_oid id;

	gp_buf_fmt(&name, "%s\n%s", remote, branch);
	if (!folder || gp_repo_hash(&id, gp_buf_all(&name)))
		return GP_FAILED;
	return gp_buf_fmt(out, "%s/pushed/%s", folder, id.hex);
}

void gp_pushed_find(struct gp_oid *out, struct gp_repo *r, const char *remote, const char *branch)
{
	gp_auto(gp_buf) tracking = {0};
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};
	size_t n;

	*out = (struct gp_oid){""};
	gp_buf_fmt(&tracking, "refs/remotes/%s/%s", remote, branch);
	if (gp_repo_ref_valid(gp_buf_text(&tracking)) &&
	    gp_repo_ref_get(out, r, gp_buf_text(&tracking)) == 0)
		return;
	*out = (struct gp_oid){""};
	if (put_path(&path, r, remote, branch) ||
	    gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), GP_OID_MAX, true))
		return;
	n = strspn(gp_buf_text(&text), "0123456789abcdef");
	if (n < GP_OID_MAX && (n == 40 || n == 64))
		memcpy(out->hex, gp_buf_text(&text), n);
}

void gp_pushed_keep(struct gp_repo *r, const char *remote, const char *branch,
                    const struct gp_oid *commit)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) folder = {0};

	if (put_path(&path, r, remote, branch))
		return;
	gp_buf_fmt(&folder, "%s/pushed", gp_repo_folder(r));
	if (gp_file_mkdirs(gp_buf_text(&folder)) == 0)
		gp_file_put(gp_buf_text(&path), gp_slice(commit->hex), 0600);
}
