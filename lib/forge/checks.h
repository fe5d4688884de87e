/*
 * checks.h - what code hosts say of a commit's checks and deployments, read. Pure.
 *
 * Each reader takes one answer and adds what it finds; what is no object of the kind is passed
 * over. Words are the host's own and shown as they are; states are ours. The wire as documented:
 * GitHub REST 2022-11-28, GitLab v4, Gitea v1 (Forgejo the same).
 */
#ifndef GP_FORGE_CHECKS_H
#define GP_FORGE_CHECKS_H

#include "lib/base/buf.h"

struct cJSON;

/* SKIPPED is as good as PASSED: the host does not hold the commit up for it. */
enum gp_check_state { GP_CHECK_RUNS, GP_CHECK_PASSED, GP_CHECK_SKIPPED, GP_CHECK_FAILED };

struct gp_check {
	char *name;
	char *word; /* "in_progress" */
	char *url;  /* the page about it; NULL: none that is http or https */
	char *site; /* of a deployment: where it stands; NULL: not told (yet) */
	enum gp_check_state state;
	bool deployment;
};

#define GP_CHECKS_MAX 1000
struct gp_checks {
	struct gp_check *v;
	size_t n;
};
void gp_checks_clear(struct gp_checks *c);

/* One as a host tells it: any text, any of it missing. */
struct gp_check_told {
	const char *name, *word, *url, *site;
	enum gp_check_state state;
	bool deployment;
};
/* Adds it with texts cut to 100 bytes and addresses that are none left out; a name that is there
 * already gets a number. Beyond GP_CHECKS_MAX nothing is added. */
void gp_checks_add(struct gp_checks *c, const struct gp_check_told *one);

/* What a reader finds besides: addresses that are to be asked, too. */
struct gp_checks_more {
	struct gp_list paths; /* below the project */
	struct gp_list names; /* of what each of them tells of */
	struct gp_list ids;   /* of further commits that stand for this one (merged results) */
};
void gp_checks_more_clear(struct gp_checks_more *m);

struct gp_checks_of {
	const char *commit;
	const char *name;          /* of what the answer tells of, where a reader had it as more */
	const struct gp_list *ids; /* further commits */
};

/* The readers: how many elements the answer has, for who asks for pages. */
size_t gp_checks_github_runs(struct gp_checks *out, struct gp_checks_more *more,
                             const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_github_statuses(struct gp_checks *out, struct gp_checks_more *more,
                                 const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_github_deployments(struct gp_checks *out, struct gp_checks_more *more,
                                    const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_github_deployment(struct gp_checks *out, struct gp_checks_more *more,
                                   const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_gitlab_jobs(struct gp_checks *out, struct gp_checks_more *more,
                             const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_gitlab_request(struct gp_checks *out, struct gp_checks_more *more,
                                const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_gitlab_pipelines(struct gp_checks *out, struct gp_checks_more *more,
                                  const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_gitlab_deployments(struct gp_checks *out, struct gp_checks_more *more,
                                    const struct cJSON *j, const struct gp_checks_of *of);
size_t gp_checks_gitea_statuses(struct gp_checks *out, struct gp_checks_more *more,
                                const struct cJSON *j, const struct gp_checks_of *of);

#endif
