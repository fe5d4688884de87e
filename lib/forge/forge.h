/*
 * forge.h - a draft pull request on the code host where a branch was pushed.
 *
 * Repeatable: the request that is open for the branch is found and brought up to date, else one is
 * opened. Calls go one after the other. A token goes in a header, to the API's base only, and is in
 * no message. The wire as documented by the hosts: GitHub REST 2022-11-28, GitLab v4, Gitea v1.
 */
#ifndef GP_FORGE_H
#define GP_FORGE_H

#include "lib/base/loop.h"
#include "lib/forge/place.h"
#include "lib/repo/repo.h"

/* What every call needs; all of it stays the caller's. */
struct gp_forge_caller {
	struct gp_loop *loop;
	const struct gp_forge_place *place;
	const char *token;
	const char *from; /* where the token was found, in words; for messages */
	long total_ms;    /* a call may take so long; 0, or more than that: half a minute */
};

struct gp_pull {
	const char *head, *base; /* branches */
	const char *title;
	const char *body; /* what stands between our marks; what people write around it stays */
	struct gp_list labels, reviewers;
};

struct gp_pull_answer {
	char *url;
	long long number;
	char *text; /* of the one that is there */
	bool created;
	bool foreign;          /* open for the branch, but without our marks: left as it is */
	long long ended;       /* number of an earlier one of the branch that is closed; 0: none */
	bool merged;           /* and whether it was merged */
	bool no_draft;         /* the host has no drafts there: it is an ordinary one */
	struct gp_list missed; /* what could not be set, in words ("label 'x'") */
};
void gp_pull_answer_clear(struct gp_pull_answer *a);

/* Opens the request, or brings it up to date when it is ours: when its text has our marks. 0;
 * GP_REFUSED: the host said no (message: what it said; hint: what helps; nothing was changed
 * there); GP_NOTFOUND: the token does not reach the project; GP_TIMEOUT, GP_BROKEN: no answer;
 * GP_INVALID: an answer that is none; GP_STOPPED. Labels and reviewers that cannot be set are no
 * failure. */
int gp_forge_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *pull);

/* An open request from a branch of the project itself. */
struct gp_pull_seen {
	long long number;
	char *url, *head; /* its page, its branch */
	char *commit;     /* that the branch is at there */
	bool ours;        /* its text has our marks */
};
struct gp_pulls {
	struct gp_pull_seen *v;
	size_t n;
};
void gp_pulls_clear(struct gp_pulls *p);

/* All that are open, some thousand at most. Codes as gp_forge_pull. */
int gp_forge_pulls(struct gp_pulls *out, const struct gp_forge_caller *c);
/* Closes one without merging it; one that is closed already stays so. Codes as gp_forge_pull. */
int gp_forge_close(const struct gp_forge_caller *c, long long number);

/* Where the user says a token is; each may be NULL. */
struct gp_token_setting {
	const char *host;    /* that it is for, and no other */
	const char *env;     /* a variable that holds it */
	const char *command; /* that prints it; goes first */
};

/* Finds a token for the place: what the setting names; the variables its tools use, unless another
 * variable of theirs (GH_HOST, GITLAB_HOST) says that they are for another host; `gh auth token`;
 * git's credential helpers, which may not ask. from says in words where it was found. 0;
 * GP_NOTFOUND; GP_REFUSED: the setting is for this host and gives none; GP_STOPPED. The caller
 * wipes it. */
int gp_forge_token(struct gp_buf *out, const char **from, const struct gp_forge_place *p,
                   const struct gp_repo *r, const struct gp_token_setting *s);

#endif
