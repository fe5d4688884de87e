/*
 * engine.c - what one run of `true` costs in a container, beside the engine's own command line with
 * the same image. tests/bench/engines.sh starts the engines; alone there is nothing to measure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/sandbox/sandbox.h"
#include "tests/bench/common/bench.h"

enum { ROUNDS = 11, REST_MS = 1000, FILES = 1000, WORDS = 32 };

static bool ended;
static char *bare_words;

static void on_done(void *ctx, struct gp_run_result *r)
{
	if (r->exit != 0)
		bench_fail("%s", r->infra ? r->infra : gp_buf_text(&r->out));
	*(double *)ctx = bench_ms();
	ended = true;
}

static bool has_ended(void *ctx)
{
	(void)ctx;
	return ended;
}

static int on_rest(void *ctx)
{
	(void)ctx;
	ended = true;
	return 0;
}

/* The machine rests and the next container is made, as while a model thinks. */
static void rest(struct gp_loop *l)
{
	ended = false;
	gp_loop_after(l, REST_MS, on_rest, NULL);
	bench_check(gp_loop_run(l, has_ended, NULL));
}

static double one_run(struct gp_sandbox *s, struct gp_loop *l, const struct gp_run_spec *spec)
{
	struct gp_run *r;
	double from = bench_ms(), to = 0;

	ended = false;
	if (spec->command)
		bench_check(gp_sandbox_run(&r, s, l, spec, on_done, &to));
	else
		bench_check(gp_sandbox_prepare(&r, s, l, spec, on_done, &to));
	bench_check(gp_loop_run(l, has_ended, NULL));
	return to - from;
}

/* The engine's own command line, words between blanks. */
static double bare_run(void)
{
	static char text[2048];
	const char *argv[WORDS + 1] = {NULL};
	double from;
	int n = 0;

	snprintf(text, sizeof(text), "%s", bare_words);
	for (char *at = text; *at && n < WORDS; at += strspn(at, " ")) {
		argv[n++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = 0;
	}
	from = bench_ms();
	bench_do(argv);
	return bench_ms() - from;
}

static void measure(const char *kind, struct gp_sandbox *s, const char *home)
{
	gp_auto_loop struct gp_loop *l = NULL;
	static double bare[ROUNDS], ms[ROUNDS];
	gp_auto(gp_changes) c = {0};
	char tree[512], scratch[512], name[64];
	struct gp_run_spec spec = {
		.tree = tree, .scratch = scratch, .layer = "bench", .command = NULL};
	double first;

	snprintf(tree, sizeof(tree), "%s/tree", home);
	snprintf(scratch, sizeof(scratch), "%s/scratch", home);
	bench_repo(tree, FILES, 1000, true);
	gp_changes_set(&c, "new", 0100644, GP_SLICE("int y;\n"));
	bench_check(gp_loop_new(&l));
	first = one_run(s, l, &spec);
	spec.changes = &c;
	spec.command = "true";
	one_run(s, l, &spec);
	for (int i = 0; i < ROUNDS; i++) {
		rest(l);
		bare[i] = bare_run();
		rest(l);
		ms[i] = one_run(s, l, &spec);
	}
	snprintf(name, sizeof(name), "%s, the layer of %d files is made", kind, FILES);
	bench_say("engine", name, first, "ms");
	snprintf(name, sizeof(name), "%s run", kind);
	bench_say("engine", name, bench_median(bare, ROUNDS), "ms");
	snprintf(name, sizeof(name), "%s, a warm run", kind);
	bench_say("engine", name, bench_median(ms, ROUNDS), "ms");
}

int main(void)
{
	const char *kind = getenv("ENGINE_KIND");
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	struct gp_sandbox_options o = {.host = getenv("ENGINE"), .image = getenv("ENGINE_TINY")};
	const char *home;

	if (!kind || !o.host || !getenv("ENGINE_BARE"))
		return 0;
	/* the environment of a bench is empty */
	bare_words = gp_strdup(getenv("ENGINE_BARE"));
	kind = gp_strdup(kind);
	o.host = gp_strdup(o.host);
	o.image = gp_strdup(o.image);
	home = bench_home();
	o.cache = home;
	o.kind = strcmp(kind, "docker") == 0 ? GP_SANDBOX_DOCKER : GP_SANDBOX_PODMAN;
	bench_check(gp_sandbox_open(&s, &o));
	measure(kind, s, home);
	return 0;
}
