#include "lib/repo/libgit2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where to open: a folder to search upwards from, or a git folder named outright. */
struct place {
	const char *path;
	bool named; /* by $GIT_DIR */
};

static const char *variable(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* git's word on a repository that libgit2 would not open, or opened where git might not: an owner
 * that safe.directory allows by a way libgit2 does not know, safe.bareRepository. */
static int ask_git(const struct place *at)
{
	const char *const argv[] = {"git", "rev-parse", "--git-dir", NULL};
	struct gp_proc_spec spec = {.argv = argv, .cwd = at->named ? NULL : at->path};
	gp_auto(gp_proc_result) result = {0};
	const char *advice, *end;
	int e = gp_proc_run(&result, &spec);

	if (e || result.exit == 0)
		return e;
	advice = gp_find(gp_buf_all(&result.err), "git config --global --add safe.directory");
	end = strchrnul(gp_buf_text(&result.err), '\n');
	gp_fail(GP_REFUSED, "cannot open '%s': git says: %.*s", at->path,
	        (int)(end - gp_buf_text(&result.err)), gp_buf_text(&result.err));
	if (advice)
		gp_hint("if you trust it: %.*s", (int)(strchrnul(advice, '\n') - advice), advice);
	return GP_REFUSED;
}

static int open_place(git_repository **out, const struct place *at)
{
	unsigned flags =
		at->named ? GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT : 0;

	if (variable("GIT_DISCOVERY_ACROSS_FILESYSTEM"))
		flags |= GIT_REPOSITORY_OPEN_CROSS_FS;
	if (gp_edge("git_repository_open"))
		return GIT_ERROR;
	return gp_git2.git_repository_open_ext(out, at->path, flags,
	                                       getenv("GIT_CEILING_DIRECTORIES"));
}

static int open_trusting(git_repository **out, const struct place *at)
{
	int e;

	gp_git2.git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	e = open_place(out, at);
	gp_git2.git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	return e;
}

/* objectFormat and refStorage are stated outright by some clones that use the usual ones. */
static int open_stated(git_repository **out, const struct place *at)
{
	const char *const argv[] = {"git", "rev-parse", "--show-object-format", NULL};
	const char *const refs[] = {"git", "config", "--get", "extensions.refstorage", NULL};
	struct gp_proc_spec spec = {.argv = argv, .cwd = at->named ? NULL : at->path};
	gp_auto(gp_proc_result) format = {0};
	gp_auto(gp_proc_result) storage = {0};
	struct gp_slice word;
	int e = gp_proc_run(&format, &spec);

	spec.argv = refs;
	if (!e)
		e = gp_proc_run(&storage, &spec);
	if (e)
		return e;
	word = gp_trim(gp_buf_all(&format.out));
	if (format.exit == 0 && !gp_slice_is(word, "sha1")) {
		gp_fail(GP_REFUSED,
		        "cannot open '%s': its object format is %.*s, and libgit2 reads sha1 only",
		        at->path, (int)word.n, word.p);
		gp_hint("work in a sha1 copy of it: git fast-export --all | git -C <new sha1 "
		        "repository> fast-import");
		return GP_REFUSED;
	}
	word = gp_trim(gp_buf_all(&storage.out));
	if (word.n && !gp_slice_is(word, "files")) {
		gp_fail(GP_REFUSED,
		        "cannot open '%s': its refs are kept as %.*s, and libgit2 reads files only",
		        at->path, (int)word.n, word.p);
		gp_hint("convert it: git refs migrate --ref-format=files");
		return GP_REFUSED;
	}
	gp_git2_extensions(true);
	e = open_place(out, at);
	gp_git2_extensions(false);
	return e ? gp_git2_fail(GIT_EOWNER, "cannot open '%s'", at->path) : 0;
}

static const char *libgit2_says(void)
{
	const git_error *last = gp_git2.git_error_last();

	return last && last->message ? last->message : "";
}

static int open_repository(git_repository **out, const struct place *at)
{
	int e = open_place(out, at), asked;

	/* libgit2 1.5.1 gives GIT_ENOTFOUND instead where safe.directory is not set at all */
	if (e == GIT_EOWNER || (e == GIT_ENOTFOUND && strstr(libgit2_says(), "safe.directory"))) {
		asked = ask_git(at);
		if (asked)
			return asked;
		e = open_trusting(out, at);
	}
	if (!e)
		return 0;
	if (e == GIT_ENOTFOUND) {
		gp_fail(GP_NOTFOUND, "no git repository at '%s'%s", at->path,
		        at->named ? "" : " or above it");
		gp_hint("run this inside a checkout; 'git init' makes a repository");
		return GP_NOTFOUND;
	}
	if (strstr(libgit2_says(), "extension"))
		return open_stated(out, at);
	return gp_git2_fail(e, "cannot open '%s'", at->path);
}

/* Without a trailing slash, links resolved: what git's own messages and children show. */
static char *absolute(const char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;
	char *copy = real ? gp_strdup(real) : NULL;

	free(real);
	return copy;
}

/* git's rule: $GIT_WORK_TREE, core.worktree, else with $GIT_DIR the current folder. */
static char *work_tree(const struct place *at, struct gp_repo *r)
{
	const char *own = gp_git2.git_repository_workdir(r->git);
	gp_auto(gp_buf) set = {0};

	if (!at->named)
		return absolute(own);
	if (variable("GIT_WORK_TREE"))
		return absolute(variable("GIT_WORK_TREE"));
	if (gp_repo_config(&set, r, "core.worktree") == 0)
		return absolute(own);
	return gp_git2.git_repository_is_bare(r->git) ? NULL : absolute(".");
}

static int refuse_redirected(void)
{
	static const char *const names[] = {"GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
	                                    "GIT_ALTERNATE_OBJECT_DIRECTORIES"};

	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (variable(names[i])) {
			gp_fail(GP_REFUSED, "cannot work with %s set", names[i]);
			gp_hint("unset %s", names[i]);
			return GP_REFUSED;
		}
	return 0;
}

static int fill(struct gp_repo *r, const struct place *at)
{
	int e = 0;

	r->sign = -1;
	r->gitdir = absolute(gp_git2.git_repository_path(r->git));
	r->common = absolute(gp_git2.git_repository_commondir(r->git));
	if (!r->gitdir || !r->common)
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", at->path);
	if (gp_git2.git_repository_odb(&r->odb, r->git) < 0)
		return gp_git2_fail(GIT_ERROR, "cannot open the objects of '%s'", at->path);
	if (gp_git2.git_repository_is_bare(r->git) && !at->named)
		e = ask_git(at);
	if (!e)
		r->worktree = work_tree(at, r);
	return e;
}

int gp_repo_open(struct gp_repo **out, const char *dir)
{
	const char *named = dir ? NULL : variable("GIT_DIR");
	const struct place at = {dir ? dir : named ? named : ".", named != NULL};
	gp_auto_repo struct gp_repo *r = gp_alloc(sizeof(*r));
	int e = gp_git2_ready();

	*out = NULL;
	if (!e && !dir)
		e = refuse_redirected();
	if (!e)
		e = open_repository(&r->git, &at);
	if (!e)
		e = fill(r, &at);
	if (e)
		return e;
	*out = r;
	r = NULL;
	return 0;
}

void gp_repo_free(struct gp_repo **r)
{
	if (!*r)
		return;
	for (size_t i = 0; i < GP_QUESTIONS; i++)
		gp_git_call_clear(&(*r)->asked[i]);
	gp_repo_dropped(*r);
	gp_repo_shrink(*r);
	if ((*r)->odb)
		gp_git2.git_odb_free((*r)->odb);
	if ((*r)->git)
		gp_git2.git_repository_free((*r)->git);
	gp_free((*r)->gitdir);
	gp_free((*r)->common);
	gp_free((*r)->folder);
	gp_free((*r)->worktree);
	gp_free(*r);
	*r = NULL;
}

const char *gp_repo_common(const struct gp_repo *r)
{
	return r->common;
}

const char *gp_repo_worktree(const struct gp_repo *r)
{
	return r->worktree;
}

/* Ours alone: what lies there is run in sandboxes and must not be a door to somewhere else. */
static int own_folder(const char *path)
{
	struct stat st;

	if (gp_edge("mkdir") || (mkdir(path, 0700) < 0 && errno != EEXIST))
		return gp_fail_errno(GP_FAILED, "cannot make the folder '%s'", path);
	if (lstat(path, &st) < 0)
		return gp_fail_errno(GP_FAILED, "cannot read '%s'", path);
	if (!S_ISDIR(st.st_mode)) {
		gp_fail(GP_REFUSED, "cannot use '%s': it is %s", path,
		        S_ISLNK(st.st_mode) ? "a symbolic link" : "not a folder");
		gp_hint("move it away; it must be a folder of git preview's own");
		return GP_REFUSED;
	}
	if ((st.st_mode & 077) && chmod(path, 0700) < 0)
		return gp_fail_errno(GP_FAILED, "cannot close the folder '%s' to others", path);
	return 0;
}

const char *gp_repo_folder(struct gp_repo *r)
{
	static const char *const parts[] = {"", "/runs", "/layers", "/cache"};

	if (r->folder)
		return r->folder;
	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "%s/preview%s", r->common, parts[i]);
		if (own_folder(path.p) < 0)
			return NULL;
	}
	gp_auto(gp_buf) whole = {0};
	gp_buf_fmt(&whole, "%s/preview", r->common);
	r->folder = gp_buf_take(&whole);
	return r->folder;
}
