#include "lib/preview/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"

#define HOOK_MAX ((size_t)1 << 20)
#define GIT_DEADLINE_MS 30000
#define CHAINED ".before-git-preview"
#define KEY "hook.git-preview"
#define COMMAND "git preview-push --pre-push"

/* Git's lines are text without NUL, so a variable holds them for both. */
static const char script[] = "#!/bin/sh\n"
			     "# git-preview: looks at what is pushed. 'git preview-push "
			     "--uninstall-hook' takes it away.\n"
			     "refs=$(cat)\n"
			     "test -n \"$refs\" || exit 0\n"
			     "printf '%s\\n' \"$refs\" | " COMMAND " \"$@\" || exit\n"
			     "test -x \"$0" CHAINED "\" || exit 0\n"
			     "printf '%s\\n' \"$refs\" | \"$0" CHAINED "\" \"$@\"\n";

/* Git with the user's own configuration, which gp_git keeps away: hooks are part of it. */
static int users_git(struct gp_buf *out, int *status, struct gp_repo *r, const char *const *argv)
{
	gp_auto(gp_list) env = {0};
	gp_auto(gp_proc_result) result = {0};
	const char *const top = gp_repo_worktree(r);
	struct gp_proc_spec p = {
		.argv = argv, .cwd = top ? top : gp_repo_common(r), .deadline_ms = GIT_DEADLINE_MS};
	int e;

	gp_git_env(&env, r, true);
	p.env = (const char *const *)env.v;
	e = gp_proc_run(&result, &p);
	if (e)
		return e;
	*status = result.exit;
	return out ? gp_buf_slice(out, gp_trim(gp_buf_all(&result.out))) : 0;
}

/* Whether git reads hooks from its configuration. */
static int has_config_hooks(bool *out, struct gp_repo *r)
{
	static const char *const argv[] = {"git", "version", NULL};
	gp_auto(gp_buf) text = {0};
	int major = 0, minor = 0, status = 0, e = users_git(&text, &status, r, argv);

	if (!e && sscanf(gp_buf_text(&text), "git version %d.%d", &major, &minor) != 2)
		e = gp_fail(GP_FAILED, "cannot read the version of git");
	*out = major > 2 || (major == 2 && minor >= 54);
	return e;
}

static int hook_path(struct gp_buf *out, struct gp_repo *r)
{
	static const char *const argv[] = {"git", "config", "--get", "core.hooksPath", NULL};
	gp_auto(gp_buf) set = {0};
	int status = 0, e = users_git(&set, &status, r, argv);

	if (e)
		return e;
	if (status == 0) {
		gp_fail(GP_REFUSED, "core.hooksPath is '%s': that folder is not ours to write in",
		        gp_buf_text(&set));
		gp_hint("add this line to its pre-push hook: " COMMAND " \"$@\"");
		return GP_REFUSED;
	}
	gp_buf_fmt(out, "%s/hooks/pre-push", gp_repo_common(r));
	return 0;
}

enum state { NO_HOOK, OURS, THEIRS };

static int look(enum state *out, const char *path)
{
	gp_auto(gp_buf) text = {0};
	int e = gp_file_read(&text, AT_FDCWD, path, HOOK_MAX, true);

	*out = e == GP_NOTFOUND && access(path, F_OK)         ? NO_HOOK
	       : !e && gp_slice_is(gp_buf_all(&text), script) ? OURS
	                                                      : THEIRS;
	return 0;
}

/* Whether two files hold the same. */
static bool is_same(const char *a, const char *b)
{
	gp_auto(gp_buf) one = {0};
	gp_auto(gp_buf) other = {0};

	return gp_file_read(&one, AT_FDCWD, a, HOOK_MAX, true) == 0 &&
	       gp_file_read(&other, AT_FDCWD, b, HOOK_MAX, true) == 0 &&
	       gp_slice_eq(gp_buf_all(&one), gp_buf_all(&other));
}

/* Keeps the hook there is under the other name; where that is taken, it has to be the same hook, as
 * when its own tool has put it there once more. */
