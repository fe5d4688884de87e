#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/vet/deps_vet.h"

#define PROBLEMS 300
#define NUMBERS 4

/* Which lock files belong to a manifest, and whether one may lie further up. */
static const struct {
	const char *manifest, *locks[4];
	bool above;
} pairs[] = {
	{"package.json",
         {"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"},
         true},
	{"pyproject.toml", {"poetry.lock", "uv.lock", "pdm.lock"}, false},
	{"Pipfile", {"Pipfile.lock"}, false},
	{"Cargo.toml", {"Cargo.lock"}, true},
	{"go.mod", {"go.sum"}, false},
	{"Gemfile", {"Gemfile.lock"}, false},
	{"gems.rb", {"gems.locked"}, false},
	{"composer.json", {"composer.lock"}, false},
	{"*.{csproj,fsproj,vbproj}", {"packages.lock.json"}, false},
	{"mix.exs", {"mix.lock"}, true},
};

struct problem {
	const struct gp_dep *d;
	const char *what;
};

struct problems {
	struct problem v[PROBLEMS];
	size_t n;
};

static void add(struct problems *p, const struct gp_dep *d, const char *what)
{
	if (p->n < PROBLEMS)
		p->v[p->n++] = (struct problem){d, what};
}

static const char *last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether a path is of that name, in the folder of n bytes of another path. */
static bool is_at(const char *path, const char *folder, size_t n, const char *name)
{
	return strncmp(path, folder, n) == 0 && strcmp(path + n, name) == 0;
}

/* The lock of a manifest among the files that a side has; in->n when there is none. */
static size_t lock_of(const struct gp_deps_input *in, const struct gp_deps_side *s, bool new,
                      size_t manifest)
{
	const char *path = in->files[manifest].path, *name = last(path);
	size_t row = 0, folder = (size_t)(name - path);

	while (row < GP_COUNT(pairs) && !gp_glob_match(pairs[row].manifest, name))
		row++;
	if (row == GP_COUNT(pairs))
		return in->n;
	for (;;) {
		for (size_t i = 0; i < in->n; i++)
			for (size_t k = 0; k < 4 && pairs[row].locks[k]; k++)
				if ((new ? in->files[i].new.p : in->files[i].old.p) &&
				    !s->unread[i] &&
				    is_at(in->files[i].path, path, folder, pairs[row].locks[k]))
					return i;
		if (!folder || !pairs[row].above)
			return in->n;
		for (folder--; folder && path[folder - 1] != '/';)
			folder--;
	}
}

/* The numbers of "1.2.3"; how many, 0 when it is not just numbers. */
static int numbers(long long out[NUMBERS], const char *s)
{
	int n = 0;

	memset(out, 0, NUMBERS * sizeof(*out));
	for (; n < NUMBERS && isdigit((unsigned char)*s); n++) {
		char *end;

		out[n] = strtoll(s, &end, 10);
		s = end;
		if (!*s)
			return n + 1;
		if (*s++ != '.')
			return 0;
	}
	return 0;
}

