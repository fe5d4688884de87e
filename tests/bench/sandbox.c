/*
 * sandbox.c - what one run of `true` costs in each kind of sandbox, by the size of the tree, beside
 * the bare tool that the kind is made of. Between two runs the machine rests, as it does between
 * two trials: the kernel clears away a sandbox for a while after its end, and what is made
 * meanwhile may wait for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"
#include "lib/sandbox/sandbox.h"
#include "tests/bench/common/bench.h"

enum { ROUNDS = 21, REST_US = 100000, NSIZES = 3 };

/* The bare tool does as little as it can; a command is run by a shell in both. */
static const struct kind {
	enum gp_sandbox_kind kind;
	const char *name;
	const char *const *bare;
} kinds[] = {
	{GP_SANDBOX_BWRAP, "bwrap",
         (const char *const[]){"bwrap", "--unshare-all", "--unshare-user", "--die-with-parent",
                               "--new-session", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
                               "/dev", "/bin/sh", "-c", "/bin/true", NULL}},
};

static const int sizes[NSIZES] = {100, 1000, 20000};

struct place {
	const char *home;
	char tree[NSIZES][160], scratch[160];
};

static bool ended;

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

	bench_check(gp_loop_new(&l));
	ended = false;
	from = bench_ms();
	bench_check(gp_sandbox_run(&r, s, l, spec, on_done, &exit_code));
	bench_check(gp_loop_run(l, has_ended, NULL));
	bench_check(exit_code);
	return bench_ms() - from;
}

static void make_files(const char *tree, int n)
{
	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/d%d", tree, i / 100);
		if (i % 100 == 0)
			bench_check(gp_file_mkdirs(path));
		snprintf(path, sizeof(path), "%s/d%d/f%d", tree, i / 100, i);
		FILE *f = fopen(path, "w");
		if (!f || fputs("int x;\n", f) < 0 || fclose(f))
			exit(1);
	}
}

static double bare_run(const struct kind *k)
{
	double from = bench_ms();

	bench_do(k->bare);
	return bench_ms() - from;
}

static void say(const struct kind *k, const char *what, double ms)
{
	char name[64];

	snprintf(name, sizeof(name), "%s, %s", k->name, what);
	bench_say("sandbox", name, ms, "ms");
}

/* False: it does not work here. */
static bool open_kind(struct gp_sandbox **out, const struct kind *k, const char *cache)
{
	struct gp_sandbox_options o = {
		.kind = k->kind, .cache = cache, .memory = (long long)4 << 30};
	double from = bench_ms();

	if (gp_sandbox_open(out, &o))
		return false;
	say(k, "open, cold", bench_ms() - from);
	gp_sandbox_free(out);
	from = bench_ms();
	bench_check(gp_sandbox_open(out, &o));
	say(k, "open, warm", bench_ms() - from);
	return true;
}

static void measure(const struct kind *k, struct gp_sandbox *s, const struct place *p)
{
	static double bare[ROUNDS], ms[NSIZES][ROUNDS], own[ROUNDS];
	gp_auto(gp_changes) c = {0};
	char what[64];

	gp_changes_set(&c, "d0/f0", 0100644, GP_SLICE("int y;\n"));
	gp_changes_set(&c, "d0/new", 0100644, GP_SLICE("int z;\n"));
	/* in turns, so that whatever else the machine does falls on all alike */
	for (int i = 0; i < ROUNDS; i++) {
		usleep(REST_US);
		bare[i] = bare_run(k);
		for (size_t n = 0; n < NSIZES; n++) {
			usleep(REST_US);
			ms[n][i] = one_run(s, &(struct gp_run_spec){.tree = p->tree[n],
			                                            .scratch = p->scratch,
			                                            .changes = &c,
			                                            .command = "/bin/true"});
		}
		own[i] = ms[NSIZES - 1][i] - bare[i];
	}
	say(k, "the bare tool", bench_median(bare, ROUNDS));
	for (size_t n = 0; n < NSIZES; n++) {
		snprintf(what, sizeof(what), "%s, a run, %d files", k->name, sizes[n]);
		bench_aim("sandbox", what, bench_median(ms[n], ROUNDS), "ms", "each size alike");
	}
	say(k, "... of it beyond the bare tool", bench_median(own, ROUNDS));
}

int main(void)
{
	struct place p = {.home = bench_home()};

	bench_note("sandbox",
	           "one trial of 'true' with two changed files, by the size of the tree, and "
	           "the bare tool beside it");
	snprintf(p.scratch, sizeof(p.scratch), "%s/scratch", p.home);
	for (size_t n = 0; n < NSIZES; n++) {
		snprintf(p.tree[n], sizeof(p.tree[n]), "%s/tree%d", p.home, sizes[n]);
		make_files(p.tree[n], sizes[n]);
	}
	for (size_t i = 0; i < GP_COUNT(kinds); i++) {
		gp_auto_sandbox struct gp_sandbox *s = NULL;

		if (open_kind(&s, &kinds[i], p.home))
			measure(&kinds[i], s, &p);
		else
			printf("sandbox\t%s\tabsent\t\n", kinds[i].name);
	}
	return 0;
}
