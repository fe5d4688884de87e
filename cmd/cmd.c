#include "cmd/cmd.h"

#include <malloc.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/model/model.h"

#define CONFIG_MAX ((size_t)1 << 20)

/* A key must not end in a core file: 1 and not 0, because Linux ignores 0 where core_pattern is
 * a pipe (core(5)). */
static void no_cores(void)
{
	const struct rlimit none = {1, 1};

	setrlimit(RLIMIT_CORE, &none);
}

/* What is large goes back to the system when it is freed; malloc would raise the bound with each
 * such piece, and a large tree's lists would stay. */
static void give_back_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
}

static int open_term(struct gp_cmd *c)
{
	const struct gp_term_options o = {
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.quiet = c->quiet,
		.verbose = c->verbose,
		.json = c->json,
		.colour = -1,
	};

	return gp_term_new(&c->term, &o);
}

/* The file of the work tree; in a bare repository, the one of HEAD. */
static int read_repo_settings(struct gp_cmd *c)
{
	const char *top = gp_repo_worktree(c->repo);
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) path = {0};
	struct gp_oid tree;
	int e;

	if (top) {
		gp_buf_fmt(&path, "%s/.codexflow.ini", top);
		e = gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), CONFIG_MAX, true);
	} else {
		e = gp_repo_resolve(NULL, &tree, c->repo, "HEAD");
		if (!e)
			e = gp_repo_read(&text, NULL, c->repo, &tree, ".codexflow.ini", CONFIG_MAX);
	}
	if (e == GP_NOTFOUND)
		return 0;
	return e ? e : gp_conf_read(c->conf, gp_buf_all(&text), ".codexflow.ini", GP_FROM_REPO);
}

static int read_settings(struct gp_cmd *c)
{
	int e = gp_conf_new(&c->conf);

	if (!e)
		e = gp_conf_user(c->conf);
	if (!e && c->repo)
		e = read_repo_settings(c);
	return e;
}

static int read_arguments(struct gp_cmd *c)
{
	int e = 0;

	for (size_t i = 0; !e && i < c->settings.n; i++)
		e = gp_conf_arg(c->conf, c->settings.v[i]);
	return e;
}

enum gp_status gp_cmd_open(struct gp_cmd *c, bool with_repo)
{
	no_cores();
	give_back_memory();
	if (open_term(c) || gp_stop_install())
		return GP_STATUS_FATAL;
	if (c->chdir && chdir(c->chdir)) {
		gp_fail_errno(GP_FAILED, "cannot change to '%s'", c->chdir);
		return gp_cmd_fail(c, GP_STATUS_FATAL);
	}
	if (gp_repo_open(&c->repo, NULL) && with_repo)
		return gp_cmd_fail(c, GP_STATUS_FATAL);
	if (read_settings(c))
		return gp_cmd_fail(c, GP_STATUS_FATAL);
	if (read_arguments(c))
		return gp_cmd_fail(c, GP_STATUS_USAGE);
	if (!c->asks)
		gp_model_forget_keys(c->conf);
	for (size_t i = 0; i < gp_conf_warnings(c->conf)->n; i++)
		gp_term_warn(c->term, "%s", gp_conf_warnings(c->conf)->v[i]);
	return GP_STATUS_OK;
}

enum gp_status gp_cmd_fail(struct gp_cmd *c, enum gp_status status)
{
	gp_term_error(c->term);
	return status;
}

int gp_cmd_close(struct gp_cmd *c, enum gp_status status)
{
	int e = c->term ? gp_term_out_error(c->term) : 0;

	if (e) {
		errno = e;
		gp_fail_errno(GP_FAILED, "cannot write the result to standard output");
		gp_term_error(c->term);
		if (status == GP_STATUS_OK)
			status = GP_STATUS_FATAL;
	}
	gp_repo_free(&c->repo);
	gp_conf_free(&c->conf);
	gp_term_free(&c->term);
	gp_list_clear(&c->settings);
	return (int)status;
}
