#include "lib/repo/libgit2.h"

#include <string.h>
#include <unistd.h>

#define GIT_DEADLINE_MS 120000L
#define FINISH_DEADLINE_MS 5000L
#define GIT_OUTPUT ((size_t)64 << 20)

/* git rev-parse --local-env-vars, but for the two that carry `git -c key=value`, which go on to
 * children that work on the same repository (git does so with its own). */
static const char *const local[] = {
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_CONFIG",
	"GIT_OBJECT_DIRECTORY",
	"GIT_DIR",
	"GIT_WORK_TREE",
	"GIT_IMPLICIT_WORK_TREE",
	"GIT_GRAFT_FILE",
	"GIT_INDEX_FILE",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_REPLACE_REF_BASE",
	"GIT_PREFIX",
	"GIT_INTERNAL_SUPER_PREFIX",
	"GIT_SHALLOW_FILE",
	"GIT_COMMON_DIR",
	"GIT_REF_FORMAT",
	"GIT_DEFAULT_REF_FORMAT",
};
/* ours, for children that need nothing the user configured to run */
static const char *const quiet[] = {
	"GIT_CONFIG_PARAMETERS",
	"GIT_EXTERNAL_DIFF",
	"GIT_TERMINAL_PROMPT",
	"GIT_OPTIONAL_LOCKS",
	/* for the user's own push, whose helpers may read them, and for nobody else */
	"GH_TOKEN",
	"GITHUB_TOKEN",
	"GH_ENTERPRISE_TOKEN",
	"GITHUB_ENTERPRISE_TOKEN",
	"GITLAB_TOKEN",
	"GITLAB_ACCESS_TOKEN",
	"GITEA_TOKEN",
	"FORGEJO_TOKEN",
};

static bool named(const char *assignment, const char *const *names, size_t n)
{
	size_t len = strcspn(assignment, "=");

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(assignment, names[i], len) == 0)
			return true;
	return false;
}

void gp_git_env_set(struct gp_list *env, const char *assignment)
{
	size_t name = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], assignment, name) == 0) {
			gp_free(env->v[i]);
			env->v[i] = gp_strdup(assignment);
			return;
		}
	gp_list_add(env, assignment);
}

static const char *kept_parameters(void)
{
	const char *have = getenv("GIT_CONFIG_PARAMETERS");

	return have ? have : "";
}

void gp_git_env(struct gp_list *out, const struct gp_repo *r, bool users_config)
{
	for (char **e = environ; e && *e; e++)
		if (!named(*e, local, GP_COUNT(local)) &&
		    (users_config || !named(*e, quiet, GP_COUNT(quiet))))
			gp_list_add(out, *e);
	gp_list_fmt(out, "GIT_DIR=%s", r->gitdir);
	if (r->worktree)
		gp_list_fmt(out, "GIT_WORK_TREE=%s", r->worktree);
	if (users_config)
		return;
	/* last of all origins, so it wins over files and over the user's own -c */
	gp_list_fmt(out,
	            "GIT_CONFIG_PARAMETERS=%s%s'core.hooksPath=/dev/null' 'core.fsmonitor=false' "
	            "'submodule.recurse=false' 'gc.auto=0' 'maintenance.auto=false'",
	            kept_parameters(), *kept_parameters() ? " " : "");
	gp_list_add(out, "GIT_TERMINAL_PROMPT=0");
	gp_list_add(out, "GIT_OPTIONAL_LOCKS=0");
}

int gp_git_answer(const struct gp_proc_result *p, const char *verb)
{
	struct gp_slice rest = gp_trim(gp_buf_all(&p->err)), line = {0}, last = GP_SLICE("");
	static const char *const said[] = {"fatal: ", "error: "};

	if (p->timed_out)
		return gp_fail(GP_TIMEOUT, "git %s did not end in time", verb);
	if (p->signal)
		return gp_fail(GP_FAILED, "git %s was ended by signal %d", verb, p->signal);
	if (p->exit == 0)
		return 0;
	while (gp_line(&line, &rest))
		last = gp_trim(line);
	for (size_t i = 0; i < GP_COUNT(said); i++)
		if (last.n > 7 && memcmp(last.p, said[i], 7) == 0) {
			last.p += 7;
			last.n -= 7;
		}
	if (!last.n)
		return gp_fail(GP_REFUSED, "git %s ended with status %d", verb, p->exit);
	return gp_fail(GP_REFUSED, "git %s: %.*s", verb, (int)last.n, last.p);
}

