#include "lib/preview/vet_online.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/http.h"
#include "lib/preview/online.h"

#define AT_ONCE 16
#define ANSWER_MAX ((size_t)16 << 20)
#define BATCH 500 /* OSV takes a thousand */
#define DETAILS 60
#define NAMES 200

enum about { NAME, VERSIONS, ADVISORY };

struct online;

/* One exchange. */
struct job {
	struct online *on;
	enum about about;
	size_t question, step;
	char *id;
	size_t which[BATCH], n; /* VERSIONS: the questions */
	struct gp_buf url, post, body;
	struct gp_http *http;
	bool started, over;
};

struct online {
	const struct gp_vet_options *o;
	const struct gp_dep_questions *q;
	struct gp_online_answer *answers;
	struct gp_list bases; /* "npm=https://..." */
	struct gp_loop *loop;
	struct job **jobs;
	size_t n, running, details;
	bool late;
};

static void job_free(struct job *j)
{
	gp_http_abandon(&j->http);
	gp_free(j->id);
	gp_buf_clear(&j->url);
	gp_buf_clear(&j->post);
	gp_buf_clear(&j->body);
	gp_free(j);
}

static void online_clear(struct online *on)
{
	for (size_t i = 0; i < on->n; i++)
		job_free(on->jobs[i]);
	gp_free(on->jobs);
	for (size_t i = 0; on->answers && i < on->q->n; i++) {
		struct gp_online_answer *a = &on->answers[i];

		for (size_t k = 0; k < a->n; k++)
			gp_free(a->v[k].id);
		gp_free(a->v);
		gp_free(a->why);
		gp_registry_facts_clear(&a->facts);
	}
	gp_free(on->answers);
	gp_list_clear(&on->bases);
	gp_loop_free(&on->loop);
}

static int read_bases(struct online *on)
{
	gp_conf_list(&on->bases, on->o->conf, "vet.registries");
	for (size_t i = 0; i < on->bases.n; i++) {
		const char *one = on->bases.v[i], *is = strchr(one, '=');
		gp_auto_str char *key = gp_strndup(one, is ? (size_t)(is - one) : 0);

		if (is && gp_registry_base(key) &&
		    (gp_starts(is + 1, "https://") || gp_starts(is + 1, "http://")))
			continue;
		gp_fail(GP_INVALID, "cannot read vet.registries: '%s'", one);
		gp_hint("write it as npm=https://registry.example.com; the names are in 'man "
		        "codexflow.ini'");
		return GP_INVALID;
	}
	return 0;
}

static void put_base(struct gp_buf *out, const struct online *on, const char *key)
{
	const char *base = gp_registry_base(key);

	for (size_t i = 0; i < on->bases.n; i++)
		if (gp_starts(on->bases.v[i], key) && on->bases.v[i][strlen(key)] == '=')
			base = on->bases.v[i] + strlen(key) + 1;
	gp_buf_str(out, base);
	while (out->n && out->p[out->n - 1] == '/')
		gp_buf_cut(out, out->n - 1);
}

static struct job *add(struct online *on, enum about about, size_t question)
{
	struct job *j = gp_alloc(sizeof(*j));

	on->jobs = gp_realloc(on->jobs, (on->n + 1) * sizeof(*on->jobs));
	on->jobs[on->n++] = j;
	*j = (struct job){.on = on, .about = about, .question = question};
	j->body.max = ANSWER_MAX;
	return j;
}

static void host_of(struct gp_buf *out, const struct job *j)
{
	const char *host = strstr(gp_buf_text(&j->url), "://");

	if (host)
		gp_buf_add(out, host + 3, strcspn(host + 3, "/?"));
}

static void unknown(struct online *on, const struct job *j, const char *reason)
{
	gp_auto(gp_buf) why = {0};

	host_of(&why, j);
	gp_buf_fmt(&why, ": %s", reason);
	gp_buf_cut(&why, 160);
	for (size_t i = 0; i < (j->about == VERSIONS ? j->n : 1); i++) {
		struct gp_online_answer *a =
			&on->answers[j->about == VERSIONS ? j->which[i] : j->question];

		/* an advisory is one without its details */
		if (j->about == ADVISORY || a->why)
			continue;
		a->why = gp_strdup(gp_buf_text(&why));
	}
}

