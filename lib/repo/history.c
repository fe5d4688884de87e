#include <string.h>

#include "lib/repo/compare.h"

#define COMMITS_MAX 500000

void gp_history_clear(struct gp_history *h)
{
	gp_list_clear(&h->tips);
	gp_list_clear(&h->hidden);
}

/* "<commit> <parent>..." as rev-list --parents writes it. */
static bool read_ids(struct gp_oid **v, size_t *n, struct gp_slice line)
{
	*n = 0;
	while (line.n) {
		const char *space = memchr(line.p, ' ', line.n);
		size_t len = space ? (size_t)(space - line.p) : line.n;

		if (len == 0 || len >= sizeof((*v)->hex))
			return false;
		*v = gp_realloc(*v, (*n + 1) * sizeof(**v));
		(*v)[*n] = (struct gp_oid){""};
		memcpy((*v)[(*n)++].hex, line.p, len);
		line.p += space ? len + 1 : len;
		line.n -= space ? len + 1 : len;
	}
	return *n > 0;
}

static void list_input(struct gp_buf *out, const struct gp_history *h)
{
	for (size_t i = 0; i < h->tips.n; i++)
		gp_buf_fmt(out, "%s\n", h->tips.v[i]);
	for (size_t i = 0; i < h->hidden.n; i++)
		gp_buf_fmt(out, "^%s\n", h->hidden.v[i]);
}

int gp_repo_history(struct gp_repo *r, const struct gp_history *h,
                    int (*fn)(void *ctx, const struct gp_oid *commit, const struct gp_oid *parents,
                              size_t n),
                    void *ctx)
{
	gp_auto(gp_buf) remote = {0};
	gp_auto(gp_buf) input = {.max = (size_t)64 << 20};
	gp_auto(gp_buf) out = {.max = (size_t)80 << 20};
	/* a remote may not have what somebody pushed there and we never fetched */
	const char *argv[] = {"rev-list", "--parents", "--reverse", "--ignore-missing",
	                      "--stdin",  NULL,        NULL,        NULL};
	struct gp_slice line, rest;
	struct gp_oid *ids = NULL;
	size_t n = 0, commits = 0;
	int e;

	list_input(&input, h);
	if (h->remote) {
		gp_buf_fmt(&remote, "--remotes=%s", h->remote);
		argv[5] = "--not";
		argv[6] = gp_buf_text(&remote);
	}
	e = gp_git_fed(&out, r, argv, NULL, gp_buf_all(&input), NULL);
	for (rest = gp_buf_all(&out); !e && gp_line(&line, &rest);) {
		if (gp_stopped())
			e = gp_fail(GP_STOPPED, "stopped");
		else if (!read_ids(&ids, &n, line))
			e = gp_fail(GP_FAILED, "git rev-list wrote what is no list of commits");
		else if (++commits > COMMITS_MAX)
			e = gp_fail(GP_LIMIT, "more than %d commits", COMMITS_MAX);
		else
			e = fn(ctx, &ids[0], ids + 1, n - 1);
	}
	gp_free(ids);
	return e;
}

int gp_repo_changed(struct gp_repo *r, const struct gp_oid *from, const struct gp_oid *to,
                    int (*fn)(void *ctx, const struct gp_changed *c), void *ctx)
{
	gp_auto(gp_deltas) d = {0};
	int e = gp_compare(&d, r, from, to);

	for (size_t i = 0; !e && i < d.n; i++) {
		struct gp_changed c = {.path = d.v[i].path,
		                       .old_mode = d.v[i].old.mode,
		                       .new_mode = d.v[i].new.mode,
		                       .old_oid = d.v[i].old.oid,
		                       .new_oid = d.v[i].new.oid};

		e = fn(ctx, &c);
	}
	return e;
}
