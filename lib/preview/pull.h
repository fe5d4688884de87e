/*
 * pull.h - the draft pull request of a pushed preview: its report where people review.
 */
#ifndef GP_PREVIEW_PULL_H
#define GP_PREVIEW_PULL_H

#include "lib/preview/host.h"
#include "lib/preview/push.h"

/* Opens the request for branch at remote's code host, or brings the one that is open up to date;
 * number is its number, 0: there is none. Its address is a result line and the event "pull".
 * Without a token the address of the page where one opens it by hand is told, and nothing is sent.
 * GP_STATUS_OK; GP_STATUS_NO: the host refused, or gave no answer (told, with what to do; the
 * branch stays pushed); GP_STATUS_STOPPED. */
enum gp_status gp_pull_request(long long *number, const struct gp_push_options *o,
                               struct gp_host *host, const char *remote, const char *branch);

#endif
