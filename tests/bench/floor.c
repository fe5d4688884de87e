/*
 * floor.c - a request from its words to the proven branch, against the scripted server, and what it
 * takes beyond its floor: the time the model answers, and the green and suite trials.
 *
 * The answer says its first word after 50 ms, its test after 50 more, its implementation 150 ms
 * later; red has to fit in there. Tests are of a shell script and take some milliseconds, so that
 * nothing of ours hides behind them. Strength is not measured but at the end, where what it adds to
 * such a request is all it costs: its runs begin beside the suite. Cold: no folder of ours in the
 * repository, so that base layer, index of words and baseline are made; a real model would think
 * longer than this one. Times on a busy machine wander: medians, the two repositories in turns.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "tests/bench/common/bench.h"

enum { STRONG = 7, WARM = 15, COLD = 3, FILES = 20000, BYTES = 12000, STARTS = 60 };

static const char *home;
static const char *strength = "preview.strength=off";

/* As a customer writes, with words that the generated sources are full of. */
static const char words[] = "When a payment fails, show twice the invoice's state in the audit "
			    "report, and let the user export it as a table";
static const char head[] = "expect header Authorization \"Bearer key\"\n";
static const char answer[] =
	"request\ndelay 50\ntext \"Add twice\\n\\nDoubles a number, take %d.\"\ndelay 50\n"
	"call-custom test call_1 <<PATCH\n"
	"*** Begin Patch\n*** Add File: tests/twice.t\n"
	"+check \"twice doubles\" 6 \"$(twice 3)\" # %d\n"
	"*** End Patch\nPATCH\ndelay 150\n"
	"call-custom implement call_2 <<PATCH\n"
	"*** Begin Patch\n*** Update File: src/calc.sh\n@@ add() {\n \techo $(($1 + $2))\n }\n"
	"+twice() {\n+\techo $((2 * $1)) # %d\n+}\n*** End Patch\nPATCH\n"
	"completed in=2000 out=400\n";
static const char three_turns[] =
	"request\nreasoning gAAAA-opaque\n"
	"call-function read call_0 {\"path\":\"src/calc.sh\",\"from\":0,\"to\":0}\n"
	"completed in=2000 out=40\n"
	"request\nexpect returned\ncall-custom test call_1 <<PATCH\n"
	"*** Begin Patch\n*** Add File: tests/twice.t\n"
	"+check \"twice doubles\" 6 \"$(twice 3)\"\n"
	"*** End Patch\nPATCH\ncompleted in=2000 out=200\n"
	"request\nexpect returned\ntext \"Add twice\\n\\nDoubles a number.\"\n"
	"call-custom implement call_2 <<PATCH\n"
	"*** Begin Patch\n*** Update File: src/calc.sh\n@@ add() {\n \techo $(($1 + $2))\n }\n"
	"+twice() {\n+\techo $((2 * $1))\n+}\n*** End Patch\nPATCH\ncompleted in=2000 out=200\n";

struct trial {
	double whole, command; /* with and without its sandbox */
	bool cached;
};

struct request {
	struct bench_run run;
	struct bench_talk talk;
	struct trial baseline, red, green, suite;
	double pieces; /* taken away to see how strong the test is */
};

static void take_trial(struct trial *t, const struct cJSON *event)
{
	t->whole = gp_json_num(event, "total_ms", 0);
	t->command = gp_json_num(event, "ms", 0);
	t->cached = gp_json_bool(event, "cached", false);
}

static void take_event(struct request *q, const struct cJSON *event)
{
	const char *name = gp_json_str(event, "event");

	if (!name)
		return;
	if (strcmp(name, "baseline") == 0)
		take_trial(&q->baseline, event);
	else if (strcmp(name, "red") == 0)
		take_trial(&q->red, event);
	else if (strcmp(name, "green") == 0)
		take_trial(&q->green, event);
	else if (strcmp(name, "suite") == 0)
		take_trial(&q->suite, event);
	else if (strcmp(name, "strength") == 0)
		q->pieces = gp_json_num(event, "hunks", 0) + gp_json_num(event, "mutants", 0);
}

static void read_events(struct request *q, const char *path)
{
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest, line;

	bench_check(gp_file_read(&text, AT_FDCWD, path, (size_t)1 << 20, false));
	if (q->run.exit)
		bench_fail("status %d: %s", q->run.exit, text.p);
	rest = gp_buf_all(&text);
	while (gp_line(&line, &rest)) {
		gp_auto_json struct cJSON *event = NULL;

		if (gp_json_parse(&event, line) == 0)
			take_event(q, event);
	}
}

static void request(struct request *q, const char *repo, const char *script)
{
	const char *const argv[] = {"git-preview", "--json", "-c", strength, words, NULL};
	gp_auto(gp_buf) out = {0};
	struct bench_server server;

	gp_buf_fmt(&out, "%s/events", home);
	bench_serve(&server, script);
	q->run.argv = argv;
	q->run.cwd = repo;
	q->run.out = out.p;
	bench_run(&q->run);
	read_events(q, out.p);
	if (!bench_served(&q->talk, &server))
		bench_fail("the model was not asked what the script expects");
}

/* A patch that was never seen, so that no suite is known beforehand. */
static void fresh_request(struct request *q, const char *repo)
{
	static int take;
	gp_auto(gp_buf) script = {0};

	take++;
	gp_buf_str(&script, head);
	gp_buf_fmt(&script, answer, take, take, take);
	request(q, repo, script.p);
}

