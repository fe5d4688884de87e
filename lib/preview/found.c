#include "lib/preview/run.h"

#include "lib/base/json.h"

#define FILE_MAX ((size_t)8 << 20)

static int read_base(void *ctx, struct gp_buf *out, const char *path)
{
	const struct gp_preview *p = ctx;
	unsigned mode;

	return gp_repo_read(out, &mode, p->o->repo, &p->base_tree, path, FILE_MAX);
}

static struct cJSON *finding_json(const struct gp_trial_finding *f)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "kind", f->kind);
	gp_json_put_str(j, "path", f->path);
	gp_json_put_int(j, "line", f->line);
	gp_json_put_str(j, "text", f->text);
	return j;
}

/* What was locked but for the request or a flag: said, and not held against it. */
static void look_unlocked(struct gp_preview *p)
{
	const struct gp_changes *c = &p->full.changes;

	gp_list_clear(&p->unlocked);
	for (size_t i = 0; i < c->n; i++) {
		gp_auto(gp_buf) what = {0};

		if (gp_policy_unlocked(&what, p, &c->v[i]))
			gp_list_fmt(&p->unlocked, "%s: %s", c->v[i].path, gp_buf_text(&what));
	}
}

void gp_found_look(struct gp_preview *p)
{
	const struct gp_trial_findings_input in = {
		.all = &p->full.changes,
		.tests = &p->test.changes,
		.request = gp_buf_all(&p->request),
		.before = read_base,
		.ctx = p,
	};

	look_unlocked(p);
	gp_trial_findings_clear(&p->findings);
	gp_trial_findings_read(&p->findings, &in);
	for (size_t i = 0; i < p->findings.n; i++) {
		const struct gp_trial_finding *f = &p->findings.v[i];

		gp_term_event(p->o->term, "finding", finding_json(f));
		if (f->cheat)
			gp_list_fmt(&p->weak, "%s: '%s' line %ld %s: %s", f->kind, f->path, f->line,
			            f->what, f->text);
	}
}

void gp_found_tell(struct gp_preview *p)
{
	for (size_t i = 0; i < p->unlocked.n; i++)
		gp_term_say(p->o->term, "allowed: %s", p->unlocked.v[i]);
	for (size_t i = 0; i < p->findings.n; i++) {
		const struct gp_trial_finding *f = &p->findings.v[i];

		/* a cheat is told as what is not proven */
		if (!f->cheat)
			gp_term_say(p->o->term, "finding: %s: '%s' line %ld %s: %s", f->kind,
			            f->path, f->line, f->what, f->text);
	}
}

struct cJSON *gp_found_json(const struct gp_preview *p)
{
	struct cJSON *all = gp_json_array();

	for (size_t i = 0; i < p->findings.n; i++)
		gp_json_push(all, finding_json(&p->findings.v[i]));
	return all;
}
