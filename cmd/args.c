#include "cmd/args.h"

static const char usage[] = "git preview [<options>] [--] <request>...\n"
			    "git preview [<options>] -F <file>\n"
			    "git preview [<options>] --resume <id> [<answer>...]\n"
			    "git preview --show <branch> [--html|--markdown]\n"
			    "git preview --init [--ci <host>] [-n] [-f]\n"
			    "git preview --prune [-n] [-f] [--remote]\n"
			    "git preview --settings\n"
			    "git preview [--base <rev>] --apply-patch <file>";

static void set_settings(struct gp_args *a)
{
	gp_cmd_set(&a->c, "sandbox.kind", a->sandbox);
	gp_cmd_set(&a->c, "budget.request", a->budget);
	gp_cmd_set(&a->c, "preview.allow-paths", a->allow_path);
	gp_cmd_set(&a->c, "preview.deadline", a->deadline);
	gp_cmd_set(&a->c, "preview.rounds", a->rounds);
	gp_cmd_set(&a->c, "preview.max-lines", a->max_lines);
}

int gp_args_parse(struct gp_args *a, int *argc, char ***argv)
{
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Request", 0, false},
		{GP_OPT_STRING, 0, "base", &a->p.base, "<rev>", "start from <rev>, not HEAD", 0,
	         false},
		{GP_OPT_STRING, 'F', "file", &a->file, "<file>",
	         "read the request from <file>, - for stdin", 0, false},
		{GP_OPT_FLAG, 'n', "dry-run", &a->p.dry_run, NULL,
	         "show what would be sent; spend nothing", 0, false},
		{GP_OPT_STRING, 0, "resume", &a->p.resume, "<id>",
	         "go on with a run that ended early", 0, false},
		{GP_OPT_FLAG, 0, "keep-unproven", &a->p.keep_unproven, NULL,
	         "make the branch even when green is not proven", 0, false},
		{GP_OPT_FLAG, 0, "push", &a->push, NULL, "push the branch when it is proven", 0,
	         false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Limits", 0, false},
		{GP_OPT_STRING, 0, "model", &a->p.model, "<name>",
	         "a [model.<name>] section or a model id", 0, false},
		{GP_OPT_STRING, 0, "sandbox", &a->sandbox, "<kind>", "bwrap, docker, podman", 0,
	         false},
		{GP_OPT_STRING, 0, "budget", &a->budget, "<usd>", "what the request may cost", 0,
	         false},
		{GP_OPT_STRING, 0, "deadline", &a->deadline, "<s>", "seconds the run may take", 0,
	         false},
		{GP_OPT_STRING, 0, "rounds", &a->rounds, "<n>", "repairs after a failure", 0,
	         false},
		{GP_OPT_STRING, 0, "allow-path", &a->allow_path, "<glob>",
	         "locked files the model may change", 0, false},
		{GP_OPT_STRING, 0, "max-lines", &a->max_lines, "<n>",
	         "lines the implementation may add", 0, false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Other", 0, false},
		{GP_OPT_STRING, 0, "show", &a->show, "<branch>", "print the report of a preview", 0,
	         false},
		{GP_OPT_FLAG, 0, "html", &a->html, NULL, "--show as one HTML file", 0, false},
		{GP_OPT_FLAG, 0, "markdown", &a->markdown, NULL, "--show as Markdown", 0, false},
		{GP_OPT_FLAG, 0, "init", &a->asked[GP_WAY_INIT], NULL,
	         "write a .codexflow.ini for this project", 0, false},
		{GP_OPT_STRING, 0, "ci", &a->ci, "<host>", "--init a job, too: github, gitlab", 0,
	         false},
		{GP_OPT_FLAG, 0, "settings", &a->asked[GP_WAY_SETTINGS], NULL,
	         "print every setting and its origin", 0, false},
		{GP_OPT_STRING, 0, "apply-patch", &a->patch, "<file>",
	         "apply a patch; print the tree's id", 0, false},
		{GP_OPT_FLAG, 0, "prune", &a->asked[GP_WAY_PRUNE], NULL,
	         "drop what is done with; empty the cache", 0, false},
		{GP_OPT_FLAG, 'f', "force", &a->force, NULL,
	         "--prune what is not pushed; --init over a file", 0, false},
		{GP_OPT_FLAG, 0, "remote", &a->remote, NULL, "with --prune: also old pull requests",
	         0, false},
		GP_CMD_ROWS(&a->c),
	};
	int e = gp_cmd_parse(&a->c, rows, usage, argc, argv);

	if (e >= 0)
		return e;
	set_settings(a);
	return gp_manage_check(a, *argv) ? gp_cmd_usage(&a->c) : -1;
}
