/*
 * trial.h - a bench for trials: one base layer, its setup, and runs on it that end in a judgement.
 *
 * The bench is made at once and gets ready on the loop; trials asked for before it is ready wait
 * for it. A failed layer or setup makes every trial an `infra` verdict with its output. Whole-suite
 * results are cached in <folder>/cache by tree, command, report kind, setup, sandbox identity and
 * whether the tests see a repository.
 */
#ifndef GP_TRIAL_H
#define GP_TRIAL_H

#include "lib/repo/repo.h"
#include "lib/sandbox/sandbox.h"
#include "lib/trial/detect.h"
#include "lib/trial/verdict.h"

struct gp_bench;

struct gp_bench_options {
	struct gp_repo *repo;
	struct gp_sandbox *sandbox;
	struct gp_loop *loop;
	const struct gp_project *project;
	struct gp_oid base;    /* tree */
	long timeout_ms;       /* of one run; 0: 10 minutes; negative: none */
	long setup_timeout_ms; /* 0: 20 minutes */
	bool setup_network, git_snapshot, no_cache;
	void (*ready)(void *ctx, int code, long ms); /* layer and setup are done; may be NULL */
	void (*setup_output)(void *ctx, struct gp_slice bytes); /* may be NULL */
	void *ctx;
};

/* Takes a layer and starts to prepare it. Options are copied; what they point to must outlive the
 * bench. 0 or GP_FAILED. */
int gp_bench_new(struct gp_bench **out, const struct gp_bench_options *o);
/* Kills what runs, without done, and gives the layer back; also from within done and ready. */
void gp_bench_free(struct gp_bench **b);
#define gp_auto_bench __attribute__((cleanup(gp_bench_free)))

struct gp_trial_result {
	struct gp_judgement judgement;
	struct gp_report report;
	struct gp_buf output;
	char *command;
	int exit, signal;
	bool truncated; /* output was left out */
	bool cached;
	long ms;       /* of the command */
	long total_ms; /* from asking to verdict, waiting for the layer left out */
};
void gp_trial_result_clear(struct gp_trial_result *r);

struct gp_trial_spec {
	const char *command;
	const struct gp_changes *changes; /* over the base; NULL: none; borrowed until done */
	const struct gp_changes
		*tests;            /* the test files among them, for the judgement; NULL: none */
	const struct gp_oid *tree; /* of base + changes, to cache by; NULL: do not cache */
	long timeout_ms;           /* where that is less than the bench's; 0: as the bench says */
	void (*output)(void *ctx, struct gp_slice bytes); /* live; may be NULL */
	void *output_ctx;
	int terminal; /* above 0: as in sandbox.h; what ends by itself is then a pass, whatever its
	                 status */
};

struct gp_trial;

/* Starts a trial; done (ctx, result) once from the loop; the result is the caller's during the call
 * (copy and zero to keep). 0 or GP_FAILED. */
int gp_trial_start(struct gp_trial **out, struct gp_bench *b, const struct gp_trial_spec *spec,
                   void (*done)(void *ctx, struct gp_trial_result *r), void *ctx);
/* Ends it without done. */
void gp_trial_abandon(struct gp_trial **t);

#endif
