#include "lib/preview/branches.h"

#include <stdlib.h>
#include <string.h>

/* refs/heads/<prefix>x, and refs/remotes/<any>/<prefix>x, which is where it was pushed to. */
static void judge_holder(struct gp_branch *b, struct gp_slice ref)
{
	gp_auto_str char *name = gp_strndup(ref.p, ref.n);
	const char *in = NULL;

	if (gp_starts(name, "refs/heads/"))
		in = name + GP_BRANCH_HEADS;
	if (gp_starts(name, "refs/remotes/")) {
		b->pushed = true;
		in = strchr(name + strlen("refs/remotes/"), '/');
		in = in ? in + 1 : NULL;
	}
	if (in && !gp_starts(in, b->prefix))
		b->merged = true;
}

int gp_branch_holders(struct gp_branch *b)
{
	gp_auto(gp_buf) contains = {0}, refs = {0};
	const char *args[] = {"for-each-ref", NULL,           "--format=%(refname)",
	                      "refs/heads/",  "refs/remotes", NULL};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&contains, "--contains=%s", b->oid.hex);
	args[1] = gp_buf_text(&contains);
	e = gp_git(&refs, b->repo, args, NULL);
	rest = gp_buf_all(&refs);
	while (!e && gp_line(&line, &rest))
		judge_holder(b, line);
	return e;
}

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

int gp_branches_each(struct gp_repo *r, const char *prefix,
                     int (*fn)(void *ctx, struct gp_branch *b), void *ctx)
{
	gp_auto(gp_buf) below = {0}, refs = {0};
	const char *args[] = {"for-each-ref", "--sort=-committerdate",
	                      "--format=%(refname) %(objectname) %(committerdate:unix) "
	                      "%(worktreepath)",
	                      NULL, NULL};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&below, "refs/heads/%s", prefix);
	args[3] = gp_buf_text(&below);
	e = gp_git(&refs, r, args, NULL);
	rest = gp_buf_all(&refs);
	while (!e && gp_line(&line, &rest)) {
		struct gp_branch b = {.repo = r, .prefix = prefix};

		if (parse(&b, line) && is_preview(&b))
			e = fn(ctx, &b);
		gp_trailers_clear(&b.said);
		gp_free(b.ref);
	}
	return e;
}
