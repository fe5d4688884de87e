/*
 * bench.h - what the benches share: figures, trees to work on, a model server, a program watched
 * from outside. A bench ends with a message when something fails: a figure of a failed run is none.
 */
#ifndef BENCH_H
#define BENCH_H

#include <sys/types.h>

#include "lib/base/buf.h"

/* The one form of output: bench, what, value, unit, tab-separated; with what it is to be, a fifth.
 */
void bench_say(const char *bench, const char *what, double value, const char *unit);
void bench_aim(const char *bench, const char *what, double value, const char *unit,
               const char *aim);
/* A line that says what the figures below it are: "# <bench>: <text>". */
void bench_note(const char *bench, const char *text);
/* The same of bytes in a time, as MB/s. */
void bench_rate(const char *bench, const char *what, size_t bytes, double ms);
/* The middle one; sorts v. */
double bench_median(double *v, size_t n);
/* Of a clock that all processes share. */
double bench_ms(void);
/* Ends the bench with the reason, or with gp_message. */
_Noreturn void bench_fail(const char *fmt, ...) GP_PRINTF(1, 2);
void bench_check(int e);

/* A new folder below $TMPDIR that is the home, with nothing configured but an identity; removed at
 * exit. Git and the programs under test, which come first on PATH, see that home alone. */
const char *bench_home(void);
void bench_write(const char *path, const char *text);

/* Runs a command to its end; ends the bench with what it says when that is not status 0. */
void bench_do(const char *const *argv);

/* A repository on branch main: a program of one shell file with its test, and `files` source files
 * of about `bytes` each besides. git checks it out, but for checkout false. */
void bench_repo(const char *dir, int files, size_t bytes, bool checkout);

/* Program and time it took; memory is looked up while it runs, which costs some time. */
struct bench_run {
	const char *const *argv;
	const char *cwd;
	const char *out;   /* file for standard output; NULL: nowhere */
	bool watch_memory; /* fill own_kb and tree_kb */
	int exit;          /* set */
	double began, ms;  /* set */
	double cpu_ms;     /* set: with the children it waited for */
	long own_kb;       /* set: peak of the program itself */
	long tree_kb;      /* set: peak of it and all below it together, looked at each ms or so */
	long largest_kb;   /* set: peak of the largest process it waited for, itself included */
};
void bench_run(struct bench_run *r);

/* Memory of a process and all below it: of what several share, each its part (PSS), and all of it
 * where the kernel does not tell that. */
long bench_tree_kb(pid_t pid);

/* The scripted model. */
struct bench_server {
	pid_t pid;
	int port;
	char log[128];
};
struct bench_talk {
	int requests;
	double first,
		last;   /* request read, last byte of the last answer: on the clock of bench_ms */
	double ms;      /* spent answering */
	size_t bytes;   /* of all request bodies */
	size_t context; /* of them: the first message of the user, once a request */
};
/* Starts it; it is the model of who runs git preview in this home. */
void bench_serve(struct bench_server *s, const char *script);
/* Ends it. False: an expectation of the script was not held, nothing is set. */
bool bench_served(struct bench_talk *out, struct bench_server *s);

#endif
