#include "lib/preview/run.h"
#include "lib/preview/strong.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/term_text.h"

void gp_steps_clear(struct gp_preview *p)
{
	for (size_t i = 0; i < p->nqueue; i++) {
		gp_free(p->queue[i].id);
		gp_free(p->queue[i].name);
		gp_free(p->queue[i].input);
	}
	gp_free(p->queue);
	p->queue = NULL;
	p->nqueue = p->cap_queue = 0;
}

struct gp_known gp_known(const struct gp_preview *p)
{
	return (struct gp_known){p->test.tree, p->full.tree, p->red_valid || p->unasked};
}

void gp_steps_answer(struct gp_preview *p, struct gp_slice text)
{
	struct gp_pending *q = p->queue;

	if (p->unasked || p->nqueue == 0) {
		p->unasked = false;
		gp_talk_say(p->talk, text);
		return;
	}
	if (gp_talk_answer(p->talk, q->id, text))
		gp_talk_say(p->talk, text);
	gp_free(q->id);
	gp_free(q->name);
	gp_free(q->input);
	memmove(q, q + 1, (p->nqueue - 1) * sizeof(*q));
	p->nqueue--;
	p->taken = false;
}

void gp_steps_count(struct gp_preview *p, enum gp_status s, const char *word,
                    struct gp_slice reason)
{
	/* of the reason: the text may hold times, which differ each time */
	uint64_t signature = gp_hash(gp_hash(GP_HASH, word, strlen(word)), reason.p, reason.n);

	p->failed = true;
	p->fail_status = s;
	p->fail_word = word;
	gp_buf_cut(&p->fail_reason, 0);
	gp_buf_slice(&p->fail_reason, reason);
	if (signature == p->last_failure)
		gp_end(p, s, word, "the same failure came twice: %s", gp_buf_text(&p->fail_reason));
	p->last_failure = signature;
}

void gp_steps_fail(struct gp_preview *p, enum gp_status s, const char *word, struct gp_slice reason,
                   struct gp_slice text)
{
	if (gp_sharp_back(p))
		return;
	gp_term_detail(p->o->term, "answer to the model: %.*s", (int)text.n, text.p);
	gp_steps_answer(p, text);
	gp_steps_count(p, s, word, reason);
}

void gp_steps_trial(struct gp_preview *p, const char *phase, const char *command,
                    const struct gp_state *s, void (*done)(void *ctx, struct gp_trial_result *r))
{
	const struct gp_trial_spec spec = {
		.command = command,
		.changes = &s->changes,
		.tests = &p->test.changes,
		.tree = strcmp(command, p->project.suite) == 0 ? &s->tree : NULL,
	};

	gp_term_begin(p->o->term, phase, "%s", command);
	gp_term_detail(p->o->term, "      %s: %s", phase, command);
	if (gp_trial_start(&p->trial, p->bench, &spec, done, p))
		gp_end_message(p, GP_STATUS_FATAL, "failed");
}

void gp_steps_red(struct gp_preview *p)
{
	gp_auto(gp_buf) command = {0};

	gp_project_only(&command, &p->project, &p->test.changes);
	p->suite_wide = strcmp(gp_buf_text(&command), p->project.suite) == 0;
	p->red_valid = false;
	gp_trial_result_clear(&p->red_result);
	gp_steps_trial(p, "red", gp_buf_text(&command), &p->test, gp_judged_red);
}

static void refused_event(struct gp_preview *p, const char *call, struct gp_slice reason)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "call", call);
	gp_json_put_bytes(j, "reason", reason);
	gp_term_event(p->o->term, "refused", j);
}

/* A patch that was not taken, told with the first line of why. */
static void refuse_patch(struct gp_preview *p, const char *phase, const char *what,
                         const struct gp_buf *why)
{
	bool test = strcmp(phase, "red") == 0;
	struct gp_slice rest = gp_buf_all(why), line = {"", 0};
	gp_auto(gp_buf) reason = {0};

	gp_line(&line, &rest);
	gp_buf_fmt(&reason, "the model's %s patch was not taken: %.*s", what, (int)line.n, line.p);
	gp_term_begin(p->o->term, phase, "patch");
	gp_term_end(p->o->term, phase, GP_MARK_BAD, "%s", gp_buf_text(&reason));
	refused_event(p, test ? "test" : "implement", line);
	gp_steps_fail(p, test ? GP_STATUS_NO_RED : GP_STATUS_NO_GREEN, test ? "no-red" : "no-green",
	              gp_buf_all(&reason), gp_buf_all(why));
}

static int propose_test(struct gp_preview *p, struct gp_state *s, struct gp_slice text,
                        struct gp_buf *why)
{
	gp_auto(gp_buf) second = {0};
	int e = gp_propose(s, p->o->repo, &p->base_tree, &p->test.changes, text, why);

