#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"

/* A draft is what its title says. */
#define DRAFT "Draft: "

static const struct gp_pull_keys keys = {"web_url", "iid", "description"};

/* The open one; of those that have ended the newest, which comes first, is noted. */
static int pick(struct gp_pull_answer *out, const struct cJSON *list)
{
	for (const struct cJSON *j = gp_json_first(list); j; j = gp_json_next(j)) {
		const char *state = gp_json_str(j, "state");
		bool merged = state && strcmp(state, "merged") == 0;

		if (!merged && (!state || strcmp(state, "closed") != 0))
			return gp_pull_read(out, j, &keys);
		if (!out->ended) {
			out->ended = gp_json_int(j, "iid", 0);
			out->merged = merged;
		}
	}
	return 0;
}

static void put_project(struct gp_buf *out, const struct gp_forge_caller *c)
{
	gp_buf_str(out, "/projects/");
	gp_forge_escape(out, c->place->project);
}

static int find(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                const struct gp_pull *p)
{
	gp_auto(gp_buf) path = {0};
	struct gp_forge_reply r = {0};
	int e;

	put_project(&path, c);
	gp_buf_str(&path, "/merge_requests?source_branch=");
	gp_forge_escape(&path, p->head);
	gp_buf_str(&path, "&target_branch=");
	gp_forge_escape(&path, p->base);
	e = gp_forge_call(&r, c, "GET", gp_buf_text(&path), NULL);
	if (!e && r.status != 200)
		e = gp_forge_refused(c, &r, "look for the merge request");
	else if (!e && !gp_json_is_array(r.json))
		e = gp_fail(GP_INVALID, "the code host's answer is no list of merge requests");
	else if (!e)
		e = pick(out, r.json);
	gp_forge_reply_clear(&r);
	return e;
}

/* Reviewers are numbers here. */
static void put_reviewers(struct cJSON *body, struct gp_pull_answer *out,
                          const struct gp_forge_caller *c, const struct gp_list *names)
{
	struct cJSON *ids = gp_json_array();

	for (size_t i = 0; i < names->n; i++) {
		gp_auto(gp_buf) path = {0};
		struct gp_forge_reply r = {0};
		long long id = 0;

		gp_buf_str(&path, "/users?username=");
		gp_forge_escape(&path, names->v[i]);
		if (gp_forge_call(&r, c, "GET", gp_buf_text(&path), NULL) == 0 && r.status == 200)
			id = gp_json_int(gp_json_first(r.json), "id", 0);
		if (id > 0) {
			struct cJSON *one = gp_json_object();

			gp_json_put_int(one, "id", id);
			gp_json_push(ids, gp_json_detach(one, "id"));
			gp_json_clear(&one);
		} else {
			gp_list_fmt(&out->missed, "reviewer '%s'", names->v[i]);
		}
		gp_forge_reply_clear(&r);
	}
	if (gp_json_count(ids))
		gp_json_put(body, "reviewer_ids", ids);
	else
		gp_json_clear(&ids);
}

static void put_labels(struct cJSON *body, const char *key, const struct gp_list *labels)
{
	gp_auto(gp_buf) all = {0};

	for (size_t i = 0; i < labels->n; i++)
		gp_buf_fmt(&all, "%s%s", i ? "," : "", labels->v[i]);
	if (labels->n)
		gp_json_put_str(body, key, gp_buf_text(&all));
}

static int send(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                const struct gp_pull *p)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) title = {0};
	gp_auto(gp_buf) text = {0};
	struct gp_forge_reply r = {0};
	struct cJSON *body;
	bool known = out->url != NULL;
	int e = known ? gp_pull_renew(&text, out, p) : gp_pull_text(&text, p->body, NULL);

	if (e)
		return out->foreign ? 0 : e;
	body = gp_json_object();
	put_project(&path, c);
	gp_buf_str(&path, "/merge_requests");
	gp_buf_fmt(&title, DRAFT "%s", p->title);
	gp_json_put_str(body, "description", gp_buf_text(&text));
	put_reviewers(body, out, c, &p->reviewers);
	put_labels(body, known ? "add_labels" : "labels", &p->labels);
	if (known) {
		/* whether it is a draft is for people to say, once it is open */
		gp_buf_fmt(&path, "/%lld", out->number);
	} else {
		gp_json_put_str(body, "title", gp_buf_text(&title));
		gp_json_put_str(body, "source_branch", p->head);
		gp_json_put_str(body, "target_branch", p->base);
	}
	e = gp_forge_call(&r, c, known ? "PUT" : "POST", gp_buf_text(&path), body);
	if (!e && r.status != (known ? 200 : 201))
		e = gp_forge_refused(c, &r, "open the merge request");
	if (!e)
		e = gp_pull_read(out, r.json, &keys);
	out->created = !e && !known;
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
	return e;
}

int gp_gitlab_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                   const struct gp_pull *p)
{
	int e = find(out, c, p);

	return e ? e : send(out, c, p);
}
