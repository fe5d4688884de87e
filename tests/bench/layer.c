/* What a base layer costs on trees of several sizes: laid out cold, taken again, moved by one file
 * and back. */
#include <stdio.h>
#include <unistd.h>

#include "lib/repo/layer.h"
#include "tests/bench/common/bench.h"

/* HEAD differs from HEAD~1 in one file. */
static void make(const char *dir, int files)
{
	static const char script[] =
		"cd \"$1\" && git read-tree main && echo '# more' | git hash-object -w --stdin |\n"
		"  sed 's,.*,100644 &\tsrc/calc.sh,' | git update-index --index-info &&\n"
		"git update-ref HEAD $(git commit-tree -m more -p main $(git write-tree))";

	bench_repo(dir, files, 2500, false);
	bench_do((const char *const[]){"sh", "-ec", script, "sh", dir, NULL});
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

static void lay(struct gp_repo *r, const char *rev, int files, const char *what)
{
	gp_auto_loop struct gp_loop *loop = NULL;
	struct gp_layer *l = NULL;
	struct filled f = {0};
	struct gp_oid tree;
	double start = bench_ms();
	char name[64];

	bench_check(gp_repo_resolve(NULL, &tree, r, rev));
	bench_check(gp_loop_new(&loop));
	bench_check(gp_layer_take(&l, r, &tree, ""));
	bench_check(gp_layer_fill(l, loop, on_filled, &f));
	bench_check(gp_loop_run(loop, is_filled, &f));
	bench_check(f.code);
	gp_layer_release(&l);
	snprintf(name, sizeof(name), "%s, %d files", what, files);
	bench_say("layer", name, bench_ms() - start, "ms");
}

int main(void)
{
	static const int sizes[] = {100, 1000, 20000};
	const char *home = bench_home();

	bench_note("layer", "laying out the base for trials, by the size of the tree: cold, taken "
	                    "again, moved by one file and back");
	for (size_t i = 0; i < GP_COUNT(sizes); i++) {
		gp_auto_repo struct gp_repo *r = NULL;
		char dir[128];

		snprintf(dir, sizeof(dir), "%s/%d", home, sizes[i]);
		make(dir, sizes[i]);
		bench_check(gp_repo_open(&r, dir));
		lay(r, "HEAD~1", sizes[i], "cold");
		lay(r, "HEAD~1", sizes[i], "warm");
		/* git compares files as old as its index by content: no base moves that soon */
		usleep(1100000);
		lay(r, "HEAD", sizes[i], "one file differs");
		lay(r, "HEAD~1", sizes[i], "and back");
	}
	return 0;
}
