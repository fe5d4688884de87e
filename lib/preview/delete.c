#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/branches.h"
#include "lib/preview/kept.h"
#include "lib/preview/listing.h"
#include "lib/preview/record.h"

struct target {
	const struct gp_listing_options *o;
	const char *name; /* as it was given */
	bool by_id, found;
	size_t same; /* branches with this id: copies of one preview */
	int refused; /* a code; the message says why */
};

static bool is_branch(const struct target *t, const struct gp_branch *b)
{
	const char *name = b->ref + GP_BRANCH_HEADS;

	return t->by_id ? strcmp(t->name, b->said.v[GP_TRAILER_ID]) == 0
	                : strcmp(t->name, name) == 0 ||
	                          strcmp(t->name, name + strlen(b->prefix)) == 0;
}

static int count_id(void *ctx, struct gp_branch *b)
{
	struct target *t = ctx;

	t->same += is_branch(t, b);
	return 0;
}

static void tell(const struct gp_listing_options *o, const char *what, const char *name,
                 const char *commit, bool record)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "what", what);
	gp_json_put_bytes(j, "name", gp_slice(name));
	gp_json_put_str(j, "commit", commit);
	gp_json_put_bool(j, "record", record);
	gp_term_event(o->term, "deleted", j);
	if (commit)
		gp_term_result(o->term, "deleted %s %s (was %.12s)%s", what, name, commit,
		               record ? ", with its record" : "");
	else
		gp_term_result(o->term, "deleted %s %s", what, name);
}

static bool is_record_of(struct gp_branch *b, const struct gp_oid *on)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) text = {0};
	const char *id;

	if (gp_repo_note_read(&text, b->repo, on) || gp_record_parse(&j, gp_buf_all(&text)))
		return false;
	id = gp_json_str(j, "id");
	return id && strcmp(id, b->said.v[GP_TRAILER_ID]) == 0;
}

/* A record holds the request's words; it goes with commits that nobody has any more. */
static bool drop_record(const struct gp_listing_options *o, struct gp_branch *b)
{
	const char *args[] = {"notes", "--ref=refs/notes/preview", "remove", NULL, NULL, NULL};
	gp_auto(gp_buf) out = {0};
	struct gp_oid tree;
	size_t n = 3;

	if (gp_repo_resolve(NULL, &tree, b->repo, b->oid.hex))
		return false;
	if (is_record_of(b, &b->oid))
		args[n++] = b->oid.hex;
	if (is_record_of(b, &tree))
		args[n++] = tree.hex;
	if (n == 3)
		return false;
	if (gp_git(&out, b->repo, args, NULL)) {
		gp_term_warn(o->term, "the record of '%s' stays: %s", b->ref + GP_BRANCH_HEADS,
		             gp_message());
		return false;
	}
	return true;
}

/* The state of a run that made a branch is gone, unless it was killed at the very end. */
static int drop_state(void *ctx, const char *id, const char *folder)
{
	const struct gp_branch *b = ctx;

	if (strcmp(id, b->said.v[GP_TRAILER_ID]) == 0)
		gp_kept_drop(b->repo, id, folder);
	return 0;
}

static int check(const struct gp_listing_options *o, const struct gp_branch *b)
{
	const char *name = b->ref + GP_BRANCH_HEADS;

	if (b->used)
		return gp_fail(GP_REFUSED, "cannot delete '%s': it is checked out", name);
	if (o->force || b->merged || b->pushed)
		return 0;
	gp_fail(GP_REFUSED, "cannot delete '%s': it is neither pushed nor merged", name);
	gp_hint("-f deletes it");
	return GP_REFUSED;
}

static int delete_branch(void *ctx, struct gp_branch *b)
{
	struct target *t = ctx;
	bool held, record;
	int e;

	if (t->found || !is_branch(t, b))
		return 0;
	t->found = true;
	t->refused = check(t->o, b);
	if (t->refused)
		return 0;
	held = b->merged || b->pushed;
	e = gp_branch_drop(b, "preview: deleted");
	if (e && e != GP_STOPPED) {
		t->refused = gp_within(e, "cannot delete '%s'", b->ref + GP_BRANCH_HEADS);
		return 0;
	}
	if (e)
		return e;
	gp_kept_each(b->repo, drop_state, b);
	record = !held && drop_record(t->o, b);
	tell(t->o, "preview", b->ref + GP_BRANCH_HEADS, b->oid.hex, record);
	return 0;
}

static int delete_run(void *ctx, const char *id, const char *folder)
{
	struct target *t = ctx;

	if (t->found || strcmp(t->name, id) != 0)
		return 0;
	t->found = true;
	if (!t->o->force) {
		t->refused = gp_fail(GP_REFUSED, "cannot delete run '%s': it can be resumed", id);
		gp_hint("-f deletes it");
		return 0;
	}
	t->refused = gp_kept_drop(t->o->repo, id, folder);
	if (t->refused)
		return gp_within(0, "cannot delete run '%s'", id);
	tell(t->o, "run", id, NULL, false);
	return 0;
}

static int delete_one(struct target *t)
{
	const char *prefix = gp_conf_str(t->o->conf, "preview.prefix");
	int e = gp_branches_each(t->o->repo, prefix, delete_branch, t);

	t->by_id = true;
	if (!e && !t->found)
		e = gp_branches_each(t->o->repo, prefix, count_id, t);
	if (!e && t->same > 1) {
		t->refused = gp_fail(GP_REFUSED, "cannot delete '%s': %zu branches have this id",
		                     t->name, t->same);
		return 0;
	}
	if (!e && t->same)
		e = gp_branches_each(t->o->repo, prefix, delete_branch, t);
	if (!e && !t->found)
		e = gp_kept_each(t->o->repo, delete_run, t);
	if (!e && !t->found) {
		t->refused = gp_fail(GP_NOTFOUND, "cannot delete '%s': no such preview", t->name);
		gp_hint("git preview --list has them; other branches are git branch's");
	}
	return e;
}

enum gp_status gp_listing_delete(const struct gp_listing_options *o)
{
	enum gp_status status = GP_STATUS_OK;

	for (const char *const *name = o->names; *name; name++) {
		struct target t = {.o = o, .name = *name};
		int e = delete_one(&t);

		if (e == GP_STOPPED)
			gp_fail(e, "interrupted");
		if (e || t.refused)
			gp_term_error(o->term);
		if (e)
			return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
		if (t.refused)
			status = GP_STATUS_NO;
	}
	return status;
}
