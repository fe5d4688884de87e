/*
 * context.c - how long it takes to choose what a model sees, on a generated tree: the first time,
 * until all of it is known, and from then on; and one search.
 *
 * Usage: context [files [bytes each]]; 20,000 files of 12,000 bytes when not said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lib/context/context.h"
#include "tests/bench/common/bench.h"

static int build(struct gp_repo *r, const char *name, size_t *unread)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = {
		.repo = r,
		.request = "When paymentXqueue fails, show the invoice's state in the audit"};
	double start = bench_ms();

	if (gp_repo_resolve(NULL, &o.tree, r, "main") < 0 || gp_context_build(&c, &o) < 0) {
		fprintf(stderr, "%s\n", gp_message());
		return -1;
	}
	bench_say("context", name, bench_ms() - start, "ms");
	*unread = c.unread;
	return (int)c.files;
}

static void search(struct gp_repo *r)
{
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = {.repo = r};
	double start = bench_ms();

	gp_repo_resolve(NULL, &o.tree, r, "main");
	gp_context_search(&out, &o, "payment.*invoice7", NULL, 4000);
	bench_say("context", "search", bench_ms() - start, "ms");
}

static int measure(const char *dir, size_t bytes)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct rusage usage;
	size_t unread;
	double start = bench_ms(), ms;
	int files, requests = 1;

	if (gp_repo_open(&r, dir) < 0 || (files = build(r, "first request", &unread)) < 0)
		return 1;
	bench_say("context", "unread after it", (double)unread, "files");
	for (; unread; requests++)
		if (build(r, "next request", &unread) < 0)
			return 1;
	ms = bench_ms() - start;
	bench_say("context", "until all is known", requests, "requests");
	bench_say("context", "indexing", (double)files * (double)bytes / 1e3 / ms, "MB/s");
	for (int i = 0; i < 3; i++)
		build(r, "warm request", &unread);
	getrusage(RUSAGE_SELF, &usage);
	bench_say("context", "peak memory", (double)usage.ru_maxrss / 1024, "MB");
	search(r);
	getrusage(RUSAGE_SELF, &usage);
	bench_say("context", "peak memory with a search", (double)usage.ru_maxrss / 1024, "MB");
	return 0;
}

int main(int argc, char **argv)
{
	int files = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20000;
	size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 12000;
	gp_auto(gp_buf) dir = {0};

	bench_note("context", "choosing what a model sees of a generated tree: the first time, "
	                      "until all of it is known, and from then on");
	gp_buf_fmt(&dir, "%s/repo", bench_home());
	bench_repo(dir.p, files, bytes, false);
	bench_say("context", "tree", files, "files");
	return measure(dir.p, bytes);
}
