/*
 * engine_run.h - a run in an engine, shared by the files that take it from step to step:
 *
 *     [image there?] -> create -> upload [tree] [script, changes] -> attach -> start -> wait
 *         -> [inspect] -> [reports] -> [commit] -> conclude
 *     [image there?] -> [image of the setup?] -> a run of its own that lays the difference over it
 *     create -> attach -> start -> (asked for) -> upload [script, changes] -> signal -> wait ...
 *
 * The second is what a run costs when another went before it: making and starting a container takes
 * ten times as long as telling one to go.
 *
 * Every step is one call; the next one begins where it ends. A step that fails concludes the run
 * with what the engine said.
 */
#ifndef GP_ENGINE_RUN_H
#define GP_ENGINE_RUN_H

#include "lib/base/capture.h"
#include "lib/sandbox/engine.h"
#include "lib/sandbox/frames.h"
#include "lib/sandbox/tar.h"

struct gp_joint;

struct gp_run {
	const struct gp_kind *kind; /* first, see inside.h */
	struct gp_sandbox *s;
	struct gp_loop *l;
	void (*done)(void *ctx, struct gp_run_result *r);
	void *ctx;
	char *image, *layer, *glob, *tree, *scratch;
	char *name; /* of the container, from before it is made until it is to be removed */
	size_t max_reports;
	long deadline_ms;
	bool setup, network, command;
	void (*output)(void *ctx, struct gp_slice bytes);
	void *output_ctx;

	const struct gp_moves *moves; /* NULL: of a layer that no other can be made of */
	bool moved;                   /* made of another */
	struct gp_run *inner;         /* the one that moves; NULL: none */
	struct gp_joint *joint;       /* of its terminal; NULL: it has none */
	struct gp_slice archive;      /* the tree, mapped; until it is uploaded */
	struct gp_buf packed;         /* script and changes */
	struct gp_buf body;
	struct gp_call *step, *attach, *wait, *kill, *size;
	int timer, size_timer;
	struct gp_frames frames;
	char mark[40];
	struct gp_buf early; /* what came before the mark */
	struct gp_buf aside; /* and after it, but not from the command */
	bool ahead, ready;   /* its container was started before it was asked for; and waits */
	bool init;           /* its container was asked for with a first program of the engine's */
	bool idle;           /* nobody has asked for it yet; it has no timers then */
	bool marked, started, waited, judged, over;
	struct gp_capture kept;
	struct gp_list reports; /* to be fetched */
	size_t next_report;
	long long began, commanded, ended;
	struct gp_run_result r;
};

/* engine_fill.c: makes a run of what was asked for, in r (zeroed, or an idle one), and packs what
 * is its own. 0 or a code; r is to be discarded then. */
int gp_engine_fill(struct gp_run *r, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx);
void gp_engine_discard(struct gp_run **r);
/* Packs the tree too, for an image that has it not. 0 or a code. */
int gp_engine_pack_tree(struct gp_run *r, const char *tree, const char *scratch);

/* The steps; r may be gone when they return. */
void gp_engine_step(struct gp_run *r, const struct gp_call_spec *spec,
                    void (*next)(void *ctx, struct gp_call_result *a));
void gp_engine_create(struct gp_run *r);
void gp_engine_upload(struct gp_run *r);
void gp_engine_waited(void *ctx, struct gp_call_result *a);
void gp_engine_ended(struct gp_run *r);
void gp_engine_commit(struct gp_run *r);
void gp_engine_conclude(struct gp_run *r);
/* What of ours stopped it; the first to say so is believed. fail: gp_message, and concludes. */
void gp_engine_infra(struct gp_run *r, const char *what);
void gp_engine_fail(struct gp_run *r);

/* Looks twice a second at what the run has written to disk, and ends it when that is more than four
 * times sandbox.disk: engines have no such limit of their own on most file systems. */
void gp_engine_watch(struct gp_run *r);

/* Kills the container; if the engine does not tell of its end soon, the run ends without. */
void gp_engine_end_container(struct gp_run *r);

/* engine_terminal.c: a terminal here joined to the one of a container: bytes to and fro over the
 * connection, and the size of the window. It becomes raw. 0 or GP_FAILED; *out is to be freed
 * either way. */
int gp_joint_new(struct gp_joint **out, struct gp_run *r, int terminal);
void gp_joint_free(struct gp_joint **joint);
/* The container has started: it gets the window's size, and each further one. */
void gp_joint_resize(struct gp_joint *t);
/* The command begins: what is typed is its own. */
void gp_joint_open(struct gp_joint *t);
/* As gp_http_events.more. */
long gp_joint_typed(struct gp_joint *t, char *to, size_t max);
/* Shows bytes, unless it is full: then the call is resumed when it no longer is. */
bool gp_joint_full(const struct gp_joint *t);
void gp_joint_show(struct gp_joint *t, struct gp_slice bytes);

/* engine_spare.c: starts the next container of this image ahead of its run, beside this one: a run
 * that nobody waits for (idle). take: NULL when there is none. */
void gp_engine_spare(struct gp_run *r);
struct gp_run *gp_engine_take_spare(struct gp_engine *e, struct gp_loop *l, const char *image);

#endif
