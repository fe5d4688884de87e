#include "lib/preview/preview.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/prune.h"
#include "lib/preview/run.h"
#include "lib/preview/strong.h"

#define REQUEST_MAX ((size_t)64 << 10)
#define TICK_MS 100

static void fatal(struct gp_preview *p)
{
	gp_end_message(p, GP_STATUS_FATAL, "failed");
}

static int on_deadline(void *ctx)
{
	struct gp_preview *p = ctx;

	p->deadline = 0;
	if (p->settling)
		gp_strong_cut(p);
	if (p->proven) {
		p->over = true;
		return 0;
	}
	if (p->project.setup && !p->laid) {
		gp_end(p, GP_STATUS_SANDBOX, "infra",
		       "setup '%s' did not end before the deadline of %lld s", p->project.setup,
		       gp_conf_int(p->o->conf, "preview.deadline"));
		return 0;
	}
	gp_end(p, p->red_valid ? GP_STATUS_NO_GREEN : GP_STATUS_NO_RED,
	       p->red_valid ? "no-green" : "no-red", "the deadline of %lld s passed",
	       gp_conf_int(p->o->conf, "preview.deadline"));
	return 0;
}

static int on_tick(void *ctx)
{
	struct gp_preview *p = ctx;

	gp_term_tick(p->o->term);
	p->ticker = gp_loop_after(p->loop, TICK_MS, on_tick, p);
	return 0;
}

static bool is_over(void *ctx)
{
	return ((struct gp_preview *)ctx)->over;
}

static void on_ready(void *ctx, int code, long ms)
{
	struct gp_preview *p = ctx;

	p->laid = true;
	if (ms < 500 && code == 0)
		return;
	gp_term_end(p->o->term, "setup", code ? GP_MARK_BAD : GP_MARK_OK, "%s",
	            code ? "failed" : "base laid out and set up");
}

static void on_setup_output(void *ctx, struct gp_slice bytes)
{
	struct gp_preview *p = ctx;
	struct gp_slice line, last = {0}, rest = bytes;
	gp_auto(gp_buf) text = {0};

	if (gp_term_verbose(p->o->term)) {
		gp_term_stream(p->o->term, bytes);
		return;
	}
	while (gp_line(&line, &rest))
		if (gp_trim(line).n)
			last = gp_trim(line);
	gp_buf_slice(&text, last);
	gp_term_update(p->o->term, "setup", "%s", gp_buf_text(&text));
}

/* A branch named as a folder of the prefix would be in the way of the new one, after all is paid.
 */
static int check_prefix(const struct gp_preview *p)
{
	const char *prefix = gp_conf_str(p->o->conf, "preview.prefix");
	struct gp_oid oid;

	for (const char *at = prefix; (at = strchr(at, '/')); at++) {
		int n = (int)(at - prefix);
		gp_auto(gp_buf) ref = {0};

		gp_buf_fmt(&ref, "refs/heads/%.*s", n, prefix);
		if (gp_repo_ref_get(&oid, p->o->repo, gp_buf_text(&ref)))
			continue;
		gp_fail(GP_EXISTS, "cannot make branches below '%s': there is a branch '%.*s'",
		        prefix, n, prefix);
		gp_hint("rename it: git branch -m %.*s <name>; or choose another preview.prefix", n,
		        prefix);
		return GP_EXISTS;
	}
	return 0;
}

static bool find_base(struct gp_preview *p, const char *base)
{
	int e = gp_repo_resolve(&p->base, &p->base_tree, p->o->repo, base);

	if (!e)
		e = check_prefix(p);
	if (e)
		fatal(p);
	return !e;
}

static bool find_tests(struct gp_preview *p)
{
	int e = gp_detect(&p->project, p->o->repo, &p->base_tree, p->o->conf);

	if (e)
		fatal(p);
	return !e;
}

/* Asked for first and looked at last: git has answered meanwhile. */
static bool know_user(struct gp_preview *p)
{
	if (p->author.n || gp_repo_ident(&p->author, &p->committer, p->o->repo) == 0)
		return true;
	fatal(p);
	return false;
}

