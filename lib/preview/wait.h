/*
 * wait.h - git preview-push --wait: what the team's own checks say of a pushed commit.
 */
#ifndef GP_PREVIEW_WAIT_H
#define GP_PREVIEW_WAIT_H

#include "lib/preview/host.h"
#include "lib/preview/push.h"

/* Follows the checks and deployments of commit until all have ended, and shows each. Addresses of
 * deployments are result lines, at the end, also of an end that is none. Verdict: the event
 * "verdict". GP_STATUS_OK: none failed, or none began within push.wait-grace, which is told;
 * GP_STATUS_NO: one failed, or the host does not let us see; GP_STATUS_FATAL: the deadline passed;
 * GP_STATUS_STOPPED. Nothing here or there is changed. */
enum gp_status gp_wait_run(const struct gp_push_options *o, struct gp_host *host,
                           const struct gp_oid *commit, long long pull);

#endif
