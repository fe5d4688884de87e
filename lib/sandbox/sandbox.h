/*
 * sandbox.h - run a command on a base layer plus changed files where it can harm nothing.
 *
 * One table of functions per kind: prepare makes a layer of a base tree and its setup step, run
 * lays changed files over it and runs a command. Inside: the
 * tree at /work, no network but loopback, a synthetic home, a cleared environment, own pid, ipc,
 * uts, user, network, cgroup namespaces, system folders and toolchains read-only, a private /tmp,
 * limits on time, memory, processes, files and output. The whole process tree dies at the end.
 * The kind asked for is the kind used; nothing falls back to no sandbox.
 */
#ifndef GP_SANDBOX_H
#define GP_SANDBOX_H

#include "lib/base/changes.h"
#include "lib/base/loop.h"
#include "lib/base/prune.h"

enum gp_sandbox_kind { GP_SANDBOX_AUTO, GP_SANDBOX_BWRAP, GP_SANDBOX_DOCKER, GP_SANDBOX_PODMAN };

/* A repository may ask for as much as it likes, and all of it is in memory several times. */
#define GP_OUTPUT_MAX ((size_t)8 << 20)

/* What an image can be built of when none is named. files calls add (to, path, mode, content) for
 * each file, one of which is "Dockerfile", and returns what is not 0. */
struct gp_build {
	const char *id; /* names the files: an image of that name is not built again */
	int (*files)(void *ctx,
	             int (*add)(void *to, const char *path, unsigned mode, struct gp_slice content),
	             void *to);
	void *ctx;
	bool network;
};

struct gp_sandbox_options {
	enum gp_sandbox_kind kind;
	long long memory;         /* bytes; 0: no limit of ours */
	long processes;           /* 0: 1024 */
	long cpus;                /* processors' worth of time; 0: all there are */
	long long disk;           /* bytes a single file may grow to, and a quarter of what a run
	                             may write in all; 0: 1 GiB */
	size_t output;            /* bytes of output kept, GP_OUTPUT_MAX at most; 0: 1 MiB */
	struct gp_list env;       /* "NAME=value" or "NAME" (passed through) for the command */
	struct gp_list read_only; /* further folders to be seen read-only, absolute */
	const char *path;         /* the search path toolchains are found on; NULL: $PATH */
	const char *home;         /* the user's home, to be replaced; NULL: $HOME */
	const char *image;        /* docker, podman: what to run in; NULL: none is set */
	const struct gp_build *build; /* docker, podman, without image; NULL: nothing */
	/* what an engine tells while it pulls or builds; may be NULL */
	void (*progress)(void *ctx, const char *text);
	void *progress_ctx;
	const char *host;  /* their engine's address; NULL: where their own programs look */
	const char *cache; /* folder for the probe's answer (per boot); NULL: not cached */
	bool fresh;        /* probe again, whatever the cache says */
};

struct gp_sandbox;

/* Probes and prepares. 0, GP_NOTFOUND (that kind does not work here: message says why, hint names
 * the remedy; exit status 8), GP_INVALID (unknown or not yet available kind). */
int gp_sandbox_open(struct gp_sandbox **out, const struct gp_sandbox_options *o);
void gp_sandbox_free(struct gp_sandbox **s);
#define gp_auto_sandbox __attribute__((cleanup(gp_sandbox_free)))

/* "bwrap 0.8.0 overlay" for people; and everything that can change a result (kind, version, layer
 * method, limits, environment, toolchain mounts) as text for cache keys and records. */
const char *gp_sandbox_name(const struct gp_sandbox *s);
const char *gp_sandbox_identity(const struct gp_sandbox *s);
/* The toolchain folders outside the system that are mounted, for -n and -v. */
const struct gp_list *gp_sandbox_mounts(const struct gp_sandbox *s);
/* The kind it is ("bwrap"), and what it keeps a test from, for people: what is a word ("network"),
 * how the rest of the line; ended by a NULL. */
struct gp_isolation {
	const char *what, *how;
};
const char *gp_sandbox_word(const struct gp_sandbox *s);
const struct gp_isolation *gp_sandbox_isolates(const struct gp_sandbox *s);
/* Whether it keeps prepared layers of its own, found again by gp_run_spec.layer: then the tree on
 * disk stays as it was laid out, whatever setup does, and gp_sandbox_prepare comes before runs on
 * every layer. */
