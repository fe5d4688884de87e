#include "cmd/cmd.h"
#include "lib/preview/hook.h"
#include "lib/preview/push.h"
#include "lib/preview/vet.h"

#define SCAN_MAX ((size_t)256 << 20)
#define HOOK_INPUT_MAX ((size_t)64 << 20)

static const char usage[] = "git preview-push [<options>] [<remote>] [<branch>]\n"
			    "git preview-push [<options>] --check <range>\n"
			    "git preview-push [<options>] --scan <file>\n"
			    "git preview-push [<options>] --pre-push <name> <url>\n"
			    "git preview-push --install-hook | --uninstall-hook";

struct asked {
	struct gp_cmd c;
	struct gp_push_options push;
	const char *check, *scan;
	bool pre_push, install, uninstall, wait;
};

static enum gp_status misused(struct asked *a, const char *why)
{
	gp_fail(GP_INVALID, "%s", why);
	return gp_cmd_fail(&a->c, GP_STATUS_USAGE);
}

static enum gp_status push(struct asked *a, int argc, char **argv)
{
	struct gp_push_options *o = &a->push;

	if (argc > 2)
		return misused(a, "one branch at a time");
	o->repo = a->c.repo;
	o->conf = a->c.conf;
	o->term = a->c.term;
	o->settings = &a->c.settings;
	/* one operand below the preview prefix is a branch, as nobody names a remote so */
	if (argc == 1 && gp_starts(argv[0], gp_conf_str(a->c.conf, "preview.prefix")))
		o->branch = argv[0];
	else if (argc)
		o->remote = argv[0];
	if (argc == 2)
		o->branch = argv[1];
	return gp_push_run(o);
}

static enum gp_status vet(struct asked *a, int argc, char **argv)
{
	const struct gp_vet_options o = {.repo = a->c.repo,
	                                 .conf = a->c.conf,
	                                 .term = a->c.term,
	                                 .settings = &a->c.settings};
	gp_auto(gp_buf) text = {.max = SCAN_MAX};

	if (a->check)
		return gp_vet_check(&o, a->check);
	if (gp_cmd_read(&text, a->scan ? a->scan : "-", a->scan ? SCAN_MAX : HOOK_INPUT_MAX))
		return gp_cmd_fail(&a->c, GP_STATUS_FATAL);
	if (a->scan)
		return gp_vet_scan(&o, gp_buf_all(&text), a->scan);
	return argc == 2 ? gp_vet_pushes(&o, argv[0], gp_buf_all(&text))
	                 : misused(a, "git calls a pre-push hook with a name and an address");
}

static enum gp_status run(struct asked *a, int argc, char **argv)
{
	bool alone = a->check || a->scan || a->install || a->uninstall;

	if (!!a->check + !!a->scan + a->pre_push + a->install + a->uninstall > 1)
		return misused(a, "--check, --scan, --pre-push and the hook options exclude each "
		                  "other");
	if (alone && argc)
		return misused(a, "no remote or branch goes with that option");
	if (a->install)
		return gp_hook_install(a->c.repo, a->c.term);
	if (a->uninstall)
		return gp_hook_uninstall(a->c.repo, a->c.term);
	if (a->check || a->scan || a->pre_push)
		return vet(a, argc, argv);
	return push(a, argc, argv);
}

int main(int argc, char **argv)
{
	struct asked a = {.check = NULL};
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Push", 0, false},
		{GP_OPT_FLAG, 'n', "dry-run", &a.push.dry_run, NULL, "do all but send", 0, false},
		{GP_OPT_FLAG, 0, "no-pr", &a.push.no_pull, NULL, "open no pull request", 0, false},
		{GP_OPT_FLAG, 0, "wait", &a.wait, NULL,
	         "wait for checks; print the preview's address", 0, false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Vet", 0, false},
		{GP_OPT_STRING, 0, "check", &a.check, "<range>", "look at commits; push nothing", 0,
	         false},
		{GP_OPT_STRING, 0, "scan", &a.scan, "<file>", "look at a file, - for stdin", 0,
	         false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Hook", 0, false},
		{GP_OPT_FLAG, 0, "pre-push", &a.pre_push, NULL, "be git's pre-push hook", 0, false},
		{GP_OPT_FLAG, 0, "install-hook", &a.install, NULL, "vet every push from here", 0,
	         false},
		{GP_OPT_FLAG, 0, "uninstall-hook", &a.uninstall, NULL, "take that away", 0, false},
		GP_CMD_ROWS(&a.c),
	};
	enum gp_status status;
	int e = gp_cmd_parse(&a.c, rows, usage, &argc, &argv);

	if (e >= 0)
		return e;
	gp_cmd_set(&a.c, "push.wait", a.wait ? "yes" : NULL);
	status = gp_cmd_open(&a.c, true);
	if (status == GP_STATUS_OK)
		status = run(&a, argc, argv);
	return gp_cmd_close(&a.c, status);
}
