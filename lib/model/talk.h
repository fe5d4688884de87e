/*
 * talk.h - one conversation with a model, turn by turn, whatever the API.
 *
 * A dialect (responses.c; others take the same seat in dialects.c) turns the history into a request
 * and events back into the callbacks below; nothing outside lib/model knows which one it is. The
 * history keeps the items a server sent as they came, in order, so that reasoning goes back
 * unchanged.
 *
 * A turn ends well only with the dialect's terminal event. Failures before anything was acted on
 * (no call handed out) are retried as the vendors' clients do: 408, 409, 429, 5xx, lost and silent
 * connections, failures that the stream itself reports; at most GP_TALK_TRIES in all, obeying
 * x-should-retry, retry-after-ms, retry-after; else 0.5 s doubling to 8 s with jitter; never
 * waiting past the turn's deadline. 401, 403, an empty account and anything that is no event stream
 * (a web page) are final at once. After a call was handed out nothing is retried.
 *
 * What a turn leaves in the history: all items of an answer that is whole; nothing of any other,
 * unless calls of it were handed out. Then its whole items stay and the calls are open, so that
 * they can be answered and the conversation goes on.
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

/* Copies nothing of model and tools: both outlive the talk, as does the loop. instructions and
 * cache_key (stable per repository, at most 64 bytes) are copied; cache_key may be NULL. 0 or
 * GP_INVALID: an api that is not spoken, a tool whose schema is no JSON object. */
int gp_talk_new(struct gp_talk **out, struct gp_loop *l, const struct gp_model *m,
                const char *instructions, const struct gp_tool *tools, size_t ntools,
                const char *cache_key);
/* Cancels a turn under way; may be called from within its events. */
void gp_talk_free(struct gp_talk **t);
#define gp_auto_talk __attribute__((cleanup(gp_talk_free)))

/* Makes ready what the first turn would begin with otherwise; sends nothing. 0 or GP_NOTFOUND (a
 * library is missing). */
int gp_talk_ready(const struct gp_talk *t);

/* Adds a user's message. text need not be UTF-8. 0, or GP_INVALID (a turn is under way). */
int gp_talk_say(struct gp_talk *t, struct gp_slice text);
/* Adds the answer to an open call, also while the turn that brought it is still under way. Every
 * call must be answered before the next turn. text need not be UTF-8. 0, or GP_INVALID (no such
 * open call). */
int gp_talk_answer(struct gp_talk *t, const char *call_id, struct gp_slice text);
/* How many calls are open, and the id of the i-th (owned by the talk until it is answered). */
size_t gp_talk_open_calls(const struct gp_talk *t);
const char *gp_talk_open_id(const struct gp_talk *t, size_t i);

/* Valid during the callback only. */
struct gp_call {
	const char *id, *name;
	struct gp_slice input;    /* freeform text, or the arguments' JSON text as received */
	const struct cJSON *args; /* of a function; NULL: freeform, or no JSON object */
	bool known;               /* name is one of ours and the input has the right kind */
};

struct gp_usage {
	long long in, cached, written, out, reasoning; /* cached and written are parts of in */
	bool reported; /* false: at least part is estimated from bytes, where the server did not say
	                */
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
	/* 0 when done. Else gp_message says why, and: GP_BROKEN (the answer ended early or made no
	 * sense), GP_TIMEOUT (silence, or the deadline), GP_REFUSED (key, account, policy, the
	 * model itself), GP_INVALID (the request: 400, 404...), GP_LIMIT (output limit, context too
	 * long, an answer beyond our caps), GP_FAILED (429 or 5xx to the end), GP_NOTFOUND
	 * (libcurl). */
	int code;
	struct gp_slice text;  /* all words of the answer; valid during done */
	struct gp_usage usage; /* of this turn, with failed tries that had begun to answer */
	int tries;
	size_t calls;      /* handed out */
	long first_ms, ms; /* to the first event, to the end */
};

/* After retry, text and progress begin anew. */
struct gp_talk_events {
	void (*text)(void *ctx, struct gp_slice delta); /* may be NULL, as all but done */
	/* bytes of text, calls and reasoning so far */
	void (*progress)(void *ctx, size_t output_bytes);
	/* complete, while the rest may still stream; each once */
	void (*call)(void *ctx, const struct gp_call *call);
	void (*retry)(void *ctx, int tries, long wait_ms, const char *why);
	void (*done)(void *ctx, const struct gp_turn *turn); /* once, last */
};

/* Starts a turn. max_output: tokens, 0 for the model's setting. deadline_ms: 0 none. ev is copied.
 * Events come from the loop only; done may start the next turn. 0; GP_INVALID
 * (calls are unanswered, a turn is under way, the url); GP_NOTFOUND (libcurl), GP_FAILED: nothing
 * was started. */
int gp_talk_turn(struct gp_talk *t, long long max_output, long deadline_ms,
                 const struct gp_talk_events *ev, void *ctx);
/* What a turn under way has used so far, for one that is about to be cancelled: estimated, and that
 * of the tries before. Nothing when there is none. */
void gp_talk_used(struct gp_usage *out, const struct gp_talk *t);
/* Ends a turn under way without done, also from within its events; the history is as before the
 * turn, calls handed out by it are forgotten. */
void gp_talk_cancel(struct gp_talk *t);

/* Bytes the next request's body would have (max_output 0); for the estimate of a worst case. Costs
 * nothing. */
size_t gp_talk_size(const struct gp_talk *t);
/* The body itself as it would be sent (no key in it), for -n. 0 or GP_LIMIT. */
int gp_talk_body(struct gp_buf *out, const struct gp_talk *t, long long max_output);

/* The history as JSON, to resume later with the same dialect: to the caller. Open calls stay open.
 * Back, into a talk with no turn under way: 0, or GP_INVALID (not ours; t is unchanged). */
struct cJSON *gp_talk_save(const struct gp_talk *t);
int gp_talk_load(struct gp_talk *t, const struct cJSON *saved);

#endif
