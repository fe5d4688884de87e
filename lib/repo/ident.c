#include "lib/repo/libgit2.h"

#include <string.h>

static const char *const questions[GP_QUESTIONS][6] = {
	[GP_ASK_AUTHOR] = {"var", "GIT_AUTHOR_IDENT"},
	[GP_ASK_COMMITTER] = {"var", "GIT_COMMITTER_IDENT"},
	[GP_ASK_SIGN] = {"config", "--type=bool", "--get", "commit.gpgsign"},
};

static int ask(struct gp_repo *r, enum gp_question q)
{
	return r->asked[q].verb
	               ? 0
	               : gp_git_begin(&r->asked[q], r, questions[q], NULL, (struct gp_slice){0});
}

static int answer(struct gp_buf *out, struct gp_repo *r, enum gp_question q, int *status)
{
	int e;

	*status = -1;
	e = ask(r, q);
	return e ? e : gp_git_end(out, &r->asked[q], status);
}

/* A git that does not start is asked again, and its failure told, when the answer is needed. */
void gp_repo_ask_ident(struct gp_repo *r)
{
	ask(r, GP_ASK_AUTHOR);
	ask(r, GP_ASK_COMMITTER);
}

void gp_repo_ask_signing(struct gp_repo *r)
{
	if (r->sign < 0)
		ask(r, GP_ASK_SIGN);
}

static int ident(struct gp_buf *out, struct gp_repo *r, enum gp_question q)
{
	int status, e = answer(out, r, q, &status);

	if (e != GP_REFUSED)
		return e;
	gp_within(e, "cannot tell who you are");
	gp_hint("git config --global user.name \"Your Name\"; "
	        "git config --global user.email you@example.com");
	return e;
}

int gp_repo_ident(struct gp_buf *author, struct gp_buf *committer, struct gp_repo *r)
{
	gp_auto_git2(signature) who = NULL;
	size_t before = committer->n;
	int e = ident(author, r, GP_ASK_AUTHOR);

	if (!e)
		e = ident(committer, r, GP_ASK_COMMITTER);
	if (!e)
		e = gp_git2_signature(&who, committer->p + before);
	/* reflogs are signed with it */
	if (!e && gp_git2.git_repository_set_ident(r->git, who->name, who->email) < 0)
		e = gp_git2_fail(GIT_ERROR, "cannot use your identity");
	return e;
}

/* Asked once a repository: a child costs more than the commit. */
int gp_repo_signs(bool *out, struct gp_repo *r)
{
	gp_auto(gp_buf) said = {0};
	int status = 0, e = 0;

	if (r->sign < 0) {
		e = answer(&said, r, GP_ASK_SIGN, &status);
		if (e && !(e == GP_REFUSED && status == 1))
			return e;
		r->sign = strcmp(gp_buf_text(&said), "true") == 0;
	}
	*out = r->sign;
	return 0;
}
