#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/repo/libgit2.h"

#define INDEX_MAX ((size_t)2 << 30)

/* The copy keeps the time of the original: git takes a file for unchanged when it is older than the
 * index and looks the same, so a younger copy would hide an edit made in the same tick. Taken
 * before the bytes, since too old a time only costs a second look. */
static int copy_index(const char *to, const struct gp_repo *r)
{
	gp_auto(gp_buf) from = {0};
	gp_auto(gp_buf) bytes = {.max = INDEX_MAX};
	struct timespec times[2];
	struct stat st;
	int e;

	gp_buf_fmt(&from, "%s/index", r->gitdir);
	if (stat(gp_buf_text(&from), &st))
		return 0;
	e = gp_file_read(&bytes, AT_FDCWD, gp_buf_text(&from), INDEX_MAX, false);
	if (e == GP_NOTFOUND)
		return 0;
	if (!e)
		e = gp_file_write(to, gp_buf_all(&bytes), 0600);
	times[0] = times[1] = st.st_mtim;
	if (!e && (gp_edge("utimensat") || utimensat(AT_FDCWD, to, times, 0)))
		e = gp_fail_errno(GP_FAILED, "cannot set the time of '%s'", to);
	return e;
}

/* A split index would write its shared part beside the user's; safecrlf would refuse files that are
 * there all the same. */
#define AS_IT_IS                                                                                   \
	"-c", "core.splitIndex=false", "-c", "core.untrackedCache=false", "-c",                    \
		"core.safecrlf=false"

static int write_tree(struct gp_oid *out, struct gp_repo *r, const char *index)
{
	static const char *const add[] = {AS_IT_IS, "add", "--all", NULL};
	static const char *const write[] = {AS_IT_IS, "write-tree", "--missing-ok", NULL};
	gp_auto(gp_list) env = {0};
	gp_auto(gp_buf) id = {0};
	git_oid oid;
	int e;

	gp_list_fmt(&env, "GIT_INDEX_FILE=%s", index);
	e = gp_git_fed(NULL, r, add, &env, (struct gp_slice){0}, NULL);
	if (!e)
		e = gp_git_fed(&id, r, write, &env, (struct gp_slice){0}, NULL);
	if (e)
		return e;
	if (id.n >= GP_OID_MAX || gp_git2.git_oid_fromstr(&oid, gp_buf_text(&id)))
		return gp_fail(GP_FAILED, "git write-tree: no id of a tree");
	gp_git2_hex(out, &oid);
	return 0;
}

int gp_repo_worktree_tree(struct gp_oid *out, struct gp_repo *r)
{
	const char *folder = gp_repo_folder(r);
	gp_auto(gp_buf) index = {0};
	gp_auto_fd int fd = -1;
	int e;

	if (!r->worktree)
		return gp_fail(GP_INVALID, "this repository has no work tree");
	if (!folder)
		return GP_FAILED;
	gp_file_sweep(folder);
	/* named as what killed writers leave, so that the sweep knows it */
	gp_buf_fmt(&index, "%s/index.tmp-XXXXXX", folder);
	fd = gp_edge("mkstemp") ? -1 : mkostemp(index.p, O_CLOEXEC);
	if (fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot make a file in '%s'", folder);
	/* git takes an empty file for a broken index */
	unlink(index.p);
	e = copy_index(index.p, r);
	if (!e)
		e = write_tree(out, r, index.p);
	unlink(index.p);
	return e ? gp_within(e, "cannot take the work tree") : 0;
}
