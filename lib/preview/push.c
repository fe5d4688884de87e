#include "lib/preview/push.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/pull.h"
#include "lib/preview/push_record.h"
#include "lib/preview/pushed.h"
#include "lib/preview/vet.h"
#include "lib/preview/wait.h"

static int find_branch(struct gp_buf *out, struct gp_oid *tip, const struct gp_push_options *o)
{
	static const char *const current[] = {"symbolic-ref", "--quiet", "--short", "HEAD", NULL};
	const char *prefix = gp_conf_str(o->conf, "preview.prefix");
	gp_auto(gp_buf) ref = {0};

	if (o->branch)
		gp_buf_str(out, gp_starts(o->branch, "refs/heads/") ? o->branch + 11 : o->branch);
	else if (gp_git(out, o->repo, current, NULL))
		return gp_fail(GP_NOTFOUND, "HEAD is detached: name the branch to push");
	if (!gp_starts(gp_buf_text(out), prefix)) {
		gp_fail(GP_REFUSED, "cannot push '%s': it is not below '%s'", gp_buf_text(out),
		        prefix);
		gp_hint("only previews are pushed by this command; 'git branch --list \"%s*\"' "
		        "shows them",
		        prefix);
		return GP_REFUSED;
	}
	gp_buf_fmt(&ref, "refs/heads/%s", gp_buf_text(out));
	if (!gp_repo_ref_valid(gp_buf_text(&ref)) ||
	    gp_repo_ref_get(tip, o->repo, gp_buf_text(&ref)))
		return gp_fail(GP_NOTFOUND, "cannot push '%s': there is no such branch",
		               gp_buf_text(out));
	return 0;
}

struct push {
	const struct gp_push_options *o;
	const char *remote, *branch;
	const struct gp_oid *tip; /* that was looked at: the branch may have moved since */
	bool anew;                /* nothing is expected there */
};

/* quiet: only to hear what git says of it, in English, and past the user's hook. */
static int run_git(struct gp_proc_result *out, const struct push *p, bool dry, bool quiet,
                   bool options)
{
	gp_auto(gp_buf) with = {0};
	gp_auto(gp_buf) spec = {0};
	gp_auto(gp_list) env = {0};
	gp_auto(gp_list) argv = {0};
	struct gp_oid seen = {""};
	struct gp_proc_spec run = {
		.inherit_in = true,
		.inherit_err = !quiet,
		.deadline_ms = gp_host_deadline_ms(p->o->conf),
	};

	if (!p->anew)
		gp_pushed_find(&seen, p->o->repo, p->remote, p->branch);
	gp_buf_fmt(&with, "--force-with-lease=refs/heads/%s:%s", p->branch, seen.hex);
	gp_buf_fmt(&spec, "%s:refs/heads/%s", p->tip->hex, p->branch);
	gp_git_env(&env, p->o->repo, true);
	if (quiet)
		gp_list_add(&env, "LC_ALL=C");
	gp_list_add(&argv, "git");
	gp_list_add(&argv, "-c");
	gp_list_add(&argv, "push.followTags=false");
	if (!options) {
		gp_list_add(&argv, "-c");
		gp_list_add(&argv, "push.pushOption=");
	}
	gp_list_add(&argv, "push");
	gp_list_add(&argv, "--porcelain");
	if (quiet)
		gp_list_add(&argv, "--no-verify");
	if (dry)
		gp_list_add(&argv, "--dry-run");
	gp_list_add(&argv, gp_buf_text(&with));
	gp_list_add(&argv, "--");
	gp_list_add(&argv, p->remote);
	gp_list_add(&argv, gp_buf_text(&spec));
	run.argv = (const char *const *)argv.v;
	run.env = (const char *const *)env.v;
	return gp_proc_run(out, &run);
}

/* git gives up where the user's options are not wanted; a dry run tells. */
static int find_options(bool *taken, const struct push *p)
{
	gp_auto(gp_buf) set = {0};
	gp_auto(gp_proc_result) r = {0};
	int e;

	*taken = true;
	if (gp_repo_config(&set, p->o->repo, "push.pushOption") || !set.n)
		return 0;
	e = run_git(&r, p, true, true, true);
	*taken = e || !gp_find(gp_buf_all(&r.err), "does not support push options");
	if (!*taken)
		gp_term_warn(p->o->term,
		             "'%s' takes no push options: yours (push.pushOption) are "
		             "not sent",
		             p->remote);
	return e == GP_STOPPED ? e : 0;
}

/* A branch that was deleted there holds nothing that could be lost. */
static bool is_gone(const struct push *p)
{
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_list) env = {0};
	gp_auto(gp_proc_result) r = {0};
	const char *argv[] = {"git", "ls-remote", "--", p->remote, NULL, NULL};
	struct gp_proc_spec run = {
		.argv = argv, .inherit_in = true, .deadline_ms = gp_host_deadline_ms(p->o->conf)};

	gp_buf_fmt(&ref, "refs/heads/%s", p->branch);
	argv[4] = gp_buf_text(&ref);
	gp_git_env(&env, p->o->repo, true);
	run.env = (const char *const *)env.v;
	return gp_proc_run(&r, &run) == 0 && r.exit == 0 && r.out.n == 0;
}

