#include <stdlib.h>
#include <string.h>

#include "lib/base/proc.h"
#include "lib/forge/forge.h"

#define TOKEN_MAX 4096
#define DEADLINE_MS 10000

/* The variables that the hosts' own tools read, in their order. */
static const char *const on_github[] = {"GH_TOKEN", "GITHUB_TOKEN", NULL};
static const char *const on_enterprise[] = {"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", NULL};
static const char *const on_gitlab[] = {"GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", NULL};
static const char *const on_gitea[] = {"GITEA_TOKEN", "FORGEJO_TOKEN", NULL};

static const char *const *variables(const struct gp_forge_place *p)
{
	if (p->kind == GP_FORGE_GITLAB)
		return on_gitlab;
	if (p->kind == GP_FORGE_GITEA)
		return on_gitea;
	return strcasecmp(p->host, "github.com") == 0 || gp_ends(p->host, ".ghe.com")
	               ? on_github
	               : on_enterprise;
}

/* It becomes a header: nothing that ends one may be in it. */
static bool take(struct gp_buf *out, struct gp_slice token)
{
	struct gp_slice t = gp_trim(token);

	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] <= ' ' || (unsigned char)t.p[i] >= 0x7f)
			return false;
	return t.n > 0 && t.n <= TOKEN_MAX && gp_buf_slice(out, t) == 0;
}

static int ask(struct gp_buf *out, const struct gp_repo *r, const char *const *argv,
               struct gp_slice input)
{
	gp_auto(gp_list) env = {0};
	gp_auto(gp_proc_result) result = {0};
	struct gp_proc_spec p = {
		.argv = argv, .input = input, .max_out = 2 * TOKEN_MAX, .deadline_ms = DEADLINE_MS};
	int e;

	gp_git_env(&env, r, true);
	/* who is not there cannot answer */
	gp_list_add(&env, "GIT_TERMINAL_PROMPT=0");
	gp_list_add(&env, "GIT_ASKPASS=true");
	gp_list_add(&env, "SSH_ASKPASS=true");
	p.env = (const char *const *)env.v;
	e = gp_proc_run(&result, &p);
	if (!e && result.exit == 0)
		e = gp_buf_slice(out, gp_buf_all(&result.out));
	else if (e != GP_STOPPED)
		e = GP_NOTFOUND;
	if (result.out.n)
		memset(result.out.p, 0, result.out.n);
	return e;
}

static int from_tool(struct gp_buf *out, const struct gp_forge_place *p, const struct gp_repo *r)
{
	const char *const gh[] = {"gh", "auth", "token", "--hostname", p->host, NULL};
	gp_auto(gp_buf) said = {0};
	int e = p->kind == GP_FORGE_GITHUB ? ask(&said, r, gh, (struct gp_slice){0}) : GP_NOTFOUND;

	return e ? e : take(out, gp_buf_all(&said)) ? 0 : GP_NOTFOUND;
}

/* git-credential(1): attributes a line; the password is what we want. Nothing is approved or
 * rejected afterwards: what does not open a pull request may well be what git pushes with. */
static int from_git(struct gp_buf *out, const struct gp_forge_place *p, const struct gp_repo *r)
{
	static const char *const argv[] = {"git", "credential", "fill", NULL};
	gp_auto(gp_buf) input = {0};
	gp_auto(gp_buf) said = {0};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&input, "protocol=https\nhost=%s\npath=%s\n\n", p->host, p->project);
	e = ask(&said, r, argv, gp_buf_all(&input));
	for (rest = gp_buf_all(&said); !e && gp_line(&line, &rest);)
		if (line.n > 9 && memcmp(line.p, "password=", 9) == 0 &&
		    take(out, (struct gp_slice){line.p + 9, line.n - 9}))
			return 0;
	return e ? e : GP_NOTFOUND;
}

/* What is set and gives nothing is told, not passed over: another token may have more rights than
 * are meant. */
static int from_setting(struct gp_buf *out, const struct gp_forge_place *p, const struct gp_repo *r,
                        const struct gp_token_setting *s)
{
	const char *const argv[] = {"/bin/sh", "-c", s->command, NULL};
	bool command = s->command && *s->command, env = s->env && *s->env;
	gp_auto(gp_buf) said = {0};
	const char *value = env ? getenv(s->env) : NULL;
	int e = 0;

	if ((!command && !env) || !s->host || strcasecmp(s->host, p->host) != 0)
		return GP_NOTFOUND;
	if (command)
		e = ask(&said, r, argv, (struct gp_slice){0});
	else if (value)
		gp_buf_str(&said, value);
	if (e == GP_STOPPED)
		return e;
	if (!e && take(out, gp_buf_all(&said)))
		return 0;
	return command ? gp_fail(GP_REFUSED, "the command of push.token-command gives no token")
	               : gp_fail(GP_REFUSED, "the variable of push.token-env, %s, holds no token",
	                         s->env);
}

/* The tools' own variable for which host the token is; unset: for whichever is asked for. */
static bool is_for(const struct gp_forge_place *p)
{
	const char *host = getenv(p->kind == GP_FORGE_GITLAB ? "GITLAB_HOST" : "GH_HOST");
	const char *bare = host && strstr(host, "://") ? strstr(host, "://") + 3 : host;

	if (p->kind == GP_FORGE_GITEA || variables(p) == on_github || !bare || !*bare)
		return true;
	return strncasecmp(bare, p->host, strlen(p->host)) == 0 &&
	       !strspn(bare + strlen(p->host), "abcdefghijklmnopqrstuvwxyz0123456789.-");
}

int gp_forge_token(struct gp_buf *out, const char **from, const struct gp_forge_place *p,
                   const struct gp_repo *r, const struct gp_token_setting *s)
{
	int e;

	*from = "the settings";
	e = from_setting(out, p, r, s);
	for (const char *const *name = variables(p); e == GP_NOTFOUND && *name && is_for(p);
	     name++) {
		const char *value = getenv(*name);

		*from = *name;
		e = value && take(out, gp_slice(value)) ? 0 : GP_NOTFOUND;
	}
	if (e == GP_NOTFOUND) {
		*from = "gh";
		e = from_tool(out, p, r);
	}
	if (e == GP_NOTFOUND) {
		*from = "git's credential helpers";
		e = from_git(out, p, r);
	}
	if (e == GP_NOTFOUND)
		return gp_fail(e, "no token for %s was found", p->host);
	return e;
}
