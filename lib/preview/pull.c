#include "lib/preview/pull.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/forge.h"
#include "lib/preview/shown.h"

/* GitHub takes 65536 characters. */
#define BODY_MAX 60000
#define TITLE_MAX 200

struct opening {
	const struct gp_push_options *o;
	struct gp_forge_place place;
	struct gp_buf base, title, body, compare, token;
	struct gp_pull_answer answer;
};

static void opening_clear(struct opening *p)
{
	gp_forge_place_clear(&p->place);
	if (p->token.n)
		memset(p->token.p, 0, p->token.n);
	gp_buf_clear(&p->base);
	gp_buf_clear(&p->title);
	gp_buf_clear(&p->body);
	gp_buf_clear(&p->compare);
	gp_buf_clear(&p->token);
	gp_pull_answer_clear(&p->answer);
}

static int find_place(struct opening *p, const char *remote)
{
	const char *const argv[] = {"remote", "get-url", "--push", "--", remote, NULL};
	const struct gp_conf *conf = p->o->conf;
	gp_auto(gp_buf) address = {0};
	int e = gp_git(&address, p->o->repo, argv, NULL);

	/* an address given in a remote's place */
	if (e == GP_REFUSED)
		e = gp_buf_str(&address, remote);
	return e ? e
	         : gp_forge_place_read(&p->place, gp_buf_text(&address),
	                               gp_conf_str(conf, "push.host"),
	                               gp_conf_str(conf, "push.api"));
}

/* The branch to merge into: as set, else what the remote's HEAD is known to be. */
static int find_base(struct opening *p, const char *remote)
{
	static const char *const usual[] = {"main", "master"};
	const char *set = gp_conf_str(p->o->conf, "push.base");
	gp_auto(gp_buf) head = {0};
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) prefix = {0};
	const char *argv[] = {"symbolic-ref", "--quiet", NULL, NULL};

	if (set && *set)
		return gp_buf_str(&p->base, set);
	gp_buf_fmt(&prefix, "refs/remotes/%s/", remote);
	gp_buf_fmt(&head, "%sHEAD", gp_buf_text(&prefix));
	argv[2] = gp_buf_text(&head);
	if (gp_git(&ref, p->o->repo, argv, NULL) == 0 &&
	    gp_starts(gp_buf_text(&ref), gp_buf_text(&prefix)))
		return gp_buf_str(&p->base, gp_buf_text(&ref) + prefix.n);
	for (size_t i = 0; i < GP_COUNT(usual); i++) {
		struct gp_oid at;

		gp_buf_cut(&ref, 0);
		gp_buf_fmt(&ref, "%s%s", gp_buf_text(&prefix), usual[i]);
		if (gp_repo_ref_get(&at, p->o->repo, gp_buf_text(&ref)) == 0)
			return gp_buf_str(&p->base, usual[i]);
	}
	gp_fail(GP_NOTFOUND, "which branch to merge into is not known");
	gp_hint("set push.base, or 'git remote set-head %s --auto'", remote);
	return GP_NOTFOUND;
}

/* What a person reads there: the summary's first line, and the report. */
static int write_words(struct opening *p, const char *branch)
{
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) message = {0};
	gp_auto(gp_buf) report = {.max = (size_t)4 << 20};
	struct gp_slice rest, line = {0};
	struct gp_oid tip;
	int e;

	gp_buf_fmt(&ref, "refs/heads/%s", branch);
	e = gp_repo_resolve(&tip, NULL, p->o->repo, gp_buf_text(&ref));
	if (!e)
		e = gp_repo_message(&message, p->o->repo, &tip);
	rest = gp_buf_all(&message);
	if (!e && gp_line(&line, &rest))
		gp_buf_visible(&p->title,
		               (struct gp_slice){line.p, line.n < TITLE_MAX ? line.n : TITLE_MAX});
	if (!e && !p->title.n)
		gp_buf_str(&p->title, branch);
	/* a branch that is no preview of ours has no report, and needs none */
	if (!e && gp_shown_render(&report, p->o->repo, gp_buf_text(&ref), GP_SHOWN_MARKDOWN) == 0)
		e = gp_buf_middle_out(&p->body, gp_buf_all(&report), BODY_MAX);
	return gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : e;
}

static int open_it(struct opening *p, const char *branch)
{
	gp_auto_loop struct gp_loop *loop = NULL;
	struct gp_pull pull = {.head = branch,
	                       .base = gp_buf_text(&p->base),
	                       .title = gp_buf_text(&p->title),
	                       .body = gp_buf_text(&p->body)};
	int e = gp_loop_new(&loop);

	gp_conf_list(&pull.labels, p->o->conf, "push.labels");
	gp_conf_list(&pull.reviewers, p->o->conf, "push.reviewers");
	if (!e)
		e = gp_forge_pull(&p->answer, loop, &p->place, gp_buf_text(&p->token), &pull);
	gp_list_clear(&pull.labels);
	gp_list_clear(&pull.reviewers);
	return e;
}

static void tell(const struct opening *p, const char *url, bool by_hand)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_bytes(j, "url", gp_slice(url));
	gp_json_put_bool(j, "by_hand", by_hand);
	gp_json_put_bool(j, "created", p->answer.created);
	gp_json_put_int(j, "number", p->answer.number);
	gp_term_event(p->o->term, "pull", j);
	if (by_hand)
		gp_term_say(p->o->term, "open the pull request there: %s", url);
	else
		gp_term_result(p->o->term, "%s", url);
}

static void tell_opened(const struct opening *p)
{
	tell(p, p->answer.url, false);
	gp_term_say(p->o->term, "the pull request is %s",
	            p->answer.created ? "opened" : "up to date");
	if (p->answer.no_draft)
		gp_term_warn(p->o->term, "%s has no drafts for this project: it is an ordinary one",
		             p->place.host);
	for (size_t i = 0; i < p->answer.missed.n; i++)
		gp_term_warn(p->o->term, "%s could not be set on the pull request",
		             p->answer.missed.v[i]);
}

static int request(struct opening *p, const char *remote, const char *branch)
{
	const char *from = "";
	int e = find_base(p, remote);

	if (e)
		return e;
	gp_forge_compare(&p->compare, &p->place, gp_buf_text(&p->base), branch);
	if (p->o->dry_run) {
		gp_term_say(p->o->term, "a pull request into '%s' would be opened at %s",
		            gp_buf_text(&p->base), p->place.host);
		return 0;
	}
	e = gp_forge_token(&p->token, &from, &p->place, p->o->repo);
	if (e == GP_NOTFOUND) {
		tell(p, gp_buf_text(&p->compare), true);
		return 0;
	}
	gp_term_detail(p->o->term, "the token for %s is from %s", p->place.host, from);
	if (!e)
		e = write_words(p, branch);
	if (!e)
		e = open_it(p, branch);
	if (!e)
		tell_opened(p);
	return e;
}

enum gp_status gp_pull_request(const struct gp_push_options *o, const char *remote,
                               const char *branch)
{
	struct opening p = {.o = o};
	enum gp_status status = GP_STATUS_OK;
	int e = find_place(&p, remote);

	if (e == GP_NOTFOUND) {
		gp_term_detail(o->term, "no pull request: %s", gp_message());
		e = 0;
	} else if (!e) {
		e = request(&p, remote, branch);
	}
	if (e) {
		status = e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_NO;
		if (e == GP_STOPPED)
			gp_fail(e, "interrupted");
		gp_term_error(o->term);
	}
	if (e && e != GP_STOPPED && p.compare.n)
		tell(&p, gp_buf_text(&p.compare), true);
	opening_clear(&p);
	return status;
}
