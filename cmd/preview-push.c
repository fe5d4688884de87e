#include "cmd/cmd.h"
#include "lib/preview/push.h"

static const char usage[] = "git preview-push [<options>] [<remote>] [<branch>]";

int main(int argc, char **argv)
{
	struct gp_cmd c = {0};
	struct gp_push_options o = {0};
	const struct gp_opt rows[] = {
		{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Push", 0, false},
		{GP_OPT_FLAG, 'n', "dry-run", &o.dry_run, NULL, "do all but send", 0, false},
		GP_CMD_ROWS(&c),
	};
	enum gp_status status;
	int e = gp_cmd_parse(&c, rows, usage, &argc, &argv);

	if (e >= 0)
		return e;
	status = gp_cmd_open(&c, true);
	if (status == GP_STATUS_OK && argc > 2) {
		gp_fail(GP_INVALID, "one branch at a time");
		status = gp_cmd_fail(&c, GP_STATUS_USAGE);
	}
	if (status == GP_STATUS_OK) {
		o.repo = c.repo;
		o.conf = c.conf;
		o.term = c.term;
		/* one operand below the preview prefix is a branch, as nobody names a remote so */
		if (argc == 1 && gp_starts(argv[0], gp_conf_str(c.conf, "preview.prefix")))
			o.branch = argv[0];
		else if (argc)
			o.remote = argv[0];
		if (argc == 2)
			o.branch = argv[1];
		status = gp_push_run(&o);
	}
	return gp_cmd_close(&c, status);
}