static void on_ended(void *ctx, struct gp_proc_result *p)
{
	struct gp_git_call *c = ctx;

	c->result = *p;
	*p = (struct gp_proc_result){0};
	c->proc = NULL;
}

static bool has_ended(void *ctx)
{
	return !((struct gp_git_call *)ctx)->proc;
}

void gp_git_call_clear(struct gp_git_call *c)
{
	gp_proc_abandon(&c->proc);
	gp_loop_free(&c->loop);
	gp_proc_result_clear(&c->result);
	gp_free(c->verb);
	*c = (struct gp_git_call){0};
}

int gp_git_begin(struct gp_git_call *c, struct gp_repo *r, const char *const *argv,
                 const struct gp_list *extra_env, struct gp_slice input)
{
	gp_auto(gp_list) args = {0};
	gp_auto(gp_list) env = {0};
	struct gp_proc_spec spec = {.input = input,
	                            .max_out = GIT_OUTPUT,
	                            .deadline_ms =
	                                    c->finishes ? FINISH_DEADLINE_MS : GIT_DEADLINE_MS,
	                            .finishes = c->finishes};
	const char *const *verb = argv;
	int e = gp_stopped() && !c->finishes ? gp_fail(GP_STOPPED, "stopped")
	                                     : gp_loop_new(&c->loop);

	if (e)
		return e;
	while (strcmp(*verb, "-c") == 0)
		verb += 2;
	gp_list_add(&args, "git");
	for (size_t i = 0; argv[i]; i++)
		gp_list_add(&args, argv[i]);
	gp_git_env(&env, r, false);
	for (size_t i = 0; extra_env && i < extra_env->n; i++)
		gp_git_env_set(&env, extra_env->v[i]);
	spec.argv = (const char *const *)args.v;
	spec.env = (const char *const *)env.v;
	/* a place that is surely there: the user's may be removed under us */
	spec.cwd = r->worktree ? r->worktree : r->gitdir;
	c->verb = gp_strdup(*verb);
	e = gp_proc_start(&c->proc, c->loop, &spec, on_ended, c);
	if (e)
		gp_git_call_clear(c);
	return e;
}

int gp_git_end(struct gp_buf *out, struct gp_git_call *c, int *status)
{
	struct gp_slice said;
	int e;

	gp_stop_hold(c->finishes);
	e = gp_loop_run(c->loop, has_ended, c);
	gp_stop_hold(false);
	if (status)
		*status = e ? -1 : c->result.exit;
	if (!e)
		e = gp_git_answer(&c->result, c->verb);
	if (!e && c->result.truncated)
		e = gp_fail(GP_FAILED, "git %s wrote more than %zu bytes", c->verb, GIT_OUTPUT);
	said = gp_buf_all(&c->result.out);
	if (said.n && said.p[said.n - 1] == '\n')
		said.n--;
	if (!e && out)
		e = gp_buf_slice(out, said);
	gp_git_call_clear(c);
	return e;
}

int gp_git_fed(struct gp_buf *out, struct gp_repo *r, const char *const *argv,
               const struct gp_list *extra_env, struct gp_slice input, int *status)
{
	struct gp_git_call c = {0};
	int e;

	if (status)
		*status = -1;
	e = gp_git_begin(&c, r, argv, extra_env, input);
	return e ? e : gp_git_end(out, &c, status);
}

int gp_git(struct gp_buf *out, struct gp_repo *r, const char *const *argv, int *status)
{
	return gp_git_fed(out, r, argv, NULL, (struct gp_slice){0}, status);
}

int gp_repo_config(struct gp_buf *out, struct gp_repo *r, const char *key)
{
	const char *const argv[] = {"config", "--get", key, NULL};
	int status, e = gp_git(out, r, argv, &status);

	if (e == GP_REFUSED && status == 1)
		return gp_fail(GP_NOTFOUND, "'%s' is not configured", key);
	return e;
}
