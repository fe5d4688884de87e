#include "lib/forge/call.h"

void gp_pull_answer_clear(struct gp_pull_answer *a)
{
	gp_free(a->url);
	gp_free(a->text);
	gp_list_clear(&a->missed);
	*a = (struct gp_pull_answer){0};
}

int gp_forge_pull(struct gp_pull_answer *out, const struct gp_forge_caller *c,
                  const struct gp_pull *pull)
{
	static int (*const ways[])(struct gp_pull_answer *, const struct gp_forge_caller *,
	                           const struct gp_pull *) = {
		[GP_FORGE_GITHUB] = gp_github_pull,
		[GP_FORGE_GITLAB] = gp_gitlab_pull,
		[GP_FORGE_GITEA] = gp_gitea_pull,
	};

	return c->place->kind == GP_FORGE_NONE ? gp_fail(GP_NOTFOUND, "no code host is known")
	                                       : ways[c->place->kind](out, c, pull);
}
