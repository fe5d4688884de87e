#include "lib/preview/wait.h"

#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/json.h"
#include "lib/forge/follow.h"

#define TICK_MS 100
#define LEAST_MS 1000
/* facts of the hosts: asked at most once a minute when nothing happens */
#define SLOWER 6

struct wait {
	const struct gp_push_options *o;
	struct gp_loop *loop;
	struct gp_forge_caller caller;
	struct gp_follow *follow;
	struct gp_checks now, before;
	struct gp_list sites;     /* globs */
	long long began, changed; /* changed: when something was last new */
	long every_ms, rest_ms;
	bool waited, late;
	bool unreached; /* the last look brought no answer */
};

static void wait_clear(struct wait *w)
{
	gp_follow_free(&w->follow);
	gp_checks_clear(&w->now);
	gp_checks_clear(&w->before);
	gp_list_clear(&w->sites);
	gp_loop_free(&w->loop);
}

static long setting_ms(const struct wait *w, const char *key)
{
	long long s = gp_conf_int(w->o->conf, key);

	return s < 0 ? 0 : s > 1000000 ? 1000000000L : (long)s * 1000;
}

static int on_tick(void *ctx)
{
	struct wait *w = ctx;

	gp_term_tick(w->o->term);
	gp_loop_after(w->loop, TICK_MS, on_tick, w);
	return 0;
}

static int on_deadline(void *ctx)
{
	((struct wait *)ctx)->late = true;
	return gp_fail(GP_TIMEOUT, "the deadline passed");
}

static int on_waited(void *ctx)
{
	((struct wait *)ctx)->waited = true;
	return 0;
}

static bool has_waited(void *ctx)
{
	return ((struct wait *)ctx)->waited;
}

static const char *const states[] = {
	[GP_CHECK_RUNS] = "running",
	[GP_CHECK_PASSED] = "passed",
	[GP_CHECK_SKIPPED] = "skipped",
	[GP_CHECK_FAILED] = "failed",
};

static void tell_event(const struct wait *w, const struct gp_check *c)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_bytes(j, "name", gp_slice(c->name));
	gp_json_put_str(j, "state", states[c->state]);
	gp_json_put_bytes(j, "word", gp_slice(c->word));
	gp_json_put_str(j, "url", c->url ? c->url : "");
	gp_json_put_str(j, "site", c->site ? c->site : "");
	gp_json_put_bool(j, "deployment", c->deployment);
	gp_term_event(w->o->term, "check", j);
}

