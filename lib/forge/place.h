/*
 * place.h - which project on which code host a remote's address names. Pure.
 */
#ifndef GP_FORGE_PLACE_H
#define GP_FORGE_PLACE_H

#include "lib/base/buf.h"

enum gp_forge_kind { GP_FORGE_NONE, GP_FORGE_GITHUB, GP_FORGE_GITLAB, GP_FORGE_GITEA };

struct gp_forge_place {
	enum gp_forge_kind kind;
	char *host;    /* as in the address, without user and port */
	char *web;     /* "https://host" */
	char *api;     /* base of the API, without a '/' at its end */
	char *project; /* "owner/name"; on GitLab with any number of groups before */
	char *owner;   /* all but the name */
};
void gp_forge_place_clear(struct gp_forge_place *p);

/* Reads https, ssh and git addresses and "user@host:path". kind: "github", "gitlab", "gitea";
 * "auto" tells by the host's name. api: the API's base, which then also says where a page is (its
 * scheme and host; for github.com and NULL: the host's own). 0; GP_NOTFOUND: no address of a code
 * host that is known (a path, a file, an unknown name); GP_INVALID: control characters, no project
 * in it. */
int gp_forge_place_read(struct gp_forge_place *out, const char *address, const char *kind,
                        const char *api);

/* The page where a person opens the pull request by hand; also without any token. */
void gp_forge_compare(struct gp_buf *out, const struct gp_forge_place *p, const char *base,
                      const char *head);

/* Appends text as one segment of a URL (RFC 3986, unreserved characters stay). */
void gp_forge_escape(struct gp_buf *out, const char *text);

#endif
