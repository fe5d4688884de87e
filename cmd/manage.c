#include "cmd/args.h"

#include <string.h>

#include "lib/preview/init.h"
#include "lib/preview/listing.h"
#include "lib/preview/prune.h"
#include "lib/preview/shown.h"

static enum gp_status settings(struct gp_args *a, char **words GP_UNUSED)
{
	return gp_cmd_settings(&a->c);
}

static enum gp_status prune(struct gp_args *a, char **words GP_UNUSED)
{
	const struct gp_prune_options o = {a->c.repo,    a->c.conf, a->c.term,
	                                   a->p.dry_run, a->force,  a->remote};

	return gp_prune_run(&o);
}

static enum gp_status show(struct gp_args *a, char **words GP_UNUSED)
{
	const struct gp_shown_options o = {a->c.repo, a->c.term, a->show,
	                                   a->html       ? GP_SHOWN_HTML
	                                   : a->markdown ? GP_SHOWN_MARKDOWN
	                                                 : GP_SHOWN_TEXT};

	return gp_shown_run(&o);
}

static enum gp_status patch(struct gp_args *a, char **words GP_UNUSED)
{
	return gp_cmd_patch(&a->c, a->patch, a->p.base);
}

static enum gp_status init(struct gp_args *a, char **words GP_UNUSED)
{
	const struct gp_init_options o = {a->c.repo, a->c.conf,    a->c.term,
	                                  a->ci,     a->p.dry_run, a->force};

	return gp_init_run(&o);
}

static struct gp_listing_options listing(const struct gp_args *a, char **words)
{
	return (struct gp_listing_options){a->c.repo, a->c.conf, a->c.term,
	                                   (const char *const *)words, a->force};
}

static enum gp_status list(struct gp_args *a, char **words)
{
	const struct gp_listing_options o = listing(a, words);

	return gp_listing_run(&o);
}

static enum gp_status drop(struct gp_args *a, char **words)
{
	const struct gp_listing_options o = listing(a, words);

	return gp_listing_delete(&o);
}

/* What goes with a way: words that are no options, -f, and -n. */
enum { WORDS = 1, FORCE = 2, DRY = 4 };

static const struct way {
	const char *name;
	int takes;
	enum gp_status (*run)(struct gp_args *a, char **words);
} ways[] = {
	[GP_WAY_REQUEST] = {"", WORDS | DRY, NULL},
	[GP_WAY_SETTINGS] = {"settings", 0, settings},
	[GP_WAY_PRUNE] = {"prune", FORCE | DRY, prune},
	[GP_WAY_SHOW] = {"show", 0, show},
	[GP_WAY_PATCH] = {"apply-patch", 0, patch},
	[GP_WAY_INIT] = {"init", FORCE | DRY, init},
	[GP_WAY_LIST] = {"list", WORDS, list},
	[GP_WAY_DELETE] = {"delete", WORDS | FORCE, drop},
};

/* Those with a value do not come as a flag. */
static int find_way(struct gp_args *a)
{
	a->asked[GP_WAY_SHOW] = a->show;
	a->asked[GP_WAY_PATCH] = a->patch;
	for (int i = GP_WAY_REQUEST + 1; i < GP_WAYS; i++) {
		if (a->asked[i] && a->way)
			return gp_fail(GP_INVALID, "--%s and --%s do not go together",
			               ways[a->way].name, ways[i].name);
		if (a->asked[i])
			a->way = (enum gp_way)i;
	}
	return 0;
}

int gp_manage_check(struct gp_args *a, char **words)
{
	int e = find_way(a);
	const struct way *w = &ways[a->way];

	if (e)
		return e;
	if (a->force && !(w->takes & FORCE))
		return gp_fail(GP_INVALID, "-f goes with --delete, --init and --prune");
	if (a->p.dry_run && !(w->takes & DRY))
		return gp_fail(GP_INVALID, "-n goes with a request, --init and --prune");
	if (a->ci &&
	    (a->way != GP_WAY_INIT || (strcmp(a->ci, "github") && strcmp(a->ci, "gitlab"))))
		return gp_fail(GP_INVALID, "--init takes --ci github or --ci gitlab");
	if (a->remote && a->way != GP_WAY_PRUNE)
		return gp_fail(GP_INVALID, "--remote goes with --prune");
	if ((a->html || a->markdown) && (!a->show || (a->html && a->markdown)))
		return gp_fail(GP_INVALID, "one of --html and --markdown goes with --show");
	if (!*words && a->way == GP_WAY_DELETE)
		return gp_fail(GP_INVALID, "--delete takes the names of previews");
	if (*words && !(w->takes & WORDS))
		return gp_fail(GP_INVALID, "'--%s' takes no request", w->name);
	return 0;
}

enum gp_status gp_manage(struct gp_args *a, char **words)
{
	return ways[a->way].run(a, words);
}