static int compare(const long long *a, const long long *b, int n)
{
	for (int i = 0; i < n; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* False only when a version surely is not what is asked for: one bound, in numbers. */
static bool may_fit(const char *ecosystem, const char *asked, const char *version)
{
	bool cargo = strcmp(ecosystem, CARGO) == 0, exact = strcmp(ecosystem, NPM) == 0;
	long long want[NUMBERS], have[NUMBERS];
	int n, same = 1;
	char kind = cargo ? '^' : exact ? '=' : 0;

	if (strcmp(ecosystem, GO) == 0)
		return strncmp(asked, version, strlen(asked)) == 0 &&
		       (!version[strlen(asked)] || version[strlen(asked)] == '/');
	if (strncmp(asked, "==", 2) == 0) {
		kind = '=';
		asked += 2;
	} else if (*asked == '^' || *asked == '~' || *asked == '=') {
		kind = *asked++;
	}
	asked += strspn(asked, " ");
	n = numbers(want, asked);
	if (!n || !numbers(have, version) || !kind || (kind == '~' && !cargo && !exact))
		return true;
	if (kind == '=')
		/* "1" and "1.2" are ranges to npm; PyPI fills up with zeros */
		return n < 3 && exact ? compare(want, have, n) == 0
		                      : compare(want, have, NUMBERS) == 0;
	if (kind == '~')
		return compare(have, want, NUMBERS) >= 0 && compare(want, have, n > 1 ? 2 : 1) == 0;
	while (same < n && same < 3 && !want[same - 1])
		same++;
	return compare(have, want, NUMBERS) >= 0 && compare(want, have, same) == 0;
}

/* What the file lock says of a name: entries of a kind, and whether one fits. */
static void look_up(bool *any, bool *fits, const struct gp_deps_side *s, const struct gp_dep *m,
                    enum gp_dep_where where, size_t lock)
{
	size_t n;
	const struct gp_dep **v = gp_deps_named(&n, s, m->ecosystem, m->name);

	*any = *fits = false;
	for (size_t i = 0; i < n; i++) {
		if (v[i]->file != lock || v[i]->where != where)
			continue;
		*any = true;
		*fits |= where == GP_DEP_ECHO ? !*v[i]->version || !*m->version ||
		                                        strcmp(v[i]->version, m->version) == 0
		                              : may_fit(m->ecosystem, m->version, v[i]->version);
	}
}

static bool has_echoes(const struct gp_deps_side *s, size_t lock)
{
	for (size_t i = s->from[lock]; i < s->from[lock + 1]; i++)
		if (s->all.v[i].where == GP_DEP_ECHO)
			return true;
	return false;
}

/* A name that the same file sends elsewhere (replace, patch, sources, overrides). */
static bool sent_elsewhere(const struct gp_deps_side *s, const struct gp_dep *m)
{
	size_t n;
	const struct gp_dep **v = gp_deps_named(&n, s, m->ecosystem, m->name);

	for (size_t i = 0; i < n; i++)
		if (v[i]->file == m->file && v[i]->unlocked && v[i]->where == GP_DEP_MANIFEST)
			return true;
	return false;
}

static void check_asked(struct problems *p, const struct gp_deps_side *s, const struct gp_dep *m,
                        size_t lock, bool echoes)
{
	bool locked, echoed, fits, same;

	if (m->where != GP_DEP_MANIFEST || m->unlocked || m->from == GP_DEP_PATH ||
	    sent_elsewhere(s, m))
		return;
	look_up(&locked, &fits, s, m, GP_DEP_LOCK, lock);
	look_up(&echoed, &same, s, m, GP_DEP_ECHO, lock);
	if (!locked || (echoes && !echoed))
		add(p, m, "asked for, but not in the lock file");
	else if (echoes && !same)
		add(p, m, "the lock file was made for another requirement");
	else if (m->from == GP_DEP_REGISTRY && !fits)
		add(p, m, "the lock file has a version that does not fit");
}

/* What the lock believes to be asked for, and nobody asks for. */
static void check_echoes(struct problems *p, const struct gp_deps_side *s, size_t lock)
{
	for (size_t i = s->from[lock]; i < s->from[lock + 1]; i++) {
		const struct gp_dep *d = &s->all.v[i];
		bool any = false;
		size_t n;
		const struct gp_dep **v = gp_deps_named(&n, s, d->ecosystem, d->name);

		if (d->where != GP_DEP_ECHO || d->unlocked || strcmp(d->ecosystem, NPM) != 0)
			continue;
		for (size_t k = 0; k < n; k++)
			any |= v[k]->where == GP_DEP_MANIFEST;
		if (!any)
			add(p, d, "in the lock file as asked for, and nobody asks for it");
	}
}

static void check_side(struct problems *p, const struct gp_deps_input *in,
                       const struct gp_deps_side *s, bool new)
{
	for (size_t i = 0; i < in->n; i++) {
		size_t lock = s->unread[i] ? in->n : lock_of(in, s, new, i);
		bool echoes;

		if (lock == in->n || !(new ? in->files[i].new.p : in->files[i].old.p))
			continue;
		if (!gp_deps_changed(in, i) && !gp_deps_changed(in, lock))
			continue;
		echoes = has_echoes(s, lock);
		for (size_t k = s->from[i]; k < s->from[i + 1]; k++)
			check_asked(p, s, &s->all.v[k], lock, echoes);
		if (is_at(in->files[lock].path, in->files[i].path,
		          (size_t)(last(in->files[i].path) - in->files[i].path),
		          last(in->files[lock].path)))
			check_echoes(p, s, lock);
	}
}

static bool had(const struct problems *old, const struct problem *p)
{
	for (size_t i = 0; i < old->n; i++)
		if (old->v[i].d->file == p->d->file && strcmp(old->v[i].d->name, p->d->name) == 0 &&
		    strcmp(old->v[i].what, p->what) == 0)
			return true;
	return false;
}

void gp_deps_agree(struct gp_deps_vetting *v)
{
	struct problems *old = gp_alloc(sizeof(*old)), *new = gp_alloc(sizeof(*new));

	check_side(old, v->in, &v->old, false);
	check_side(new, v->in, &v->new, true);
	for (size_t i = 0; i < new->n; i++)
		if (!had(old, &new->v[i]))
			gp_deps_say_of(v, new->v[i].d, "dep-lock-mismatch", true, new->v[i].what);
	gp_free(old);
	gp_free(new);
}
