/*
 * context.c - how long it takes to choose what a model sees, on a generated tree: the first time,
 * until all of it is known, and from then on; and one search.
 *
 * Usage: context [files [bytes each]]; 20,000 files of 12,000 bytes when not said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"
#include "lib/context/context.h"

static const char *const words[] = {
	"order",  "task",   "user",  "account", "payment", "invoice", "session", "cache", "route",
	"model",  "store",  "queue", "worker",  "report",  "export",  "parser",  "token", "client",
	"server", "config", "index", "filter",  "audit",   "event",   "message", "state", "buffer",
};

static unsigned long seed = 1;

static const char *word(void)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return words[(seed >> 33) % GP_COUNT(words)];
}

/* Code of no meaning, with names as programs have them. */
static void write_source(struct gp_buf *out, int number, size_t bytes)
{
	size_t end;

	gp_buf_cut(out, 0);
	end = bytes / 2 + (size_t)(seed >> 40) % bytes;
	while (out->n < end)
		gp_buf_fmt(out,
		           "function %s%c%s%d(%s) {\n\tconst %s_%s = %s.%s(%s%lu);\n\n"
		           "\tif (%s_%s > %d)\n\t\treturn %s; // the %s of a %s\n}\n\n",
		           word(), 'A' + number % 26, word(), number, word(), word(), word(),
		           word(), word(), word(), (seed >> 20) % 5000, word(), word(), number,
		           word(), word(), word());
}

static int run_git(const char *dir, const char *stream)
{
	static const char script[] = "git init -q \"$1\" && cd \"$1\" && "
				     "git fast-import --quiet --depth=0 <\"$2\"";
	const char *const argv[] = {"sh", "-c", script, "sh", dir, stream, NULL};
	struct gp_proc_spec spec = {.argv = argv};
	gp_auto(gp_proc_result) result = {0};

	return gp_proc_run(&result, &spec) == 0 && result.exit == 0 ? 0 : -1;
}

/* Without deltas: git packs the newest version of a file whole. */
static int make_repository(const char *dir, int files, size_t bytes)
{
	gp_auto(gp_buf) stream = {0};
	gp_auto(gp_buf) text = {0};
	FILE *f;

	gp_buf_fmt(&stream, "%s/stream", dir);
	f = fopen(gp_buf_text(&stream), "w");
	if (!f)
		return -1;
	fprintf(f, "commit refs/heads/bench\ncommitter A <a@b> 0 +0000\ndata 1\nx\n");
	for (int i = 0; i < files; i++) {
		write_source(&text, i, bytes);
		fprintf(f, "M 644 inline src/%s/%s/%s_%d.js\ndata %zu\n", word(), word(), word(), i,
		        text.n);
		fwrite(text.p, 1, text.n, f);
		fputc('\n', f);
	}
	if (fclose(f) != 0)
		return -1;
	return run_git(dir, gp_buf_text(&stream));
}

static int build(struct gp_repo *r, const char *name, size_t *unread)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = {
		.repo = r,
		.request = "When paymentXqueue fails, show the invoice's state in the audit"};
	long long start = gp_now_ms();

	if (gp_repo_resolve(NULL, &o.tree, r, "bench") < 0 || gp_context_build(&c, &o) < 0) {
		fprintf(stderr, "%s\n", gp_message());
		return -1;
	}
	printf("context\t%s\t%lld\tms\n", name, gp_now_ms() - start);
	*unread = c.unread;
	return (int)c.files;
}

static void search(struct gp_repo *r)
{
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = {.repo = r};
	long long start = gp_now_ms();

	gp_repo_resolve(NULL, &o.tree, r, "bench");
	gp_context_search(&out, &o, "payment.*invoice7", NULL, 4000);
	printf("context\tsearch\t%lld\tms\n", gp_now_ms() - start);
}

static int measure(const char *dir, size_t bytes)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct rusage usage;
	size_t unread;
	long long start = gp_now_ms(), ms;
	int files, requests = 1;

	if (gp_repo_open(&r, dir) < 0 || (files = build(r, "first request", &unread)) < 0)
		return 1;
	printf("context\tunread after it\t%zu\tfiles\n", unread);
	for (; unread; requests++)
		if (build(r, "next request", &unread) < 0)
			return 1;
	ms = gp_now_ms() - start;
	printf("context\tuntil all is known\t%d\trequests\n", requests);
	printf("context\tindexing\t%.0f\tMB/s\n", (double)files * (double)bytes / 1e3 / (double)ms);
	for (int i = 0; i < 3; i++)
		build(r, "warm request", &unread);
	getrusage(RUSAGE_SELF, &usage);
	printf("context\tpeak memory\t%ld\tKB\n", usage.ru_maxrss);
	search(r);
	getrusage(RUSAGE_SELF, &usage);
	printf("context\tpeak memory with a search\t%ld\tKB\n", usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	int files = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20000, status;
	size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 12000;
	char dir[] = "/tmp/gp-bench-XXXXXX";

	if (!mkdtemp(dir) || make_repository(dir, files, bytes) != 0) {
		fprintf(stderr, "cannot make a repository\n");
		return 1;
	}
	printf("context\ttree\t%d\tfiles\n", files);
	status = measure(dir, bytes);
	gp_file_remove(dir);
	return status;
}
