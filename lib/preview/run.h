/*
 * run.h - inside lib/preview: the state of one run, shared by the files of the state machine.
 */
#ifndef GP_PREVIEW_RUN_H
#define GP_PREVIEW_RUN_H

#include "lib/base/file.h"
#include "lib/base/loop.h"
#include "lib/context/context.h"
#include "lib/model/talk.h"
#include "lib/preview/preview.h"
#include "lib/sandbox/sandbox.h"
#include "lib/trial/findings.h"
#include "lib/trial/flaky.h"
#include "lib/trial/strength.h"
#include "lib/trial/trial.h"

#define GP_LOOKUPS 6         /* search and read calls a run answers */
#define GP_CALLS 16          /* calls of one answer that are carried out */
#define GP_LOOKUP_BYTES 7000 /* of one answer: about 2,000 tokens */
#define GP_UNPRICED_TOKENS                                                                         \
	400000LL             /* what a model without a known price may use in one request          \
	                      */
#define GP_OUTPUT_FLOOR 4096 /* tokens: a turn that cannot be given so many is not started */

/* A call of the model that waits for its turn or its trial. */
struct gp_pending {
	char *id, *name, *input;
	size_t input_n;
};

/* What a patch made: the changed files against the base and the tree they give. */
struct gp_state {
	struct gp_changes changes;
	struct gp_oid tree;
};

/* The proposal as a conversation knows it, for state.json: what a call does that is still open, or
 * in an answer that is not whole, is not part of it. */
struct gp_known {
	struct gp_oid test, full; /* "": none */
	bool red;
};

struct gp_money {
	double budget, spent,
		reserved;      /* USD; spent is negative for ever once a price is unknown */
	struct gp_usage usage; /* summed */
	bool priced;
	int calls;
};

#define GP_REPEATS 9 /* further runs of a green at most */

/* A further run of the new tests, beside whatever else goes on. */
struct gp_repeat {
	struct gp_preview *p;
	struct gp_trial *trial; /* NULL: not under way */
};

#define GP_AGAIN 3 /* runs of the suite on each side that are compared, at most */

/* A further run of the suite, on one side. */
struct gp_again {
	struct gp_preview *p;
	struct gp_trial *trial; /* NULL: not under way */
};

struct gp_preview {
	const struct gp_preview_options *o;
	struct gp_loop *loop;
	struct gp_sandbox *sandbox;
	struct gp_bench *bench;
	struct gp_talk *talk;
	struct gp_model model;
	struct gp_project project;
	struct gp_context_options look;
	struct gp_buf author, committer;
	struct gp_oid base, base_tree;
	struct gp_lock lock;
	struct gp_buf folder; /* <folder>/runs/<id> */
	struct gp_buf request;
	char id[16];

	/* the conversation */
	struct gp_pending *queue; /* test, implement and ask calls in order */
	size_t nqueue, cap_queue;
	bool turn_over, nudged;
	struct gp_buf words; /* what the model said before its calls, last turn that made any */
	int rounds, lookups, turns;
	size_t calls, streamed; /* of this turn: calls, bytes of output */
	bool failed;            /* a call of this turn was answered with a failure */
	bool tested;            /* a call of this turn was a test */
	uint64_t last_failure;
	enum gp_status fail_status; /* how the run would end if it ended now */
	const char *fail_word;
	struct gp_buf fail_reason;

	/* the proposal */
	struct gp_state test, full;
	bool red_valid, proven;
	bool unasked; /* the trial under way was not asked for by a call: a resumed run */
	bool again;   /* ... whose green is to be proven again after its red */
	bool taken;   /* the call at the head of the queue is being worked on */
	struct gp_known at_turn, at_call; /* before the turn, before that call */
	bool suite_wide;                  /* the project cannot run some tests alone */
	struct gp_trial_result red_result, green_result, suite_result, base_result;
	bool base_done, laid;               /* baseline known; base laid out and set up */
	void (*held)(struct gp_preview *p); /* a result that waits for the baseline */
	struct gp_trial *base_trial, *trial;
	struct gp_repeat repeat[GP_REPEATS + 1]; /* of red, then of green */
	int repeating, reds, greens;             /* under way; runs that were made */
	struct gp_buf disagreement;              /* of repeated runs; empty: none */
	bool red_disagrees;
	struct gp_flaky flaky;    /* old tests that did not pass with the change */
	struct gp_again sides[2]; /* on the base, with the change */
	size_t again_rounds;
	void (*again_done)(struct gp_preview *p);

