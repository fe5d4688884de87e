#include <stdlib.h>

#include "lib/base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* A repository's file never moves what it has no right to. */
static void read_as_repository(struct gp_slice text)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_buf) out = {0};
	int e;

	gp_conf_new(&c);
	e = gp_conf_read(c, text, "fuzz", GP_FROM_REPO);
	must(e == 0 || (e == GP_INVALID && gp_starts(gp_message(), "fuzz:")));
	for (const struct gp_setting *r = gp_settings; r->key; r++)
		must(r->from_repo || gp_conf_origin(c, r->key) == GP_FROM_DEFAULT);
	must(gp_conf_money(c, "budget.request") <= 0.5);
	gp_conf_show(&out, c);
	must(gp_utf8_valid(gp_buf_all(&out)));
}

/* What a value became can be given again as an argument and stays the same. */
static void read_as_user(struct gp_slice text)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto_conf struct gp_conf *again = NULL;

	gp_conf_new(&c);
	gp_conf_new(&again);
	gp_conf_read(c, text, "fuzz", GP_FROM_USER);
	for (const struct gp_setting *r = gp_settings; r->key; r++) {
		gp_auto(gp_buf) assignment = {0};
		const char *value = gp_conf_str(c, r->key);

		if (gp_conf_origin(c, r->key) != GP_FROM_USER || gp_starts(r->key, "model."))
			continue;
		gp_buf_fmt(&assignment, "%s=%s", r->key, value);
		must(gp_conf_arg(again, assignment.p) == 0);
		must(gp_slice_is(gp_slice(value), gp_conf_str(again, r->key)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice text = {(const char *)data, size}, line;
	gp_auto_conf struct gp_conf *c = NULL;

	read_as_repository(text);
	read_as_user(text);
	gp_conf_new(&c);
	while (gp_line(&line, &text)) {
		gp_auto_str char *copy = gp_strndup(line.p, line.n);

		gp_conf_arg(c, copy);
	}
	return 0;
}
