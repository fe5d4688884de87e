#include "lib/repo/libgit2.h"

#include <string.h>

/* What git can name and libgit2 cannot: main...topic, branch@{yesterday}, replaced objects. */
static int resolve_by_git(git_object **out, struct gp_repo *r, const char *rev)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) hex = {0};
	const char *const argv[] = {"rev-parse", "--verify", "--end-of-options", NULL, NULL};
	const char *args[GP_COUNT(argv)];
	int e;

	gp_buf_fmt(&text, "%s^{object}", rev);
	memcpy(args, argv, sizeof(argv));
	args[3] = gp_buf_text(&text);
	e = gp_git(&hex, r, args, NULL);
	if (e)
		return e;
	return gp_git2.git_revparse_single(out, r->git, gp_buf_text(&hex))
	               ? gp_git2_fail(GIT_ENOTFOUND, "cannot read '%s'", rev)
	               : 0;
}

static int no_such(struct gp_repo *r, const char *rev)
{
	if ((strcmp(rev, "HEAD") == 0 || strcmp(rev, "@") == 0) &&
	    gp_git2.git_repository_head_unborn(r->git) == 1) {
		gp_fail(GP_NOTFOUND, "cannot resolve 'HEAD': the branch has no commit yet");
		gp_hint("make a first commit: git commit --allow-empty -m start");
		return GP_NOTFOUND;
	}
	return gp_fail(GP_NOTFOUND, "cannot resolve '%s': no such revision", rev);
}

static int commit_of(git_commit **out, struct gp_repo *r, const struct gp_oid *oid)
{
	git_oid id;
	int e = gp_git2_oid(&id, oid);

	if (e)
		return e;
	e = gp_git2.git_commit_lookup(out, r->git, &id);
	return e ? gp_git2_fail(e, "cannot read the commit %s", oid->hex) : 0;
}

int gp_repo_resolve(struct gp_oid *commit, struct gp_oid *tree, struct gp_repo *r, const char *rev)
{
	gp_auto_git2(object) object = NULL;
	gp_auto_git2(object) peeled = NULL;
	int e = *rev == '-' ? GIT_ENOTFOUND : gp_git2.git_revparse_single(&object, r->git, rev);

	if (e && resolve_by_git(&object, r, rev) < 0)
		return no_such(r, rev);
	e = gp_git2.git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	if (e)
		return gp_fail(GP_INVALID, "cannot use '%s': it is not a commit", rev);
	if (commit)
		gp_git2_hex(commit, gp_git2.git_object_id(peeled));
	if (tree)
		gp_git2_hex(tree, gp_git2.git_commit_tree_id((git_commit *)peeled));
	return 0;
}

int gp_repo_parent(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *commit)
{
	gp_auto_git2(commit) c = NULL;
	int e = commit_of(&c, r, commit);

	if (e)
		return e;
	if (gp_git2.git_commit_parentcount(c) == 0)
		return gp_fail(GP_NOTFOUND, "the commit %s has no parent", commit->hex);
	if (!gp_git2.git_odb_exists(r->odb, gp_git2.git_commit_parent_id(c, 0))) {
		gp_fail(GP_NOTFOUND, "the parent of %s is not in this clone", commit->hex);
		gp_hint("the clone is shallow; get more history: git fetch --deepen=50");
		return GP_NOTFOUND;
	}
	gp_git2_hex(out, gp_git2.git_commit_parent_id(c, 0));
	return 0;
}

int gp_repo_message(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *commit)
{
	gp_auto_git2(commit) c = NULL;
	int e = commit_of(&c, r, commit);

	return e ? e : gp_buf_str(out, gp_git2.git_commit_message_raw(c));
}

struct draft {
	const struct gp_oid *tree, *parent;
	git_signature *author, *committer;
	struct gp_buf message;
};

static void draft_clear(struct draft *d)
{
	gp_git2_signature_clear(&d->author);
	gp_git2_signature_clear(&d->committer);
	gp_buf_clear(&d->message);
}

