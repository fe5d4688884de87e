/*
 * child.h - proc.c's own: the fork, and what happens on both sides of it until exec.
 */
#ifndef GP_CHILD_H
#define GP_CHILD_H

#include <sys/types.h>

#include "lib/base/proc.h"

struct gp_child {
	pid_t pid;
	int pidfd;
	int out, err; /* our ends, non-blocking; -1: there is none */
	bool leads;   /* it leads a session of its own, so its whole group can be killed */
};

/* Starts what spec says; the descriptors and the reaping belong to the caller. 0, GP_NOTFOUND (no
 * such program), GP_FAILED; then nothing is left behind. */
int gp_child_start(struct gp_child *out, const struct gp_proc_spec *spec);

/* Kills it and its group; it must not have been reaped. */
void gp_child_kill(const struct gp_child *c);

/* Waits for it, which does not take long once it was killed; returns the wait status. */
int gp_child_reap(const struct gp_child *c);

#endif
