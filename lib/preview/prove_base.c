#include <string.h>

#include "lib/preview/prove_in.h"

enum gp_base_state gp_prove_base(struct gp_repo *r, const struct gp_claim *c)
{
	const char *claimed = c->said.v[GP_TRAILER_BASE];
	const char *const argv[] = {"merge-base", "--is-ancestor", claimed, c->base.hex, NULL};
	gp_auto(gp_buf) out = {0};
	struct gp_oid oid;
	int status = 0;

	if (!claimed || strcmp(claimed, c->base.hex) == 0)
		return GP_BASE_SAME;
	if (strlen(claimed) != strlen(c->base.hex) ||
	    strspn(claimed, "0123456789abcdef") != strlen(claimed))
		return GP_BASE_ELSEWHERE;
	if (gp_repo_resolve(&oid, NULL, r, claimed))
		return gp_claim_shallow(r) ? GP_BASE_UNKNOWN : GP_BASE_ELSEWHERE;
	if (gp_git(&out, r, argv, &status) == 0)
		return GP_BASE_BEHIND;
	return gp_claim_shallow(r) ? GP_BASE_UNKNOWN : GP_BASE_ELSEWHERE;
}