static void ask_name(struct online *on, size_t question, size_t step)
{
	const struct gp_dep_question *q = &on->q->v[question];
	const struct gp_registry *r = gp_registry_of(q->ecosystem);
	struct job *j = add(on, NAME, question);

	j->step = step;
	put_base(&j->url, on, r->at[step].key);
	if (step)
		gp_buf_slice(&j->url, gp_buf_all(&on->answers[question].facts.next));
	else
		r->path(&j->url, q->name);
}

static void ask_details(void *ctx, size_t i, const char *id)
{
	struct job *batch = ctx, *j;
	struct online *on = batch->on;
	size_t question = batch->which[i];

	gp_online_advise(&on->answers[question], id);
	if (on->details++ >= DETAILS)
		return;
	j = add(on, ADVISORY, question);
	j->id = gp_strdup(id);
	put_base(&j->url, on, "osv");
	gp_buf_fmt(&j->url, "/vulns/%s", id);
}

static int take_name(struct job *j, int status)
{
	struct gp_online_answer *a = &j->on->answers[j->question];
	const struct gp_dep_question *q = &j->on->q->v[j->question];
	int e = gp_registry_read(&a->facts, gp_registry_of(q->ecosystem), q->name, status,
	                         gp_buf_all(&j->body), (int)j->step);

	if (!e && j->step == 0 && a->facts.next.n)
		ask_name(j->on, j->question, 1);
	else if (!e)
		a->name_known = true;
	return e;
}

static int take_versions(struct job *j, int status)
{
	int e = status == 200 ? gp_osv_read(gp_buf_all(&j->body), j->n, ask_details, j)
	                      : gp_fail(GP_INVALID, "it answers %d", status);

	for (size_t i = 0; !e && i < j->n; i++)
		j->on->answers[j->which[i]].version_known = true;
	return e;
}

static int take_advisory(struct job *j, int status)
{
	struct gp_online_answer *a = &j->on->answers[j->question];
	const struct gp_dep_question *q = &j->on->q->v[j->question];

	for (size_t i = 0; status == 200 && i < a->n; i++)
		if (strcmp(a->v[i].id, j->id) == 0)
			a->v[i].known = gp_osv_advisory(&a->v[i].details, gp_buf_all(&j->body),
			                                q->ecosystem, q->name, q->version) == 0;
	return 0;
}

static int start_some(struct online *on);

static int on_body(void *ctx, struct gp_slice bytes)
{
	if (gp_buf_slice(&((struct job *)ctx)->body, bytes) == 0)
		return 0;
	return gp_fail(GP_LIMIT, "its answer is too long");
}

static void on_done(void *ctx, int code, const struct gp_http_answer *a, bool connected GP_UNUSED)
{
	struct job *j = ctx;
	struct online *on = j->on;
	int e = code;

	j->http = NULL;
	j->over = true;
	on->running--;
	if (!e)
		e = j->about == NAME       ? take_name(j, a->status)
		    : j->about == VERSIONS ? take_versions(j, a->status)
		                           : take_advisory(j, a->status);
	if (e)
		unknown(on, j, gp_message());
	gp_buf_clear(&j->body);
	start_some(on);
}

static int start(struct job *j)
{
	static const struct gp_http_events events = {.body = on_body, .done = on_done};
	static const char *const headers[] = {"User-Agent: git-preview/" GP_VERSION,
	                                      "Accept: application/json, text/plain, text/xml",
	                                      NULL};
	static const char *const posting[] = {"User-Agent: git-preview/" GP_VERSION,
	                                      "Content-Type: application/json", NULL};
	const struct gp_http_request r = {
		.url = gp_buf_text(&j->url),
		.headers = j->post.n ? posting : headers,
		.body = gp_buf_all(&j->post),
		.max_body = ANSWER_MAX,
	};

	return gp_http_start(&j->http, j->on->loop, &r, &events, j);
}

