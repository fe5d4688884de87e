#include "lib/vet/dependencies.h"

#include <string.h>

#include "lib/base/glob.h"
#include "lib/vet/deps_in.h"

#define BYTES_MAX ((size_t)32 << 20)
#define ENTRIES 200000
#define NEEDS 1000000
#define NAME_MAX_BYTES 300
#define DIGESTS_MAX 32768 /* those beyond are left out on both sides */

/* The first row that fits is the one. A pattern with '/' is for the path. */
static const struct {
	const char *pattern;
	int (*read)(struct gp_deps *, const char *, struct gp_slice);
} readers[] = {
	{"package.json", gp_deps_npm},
	{"package-lock.json", gp_deps_npm},
	{"npm-shrinkwrap.json", gp_deps_npm},
	{"pnpm-lock.yaml", gp_deps_pnpm},
	{"yarn.lock", gp_deps_yarn},
	{"*requirements*.{txt,in}", gp_deps_requirements},
	{"constraints*.txt", gp_deps_requirements},
	{"**/requirements/*.txt", gp_deps_requirements},
	{"pyproject.toml", gp_deps_python},
	{"Pipfile", gp_deps_python},
	{"Pipfile.lock", gp_deps_python_lock},
	{"{poetry,uv,pdm}.lock", gp_deps_python_lock},
	{"Cargo.{toml,lock}", gp_deps_cargo},
	{"go.{mod,sum}", gp_deps_go},
	{"pom.xml", gp_deps_pom},
	{"*.{gradle,gradle.kts,versions.toml}", gp_deps_gradle},
	{"gradle.lockfile", gp_deps_gradle},
	{"buildscript-gradle.lockfile", gp_deps_gradle},
	{"{Gemfile,gems.rb,Gemfile.lock,gems.locked,*.gemspec}", gp_deps_ruby},
	{"composer.{json,lock}", gp_deps_composer},
	{"*.{csproj,fsproj,vbproj,props,targets}", gp_deps_nuget},
	{"packages.{lock.json,config}", gp_deps_nuget},
	{"mix.{exs,lock}", gp_deps_mix},
	{"**/.github/workflows/*.{yml,yaml}", gp_deps_actions},
	{"action.{yml,yaml}", gp_deps_actions},
	{"{Dockerfile,Containerfile,Dockerfile.*,*.Dockerfile,*.dockerfile}", gp_deps_docker},
	{".gitmodules", gp_deps_modules},
	{"{CMakeLists.txt,*.cmake}", gp_deps_cmake},
	{"{docker-compose,compose}*.{yml,yaml}", gp_deps_actions},
	{".gitlab-ci.yml", gp_deps_actions},
	{"*.{sh,bash,zsh,ps1,mk}", gp_deps_script},
	{"{Makefile,makefile,GNUmakefile,justfile,Jenkinsfile,Vagrantfile,.envrc}", gp_deps_script},
};

static int (*reader_of(const char *path))(struct gp_deps *, const char *, struct gp_slice)
{
	for (size_t i = 0; i < GP_COUNT(readers); i++)
		if (gp_glob_match(readers[i].pattern, path))
			return readers[i].read;
	return NULL;
}

bool gp_deps_known(const char *path)
{
	return reader_of(path) != NULL;
}

int gp_deps_read(struct gp_deps *out, const char *path, struct gp_slice text)
{
	int (*read)(struct gp_deps *, const char *, struct gp_slice) = reader_of(path);
	const char *slash = strrchr(path, '/');
	int e;

	if (!read)
		return 0;
	if (text.n > BYTES_MAX)
		return gp_fail(GP_LIMIT, "cannot read the dependencies in '%s': too large", path);
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = (struct gp_slice){text.p + 3, text.n - 3};
	if (!gp_trim(text).n)
		return 0;
	e = read(out, slash ? slash + 1 : path, text);
	if (!e && (out->n >= ENTRIES || out->nedges >= NEEDS))
		e = gp_fail(GP_LIMIT, "too many entries");
	return e ? gp_within(e, "cannot read the dependencies in '%s'", path) : 0;
}

static void clear_one(struct gp_dep *d)
{
	gp_free(d->name);
	gp_free(d->version);
	gp_free(d->source);
	gp_free(d->integrity);
}

void gp_deps_clear(struct gp_deps *d)
{
	for (size_t i = 0; i < d->n; i++)
		clear_one(&d->v[i]);
	for (size_t i = 0; i < d->nedges; i++) {
		gp_free(d->edges[i].from);
		gp_free(d->edges[i].version);
		gp_free(d->edges[i].to);
	}
	gp_free(d->v);
	gp_free(d->edges);
	*d = (struct gp_deps){0};
}

