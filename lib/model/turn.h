/*
 * turn.h - what talk.c (the conversation) and turn.c (one turn of it) share.
 */
#ifndef GP_TURN_H
#define GP_TURN_H

#include "lib/base/http.h"
#include "lib/model/dialects.h"

/* A call that wants an answer. reply: given while its turn was still under way. */
struct gp_open {
	char *id;
	bool freeform;
	struct cJSON *reply;
};

struct gp_running;

struct gp_talk {
	struct gp_loop *loop;
	struct gp_prelude prelude;
	char *instructions, *cache_key;
	const struct gp_dialect *dialect;
	struct gp_history history;
	struct gp_open *open;
	size_t nopen;
	size_t fixed; /* bytes of a request without history */
	struct gp_running *running;
};

/* Notes that a call wants an answer. */
void gp_talk_open(struct gp_talk *t, const char *id, bool freeform);
/* Takes what a turn's answer leaves into the history, then the replies given meanwhile. */
void gp_talk_settle(struct gp_talk *t, struct gp_answer *a);
/* Forgets all open calls. */
void gp_talk_close_all(struct gp_talk *t);

/* How a try ended, in judge.c: pure. */
struct gp_outcome {
	struct gp_trouble is;
	long wait_ms; /* before another try, as the server asks; negative: it does not */
	struct gp_buf why;
	struct gp_buf hint;
};
void gp_outcome_clear(struct gp_outcome *o);
/* By the answer's terminal event. */
void gp_judge_answer(struct gp_outcome *out, const struct gp_answer *a);
/* By what came back instead of an event stream. */
void gp_judge_page(struct gp_outcome *out, const struct gp_model *m, const struct gp_http_answer *a,
                   struct gp_slice page);
/* By the code that the exchange or the reading of it ended with, and the message to it. */
void gp_judge_code(struct gp_outcome *out, int code);

#endif