static int run_push(struct gp_proc_result *out, struct push *p)
{
	bool options;
	int e = find_options(&options, p);

	if (!e)
		e = run_git(out, p, p->o->dry_run, false, options);
	if (e || !gp_find(gp_buf_all(&out->out), "(stale info)") || !is_gone(p))
		return e;
	p->anew = true;
	gp_proc_result_clear(out);
	*out = (struct gp_proc_result){0};
	gp_term_say(p->o->term, "the branch was deleted there, and is made anew");
	return run_git(out, p, p->o->dry_run, false, options);
}

static enum gp_status answer(const struct gp_push_options *o, const struct gp_proc_result *r,
                             const char *remote, const char *branch)
{
	struct cJSON *j = gp_json_object();
	bool refused =
		gp_find(gp_buf_all(&r->out), "\n!\t") || gp_starts(gp_buf_text(&r->out), "!\t");

	gp_json_put_bytes(j, "remote", gp_slice(remote));
	gp_json_put_bytes(j, "branch", gp_slice(branch));
	gp_json_put_int(j, "exit", r->exit);
	gp_term_event(o->term, "push", j);
	if (r->exit == 0) {
		gp_term_result(o->term, "%s", branch);
		return GP_STATUS_OK;
	}
	gp_term_quote(o->term, gp_buf_all(&r->out));
	if (r->timed_out) {
		gp_fail(GP_TIMEOUT, "git push did not end within %ld s (push.deadline)",
		        gp_host_deadline_ms(o->conf) / 1000);
		gp_hint("the branch may have arrived or not: 'git ls-remote %s %s' tells", remote,
		        branch);
	} else {
		gp_fail(GP_REFUSED, "cannot push '%s' to '%s'", branch, remote);
		gp_hint("nothing was pushed, and nothing here has changed; git says above why");
	}
	if (gp_find(gp_buf_all(&r->out), "(stale info)"))
		gp_hint("somebody else moved the branch there; 'git fetch %s' and look before you "
		        "push again",
		        remote);
	gp_term_error(o->term);
	return refused ? GP_STATUS_NO : GP_STATUS_FATAL;
}

/* As a pre-push hook would, whether one is installed or not. */
static enum gp_status vet(const struct gp_push_options *o, const char *remote, const char *branch,
                          const struct gp_oid *tip)
{
	const struct gp_vet_options with = {
		.repo = o->repo, .conf = o->conf, .term = o->term, .settings = o->settings};
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) line = {0};
	struct gp_oid none = {""};

	gp_buf_fmt(&ref, "refs/heads/%s", branch);
	memset(none.hex, '0', strlen(tip->hex));
	gp_buf_fmt(&line, "%s %s %s %s\n", gp_buf_text(&ref), tip->hex, gp_buf_text(&ref),
	           none.hex);
	return gp_vet_pushes(&with, remote, gp_buf_all(&line));
}

/* What comes after the push, on the remote's code host. */
static enum gp_status on_host(const struct gp_push_options *o, const char *remote,
                              const char *branch, const struct gp_oid *tip)
{
	bool wait = gp_conf_bool(o->conf, "push.wait") && !o->dry_run;
	bool pull = gp_conf_bool(o->conf, "push.pull-request") && !o->no_pull;
	struct gp_host host = {.from = NULL};
	enum gp_status status = GP_STATUS_OK;
	long long number = 0;
	int e = wait || pull ? gp_host_find(&host, o->repo, o->conf, remote) : 0;

	if (e == GP_NOTFOUND && !wait) {
		gp_term_detail(o->term, "no pull request: %s", gp_message());
		e = pull = 0;
	}
	if (e) {
		gp_within(e, wait ? "cannot wait for checks" : "cannot open a pull request");
		gp_term_error(o->term);
		status = e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_NO;
	}
	if (status == GP_STATUS_OK && pull)
		status = gp_pull_request(&number, o, &host, remote, branch);
	if (status == GP_STATUS_OK && wait)
		status = gp_wait_run(o, &host, tip, number);
	gp_host_clear(&host);
	return status;
}

enum gp_status gp_push_run(const struct gp_push_options *o)
{
	gp_auto(gp_buf) branch = {0};
	gp_auto(gp_buf) remote = {0};
	gp_auto(gp_proc_result) r = {0};
	struct gp_oid tip = {""};
	int e = find_branch(&branch, &tip, o);

	if (!e)
		e = gp_host_remote(&remote, o->repo, o->conf, o->remote);
	if (!e) {
		enum gp_status vetted = vet(o, gp_buf_text(&remote), gp_buf_text(&branch), &tip);

		if (vetted != GP_STATUS_OK)
			return vetted;
		e = run_push(&r, &(struct push){o, gp_buf_text(&remote), gp_buf_text(&branch), &tip,
		                                false});
	}
	if (!e && r.exit == 0 && !o->dry_run)
		gp_pushed_keep(o->repo, gp_buf_text(&remote), gp_buf_text(&branch), &tip);
	if (!e && r.exit == 0)
		gp_push_record(o, gp_buf_text(&remote), gp_buf_text(&branch));
	if (!e) {
		enum gp_status pushed = answer(o, &r, gp_buf_text(&remote), gp_buf_text(&branch));

		return pushed == GP_STATUS_OK
		               ? on_host(o, gp_buf_text(&remote), gp_buf_text(&branch), &tip)
		               : pushed;
	}
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}