/* The first failure to start, when it is the same for all. */
static int start_some(struct online *on)
{
	int first = 0;

	for (size_t i = 0; i < on->n && on->running < AT_ONCE && !on->late; i++) {
		struct job *j = on->jobs[i];
		int e;

		if (j->started)
			continue;
		j->started = true;
		e = start(j);
		on->running += !e;
		j->over = e != 0;
		if (e)
			unknown(on, j, gp_message());
		first = e == GP_NOTFOUND ? e : first;
	}
	return first;
}

static int on_late(void *ctx)
{
	((struct online *)ctx)->late = true;
	return 0;
}

static bool is_over(void *ctx)
{
	const struct online *on = ctx;

	return on->late || on->running == 0;
}

static void ask_versions(struct online *on)
{
	struct gp_dep_questions some = {.v = gp_alloc((on->q->n + 1) * sizeof(*some.v))};
	size_t *index = gp_alloc((on->q->n + 1) * sizeof(*index)), from = 0;

	for (size_t i = 0; i < on->q->n; i++)
		if (on->answers[i].version_due && !on->answers[i].version_known) {
			index[some.n] = i;
			some.v[some.n++] = on->q->v[i];
		}
	while (from < some.n) {
		struct job *j = add(on, VERSIONS, 0);

		put_base(&j->url, on, "osv");
		gp_buf_str(&j->url, "/querybatch");
		j->post.max = ANSWER_MAX;
		j->n = gp_osv_query(&j->post, j->which, BATCH, &some, &from);
		for (size_t i = 0; i < j->n; i++)
			j->which[i] = index[j->which[i]];
	}
	gp_free(some.v);
	gp_free(index);
}

static void plan(struct online *on, const struct gp_online_cache *c)
{
	size_t names = 0;

	for (size_t i = 0; i < on->q->n; i++) {
		const struct gp_dep_question *q = &on->q->v[i];
		struct gp_online_answer *a = &on->answers[i];

		a->facts.first_s = a->facts.downloads = -1;
		if (q->elsewhere)
			continue;
		a->name_due = q->is_new;
		a->version_due = *q->version != 0;
		a->name_known = a->name_due && gp_online_cached_name(a, c, q);
		a->version_known = a->version_due && gp_online_cached_version(a, c, q);
		if (a->name_due && !a->name_known && names++ < NAMES)
			ask_name(on, i, 0);
	}
	ask_versions(on);
}

static int wait_for_all(struct online *on)
{
	long seconds = (long)gp_conf_int(on->o->conf, "vet.online-time");
	char late[64];
	int e = gp_loop_new(&on->loop);

	if (e)
		return e;
	gp_loop_after(on->loop, seconds * 1000, on_late, on);
	e = start_some(on);
	if (!e && on->running)
		e = gp_loop_run(on->loop, is_over, on);
	snprintf(late, sizeof(late), "no answer within %ld seconds", seconds);
	for (size_t i = 0; i < on->n; i++)
		if (!on->jobs[i]->over)
			unknown(on, on->jobs[i], late);
	return e;
}

int gp_vet_online(struct gp_findings *out, const struct gp_vet_options *o,
                  const struct gp_dep_questions *q, bool blocks)
{
	struct online on = {.o = o, .q = q};
	struct gp_online_cache cache;
	int e;

	if (!q->n)
		return 0;
	on.answers = gp_alloc(q->n * sizeof(*on.answers));
	gp_online_cache_open(&cache, o);
	e = read_bases(&on);
	if (!e)
		plan(&on, &cache);
	if (!e && on.n && o->preview)
		gp_term_begin(o->term, "online", "%zu question%s", on.n, on.n == 1 ? "" : "s");
	if (!e && on.n)
		e = wait_for_all(&on);
	if (!e && on.n && o->preview)
		gp_term_end(o->term, "online", on.late ? GP_MARK_WARN : GP_MARK_OK,
		            "registries and advisories");
	for (size_t i = 0; !e && i < q->n; i++)
		gp_online_keep(&cache, &q->v[i], &on.answers[i]);
	if (!e)
		gp_online_tell(out, o, q, on.answers, blocks);
	gp_online_cache_close(&cache);
	online_clear(&on);
	return e;
}
