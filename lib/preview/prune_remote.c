#include <stdlib.h>
#include <string.h>

#include "lib/preview/host.h"
#include "lib/preview/prune.h"

#define PUSH_MS (5L * 60 * 1000)

struct pruned {
	const struct gp_prune_options *o;
	struct gp_host host;
	struct gp_loop *loop;
	struct gp_forge_caller caller;
	struct gp_pulls pulls;
	struct gp_buf remote, prefix; /* prefix: of the remote-tracking refs */
	long long since;
	bool failed;
};

static void pruned_clear(struct pruned *p)
{
	gp_host_clear(&p->host);
	gp_loop_free(&p->loop);
	gp_pulls_clear(&p->pulls);
	gp_buf_clear(&p->remote);
	gp_buf_clear(&p->prefix);
}

/* Whether a branch that is no preview has the commit. */
static bool is_merged(const struct pruned *p, const char *commit)
{
	const char *preview = gp_conf_str(p->o->conf, "preview.prefix");
	gp_auto(gp_buf) contains = {0};
	gp_auto(gp_buf) refs = {0};
	const char *argv[] = {"for-each-ref",  NULL, "--format=%(refname)", "refs/heads/",
	                      "refs/remotes/", NULL};
	struct gp_slice line, rest;

	gp_buf_fmt(&contains, "--contains=%s", commit);
	argv[1] = gp_buf_text(&contains);
	/* what cannot be told stays */
	if (gp_git(&refs, p->o->repo, argv, NULL))
		return true;
	for (rest = gp_buf_all(&refs); gp_line(&line, &rest);) {
		gp_auto_str char *ref = gp_strndup(line.p, line.n);
		const char *name = gp_starts(ref, "refs/heads/")
		                           ? ref + strlen("refs/heads/")
		                           : strchr(ref + strlen("refs/remotes/"), '/');

		if (name && !gp_starts(name + (*name == '/'), preview))
			return true;
	}
	return false;
}

static bool is_recorded(const struct pruned *p, const char *commit)
{
	gp_auto(gp_buf) text = {0};
	struct gp_oid at, tree;

	return gp_repo_resolve(&at, &tree, p->o->repo, commit) == 0 &&
	       (gp_repo_note_read(&text, p->o->repo, &at) == 0 ||
	        gp_repo_note_read(&text, p->o->repo, &tree) == 0);
}

/* Why it stays without force; NULL: nothing speaks for it. */
static const char *find_reason(const struct pruned *p, const struct gp_pull_seen *pull,
                               const char *commit)
{
	if (strcmp(pull->commit, commit) != 0)
		return "old, but somebody pushed there since (-f drops it)";
	if (!is_recorded(p, commit))
		return "old, but its last commit was not made here (-f drops it)";
	if (is_merged(p, commit))
		return "old, but another branch has it (-f drops it)";
	return NULL;
}

/* The user's own push, and its hooks. */
static int delete_branch(const struct pruned *p, const char *branch, const char *commit)
{
	gp_auto(gp_buf) lease = {0};
	gp_auto(gp_buf) spec = {0};
	gp_auto(gp_list) env = {0};
	gp_auto(gp_proc_result) r = {0};
	const char *argv[] = {"git", "push", "--porcelain", NULL, "--", NULL, NULL, NULL};
	struct gp_proc_spec push = {.argv = argv, .inherit_in = true, .deadline_ms = PUSH_MS};
	struct gp_slice line, rest, last = GP_SLICE("it did not say why");
	int e;

	gp_buf_fmt(&lease, "--force-with-lease=refs/heads/%s:%s", branch, commit);
	gp_buf_fmt(&spec, ":refs/heads/%s", branch);
	argv[3] = gp_buf_text(&lease);
	argv[5] = gp_buf_text(&p->remote);
	argv[6] = gp_buf_text(&spec);
	gp_git_env(&env, p->o->repo, true);
	push.env = (const char *const *)env.v;
	e = gp_proc_run(&r, &push);
	if (e || r.exit == 0)
		return e;
	for (rest = gp_buf_all(&r.out); gp_line(&line, &rest);)
		last = *line.p == '!' ? line : last;
	gp_fail(GP_REFUSED, "cannot delete '%s' on '%s': %.*s", branch, argv[5], (int)last.n,
	        last.p);
	gp_hint("its pull request is left open; 'git fetch %s' and look", argv[5]);
	return GP_REFUSED;
}

