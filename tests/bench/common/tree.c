#include <stdio.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "tests/bench/common/bench.h"

static const char *const words[] = {
	"order",  "task",   "user",  "account", "payment", "invoice", "session", "cache", "route",
	"model",  "store",  "queue", "worker",  "report",  "export",  "parser",  "token", "client",
	"server", "config", "index", "filter",  "audit",   "event",   "message", "state", "buffer",
};

static const char program[] = "# Sums of whole numbers.\nadd() {\n\techo $(($1 + $2))\n}\n";
static const char test[] = "check \"add adds\" 5 \"$(add 2 3)\"\n";
static const char runner[] =
	"# Runs the test files that are given, or all; speaks TAP.\n"
	". src/calc.sh\nn=0 bad=0\n"
	"check() {\n\tn=$((n + 1))\n"
	"\tif [ \"$2\" = \"$3\" ]; then echo \"ok $n - $1\"; return; fi\n"
	"\tbad=1\n\techo \"not ok $n - $1\"\n\techo \"# expected $2, got $3\"\n}\n"
	"[ $# -gt 0 ] || set -- tests/*.t\nfor f; do . \"./$f\"; done\n"
	"echo \"1..$n\"\nexit $bad\n";
static const char settings[] = "[test]\ncommand = sh tests/run.sh\nnew = sh tests/run.sh {files}\n"
			       "paths = tests/*.t\n";

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

static void put_file(FILE *to, const char *path, struct gp_slice text)
{
	fprintf(to, "M 644 inline %s\ndata %zu\n", path, text.n);
	fwrite(text.p, 1, text.n, to);
	fputc('\n', to);
}

static void write_stream(const char *path, int files, size_t bytes)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) name = {0};
	FILE *to = fopen(path, "w");

	if (!to)
		bench_fail("cannot write '%s'", path);
	fprintf(to, "commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n");
	put_file(to, "src/calc.sh", GP_SLICE(program));
	put_file(to, "tests/run.sh", GP_SLICE(runner));
	put_file(to, "tests/add.t", GP_SLICE(test));
	put_file(to, ".codexflow.ini", GP_SLICE(settings));
	for (int i = 0; i < files; i++) {
		gp_buf_cut(&name, 0);
		gp_buf_fmt(&name, "src/%s/%s/%s_%d.js", word(), word(), word(), i);
		write_source(&text, i, bytes);
		put_file(to, name.p, gp_buf_all(&text));
	}
	if (fclose(to))
		bench_fail("cannot write '%s'", path);
}

/* Without deltas: git packs the newest version of a file whole. */
void bench_repo(const char *dir, int files, size_t bytes, bool checkout)
{
	static const char script[] =
		"git init -q \"$1\" && cd \"$1\" && git fast-import --quiet --depth=0 <\"$2\" && "
		"rm \"$2\" && git symbolic-ref HEAD refs/heads/main && "
		"if [ -n \"$3\" ]; then git reset -q --hard; fi";
	gp_auto(gp_buf) stream = {0};

	gp_buf_fmt(&stream, "%s.stream", dir);
	write_stream(stream.p, files, bytes);
	bench_do((const char *const[]){"sh", "-ec", script, "sh", dir, stream.p,
	                               checkout ? "all" : "", NULL});
}
