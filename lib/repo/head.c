#include <string.h>

#include "lib/base/proc.h"
#include "lib/repo/libgit2.h"

#define DEADLINE_MS 120000

struct head {
	struct gp_buf *out;
	size_t left;
	struct gp_proc *proc;
	bool ended, enough;
	int code;
};

static void on_bytes(void *ctx, struct gp_slice bytes)
{
	struct head *h = ctx;

	if (bytes.n > h->left)
		bytes.n = h->left;
	h->left -= bytes.n;
	gp_buf_slice(h->out, bytes);
	if (h->left || h->enough)
		return;
	h->enough = true;
	gp_proc_kill(h->proc);
}

static void on_end(void *ctx, struct gp_proc_result *r)
{
	struct head *h = ctx;

	h->proc = NULL;
	h->ended = true;
	h->code = h->enough ? 0 : gp_git_answer(r, "cat-file");
}

static bool has_ended(void *ctx)
{
	return ((struct head *)ctx)->ended;
}

int gp_repo_blob_head(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *oid, size_t max)
{
	const char *const argv[] = {"git", "cat-file", "blob", oid->hex, NULL};
	struct head h = {.out = out, .left = max};
	gp_auto(gp_list) env = {0};
	struct gp_loop *loop = NULL;
	struct gp_proc_spec spec = {.argv = argv,
	                            .max_out = 4096,
	                            .deadline_ms = DEADLINE_MS,
	                            .output = on_bytes,
	                            .output_ctx = &h};
	int e = gp_loop_new(&loop);

	gp_git_env(&env, r, false);
	spec.env = (const char *const *)env.v;
	if (!e)
		e = gp_proc_start(&h.proc, loop, &spec, on_end, &h);
	if (!e)
		e = gp_loop_run(loop, has_ended, &h);
	gp_proc_abandon(&h.proc);
	gp_loop_free(&loop);
	return e ? e : h.code;
}
