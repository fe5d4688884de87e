/*
 * floor.c - a request from its words to the proven branch, against the scripted server, and what it
 * takes beyond its floor: the time the model answers, and the green and suite trials.
 *
 * The answer says its first word after 50 ms, its test after 50 more, its implementation 150 ms
 * later; red has to fit in there. Tests are of a shell script and take some milliseconds, so that
 * nothing of ours hides behind them. Requests come in threes: as they are, without strength, and
 * without repetition too. The last has one green trial and nothing runs beside its suite, so the
 * floor is its; the differences are what these further runs of the tests add. Cold: no
 * folder of ours in the repository, so that base layer, index of words and baseline are made; a
 * real model would think longer than this one. Times on a busy machine wander: medians, all in
 * turns.
 *
 * Usage: floor [files [bytes each]]; 20,000 files of 12,000 bytes when not said.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "tests/bench/common/bench.h"

enum { WARM = 11, COLD = 3, FILES = 20000, BYTES = 12000, STARTS = 60 };

static const char *home;

/* What a request proves: settings that take some of it away. */
struct manner {
	const char *strength, *repeat;
};
static const struct manner all_proofs = {"preview.strength=report", "test.repeat=3"};
static const struct manner not_strength = {"preview.strength=off", "test.repeat=3"};
static const struct manner once_each = {"preview.strength=off", "test.repeat=1"};

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

static void request(struct request *q, const char *repo, const struct manner *m, const char *script)
{
	const char *const argv[] = {"git-preview", "--json",  "-c",  m->strength,
	                            "-c",          m->repeat, words, NULL};
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
static void fresh_request(struct request *q, const char *repo, const struct manner *m)
{
	static int take;
	gp_auto(gp_buf) script = {0};

	take++;
	gp_buf_str(&script, head);
	gp_buf_fmt(&script, answer, take, take, take);
	request(q, repo, m, script.p);
}

static void forget(const char *repo)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/.git/preview", repo);
	bench_check(gp_file_remove(path.p));
}

struct figures {
	double over[WARM], before[WARM], later[WARM], repeats[WARM], strength[WARM], all[WARM],
		whole[WARM], model[WARM], green[WARM], suite[WARM], own[WARM], cpu[WARM];
	size_t n;
	double pieces;
};

/* What a request takes more than the model's answer. */
static double beyond(const struct request *q)
{
	return q->run.ms - q->talk.ms;
}

static void add(struct figures *f, const struct request *all, const struct request *no_strength,
                const struct request *once)
{
	size_t i = f->n++;
	double trials = once->green.whole + once->suite.whole;

	f->model[i] = once->talk.ms;
	f->green[i] = once->green.whole;
	f->suite[i] = once->suite.whole;
	f->own[i] = trials - once->green.command - once->suite.command;
	f->over[i] = beyond(once) - trials;
	f->before[i] = once->talk.first - once->run.began;
	f->later[i] = f->over[i] - f->before[i];
	f->repeats[i] = beyond(no_strength) - beyond(once);
	f->strength[i] = beyond(all) - beyond(no_strength);
	f->all[i] = beyond(all) - trials;
	f->whole[i] = all->run.ms;
	f->cpu[i] = all->run.cpu_ms;
	f->pieces = all->pieces;
}

/* In an order that turns, so that none is always the one that follows another. */
static void measure(struct figures *f, const char *repo, bool cold)
{
	static const struct manner *const manners[] = {&all_proofs, &not_strength, &once_each};
	struct request q[3] = {0};

	for (size_t k = 0; k < GP_COUNT(q); k++) {
		size_t turn = (k + f->n) % GP_COUNT(q);

		if (cold)
			forget(repo);
		fresh_request(&q[turn], repo, manners[turn]);
	}
	add(f, &q[0], &q[1], &q[2]);
}

static void say(const char *of, const char *what, double *v, const struct figures *f,
                const char *aim)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, "%s: %s", of, what);
	bench_aim("floor", name.p, bench_median(v, f->n), "ms", aim);
}

static void tell(struct figures *f, const char *of, const char *aim)
{
	say(of, "the floor: the model answers", f->model, f, NULL);
	say(of, "the floor: the green trial", f->green, f, NULL);
	say(of, "the floor: the suite trial", f->suite, f, NULL);
	say(of, "... of both trials, making sandboxes", f->own, f, NULL);
	say(of, "time over the floor", f->over, f, aim);
	say(of, "... of it before the model is asked", f->before, f, NULL);
	say(of, "... of it later", f->later, f, NULL);
}

