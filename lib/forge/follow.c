#include "lib/forge/follow.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/call.h"

#define FEEDS_MAX 60
#define PAGES_MAX 10

/* What a host is asked for, in this order. In path, %c is the commit and %n the pull request's
 * number; one with %n goes only where there is one, and none marked without. page: elements of a
 * page. */
static const struct row {
	enum gp_forge_kind kind;
	const char *what, *path;
	size_t page;
	size_t (*read)(struct gp_checks *out, struct gp_checks_more *more, const struct cJSON *j,
	               const struct gp_checks_of *of);
	size_t (*read_more)(struct gp_checks *out, struct gp_checks_more *more,
	                    const struct cJSON *j, const struct gp_checks_of *of);
	bool without;
} rows[] = {
	{GP_FORGE_GITHUB, "check runs", "/commits/%c/check-runs?filter=latest&per_page=100", 100,
         gp_checks_github_runs, NULL, false},
	{GP_FORGE_GITHUB, "commit statuses", "/commits/%c/status?per_page=100", 100,
         gp_checks_github_statuses, NULL, false},
	{GP_FORGE_GITHUB, "deployments", "/deployments?sha=%c&per_page=100", 100,
         gp_checks_github_deployments, gp_checks_github_deployment, false},
	{GP_FORGE_GITLAB, "the merge request's pipeline", "/merge_requests/%n", 0,
         gp_checks_gitlab_request, gp_checks_gitlab_jobs, false},
	{GP_FORGE_GITLAB, "pipelines", "/pipelines?sha=%c", 0, gp_checks_gitlab_pipelines, NULL,
         true},
	{GP_FORGE_GITLAB, "jobs and statuses", "/repository/commits/%c/statuses?per_page=100", 100,
         gp_checks_gitlab_jobs, NULL, false},
	{GP_FORGE_GITLAB, "deployments", "/deployments?order_by=id&sort=desc&per_page=50", 0,
         gp_checks_gitlab_deployments, NULL, false},
	{GP_FORGE_GITEA, "commit statuses", "/commits/%c/status?limit=50", 50,
         gp_checks_gitea_statuses, NULL, false},
};

struct feed {
	const struct row *row;
	char *path;
	char *name; /* NULL: it is the row's own */
	char etag[128];
	struct gp_checks found;
	struct gp_list ids;
	char *refused; /* "403: words", as of the last answer */
	int page;
};

struct gp_follow {
	const struct gp_forge_caller *c;
	char *commit;
	struct feed v[FEEDS_MAX];
	size_t n;
};

static void put_path(struct gp_buf *out, const struct gp_follow *f, const char *path,
                     long long pull)
{
	if (f->c->place->kind == GP_FORGE_GITLAB) {
		gp_buf_str(out, "/projects/");
		gp_forge_escape(out, f->c->place->project);
	} else {
		gp_buf_fmt(out, "/repos/%s", f->c->place->project);
	}
	for (; *path; path++) {
		if (path[0] == '%' && path[1] == 'c')
			gp_buf_str(out, f->commit);
		else if (path[0] == '%' && path[1] == 'n')
			gp_buf_fmt(out, "%lld", pull);
		else
			gp_buf_chr(out, *path);
		path += *path == '%';
	}
}

static void add_feed(struct gp_follow *f, const struct row *row, char *path, const char *name,
                     int page)
{
	bool known = false;

	for (size_t i = 0; i < f->n && !known; i++)
		known = strcmp(f->v[i].path, path) == 0;
	if (known || f->n == FEEDS_MAX) {
		gp_free(path);
		return;
	}
	f->v[f->n++] = (struct feed){
		.row = row, .path = path, .name = name ? gp_strdup(name) : NULL, .page = page};
}

void gp_follow_new(struct gp_follow **out, const struct gp_forge_caller *c, const char *commit,
                   long long pull)
{
	struct gp_follow *f = gp_alloc(sizeof(*f));

	*f = (struct gp_follow){.c = c, .commit = gp_strdup(commit)};
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_buf) path = {0};

		if (rows[i].kind != c->place->kind || (rows[i].without && pull) ||
		    (strstr(rows[i].path, "%n") && !pull))
			continue;
		put_path(&path, f, rows[i].path, pull);
		add_feed(f, &rows[i], gp_buf_take(&path), NULL, 1);
	}
	*out = f;
}

