/*
 * dialects.h - what an API must supply to be spoken; for lib/model only.
 *
 * A dialect is pure: settings and history become a request's text, events become an answer.
 * Sending, waiting, retrying and keeping the history belong to talk.c and turn.c, which know no
 * API.
 */
#ifndef GP_DIALECTS_H
#define GP_DIALECTS_H

#include "lib/model/talk.h"

/* What a request is made of, besides the history. Borrowed. */
struct gp_prelude {
	const struct gp_model *model;
	const char *instructions;
	const struct gp_tool *tools;
	size_t ntools;
	const char *cache_key;
};

/* Items as JSON text, oldest first; bytes is the sum of their lengths. */
struct gp_history {
	struct gp_list items;
	size_t bytes;
};

enum gp_item_kind { GP_ITEM_OTHER, GP_ITEM_FUNCTION, GP_ITEM_FREEFORM, GP_ITEM_ANSWER };

#define GP_ANSWER_ITEMS 512 /* a hostile server could send them for ever */

/* Where an answer's parts go while it is being read. */
struct gp_answer_sink {
	void (*text)(void *ctx, struct gp_slice delta);
	void (*progress)(void *ctx, size_t output_bytes);
	void (*call)(void *ctx, const struct gp_call *call, bool freeform);
	void *ctx;
};

/* One answer while it is being read; zeroed but for the first four. */
struct gp_answer {
	const struct gp_tool *tools;
	size_t ntools;
	const char *secret; /* never quoted; NULL: none */
	struct gp_answer_sink to;

	struct gp_answer_item {
		long long index; /* place in the answer */
		struct cJSON *item;
	} v[GP_ANSWER_ITEMS]; /* whole items, by place */
	size_t n;
	struct gp_buf text, refusal;
	struct gp_usage usage;
	size_t bytes;    /* of text, calls and reasoning so far */
	size_t streamed; /* bytes of text since the last whole message */
	size_t calls;    /* handed out */

	bool ended;     /* the terminal event came; what follows counts as the server's word */
	bool transient; /* it failed in a way that another try may mend */
	enum gp_turn_end end;
	int code;
	struct gp_buf why; /* of an end other than done: printable, no key in it */
};
void gp_answer_clear(struct gp_answer *a);

/* Puts a whole item at its place (negative: last); a takes ownership. 0 or GP_LIMIT (freed). */
int gp_answer_keep(struct gp_answer *a, long long index, struct cJSON *item);
/* Ends the answer. text: foreign words, made printable and capped; empty: none. */
void gp_answer_end(struct gp_answer *a, enum gp_turn_end end, int code, const char *what,
                   struct gp_slice text);
/* Bytes of output, whether they came in pieces or whole; for an estimate of their tokens. */
size_t gp_answer_bytes(const struct gp_answer *a);
/* The tool of that name among ours, or NULL. */
const struct gp_tool *gp_answer_tool(const struct gp_answer *a, const char *name);

struct gp_dialect {
	const char *api;  /* "responses" */
	const char *url;  /* the vendor's base, used when none is set */
	const char *name; /* the model used when none is set */
	const char *effort;
	const char *key_variable; /* holds the key for the vendor's url */
	const char *path;         /* where requests go, below the base */
	const char *auth;         /* the header that carries the key, up to the key */

	/* The request. 0 or GP_LIMIT. */
	int (*body)(struct gp_buf *out, const struct gp_prelude *p, const struct gp_history *h,
	            long long max_output);
	/* Items of ours: a user's message; the answer to a call. */
	struct cJSON *(*message)(struct gp_slice text);
	struct cJSON *(*reply)(const char *call_id, bool freeform, struct gp_slice text);
	/* What an item of the history is, and for calls and answers which one. */
	enum gp_item_kind (*kind)(const struct cJSON *item, const char **call_id);
	/* Reads one event. 0; GP_BROKEN: it makes no sense; GP_LIMIT. */
	int (*event)(struct gp_answer *a, struct gp_slice type, struct gp_slice data);
	/* Drops items that a server would not take back from an answer that did not end well. */
	void (*trim)(struct gp_answer *a);
};

/* The dialect of that name; NULL when this version does not speak it. */
const struct gp_dialect *gp_dialect_find(const char *api);
/* The names of all, for messages: "responses". */
void gp_dialect_names(struct gp_buf *out);

/* Appends foreign text for a message: printable, one line, at most 500 bytes, without secret. */
void gp_quote_foreign(struct gp_buf *out, struct gp_slice text, const char *secret);

/* A server's error in any of the usual shapes: {code, type, message}, a plain string, or NULL.
 * word is what it calls it ("" when it does not), all is code and type together, for
 * gp_trouble_of; text is for people. Borrowed from error, but for all. */
struct gp_error {
	long long status; /* code, when that is a number */
	const char *word;
	struct gp_buf all;
	struct gp_slice text;
};
void gp_error_read(struct gp_error *out, const struct cJSON *error);
void gp_error_clear(struct gp_error *e);

/* What a refusal or failure means, by HTTP status (0: none) and the server's code or type (""). */
struct gp_trouble {
	enum gp_turn_end end;
	int code;
	bool transient; /* another try may mend it */
};
struct gp_trouble gp_trouble_of(long long status, const char *code);

/* responses.c */
extern const struct gp_dialect gp_dialect_responses;
/* responses_read.c */
int gp_responses_event(struct gp_answer *a, struct gp_slice type, struct gp_slice data);
void gp_responses_trim(struct gp_answer *a);
enum gp_item_kind gp_responses_kind(const struct cJSON *item, const char **call_id);

#endif
