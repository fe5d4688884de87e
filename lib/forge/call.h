/*
 * call.h - inside lib/forge: one call of a REST API, waited for.
 */
#ifndef GP_FORGE_CALL_H
#define GP_FORGE_CALL_H

#include "lib/forge/forge.h"

struct cJSON;

struct gp_forge_reply {
	int status;
	char etag[128];     /* "": none */
	long wait_ms;       /* how long the host wants to be left alone; 0: it did not say */
	bool limited;       /* refused for too many calls; nothing was done */
	struct cJSON *json; /* NULL: the body was none */
};
void gp_forge_reply_clear(struct gp_forge_reply *r);

/* Calls method on path (below the API's base, with its query) with body as JSON (NULL: none; stays
 * the caller's). A GET is tried three times where the host has trouble, unless the host wants a
 * longer rest; nothing else is sent twice. 0 whatever the status; GP_TIMEOUT, GP_BROKEN,
 * GP_STOPPED, GP_LIMIT, GP_INVALID (the base is no place for a token; a good status with what is no
 * JSON). */
int gp_forge_call(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *method,
                  const char *path, const struct cJSON *body);
/* The same as a GET for who has an answer with that tag already ("": none): status 304 says that
 * it still holds. */
int gp_forge_ask(struct gp_forge_reply *out, const struct gp_forge_caller *c, const char *path,
                 const char *etag);

/* The failure that a status stands for, with the host's own words and a hint; what is what was
 * tried ("open the pull request"). */
int gp_forge_refused(const struct gp_forge_caller *c, const struct gp_forge_reply *r,
                     const char *what);

/* One host's ways; codes as gp_forge_pull. */
int gp_github_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                   const struct gp_pull *p);
int gp_gitlab_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                   const struct gp_pull *p);
int gp_gitea_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *p);

/* How a host calls what every request has. */
struct gp_pull_keys {
	const char *url, *number, *text;
};
/* Takes them from what a host tells of a request. GP_INVALID when they are not there. */
int gp_pull_read(struct gp_pull_answer *out, const struct cJSON *j, const struct gp_pull_keys *k);

/* text.c: the text of a request with report between our marks, in the place of what stood between
 * them in present; present NULL: a new one. GP_REFUSED: present has no marks. */
int gp_pull_text(struct gp_buf *out, const char *report, const char *present);
/* Whether it has them. */
bool gp_pull_is_ours(const char *text);
/* For a request that is there: text is what it is to become. When it is not ours, that is noted in
 * out, and GP_REFUSED. */
int gp_pull_renew(struct gp_buf *text, struct gp_pull_answer *out, const struct gp_pull *p);

#endif
