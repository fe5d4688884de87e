#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"

#define PAGES_MAX 10

/* How a host lists its open requests and closes one. */
static const struct row {
	const char *list; /* below the project; the page's number is added */
	size_t page;
	struct gp_pull_keys keys;
	const char *method, *one, *key, *closed;
} rows[] = {
	[GP_FORGE_GITHUB] = {"/pulls?state=open&per_page=100&page=",
                             100,
                             {"html_url", "number", "body"},
                             "PATCH",
                             "/pulls/",
                             "state",
                             "closed"},
	[GP_FORGE_GITLAB] = {"/merge_requests?state=opened&per_page=100&page=",
                             100,
                             {"web_url", "iid", "description"},
                             "PUT",
                             "/merge_requests/",
                             "state_event",
                             "close"},
	[GP_FORGE_GITEA] = {"/pulls?state=open&limit=50&page=",
                            50,
                            {"html_url", "number", "body"},
                            "PATCH",
                            "/pulls/",
                            "state",
                            "closed"},
};

void gp_pulls_clear(struct gp_pulls *p)
{
	for (size_t i = 0; i < p->n; i++) {
		gp_free(p->v[i].url);
		gp_free(p->v[i].head);
		gp_free(p->v[i].commit);
	}
	gp_free(p->v);
	*p = (struct gp_pulls){0};
}

static void put_path(struct gp_buf *out, const struct gp_forge_place *p)
{
	if (p->kind == GP_FORGE_GITLAB) {
		gp_buf_str(out, "/projects/");
		gp_forge_escape(out, p->project);
	} else {
		gp_buf_fmt(out, "/repos/%s", p->project);
	}
}

/* A request from a fork may have a branch of the same name. */
static bool from_here(const struct gp_forge_place *p, const struct cJSON *j)
{
	const struct cJSON *head = gp_json_get(j, "head");
	const char *name = gp_json_str(gp_json_get(head, "repo"), "full_name");
	long long from = gp_json_int(j, "source_project_id", -1);

	if (p->kind == GP_FORGE_GITLAB)
		return from > 0 && from == gp_json_int(j, "target_project_id", -2);
	return name && strcasecmp(name, p->project) == 0;
}

static void add(struct gp_pulls *out, const struct gp_forge_caller *c, const struct cJSON *j)
{
	bool lab = c->place->kind == GP_FORGE_GITLAB;
	const struct cJSON *head = gp_json_get(j, "head");
	const char *branch = lab ? gp_json_str(j, "source_branch") : gp_json_str(head, "ref");
	const char *commit = gp_json_str(lab ? j : head, "sha");
	gp_auto(gp_pull_answer) a = {0};

	if (!branch || !commit || !from_here(c->place, j) ||
	    gp_pull_read(&a, j, &rows[c->place->kind].keys))
		return;
	out->v = gp_realloc(out->v, (out->n + 1) * sizeof(*out->v));
	out->v[out->n++] = (struct gp_pull_seen){.number = a.number,
	                                         .url = gp_strdup(a.url),
	                                         .head = gp_strdup(branch),
	                                         .commit = gp_strdup(commit),
	                                         .ours = gp_pull_is_ours(a.text)};
}

int gp_forge_pulls(struct gp_pulls *out, const struct gp_forge_caller *c)
{
	const struct row *row = &rows[c->place->kind];
	size_t n = row->page;
	int e = 0;

	for (int page = 1; !e && n >= row->page && page <= PAGES_MAX; page++) {
		gp_auto(gp_buf) path = {0};
		struct gp_forge_reply r = {0};

		put_path(&path, c->place);
		gp_buf_fmt(&path, "%s%d", row->list, page);
		e = gp_forge_call(&r, c, "GET", gp_buf_text(&path), NULL);
		if (!e && r.status != 200)
			e = gp_forge_refused(c, &r, "list the pull requests");
		else if (!e && !gp_json_is_array(r.json))
			e = gp_fail(GP_INVALID, "the code host's answer is no list of pull "
			                        "requests");
		n = gp_json_count(r.json);
		for (const struct cJSON *j = gp_json_first(r.json); !e && j; j = gp_json_next(j))
			add(out, c, j);
		gp_forge_reply_clear(&r);
	}
	return e;
}

int gp_forge_close(const struct gp_forge_caller *c, long long number)
{
	const struct row *row = &rows[c->place->kind];
	gp_auto(gp_buf) path = {0};
	gp_auto_json struct cJSON *body = gp_json_object();
	struct gp_forge_reply r = {0};
	int e;

	put_path(&path, c->place);
	gp_buf_fmt(&path, "%s%lld", row->one, number);
	gp_json_put_str(body, row->key, row->closed);
	e = gp_forge_call(&r, c, row->method, gp_buf_text(&path), body);
	if (!e && r.status != 200 && r.status != 201)
		e = gp_forge_refused(c, &r, "close the pull request");
	gp_forge_reply_clear(&r);
	return e;
}
