/*
 * host.h - inside lib/preview: the code host that a remote stands for, and the token it takes.
 */
#ifndef GP_PREVIEW_HOST_H
#define GP_PREVIEW_HOST_H

#include "lib/base/conf.h"
#include "lib/forge/forge.h"

struct gp_host {
	struct gp_forge_place place;
	struct gp_buf token;
	const char *from; /* where the token was found, in words; NULL: not looked for yet */
};
/* Wipes the token. */
void gp_host_clear(struct gp_host *h);

/* Which remote is meant: named (NULL: none is), push.remote, the only one, origin. 0, GP_INVALID,
 * GP_NOTFOUND: there is none (with a hint); or as gp_git. */
int gp_host_remote(struct gp_buf *out, struct gp_repo *r, const struct gp_conf *c,
                   const char *named);

/* Reads the remote's address (for pushing), push.host and push.api. 0; GP_NOTFOUND: it is on no
 * code host that is known; GP_INVALID, GP_STOPPED. */
int gp_host_find(struct gp_host *out, struct gp_repo *r, const struct gp_conf *c,
                 const char *remote);
/* push.deadline in milliseconds. */
long gp_host_deadline_ms(const struct gp_conf *c);
/* Finds the token unless it is there. 0; GP_NOTFOUND: there is none (with a hint);
 * GP_REFUSED: the one that is set cannot be had; GP_STOPPED. */
int gp_host_token(struct gp_host *h, const struct gp_repo *r, const struct gp_conf *c);

#endif
