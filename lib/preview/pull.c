#include "lib/preview/pull.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/context/context.h"
#include "lib/preview/shown.h"
#include "lib/vet/secrets.h"

/* GitHub takes 65536 characters. */
#define BODY_MAX 60000
#define TITLE_MAX 200

struct opening {
	const struct gp_push_options *o;
	struct gp_host *host;
	struct gp_buf base, title, body, compare;
	struct gp_pull_answer answer;
};

static void opening_clear(struct opening *p)
{
	gp_buf_clear(&p->base);
	gp_buf_clear(&p->title);
	gp_buf_clear(&p->body);
	gp_buf_clear(&p->compare);
	gp_pull_answer_clear(&p->answer);
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

/* What a request says may hold a credential that no commit has, and so no look at them has found. A
 * net that cannot be spread lets nothing through. */
static int mask(struct gp_buf *text, struct gp_secrets *s)
{
	struct gp_secret_list found = {0};
	gp_auto(gp_buf) shown = {0};
	gp_auto(gp_buf) masked = {0};
	size_t at = 0;
	int e = gp_secrets_scan(&found, s, gp_buf_all(text), NULL);

	for (size_t i = 0; !e && i < found.n; i++) {
		if (found.v[i].from < at)
			continue;
		gp_buf_add(&shown, text->p + at, found.v[i].from - at);
		gp_buf_str(&shown, "[secret masked]");
		at = found.v[i].from + found.v[i].n;
	}
	gp_secret_list_clear(&found);
	if (e)
		return e;
	if (text->n > at)
		gp_buf_add(&shown, text->p + at, text->n - at);
	gp_context_mask(&masked, gp_buf_all(&shown));
	gp_buf_cut(text, 0);
	return gp_buf_slice(text, gp_buf_all(&masked));
}

/* What a person reads there: the summary's first line, and the report. */
static int write_words(struct opening *p, const char *branch)
{
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) message = {0};
	gp_auto(gp_buf) report = {.max = (size_t)4 << 20};
	gp_auto_secrets struct gp_secrets *secrets = NULL;
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
	if (!e && gp_shown_render(&report, p->o->repo, gp_buf_text(&ref), GP_SHOWN_MARKDOWN))
		gp_buf_cut(&report, 0);
	if (!e)
		e = gp_secrets_open(&secrets);
	if (!e)
		e = mask(&report, secrets);
	if (!e)
		e = mask(&p->title, secrets);
	if (!e)
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
	struct gp_forge_caller c = {.place = &p->host->place,
	                            .token = gp_buf_text(&p->host->token),
	                            .from = p->host->from,
	                            .total_ms = gp_host_deadline_ms(p->o->conf)};
	int e = gp_loop_new(&loop);

	c.loop = loop;
	gp_conf_list(&pull.labels, p->o->conf, "push.labels");
	gp_conf_list(&pull.reviewers, p->o->conf, "push.reviewers");
	if (!e)
		e = gp_forge_pull(&p->answer, &c, &pull);
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
	if (p->answer.foreign)
		gp_term_warn(p->o->term,
		             "pull request %lld was not opened by git preview: its title and text "
		             "are left as they are",
		             p->answer.number);
	else
		gp_term_say(p->o->term, "the pull request is %s",
		            p->answer.created ? "opened" : "up to date");
	if (p->answer.created && p->answer.ended)
		gp_term_say(p->o->term, "an earlier one of the branch, %lld, was %s",
		            p->answer.ended, p->answer.merged ? "merged" : "closed");
	if (p->answer.no_draft)
		gp_term_warn(p->o->term, "%s has no drafts for this project: it is an ordinary one",
		             p->host->place.host);
	for (size_t i = 0; i < p->answer.missed.n; i++)
		gp_term_warn(p->o->term, "%s could not be set on the pull request",
		             p->answer.missed.v[i]);
}

static int request(struct opening *p, const char *remote, const char *branch)
{
	int e = find_base(p, remote);

	if (e)
		return e;
	gp_forge_compare(&p->compare, &p->host->place, gp_buf_text(&p->base), branch);
	if (p->o->dry_run) {
		gp_term_say(p->o->term, "a pull request into '%s' would be opened at %s",
		            gp_buf_text(&p->base), p->host->place.host);
		return 0;
	}
	e = gp_host_token(p->host, p->o->repo, p->o->conf);
	if (e == GP_NOTFOUND) {
		tell(p, gp_buf_text(&p->compare), true);
		return 0;
	}
	if (!e)
		gp_term_detail(p->o->term, "the token for %s is from %s", p->host->place.host,
		               p->host->from);
	if (!e)
		e = write_words(p, branch);
	if (!e)
		e = open_it(p, branch);
	if (!e)
		tell_opened(p);
	return e;
}

enum gp_status gp_pull_request(long long *number, const struct gp_push_options *o,
                               struct gp_host *host, const char *remote, const char *branch)
{
	struct opening p = {.o = o, .host = host};
	enum gp_status status = GP_STATUS_OK;
	int e = request(&p, remote, branch);

	*number = e ? 0 : p.answer.number;
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
