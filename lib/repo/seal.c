#include "lib/repo/libgit2.h"

#include <string.h>

#define SEAL_MAX ((size_t)64 << 10)

int gp_repo_seal(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *tree,
                 const struct gp_oid *parent, const char *ident, const char *text)
{
	gp_auto(gp_buf) commit = {0};
	struct gp_oid oid;
	const char *const argv[] = {"cat-file", "commit", oid.hex, NULL};
	const char *end;
	bool sign = false;
	int e = gp_repo_signs(&sign, r);

	if (e || !sign)
		return e;
	e = gp_repo_commit(&oid, r, tree, parent, ident, ident, text);
	if (!e)
		e = gp_git(&commit, r, argv, NULL);
	if (e)
		return e;
	end = gp_find(gp_buf_all(&commit), "\n\n");
	if (!end)
		return gp_fail(GP_FAILED, "git cat-file answered with no commit");
	return gp_buf_add(out, commit.p, (size_t)(end - commit.p));
}

int gp_repo_unseal(char *state, struct gp_buf *signer, struct gp_repo *r, const char *seal,
                   struct gp_slice text)
{
	static const char *const write[] = {"hash-object", "-t", "commit", "-w", "--stdin", NULL};
	gp_auto(gp_buf) commit = {0};
	gp_auto(gp_buf) hex = {0};
	gp_auto(gp_buf) said = {0};
	const char *ask[] = {"log", "-1", "--no-show-signature", "--format=%G?%GS", NULL, NULL};
	int e;

	*state = 'B';
	if (strlen(seal) > SEAL_MAX || strstr(seal, "\n\n"))
		return 0;
	gp_buf_fmt(&commit, "%s\n\n", seal);
	e = gp_buf_slice(&commit, text);
	if (!e)
		e = gp_buf_chr(&commit, '\n');
	if (!e)
		e = gp_git_fed(&hex, r, write, NULL, gp_buf_all(&commit), NULL);
	/* no commit at all */
	if (e == GP_REFUSED)
		return 0;
	ask[4] = gp_buf_text(&hex);
	if (!e)
		e = gp_git(&said, r, ask, NULL);
	if (e)
		return e;
	*state = said.n ? said.p[0] : 'N';
	return gp_buf_str(signer, said.n ? said.p + 1 : "");
}
