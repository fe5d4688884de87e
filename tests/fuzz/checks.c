#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/forge/checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void must_hold(const struct gp_checks *c)
{
	must(c->n <= GP_CHECKS_MAX);
	for (size_t i = 0; i < c->n; i++) {
		const char *addresses[] = {c->v[i].url, c->v[i].site};

		must(*c->v[i].name && strlen(c->v[i].word) <= 100);
		must(gp_utf8_valid(gp_slice(c->v[i].name)));
		for (size_t k = 0; k < GP_COUNT(addresses); k++)
			must(!addresses[k] || gp_starts(addresses[k], "http"));
	}
}

/* Any answer to any question: addresses to be asked besides stay below the project. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static size_t (*const readers[])(struct gp_checks *, struct gp_checks_more *,
	                                 const struct cJSON *, const struct gp_checks_of *) = {
		gp_checks_github_runs,        gp_checks_github_statuses,
		gp_checks_github_deployments, gp_checks_github_deployment,
		gp_checks_gitlab_jobs,        gp_checks_gitlab_request,
		gp_checks_gitlab_pipelines,   gp_checks_gitlab_deployments,
		gp_checks_gitea_statuses,
	};
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_checks) all = {0};
	gp_auto(gp_list) ids = {0};
	const struct gp_checks_of of = {"0123", "main", &ids};

	gp_list_add(&ids, "abcd");
	if (gp_json_parse(&j, (struct gp_slice){(const char *)data, size}))
		return 0;
	for (size_t i = 0; i < GP_COUNT(readers); i++) {
		gp_auto(gp_checks_more) more = {0};

		readers[i](&all, &more, j, &of);
		must(more.paths.n == more.names.n);
		for (size_t k = 0; k < more.paths.n; k++)
			must(gp_starts(more.paths.v[k], "/") && !strstr(more.paths.v[k], ".."));
	}
	must_hold(&all);
	return 0;
}