static int commit_plain(struct gp_oid *out, struct gp_repo *r, const struct draft *d)
{
	git_oid id, tree, parent;
	const git_oid *parents[] = {&parent};
	size_t n = d->parent->hex[0] ? 1 : 0;
	int e = gp_git2_oid(&tree, d->tree);

	if (!e && n)
		e = gp_git2_oid(&parent, d->parent);
	if (e)
		return e;
	e = gp_edge("git_commit_create")
	            ? GIT_ERROR
	            : gp_git2.git_commit_create_from_ids(&id, r->git, NULL, d->author, d->committer,
	                                                 NULL, d->message.p, &tree, n, parents);
	if (e)
		return gp_git2_fail(e, "cannot write a commit");
	gp_git2_hex(out, &id);
	return 0;
}

static void identity(struct gp_list *env, const char *role, const git_signature *s)
{
	int minutes = s->when.offset < 0 ? -s->when.offset : s->when.offset;

	gp_list_fmt(env, "GIT_%s_NAME=%s", role, s->name);
	gp_list_fmt(env, "GIT_%s_EMAIL=%s", role, s->email);
	gp_list_fmt(env, "GIT_%s_DATE=@%lld %c%02d%02d", role, (long long)s->when.time,
	            s->when.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* gpg, ssh and smime signatures with the user's keys and agents are git's trade. */
static int commit_signed(struct gp_oid *out, struct gp_repo *r, const struct draft *d)
{
	gp_auto(gp_list) argv = {0};
	gp_auto(gp_list) env = {0};
	gp_auto(gp_buf) hex = {0};
	int e;

	for (const char *const *a = (const char *const[]){"-c", "i18n.commitEncoding=UTF-8",
	                                                  "commit-tree", "-S", "-F", "-", NULL};
	     *a; a++)
		gp_list_add(&argv, *a);
	if (d->parent->hex[0]) {
		gp_list_add(&argv, "-p");
		gp_list_add(&argv, d->parent->hex);
	}
	gp_list_add(&argv, d->tree->hex);
	identity(&env, "AUTHOR", d->author);
	identity(&env, "COMMITTER", d->committer);
	e = gp_git_fed(&hex, r, (const char *const *)argv.v, &env, gp_buf_all(&d->message), NULL);
	if (e == GP_REFUSED) {
		gp_within(e, "cannot sign the commit");
		gp_hint("commit.gpgsign is set; see whether 'git commit -S' works here");
	}
	if (e)
		return e;
	if (hex.n >= GP_OID_MAX)
		return gp_fail(GP_FAILED, "git commit-tree answered with no object id");
	*out = (struct gp_oid){0};
	memcpy(out->hex, gp_buf_text(&hex), hex.n);
	return 0;
}

static int compose(struct draft *d, const char *author, const char *committer, const char *message)
{
	int e = 0;

	if (!gp_utf8_valid(gp_slice(message)))
		return gp_fail(GP_INVALID, "cannot write a commit: its message is not UTF-8");
	e = gp_git2_signature(&d->author, author);
	if (!e)
		e = gp_git2_signature(&d->committer, committer);
	if (!e)
		e = gp_buf_str(&d->message, message);
	if (!e && !gp_ends(gp_buf_text(&d->message), "\n"))
		e = gp_buf_chr(&d->message, '\n');
	return e;
}

int gp_repo_commit(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *tree,
                   const struct gp_oid *parent, const char *author, const char *committer,
                   const char *message)
{
	__attribute__((cleanup(draft_clear))) struct draft d = {.tree = tree, .parent = parent};
	bool sign = false;
	int e = compose(&d, author, committer, message);

	if (!e)
		e = gp_repo_signs(&sign, r);
	if (e)
		return e;
	return sign ? commit_signed(out, r, &d) : commit_plain(out, r, &d);
}

int gp_repo_commit_plain(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *tree,
                         const struct gp_oid *parent, const char *author, const char *committer,
                         const char *message)
{
	__attribute__((cleanup(draft_clear))) struct draft d = {.tree = tree, .parent = parent};
	int e = compose(&d, author, committer, message);

	return e ? e : commit_plain(out, r, &d);
}
