#include "lib/preview/subject.h"

static int find_before(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *commit)
{
	struct gp_oid parent;
	int e = gp_repo_parent(&parent, r, commit);

	*out = (struct gp_oid){0};
	if (e == GP_NOTFOUND)
		return 0;
	return e ? e : gp_repo_resolve(NULL, out, r, parent.hex);
}

int gp_subject_find(struct gp_subject *out, const struct gp_suite_options *o)
{
	struct gp_oid commit;
	int e;

	if (!o->worktree) {
		e = gp_repo_resolve(&commit, &out->tree, o->repo, o->rev ? o->rev : "HEAD");
		return e || !o->new_tests ? e : find_before(&out->before, o->repo, &commit);
	}
	out->before = (struct gp_oid){0};
	e = o->new_tests ? gp_repo_resolve(NULL, &out->before, o->repo, "HEAD") : 0;
	return e && e != GP_NOTFOUND ? e : gp_repo_worktree_tree(&out->tree, o->repo);
}

int gp_subject_project(struct gp_project *out, const struct gp_suite_options *o,
                       const struct gp_oid *tree, const char *command)
{
	int e = gp_detect(out, o->repo, tree, o->conf);

	if (!command)
		command = o->command;
	if (!command || (e && e != GP_NOTFOUND))
		return e;
	gp_free(out->suite);
	out->suite = gp_strdup(command);
	if (!out->report)
		out->report = gp_strdup("auto");
	return 0;
}

void gp_subject_setup(struct gp_term *t, const char *phase, struct gp_slice bytes)
{
	struct gp_slice line, last = {0}, rest = bytes;
	gp_auto(gp_buf) text = {0};

	if (gp_term_verbose(t)) {
		gp_term_stream(t, bytes);
		return;
	}
	while (gp_line(&line, &rest))
		if (gp_trim(line).n)
			last = gp_trim(line);
	gp_buf_slice(&text, last);
	gp_term_update(t, phase, "setup: %s", gp_buf_text(&text));
}