static void tell_proofs(struct figures *f, const char *of)
{
	say(of, "repetition adds (2 reds and 3 greens, not 1)", f->repeats, f, NULL);
	say(of, "strength adds", f->strength, f, NULL);
	say(of, "time over the floor with both", f->all, f, NULL);
	say(of, "the request as a whole with both", f->whole, f, NULL);
	say(of, "processor time", f->cpu, f, NULL);
}

static void memory(const char *repo, const char *of)
{
	double own[3], largest[3];
	gp_auto(gp_buf) name = {0};

	for (size_t i = 0; i < GP_COUNT(own); i++) {
		struct request q = {.run.watch_memory = true};

		fresh_request(&q, repo, &all_proofs);
		own[i] = (double)q.run.own_kb / 1024;
		largest[i] = (double)q.run.largest_kb / 1024;
	}
	gp_buf_fmt(&name, "%s: peak memory", of);
	bench_aim("floor", name.p, bench_median(own, GP_COUNT(own)), "MB", "15");
	gp_buf_str(&name, " of the largest process, children too");
	bench_say("floor", name.p, bench_median(largest, GP_COUNT(own)), "MB");
}

static void uploads(const char *repo)
{
	struct request q = {0};

	request(&q, repo, &all_proofs, three_turns);
	bench_say("floor", "requests of a three-turn task", q.talk.requests, "");
	bench_say("floor", "uploaded in three turns", (double)q.talk.bytes, "bytes");
	bench_aim("floor", "... beyond the context chosen", (double)(q.talk.bytes - q.talk.context),
	          "bytes", "19,000");
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
	bench_aim("floor", "git-preview -h", bench_median(ours, STARTS), "ms", "3");
	bench_say("floor", "git --version", bench_median(gits, STARTS), "ms");
	bench_say("floor", "git-preview -h to git --version", bench_median(ratio, STARTS), "times");
}

/* Of a repository: "small, cold", "small, warm" ... */
static void tell_repo(struct figures *cold, struct figures *warm, const char *repo,
                      const char *size, const char *aim)
{
	gp_auto(gp_buf) name = {0};

	gp_buf_fmt(&name, "%s, cold", size);
	tell(cold, name.p, NULL);
	gp_buf_cut(&name, 0);
	gp_buf_fmt(&name, "%s, warm", size);
	tell(warm, name.p, aim);
	tell_proofs(warm, name.p);
	gp_buf_str(&name, ": pieces taken away for strength");
	bench_say("floor", name.p, warm->pieces, "");
	memory(repo, size);
}

static void explain(void)
{
	static const char *const lines[] = {
		"what one request takes, a scripted server playing the model. The floor is what",
		"no harness can save: the model's answer, one green trial, the suite trial. The",
		"rest is over the floor. Repetition and strength are further runs of the tests,",
		"which bare requests beside leave out. Cold: the first request in a repository.",
		"Medians of each row, so that the parts of a sum add up about.",
	};

	for (size_t i = 0; i < GP_COUNT(lines); i++)
		bench_note("floor", lines[i]);
}

int main(int argc, char **argv)
{
	int files = argc > 1 ? (int)strtol(argv[1], NULL, 10) : FILES;
	size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : BYTES;
	static struct figures cold[2], warm[2];
	char repo[2][128], name[32];

	home = bench_home();
	explain();
	starts();
	for (int k = 0; k < 2; k++) {
		snprintf(repo[k], sizeof(repo[k]), "%s/repo%d", home, k);
		bench_repo(repo[k], k ? files : 0, bytes, true);
	}
	for (int i = 0; i < COLD + WARM; i++)
		for (int k = 0; k < 2; k++)
			measure(i < COLD ? &cold[k] : &warm[k], repo[k], i < COLD);
	snprintf(name, sizeof(name), "%d files", files);
	tell_repo(&cold[0], &warm[0], repo[0], "small", "30");
	tell_repo(&cold[1], &warm[1], repo[1], name, files == FILES ? "60" : NULL);
	uploads(repo[0]);
	return 0;
}