	/* a whole new test is written against the base as often as against the last try */
	if (e == GP_INVALID && p->test.changes.n) {
		gp_state_clear(s);
		if (gp_propose(s, p->o->repo, &p->base_tree, NULL, text, &second) == 0) {
			gp_buf_cut(why, 0);
			e = 0;
		}
	}
	return e ? e : gp_policy_test(p, &s->changes, why);
}

static void take_test(struct gp_preview *p, struct gp_slice text)
{
	gp_auto(gp_state) s = {0};
	gp_auto(gp_buf) why = {0};
	int e = propose_test(p, &s, text, &why);

	if (!e && strcmp(s.tree.hex, p->base_tree.hex) == 0) {
		gp_buf_str(&why, "no change: the patch leaves every file as it is\n");
		e = GP_INVALID;
	}
	if (e == GP_FAILED) {
		gp_end_message(p, GP_STATUS_FATAL, "failed");
		return;
	}
	if (e) {
		refuse_patch(p, "red", "test", &why);
		return;
	}
	e = p->aside ? gp_sharp_lay(p, &s) : 0;
	if (e) {
		gp_end_message(p, GP_STATUS_FATAL, "failed");
		return;
	}
	if (!p->aside)
		gp_state_clear(&p->full);
	gp_repeat_drop(p, true);
	gp_state_clear(&p->test);
	p->test = s;
	s = (struct gp_state){0};
	gp_steps_red(p);
}

/* The line guard: an answer beyond it is for an ordinary review, in smaller requests. */
static bool too_long(struct gp_preview *p, const struct gp_state *s)
{
	gp_auto(gp_stats) stats = {0};
	long most = (long)gp_conf_int(p->o->conf, "preview.max-lines");

	if (most <= 0 || gp_repo_stat(&stats, p->o->repo, &p->test.tree, &s->tree) ||
	    stats.added <= most)
		return false;
	gp_end(p, GP_STATUS_BUDGET, "too-long",
	       "the implementation adds %ld lines, the limit is %ld", stats.added, most);
	gp_buf_str(&p->ending_hint, "split the request into smaller ones, or raise --max-lines");
	return true;
}

static int propose_code(struct gp_preview *p, struct gp_state *s, struct gp_slice text,
                        struct gp_buf *why)
{
	gp_auto(gp_buf) second = {0};
	const struct gp_changes *over = p->full.changes.n ? &p->full.changes : &p->test.changes;
	int e = gp_propose(s, p->o->repo, &p->base_tree, over, text, why);

	if (e == GP_INVALID && p->full.changes.n) {
		gp_state_clear(s);
		if (gp_propose(s, p->o->repo, &p->base_tree, &p->test.changes, text, &second) ==
		    0) {
			gp_buf_cut(why, 0);
			e = 0;
		}
	}
	return e ? e : gp_policy_code(p, &s->changes, why);
}

void gp_steps_green(struct gp_preview *p)
{
	gp_auto(gp_buf) command = {0};

	gp_project_only(&command, &p->project, &p->test.changes);
	gp_steps_trial(p, "green", gp_buf_text(&command), &p->full, gp_judged_green);
}

/* When it is the test that failed, that was counted already. */
static void refuse_code(struct gp_preview *p)
{
	const struct gp_slice text =
		GP_SLICE("refused: there is no valid red yet. Send `test` with a test that fails "
	                 "on the code as it is, then `implement` again.\n");

	refused_event(p, "implement", GP_SLICE("there is no valid red yet"));
	if (!p->fail_reason.n) {
		gp_steps_fail(p, GP_STATUS_NO_RED, "no-red",
		              GP_SLICE("no test was sent before the implementation"), text);
		return;
	}
	p->failed = true;
	gp_steps_answer(p, text);
}

static void take_code(struct gp_preview *p, struct gp_slice text)
{
	gp_auto(gp_state) s = {0};
	gp_auto(gp_buf) why = {0};
	const struct gp_oid *before = p->full.changes.n ? &p->full.tree : &p->test.tree;
	int e;

	if (!p->red_valid) {
		refuse_code(p);
		return;
	}
	if (p->aside) {
		gp_sharp_back(p);
		return;
	}
	e = propose_code(p, &s, text, &why);
	if (!e && strcmp(s.tree.hex, before->hex) == 0) {
		gp_buf_str(&why, "no change: the patch leaves every file as it was\n");
		e = GP_INVALID;
	}
	if (e == GP_FAILED) {
		gp_end_message(p, GP_STATUS_FATAL, "failed");
		return;
	}
	if (e) {
		refuse_patch(p, "green", "implementation", &why);
		return;
	}
	gp_repeat_drop(p, false);
	gp_state_clear(&p->full);
	p->full = s;
	s = (struct gp_state){0};
	if (!too_long(p, &p->full))
		gp_steps_green(p);
}