static void forget(const char *repo)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/.git/preview", repo);
	bench_check(gp_file_remove(path.p));
}

struct figures {
	double over[WARM], before[WARM], after[WARM], model[WARM], green[WARM], suite[WARM],
		own[WARM], cpu[WARM];
	size_t n;
};

static void add(struct figures *f, const struct request *q)
{
	double floor = q->talk.ms + q->green.whole + q->suite.whole;
	size_t i = f->n++;

	f->over[i] = q->run.ms - floor;
	f->before[i] = q->talk.first - q->run.began;
	f->after[i] = f->over[i] - f->before[i];
	f->model[i] = q->talk.ms;
	f->green[i] = q->green.whole;
	f->suite[i] = q->suite.whole;
	f->own[i] = q->green.whole - q->green.command + q->suite.whole - q->suite.command;
	f->cpu[i] = q->run.cpu_ms;
}

static void say(const char *what, const char *of, double *v, size_t n)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, "%s, %s", of, what);
	bench_say("floor", name.p, bench_median(v, n), "ms");
}

static void tell(struct figures *f, const char *of)
{
	say("time over the floor", of, f->over, f->n);
	say("... of it before the model is asked", of, f->before, f->n);
	say("... of it later", of, f->after, f->n);
	say("model", of, f->model, f->n);
	say("green trial", of, f->green, f->n);
	say("suite trial", of, f->suite, f->n);
	say("... of both, making sandboxes", of, f->own, f->n);
	say("processor time", of, f->cpu, f->n);
}

static void memory(const char *repo, const char *of)
{
	double own[3], largest[3];
	gp_auto(gp_buf) name = {0};

	for (size_t i = 0; i < GP_COUNT(own); i++) {
		struct request q = {.run.watch_memory = true};

		fresh_request(&q, repo);
		own[i] = (double)q.run.own_kb / 1024;
		largest[i] = (double)q.run.largest_kb / 1024;
	}
	gp_buf_fmt(&name, "%s, peak memory", of);
	bench_say("floor", name.p, bench_median(own, GP_COUNT(own)), "MB");
	gp_buf_str(&name, " of the largest process");
	bench_say("floor", name.p, bench_median(largest, GP_COUNT(own)), "MB");
}

static void uploads(const char *repo)
{
	struct request q = {0};

	request(&q, repo, three_turns);
	bench_say("floor", "requests of a three-turn task", q.talk.requests, "");
	bench_say("floor", "uploaded in three turns", (double)q.talk.bytes, "bytes");
	bench_say("floor", "... beyond the context chosen", (double)(q.talk.bytes - q.talk.context),
	          "bytes");
}

/* In turns with requests that measure nothing. */
static void strong(const char *repo)
{
	static struct figures with, without;
	struct request q, plain;

	for (size_t i = 0; i < STRONG; i++) {
		plain = (struct request){0};
		fresh_request(&plain, repo);
		add(&without, &plain);
		q = (struct request){0};
		strength = "preview.strength=report";
		fresh_request(&q, repo);
		strength = "preview.strength=off";
		add(&with, &q);
	}
	bench_say("floor", "strength, small, warm, pieces taken away", q.pieces, "");
	bench_say("floor", "... added to the request",
	          bench_median(with.over, STRONG) - bench_median(without.over, STRONG), "ms");
}

static void starts(void)
{
	static double ours[STARTS], gits[STARTS], ratio[STARTS];
	struct bench_run a = {.argv = (const char *const[]){"git-preview", "-h", NULL}};
	struct bench_run b = {.argv = (const char *const[]){"git", "--version", NULL}};

	for (size_t i = 0; i < STARTS; i++) {
		bench_run(&a);
		bench_run(&b);
		if (a.exit || b.exit)
			bench_fail("-h ended with status %d", a.exit ? a.exit : b.exit);
		ours[i] = a.ms;
		gits[i] = b.ms;
		ratio[i] = a.ms / b.ms;
	}
	bench_say("floor", "git-preview -h", bench_median(ours, STARTS), "ms");
	bench_say("floor", "git --version", bench_median(gits, STARTS), "ms");
	bench_say("floor", "git-preview -h to git --version", bench_median(ratio, STARTS), "times");
}

int main(int argc, char **argv)
{
	int files = argc > 1 ? (int)strtol(argv[1], NULL, 10) : FILES;
	static struct figures cold[2], warm[2];
	gp_auto(gp_buf) large = {0};
	char repo[2][128], name[2][64] = {"small"};

	home = bench_home();
	starts();
	for (int k = 0; k < 2; k++) {
		snprintf(repo[k], sizeof(repo[k]), "%s/repo%d", home, k);
		bench_repo(repo[k], k ? files : 0, BYTES, true);
	}
	snprintf(name[1], sizeof(name[1]), "%d files", files);
	for (int i = 0; i < COLD + WARM; i++)
		for (int k = 0; k < 2; k++) {
			struct request q = {0};

			if (i < COLD)
				forget(repo[k]);
			fresh_request(&q, repo[k]);
			add(i < COLD ? &cold[k] : &warm[k], &q);
		}
	for (int k = 0; k < 2; k++) {
		gp_auto(gp_buf) of = {0};

		gp_buf_fmt(&of, "%s, cold", name[k]);
		tell(&cold[k], of.p);
		gp_buf_cut(&of, of.n - 4);
		gp_buf_str(&of, "warm");
		tell(&warm[k], of.p);
		memory(repo[k], of.p);
	}
	strong(repo[0]);
	uploads(repo[0]);
	return 0;
}
