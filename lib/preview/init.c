#include "lib/preview/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/json.h"

#define SETTINGS ".codexflow.ini"

struct file {
	const char *path; /* below the top of the work tree */
	struct gp_buf text;
	bool kept; /* it is there, and stays */
};

struct init {
	const struct gp_init_options *o;
	struct file v[2];
	size_t n;
};

static void init_clear(struct init *i)
{
	for (size_t k = 0; k < i->n; k++)
		gp_buf_clear(&i->v[k].text);
}

/* A folder that is a symlink leads out of the work tree: git has no files behind it either. */
static int open_below(int dir, const char *name, bool make)
{
	if (make && mkdirat(dir, name, 0777) && errno != EEXIST)
		return -1;
	return openat(dir, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder of path, made where it is missing; -1 with errno. *name is what stands in it. */
static int open_folder(const char **name, const char *top, const char *path, bool make)
{
	int fd = open(top, O_DIRECTORY | O_CLOEXEC);

	for (const char *slash; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		gp_auto_str char *part = gp_strndup(path, (size_t)(slash - path));
		int next = open_below(fd, part, make);

		close(fd);
		fd = next;
	}
	*name = path;
	return fd;
}

/* Whether something stands at path. A folder on the way that is not there is no error. */
static int look(bool *there, const char *top, const char *path)
{
	const char *name;
	gp_auto_fd int dir = open_folder(&name, top, path, false);
	struct stat st;

	*there = dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (*there || errno == ENOENT)
		return 0;
	return gp_fail_errno(GP_FAILED, "cannot write '%s'", path);
}

/* With force the old file is replaced in one step; without it nothing may have come meanwhile. */
static bool write_in(int dir, const char *name, struct gp_slice text, bool force)
{
	const char *at = force ? SETTINGS ".new" : name;
	int fd = openat(dir, at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	bool done = fd >= 0 && !gp_edge("write") && write(fd, text.p, text.n) == (ssize_t)text.n;

	if (fd >= 0 && close(fd))
		done = false;
	if (done && force)
		done = renameat(dir, at, dir, name) == 0;
	if (!done && fd >= 0) {
		int e = errno;

		unlinkat(dir, at, 0);
		errno = e;
	}
	return done;
}

static int write_file(const struct file *f, const struct gp_init_options *o)
{
	const char *name;
	gp_auto_fd int dir = open_folder(&name, gp_repo_worktree(o->repo), f->path, true);

	if (dir < 0 || !write_in(dir, name, gp_buf_all(&f->text), o->force))
		return gp_fail_errno(GP_FAILED, "cannot write '%s'", f->path);
	return 0;
}

static void tell_file(const struct file *f, const struct gp_init_options *o)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "path", f->path);
	gp_json_put_bool(j, "written", !f->kept && !o->dry_run);
	gp_json_put_bytes(j, "text", gp_buf_all(&f->text));
	gp_term_event(o->term, "init", j);
	if (f->kept)
		gp_term_say(o->term, "kept %s: it is there already", f->path);
	else if (o->dry_run)
		gp_term_text(o->term, gp_buf_all(&f->text));
	else
		gp_term_result(o->term, "%s", f->path);
}

/* Where records hang on commits: what git does with them is configuration, which is the user's. */
static void tell_notes(const struct gp_init_options *o)
{
	gp_auto(gp_buf) rewrite = {0};

	if (gp_repo_config(&rewrite, o->repo, "notes.rewriteRef") == 0)
		return;
	gp_term_say(o->term, "a preview's record is a note of its commits, and nothing here is set "
	                     "for notes. To keep them over rebase and amend, and to fetch those of "
	                     "others:");
	gp_term_quote(o->term, GP_SLICE("git config notes.rewriteRef refs/notes/preview\n"
	                                "git config --add remote.origin.fetch "
	                                "'+refs/notes/preview*:refs/notes/origin/preview*'\n"));
	gp_term_say(o->term, "git preview-push pushes the record with its branch");
}

static void tell_next(const struct init *i)
{
	gp_auto(gp_buf) lines = {0};
	const char *const say = strcmp(i->o->ci ? i->o->ci : "", "gitlab") == 0
	                                ? "and in .gitlab-ci.yml:  include: [{local: "
	                                  ".gitlab/git-preview.yml}]"
	                                : NULL;

	if (i->o->ci)
		gp_term_say(i->o->term,
		            "GIT_PREVIEW_URL and GIT_PREVIEW_COMMIT in %s are to be filled in%s%s",
		            i->v[1].path, say ? ", " : "", say ? say : "");
	gp_term_say(i->o->term, "next:");
	gp_buf_str(&lines, "git preview-test\ngit add");
	for (size_t k = 0; k < i->n; k++)
		gp_buf_fmt(&lines, "%s%s", i->v[k].kept ? "" : " ",
		           i->v[k].kept ? "" : i->v[k].path);
	gp_buf_chr(&lines, '\n');
	gp_term_quote(i->o->term, gp_buf_all(&lines));
}

/* With a job for CI, settings that are there are no reason to stop. */
static int check(struct init *i)
{
	const char *top = gp_repo_worktree(i->o->repo);

	for (size_t k = 0; k < i->n; k++) {
		struct file *f = &i->v[k];
		bool there;
		int e = look(&there, top, f->path);

		if (e)
			return e;
		f->kept = there && i->o->ci && k == 0;
		if (there && !f->kept && !i->o->force) {
			gp_fail(GP_EXISTS, "'%s' is there already", f->path);
			gp_hint("-n prints what would be written, -f replaces the file");
			return GP_EXISTS;
		}
	}
	return 0;
}

static int make_texts(struct init *i)
{
	int e = i->v[0].kept ? 0 : gp_init_settings(&i->v[0].text, i->o);

	return e || i->n < 2 ? e : gp_init_ci(&i->v[1].text, i->o);
}

static int init(struct init *i)
{
	const struct gp_init_options *o = i->o;
	int e = 0;

	if (gp_repo_worktree(o->repo)) {
		e = o->dry_run ? 0 : check(i);
	} else if (!o->dry_run) {
		gp_fail(GP_INVALID, "a bare repository has no work tree to write to");
		gp_hint("git preview --init -n prints the file");
		return GP_INVALID;
	}
	if (!e)
		e = make_texts(i);
	for (size_t k = 0; !e && k < i->n; k++) {
		if (!o->dry_run && !i->v[k].kept)
			e = write_file(&i->v[k], o);
		if (!e)
			tell_file(&i->v[k], o);
	}
	if (!e && !o->dry_run) {
		tell_notes(o);
		tell_next(i);
	}
	return e;
}

enum gp_status gp_init_run(const struct gp_init_options *o)
{
	__attribute__((cleanup(init_clear))) struct init i = {.o = o, .n = 1};
	int e;

	i.v[0].path = SETTINGS;
	if (o->ci)
		i.v[i.n++].path = strcmp(o->ci, "github") == 0 ? ".github/workflows/git-preview.yml"
		                                               : ".gitlab/git-preview.yml";
	e = init(&i);
	if (!e)
		return GP_STATUS_OK;
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}
