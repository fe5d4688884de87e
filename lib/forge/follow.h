/*
 * follow.h - the checks and deployments of a commit on its code host, asked for again and again.
 *
 * Every address that tells something is one feed, asked with the tag of its last answer (304 costs
 * nothing of GitHub's limit). A feed that the host refuses is asked on, since rights and commits
 * come late, and named at the end.
 */
#ifndef GP_FORGE_FOLLOW_H
#define GP_FORGE_FOLLOW_H

#include "lib/forge/checks.h"
#include "lib/forge/forge.h"

struct gp_follow;

/* Calls nothing yet. c stays the caller's and in place until the end. pull: number of the pull
 * request, 0: none. */
void gp_follow_new(struct gp_follow **out, const struct gp_forge_caller *c, const char *commit,
                   long long pull);
void gp_follow_free(struct gp_follow **f);
#define gp_auto_follow __attribute__((cleanup(gp_follow_free)))

/* Asks every feed once, and gives all checks there are as of now. rest_ms: how long the host wants
 * to be left alone, 0: it did not say. 0; GP_REFUSED: the token is not valid, or the project moved;
 * GP_BROKEN, GP_TIMEOUT, GP_INVALID: the host is in trouble (what was found before still holds;
 * asking again may help); GP_STOPPED, or what a callback of the loop returned. */
int gp_follow_ask(struct gp_checks *out, long *rest_ms, struct gp_follow *f);

/* The feeds that the host refused when it was last asked, in words ("cannot see the check
 * runs: github.com answers 403: ..."). */
void gp_follow_refused(struct gp_list *out, const struct gp_follow *f);

#endif
