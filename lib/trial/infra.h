/*
 * infra.h - what stops a run that neither test nor code is to blame for. Inside lib/trial.
 */
#ifndef GP_INFRA_H
#define GP_INFRA_H

#include "lib/trial/verdict.h"

/* The line of text that tells of memory or disk running out, a tool that is not there or a network
 * that was wanted; empty when none does. ran: whether a test ran; some words count only when none
 * did. */
struct gp_slice gp_infra_line(struct gp_slice text, bool ran);
/* Whether text says that nothing was there to be tested. */
struct gp_slice gp_nothing_line(struct gp_slice text);
/* The line that tells of a program that crashed; empty when none does. */
struct gp_slice gp_crash_line(struct gp_slice text);
/* The line in which an assertion speaks; empty when none does. */
struct gp_slice gp_assertion_line(struct gp_slice text);
/* The line of a compiler or tool that gave up; empty when none did. */
struct gp_slice gp_error_line(struct gp_slice text);
/* The word for a signal's number, "killed"; and whether it means that the program itself crashed
 * rather than that something ended it. */
const char *gp_signal_word(int sig);
bool gp_signal_is_crash(int sig);

#endif