/* The branch first: a lease that does not hold leaves all as it was. */
static int drop(struct pruned *p, const struct gp_pull_seen *pull, const char *why)
{
	gp_auto(gp_buf) name = {0};
	gp_auto(gp_buf) reason = {0};
	int e = 0;

	gp_buf_fmt(&name, "%s/%s", gp_buf_text(&p->remote), pull->head);
	gp_buf_fmt(&reason, "%s, pull request %lld", why, pull->number);
	if (!p->o->dry_run)
		e = delete_branch(p, pull->head, pull->commit);
	if (!e && !p->o->dry_run) {
		e = gp_forge_close(&p->caller, pull->number);
		/* GitHub and Gitea close it themselves when its branch goes */
		if (e && e != GP_STOPPED)
			gp_hint("the branch is deleted; close it by hand: %s", pull->url);
	}
	if (!e)
		gp_prune_tell(p->o, "remote", gp_buf_text(&name), true, gp_buf_text(&reason));
	return e;
}

static void keep(const struct pruned *p, const struct gp_pull_seen *pull, const char *why)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, "%s/%s", gp_buf_text(&p->remote), pull->head);
	gp_prune_tell(p->o, "remote", gp_buf_text(&name), false, why);
}

/* "<ref> <commit> <seconds>" of a remote-tracking branch. */
static int judge(struct pruned *p, const char *ref, const char *commit, long long when)
{
	const char *branch = ref + p->prefix.n;
	const struct gp_pull_seen *pull = NULL;
	const char *why;

	for (size_t i = 0; i < p->pulls.n && !pull; i++)
		if (strcmp(p->pulls.v[i].head, branch) == 0)
			pull = &p->pulls.v[i];
	if (!pull || when >= p->since)
		return 0;
	if (!pull->ours) {
		keep(p, pull, "old, but its pull request is not ours");
		return 0;
	}
	why = find_reason(p, pull, commit);
	if (!why || p->o->force)
		return drop(p, pull, why ? "old, by force" : "old");
	keep(p, pull, why);
	return 0;
}

static int each(struct pruned *p)
{
	gp_auto(gp_buf) under = {0};
	gp_auto(gp_buf) list = {0};
	const char *argv[] = {"for-each-ref",
	                      "--format=%(refname) %(objectname) %(committerdate:unix)", NULL,
	                      NULL};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&p->prefix, "refs/remotes/%s/", gp_buf_text(&p->remote));
	gp_buf_fmt(&under, "%s%s", gp_buf_text(&p->prefix),
	           gp_conf_str(p->o->conf, "preview.prefix"));
	argv[2] = gp_buf_text(&under);
	e = gp_git(&list, p->o->repo, argv, NULL);
	for (rest = gp_buf_all(&list); !e && gp_line(&line, &rest);) {
		gp_auto_str char *row = gp_strndup(line.p, line.n);
		char *save = NULL;
		char *ref = strtok_r(row, " ", &save), *commit = strtok_r(NULL, " ", &save);
		char *when = strtok_r(NULL, " ", &save);

		e = when ? judge(p, ref, commit, strtoll(when, NULL, 10)) : 0;
		if (!e || e == GP_STOPPED)
			continue;
		p->failed = true;
		gp_term_error(p->o->term);
		e = 0;
	}
	return e;
}

static int prune(struct pruned *p)
{
	const struct gp_prune_options *o = p->o;
	int e = gp_host_remote(&p->remote, o->repo, o->conf, NULL);

	if (!e)
		e = gp_host_find(&p->host, o->repo, o->conf, gp_buf_text(&p->remote));
	if (!e)
		e = gp_host_token(&p->host, o->repo, o->conf);
	if (!e)
		e = gp_loop_new(&p->loop);
	if (e)
		return e;
	p->caller = (struct gp_forge_caller){.loop = p->loop,
	                                     .place = &p->host.place,
	                                     .token = gp_buf_text(&p->host.token),
	                                     .from = p->host.from};
	e = gp_forge_pulls(&p->pulls, &p->caller);
	return e ? e : each(p);
}

enum gp_status gp_prune_remote(const struct gp_prune_options *o, long long since)
{
	__attribute__((cleanup(pruned_clear))) struct pruned p = {.o = o, .since = since};
	int e = prune(&p);

	if (!e)
		return p.failed ? GP_STATUS_NO : GP_STATUS_OK;
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	else
		gp_within(e, "cannot look for old pull requests");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_NO;
}
