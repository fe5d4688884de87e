#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/preview/prune.h"
#include "lib/preview/push.h"
#include "lib/preview/shown.h"

static const char usage[] = "git preview [<options>] [--] <request>...\n"
			    "git preview [<options>] -F <file>\n"
			    "git preview [<options>] --resume <id> [<answer>...]\n"
			    "git preview --show <branch> [--html|--markdown]\n"
			    "git preview --prune [-n] [-f]\n"
			    "git preview --settings\n"
			    "git preview [--base <rev>] --apply-patch <file>";

struct options {
	struct gp_cmd c;
	struct gp_preview_options p;
	const char *file, *patch, *show;
	const char *sandbox, *budget, *deadline, *rounds, *max_lines, *allow_path;
	bool push, settings, prune, force, html, markdown;
};

static enum gp_status run(struct options *o, char **words)
{
	struct gp_preview_outcome out = {0};
	gp_auto(gp_buf) request = {0};
	enum gp_status status = gp_cmd_request(&request, &o->c, o->file, words, o->p.resume);

	if (status != GP_STATUS_OK)
		return status;
	o->p.repo = o->c.repo;
	o->p.conf = o->c.conf;
	o->p.term = o->c.term;
	o->p.request = gp_buf_text(&request);
	if (isatty(STDIN_FILENO) && gp_term_live(o->c.term) && !o->c.quiet && !o->c.json) {
		o->p.ask = gp_cmd_ask;
		o->p.ask_ctx = o->c.term;
	}
	status = (enum gp_status)gp_preview_run(&out, &o->p);
	if (status == GP_STATUS_OK && o->push && out.branch.n) {
		const struct gp_push_options push = {.repo = o->c.repo,
		                                     .conf = o->c.conf,
		                                     .term = o->c.term,
		                                     .branch = gp_buf_text(&out.branch)};

		status = gp_push_run(&push);
	}
	gp_preview_outcome_clear(&out);
	return status;
}

static enum gp_status act(struct options *o, char **words)
{
	const char *alone = o->settings ? "settings"
	                    : o->prune  ? "prune"
	                    : o->show   ? "show"
	                                : "apply-patch";
	const struct gp_shown_options shown = {o->c.repo, o->c.term, o->show,
	                                       o->html       ? GP_SHOWN_HTML
	                                       : o->markdown ? GP_SHOWN_MARKDOWN
	                                                     : GP_SHOWN_TEXT};
	const struct gp_prune_options p = {o->c.repo, o->c.conf, o->c.term, o->p.dry_run, o->force};
	int e = 0;

	if (o->force && !o->prune)
		e = gp_fail(GP_INVALID, "-f goes with --prune");
	if ((o->html || o->markdown) && (!o->show || (o->html && o->markdown)))
		e = gp_fail(GP_INVALID, "one of --html and --markdown goes with --show");
	if ((o->settings || o->prune || o->patch || o->show) && *words)
		e = gp_fail(GP_INVALID, "'--%s' takes no request", alone);
	if (e)
		return gp_cmd_fail(&o->c, GP_STATUS_USAGE);
	if (o->settings)
		return gp_cmd_settings(&o->c);
	if (o->show)
		return gp_shown_run(&shown);
	if (o->prune)
		return gp_prune_run(&p);
	return o->patch ? gp_cmd_patch(&o->c, o->patch, o->p.base) : run(o, words);
}

static void set_settings(struct options *o)
{
	gp_cmd_set(&o->c, "sandbox.kind", o->sandbox);
	gp_cmd_set(&o->c, "budget.request", o->budget);
	gp_cmd_set(&o->c, "preview.allow-paths", o->allow_path);
	gp_cmd_set(&o->c, "preview.deadline", o->deadline);
	gp_cmd_set(&o->c, "preview.rounds", o->rounds);
	gp_cmd_set(&o->c, "preview.max-lines", o->max_lines);
}

int main(int argc, char **argv)
{
	struct options o = {0};
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Request", 0, false},
		{GP_OPT_STRING, 0, "base", &o.p.base, "<rev>", "start from <rev>, not HEAD", 0,
	         false},
		{GP_OPT_STRING, 'F', "file", &o.file, "<file>",
	         "read the request from <file>, - for stdin", 0, false},
		{GP_OPT_FLAG, 'n', "dry-run", &o.p.dry_run, NULL,
	         "show what would be sent; spend nothing", 0, false},
		{GP_OPT_STRING, 0, "resume", &o.p.resume, "<id>",
	         "go on with a run that ended early", 0, false},
		{GP_OPT_FLAG, 0, "keep-unproven", &o.p.keep_unproven, NULL,
	         "make the branch even when green is not proven", 0, false},
		{GP_OPT_FLAG, 0, "push", &o.push, NULL, "push the branch when it is proven", 0,
	         false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Limits", 0, false},
		{GP_OPT_STRING, 0, "model", &o.p.model, "<name>",
	         "a [model.<name>] section or a model id", 0, false},
		{GP_OPT_STRING, 0, "sandbox", &o.sandbox, "<kind>", "bwrap, docker, podman", 0,
	         false},
		{GP_OPT_STRING, 0, "budget", &o.budget, "<usd>", "what the request may cost", 0,
	         false},
		{GP_OPT_STRING, 0, "deadline", &o.deadline, "<s>", "seconds the run may take", 0,
	         false},
		{GP_OPT_STRING, 0, "rounds", &o.rounds, "<n>", "repairs after a failure", 0, false},
		{GP_OPT_STRING, 0, "allow-path", &o.allow_path, "<glob>",
	         "locked files the model may change", 0, false},
		{GP_OPT_STRING, 0, "max-lines", &o.max_lines, "<n>",
	         "lines the implementation may add", 0, false},
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Other", 0, false},
		{GP_OPT_STRING, 0, "show", &o.show, "<branch>", "print the report of a preview", 0,
	         false},
		{GP_OPT_FLAG, 0, "html", &o.html, NULL, "--show as one HTML file", 0, false},
		{GP_OPT_FLAG, 0, "markdown", &o.markdown, NULL, "--show as Markdown", 0, false},
		{GP_OPT_FLAG, 0, "settings", &o.settings, NULL,
	         "print every setting and its origin", 0, false},
		{GP_OPT_STRING, 0, "apply-patch", &o.patch, "<file>",
	         "apply a patch; print the tree's id", 0, false},
		{GP_OPT_FLAG, 0, "prune", &o.prune, NULL, "drop what is done with; empty the cache",
	         0, false},
		{GP_OPT_FLAG, 'f', "force", &o.force, NULL, "with --prune: also what is not pushed",
	         0, false},
		GP_CMD_ROWS(&o.c),
	};
	enum gp_status status;
	int e = gp_cmd_parse(&o.c, rows, usage, &argc, &argv);

	if (e >= 0)
		return e;
	set_settings(&o);
	o.c.asks = !o.settings && !o.patch && !o.show;
	status = gp_cmd_open(&o.c, !o.settings);
	if (status == GP_STATUS_OK)
		status = act(&o, argv);
	return gp_cmd_close(&o.c, status);
}
