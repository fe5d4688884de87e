/*
 * hook.h - our pre-push hook in a repository: put there and taken away on request only.
 *
 * Where git has hooks in its configuration (2.54), that is where it goes, beside all others. Else
 * it is a file in the repository's own hooks folder: a hook that stood there is kept under another
 * name and runs after ours with the same arguments and input. A folder that core.hooksPath names
 * belongs to another tool or to the work tree: nothing is written there.
 */
#ifndef GP_PREVIEW_HOOK_H
#define GP_PREVIEW_HOOK_H

#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"

/* Installs; again is no harm. GP_STATUS_OK; GP_STATUS_NO when core.hooksPath is set (the hint is
 * the line to add there) or something else stands in the way; GP_STATUS_FATAL, GP_STATUS_STOPPED.
 */
enum gp_status gp_hook_install(struct gp_repo *r, struct gp_term *t);
/* Takes it away; what stood there before stands there again, byte for byte. GP_STATUS_OK, also when
 * it was not there; GP_STATUS_NO when somebody changed the file since; else as above. */
enum gp_status gp_hook_uninstall(struct gp_repo *r, struct gp_term *t);

#endif
