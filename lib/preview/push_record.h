/*
 * push_record.h - inside lib/preview: the record of a pushed preview goes where its branch went.
 */
#ifndef GP_PREVIEW_PUSH_RECORD_H
#define GP_PREVIEW_PUSH_RECORD_H

#include "lib/preview/push.h"

/* Adds the record of branch to the remote's refs/notes/preview: on top of what is there, never by
 * force, and only this one of our notes. A record that is there for the same commit stays. Told on
 * term, with json as the event "record"; a failure is a warning, since the branch is pushed. Local
 * refs stay as they are. */
void gp_push_record(const struct gp_push_options *o, const char *remote, const char *branch);

#endif