static bool prepare_bench(struct gp_preview *p)
{
	const char *git = gp_conf_str(p->o->conf, "sandbox.git");
	const struct gp_bench_options o = {
		.repo = p->o->repo,
		.sandbox = p->sandbox,
		.loop = p->loop,
		.project = &p->project,
		.base = p->base_tree,
		.timeout_ms = (long)gp_conf_int(p->o->conf, "test.timeout") * 1000,
		.setup_network = gp_conf_bool(p->o->conf, "sandbox.network"),
		.git_snapshot = git && strcmp(git, "snapshot") == 0,
		.ready = on_ready,
		.setup_output = on_setup_output,
		.ctx = p,
	};
	const struct gp_trial_spec whole = {.command = p->project.suite, .tree = &p->base_tree};

	if (gp_bench_new(&p->bench, &o)) {
		fatal(p);
		return false;
	}
	gp_term_begin(p->o->term, "baseline", "%s", p->project.suite);
	gp_term_detail(p->o->term, "      baseline: %s", p->project.suite);
	if (gp_trial_start(&p->base_trial, p->bench, &whole, gp_judged_base, p)) {
		fatal(p);
		return false;
	}
	gp_prune_beside(p->o->repo, p->o->conf);
	return true;
}

/* Before any child starts: it takes the keys out of the environment. Who only looks is shown what
 * there is without a model. */
static bool choose_model(struct gp_preview *p)
{
	int e = gp_model_choose(&p->model, p->o->conf, p->o->model);

	if (e)
		gp_end_message(p, e == GP_NOTFOUND ? GP_STATUS_PROVIDER : GP_STATUS_FATAL,
		               "failed");
	return !e || (e == GP_NOTFOUND && p->o->dry_run);
}

static bool prepare_talk(struct gp_preview *p)
{
	gp_auto(gp_buf) key = {0};
	const char *common = gp_repo_common(p->o->repo);

	if (!p->model.name)
		return true;
	/* stable for a repository on this machine, and says nothing about it */
	gp_buf_fmt(&key, "preview-%016llx",
	           (unsigned long long)gp_hash(GP_HASH, common, strlen(common)));
	if (gp_talk_new(&p->talk, p->loop, &p->model, gp_instructions, gp_tools, gp_ntools,
	                gp_buf_text(&key))) {
		fatal(p);
		return false;
	}
	return gp_money_start(p) == 0;
}

static void set_look(struct gp_preview *p)
{
	p->look = (struct gp_context_options){
		.repo = p->o->repo,
		.tree = p->base_tree,
		.request = gp_buf_text(&p->request),
		.project = &p->project,
		.max_tokens = (size_t)gp_conf_int(p->o->conf, "context.tokens"),
		.instructions = gp_conf_str(p->o->conf, "context.instructions"),
	};
	gp_conf_list(&p->look.include, p->o->conf, "context.include");
	gp_conf_list(&p->look.exclude, p->o->conf, "context.exclude");
}

static bool prepare_context(struct gp_preview *p)
{
	struct gp_context c = {0};
	gp_auto(gp_buf) unread = {0};
	long long began = gp_now_ms();
	bool ok;

	gp_term_begin(p->o->term, "context", "choosing files");
	ok = gp_context_build(&c, &p->look) == 0 &&
	     (!p->talk || gp_talk_say(p->talk, gp_buf_all(&c.text)) == 0);
	p->context_ms = (long)(gp_now_ms() - began);
	if (c.unread)
		gp_buf_fmt(&unread, "; %zu of %zu files not searched", c.unread, c.files);
	if (ok)
		gp_term_end(p->o->term, "context", GP_MARK_OK, "%zu files, about %zu tokens%s", c.n,
		            (size_t)((double)c.text.n / GP_TOKEN_BYTES), gp_buf_text(&unread));
	else
		fatal(p);
	for (size_t i = 0; ok && !p->o->dry_run && i < c.n; i++)
		gp_term_detail(p->o->term, "      %s, %zu bytes (%s)", c.v[i].path, c.v[i].bytes,
		               c.v[i].why);
	if (ok && p->o->dry_run)
		ok = gp_preview_dry(p, &c) == 0;
	gp_context_clear(&c);
	return ok;
}

