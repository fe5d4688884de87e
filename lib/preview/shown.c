#include "lib/preview/shown.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/claim.h"
#include "lib/preview/page.h"
#include "lib/trial/detect.h"

/* The patch of the test: of its commit, or of the test files that a single commit changes. */
static int find_test(struct gp_buf *out, struct gp_repo *r, const struct gp_claim *c,
                     const struct gp_stats *stats)
{
	static const char *const fixed[] = {"--literal-pathspecs", "diff",          "--no-color",
	                                    "--no-ext-diff",       "--no-textconv", "--no-renames"};
	static const struct gp_test_paths usual;
	gp_auto(gp_list) argv = {0};
	size_t paths = 0;

	for (size_t i = 0; i < GP_COUNT(fixed); i++)
		gp_list_add(&argv, fixed[i]);
	gp_list_add(&argv, c->base_tree.hex);
	gp_list_add(&argv, c->squashed ? c->full_tree.hex : c->test_tree.hex);
	gp_list_add(&argv, "--");
	for (size_t i = 0; c->squashed && i < stats->n && paths < 200; i++)
		if (gp_is_test_path(&usual, stats->v[i].path)) {
			gp_list_add(&argv, stats->v[i].path);
			paths++;
		}
	return c->squashed && !paths ? 0 : gp_git(out, r, (const char *const *)argv.v, NULL);
}

static int render(struct gp_buf *out, const struct gp_shown_options *o, const struct gp_claim *c)
{
	gp_auto(gp_page) page = {0};
	gp_auto(gp_stats) stats = {0};
	gp_auto(gp_buf) test = {0};
	gp_auto(gp_signature) signature = {0};
	struct gp_page_source s = {
		.branch = o->rev,
		.tip = c->tip.hex,
		.record = c->record.json,
		.said = &c->said,
		.signature = &signature,
		.stats = &stats,
	};
	int e = gp_repo_stat(&stats, o->repo, &c->base_tree, &c->full_tree);

	if (!e)
		e = find_test(&test, o->repo, c, &stats);
	if (!e)
		e = gp_signature_check(&signature, o->repo, &c->record);
	if (e)
		return e;
	s.test = gp_buf_all(&test);
	gp_page_make(&page, &s);
	return o->form == GP_SHOWN_HTML       ? gp_page_html(out, &page)
	       : o->form == GP_SHOWN_MARKDOWN ? gp_page_markdown(out, &page)
	                                      : gp_page_text(out, &page);
}

static void tell(const struct gp_shown_options *o, const struct gp_claim *c, struct gp_slice text)
{
	static const char *const forms[] = {"text", "html", "markdown"};
	struct cJSON *j = gp_json_object();

	gp_json_put_bytes(j, "preview", gp_slice(o->rev));
	gp_json_put_str(j, "id", c->said.v[GP_TRAILER_ID]);
	gp_json_put_str(j, "tip", c->tip.hex);
	gp_json_put_str(j, "form", forms[o->form]);
	gp_json_put_bytes(j, "report", text);
	gp_term_event(o->term, "show", j);
	gp_term_text(o->term, text);
}

static int show(const struct gp_shown_options *o)
{
	gp_auto(gp_claims) claims = {0};
	gp_auto(gp_buf) text = {0};
	int e = strstr(o->rev, "..") ? gp_fail(GP_INVALID, "one preview at a time")
	                             : gp_claims_add(&claims, o->repo, o->rev);

	if (!e)
		e = render(&text, o, &claims.v[0]);
	if (e)
		return gp_within(e, "cannot show '%s'", o->rev);
	if (claims.v[0].record.why.n)
		gp_term_warn(o->term, "%s", gp_buf_text(&claims.v[0].record.why));
	tell(o, &claims.v[0], gp_buf_all(&text));
	return 0;
}

int gp_shown_render(struct gp_buf *out, struct gp_repo *r, const char *rev, enum gp_shown_form form)
{
	const struct gp_shown_options o = {.repo = r, .rev = rev, .form = form};
	gp_auto(gp_claims) claims = {0};
	int e = gp_claims_add(&claims, r, rev);

	return e ? e : render(out, &o, &claims.v[0]);
}

enum gp_status gp_shown_run(const struct gp_shown_options *o)
{
	int e = show(o);

	if (!e)
		return GP_STATUS_OK;
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}
