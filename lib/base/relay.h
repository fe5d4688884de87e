/*
 * relay.h - the user's terminal joined to a private one, for a command that wants a terminal.
 *
 * The command gets the inner end of a pseudo terminal of ours. Bytes go to and fro on the loop, so
 * what it does to its terminal (modes, size, faked input) ends there; what it prints reaches the
 * user's terminal as it is, escape sequences and all, which is what a terminal is for. Between
 * begin and free the user's terminal is raw: keys, Ctrl-C among them, are the command's, and
 * changes of the window's size are passed on. Its modes come back with free, and when a signal that
 * kills (an abort of ours, a fault) does so; nobody can do it after SIGKILL. One at a time.
 */
#ifndef GP_RELAY_H
#define GP_RELAY_H

#include "lib/base/loop.h"

struct gp_relay;

/* Opens both terminals; the user's is the one of standard input, and stays as it is. 0, GP_INVALID
 * (standard input is no terminal), GP_FAILED. */
int gp_relay_new(struct gp_relay **out, struct gp_loop *l);
/* The descriptor the command is to have as 0, 1 and 2; the relay's own. */
int gp_relay_inner(const struct gp_relay *r);
/* Makes the user's terminal raw and begins. When that terminal goes away meanwhile, gp_loop_run
 * returns GP_BROKEN. 0 or GP_FAILED (as it was). */
int gp_relay_begin(struct gp_relay *r);
/* After the command's end: shows what it still wrote (for a second at most), drops what was typed
 * or answered too late for it, and gives the terminal back. */
void gp_relay_free(struct gp_relay **r);
#define gp_auto_relay __attribute__((cleanup(gp_relay_free)))

#endif