	/* how strong the test is (strong.h) */
	struct gp_measure *measure;
	struct gp_strength strength;
	bool measured;           /* strength is that of this proposal */
	bool settling;           /* the suite holds, measuring goes on */
	bool sharpened;          /* a sharper test was asked for, or is not to be */
	struct gp_proven *aside; /* what is proven while a sharper test is tried */
	long long settled_at;

	/* how it ends */
	bool over, dropped;
	bool restored; /* a resumed run has all it needs to be saved again */
	struct gp_preview_outcome *out;
	struct gp_buf ending; /* why, for people */
	struct gp_buf ending_hint;
	struct gp_list questions;
	struct gp_list weak;               /* reasons why it is not "proven" */
	struct gp_trial_findings findings; /* of the proposal that was proven */
	struct gp_list unlocked;           /* paths of it that were locked, and why they were not */
	struct gp_list loose;              /* what is not proven and makes it no weaker */

	struct gp_money money;
	long context_ms, model_ms, red_ms, green_ms, suite_ms, strength_ms;
	long long began;
	int deadline, ticker;
};

/* steps.c */
/* Takes a call off the model; works through the queue as far as trials allow. */
void gp_steps_add(struct gp_preview *p, const struct gp_call *call);
void gp_steps_next(struct gp_preview *p);
/* Answers the call at the head of the queue and drops it; a message when nothing was asked. */
void gp_steps_answer(struct gp_preview *p, struct gp_slice text);
/* The same with a failure: remembers how the run would end, ends it when the same came before. */
void gp_steps_fail(struct gp_preview *p, enum gp_status s, const char *word, struct gp_slice reason,
                   struct gp_slice text);
/* What gp_steps_fail remembers, where no call is to be answered. */
void gp_steps_count(struct gp_preview *p, enum gp_status s, const char *word,
                    struct gp_slice reason);
/* Starts a trial of the proposal; ends the run when that fails. */
void gp_steps_trial(struct gp_preview *p, const char *phase, const char *command,
                    const struct gp_state *s, void (*done)(void *ctx, struct gp_trial_result *r));
/* Run the test, and test and implementation, as they are now. */
void gp_steps_red(struct gp_preview *p);
void gp_steps_green(struct gp_preview *p);
void gp_steps_clear(struct gp_preview *p);
/* What a conversation knows that has seen all there is. */
struct gp_known gp_known(const struct gp_preview *p);

/* repeat.c: the new tests once more, as often as test.repeat says */
/* Start the further runs of a valid red, of a green (once for each); they go on beside the rest. */
void gp_repeat_red(struct gp_preview *p);
void gp_repeat_green(struct gp_preview *p);
/* Ends those of green, or of red and green, and forgets what they came to: before the proposal
 * that they run is changed. */
void gp_repeat_drop(struct gp_preview *p, bool red);

/* again.c: old tests that fail or vanish, run again on both sides */
/* Starts one more run of the suite on each side where tests were lost and more runs may tell that
 * they are flaky; done follows from the loop. False: all is known that will be. */
bool gp_again_look(struct gp_preview *p, const struct gp_list *failed,
                   const struct gp_list *vanished, void (*done)(struct gp_preview *p));
/* Ends them and forgets what they came to: the proposal is another. */
void gp_again_drop(struct gp_preview *p);

/* judge.c: what trials of the proposal mean */
void gp_judged_base(void *ctx, struct gp_trial_result *r);
void gp_judged_red(void *ctx, struct gp_trial_result *r);
void gp_judged_green(void *ctx, struct gp_trial_result *r);
void gp_judged_suite(void *ctx, struct gp_trial_result *r);
/* The suite holds and the test's strength is known, or will not be. */
void gp_judged_proven(struct gp_preview *p);
/* Finds anew what is not proven. */
void gp_judged_weigh(struct gp_preview *p);

/* turns.c */
/* Asks for the next turn, within budget; ends the run when it may not. */
void gp_turns_next(struct gp_preview *p);

/* tools.c */
extern const struct gp_tool gp_tools[];
extern const size_t gp_ntools;
extern const char gp_instructions[];
/* Answers a search or read call into out. */
void gp_tools_look(struct gp_buf *out, struct gp_preview *p, const struct gp_call *call);

/* propose.c */
/* Applies patch text to the base tree with `over` laid on; changes then hold everything against
 * the base. 0, GP_INVALID (*why), GP_FAILED. */
