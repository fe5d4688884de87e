#include <unistd.h>

#include "cmd/args.h"
#include "lib/preview/push.h"

static enum gp_status push(const struct gp_args *a, const char *branch)
{
	const struct gp_push_options o = {
		.repo = a->c.repo, .conf = a->c.conf, .term = a->c.term, .branch = branch};

	return gp_push_run(&o);
}

static enum gp_status request(struct gp_args *a, char **words)
{
	struct gp_preview_outcome out = {0};
	gp_auto(gp_buf) text = {0};
	enum gp_status status = gp_cmd_request(&text, &a->c, a->file, words, a->p.resume);

	if (status != GP_STATUS_OK)
		return status;
	a->p.repo = a->c.repo;
	a->p.conf = a->c.conf;
	a->p.term = a->c.term;
	a->p.request = gp_buf_text(&text);
	if (isatty(STDIN_FILENO) && gp_term_live(a->c.term) && !a->c.quiet && !a->c.json) {
		a->p.ask = gp_cmd_ask;
		a->p.ask_ctx = a->c.term;
	}
	status = (enum gp_status)gp_preview_run(&out, &a->p);
	if (status == GP_STATUS_OK && a->push && out.branch.n)
		status = push(a, gp_buf_text(&out.branch));
	gp_preview_outcome_clear(&out);
	return status;
}

int main(int argc, char **argv)
{
	struct gp_args *a;
	enum gp_status status;
	int e = gp_args_parse(&a, &argc, &argv);

	if (e >= 0)
		return e;
	a->c.asks = a->way == GP_WAY_REQUEST;
	status = gp_cmd_open(&a->c, a->way != GP_WAY_SETTINGS);
	if (status == GP_STATUS_OK)
		status = a->way == GP_WAY_REQUEST ? request(a, argv) : gp_manage(a, argv);
	return gp_cmd_close(&a->c, status);
}
