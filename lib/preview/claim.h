/*
 * claim.h - inside lib/preview: the previews among commits, and what they claim.
 *
 * Commits with one Preview-Id are one preview: a test commit and what follows, or a single commit
 * that holds both. Nothing but the commits, their messages and notes is read.
 */
#ifndef GP_PREVIEW_CLAIM_H
#define GP_PREVIEW_CLAIM_H

#include "lib/preview/record.h"
#include "lib/preview/trailers.h"

struct gp_claim {
	char *name; /* what was asked for, or the short id of the tip */
	size_t commits;
	bool squashed; /* no commit holds the test alone: test_tree is "" */
	struct gp_oid tip, base, base_tree, test_tree, full_tree;
	struct gp_trailers said;      /* by the tip */
	struct gp_trailers said_test; /* by the test's commit */
	struct gp_record record;
};
void gp_claim_clear(struct gp_claim *c);

struct gp_claims {
	struct gp_claim *v;
	size_t n;
	size_t strangers; /* commits of a range that belong to no preview */
};
void gp_claims_clear(struct gp_claims *c);

/* Adds the preview at the tip of a branch or commit, or all of a range "a..b". GP_NOTFOUND: no such
 * revision, no Preview-Id on it, or a base that is not in this clone (a hint tells of shallow
 * ones); a range may have none. GP_INVALID (a...b); GP_LIMIT (over 5000 commits); GP_STOPPED. */
int gp_claims_add(struct gp_claims *out, struct gp_repo *r, const char *rev);
/* Whether history is cut off in this clone. */
bool gp_claim_shallow(struct gp_repo *r);

#endif
