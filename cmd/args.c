#include "cmd/args.h"

static const char usage[] = "git preview [<options>] [--] <request>...\n"
			    "git preview [<options>] -F <file>\n"
			    "git preview [<options>] --resume <id> [<answer>...]\n"
			    "git preview --show <branch> [--html|--markdown]\n"
			    "git preview --list [<pattern>...]\n"
			    "git preview --delete [-f] <branch>...\n"
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

/* Static, so that the table is one, too. */
static struct gp_args args;

static const struct gp_opt rows[] = {
	{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Request", 0, false},
	{GP_OPT_STRING, 0, "base", &args.p.base, "<rev>", "start from <rev>, not HEAD", 0, false},
	{GP_OPT_STRING, 'F', "file", &args.file, "<file>",
         "read the request from <file>, - for stdin", 0, false},
	{GP_OPT_FLAG, 'n', "dry-run", &args.p.dry_run, NULL,
         "show what would be sent; spend nothing", 0, false},
	{GP_OPT_STRING, 0, "resume", &args.p.resume, "<id>", "go on with a run that ended early", 0,
         false},
	{GP_OPT_FLAG, 0, "keep-unproven", &args.p.keep_unproven, NULL,
         "make the branch even when green is not proven", 0, false},
	{GP_OPT_FLAG, 0, "push", &args.push, NULL, "push the branch when it is proven", 0, false},
	{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Limits", 0, false},
	{GP_OPT_STRING, 0, "model", &args.p.model, "<name>",
         "a [model.<name>] section or a model id", 0, false},
	{GP_OPT_STRING, 0, "sandbox", &args.sandbox, "<kind>", "bwrap, docker, podman", 0, false},
	{GP_OPT_STRING, 0, "budget", &args.budget, "<usd>", "what the request may cost", 0, false},
	{GP_OPT_STRING, 0, "deadline", &args.deadline, "<s>", "seconds the run may take", 0, false},
	{GP_OPT_STRING, 0, "rounds", &args.rounds, "<n>", "repairs after a failure", 0, false},
	{GP_OPT_STRING, 0, "allow-path", &args.allow_path, "<glob>",
         "locked files the model may change", 0, false},
	{GP_OPT_STRING, 0, "max-lines", &args.max_lines, "<n>", "lines the implementation may add",
         0, false},
	{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Other", 0, false},
	{GP_OPT_STRING, 0, "show", &args.show, "<branch>", "print the report of a preview", 0,
         false},
	{GP_OPT_FLAG, 0, "html", &args.html, NULL, "--show as one HTML file", 0, false},
	{GP_OPT_FLAG, 0, "markdown", &args.markdown, NULL, "--show as Markdown", 0, false},
	{GP_OPT_FLAG, 'l', "list", &args.asked[GP_WAY_LIST], NULL,
         "list previews and unfinished runs", 0, false},
	{GP_OPT_FLAG, 'd', "delete", &args.asked[GP_WAY_DELETE], NULL,
         "delete previews that are pushed or merged", 0, false},
	{GP_OPT_FLAG, 0, "init", &args.asked[GP_WAY_INIT], NULL,
         "write a .codexflow.ini for this project", 0, false},
	{GP_OPT_STRING, 0, "ci", &args.ci, "<host>", "--init a job, too: github, gitlab", 0, false},
	{GP_OPT_FLAG, 0, "settings", &args.asked[GP_WAY_SETTINGS], NULL,
         "print every setting and its origin", 0, false},
	{GP_OPT_STRING, 0, "apply-patch", &args.patch, "<file>",
         "apply a patch; print the tree's id", 0, false},
	{GP_OPT_FLAG, 0, "prune", &args.asked[GP_WAY_PRUNE], NULL,
         "drop what is done with; empty the cache", 0, false},
	{GP_OPT_FLAG, 'f', "force", &args.force, NULL,
         "--delete, --prune what is not pushed; --init anew", 0, false},
	{GP_OPT_FLAG, 0, "remote", &args.remote, NULL, "with --prune: also old pull requests", 0,
         false},
	GP_CMD_ROWS(&args.c),
};

int gp_args_parse(struct gp_args **out, int *argc, char ***argv)
{
	int e = gp_cmd_parse(&args.c, rows, usage, argc, argv);

	*out = &args;
	if (e >= 0)
		return e;
	set_settings(&args);
	return gp_manage_check(&args, *argv) ? gp_cmd_usage(&args.c) : -1;
}
