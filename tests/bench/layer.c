#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"
#include "lib/repo/layer.h"

/* What a base layer costs on trees of several sizes: laid out cold, taken again, moved by one file
 * and back. Tab-separated: bench, what, value, unit. */

static char scratch[] = "/tmp/gp-bench-layer-XXXXXX";

static void check(int e, const char *what)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", what, gp_message());
	gp_file_remove(scratch);
	exit(1);
}

/* files of 1 to 4 KB, a hundred a folder; HEAD differs from HEAD~1 in one. */
static void make(const char *dir, long files)
{
	static const char script[] =
		"git init -q \"$1\" && cd \"$1\" && seq 0 $(($2 - 1)) | awk '{\n"
		"  print \"blob\\nmark :\" $1 + 1; n = 20 + $1 % 60; s = \"file \" $1 \"\\n\"\n"
		"  for (i = 0; i < n; i++) s = s \"some line of a source file, as they are\\n\"\n"
		"  printf \"data %d\\n%s\", length(s), s }\n"
		"  END { print \"commit refs/heads/bench\\ncommitter b <b@b> 1 +0000\\ndata 0\"\n"
		"  for (i = 0; i < NR; i++)\n"
		"    printf \"M 644 :%d src/m%d/f%d.py\\n\", i + 1, i / 100, i\n"
		"  print \"commit refs/heads/bench\\ncommitter b <b@b> 2 +0000\\ndata 0\"\n"
		"  print \"M 644 :2 src/m0/f0.py\" }' | git fast-import --quiet && git "
		"symbolic-ref "
		"HEAD refs/heads/bench";
	char count[24];
	const char *const argv[] = {"sh", "-ec", script, "sh", dir, count, NULL};
	struct gp_proc_spec spec = {.argv = argv, .cwd = scratch};
	gp_auto(gp_proc_result) r = {0};

	snprintf(count, sizeof(count), "%ld", files);
	check(gp_proc_run(&r, &spec), "cannot make a repository");
	check(r.exit ? gp_fail(GP_FAILED, "%s", gp_buf_text(&r.err)) : 0, "cannot make it");
}

struct filled {
	bool done;
	int code;
};

static void on_filled(void *ctx, int code)
{
	*(struct filled *)ctx = (struct filled){true, code};
}

static bool is_filled(void *ctx)
{
	return ((struct filled *)ctx)->done;
}

static void lay(struct gp_repo *r, const char *rev, long files, const char *what)
{
	gp_auto_loop struct gp_loop *loop = NULL;
	struct gp_layer *l = NULL;
	struct filled f = {0};
	struct gp_oid tree;
	long long start = gp_now_ms();

	check(gp_repo_resolve(NULL, &tree, r, rev), "resolve");
	check(gp_loop_new(&loop), "loop");
	check(gp_layer_take(&l, r, &tree, ""), "take");
	check(gp_layer_fill(l, loop, on_filled, &f), "fill");
	check(gp_loop_run(loop, is_filled, &f), "run");
	check(f.code, "fill");
	gp_layer_release(&l);
	printf("layer\t%s, %ld files\t%lld\tms\n", what, files, gp_now_ms() - start);
	fflush(stdout);
}

int main(void)
{
	static const long sizes[] = {100, 1000, 20000};

	if (!mkdtemp(scratch) || chdir(scratch) < 0)
		return 1;
	for (size_t i = 0; i < GP_COUNT(sizes); i++) {
		gp_auto_repo struct gp_repo *r = NULL;
		gp_auto(gp_buf) dir = {0};

		gp_buf_fmt(&dir, "%s/%ld", scratch, sizes[i]);
		make(dir.p, sizes[i]);
		check(gp_repo_open(&r, dir.p), "open");
		lay(r, "HEAD~1", sizes[i], "cold");
		lay(r, "HEAD~1", sizes[i], "warm");
		/* git compares files as old as its index by content: no base moves that soon */
		usleep(1100000);
		lay(r, "HEAD", sizes[i], "one file differs");
		lay(r, "HEAD~1", sizes[i], "and back");
	}
	return gp_file_remove(scratch) < 0;
}
