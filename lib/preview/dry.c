#include "lib/preview/run.h"

#include "lib/base/json.h"

static void row(struct gp_buf *out, const char *name, const char *value, const char *from)
{
	gp_auto(gp_buf) clean = {0};

	if (!value)
		return;
	gp_buf_visible(&clean, gp_slice(value));
	gp_buf_fmt(out, "%-10s %s", name, gp_buf_text(&clean));
	if (from)
		gp_buf_fmt(out, "  (%s)", from);
	gp_buf_chr(out, '\n');
}

/* Without a model the reason is what the run ends with. */
static void model_rows(struct gp_buf *out, const struct gp_preview *p, const char *worst)
{
	if (!p->talk) {
		row(out, "model", "none", NULL);
		return;
	}
	row(out, "model", p->model.name, p->model.api);
	row(out, "url", p->model.url, NULL);
	row(out, "key", p->model.key_origin ? p->model.key_origin : "none", NULL);
	row(out, "price", worst, "the first call at most");
	gp_buf_fmt(out, "%-10s %zu bytes, about %zu tokens\n", "sends", gp_talk_size(p->talk),
	           (size_t)((double)gp_talk_size(p->talk) / GP_TOKEN_BYTES));
}

static void rows(struct gp_buf *out, struct gp_preview *p, const struct gp_context *c,
                 const char *worst)
{
	const struct gp_project *j = &p->project;

	row(out, "base", p->base.hex, p->o->base ? p->o->base : "HEAD");
	row(out, "suite", j->suite, j->suite_from);
	row(out, "new test", j->only ? j->only : "the whole suite", j->only_from);
	row(out, "setup", j->setup, j->setup_from);
	row(out, "sandbox", gp_sandbox_name(p->sandbox), NULL);
	for (size_t i = 0; i < gp_sandbox_mounts(p->sandbox)->n; i++)
		row(out, "", gp_sandbox_mounts(p->sandbox)->v[i], "read-only");
	model_rows(out, p, worst);
	for (size_t i = 0; i < c->n; i++) {
		gp_auto(gp_buf) clean = {0};

		gp_buf_visible(&clean, gp_slice(c->v[i].path));
		gp_buf_fmt(out, "%-10s %s  %zu bytes (%s)\n", i ? "" : "files", gp_buf_text(&clean),
		           c->v[i].bytes, c->v[i].why);
	}
	if (c->masked)
		gp_buf_fmt(out, "%-10s %zu secrets are masked\n", "", c->masked);
	if (c->unread)
		gp_buf_fmt(out, "%-10s %zu of %zu files were not searched\n", "", c->unread,
		           c->files);
}

static struct cJSON *plan_files(const struct gp_context *c)
{
	struct cJSON *files = gp_json_array();

	for (size_t i = 0; i < c->n; i++) {
		struct cJSON *f = gp_json_object();

		gp_json_put_bytes(f, "path", gp_slice(c->v[i].path));
		gp_json_put_int(f, "bytes", (long long)c->v[i].bytes);
		gp_json_put_str(f, "why", c->v[i].why);
		gp_json_push(files, f);
	}
	return files;
}

static struct cJSON *plan(struct gp_preview *p, const struct gp_context *c)
{
	struct cJSON *j = gp_json_object();
	const struct gp_project *found = &p->project;

	gp_json_put_str(j, "base", p->base.hex);
	gp_json_put_str(j, "suite", found->suite);
	gp_json_put_str(j, "suite_from", found->suite_from);
	gp_json_put_str(j, "new", found->only);
	gp_json_put_str(j, "new_from", found->only_from);
	gp_json_put_str(j, "setup", found->setup);
	gp_json_put_str(j, "setup_from", found->setup_from);
	gp_json_put_str(j, "sandbox", gp_sandbox_name(p->sandbox));
	gp_json_put_str(j, "model", p->model.name);
	gp_json_put_str(j, "api", p->model.api);
	gp_json_put_str(j, "url", p->model.url);
	gp_json_put_str(j, "key_from", p->model.key_origin);
	if (p->money.priced) {
		gp_json_put_num(j, "worst_usd", p->money.reserved);
		gp_json_put_num(j, "budget_usd", p->money.budget);
	}
	if (p->talk)
		gp_json_put_int(j, "bytes", (long long)gp_talk_size(p->talk));
	gp_json_put(j, "files", plan_files(c));
	gp_json_put_int(j, "masked", (long long)c->masked);
	gp_json_put_int(j, "unread", (long long)c->unread);
	return j;
}

int gp_preview_dry(struct gp_preview *p, const struct gp_context *c)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) worst = {0};
	gp_auto(gp_buf) body = {0};
	long long max_output = 0;
	int e = p->talk ? gp_money_reserve(p, &max_output) : 0;

	if (e) {
		gp_end_message(p, GP_STATUS_BUDGET, "budget");
		return e;
	}
	if (p->money.priced)
		gp_buf_fmt(&worst, "%.4f of %.2f USD", p->money.reserved, p->money.budget);
	else
		gp_buf_str(&worst, "not known");
	if (gp_term_json(p->o->term)) {
		gp_term_event(p->o->term, "plan", plan(p, c));
	} else {
		rows(&text, p, c, gp_buf_text(&worst));
		if (gp_term_verbose(p->o->term) && p->talk &&
		    gp_talk_body(&body, p->talk, max_output) == 0) {
			gp_buf_str(&text, "body\n");
			gp_buf_visible(&text, gp_buf_all(&body));
			gp_buf_chr(&text, '\n');
		}
		gp_term_text(p->o->term, gp_buf_all(&text));
	}
	p->over = true;
	return 0;
}