/* Tells a resumed conversation what is in place that its history does not know, and passes on what
 * the person says. */
static void say_where(struct gp_preview *p, bool told)
{
	gp_auto(gp_buf) text = {0};

	if (!told && p->test.changes.n) {
		gp_buf_str(
			&text,
			"The run was interrupted. These test files are in place and are run again "
			"now:\n");
		for (size_t i = 0; i < p->test.changes.n; i++)
			gp_buf_fmt(&text, "--- %s\n%.*s\n", p->test.changes.v[i].path,
			           (int)(p->test.changes.v[i].content.n < 8000
			                         ? p->test.changes.v[i].content.n
			                         : 8000),
			           gp_buf_text(&p->test.changes.v[i].content));
		if (!p->full.changes.n)
			gp_buf_str(&text, "Any implementation sent before is set aside: send "
			                  "`implement` again.\n");
		gp_talk_say(p->talk, gp_buf_all(&text));
	}
	if (*p->o->request) {
		if (p->nqueue && strcmp(p->queue->name, "ask") == 0)
			gp_steps_answer(p, gp_slice(p->o->request));
		else
			gp_talk_say(p->talk, gp_slice(p->o->request));
	}
}

static void begin_resumed(struct gp_preview *p, const struct cJSON *state)
{
	bool red;

	if (gp_keep_restore(p, state)) {
		fatal(p);
		return;
	}
	p->turn_over = true;
	red = p->unasked;
	p->unasked = false;
	say_where(p, gp_json_bool(state, "told", true));
	p->unasked = red;
	if (red)
		gp_steps_red(p);
	else
		gp_steps_next(p);
	if (*p->o->request && !p->over)
		gp_keep_save(p);
}

/* The last things before money is spent. */
static bool prepare_turn(struct gp_preview *p)
{
	if (gp_talk_ready(p->talk)) {
		gp_end_message(p, GP_STATUS_PROVIDER, "failed");
		return false;
	}
	return know_user(p);
}

static void go(struct gp_preview *p, const struct cJSON *state)
{
	long deadline = (long)gp_conf_int(p->o->conf, "preview.deadline");
	int e;

	if (state)
		begin_resumed(p, state);
	else if (prepare_context(p) && !p->over && prepare_turn(p))
		gp_turns_next(p);
	if (deadline > 0)
		p->deadline = gp_loop_after(p->loop, deadline * 1000, on_deadline, p);
	if (gp_term_live(p->o->term))
		p->ticker = gp_loop_after(p->loop, TICK_MS, on_tick, p);
	e = p->over ? 0 : gp_loop_run(p->loop, is_over, p);
	if (e == GP_STOPPED)
		gp_end(p, GP_STATUS_STOPPED, "stopped", "interrupted");
	else if (e)
		fatal(p);
}

static void make_branch(struct gp_preview *p)
{
	if (gp_evidence_make(p, true)) {
		p->over = false;
		fatal(p);
		return;
	}
	memcpy(p->out->word, p->weak.n ? "weak" : "proven", p->weak.n ? 5 : 7);
	if (p->weak.n && gp_strong_required(p))
		p->out->status = GP_STATUS_NO_GREEN;
	gp_keep_drop(p);
}

/* Leaves a branch when there is something to show, else what a resumed run needs, and nothing
 * half-made behind. */
static void finish(struct gp_preview *p)
{
	bool stopped = p->out->status == GP_STATUS_STOPPED;

	gp_measure_stop(&p->measure, NULL);
	if (p->o->dry_run) {
		gp_keep_drop(p);
		return;
	}
	if (p->proven && !p->ending.n)
		make_branch(p);
	else if (p->o->keep_unproven && p->red_valid && !stopped)
		gp_evidence_make(p, false);
	if (p->dropped)
		return;
	if (p->folder.n && (p->turns || p->restored))
		gp_keep_save(p);
	if (!gp_keep_resumable(p))
		gp_keep_drop(p);
	else if (p->turns || p->restored)
		gp_keep_ref(p);
}

