#include "lib/preview/branches.h"

#include <stdlib.h>
#include <string.h>

int gp_branch_drop(const struct gp_branch *b, const char *why)
{
	int e = gp_repo_ref_drop(b->repo, b->ref, &b->oid, why);

	return e ? e : gp_repo_dropped(b->repo);
}

/* "<ref> <oid> <seconds> <folder where it is checked out>" */
static bool parse(struct gp_branch *b, struct gp_slice line)
{
	struct gp_slice part[3];

	for (size_t i = 0; i < GP_COUNT(part); i++) {
		const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;

		if (!space)
			return false;
		part[i] = (struct gp_slice){line.p, (size_t)(space - line.p)};
		line.n -= part[i].n + 1;
		line.p = space + 1;
	}
	if (part[1].n >= GP_OID_MAX)
		return false;
	b->ref = gp_strndup(part[0].p, part[0].n);
	memcpy(b->oid.hex, part[1].p, part[1].n);
	b->when = strtoll(part[2].p, NULL, 10);
	b->used = line.n > 0;
	return true;
}

/* Our commits say so. */
static bool is_preview(struct gp_branch *b)
{
	gp_auto(gp_buf) message = {0};

	if (gp_repo_message(&message, b->repo, &b->oid) == 0)
		gp_trailers_read(&b->said, gp_buf_all(&message));
	return b->said.v[GP_TRAILER_ID];
}

struct held {
	struct gp_buf unmerged, unpushed;
	bool remotes;
};

static void held_clear(struct held *h)
{
	gp_buf_clear(&h->unmerged);
	gp_buf_clear(&h->unpushed);
}

static bool is_in(struct gp_slice lines, const struct gp_oid *oid)
{
	return gp_find(lines, oid->hex) != NULL;
}

/* What the previews have that no remote has, or with merged: no branch that is not a preview. One
 * git for all of them: --contains for each would be a process a branch. */
static int find_loose(struct gp_buf *out, struct gp_repo *r, const char *prefix, bool merged)
{
	gp_auto(gp_buf) ours = {0}, local = {0}, remote = {0};
	const char *unmerged[] = {"rev-list",   NULL, "--not",     NULL,
	                          "--branches", NULL, "--remotes", NULL};
	const char *unpushed[] = {"rev-list", NULL, "--not", "--remotes", NULL};

	gp_buf_fmt(&ours, "--glob=refs/heads/%s*", prefix);
	gp_buf_fmt(&local, "--exclude=%s*", prefix);
	gp_buf_fmt(&remote, "--exclude=*/%s*", prefix);
	unmerged[1] = unpushed[1] = gp_buf_text(&ours);
	unmerged[3] = gp_buf_text(&local);
	unmerged[5] = gp_buf_text(&remote);
	return gp_git(out, r, merged ? unmerged : unpushed, NULL);
}

/* Without a remote the second answer would be the whole history. */
static int find_held(struct held *h, struct gp_repo *r, const char *prefix)
{
	const char *args[] = {"for-each-ref", "--count=1", "refs/remotes/", NULL};
	gp_auto(gp_buf) remotes = {0};
	int e = gp_git(&remotes, r, args, NULL);

	h->remotes = remotes.n;
	if (!e)
		e = find_loose(&h->unmerged, r, prefix, true);
	if (!e && h->remotes)
		e = find_loose(&h->unpushed, r, prefix, false);
	return e;
}

static void judge(struct gp_branch *b, const struct held *h)
{
	b->merged = !is_in(gp_buf_all(&h->unmerged), &b->oid);
	b->pushed = h->remotes && !is_in(gp_buf_all(&h->unpushed), &b->oid);
}

int gp_branches_each(struct gp_repo *r, const char *prefix,
                     int (*fn)(void *ctx, struct gp_branch *b), void *ctx)
{
	gp_auto(gp_buf) below = {0}, refs = {0};
	__attribute__((cleanup(held_clear))) struct held held = {0};
	const char *args[] = {"for-each-ref", "--sort=-committerdate",
	                      "--format=%(refname) %(objectname) %(committerdate:unix) "
	                      "%(worktreepath)",
	                      NULL, NULL};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&below, "refs/heads/%s", prefix);
	args[3] = gp_buf_text(&below);
	e = gp_git(&refs, r, args, NULL);
	if (!e && refs.n)
		e = find_held(&held, r, prefix);
	rest = gp_buf_all(&refs);
	while (!e && gp_line(&line, &rest)) {
		struct gp_branch b = {.repo = r, .prefix = prefix};

		if (parse(&b, line) && is_preview(&b)) {
			judge(&b, &held);
			e = fn(ctx, &b);
		}
		gp_trailers_clear(&b.said);
		gp_free(b.ref);
	}
	return e;
}
