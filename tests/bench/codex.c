/*
 * codex.c - one task by the best known peer, OpenAI's codex, where it is installed (npm install -g
 * @openai/codex), and by git preview, in turns: three requests each, answered with the same words,
 * patches and delays, after which the same two files differ and their test has run in a sandbox.
 *
 * Each speaks its own tools. Codex: both files in one patch, one run of the tests, a last word (it
 * offers its patch tool to models it knows by name). Git preview: a file read, the test, the
 * implementation; it runs tests five times (red, three times green, the whole suite), which all
 * counts here: the floor is what the model takes to answer, nothing else. Git preview sends code
 * that fits the request with each turn; codex sends none, a real model would ask it. Both are warm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "tests/bench/common/bench.h"

enum { SMALL = 7, LARGE = 5, MOST = 7, MEMORY = 3, FILES = 20000, BYTES = 12000 };

static const char words[] = "Add a function twice that doubles a number";

#define TEST_FILE "*** Add File: tests/twice.t\n+check \"twice doubles\" 6 \"$(twice 3)\" # %d\n"
#define SOURCE_FILE                                                                                \
	"*** Update File: src/calc.sh\n@@ add() {\n \techo $(($1 + $2))\n }\n"                     \
	"+twice() {\n+\techo $((2 * $1)) # %d\n+}\n"
#define PATCH(files) "<<PATCH\n*** Begin Patch\n" files "*** End Patch\nPATCH\n"

static const char for_codex[] =
	"request\ndelay 50\ntext \"Add twice\"\ndelay 50\n"
	"call-custom apply_patch call_1 " PATCH(
		TEST_FILE SOURCE_FILE) "delay 150\ncompleted in=2000 out=400\n"
				       "request\ncall-function exec_command call_2 {\"cmd\":\"sh "
				       "tests/run.sh\"}\n"
				       "completed in=2400 out=40\n"
				       "request\nexpect body \"ok 2 - twice doubles\"\ntext "
				       "\"Done.\"\ncompleted in=2500 out=4\n";
static const char for_ours[] =
	"request\ndelay 50\n"
	"call-function read call_1 {\"path\":\"src/calc.sh\",\"from\":0,\"to\":0}\n"
	"completed in=2000 out=40\n"
	"request\ndelay 50\ncall-custom test call_2 " PATCH(
		TEST_FILE) "completed in=2200 out=200\n"
			   "request\ntext \"Add twice\"\ncall-custom implement call_3 " PATCH(
				   SOURCE_FILE) "delay 150\ncompleted in=2500 out=200\n";

static const char *const codex[] = {"codex", "exec", "--sandbox", "workspace-write", words, NULL};
static const char *const ours[] = {"git-preview", words, NULL};

struct figures {
	double ms[MOST], cpu[MOST], mb[MOST], bytes[MOST], beyond[MOST];
};

static void configure_codex(int port)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};

	gp_buf_fmt(&path, "%s/config.toml", getenv("CODEX_HOME"));
	gp_buf_fmt(&text,
	           "model = \"gpt-5.5\"\nmodel_provider = \"bench\"\n"
	           "[model_providers.bench]\nname = \"bench\"\nwire_api = \"responses\"\n"
	           "base_url = \"http://127.0.0.1:%d/v1\"\nenv_key = \"BENCH_KEY\"\n"
	           "[analytics]\nenabled = false\n",
	           port);
	bench_write(path.p, text.p);
}

/* Whether the program did the task. */
static bool task(struct bench_run *r, struct bench_talk *talk, const char *repo, bool by_codex)
{
	static int take;
	gp_auto(gp_buf) script = {0};
	struct bench_server server;

	take++;
	if (by_codex)
		gp_buf_fmt(&script, for_codex, take, take);
	else
		gp_buf_fmt(&script, for_ours, take, take);
	bench_serve(&server, script.p);
	configure_codex(server.port);
	r->argv = by_codex ? codex : ours;
	r->cwd = repo;
	bench_run(r);
	return bench_served(talk, &server) && r->exit == 0;
}

/* Puts the repository back as it was. Whether both files were changed, and nothing else. */
static bool put_back(const char *repo)
{
	static const char script[] =
		"cd \"$1\" && is=$(git status --porcelain) && git reset -q --hard && git clean "
		"-fdq &&\n"
		"test \"$is\" = \"$(printf ' M src/calc.sh\\n?? tests/twice.t')\"";
	struct bench_run r = {.argv = (const char *const[]){"sh", "-c", script, "sh", repo, NULL}};

	bench_run(&r);
	return r.exit == 0;
}

