/*
 * preview.h - one request from its words to a proven branch: the five nouns in order.
 *
 *     request -> context -> proposal -> trial -> findings
 *
 * A state machine that the harness owns: need-test -> red -> need-implementation -> green -> suite
 * -> done. RED starts when the model's `test` call is complete, while the rest of its answer
 * streams. Everything waits on one loop. The branch appears by one compare-and-swap at the very
 * end; a run that ends before keeps its best state under refs/preview/runs/<id> and in
 * <folder>/runs/<id>.
 */
#ifndef GP_PREVIEW_H
#define GP_PREVIEW_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/repo/repo.h"

/* Exit statuses of the three commands. */
enum gp_status {
	GP_STATUS_OK = 0,
	GP_STATUS_NO = 1,       /* tests fail, a patch does not apply */
	GP_STATUS_NO_RED = 3,   /* no valid red */
	GP_STATUS_NO_GREEN = 4, /* no green, or a regression */
	GP_STATUS_FLAKY = 5,
	GP_STATUS_BUDGET = 6,    /* budget or size limit would be passed */
	GP_STATUS_PROVIDER = 7,  /* no provider answered, or the model refused */
	GP_STATUS_SANDBOX = 8,   /* sandbox not available, or it failed */
	GP_STATUS_QUESTIONS = 9, /* the request needs answers */
	GP_STATUS_SKIP = 125,    /* for git bisect run: neither good nor bad */
	GP_STATUS_FATAL = 128,
	GP_STATUS_USAGE = 129,
	GP_STATUS_STOPPED = 130,
};

struct gp_preview_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	const char *request; /* the customer's words; with resume: a further message, or "" */
	const char *base;    /* revision; NULL: HEAD */
	const char *model;   /* --model; NULL: by settings */
	const char *resume;  /* id of an earlier run; NULL: a new one */
	bool dry_run;        /* show what would be sent, spend nothing */
	bool keep_unproven;  /* make the branch from the best state there is */
	/* Puts the model's question to a person; appends the answer. NULL: nobody to ask.
	 * 0, GP_NOTFOUND (no answer), GP_STOPPED. */
	int (*ask)(void *ctx, const char *question, struct gp_buf *answer);
	void *ask_ctx;
};

struct gp_preview_outcome {
	enum gp_status status;
	char word[16]; /* "proven", "weak", "no-red", ... of DESIGN 2.3 */
	char id[16];
	struct gp_buf branch; /* short name; empty: none was made */
};
void gp_preview_outcome_clear(struct gp_preview_outcome *o);

/* Runs a request to its end and reports to term as it goes, the ending included. Always fills
 * *out; returns out->status. Nothing of the user's checkout, index, stash, branches or
 * configuration is written, however it ends. */
int gp_preview_run(struct gp_preview_outcome *out, const struct gp_preview_options *o);

/* --apply-patch: applies text to the base's tree. 0 and the new tree; GP_INVALID with the reason in
 * *why; else as gp_repo_resolve. */
int gp_preview_apply(struct gp_oid *tree, struct gp_repo *r, const char *base, struct gp_slice text,
                     struct gp_buf *why);

/* The sandbox as settings ask for it; codes as gp_sandbox_open. Tells t of a slow pull or build. */
struct gp_sandbox;
int gp_preview_sandbox(struct gp_sandbox **out, struct gp_repo *r, const struct gp_conf *c,
                       struct gp_term *t);
/* The same of a given kind; fresh: what an earlier probe found is not trusted. */
int gp_preview_sandbox_kind(struct gp_sandbox **out, struct gp_repo *r, const struct gp_conf *c,
                            const char *kind, bool fresh);
/* gp_sandbox_prune with these settings. */
struct gp_prune;
void gp_preview_prune_sandboxes(struct gp_repo *r, const struct gp_conf *c, struct gp_prune *p);

#endif