/* A line a check: live while it runs, for good when it has ended. */
static void tell_check(const struct wait *w, const struct gp_check *c)
{
	static const enum gp_term_mark marks[] = {
		[GP_CHECK_PASSED] = GP_MARK_OK,
		[GP_CHECK_SKIPPED] = GP_MARK_NONE,
		[GP_CHECK_FAILED] = GP_MARK_BAD,
	};
	const char *where = c->site ? c->site : c->url;
	gp_auto(gp_buf) name = {0};

	gp_buf_visible(&name, gp_slice(c->name));
	tell_event(w, c);
	if (c->state == GP_CHECK_RUNS)
		gp_term_update(w->o->term, gp_buf_text(&name), "%s", c->word);
	else
		gp_term_end(w->o->term, gp_buf_text(&name), marks[c->state], "%s%s%s", c->word,
		            where ? "  " : "", where ? where : "");
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool was_told(const struct wait *w, const struct gp_check *c)
{
	for (size_t i = 0; i < w->before.n; i++) {
		const struct gp_check *b = &w->before.v[i];

		if (strcmp(b->name, c->name) == 0)
			return b->state == c->state && same_text(b->word, c->word) &&
			       same_text(b->site, c->site);
	}
	return false;
}

/* Where a host knows no deployments, a check by a service that deploys has its address. */
static void find_site(const struct wait *w, struct gp_check *c)
{
	for (size_t i = 0; i < w->sites.n; i++)
		if (!c->site && c->url && c->state == GP_CHECK_PASSED &&
		    gp_glob_match(w->sites.v[i], c->name))
			c->site = gp_strdup(c->url);
}

static bool tell_news(struct wait *w)
{
	bool news = false;

	for (size_t i = 0; i < w->now.n; i++) {
		find_site(w, &w->now.v[i]);
		if (was_told(w, &w->now.v[i]))
			continue;
		tell_check(w, &w->now.v[i]);
		news = true;
	}
	return news;
}

static size_t count(const struct wait *w, enum gp_check_state s)
{
	size_t n = 0;

	for (size_t i = 0; i < w->now.n; i++)
		n += w->now.v[i].state == s;
	return n;
}

/* One look. Trouble of the host is not the end: it is asked again until the deadline. */
static int look(struct wait *w)
{
	struct gp_checks found = {0};
	int e = gp_follow_ask(&found, &w->rest_ms, w->follow);

	w->unreached = e == GP_BROKEN || e == GP_TIMEOUT || e == GP_INVALID;
	if (w->unreached && !w->late) {
		gp_term_update(w->o->term, "checks", "%s", gp_message());
		gp_checks_clear(&found);
		return 0;
	}
	if (e) {
		gp_checks_clear(&found);
		return e;
	}
	gp_checks_clear(&w->before);
	w->before = w->now;
	w->now = found;
	if (tell_news(w)) {
		w->changed = gp_now_ms();
		w->every_ms = setting_ms(w, "push.wait-interval");
	} else {
		w->every_ms += w->every_ms / 2;
	}
	return 0;
}

/* A check that ends at once may come before the others have begun: all being well, nothing new may
 * come for a quarter of the grace. */
static bool is_over(const struct wait *w)
{
	long long now = gp_now_ms();
	long grace = setting_ms(w, "push.wait-grace");

	if (w->unreached)
		return false;
	if (!w->now.n)
		return now - w->began >= grace;
	if (count(w, GP_CHECK_RUNS))
		return false;
	return count(w, GP_CHECK_FAILED) || now - w->changed >= grace / 4;
}

static int pause_a_while(struct wait *w)
{
	long base = setting_ms(w, "push.wait-interval"), ms;

	if (w->every_ms > SLOWER * base)
		w->every_ms = SLOWER * base;
	if (w->every_ms < LEAST_MS)
		w->every_ms = LEAST_MS;
	ms = w->rest_ms > w->every_ms ? w->rest_ms : w->every_ms;
	if (!w->now.n)
		gp_term_update(w->o->term, "checks", "none has begun");
	w->waited = false;
	gp_loop_after(w->loop, ms, on_waited, w);
	return gp_loop_run(w->loop, has_waited, w);
}

static int follow(struct wait *w)
{
	int e;

	gp_term_begin(w->o->term, "checks", "waiting");
	if (gp_term_live(w->o->term))
		on_tick(w);
	gp_loop_after(w->loop, setting_ms(w, "push.wait-deadline"), on_deadline, w);
	do {
		e = look(w);
		if (!e && is_over(w))
			return 0;
		if (!e)
			e = pause_a_while(w);
	} while (!e);
	return e;
}

static void tell_verdict(const struct wait *w, const char *state)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "state", state);
	gp_json_put_int(j, "checks", (long long)w->now.n);
	gp_json_put_int(j, "failed", (long long)count(w, GP_CHECK_FAILED));
	gp_json_put_int(j, "running", (long long)count(w, GP_CHECK_RUNS));
	gp_term_event(w->o->term, "verdict", j);
}

static void tell_sites(const struct wait *w)
{
	for (size_t i = 0; i < w->now.n; i++)
		if (w->now.v[i].site && w->now.v[i].state == GP_CHECK_PASSED)
			gp_term_result(w->o->term, "%s", w->now.v[i].site);
}

/* What the host kept from us; without any check that is the verdict, else a warning. */
static bool tell_refused(const struct wait *w)
{
	gp_auto(gp_list) refused = {0};

	gp_follow_refused(&refused, w->follow);
	for (size_t i = 0; i < refused.n; i++)
		gp_term_warn(w->o->term, "%s", refused.v[i]);
	return refused.n;
}

static enum gp_status fail(const struct wait *w, const char *state, enum gp_status status)
{
	gp_term_error(w->o->term);
	tell_verdict(w, state);
	return status;
}

static enum gp_status conclude_none(const struct wait *w, bool refused)
{
	const char *host = w->caller.place->host;

