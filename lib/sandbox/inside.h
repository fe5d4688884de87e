/*
 * inside.h - what the files of this module share; nobody else includes it.
 *
 * gp_sandbox_open fills a gp_sandbox once: toolchains, environment, the seccomp program and the
 * whole argument list of bwrap, which holds nothing of a single run. A run then costs one folder,
 * two forks and one exec: the first child stays as guard of the second, which mounts (or copies)
 * its tree at ./merged of its own folder, writes the changed files into it and becomes bwrap.
 */
#ifndef GP_SANDBOX_INSIDE_H
#define GP_SANDBOX_INSIDE_H

#include <dirent.h>
#include <sys/types.h>

#include "lib/base/proc.h"
#include "lib/sandbox/sandbox.h"

/* Descriptors bwrap finds under fixed numbers; the shell there can name one digit. */
enum { FD_ARGS = 3, FD_SECCOMP = 4, FD_INFO = 5, FD_DATA = 6, FD_START = 9 };
#define GP_DATA_FILES (FD_START - FD_DATA)

/* Where a limit is enforced by a control group: version 2 (one folder), version 1 (a folder per
 * controller), or not at all. */
struct gp_cgroup {
	int version;         /* 0: none, 1, 2 */
	char *memory, *pids; /* version 1: parent folders; version 2: memory only */
	char *cpu;           /* parent folder where processor time can be limited; NULL: nowhere */
};

struct gp_sandbox {
	const struct gp_kind *kind;
	long long memory, disk;
	long processes, cpus; /* cpus: 0: all */
	size_t output;
	struct gp_list env;       /* NAME=value as the command sees it */
	struct gp_list mounts;    /* toolchain folders, same path inside */
	struct gp_list read_only; /* further folders */
	char *program, *version;  /* bwrap */
	bool overlay, guarded;    /* an overlay is always guarded */
	struct gp_cgroup cgroup;
	struct gp_buf args[3]; /* bwrap's, NUL-separated: run, setup, setup with network */
	struct gp_buf seccomp; /* cBPF */
	struct gp_buf name, identity;
	const struct gp_isolation *isolates; /* set by open */
	struct gp_engine *engine;            /* docker and podman: engine.h */
};

/* The home in there; NAME=value of every kind, ended by NULL; and how the shell in there makes the
 * one-commit repository at /work/.git. */
#define GP_SANDBOX_HOME "/home/preview"
extern const char *const gp_env_fixed[];
extern const char gp_snapshot_script[];

/* A kind of sandbox. open probes (as gp_sandbox_open); prepare, start and abandon are
 * gp_sandbox_prepare, gp_sandbox_run, gp_run_abandon; close gives back what open and
 * the runs left in s (NULL: nothing). A struct gp_run begins with its kind. */
struct gp_kind {
	enum gp_sandbox_kind kind;
	const char *name;
	bool keeps; /* gp_sandbox_keeps */
	int (*open)(struct gp_sandbox *s, const struct gp_sandbox_options *o);
	int (*prepare)(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
	               const struct gp_run_spec *spec,
	               void (*done)(void *ctx, struct gp_run_result *r), void *ctx);
	int (*start)(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
	             const struct gp_run_spec *spec,
	             void (*done)(void *ctx, struct gp_run_result *r), void *ctx);
	void (*abandon)(struct gp_run **r);
	void (*close)(struct gp_sandbox *s);
	/* gp_sandbox_prune of this kind; NULL: it keeps nothing */
	void (*prune)(struct gp_sandbox *s, struct gp_prune *p);
};

/* One for each kind. */
extern const struct gp_kind gp_kind_bwrap, gp_kind_docker, gp_kind_podman;

/* bwrap.c: finds bwrap, probes it, builds its arguments. 0 or GP_NOTFOUND with a hint. */
int gp_bwrap_open(struct gp_sandbox *s, const struct gp_sandbox_options *o);

#define GP_PROBE_FILE "sandbox-probe"
/* probe.c: finds out what works: s->program, version, overlay, guarded and cgroup are set. The
 * answer is kept in cache (NULL: nowhere) for this boot, user and program. 0 or GP_NOTFOUND with a
 * hint. */
int gp_probe(struct gp_sandbox *s, const char *cache);

/* run.c: the functions of the bwrap kind. */
int gp_bwrap_start(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx);
void gp_bwrap_abandon(struct gp_run **r);

/* watch.c: looks at what the kernel does not limit for us: the files of a run together (four times
 * disk; not those of setup), and without control groups its memory, and its processes under root,
 * whom RLIMIT_NPROC does not bind. */
struct gp_watch {
	const struct gp_sandbox *s;
	int root;  /* of the sandbox's pid 1 */
	DIR *proc; /* the sandbox's; NULL: nothing to look for in it */
	bool processes, memory;
	struct gp_buf files; /* the folder they are written to; empty: not limited */
	long long free;      /* bytes the disk had when they were last counted */
};
/* Begins for the run in folder dir; inner, pid 1 of the sandbox, 0: its processes cannot be seen.
 */
