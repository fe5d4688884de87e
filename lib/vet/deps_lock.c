#include <stdlib.h>
#include <string.h>

#include "lib/vet/deps_names.h"
#include "lib/vet/deps_vet.h"

/* Names held against popular and present ones; above it nobody reads the findings either. */
#define COMPARED 1000
#define PRESENT 2000
#define HOSTS 64

/* Where registries deliver from. */
static const struct {
	const char *ecosystem, *address;
} registries[] = {
	{NPM, "registry.npmjs.org"},
	{NPM, "registry.yarnpkg.com"},
	{PYPI, "pypi.org"},
	{PYPI, "pypi.python.org"},
	{PYPI, "files.pythonhosted.org"},
	{CARGO, "github.com/rust-lang/crates.io-index"},
	{CARGO, "index.crates.io"},
	{GEMS, "rubygems.org"},
	{GEMS, "index.rubygems.org"},
	{COMPOSER, "api.github.com/repos"},
	{COMPOSER, "gitlab.com/api"},
	{COMPOSER, "github.com"},
	{COMPOSER, "codeload.github.com"},
	{COMPOSER, "packagist.org"},
	{COMPOSER, "repo.packagist.org"},
	{COMPOSER, "bitbucket.org"},
	{MAVEN, "repo.maven.apache.org"},
	{MAVEN, "repo1.maven.org"},
	{MAVEN, "plugins.gradle.org"},
	{MAVEN, "maven.google.com"},
	{MAVEN, "dl.google.com"},
};

static bool below(struct gp_slice address, const char *top)
{
	size_t n = strlen(top);

	return gp_slice_starts(address, top) && (address.n == n || address.p[n] == '/');
}

/* scheme://host of an address, a "registry+" and a user left out; empty when it has none. */
static void put_host(struct gp_buf *out, const char *source)
{
	const char *scheme = strstr(source, "://"), *start = scheme;
	gp_auto(gp_buf) address = {0};

	if (!scheme)
		return;
	while (start > source && start[-1] != '+')
		start--;
	gp_dep_address(&address, source);
	gp_buf_add(out, start, (size_t)(scheme - start) + 3);
	gp_buf_add(out, gp_buf_text(&address), strcspn(gp_buf_text(&address), "/"));
}

bool gp_deps_registry(const struct gp_dep *d)
{
	gp_auto(gp_buf) address = {0};

	if (gp_starts(d->source, "http://"))
		return false;
	gp_dep_address(&address, d->source);
	for (size_t i = 0; i < GP_COUNT(registries); i++)
		if (strcmp(registries[i].ecosystem, d->ecosystem) == 0 &&
		    below(gp_buf_all(&address), registries[i].address))
			return true;
	return false;
}

static void put_origin(struct gp_buf *out, const struct gp_dep *d)
{
	gp_buf_fmt(out, "%s ", d->ecosystem);
	put_host(out, d->source);
}

void gp_deps_note_hosts(struct gp_deps_vetting *v)
{
	for (size_t i = 0; i < v->old.all.n && v->hosts.n < HOSTS; i++) {
		gp_auto(gp_buf) one = {0};

		if (!v->old.all.v[i].source)
			continue;
		put_origin(&one, &v->old.all.v[i]);
		if (!gp_list_has(&v->hosts, gp_buf_text(&one)))
			gp_list_add(&v->hosts, gp_buf_text(&one));
	}
}

static bool was_used(const struct gp_deps_vetting *v, const struct gp_dep *d)
{
	gp_auto(gp_buf) one = {0};

	put_origin(&one, d);
	return gp_list_has(&v->hosts, gp_buf_text(&one));
}

/* npm's archives are named after what is in them: a lock that says otherwise was made by hand. */
static bool names_another(const struct gp_dep *d)
{
	gp_auto(gp_buf) in = {0};
	gp_auto(gp_buf) coded = {0};
	gp_auto(gp_buf) end = {0};

	if (strcmp(d->ecosystem, NPM) != 0 || !strstr(d->source, "/-/") || !gp_deps_registry(d))
		return false;
	gp_buf_fmt(&in, "/%s/-/", d->name);
	for (const char *p = gp_buf_text(&in); *p; p++)
		gp_buf_str(&coded, *p == '/' && p > in.p && p[1] != '-' && p[-1] != '-' && p[1]
		                           ? "%2f"
		                           : (char[]){*p, 0});
	gp_buf_fmt(&end, "-%s.tgz", d->version);
	return (!strstr(d->source, gp_buf_text(&in)) &&
	        !strcasestr(d->source, gp_buf_text(&coded))) ||
	       (!strchr(d->version, '+') && *d->version && !strstr(d->source, gp_buf_text(&end)));
}

void gp_deps_origin(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	gp_auto(gp_buf) shown = {0};
	const char *what = "comes from a place that is not the registry";

	if (!d->source || d->from == GP_DEP_PATH || !strchr(d->source, ':'))
		return;
	if (d->where == GP_DEP_LOCK && d->from == GP_DEP_REGISTRY && names_another(d))
		what = "is fetched from another package's address";
	else if ((d->from == GP_DEP_REGISTRY && gp_deps_registry(d)) || was_used(v, d))
		return;
	if (d->where == GP_DEP_INDEX)
		what = "names are looked up in a new place";
	gp_buf_fmt(&shown, "%s %s %s", d->ecosystem, d->name, d->source);
	gp_deps_say(v, d, "dep-source", true, what, gp_buf_text(&shown));
}