	if (refused) {
		gp_term_end(w->o->term, "checks", GP_MARK_BAD, "cannot be seen");
		gp_fail(GP_REFUSED, "no check of the commit can be seen on %s", host);
		gp_hint("the token from %s needs the right to read checks, statuses and "
		        "deployments",
		        w->caller.from);
		return fail(w, "unseen", GP_STATUS_NO);
	}
	gp_term_end(w->o->term, "checks", GP_MARK_WARN, "none has begun within %ld s",
	            setting_ms(w, "push.wait-grace") / 1000);
	gp_term_warn(w->o->term,
	             "nothing on %s checks or deploys this branch: what vouches for it is its own "
	             "proof alone",
	             host);
	tell_verdict(w, "none");
	return GP_STATUS_OK;
}

static enum gp_status conclude(const struct wait *w)
{
	size_t failed = count(w, GP_CHECK_FAILED), n = w->now.n;
	bool refused = tell_refused(w);

	if (!n)
		return conclude_none(w, refused);
	gp_term_end(w->o->term, "checks", failed ? GP_MARK_BAD : GP_MARK_OK, "%zu of %zu passed",
	            n - failed, n);
	tell_sites(w);
	if (!failed) {
		tell_verdict(w, "passed");
		return GP_STATUS_OK;
	}
	gp_fail(GP_REFUSED, "%zu of %zu checks failed on %s", failed, n, w->caller.place->host);
	gp_hint("the branch stays pushed; the page of each check says what it found");
	return fail(w, "failed", GP_STATUS_NO);
}

static void tell_left(const struct wait *w, const struct gp_check *c)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_visible(&name, gp_slice(c->name));
	gp_term_end(w->o->term, gp_buf_text(&name), GP_MARK_WARN, "still %s%s%s", c->word,
	            c->url ? "  " : "", c->url ? c->url : "");
}

static enum gp_status conclude_late(const struct wait *w)
{
	bool unreached = w->unreached;
	long s = setting_ms(w, "push.wait-deadline") / 1000;

	for (size_t i = 0; i < w->now.n; i++)
		if (w->now.v[i].state == GP_CHECK_RUNS)
			tell_left(w, &w->now.v[i]);
	gp_term_end(w->o->term, "checks", GP_MARK_WARN, "not waited for any longer");
	tell_refused(w);
	tell_sites(w);
	gp_fail(GP_TIMEOUT,
	        unreached ? "%s gave no answer; the deadline of %ld s passed"
	                  : "the checks on %s did not end within %ld s",
	        w->caller.place->host, s);
	gp_hint("the branch is pushed and they go on; look there, or wait longer with "
	        "push.wait-deadline");
	return fail(w, "timeout", GP_STATUS_FATAL);
}

static enum gp_status run(struct wait *w)
{
	int e = follow(w);

	if (!e)
		return conclude(w);
	if (w->late)
		return conclude_late(w);
	gp_term_end(w->o->term, "checks", GP_MARK_NONE, "not waited for");
	tell_sites(w);
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted; the branch is pushed, and its checks go on");
	return fail(w, e == GP_STOPPED ? "stopped" : "unseen",
	            e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_NO);
}

enum gp_status gp_wait_run(const struct gp_push_options *o, struct gp_host *host,
                           const struct gp_oid *commit, long long pull)
{
	__attribute__((cleanup(wait_clear))) struct wait w = {.o = o, .began = gp_now_ms()};
	int e = gp_host_token(host, o->repo, o->conf);

	if (!e)
		e = gp_loop_new(&w.loop);
	if (e) {
		gp_within(e, "cannot wait for checks");
		gp_term_error(o->term);
		return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_NO;
	}
	w.caller = (struct gp_forge_caller){.loop = w.loop,
	                                    .place = &host->place,
	                                    .token = gp_buf_text(&host->token),
	                                    .from = host->from,
	                                    .total_ms = gp_host_deadline_ms(o->conf)};
	w.every_ms = setting_ms(&w, "push.wait-interval");
	gp_conf_list(&w.sites, o->conf, "push.site");
	gp_follow_new(&w.follow, &w.caller, commit->hex, pull);
	return run(&w);
}