void gp_watch_begin(struct gp_watch *w, const struct gp_sandbox *s, const char *dir, pid_t inner,
                    bool setup);
/* NULL, or the limit that was passed. Takes a few milliseconds at most, seldom 50. */
const char *gp_watch_look(struct gp_watch *w);
void gp_watch_end(struct gp_watch *w);

/* away.c: removes a run's folder: what takes longer than some milliseconds is done by a process of
 * its own, which outlives us if need be. Best effort: what stays is swept by a later run. */
void gp_put_away(const char *dir);

/* run.c: whether name is prefix and the number of a process that is no more: what it left behind.
 */
bool gp_left_behind(const char *name, const char *prefix);
/* Removes all of that kind in a folder. Best effort. */
void gp_sweep(const char *folder, const char *prefix);

/* toolchain.c: which folders of path lie outside the system, what must be mounted for them, and
 * the environment they need. search gets the path inside; env gets NAME=value. */
void gp_toolchains(struct gp_list *mounts, struct gp_buf *search, struct gp_list *env,
                   const char *path, const char *home);

/* seccomp.c: the filter as a cBPF program. 0 or GP_FAILED. */
int gp_seccomp_build(struct gp_buf *out);
/* The same rules as an engine takes them: its JSON profile, of calls by name, so that it fits an
 * engine of another architecture, too. */
void gp_seccomp_profile(struct gp_buf *out);

/* What the child does between fork and exec. */
struct gp_enter {
	const struct gp_sandbox *s;
	const char *tree;
	int dir;                          /* the run's folder, open */
	const struct gp_changes *changes; /* may be NULL */
	bool setup, network;
	int start; /* write end of the start pipe */
	pid_t parent;
	const char *memory, *pids, *cpu; /* files of control groups to join by; NULL: none */
	long deadline_ms;                /* of the run; not above 0: none */
	char *said;                      /* shared page for what went wrong */
	size_t nsaid;
};

/* overlay.c: the child hook (gp_proc_spec.child, ctx a struct gp_enter): limits, control groups,
 * user and mount namespace, the tree at ./merged, the descriptors for bwrap. 0, or 1 with the
 * reason in said. */
int gp_enter(void *ctx);

/* guard.c: bwrap 0.8.0 sets its clone free only after it has prepared its own death with us; killed
 * in between, the clone would wait for ever. So bwrap becomes the first process of a pid namespace,
 * whose end nothing in it survives. Called with CLONE_NEWPID unshared: the caller goes on as that
 * process; what it was stays behind as its guard, writes its number to start as bwrap's --info-fd
 * would, ends as it ends, and must die with us. 0 (in the new process) or GP_FAILED. */
int gp_guard(int start);
/* The one child of a guarded bwrap: pid 1 of the sandbox itself; 0: unknown. */
pid_t gp_guarded(pid_t first);

/* layout.c: writes changes below the folder root; never follows a symlink on the way. Deletions
 * come first; folders left empty by one go too, as in git. 0 or GP_FAILED. */
int gp_layout(int root, const struct gp_changes *changes);

/* copy.c: copies the tree below from into to (both folders): files by reflink where the file
 * system can, modes and times kept, symlinks as they are, everything else left out.
 * 0 or GP_FAILED. */
int gp_copy_tree(int from, int to);

/* collect.c: reads the regular files below root (taken over) whose relative path matches the glob
 * into r->reports, sorted. Files that stand unchanged (size and mtime) in base are left out; base
 * -1: none are. Never follows a symlink, never blocks on a FIFO, opens what permissions were taken
 * from. 0, or GP_LIMIT: more than max bytes, or a tree too large to walk (what was read stays). */
int gp_collect(struct gp_run_result *r, int root, int base, const char *glob, size_t max);

/* cgroup.c: the folders where groups can be made by us, if any; proven by making one. Sweeps what
 * killed processes left there. */
void gp_cgroup_probe(struct gp_cgroup *out);
void gp_cgroup_clear(struct gp_cgroup *c);
/* Makes the groups of one run; sets the files in *memory, *pids and *cpu that a process joins them
 * by, for itself and while it has one thread, writing "0" (owned by the caller, NULL: none). 0 or
 * GP_FAILED.
 */
int gp_cgroup_make(char **memory, char **pids, char **cpu, const struct gp_sandbox *s,
                   const char *id);
/* Whether the kernel killed something in the group for memory. */
bool gp_cgroup_oom(const struct gp_sandbox *s, const char *memory);
/* Removes the group of such a file (NULL: no effect); waits a little for it to empty. */
void gp_cgroup_drop(const char *door);

#endif
