#include <stdlib.h>
#include <string.h>

#include "lib/base/relay.h"
#include "lib/preview/run.h"
#include "lib/preview/subject.h"

/* bash edits lines; its own files are not there to be read. */
static const char default_shell[] = "if command -v bash >/dev/null; then\n"
				    "PS1='preview:\\w\\$ ' exec bash --noprofile --norc -i\nfi\n"
				    "PS1='preview$ ' exec sh -i";

struct session {
	const struct gp_suite_options *o;
	struct gp_relay *relay;
	struct gp_trial_result result;
	int failed; /* a code, when the terminals could not be joined */
	bool over;
};

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct session *s = ctx;

	s->result = *r;
	*r = (struct gp_trial_result){0};
	s->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct session *)ctx)->over;
}

static void on_setup(void *ctx, struct gp_slice bytes)
{
	gp_subject_setup(((struct session *)ctx)->o->term, "shell", bytes);
}

static void on_ready(void *ctx, int code, long ms GP_UNUSED)
{
	struct session *s = ctx;

	if (code)
		return;
	gp_term_end(s->o->term, "shell", GP_MARK_OK, "%s, in the sandbox",
	            s->o->worktree ? "the work tree"
	            : s->o->rev    ? s->o->rev
	                           : "HEAD");
	gp_term_say(s->o->term, "what is changed in here is thrown away at the end");
	s->failed = gp_relay_begin(s->relay);
	s->over = s->failed;
}

/* Programs in the shell speak to the user's terminal; its name is a word, or it is left out. */
static void take_term(struct gp_buf *command)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+-_";
	const char *term = getenv("TERM");

	if (term && *term && strlen(term) < 64 && term[strspn(term, letters)] == 0)
		gp_buf_fmt(command, "TERM=%s\nexport TERM\n", term);
}

static int run_on(struct session *s, struct gp_loop *loop, struct gp_sandbox *sandbox,
                  const struct gp_project *project, const struct gp_oid *tree)
{
	const struct gp_conf *conf = s->o->conf;
	const char *git = gp_conf_str(conf, "sandbox.git");
	long seconds = (long)gp_conf_int(conf, "test.timeout");
	const struct gp_bench_options options = {
		.repo = s->o->repo,
		.sandbox = sandbox,
		.loop = loop,
		.project = project,
		.base = *tree,
		.timeout_ms = s->o->deadline && seconds > 0 ? seconds * 1000 : -1,
		.setup_network = gp_conf_bool(conf, "sandbox.network"),
		.git_snapshot = git && strcmp(git, "snapshot") == 0,
		.ready = on_ready,
		.setup_output = on_setup,
		.ctx = s,
	};
	const struct gp_trial_spec spec = {.command = project->suite,
	                                   .terminal = gp_relay_inner(s->relay)};
	gp_auto_bench struct gp_bench *bench = NULL;
	struct gp_trial *trial = NULL;
	int e = gp_bench_new(&bench, &options);

	gp_term_begin(s->o->term, "shell", NULL);
	if (!e)
		e = gp_trial_start(&trial, bench, &spec, on_done, s);
	if (!e)
		e = gp_loop_run(loop, is_over, s);
	return e ? e : s->failed;
}

static int run(struct session *s, enum gp_status *status)
{
	const struct gp_suite_options *o = s->o;
	gp_auto_loop struct gp_loop *loop = NULL;
	gp_auto_sandbox struct gp_sandbox *sandbox = NULL;
	gp_auto(gp_project) project = {0};
	gp_auto(gp_buf) command = {0};
	struct gp_subject subject;
	int e = gp_loop_new(&loop);

	if (!e)
		e = gp_relay_new(&s->relay, loop);
	if (e == GP_INVALID) {
		gp_within(e, "cannot open a shell");
		gp_hint("without a terminal: git preview-test -- <command>");
	}
	if (!e)
		e = gp_subject_find(&subject, o);
	take_term(&command);
	gp_buf_str(&command, o->command ? o->command : default_shell);
	if (!e)
		e = gp_subject_project(&project, o, &subject.tree, gp_buf_text(&command));
	if (!e) {
		e = gp_preview_sandbox(&sandbox, o->repo, o->conf, o->term);
		if (e && e != GP_FAILED)
			*status = GP_STATUS_SANDBOX;
	}
	if (!e)
		e = run_on(s, loop, sandbox, &project, &subject.tree);
	gp_relay_free(&s->relay);
	return e;
}

static int tell(const struct session *s)
{
	const struct gp_trial_result *r = &s->result;
	const struct gp_judgement *j = &r->judgement;

	if (j->verdict == GP_VERDICT_PASS)
		return r->exit >= 0 ? r->exit : 128 + r->signal;
	gp_fail(GP_FAILED, "%s: %s", gp_verdict_word(j->verdict), gp_buf_text(&j->reason));
	gp_term_quote(s->o->term, gp_buf_all(&j->lines));
	gp_term_error(s->o->term);
	return GP_STATUS_SANDBOX;
}

int gp_suite_shell(const struct gp_suite_options *o)
{
	struct session s = {.o = o};
	enum gp_status status = GP_STATUS_FATAL;
	int e = run(&s, &status), code = status;

	if (e == GP_STOPPED) {
		gp_fail(e, "interrupted");
		code = GP_STATUS_STOPPED;
	}
	if (e)
		gp_term_error(o->term);
	else
		code = tell(&s);
	gp_trial_result_clear(&s.result);
	return code;
}
