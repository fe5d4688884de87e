/*
 * pull.h - the draft pull request of a pushed preview: its report where people review.
 */
#ifndef GP_PREVIEW_PULL_H
#define GP_PREVIEW_PULL_H

#include "lib/preview/push.h"

/* Opens the request for branch at remote's code host, or brings the one that is open up to date.
 * Its address is a result line and the event "pull". Without a token the address of the page where
 * one opens it by hand is told, and nothing is sent; with a remote on no known code host nothing is
 * done. GP_STATUS_OK; GP_STATUS_NO: the host refused, or gave no answer (told, with what to do; the
 * branch stays pushed); GP_STATUS_STOPPED. */
enum gp_status gp_pull_request(const struct gp_push_options *o, const char *remote,
                               const char *branch);

#endif
