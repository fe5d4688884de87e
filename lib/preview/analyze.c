#include "lib/preview/analyze.h"

#include <string.h>

#include "lib/preview/vetting.h"
#include "lib/trial/trial.h"
#include "lib/vet/analyzers.h"
#include "lib/vet/sarif.h"

struct analysis {
	const struct gp_vet_options *o;
	struct gp_bench *bench;
	struct gp_loop *loop;
	struct gp_oid base, tip; /* trees */
	struct gp_changes changes;
	struct gp_list before, after; /* files that changed, as far as they exist on each side */
	struct gp_trial_result result;
	bool over, blocks;
};

static void analysis_clear(struct analysis *a)
{
	gp_bench_free(&a->bench);
	gp_trial_result_clear(&a->result);
	gp_changes_clear(&a->changes);
	gp_list_clear(&a->before);
	gp_list_clear(&a->after);
}

static void on_done(void *ctx, struct gp_trial_result *r)
{
	struct analysis *a = ctx;

	gp_trial_result_clear(&a->result);
	a->result = *r;
	*r = (struct gp_trial_result){0};
	a->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct analysis *)ctx)->over;
}

static bool is_report(struct gp_slice text)
{
	struct gp_slice t = gp_trim(text);

	return t.n && (t.p[0] == '{' || t.p[0] == '[');
}

/* Many analyzers end with 1 when they have found something; but who ends so and has said nothing
 * that can be read has not analyzed. */
static int read_result(struct gp_findings *out, struct analysis *a, const char *command)
{
	const struct gp_trial_result *r = &a->result;
	enum gp_verdict v = r->judgement.verdict;
	size_t first = out->n;
	int e;

	if (v == GP_VERDICT_TIMEOUT || v == GP_VERDICT_INFRA)
		return gp_fail(GP_REFUSED, "the analyzer '%s' did not run: %s", command,
		               gp_buf_text(&r->judgement.reason));
	if (r->truncated)
		return gp_fail(GP_REFUSED, "the analyzer '%s' said more than sandbox.output keeps",
		               command);
	e = gp_sarif_read(out, gp_buf_all(&r->output), a->blocks);
	if (e)
		return gp_within(GP_REFUSED, "the analyzer '%s'", command);
	if (r->exit != 0 && out->n == first && !is_report(gp_buf_all(&r->output))) {
		gp_term_quote(a->o->term, gp_buf_all(&r->output));
		return gp_fail(GP_REFUSED, "the analyzer '%s' ended with status %d", command,
		               r->exit);
	}
	return 0;
}

static int run_side(struct gp_findings *out, struct analysis *a, const char *command, bool tip)
{
	gp_auto(gp_buf) filled = {0};
	struct gp_trial *trial = NULL;
	struct gp_trial_spec spec = {.changes = tip ? &a->changes : NULL};
	int e;

	if (!gp_analyzers_fill(&filled, command, tip ? &a->after : &a->before))
		return 0;
	spec.command = gp_buf_text(&filled);
	a->over = false;
	e = gp_trial_start(&trial, a->bench, &spec, on_done, a);
	if (!e)
		e = gp_loop_run(a->loop, is_over, a);
	return e ? e : read_result(out, a, command);
}

static int run_one(struct gp_findings *out, struct analysis *a, const char *command)
{
	gp_auto(gp_findings) before = {0};
	gp_auto(gp_findings) after = {0};
	int e = run_side(&after, a, command, true);

	/* mostly there is nothing, and then nothing can be new */
	if (!e && after.n)
		e = run_side(&before, a, command, false);
	if (!e)
		gp_findings_new(out, &before, &after);
	return e;
}

static int find_files(struct analysis *a)
{
	int e = gp_repo_diff(&a->changes, a->o->repo, &a->base, &a->tip);

	for (size_t i = 0; !e && i < a->changes.n; i++) {
		const struct gp_change *c = &a->changes.v[i];
		unsigned mode = 0;

		if (c->mode && c->mode != 0120000)
			gp_list_add(&a->after, c->path);
		if (gp_repo_entry(NULL, &mode, a->o->repo, &a->base, c->path) == 0 &&
		    (mode == 0100644 || mode == 0100755))
			gp_list_add(&a->before, c->path);
	}
	return e;
}

static bool has_file(void *ctx, const char *path)
{
	const struct analysis *a = ctx;

	return gp_repo_entry(NULL, NULL, a->o->repo, &a->tip, path) == 0;
}

static int run_all(struct gp_findings *out, struct analysis *a, const struct gp_list *commands,
                   struct gp_sandbox *sandbox)
{
	const struct gp_conf *conf = a->o->conf;
	gp_auto(gp_project) project = {0};
	const struct gp_bench_options options = {
		.repo = a->o->repo,
		.sandbox = sandbox,
		.loop = a->loop,
		.project = &project,
		.base = a->base,
		.timeout_ms = (long)gp_conf_int(conf, "test.timeout") * 1000,
		.setup_network = gp_conf_bool(conf, "sandbox.network"),
	};
	int e = gp_detect(&project, a->o->repo, &a->base, conf);

	/* analyzers need the setup, where there is one, but no tests */
	if (e == GP_NOTFOUND)
		e = 0;
	if (!e)
		e = gp_bench_new(&a->bench, &options);
	gp_term_begin(a->o->term, "analyze", "%zu file%s", a->after.n, a->after.n == 1 ? "" : "s");
	for (size_t i = 0; !e && i < commands->n; i++)
		e = run_one(out, a, commands->v[i]);
	gp_term_end(a->o->term, "analyze",
	            e        ? GP_MARK_BAD
	            : out->n ? GP_MARK_WARN
	                     : GP_MARK_OK,
	            "%zu new finding%s", out->n, out->n == 1 ? "" : "s");
	return e;
}

int gp_analyze(struct gp_vetted *out, const struct gp_vet_options *o, const struct gp_oid *base,
               const struct gp_oid *tip)
{
	const char *how = gp_conf_str(o->conf, "vet.analysis");
	const char *setting = gp_conf_str(o->conf, "vet.analyzers");
	struct analysis a = {.o = o, .blocks = strcmp(how, "block") == 0};
	gp_auto_sandbox struct gp_sandbox *sandbox = NULL;
	gp_auto(gp_findings) found = {0};
	gp_auto(gp_list) commands = {0};
	int e = 0;

	if (strcmp(how, "off") == 0 || !base->hex[0] || !setting || !*setting)
		return 0;
	e = gp_repo_resolve(NULL, &a.base, o->repo, base->hex);
	if (!e)
		e = gp_repo_resolve(NULL, &a.tip, o->repo, tip->hex);
	if (!e)
		e = find_files(&a);
	if (!e)
		gp_analyzers_choose(&commands, setting, &a.after, has_file, &a);
	if (!e && commands.n)
		e = gp_loop_new(&a.loop);
	if (!e && commands.n)
		e = gp_preview_sandbox(&sandbox, o->repo, o->conf, o->term);
	if (!e && commands.n)
		e = run_all(&found, &a, &commands, sandbox);
	for (size_t i = 0; !e && i < found.n; i++)
		gp_vetting_add(out, o, &found.v[i]);
	analysis_clear(&a);
	gp_loop_free(&a.loop);
	return e;
}
