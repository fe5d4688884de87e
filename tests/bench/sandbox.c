/* What one run of /bin/true costs, by the size of the tree, beside bare bwrap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"
#include "lib/sandbox/sandbox.h"
#include "tests/bench/common/bench.h"

enum { ROUNDS = 40 };

static bool ended;

static void check(int e)
{
	if (e == 0)
		return;
	fprintf(stderr, "error: %s\n", gp_message());
	exit(1);
}

static void on_done(void *ctx, struct gp_run_result *r)
{
	if (r->exit != 0)
		fprintf(stderr, "error: %s\n", r->infra ? r->infra : gp_buf_text(&r->out));
	*(int *)ctx = r->exit;
	ended = true;
}

static bool has_ended(void *ctx)
{
	(void)ctx;
	return ended;
}

static double one_run(struct gp_sandbox *s, const struct gp_run_spec *spec)
{
	gp_auto_loop struct gp_loop *l = NULL;
	struct gp_run *r;
	double from;
	int exit_code;

	check(gp_loop_new(&l));
	ended = false;
	from = bench_ms();
	check(gp_sandbox_run(&r, s, l, spec, on_done, &exit_code));
	check(gp_loop_run(l, has_ended, NULL));
	check(exit_code);
	return bench_ms() - from;
}

static void make_files(const char *tree, int n)
{
	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/d%d", tree, i / 100);
		if (i % 100 == 0)
			check(gp_file_mkdirs(path));
		snprintf(path, sizeof(path), "%s/d%d/f%d", tree, i / 100, i);
		FILE *f = fopen(path, "w");
		if (!f || fputs("int x;\n", f) < 0 || fclose(f))
			exit(1);
	}
}

static double bare(void)
{
	const char *const argv[] = {"bwrap",
	                            "--unshare-all",
	                            "--unshare-user",
	                            "--die-with-parent",
	                            "--new-session",
	                            "--ro-bind",
	                            "/",
	                            "/",
	                            "--proc",
	                            "/proc",
	                            "--dev",
	                            "/dev",
	                            "/bin/sh",
	                            "-c",
	                            "/bin/true",
	                            NULL};
	const struct gp_proc_spec spec = {.argv = argv};
	struct gp_proc_result r;
	double from = bench_ms();

	check(gp_proc_run(&r, &spec));
	check(r.exit);
	gp_proc_result_clear(&r);
	return bench_ms() - from;
}

int main(void)
{
	static const int sizes[] = {100, 1000, 20000};
	char root[] = "/tmp/sandbox-bench.XXXXXX", tree[GP_COUNT(sizes)][64], scratch[64], name[64];
	struct gp_sandbox_options o = {0};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_changes) c = {0};
	static double ms[1 + GP_COUNT(sizes)][ROUNDS];

	if (!mkdtemp(root))
		return 1;
	o.cache = root;
	snprintf(scratch, sizeof(scratch), "%s/scratch", root);
	double from = bench_ms();
	check(gp_sandbox_open(&s, &o));
	bench_say("sandbox", "open, cold", bench_ms() - from, "ms");
	gp_sandbox_free(&s);
	from = bench_ms();
	check(gp_sandbox_open(&s, &o));
	bench_say("sandbox", "open, warm", bench_ms() - from, "ms");
	gp_changes_set(&c, "d0/f0", 0100644, GP_SLICE("int y;\n"));
	gp_changes_set(&c, "d0/new", 0100644, GP_SLICE("int z;\n"));
	for (size_t k = 0; k < GP_COUNT(sizes); k++) {
		snprintf(tree[k], sizeof(tree[k]), "%s/tree%d", root, sizes[k]);
		make_files(tree[k], sizes[k]);
	}
	/* in turns, so that whatever else the machine does falls on all alike */
	for (int i = 0; i < ROUNDS; i++) {
		ms[0][i] = bare();
		for (size_t k = 0; k < GP_COUNT(sizes); k++)
			ms[k + 1][i] = one_run(s, &(struct gp_run_spec){.tree = tree[k],
			                                                .scratch = scratch,
			                                                .changes = &c,
			                                                .command = "/bin/true"});
	}
	bench_say("sandbox", "bare bwrap", bench_median(ms[0], ROUNDS), "ms");
	for (size_t k = 0; k < GP_COUNT(sizes); k++) {
		snprintf(name, sizeof(name), "run, %d files", sizes[k]);
		bench_say("sandbox", name, bench_median(ms[k + 1], ROUNDS), "ms");
	}
	gp_file_remove(root);
	return 0;
}