static void take_figures(struct figures *f, size_t i, const struct bench_run *r,
                         const struct bench_talk *talk)
{
	f->ms[i] = r->ms - talk->ms;
	f->cpu[i] = r->cpu_ms;
	f->bytes[i] = (double)talk->bytes;
	f->beyond[i] = (double)(talk->bytes - talk->context);
}

static bool codex_can(struct bench_run *r, struct bench_talk *talk, const char *repo)
{
	bool done = task(r, talk, repo, true);

	return put_back(repo) && done;
}

static void ours_can(struct bench_run *r, struct bench_talk *talk, const char *repo)
{
	if (!task(r, talk, repo, false))
		bench_fail("git-preview ends with status %d, or asks otherwise", r->exit);
}

static void pair(struct figures f[2], size_t i, const char *repo, bool memory)
{
	struct bench_run r[2] = {{.watch_memory = memory}, {.watch_memory = memory}};
	struct bench_talk talk[2];

	if (!codex_can(&r[0], &talk[0], repo))
		bench_fail("codex did the task once, and then no more");
	ours_can(&r[1], &talk[1], repo);
	for (int k = 0; k < 2; k++)
		if (memory)
			f[k].mb[i] = (double)r[k].tree_kb / 1024;
		else
			take_figures(&f[k], i, &r[k], &talk[k]);
}

static void tell(const char *of, const char *what, double *a, double *b, size_t n, const char *unit)
{
	static const char *const whose[] = {"codex", "git preview", "codex to git preview"};
	double ratio[MOST];
	char name[128];

	for (size_t i = 0; i < n; i++)
		ratio[i] = a[i] / b[i];
	const double v[] = {bench_median(a, n), bench_median(b, n), bench_median(ratio, n)};
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s, %s, %s", of, what, whose[i]);
		bench_say("codex", name, v[i], i == 2 ? "times" : unit);
	}
}

static void compare(const char *of, const char *repo, size_t n)
{
	static struct figures f[2];
	struct bench_run r = {0};
	struct bench_talk talk;
	char name[128];

	/* the first runs fill caches */
	if (!codex_can(&r, &talk, repo)) {
		printf("codex\tof another kind than this bench knows\tabsent\t\n");
		return;
	}
	for (int i = 0; i < 3; i++)
		ours_can(&r, &talk, repo);
	for (size_t i = 0; i < n; i++)
		pair(f, i, repo, false);
	for (size_t i = 0; i < MEMORY; i++)
		pair(f, i, repo, true);
	tell(of, "time beyond the model's answers", f[0].ms, f[1].ms, n, "ms");
	tell(of, "processor time", f[0].cpu, f[1].cpu, n, "ms");
	tell(of, "peak memory of all processes", f[0].mb, f[1].mb, MEMORY, "MB");
	tell(of, "uploaded", f[0].bytes, f[1].bytes, n, "bytes");
	snprintf(name, sizeof(name), "%s, ... of git preview beyond the context it chose", of);
	bench_say("codex", name, bench_median(f[1].beyond, n), "bytes");
}

/* Codex takes no home below $TMPDIR. */
static void set_folders(const char *home)
{
	static const char *const names[] = {"TMPDIR", "CODEX_HOME"};

	for (size_t i = 0; i < GP_COUNT(names); i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "%s/%s", home, names[i]);
		bench_check(gp_file_mkdirs(path.p));
		setenv(names[i], path.p, 1);
	}
}

int main(int argc, char **argv)
{
	int files = argc > 1 ? (int)strtol(argv[1], NULL, 10) : FILES;
	const char *home = bench_home();
	gp_auto(gp_buf) path = {0};
	char repo[128], name[32];

	bench_note("codex", "one task by the best known peer and by git preview, in turns, the "
	                    "same scripted model: what each takes beyond its answers");
	if (gp_file_which(&path, "codex", NULL)) {
		printf("codex\tcodex\tabsent\t\n");
		return 0;
	}
	set_folders(home);
	for (int k = 0; k < 2; k++) {
		snprintf(repo, sizeof(repo), "%s/repo%d", home, k);
		snprintf(name, sizeof(name), k ? "%d files" : "small", files);
		bench_repo(repo, k ? files : 0, BYTES, true);
		compare(name, repo, k ? LARGE : SMALL);
	}
	return 0;
}