static int keep_theirs(const char *path, const char *chained)
{
	/* link fails where something stands, as rename would not */
	if (!gp_edge("link") && link(path, chained) == 0)
		return 0;
	if (errno == EEXIST && is_same(path, chained))
		return 0;
	gp_fail_errno(GP_REFUSED, "cannot keep the hook there is as '%s'", chained);
	if (errno == EEXIST)
		gp_hint("that one is from before; when nothing in it is needed, remove it and "
		        "install again");
	return GP_REFUSED;
}

static int put_script(const char *path)
{
	gp_auto_str char *folder = gp_strndup(path, strlen(path) - strlen("/pre-push"));
	int e = gp_file_mkdirs(folder);

	return e ? e : gp_file_write(path, GP_SLICE(script), 0755);
}

static int install_file(struct gp_repo *r, bool *done)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) chained = {0};
	enum state s = NO_HOOK;
	int e = hook_path(&path, r);

	*done = false;
	if (!e)
		e = look(&s, gp_buf_text(&path));
	if (e || s == OURS)
		return e;
	*done = true;
	if (s == NO_HOOK)
		return put_script(gp_buf_text(&path));
	gp_buf_fmt(&chained, "%s" CHAINED, gp_buf_text(&path));
	e = keep_theirs(gp_buf_text(&path), gp_buf_text(&chained));
	if (e)
		return e;
	e = put_script(gp_buf_text(&path));
	if (e)
		unlink(gp_buf_text(&chained));
	return e;
}

static int uninstall_file(struct gp_repo *r, bool *done)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) chained = {0};
	enum state s = NO_HOOK;
	int e = hook_path(&path, r);

	*done = false;
	if (!e)
		e = look(&s, gp_buf_text(&path));
	if (e || s == NO_HOOK)
		return e;
	gp_buf_fmt(&chained, "%s" CHAINED, gp_buf_text(&path));
	if (s == THEIRS && access(gp_buf_text(&chained), F_OK) == 0) {
		gp_fail(GP_REFUSED, "'%s' was changed since it was installed", gp_buf_text(&path));
		gp_hint("what stood there before is '%s'", gp_buf_text(&chained));
		return GP_REFUSED;
	}
	if (s == THEIRS)
		return 0;
	*done = true;
	if (rename(gp_buf_text(&chained), gp_buf_text(&path)) == 0)
		return 0;
	if (errno == ENOENT && unlink(gp_buf_text(&path)) == 0)
		return 0;
	return gp_fail_errno(GP_FAILED, "cannot take '%s' away", gp_buf_text(&path));
}

static int configure(struct gp_repo *r, bool install, bool *done)
{
	static const char *const add[] = {"git",          "config", "--local",
	                                  KEY ".command", COMMAND,  NULL};
	static const char *const on[] = {"git",        "config",   "--local",
	                                 KEY ".event", "pre-push", NULL};
	static const char *const off[] = {"git", "config", "--local", "--remove-section",
	                                  KEY,   NULL};
	int status = 0, e = users_git(NULL, &status, r, install ? add : off);

	if (!e && install && status == 0)
		e = users_git(NULL, &status, r, on);
	*done = !e && status == 0;
	if (!e && install && status)
		e = gp_fail(GP_FAILED, "git config ended with status %d", status);
	return e;
}

static enum gp_status tell(struct gp_term *t, int e, const char *said)
{
	if (!e) {
		gp_term_say(t, "%s", said);
		return GP_STATUS_OK;
	}
	gp_term_error(t);
	return e == GP_REFUSED   ? GP_STATUS_NO
	       : e == GP_STOPPED ? GP_STATUS_STOPPED
	                         : GP_STATUS_FATAL;
}

enum gp_status gp_hook_install(struct gp_repo *r, struct gp_term *t)
{
	bool config = false, done = false;
	int e = has_config_hooks(&config, r);

	if (!e)
		e = config ? configure(r, true, &done) : install_file(r, &done);
	return tell(t, e, done ? "the pre-push hook is installed" : "the pre-push hook is there");
}

enum gp_status gp_hook_uninstall(struct gp_repo *r, struct gp_term *t)
{
	bool config = false, done = false;
	int e = has_config_hooks(&config, r);

	if (!e)
		e = config ? configure(r, false, &done) : uninstall_file(r, &done);
	return tell(t, e, done ? "the pre-push hook is gone" : "there is no pre-push hook of ours");
}