int gp_propose(struct gp_state *out, struct gp_repo *r, const struct gp_oid *base,
               const struct gp_changes *over, struct gp_slice text, struct gp_buf *why);
/* Path rules of the state machine. 0 or GP_REFUSED (*why). */
int gp_policy_test(const struct gp_preview *p, const struct gp_changes *c, struct gp_buf *why);
int gp_policy_code(const struct gp_preview *p, const struct gp_changes *c, struct gp_buf *why);
/* Whether a change touches something locked that the request or a flag allows; what: which. */
bool gp_policy_unlocked(struct gp_buf *what, const struct gp_preview *p, const struct gp_change *c);
/* Whether a file says how tests are run, so that changing it can make them pass. */
bool gp_policy_runs_tests(const struct gp_preview *p, const char *path);
void gp_state_clear(struct gp_state *s);

/* money.c */
int gp_money_start(struct gp_preview *p);
/* The output tokens the next turn may have. 0 or GP_LIMIT (message: what it would cost). */
int gp_money_reserve(struct gp_preview *p, long long *max_output);
/* Whether a try after one that broke off and is billed fits, too; message when not. */
bool gp_money_allows_retry(struct gp_preview *p);
void gp_money_settle(struct gp_preview *p, const struct gp_turn *t);
/* "0.0412 USD", "12,345 tokens, price unknown". */
void gp_money_text(struct gp_buf *out, const struct gp_money *m);
/* The same while a turn streams, estimated from bytes; nothing without a price. */
void gp_money_so_far(struct gp_buf *out, const struct gp_preview *p);

/* keep.c: runs/<id>, the best state, resuming */
int gp_keep_new(struct gp_preview *p);
/* Locks and reads an earlier run; its state belongs to the caller and has a base and a request.
 * GP_NOTFOUND, GP_EXISTS (it still runs, or its branch is there), GP_INVALID. */
int gp_keep_open(struct gp_preview *p, struct cJSON **out, const char *id);
/* Takes trees, history and open calls over, once talk and base are there; what had been proven is
 * still to be proven. */
int gp_keep_restore(struct gp_preview *p, const struct cJSON *state);
/* Writes state.json. Failure is told, not fatal. */
void gp_keep_save(struct gp_preview *p);
/* Points refs/preview/runs/<id> at the best state. Done when a run ends without proof and not
 * before: a ref that is made must be deleted again, and git killed in a deletion leaves
 * packed-refs.lock. */
void gp_keep_ref(struct gp_preview *p);
/* Notes that the branch is about to be made: if we die on the way, whoever comes next drops the run
 * when the branch is there, and can resume it when not. */
void gp_keep_branch(struct gp_preview *p, const char *ref);
/* Whether the run has a state that --resume can go on from. */
bool gp_keep_resumable(const struct gp_preview *p);
/* Drops the run; gp_keep_end removes its folder once git has deleted the ref, and the lock. */
void gp_keep_drop(struct gp_preview *p);
void gp_keep_end(struct gp_preview *p);

/* Whether a name is that of a run. */
bool gp_keep_is_id(const char *s);
/* Drops the run in folder, which the caller has locked: its ref, then the folder. */
void gp_keep_remove(struct gp_repo *r, const char *id, const char *folder);

/* found.c: findings in the proposal */
/* Reads the proposal; tells each finding as an event, and cheats in p->weak. */
void gp_found_look(struct gp_preview *p);
/* Says those that are not in p->weak. */
void gp_found_tell(struct gp_preview *p);
/* All of them, for the record; the caller's. */
struct cJSON *gp_found_json(const struct gp_preview *p);

/* evidence.c: commits, note, branch */
int gp_evidence_make(struct gp_preview *p, bool proven);

/* ending.c: outcome words and the lines a person reads at the end */
void gp_end(struct gp_preview *p, enum gp_status s, const char *word, const char *fmt, ...)
	GP_PRINTF(4, 5);
/* The same with the reason from gp_message. */
void gp_end_message(struct gp_preview *p, enum gp_status s, const char *word);
void gp_ending_tell(struct gp_preview *p);
/* A path-relative, capped quotation of a judgement for the model. */
void gp_failure_text(struct gp_buf *out, const struct gp_trial_result *r);
/* JSON event of a trial. */
void gp_trial_event(struct gp_preview *p, const char *event, const struct gp_trial_result *r);

/* dry.c */
int gp_preview_dry(struct gp_preview *p, const struct gp_context *c);

#endif