/* The questions of an `ask` call, three at most, each as one line that can be shown. */
static void read_questions(struct gp_list *out, struct gp_slice input)
{
	gp_auto_json struct cJSON *args = NULL;

	if (gp_json_parse(&args, input))
		return;
	for (const struct cJSON *q = gp_json_first(gp_json_get(args, "questions")); q && out->n < 3;
	     q = gp_json_next(q)) {
		gp_auto(gp_buf) line = {0};

		gp_term_one_line(&line, gp_trim(gp_slice(gp_json_text(q))));
		if (line.n)
			gp_list_add(out, gp_buf_text(&line));
	}
}

static void take_ask(struct gp_preview *p, struct gp_slice input)
{
	gp_auto(gp_list) questions = {0};
	gp_auto(gp_buf) text = {0};

	read_questions(&questions, input);
	if (questions.n == 0) {
		gp_steps_answer(p, GP_SLICE("error: no question was given\n"));
		return;
	}
	for (size_t i = 0; i < questions.n; i++) {
		gp_auto(gp_buf) answer = {.max = 8192};
		int e = p->o->ask ? p->o->ask(p->o->ask_ctx, questions.v[i], &answer) : GP_NOTFOUND;

		if (e) {
			gp_list_clear(&p->questions);
			p->questions = questions;
			questions = (struct gp_list){0};
			gp_end(p, GP_STATUS_QUESTIONS, "questions", "the request needs answers");
			return;
		}
		gp_buf_fmt(&text, "%s\n> %s\n", questions.v[i], gp_buf_text(&answer));
	}
	gp_steps_answer(p, gp_buf_all(&text));
}

static void take_head(struct gp_preview *p)
{
	gp_auto_str char *input = gp_strndup(p->queue->input, p->queue->input_n);
	const struct gp_slice text = {input, p->queue->input_n};

	p->at_call = gp_known(p);
	p->taken = true;
	p->tested = p->tested || strcmp(p->queue->name, "test") == 0;
	if (p->proven)
		gp_steps_answer(p, GP_SLICE("not looked at: all is proven already\n"));
	else if (strcmp(p->queue->name, "test") == 0)
		take_test(p, text);
	else if (strcmp(p->queue->name, "implement") == 0)
		take_code(p, text);
	else
		take_ask(p, text);
}

/* A person who is asked may take long: the answer must not time out meanwhile, and the questions
 * must be in a history that is kept. */
static bool must_wait(const struct gp_preview *p)
{
	return !p->turn_over && strcmp(p->queue->name, "ask") == 0;
}

static bool is_busy(const struct gp_preview *p)
{
	return p->over || p->trial || p->held || p->settling;
}

void gp_steps_next(struct gp_preview *p)
{
	if (p->again && !is_busy(p)) {
		p->again = false;
		p->unasked = p->red_valid;
		if (p->red_valid)
			gp_steps_green(p);
	}
	while (!is_busy(p) && p->nqueue && !must_wait(p))
		take_head(p);
	if (is_busy(p) || !p->turn_over)
		return;
	if (p->proven) {
		p->over = true;
		return;
	}
	gp_turns_next(p);
}

void gp_steps_add(struct gp_preview *p, const struct gp_call *call)
{
	gp_auto(gp_buf) answer = {0};

	if (++p->calls > GP_CALLS)
		gp_buf_fmt(&answer, "error: too many calls in one answer, %d at most\n", GP_CALLS);
	else if (!call->known)
		gp_buf_str(&answer,
		           "error: there is no such tool, or its input is of the wrong kind\n");
	if (answer.n) {
		gp_talk_answer(p->talk, call->id, gp_buf_all(&answer));
		p->failed = true;
		if (!p->fail_reason.n)
			gp_buf_fmt(&p->fail_reason, "the model's calls were refused: %.*s",
			           (int)(answer.n - 1), gp_buf_text(&answer));
		return;
	}
	if (strcmp(call->name, "search") == 0 || strcmp(call->name, "read") == 0) {
		gp_tools_look(&answer, p, call);
		gp_talk_answer(p->talk, call->id, gp_buf_all(&answer));
		return;
	}
	if (p->nqueue == p->cap_queue) {
		p->cap_queue = p->cap_queue ? 2 * p->cap_queue : 4;
		p->queue = gp_realloc(p->queue, p->cap_queue * sizeof(*p->queue));
	}
	p->queue[p->nqueue++] = (struct gp_pending){
		.id = gp_strdup(call->id),
		.name = gp_strdup(call->name),
		.input = gp_strndup(call->input.p, call->input.n),
		.input_n = call->input.n,
	};
	gp_steps_next(p);
}
