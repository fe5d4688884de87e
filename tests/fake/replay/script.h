/*
 * script.h - a replay script in memory: blocks of expectations and of what is answered.
 */
#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

#include "lib/base/buf.h"
#include "lib/base/json.h"

#define ARGS_MAX 64

struct args {
	struct gp_slice v[ARGS_MAX]; /* [0] is the command */
	size_t n;
	struct gp_slice option[ARGS_MAX]; /* bare words that are options of an event command */
	size_t noptions;
	int line;
};

struct expectation {
	struct gp_list words; /* without "expect" */
	int line;
};

enum step_kind { STEP_WRITE, STEP_ECHO, STEP_WAIT, STEP_CLOSE, STEP_RESET, STEP_HANG };

struct step {
	enum step_kind kind;
	struct gp_buf bytes; /* STEP_WRITE; STEP_ECHO: what comes before the word */
	long ms;             /* STEP_WAIT */
};

/* How the bytes of an answer go over the wire. */
struct manner {
	size_t split;           /* bytes a write; 0: all at once */
	size_t pieces;          /* bytes a delta */
	long every_ms;          /* between deltas */
	bool crlf, event_lines; /* of events */
	bool chunked;           /* else closed at the end, or with a length */
	bool length;
	bool bare;  /* no head at all */
	bool close; /* the connection, after the answer */
};

struct block {
	int line;
	int times; /* how often it is played; 0: for ever, also never */
	/* of a route: what it answers, and how often it may still, -1: always; else both empty */
	struct gp_buf method, pattern;
	int left;
	struct expectation *expect;
	size_t nexpect;
	int status;
	struct gp_buf headers; /* whole lines */
	bool typed;            /* a Content-Type was given */
	struct manner manner;
	struct step *step;
	size_t nsteps;
	size_t cut_after; /* bytes of body; SIZE_MAX: none */

	struct cJSON *output; /* items of the response */
	bool started;         /* response.created was written */
	bool whole;           /* response.completed was written */
	int sequence;
	struct gp_buf last; /* the last event, for `again` */
};

struct script {
	char *path, *folder;
	struct block all; /* what stands before the first request: for every one of them */
	struct block *v;
	size_t n;
	int lines;
	int numbered; /* requests that no route answered */
};

/* Reads the script; what is wrong goes to standard error. */
int script_read(struct script *out, const char *path);
struct request {
	int number;
	struct gp_buf method, path, head, body; /* head: lines "Name: value" */
};

/* The block that answers this request: the first route that fits it and is not used up, else the
 * block of its number among those no route answers; NULL: none does. Counts it. */
struct block *script_block(struct script *s, const struct request *r);
/* The block of request number n (from 1) among those no route answers; NULL: there is none. */
struct block *script_numbered(const struct script *s, int n);
/* How many requests must come at least. */
int script_wants(const struct script *s);

void block_write(struct block *b, struct gp_slice bytes);
void block_step(struct block *b, enum step_kind kind, long ms);

/* Runs one of the commands that stand for events (events.c). False: no such command. Usage errors
 * end the program. */
bool event_command(struct block *b, const struct args *a);
/* Writes one event with its data as given. */
void event_raw(struct block *b, struct gp_slice type, struct gp_slice data);

/* Ends the program: "<script>:<line>: <what>". */
void script_die(int line, const char *fmt, ...) GP_PRINTF(2, 3) __attribute__((noreturn));

/* The value of a header; false when absent. */
bool request_header(struct gp_slice *out, const struct request *r, const char *name);
/* The whole request at the start of in, taken out of it; a client that waits to be told so goes on.
 * False: more bytes are due. */
bool request_take(struct request *r, struct gp_buf *in, struct gp_buf *out, bool *continued);
void request_clear(struct request *r);
/* Checks one expectation; what is wrong is appended to why. */
bool expect_check(struct gp_buf *why, const struct script *s, const struct expectation *e,
                  const struct request *r);

#endif
