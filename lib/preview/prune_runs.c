#include "lib/preview/kept.h"
#include "lib/preview/prune.h"

struct old {
	const struct gp_prune_options *o;
	long long since;
};

/* One that has nothing to go on with was killed before it began. */
static int prune_run(void *ctx, const char *id, const char *folder)
{
	const struct old *old = ctx;
	long long when = gp_kept_when(folder);
	bool goes = when < 0 || (when < old->since && old->o->force);

	if (gp_kept_runs(folder))
		return 0;
	if (goes && !old->o->dry_run && gp_kept_drop(old->o->repo, id, folder))
		return 0;
	if (goes || when < old->since)
		gp_prune_tell(old->o, "run", id, goes,
		              when < 0 ? "killed"
		              : goes   ? "old, without a branch"
		                       : "old, but not resumed yet (-f drops it)");
	return 0;
}

int gp_prune_runs(const struct gp_prune_options *o, long long since)
{
	struct old old = {o, since};

	return gp_kept_each(o->repo, prune_run, &old);
}