static void feed_clear(struct feed *x)
{
	gp_free(x->path);
	gp_free(x->name);
	gp_free(x->refused);
	gp_checks_clear(&x->found);
	gp_list_clear(&x->ids);
}

void gp_follow_free(struct gp_follow **f)
{
	if (!*f)
		return;
	for (size_t i = 0; i < (*f)->n; i++)
		feed_clear(&(*f)->v[i]);
	gp_free((*f)->commit);
	gp_free(*f);
	*f = NULL;
}

/* What of the answer has addresses of its own, and its next page. */
static void follow_up(struct gp_follow *f, struct feed *x, const struct gp_checks_more *more,
                      size_t n)
{
	gp_auto(gp_buf) next = {0};

	for (size_t i = 0; i < more->paths.n; i++) {
		gp_auto(gp_buf) path = {0};

		put_path(&path, f, more->paths.v[i], 0);
		add_feed(f, x->row, gp_buf_take(&path), more->names.v[i], 1);
	}
	if (x->name || !x->row->page || n < x->row->page || x->page == PAGES_MAX)
		return;
	put_path(&next, f, x->row->path, 0);
	gp_buf_fmt(&next, "&page=%d", x->page + 1);
	add_feed(f, x->row, gp_buf_take(&next), NULL, x->page + 1);
}

static void read_answer(struct gp_follow *f, struct feed *x, const struct gp_forge_reply *r)
{
	gp_auto(gp_checks_more) more = {0};
	gp_auto(gp_list) ids = {0};
	const struct gp_checks_of of = {f->commit, x->name, &ids};
	size_t n;

	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->v[i].ids.n; k++)
			gp_list_add(&ids, f->v[i].ids.v[k]);
	gp_checks_clear(&x->found);
	gp_list_clear(&x->ids);
	n = (x->name ? x->row->read_more : x->row->read)(&x->found, &more, r->json, &of);
	for (size_t i = 0; i < more.ids.n; i++)
		gp_list_add(&x->ids, more.ids.v[i]);
	memcpy(x->etag, r->etag, sizeof(x->etag));
	follow_up(f, x, &more, n);
}

/* Rights and commits come late, and projects go without some of what is asked for: no failure. */
static void take_refusal(struct gp_follow *f, struct feed *x, const struct gp_forge_reply *r)
{
	gp_auto(gp_buf) what = {0};
	gp_auto(gp_buf) why = {0};

	gp_buf_fmt(&what, "see the %s", x->row->what);
	gp_forge_refused(f->c, r, gp_buf_text(&what));
	gp_buf_str(&why, gp_message());
	x->refused = gp_buf_take(&why);
	x->etag[0] = 0;
}

static int ask(struct gp_follow *f, struct feed *x, long *rest_ms)
{
	struct gp_forge_reply r = {0};
	int e = gp_forge_ask(&r, f->c, x->path, x->etag);
	bool final;

	if (r.wait_ms > *rest_ms)
		*rest_ms = r.wait_ms;
	final = r.status == 401 || (r.status >= 300 && r.status < 400 && r.status != 304);
	if (!e && (final || r.limited || r.status >= 500)) {
		gp_forge_refused(f->c, &r, "follow the checks");
		e = final ? GP_REFUSED : GP_BROKEN;
	} else if (!e) {
		gp_free(x->refused);
		x->refused = NULL;
		if (r.status == 200)
			read_answer(f, x, &r);
		else if (r.status != 304)
			take_refusal(f, x, &r);
	}
	gp_forge_reply_clear(&r);
	return e;
}

static void add_check(struct gp_checks *out, const struct gp_check *c)
{
	gp_checks_add(out, &(struct gp_check_told){c->name, c->word, c->url, c->site, c->state,
	                                           c->deployment});
}

int gp_follow_ask(struct gp_checks *out, long *rest_ms, struct gp_follow *f)
{
	int e = 0;

	*rest_ms = 0;
	for (size_t i = 0; i < f->n && !e; i++)
		e = ask(f, &f->v[i], rest_ms);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->v[i].found.n; k++)
			add_check(out, &f->v[i].found.v[k]);
	return e;
}

void gp_follow_refused(struct gp_list *out, const struct gp_follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].refused)
			gp_list_add(out, f->v[i].refused);
}
