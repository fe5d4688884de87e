#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"

static const struct gp_pull_keys keys = {"html_url", "number", "body"};

/* The open one; of those that have ended the newest, which comes first, is noted. */
static int pick(struct gp_pull_answer *out, const struct cJSON *list)
{
	for (const struct cJSON *j = gp_json_first(list); j; j = gp_json_next(j)) {
		const char *state = gp_json_str(j, "state");

		if (!state || strcmp(state, "closed") != 0)
			return gp_pull_read(out, j, &keys);
		if (!out->ended) {
			out->ended = gp_json_int(j, "number", 0);
			out->merged = gp_json_str(j, "merged_at") != NULL;
		}
	}
	return 0;
}

/* The open request of the branch, if there is one. */
static int find(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                const struct gp_pull *p)
{
	gp_auto(gp_buf) path = {0};
	struct gp_forge_reply r = {0};
	int e;

	gp_buf_fmt(&path, "/repos/%s/pulls?state=all&head=", c->place->project);
	gp_forge_escape(&path, c->place->owner);
	gp_buf_chr(&path, ':');
	gp_forge_escape(&path, p->head);
	gp_buf_str(&path, "&base=");
	gp_forge_escape(&path, p->base);
	e = gp_forge_call(&r, c, "GET", gp_buf_text(&path), NULL);
	if (!e && r.status != 200)
		e = gp_forge_refused(c, &r, "look for the pull request");
	else if (!e && !gp_json_is_array(r.json))
		e = gp_fail(GP_INVALID, "the code host's answer is no list of pull requests");
	else if (!e)
		e = pick(out, r.json);
	gp_forge_reply_clear(&r);
	return e;
}

static int change(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *p)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};
	struct gp_forge_reply r = {0};
	struct cJSON *body;
	int e;

	if (gp_pull_renew(&text, out, p))
		return 0;
	body = gp_json_object();
	gp_buf_fmt(&path, "/repos/%s/pulls/%lld", c->place->project, out->number);
	gp_json_put_str(body, "title", p->title);
	gp_json_put_str(body, "body", gp_buf_text(&text));
	e = gp_forge_call(&r, c, "PATCH", gp_buf_text(&path), body);
	if (!e && r.status != 200)
		e = gp_forge_refused(c, &r, "bring the pull request up to date");
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
	return e;
}

/* Private projects of some plans have no drafts; GitHub says so in words only. */
static bool wants_no_draft(const struct gp_forge_reply *r)
{
	const char *said = gp_json_str(r->json, "message");
	bool found = said && strcasestr(said, "draft");

	for (struct cJSON *e = gp_json_first(gp_json_get(r->json, "errors")); e && !found;
	     e = gp_json_next(e)) {
		said = gp_json_str(e, "message");
		found = said && strcasestr(said, "draft");
	}
	return r->status == 422 && found;
}

static int create(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *p)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};
	struct gp_forge_reply r = {0};
	struct cJSON *body = gp_json_object();
	int e = gp_pull_text(&text, p->body, NULL);

	gp_buf_fmt(&path, "/repos/%s/pulls", c->place->project);
	gp_json_put_str(body, "title", p->title);
	gp_json_put_str(body, "head", p->head);
	gp_json_put_str(body, "base", p->base);
	gp_json_put_str(body, "body", gp_buf_text(&text));
	gp_json_put_bool(body, "draft", true);
	if (!e)
		e = gp_forge_call(&r, c, "POST", gp_buf_text(&path), body);
	if (!e && wants_no_draft(&r)) {
		out->no_draft = true;
		gp_json_put_bool(body, "draft", false);
		e = gp_forge_call(&r, c, "POST", gp_buf_text(&path), body);
	}
	if (!e && r.status != 201)
		e = gp_forge_refused(c, &r, "open the pull request");
	if (!e)
		e = gp_pull_read(out, r.json, &keys);
	out->created = !e;
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
	return e;
}

static void add_names(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                      const char *where, const char *key, const struct gp_list *names,
                      const char *what)
{
	gp_auto(gp_buf) path = {0};
	struct gp_forge_reply r = {0};
	struct cJSON *body = gp_json_object(), *list = gp_json_array();

	for (size_t i = 0; i < names->n; i++)
		gp_json_push_str(list, names->v[i]);
	gp_json_put(body, key, list);
	gp_buf_fmt(&path, "/repos/%s/%s", c->place->project, where);
	if (names->n && (gp_forge_call(&r, c, "POST", gp_buf_text(&path), body) ||
	                 (r.status != 200 && r.status != 201)))
		gp_list_add(&out->missed, what);
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
}

int gp_github_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                   const struct gp_pull *p)
{
	gp_auto(gp_buf) labels = {0};
	gp_auto(gp_buf) reviewers = {0};
	int e = find(out, c, p);

	if (!e)
		e = out->url ? change(out, c, p) : create(out, c, p);
	if (e || out->foreign)
		return e;
	gp_buf_fmt(&labels, "issues/%lld/labels", out->number);
	gp_buf_fmt(&reviewers, "pulls/%lld/requested_reviewers", out->number);
	add_names(out, c, gp_buf_text(&labels), "labels", &p->labels, "labels");
	add_names(out, c, gp_buf_text(&reviewers), "reviewers", &p->reviewers, "reviewers");
	return gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : 0;
}
