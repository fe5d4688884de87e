#include <string.h>

#include "cmd/cmd.h"
#include "lib/preview/prove.h"
#include "lib/preview/suite.h"

#define REPEAT_MAX 1000

static const char usage[] = "git preview-test [<options>] [<rev>] [-- <command>...]\n"
			    "git preview-test [<options>] --prove [<rev>|<range>...]";

static bool is_plain(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_./:@%+,-";

	return *s && strspn(s, letters) == strlen(s);
}

static void quote(struct gp_buf *out, const char *s)
{
	gp_buf_chr(out, '\'');
	for (; *s; s++)
		if (*s == '\'')
			gp_buf_str(out, "'\\''");
		else
			gp_buf_chr(out, *s);
	gp_buf_chr(out, '\'');
}

/* The command's words as one shell command, as git bisect run would have them. */
static void join(struct gp_buf *out, char **v)
{
	for (; *v; v++) {
		if (out->n)
			gp_buf_chr(out, ' ');
		if (is_plain(*v))
			gp_buf_str(out, *v);
		else
			quote(out, *v);
	}
}

/* One revision and sane numbers, or the message that says what is wrong. */
static int check(const struct gp_suite_options *o, const struct gp_cmd *c, bool shell, int revs,
                 int words)
{
	if (revs > 1) {
		gp_fail(GP_INVALID, "one revision at a time");
		gp_hint("a command goes after '--'");
		return GP_INVALID;
	}
	if (o->worktree && revs)
		return gp_fail(GP_INVALID, "--worktree and a revision exclude each other");
	if (o->new_tests && words)
		return gp_fail(GP_INVALID, "--new-tests and a command exclude each other");
	if (shell && (o->new_tests || o->repeat != 1 || o->junit || o->bisect || c->json))
		return gp_fail(GP_INVALID, "--shell runs no tests, and speaks to a terminal only");
	if (o->repeat < 1 || o->repeat > REPEAT_MAX)
		return gp_fail(GP_INVALID, "--repeat takes 1 to %d", REPEAT_MAX);
	return 0;
}

static int check_prove(const struct gp_suite_options *o, bool shell, int words)
{
	if (o->worktree || o->new_tests || o->repeat != 1 || o->junit || shell || words)
		return gp_fail(GP_INVALID, "--prove takes revisions only, and runs what they say");
	return 0;
}

static enum gp_status prove(const struct gp_cmd *c, const struct gp_suite_options *o, char **revs,
                            int n)
{
	const struct gp_prove_options p = {
		.repo = c->repo,
		.term = c->term,
		.settings = &c->settings,
		.revs = (const char *const *)revs,
		.nrevs = (size_t)n,
		.bisect = o->bisect,
	};

	return gp_prove_run(&p);
}

int main(int argc, char **argv)
{
	struct gp_cmd c = {0};
	struct gp_suite_options o = {.repeat = 1};
	bool sandboxes = false, shell = false, again = false;
	int revs = -1; /* operands before "--" */
	const char *kind = NULL, *timeout = NULL;
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Tests", 0, false},
		{GP_OPT_FLAG, 0, "worktree", &o.worktree, NULL,
	         "the work tree as it is, instead of a revision", 0, false},
		{GP_OPT_FLAG, 0, "new-tests", &o.new_tests, NULL,
	         "only the test files that are new or changed", 0, false},
		{GP_OPT_STRING, 0, "sandbox", &kind, "<kind>", "bwrap, docker, podman", 0, false},
		{GP_OPT_STRING, 0, "timeout", &timeout, "<s>", "seconds a run may take", 0, false},
		{GP_OPT_FLAG, 0, "no-cache", &o.no_cache, NULL, "run even when the result is known",
	         0, false},
		{GP_OPT_INT, 0, "repeat", &o.repeat, "<n>", "runs that must agree", 0, false},
		{GP_OPT_STRING, 0, "junit", &o.junit, "<file>", "write the results as JUnit XML", 0,
	         false},
		{GP_OPT_FLAG, 0, "bisect", &o.bisect, NULL,
	         "status 125 where git bisect run should skip", 0, false},
		{GP_OPT_FLAG, 0, "shell", &shell, NULL,
	         "a shell in the sandbox instead of the tests", 0, false},
		{GP_OPT_FLAG, 0, "sandbox-status", &sandboxes, NULL,
	         "show which sandboxes work and what they isolate", 0, false},
		{GP_OPT_FLAG, 0, "prove", &again, NULL,
	         "run again what previews claim, and compare", 0, false},
		{GP_OPT_DASHES, 0, NULL, &revs, NULL, NULL, 0, false},
		GP_CMD_ROWS(&c),
	};
	gp_auto(gp_buf) command = {0};
	enum gp_status status;
	int e = gp_cmd_parse(&c, rows, usage, &argc, &argv);

	if (e >= 0)
		return e;
	gp_cmd_set(&c, "sandbox.kind", kind);
	gp_cmd_set(&c, "test.timeout", timeout);
	status = gp_cmd_open(&c, true);
	if (revs < 0)
		revs = argc;
	if (status == GP_STATUS_OK &&
	    (again ? check_prove(&o, shell, argc - revs) : check(&o, &c, shell, revs, argc - revs)))
		status = gp_cmd_fail(&c, GP_STATUS_USAGE);
	if (status == GP_STATUS_OK) {
		join(&command, argv + revs);
		o.repo = c.repo;
		o.conf = c.conf;
		o.term = c.term;
		o.rev = revs ? argv[0] : NULL;
		o.command = command.n ? gp_buf_text(&command) : NULL;
		o.deadline = timeout;
		status = sandboxes ? gp_suite_sandboxes(&o)
		         : again   ? prove(&c, &o, argv, revs)
		         : shell   ? (enum gp_status)gp_suite_shell(&o)
		                   : gp_suite_run(&o);
	}
	return gp_cmd_close(&c, status);
}
