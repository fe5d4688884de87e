#include <string.h>

#include "cmd/cmd.h"
#include "lib/preview/suite.h"

#define REPEAT_MAX 1000

static const char usage[] = "git preview-test [<options>] [<rev>] [-- <command>...]";

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

static void set(struct gp_cmd *c, const char *key, const char *value)
{
	if (value)
		gp_list_fmt(&c->settings, "%s=%s", key, value);
}

int main(int argc, char **argv)
{
	struct gp_cmd c = {0};
	struct gp_suite_options o = {.repeat = 1};
	bool sandboxes = false, shell = false;
	int revs = -1; /* operands before "--" */
	const char *sandbox = NULL, *timeout = NULL;
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Tests", 0, false},
		{GP_OPT_FLAG, 0, "worktree", &o.worktree, NULL,
	         "the work tree as it is, instead of a revision", 0, false},
		{GP_OPT_FLAG, 0, "new-tests", &o.new_tests, NULL,
	         "only the test files that are new or changed", 0, false},
		{GP_OPT_STRING, 0, "sandbox", &sandbox, "<kind>", "auto or bwrap", 0, false},
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
		{GP_OPT_DASHES, 0, NULL, &revs, NULL, NULL, 0, false},
		GP_CMD_ROWS(&c),
	};
	gp_auto(gp_buf) command = {0};
	enum gp_status status;
	int e = gp_cmd_parse(&c, rows, usage, &argc, &argv);

	if (e >= 0)
		return e;
	set(&c, "sandbox.kind", sandbox);
	set(&c, "test.timeout", timeout);
	status = gp_cmd_open(&c, true);
	if (revs < 0)
		revs = argc;
	if (status == GP_STATUS_OK && check(&o, &c, shell, revs, argc - revs))
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
		         : shell   ? (enum gp_status)gp_suite_shell(&o)
		                   : gp_suite_run(&o);
	}
	return gp_cmd_close(&c, status);
}
