#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"

/* A draft is what its title says. */
#define DRAFT "WIP: "
#define PAGE 50
#define PAGES_MAX 20

static const struct gp_pull_keys keys = {"html_url", "number", "body"};

static bool is_ours(const struct cJSON *j, const struct gp_pull *p)
{
	const char *head = gp_json_str(gp_json_get(j, "head"), "ref");
	const char *base = gp_json_str(gp_json_get(j, "base"), "ref");

	return head && base && strcmp(head, p->head) == 0 && strcmp(base, p->base) == 0;
}

/* There is no asking for a branch's own: the open ones are looked through. */
static int find(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                const struct gp_pull *p)
{
	size_t n = PAGE;
	int e = 0;

	for (int page = 1; !e && n == PAGE && page <= PAGES_MAX && !out->url; page++) {
		gp_auto(gp_buf) path = {0};
		struct gp_forge_reply r = {0};

		gp_buf_fmt(&path, "/repos/%s/pulls?state=open&limit=%d&page=%d", c->place->project,
		           PAGE, page);
		e = gp_forge_call(&r, c, "GET", gp_buf_text(&path), NULL);
		if (!e && r.status != 200)
			e = gp_forge_refused(c, &r, "look for the pull request");
		else if (!e && !gp_json_is_array(r.json))
			e = gp_fail(GP_INVALID, "the code host's answer is no list");
		n = gp_json_count(r.json);
		for (struct cJSON *j = gp_json_first(r.json); !e && j && !out->url;
		     j = gp_json_next(j))
			if (is_ours(j, p))
				e = gp_pull_read(out, j, &keys);
		gp_forge_reply_clear(&r);
	}
	return e;
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
	gp_buf_fmt(&path, "/repos/%s/pulls", c->place->project);
	gp_buf_fmt(&title, DRAFT "%s", p->title);
	gp_json_put_str(body, "body", gp_buf_text(&text));
	if (known) {
		gp_buf_fmt(&path, "/%lld", out->number);
	} else {
		gp_json_put_str(body, "title", gp_buf_text(&title));
		gp_json_put_str(body, "head", p->head);
		gp_json_put_str(body, "base", p->base);
	}
	e = gp_forge_call(&r, c, known ? "PATCH" : "POST", gp_buf_text(&path), body);
	if (!e && r.status != 201 && !(known && r.status == 200))
		e = gp_forge_refused(c, &r, "open the pull request");
	if (!e)
		e = gp_pull_read(out, r.json, &keys);
	out->created = !e && !known;
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
	return e;
}

static void add_reviewers(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                          const struct gp_list *names)
{
	gp_auto(gp_buf) path = {0};
	struct gp_forge_reply r = {0};
	struct cJSON *body = gp_json_object(), *list = gp_json_array();

	for (size_t i = 0; i < names->n; i++)
		gp_json_push_str(list, names->v[i]);
	gp_json_put(body, "reviewers", list);
	gp_buf_fmt(&path, "/repos/%s/pulls/%lld/requested_reviewers", c->place->project,
	           out->number);
	if (names->n && (gp_forge_call(&r, c, "POST", gp_buf_text(&path), body) || r.status != 201))
		gp_list_add(&out->missed, "reviewers");
	gp_json_clear(&body);
	gp_forge_reply_clear(&r);
}

/* Labels have numbers, which the project's list tells. */
static void add_labels(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                       const struct gp_list *names)
{
	gp_auto(gp_buf) path = {0};
	struct gp_forge_reply all = {0}, r = {0};
	struct cJSON *body = gp_json_object(), *list = gp_json_array();

	gp_buf_fmt(&path, "/repos/%s/labels?limit=%d", c->place->project, PAGE);
	if (names->n)
		gp_forge_call(&all, c, "GET", gp_buf_text(&path), NULL);
	for (size_t i = 0; i < names->n; i++) {
		struct cJSON *j = gp_json_first(all.json);

		while (j && (!gp_json_str(j, "name") ||
		             strcmp(gp_json_str(j, "name"), names->v[i]) != 0))
			j = gp_json_next(j);
		if (j)
			gp_json_push(list, gp_json_copy(gp_json_get(j, "id")));
		else
			gp_list_fmt(&out->missed, "label '%s'", names->v[i]);
	}
	gp_buf_cut(&path, 0);
	gp_buf_fmt(&path, "/repos/%s/issues/%lld/labels", c->place->project, out->number);
	if (gp_json_count(list)) {
		gp_json_put(body, "labels", list);
		if (gp_forge_call(&r, c, "POST", gp_buf_text(&path), body) || r.status != 200)
			gp_list_add(&out->missed, "labels");
	} else {
		gp_json_clear(&list);
	}
	gp_json_clear(&body);
	gp_forge_reply_clear(&all);
	gp_forge_reply_clear(&r);
}

int gp_gitea_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *p)
{
	int e = find(out, c, p);

	if (!e)
		e = send(out, c, p);
	if (e || out->foreign)
		return e;
	add_labels(out, c, &p->labels);
	add_reviewers(out, c, &p->reviewers);
	return gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : 0;
}
