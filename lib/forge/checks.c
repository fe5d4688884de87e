#include "lib/forge/checks.h"

#include <string.h>

#include "lib/base/json.h"

#define TEXT_MAX 100
#define URL_MAX 2000
#define SAME_MAX 50

static void check_clear(struct gp_check *c)
{
	gp_free(c->name);
	gp_free(c->word);
	gp_free(c->url);
	gp_free(c->site);
}

void gp_checks_clear(struct gp_checks *c)
{
	for (size_t i = 0; i < c->n; i++)
		check_clear(&c->v[i]);
	gp_free(c->v);
	*c = (struct gp_checks){0};
}

void gp_checks_more_clear(struct gp_checks_more *m)
{
	gp_list_clear(&m->paths);
	gp_list_clear(&m->names);
	gp_list_clear(&m->ids);
}

static bool is_there(const struct gp_checks *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

/* It is cut where a character ends. */
static char *short_text(const char *s)
{
	size_t n = s ? strnlen(s, TEXT_MAX) : 0;

	while (n == TEXT_MAX && n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return gp_strndup(s ? s : "", n);
}

/* It is shown, and perhaps opened. */
static char *address(const char *s)
{
	bool web = s && (gp_starts(s, "https://") || gp_starts(s, "http://"));

	if (!web || strlen(s) > URL_MAX)
		return NULL;
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return NULL;
	return gp_strdup(s);
}

void gp_checks_add(struct gp_checks *c, const struct gp_check_told *one)
{
	gp_auto(gp_buf) name = {0};
	gp_auto_str char *cut = short_text(one->name && *one->name ? one->name : "check");

	if (c->n == GP_CHECKS_MAX)
		return;
	gp_buf_str(&name, cut);
	for (int i = 2; is_there(c, gp_buf_text(&name)) && i < SAME_MAX; i++) {
		gp_buf_cut(&name, 0);
		gp_buf_fmt(&name, "%s (%d)", cut, i);
	}
	c->v = gp_realloc(c->v, (c->n + 1) * sizeof(*c->v));
	c->v[c->n++] = (struct gp_check){.name = gp_buf_take(&name),
	                                 .word = short_text(one->word),
	                                 .url = address(one->url),
	                                 .site = address(one->site),
	                                 .state = one->state,
	                                 .deployment = one->deployment};
}

/* The states of all hosts; what none of them documents has failed. */
static const struct {
	const char *word;
	enum gp_check_state state;
} words[] = {
	{"success", GP_CHECK_PASSED},
	{"warning", GP_CHECK_PASSED},
	{"neutral", GP_CHECK_SKIPPED},
	{"skipped", GP_CHECK_SKIPPED},
	{"inactive", GP_CHECK_SKIPPED},
	{"manual", GP_CHECK_SKIPPED},
	{"queued", GP_CHECK_RUNS},
	{"requested", GP_CHECK_RUNS},
	{"waiting", GP_CHECK_RUNS},
	{"pending", GP_CHECK_RUNS},
	{"in_progress", GP_CHECK_RUNS},
	{"created", GP_CHECK_RUNS},
	{"waiting_for_resource", GP_CHECK_RUNS},
	{"waiting_for_callback", GP_CHECK_RUNS},
	{"preparing", GP_CHECK_RUNS},
	{"running", GP_CHECK_RUNS},
	{"scheduled", GP_CHECK_RUNS},
	{"canceling", GP_CHECK_RUNS},
	{"blocked", GP_CHECK_RUNS},
};

static enum gp_check_state state_of(const char *word)
{
	for (size_t i = 0; word && i < GP_COUNT(words); i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].state;
	return GP_CHECK_FAILED;
}

size_t gp_checks_github_runs(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                             const struct cJSON *j, const struct gp_checks_of *of GP_UNUSED)
{
	const struct cJSON *list = gp_json_get(j, "check_runs");

	for (const struct cJSON *r = gp_json_first(list); r; r = gp_json_next(r)) {
		const char *status = gp_json_str(r, "status");
		const char *page = gp_json_str(r, "details_url");
		bool done = status && strcmp(status, "completed") == 0;

		if (!status)
			continue;
		status = done ? gp_json_str(r, "conclusion") : status;
		gp_checks_add(out, &(struct gp_check_told){
					   .name = gp_json_str(r, "name"),
					   .word = (status ? status : "no conclusion"),
					   .url = (page ? page : gp_json_str(r, "html_url")),
					   /* a new word of something that goes on is no failure */
					   .state = done ? state_of(status) : GP_CHECK_RUNS,
				   });
	}
	return gp_json_count(list);
}

/* Commit statuses are the same on GitHub and Gitea, but for a key. */
static size_t read_statuses(struct gp_checks *out, const struct cJSON *j, const char *key)
{
	const struct cJSON *list = gp_json_get(j, "statuses");

	for (const struct cJSON *s = gp_json_first(list); s; s = gp_json_next(s)) {
		const char *word = gp_json_str(s, key);

		if (word)
			gp_checks_add(out, &(struct gp_check_told){
						   .name = gp_json_str(s, "context"),
						   .word = word,
						   .url = gp_json_str(s, "target_url"),
						   .state = state_of(word),
					   });
	}
	return gp_json_count(list);
}

size_t gp_checks_github_statuses(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                                 const struct cJSON *j, const struct gp_checks_of *of GP_UNUSED)
{
	return read_statuses(out, j, "state");
}

size_t gp_checks_gitea_statuses(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                                const struct cJSON *j, const struct gp_checks_of *of GP_UNUSED)
{
	return read_statuses(out, j, "status");
}

static bool has(const struct gp_list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

/* The newest comes first, and is the one that counts of an environment. */
size_t gp_checks_github_deployments(struct gp_checks *out GP_UNUSED, struct gp_checks_more *more,
                                    const struct cJSON *j, const struct gp_checks_of *of)
{
	for (const struct cJSON *d = gp_json_first(j); d; d = gp_json_next(d)) {
		const char *name = gp_json_str(d, "environment"), *sha = gp_json_str(d, "sha");
		long long id = gp_json_int(d, "id", 0);

		if (id <= 0 || !name || !sha || strcmp(sha, of->commit) != 0 ||
		    has(&more->names, name))
			continue;
		gp_list_add(&more->names, name);
		gp_list_fmt(&more->paths, "/deployments/%lld/statuses?per_page=1", id);
	}
	return gp_json_count(j);
}

size_t gp_checks_github_deployment(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                                   const struct cJSON *j, const struct gp_checks_of *of)
{
	const struct cJSON *s = gp_json_first(j);
	const char *word = s ? gp_json_str(s, "state") : "created";
	const char *page = gp_json_str(s, "log_url");
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, "deploy %s", of->name);
	if (word)
		gp_checks_add(out, &(struct gp_check_told){
					   .name = gp_buf_text(&name),
					   .word = word,
					   .url = (page ? page : gp_json_str(s, "target_url")),
					   .site = gp_json_str(s, "environment_url"),
					   .state = state_of(word),
					   .deployment = true,
				   });
	return 1;
}

/* A job of a pipeline, or a status that somebody else set. */
size_t gp_checks_gitlab_jobs(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                             const struct cJSON *j, const struct gp_checks_of *of GP_UNUSED)
{
	for (const struct cJSON *s = gp_json_first(j); s; s = gp_json_next(s)) {
		const char *word = gp_json_str(s, "status"), *page = gp_json_str(s, "target_url");
		enum gp_check_state state = state_of(word);

		if (!word)
			continue;
		if (state == GP_CHECK_FAILED && gp_json_bool(s, "allow_failure", false))
			state = GP_CHECK_SKIPPED;
		gp_checks_add(out, &(struct gp_check_told){
					   .name = gp_json_str(s, "name"),
					   .word = word,
					   .url = (page ? page : gp_json_str(s, "web_url")),
					   .state = state,
				   });
	}
	return gp_json_count(j);
}

/* Its own state knows of what no job tells: one that waits for a person, child pipelines. */
static void add_pipeline(struct gp_checks *out, const struct cJSON *p)
{
	const char *word = gp_json_str(p, "status");

	if (word)
		gp_checks_add(out, &(struct gp_check_told){
					   .name = "pipeline",
					   .word = word,
					   .url = gp_json_str(p, "web_url"),
					   .state = state_of(word),
				   });
}

size_t gp_checks_gitlab_request(struct gp_checks *out, struct gp_checks_more *more,
                                const struct cJSON *j, const struct gp_checks_of *of)
{
	const struct cJSON *p = gp_json_get(j, "head_pipeline");
	const char *sha = gp_json_str(j, "sha"), *on = gp_json_str(p, "sha");
	long long id = gp_json_int(p, "id", 0);

	/* the host has not seen the push yet, and tells of what was there before */
	if (!sha || strcmp(sha, of->commit) != 0 || id <= 0)
		return 1;
	add_pipeline(out, p);
	if (on && strcmp(on, of->commit) != 0) {
		gp_list_add(&more->ids, on);
		gp_list_add(&more->names, "pipeline");
		gp_list_fmt(&more->paths, "/pipelines/%lld/jobs?per_page=100", id);
	}
	return 1;
}

size_t gp_checks_gitlab_pipelines(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                                  const struct cJSON *j, const struct gp_checks_of *of GP_UNUSED)
{
	/* the newest is the one that counts, and comes first */
	add_pipeline(out, gp_json_first(j));
	return gp_json_count(j);
}

size_t gp_checks_gitlab_deployments(struct gp_checks *out, struct gp_checks_more *more GP_UNUSED,
                                    const struct cJSON *j, const struct gp_checks_of *of)
{
	gp_auto(gp_list) seen = {0};

	for (const struct cJSON *d = gp_json_first(j); d; d = gp_json_next(d)) {
		const struct cJSON *e = gp_json_get(d, "environment");
		const char *name = gp_json_str(e, "name"), *sha = gp_json_str(d, "sha");
		const char *word = gp_json_str(d, "status");
		gp_auto(gp_buf) title = {0};

		if (!name || !sha || !word || has(&seen, name) ||
		    (strcmp(sha, of->commit) != 0 && !has(of->ids, sha)))
			continue;
		gp_list_add(&seen, name);
		gp_buf_fmt(&title, "deploy %s", name);
		gp_checks_add(out,
		              &(struct gp_check_told){
				      .name = gp_buf_text(&title),
				      .word = word,
				      .url = gp_json_str(gp_json_get(d, "deployable"), "web_url"),
				      .site = gp_json_str(e, "external_url"),
				      .state = state_of(word),
				      .deployment = true,
			      });
	}
	return gp_json_count(j);
}