static void hold_against(struct gp_deps_vetting *v, const struct gp_dep *d, const char *other,
                         bool known, bool strict)
{
	const char *how = gp_dep_resembles(d->name, other, strict);
	gp_auto(gp_buf) what = {0};

	if (!*how && !strict && known && gp_dep_scope_confused(d->name, other))
		how = "under another scope than";
	if (!*how)
		return;
	gp_buf_fmt(&what, "%s '%s'", how, other);
	gp_deps_say_of(v, d, "dep-lookalike", !strict, gp_buf_text(&what));
}

/* Whether the scope of "@scope/name" is in use already. */
static bool scope_known(const struct gp_deps_vetting *v, const char *name)
{
	const char *slash = *name == '@' ? strchr(name, '/') : NULL;
	size_t n = slash ? (size_t)(slash - name) + 1 : 0;
	const struct gp_popular *p = v->in->popular;

	for (size_t i = 0; n && i < v->old.all.n; i++)
		if (strncmp(v->old.all.v[i].name, name, n) == 0)
			return true;
	for (size_t i = 0; n && p && i < p->n; i++)
		if (strncmp(p->v[i].name, name, n) == 0)
			return true;
	return false;
}

void gp_deps_lookalike(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	const struct gp_popular *p = v->in->popular;
	bool strict = d->where == GP_DEP_LOCK, own_scope;
	size_t held = 0;

	if (strcmp(d->ecosystem, GIT) == 0 || gp_popular_has(p, d->ecosystem, d->name))
		return;
	if (++v->compared > COMPARED) {
		gp_deps_say(v, d, "dep-unread", true, "too many new names to compare with others",
		            v->in->files[d->file].path);
		return;
	}
	own_scope = scope_known(v, d->name);
	for (size_t i = 0; p && i < p->n; i++)
		if (strcmp(p->v[i].ecosystem, d->ecosystem) == 0)
			hold_against(v, d, p->v[i].name, !own_scope, strict);
	/* a name that only a lock has is often one of a family */
	for (size_t i = 0; !strict && i < v->old.all.n && held < PRESENT; i++) {
		const struct gp_dep *old = &v->old.all.v[i];

		if (old->where != GP_DEP_MANIFEST || strcmp(old->ecosystem, d->ecosystem) != 0)
			continue;
		held++;
		hold_against(v, d, old->name, !own_scope, strict);
	}
}

bool gp_deps_digests_agree(const char *a, const char *b)
{
	size_t same_kind = 0;

	for (struct gp_slice x = gp_slice(a), one; gp_dep_word(&one, &x);) {
		for (struct gp_slice y = gp_slice(b), other; gp_dep_word(&other, &y);) {
			size_t n = 0;

			if (gp_slice_eq(one, other))
				return true;
			while (n < one.n && !memchr("-:/=", one.p[n], 4))
				n++;
			if (n == one.n || (n < other.n && memcmp(one.p, other.p, n + 1) == 0))
				same_kind++;
		}
	}
	return !same_kind;
}

void gp_deps_note_digests(struct gp_deps_vetting *v, size_t file)
{
	size_t with = 0, without = 0;

	for (size_t i = v->new.from[file]; i < v->new.from[file + 1]; i++) {
		const struct gp_dep *d = &v->new.all.v[i];

		if (d->where == GP_DEP_LOCK && d->from == GP_DEP_REGISTRY) {
			with += d->integrity != NULL;
			without += d->integrity == NULL;
		}
	}
	v->digests = with && with >= without;
}

static void check_digest(struct gp_deps_vetting *v, const struct gp_dep *d,
                         const struct gp_dep *old)
{
	if (d->from != GP_DEP_REGISTRY)
		return;
	if (old && old->integrity && d->integrity &&
	    !gp_deps_digests_agree(old->integrity, d->integrity))
		gp_deps_say_of(v, d, "dep-integrity", true,
		               "the same version has another digest than before");
	else if (old && old->integrity && !d->integrity)
		gp_deps_say_of(v, d, "dep-integrity", true, "has lost its digest");
	else if (!old && !d->integrity && v->digests)
		gp_deps_say_of(v, d, "dep-integrity", true, "has no digest");
}

/* A new one, or a version of which some earlier one had no such script. */
static void check_script(struct gp_deps_vetting *v, const struct gp_dep *d, bool new)
{
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (old[i]->where == GP_DEP_LOCK && old[i]->script)
			return;
	gp_deps_say_of(v, d, "dep-install-script", !new &&n > 0,
	               new ? "new, and runs a script at installation"
	                   : "has begun to run a script at installation");
}

void gp_deps_locked(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);
	const struct gp_dep *same = NULL;
	bool moved = true, seen = false;

	for (size_t i = 0; i < n; i++) {
		bool locked = old[i]->where == GP_DEP_LOCK && old[i]->file == d->file;

		seen |= locked;
		if (!locked || strcmp(old[i]->version, d->version) != 0)
			continue;
		same = old[i];
		moved &= !(same->source && d->source && strcmp(same->source, d->source) == 0);
	}
	check_digest(v, d, same);
	if (moved)
		gp_deps_origin(v, d);
	if (d->script && !(same && same->script))
		check_script(v, d, !seen);
	if (!n && !gp_dep_allowed(v->in->allowed, d))
		gp_deps_lookalike(v, d);
}