bool gp_sandbox_keeps(const struct gp_sandbox *s);

/* How a layer can be made of one that holds another tree, with no setup of its own. */
struct gp_moves {
	const char *setup; /* names all that setup depends on, of the tree too; as layer */
	const char *tree;  /* names the tree: hexadecimal, at most 64 digits */
	/* What turns the tree of that name into this one; what is not 0: nobody can tell. */
	int (*changes)(void *ctx, struct gp_changes *out, const char *from);
	void *ctx;
};

struct gp_run_spec {
	const char *tree;  /* the base layer (absolute); never written unless setup */
	const char *layer; /* names what tree holds after setup, also on other machines: letters,
	                      digits and '-', at most 100; NULL: it has no name and is not kept */
	const struct gp_moves *moves; /* only for gp_sandbox_prepare of a kind that keeps layers;
	                                 used until done; NULL: every layer is made from nothing */
	const char *scratch; /* a private folder (0700) on the same file system, made when missing;
	                        each run has a folder of its own in it while it lasts, and sweeps
	                        those of processes that were killed */
	const struct gp_changes
		*changes; /* laid over the tree; NULL: none; copied, or used until done */
	const struct gp_changes *locked; /* files of the tree that the command cannot write to,
	                                    where the kind can see to that (bwrap); NULL: none */
	const char *command; /* run by sh -c in /work; NULL: only for gp_sandbox_prepare */
	long deadline_ms;    /* 0: 10 minutes; negative: none */
	int terminal;        /* above 0: a terminal (relay.h) the command gets as its own: it leads
	                        a session on it, and no output is kept */
	bool setup;          /* set by gp_sandbox_prepare: what the command writes stays */
	bool network;        /* only with setup */
	bool git;            /* a fresh one-commit repository at /work/.git */
	const char *reports; /* glob relative to /work of files to bring out (JUnit) that this run
	                        wrote; '**' is any number of folders; NULL: none */
	size_t max_reports;  /* bytes of all reports, more is infra; 0: 16 MiB */
	void (*output)(void *ctx, struct gp_slice bytes); /* live output; may be NULL */
	void *output_ctx;
};

struct gp_report_file {
	char *path;
	struct gp_buf text;
};

struct gp_run_result {
	/* as a shell sees the command: 128 + n for a signal n up to 31 comes as signal n, exit -1
	 * (so does a command that exits with such a number itself); -1 and 9 when it was killed by
	 * us */
	int exit, signal;
	bool timed_out, truncated;
	const char *infra; /* NULL, or what of ours stopped it: "out of memory", "sandbox: ..." */
	struct gp_buf infra_text; /* owns infra */
	struct gp_buf out;        /* stdout and stderr in order, head and tail */
	struct gp_report_file *reports;
	size_t nreports;
	long ms;       /* of the command */
	long setup_ms; /* of laying out and starting the sandbox */
};
void gp_run_result_clear(struct gp_run_result *r);

struct gp_run;

/* Makes a layer of tree, ready for runs: spec->command is the setup step (NULL: none), what it
 * writes stays. bwrap runs it on tree itself, whenever asked; a kind that keeps layers has the
 * result under spec->layer, and does nothing when it is there already, and what spec->moves tells
 * when the same setup has been over another tree: what that left stays, files that differ are this
 * tree's. Result, done and codes as
 * gp_sandbox_run; the layer is ready when exit is 0 and infra NULL. */
int gp_sandbox_prepare(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                       const struct gp_run_spec *spec,
                       void (*done)(void *ctx, struct gp_run_result *r), void *ctx);

/* Starts a run; done (ctx, result) once, from the loop; the result belongs to the caller during the
 * call (copy the struct and zero it to keep it). Several may run at once. 0 or GP_FAILED. */
int gp_sandbox_run(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx);
/* Kills without done, cleans its scratch, frees. */
void gp_run_abandon(struct gp_run **r);

/* Removes what the kind that o asks for keeps (images of ours) and the limits tell to. Best effort:
 * what cannot be reached keeps what it has. */
void gp_sandbox_prune(const struct gp_sandbox_options *o, struct gp_prune *p);

#endif