/* A turn that is broken off has been paid for in part: count what was sent and what came. */
static void settle_broken_turn(struct gp_preview *p)
{
	struct gp_turn t = {.end = GP_TURN_FAILED, .tries = 1};

	if (!p->talk || p->turns == 0 || p->turn_over)
		return;
	gp_talk_used(&t.usage, p->talk);
	gp_talk_cancel(p->talk);
	gp_steps_clear(p);
	gp_money_settle(p, &t);
}

static void release(struct gp_preview *p)
{
	gp_sharp_clear(p);
	gp_strong_drop(p);
	gp_repeat_drop(p, true);
	gp_buf_clear(&p->disagreement);
	gp_bench_free(&p->bench);
	gp_sandbox_free(&p->sandbox);
	gp_talk_free(&p->talk);
	gp_loop_free(&p->loop);
	gp_model_clear(&p->model);
	gp_project_clear(&p->project);
	gp_list_clear(&p->look.include);
	gp_list_clear(&p->look.exclude);
	gp_steps_clear(p);
	gp_state_clear(&p->test);
	gp_state_clear(&p->full);
	gp_trial_result_clear(&p->red_result);
	gp_trial_result_clear(&p->green_result);
	gp_trial_result_clear(&p->suite_result);
	gp_trial_result_clear(&p->base_result);
	gp_list_clear(&p->weak);
	gp_list_clear(&p->loose);
	gp_list_clear(&p->questions);
	gp_trial_findings_clear(&p->findings);
	gp_list_clear(&p->unlocked);
	gp_keep_end(p);
	gp_buf_clear(&p->author);
	gp_buf_clear(&p->committer);
	gp_buf_clear(&p->folder);
	gp_buf_clear(&p->request);
	gp_buf_clear(&p->words);
	gp_buf_clear(&p->fail_reason);
	gp_buf_clear(&p->ending);
	gp_buf_clear(&p->ending_hint);
}

static bool take_request(struct gp_preview *p, const struct cJSON *state)
{
	const char *text = state ? gp_json_str(state, "request") : p->o->request;

	p->request.max = REQUEST_MAX;
	if (!text || !*text || gp_buf_str(&p->request, text) || !gp_utf8_valid(gp_slice(text))) {
		gp_end(p, GP_STATUS_FATAL, "failed",
		       !text || !*text ? "the request is empty"
		                       : "the request is too long or not UTF-8");
		return false;
	}
	return true;
}

static void run(struct gp_preview *p)
{
	gp_auto_json struct cJSON *state = NULL;
	const char *base = p->o->base ? p->o->base : "HEAD";
	int e;

	if (p->o->resume ? gp_keep_open(p, &state, p->o->resume) : 0) {
		fatal(p);
		return;
	}
	if (!take_request(p, state) || !find_base(p, state ? gp_json_str(state, "base") : base) ||
	    !choose_model(p))
		return;
	gp_repo_ask_ident(p->o->repo);
	/* before the tree is walked, which may have been kept there; who needs it tells why it is
	 * not there */
	gp_repo_folder(p->o->repo);
	if (!find_tests(p))
		return;
	e = gp_preview_sandbox(&p->sandbox, p->o->repo, p->o->conf, p->o->term);
	if (e) {
		gp_end_message(p, e == GP_FAILED ? GP_STATUS_FATAL : GP_STATUS_SANDBOX, "infra");
		return;
	}
	if (!state && gp_keep_new(p)) {
		fatal(p);
		return;
	}
	set_look(p);
	if (!p->o->dry_run && !prepare_bench(p))
		return;
	/* a new request can wait for git until the context is chosen */
	if (prepare_talk(p) && ((!state && !p->o->dry_run) || know_user(p)))
		go(p, state);
}

int gp_preview_run(struct gp_preview_outcome *out, const struct gp_preview_options *o)
{
	struct gp_preview p = {.o = o, .out = out, .began = gp_now_ms(), .lock = {.fd = -1}};

	p.fail_status = GP_STATUS_NO_RED;
	p.fail_word = "no-red";
	if (gp_loop_new(&p.loop))
		fatal(&p);
	else
		run(&p);
	settle_broken_turn(&p);
	finish(&p);
	memcpy(out->id, p.id, sizeof(p.id));
	if (!o->dry_run || p.ending.n)
		gp_ending_tell(&p);
	release(&p);
	return out->status;
}
