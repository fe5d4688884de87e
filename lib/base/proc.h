/*
 * proc.h - child processes with a deadline, capped output and no survivors.
 *
 * Every child leads its own session, so that its whole group can be killed and it has no terminal
 * to ask on; dies with us (PR_SET_PDEATHSIG) unless it finishes; gets /dev/null or the given bytes
 * (a copy) as standard input, default signal handling, and none of our descriptors. Its end is seen
 * through a pidfd. When it has ended but somebody still holds its output open, we read on for 200
 * ms, then close and kill what is left of its group. Output beyond max_out keeps the whole lines of
 * the first and the last half of max_out, with a line "[... <n> bytes left out ...]" between.
 */
#ifndef GP_PROC_H
#define GP_PROC_H

#include "lib/base/buf.h"
#include "lib/base/loop.h"

struct gp_proc_spec {
	const char *const
		*argv; /* NULL-terminated; argv[0] is searched on PATH unless it has a '/' */
	const char *const *env; /* NULL-terminated whole environment; NULL: ours */
	const char *cwd;        /* NULL: ours */
	struct gp_slice input;  /* fed to standard input; empty: /dev/null */
	bool inherit_in;  /* our standard input instead (for git push asking for a password); it
	                     stays in our group then, and a kill reaches it alone */
	bool finishes;    /* short work that must not be left half done: goes on when we die */
	bool inherit_err; /* standard error goes to ours */
	bool merge;       /* standard error into out, in order */
	size_t max_out;   /* bytes kept of out, and of err; 0: 1 MiB */
	long deadline_ms; /* 0: 10 minutes; negative: none */
	int terminal;     /* above 0: a terminal that is its 0, 1 and 2; out stays empty then */
	int (*child)(
		void *ctx); /* runs in the child just before exec, after descriptors and signals
	                       are set; non-zero: exit 126. A failing exec is 127 then */
	void *child_ctx;
	const int *keep; /* descriptors the child keeps under their own numbers */
	size_t nkeep;
	/* live output, as it arrives (out and err alike); may be NULL */
	void (*output)(void *ctx, struct gp_slice bytes);
	void *output_ctx;
};

struct gp_proc_result {
	int exit;   /* 0-255, or -1 when a signal ended it */
	int signal; /* 0 or its number */
	bool timed_out, killed /* by gp_proc_kill */, truncated;
	struct gp_buf out, err;
	size_t out_total; /* bytes it wrote to out, kept or not */
	long ms;
};
void gp_proc_result_clear(struct gp_proc_result *r);

struct gp_proc;

/* Starts a child; done (ctx, result) is called once from the loop when it has ended; the result
 * belongs to the caller only during the call (take buffers by copying the struct and zeroing it).
 * The gp_proc is freed after done. Relative entries of PATH are passed over; an argv[0] with a '/'
 * is relative to cwd. 0, GP_NOTFOUND (no such program), GP_FAILED (done not called). */
int gp_proc_start(struct gp_proc **out, struct gp_loop *l, const struct gp_proc_spec *spec,
                  void (*done)(void *ctx, struct gp_proc_result *r), void *ctx);

/* Kills the whole group with SIGKILL; done is called from the loop as usual, with killed set. */
void gp_proc_kill(struct gp_proc *p);
/* Kills without calling done, waits for the child and frees; for the way out after a stop. NULL is
 * allowed. Kill and abandon may be called from output and done too. */
void gp_proc_abandon(struct gp_proc **p);

/* Starts one and waits for it. 0 (whatever it returned), GP_NOTFOUND, GP_STOPPED (it is killed),
 * GP_FAILED. out is to be cleared in any case. */
int gp_proc_run(struct gp_proc_result *out, const struct gp_proc_spec *spec);

#endif
