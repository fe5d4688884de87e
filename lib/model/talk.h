/*
 * talk.h - one conversation with a model, turn by turn, whatever the API.
 *
 * A dialect (responses.c; others take the same seat in dialects.c) turns the history into a request
 * and events back into the callbacks below; nothing outside lib/model knows which one it is. The
 * history keeps the items a server sent as they came, in order, so that reasoning goes back
 * unchanged.
 *
 * A turn ends well only with the dialect's terminal event. Errors before anything was acted on (no
 * call handed out) are retried as the vendors' clients do: 408, 409, 429, 5xx and connection
 * errors, at most GP_TALK_TRIES in all, obeying x-should-retry, retry-after-ms, retry-after; else
 * 0.5 s doubling to 8 s with jitter. After a call was handed out nothing is retried.
 */
#ifndef GP_TALK_H
#define GP_TALK_H

#include "lib/base/json.h"
#include "lib/base/loop.h"
#include "lib/model/model.h"

#define GP_TALK_TRIES 3

struct gp_tool {
	const char *name, *help;
	const char *schema;  /* JSON schema text of a function's arguments; NULL: freeform text */
	const char *grammar; /* Lark, for freeform; NULL: any text */
};

struct gp_talk;

/* Copies nothing of model and tools: both outlive the talk. cache_key: stable per repository. */
int gp_talk_new(struct gp_talk **out, struct gp_loop *l, const struct gp_model *m,
                const char *instructions, const struct gp_tool *tools, size_t ntools,
                const char *cache_key);
void gp_talk_free(struct gp_talk **t);
#define gp_auto_talk __attribute__((cleanup(gp_talk_free)))

/* Adds a user's message; adds the answer to a call (every call of a turn must be answered before
 * the next turn: the talk checks). text need not be UTF-8. 0, or GP_INVALID (no such open call). */
int gp_talk_say(struct gp_talk *t, struct gp_slice text);
int gp_talk_answer(struct gp_talk *t, const char *call_id, struct gp_slice text);
size_t gp_talk_open_calls(const struct gp_talk *t);

struct gp_call {
	const char *id, *name;
	struct gp_slice input; /* freeform text, or the arguments' JSON text as received */
	const struct cJSON
		*args; /* parsed arguments of a function; NULL: freeform or not an object */
	bool known;    /* name is one of ours and the input has the right kind */
};

struct gp_usage {
	long long in, cached, written, out, reasoning; /* cached and written are parts of in */
	bool reported; /* false: estimated from bytes, because the server did not say */
};

enum gp_turn_end {
	GP_TURN_DONE,    /* the model's answer is whole */
	GP_TURN_CUT,     /* incomplete: output limit or filter; reason in the message */
	GP_TURN_REFUSED, /* the model declined */
	GP_TURN_FAILED, /* the server failed it, or retries are used up; message says what came back
	                 */
};

struct gp_turn {
	enum gp_turn_end end;
	int code; /* 0, or GP_BROKEN, GP_TIMEOUT, GP_REFUSED (401, 403, quota), GP_INVALID
	             (400: our request), GP_LIMIT */
	struct gp_slice text;  /* all words of the answer */
	struct gp_usage usage; /* of this turn, failed tries included when reported */
	int tries;
	size_t calls;      /* handed out */
	long first_ms, ms; /* to the first event, to the end */
};

struct gp_talk_events {
	void (*text)(void *ctx, struct gp_slice delta); /* may be NULL, as all but done */
	void (*progress)(void *ctx,
	                 size_t output_bytes); /* bytes of text, calls and reasoning so far */
	void (*call)(void *ctx,
	             const struct gp_call *call); /* complete, while the rest may still stream */
	void (*retry)(void *ctx, int tries, long wait_ms, const char *why);
	void (*done)(void *ctx, const struct gp_turn *turn); /* once, last */
};

/* Starts a turn. max_output: tokens, 0 for the model's setting. deadline_ms: 0 none.
 * 0 or GP_INVALID (calls are unanswered). */
int gp_talk_turn(struct gp_talk *t, long long max_output, long deadline_ms,
                 const struct gp_talk_events *ev, void *ctx);
/* Ends a turn under way without done; the history stays as before the turn. */
void gp_talk_cancel(struct gp_talk *t);

/* Bytes the next request's body would have; for the estimate of a worst case. */
size_t gp_talk_size(const struct gp_talk *t);
/* The body itself as it would be sent (no key in it), for -n. */
int gp_talk_body(struct gp_buf *out, const struct gp_talk *t, long long max_output);

/* The history as JSON, to resume later with the same dialect; and back. GP_INVALID: not ours. */
struct cJSON *gp_talk_save(const struct gp_talk *t);
int gp_talk_load(struct gp_talk *t, const struct cJSON *saved);

#endif