/* PyPI reads runs of -_. as one '-' (PEP 503), and knows no case; nor do some others. */
static void normalise(char *name, const char *ecosystem)
{
	bool python = strcmp(ecosystem, PYPI) == 0, fold = python;
	char *to = name;

	fold |= strcmp(ecosystem, NUGET) == 0 || strcmp(ecosystem, COMPOSER) == 0 ||
	        strcmp(ecosystem, ACTIONS) == 0;
	for (const char *p = name; *p; p++) {
		char c = *p;

		if (fold && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (python && (c == '_' || c == '.'))
			c = '-';
		if (python && c == '-' && to > name && to[-1] == '-')
			continue;
		*to++ = c;
	}
	*to = 0;
}

struct gp_dep *gp_dep_add(struct gp_deps *d, const char *ecosystem, enum gp_dep_where where,
                          struct gp_slice name)
{
	struct gp_dep *one;

	/* past the limit the last one is written over: gp_deps_read says so */
	if (d->n < ENTRIES) {
		if (d->n == d->cap) {
			d->cap = d->cap ? 2 * d->cap : 64;
			d->v = gp_realloc(d->v, d->cap * sizeof(*d->v));
		}
		d->n++;
	} else {
		clear_one(&d->v[d->n - 1]);
	}
	one = &d->v[d->n - 1];
	*one = (struct gp_dep){.ecosystem = ecosystem, .where = where};
	one->name =
		gp_strndup(name.n ? name.p : "", name.n < NAME_MAX_BYTES ? name.n : NAME_MAX_BYTES);
	one->version = gp_strdup("");
	if (where != GP_DEP_HOOK && where != GP_DEP_PIPE && where != GP_DEP_INDEX)
		normalise(one->name, ecosystem);
	return one;
}

struct gp_dep *gp_dep_put(struct gp_deps *d, const char *ecosystem, enum gp_dep_where where,
                          const char *name, const char *version)
{
	struct gp_dep *one = gp_dep_add(d, ecosystem, where, gp_slice(name));

	gp_dep_set(&one->version, gp_slice(version));
	return one;
}

void gp_dep_need(struct gp_deps *d, const char *ecosystem, const char *from, const char *version,
                 const char *to)
{
	struct gp_dep_edge *one;

	if (d->nedges >= NEEDS || !to || !from)
		return;
	if (d->nedges == d->edges_cap) {
		d->edges_cap = d->edges_cap ? 2 * d->edges_cap : 256;
		d->edges = gp_realloc(d->edges, d->edges_cap * sizeof(*d->edges));
	}
	one = &d->edges[d->nedges++];
	one->from = gp_strndup(from, strnlen(from, NAME_MAX_BYTES));
	one->version = gp_strdup(version ? version : "");
	one->to = gp_strndup(to, strnlen(to, NAME_MAX_BYTES));
	normalise(one->from, ecosystem);
	normalise(one->to, ecosystem);
}

void gp_dep_set(char **field, struct gp_slice v)
{
	gp_free(*field);
	*field = gp_strndup(v.n ? v.p : "", v.n);
}

void gp_dep_digest(struct gp_dep *d, const char *digest)
{
	gp_auto(gp_buf) all = {0};

	if (!digest || !*digest || (d->integrity && strlen(d->integrity) > DIGESTS_MAX))
		return;
	gp_buf_fmt(&all, "%s%s%s", d->integrity ? d->integrity : "", d->integrity ? " " : "",
	           digest);
	gp_free(d->integrity);
	d->integrity = gp_buf_take(&all);
}

void gp_dep_source(struct gp_dep *d, enum gp_dep_from otherwise, const char *source)
{
	static const char *const git[] = {
		"git+", "git:", "git@", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:"};
	static const char *const path[] = {
		"file:", "link:", "portal:", "workspace:", "./", "../", "/", "~/"};

	d->from = otherwise;
	for (size_t i = 0; i < GP_COUNT(git); i++)
		if (gp_starts(source, git[i]))
			d->from = GP_DEP_GIT;
	for (size_t i = 0; i < GP_COUNT(path); i++)
		if (gp_starts(source, path[i]))
			d->from = GP_DEP_PATH;
	gp_dep_set(&d->source, gp_slice(source));
}

void gp_dep_address(struct gp_buf *out, const char *url)
{
	const char *scheme = strstr(url, "://"), *at, *end;
	size_t from = out->n;

	if (scheme)
		url = scheme + 3;
	end = url + strcspn(url, "?#");
	at = memchr(url, '@', strcspn(url, "/?#"));
	if (at)
		url = at + 1;
	if (end - url > 4 && memcmp(end - 4, ".git", 4) == 0)
		end -= 4;
	while (end > url && end[-1] == '/')
		end--;
	gp_buf_add(out, url, (size_t)(end - url));
	/* git@host:owner/name */
	for (size_t i = from; !scheme && i < out->n && out->p[i] != '/'; i++)
		if (out->p[i] == ':')
			out->p[i] = '/';
}

bool gp_dep_word(struct gp_slice *out, struct gp_slice *rest)
{
	struct gp_slice s = gp_trim(*rest);
	size_t n = 0;

	if (!s.n)
		return false;
	if (*s.p == '"' || *s.p == '\'') {
		const char *end = memchr(s.p + 1, *s.p, s.n - 1);

		n = end ? (size_t)(end - s.p) - 1 : s.n - 1;
		*out = (struct gp_slice){s.p + 1, n};
		n += end ? 2 : 1;
	} else {
		while (n < s.n && !memchr(" \t\r\n", s.p[n], 4))
			n++;
		*out = (struct gp_slice){s.p, n};
	}
	*rest = (struct gp_slice){s.p + n, s.n - n};
	return true;
}

bool gp_slice_starts(struct gp_slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

struct gp_slice gp_dep_cut(struct gp_slice *rest, char c)
{
	const char *at = rest->n ? memchr(rest->p, c, rest->n) : NULL;
	size_t n = at ? (size_t)(at - rest->p) : rest->n;
	struct gp_slice head = {rest->p, n};

	n += at != NULL;
	*rest = (struct gp_slice){rest->p + n, rest->n - n};
	return head;
}

struct gp_slice gp_dep_unquote(struct gp_slice s)
{
	s = gp_trim(s);
	if (s.n >= 2 && (*s.p == '"' || *s.p == '\'') && s.p[s.n - 1] == *s.p)
		return (struct gp_slice){s.p + 1, s.n - 2};
	return s;
}
