#include "lib/vet/deps_vet.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/vet/deps_names.h"

#define FINDINGS 500
#define SHOWN 200

static int compare(const struct gp_dep *a, const struct gp_dep *b)
{
	int d = strcmp(a->ecosystem, b->ecosystem);

	return d ? d : strcmp(a->name, b->name);
}

static int by_name(const void *a, const void *b)
{
	const struct gp_dep *x = *(const struct gp_dep *const *)a;
	const struct gp_dep *y = *(const struct gp_dep *const *)b;
	int d = compare(x, y);

	if (!d)
		d = strcmp(x->version, y->version);
	return d ? d : (x > y) - (x < y);
}

const struct gp_dep **gp_deps_named(size_t *n, const struct gp_deps_side *s, const char *ecosystem,
                                    const char *name)
{
	const struct gp_dep key = {.ecosystem = ecosystem, .name = (char *)name};
	size_t low = 0, high = s->all.n, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(s->sorted[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < s->all.n && compare(s->sorted[end], &key) == 0;)
		end++;
	*n = end - low;
	return s->sorted + low;
}

bool gp_deps_changed(const struct gp_deps_input *in, size_t file)
{
	return !gp_slice_eq(in->files[file].old, in->files[file].new) ||
	       !in->files[file].old.p != !in->files[file].new.p;
}

static void side_clear(struct gp_deps_side *s)
{
	gp_deps_clear(&s->all);
	gp_free(s->sorted);
	gp_free(s->from);
	gp_free(s->unread);
}

static int read_side(struct gp_deps_side *s, const struct gp_deps_input *in, bool new)
{
	s->from = gp_alloc((in->n + 1) * sizeof(*s->from));
	s->unread = gp_alloc((in->n + 1) * sizeof(*s->unread));
	for (size_t i = 0; i < in->n; i++) {
		const struct gp_deps_file *f = &in->files[i];
		struct gp_slice text = new ? f->new : f->old;
		size_t edges = s->all.nedges;
		int e = text.p ? gp_deps_read(&s->all, f->path, text) : 0;

		if (e == GP_NOTFOUND)
			return e;
		s->unread[i] = e != 0;
		for (size_t k = s->from[i]; k < s->all.n; k++)
			s->all.v[k].file = i;
		for (; edges < s->all.nedges; edges++)
			s->all.edges[edges].file = i;
		s->from[i + 1] = s->all.n;
	}
	s->sorted = gp_alloc((s->all.n + 1) * sizeof(const struct gp_dep *));
	for (size_t i = 0; i < s->all.n; i++)
		s->sorted[i] = &s->all.v[i];
	if (s->all.n)
		qsort(s->sorted, s->all.n, sizeof(*s->sorted), by_name);
	return 0;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b) ||
	       (a == '-' && (b == '_' || b == '.'));
}

/* Where words stand first in a text by themselves, any case, '-' and '_' being one. */
static size_t line_of(struct gp_slice text, struct gp_slice words)
{
	const char *end = text.p + text.n;
	size_t line = 1;

	for (const char *p = text.p; words.n && p + words.n <= end; p++) {
		size_t k = 0;

		line += *p == '\n';
		if (p > text.p && isalnum((unsigned char)p[-1]))
			continue;
		while (k < words.n && same_letter(words.p[k], p[k]))
			k++;
		if (k == words.n && (p + k == end || !isalnum((unsigned char)p[k])))
			return line;
	}
	return 0;
}

/* By what an entry is found in its text: its name, or the first line of what it says. */
static struct gp_slice words_of(const struct gp_dep *d)
{
	struct gp_slice rest = gp_slice(d->where == GP_DEP_INDEX ? d->source : d->version),
			line = {0};

	if (d->where != GP_DEP_INDEX && d->where != GP_DEP_PIPE && d->where != GP_DEP_HOOK)
		return gp_slice(d->name);
	gp_line(&line, &rest);
	return line;
}

/* Without who it is that asks: scheme://user:password@host becomes scheme://host. */
static void put_hidden(struct gp_buf *out, const char *text)
{
	for (const char *p = text; *p && out->n < SHOWN; p++) {
		const char *end;

		gp_buf_chr(out, *p == '\n' || *p == '\t' ? ' ' : *p);
		if (p - text < 2 || memcmp(p - 2, "://", 3) != 0)
			continue;
		end = p + 1 + strcspn(p + 1, "/ \"'@");
		if (*end == '@')
			p = end;
	}
}

static bool said(const struct gp_deps_vetting *v, const struct gp_finding *f)
{
	for (size_t i = v->first; i < v->out->n; i++)
		if (strcmp(v->out->v[i].rule, f->rule) == 0 &&
		    strcmp(v->out->v[i].path, f->path) == 0 &&
		    strcmp(v->out->v[i].shown, f->shown) == 0)
			return true;
	return false;
}

size_t gp_deps_line(const struct gp_deps_vetting *v, const struct gp_dep *d)
{
	struct gp_slice text = v->in->files[d->file].new;

	return d->line || !text.p ? d->line : line_of(text, words_of(d));
}

void gp_deps_say(struct gp_deps_vetting *v, const struct gp_dep *d, const char *rule, bool blocks,
                 const char *what, const char *shown)
{
	const struct gp_deps_file *file = &v->in->files[d->file];
	gp_auto(gp_buf) hidden = {0};
	gp_auto(gp_buf) clean = {0};
	struct gp_finding f = {.kind = "dependency",
	                       .rule = (char *)rule,
	                       .what = (char *)what,
	                       .path = (char *)file->path,
	                       .blocks = blocks && v->in->blocks};

	put_hidden(&hidden, shown);
	gp_buf_visible(&clean, gp_buf_all(&hidden));
	f.shown = (char *)gp_buf_text(&clean);
	if (v->out->n - v->first >= FINDINGS || said(v, &f))
		return;
	f.line = gp_deps_line(v, d);
	gp_findings_add(v->out, &f);
}

void gp_deps_say_of(struct gp_deps_vetting *v, const struct gp_dep *d, const char *rule,
                    bool blocks, const char *what)
{
	gp_auto(gp_buf) shown = {0};

	gp_buf_fmt(&shown, "%s %s%s%s", d->ecosystem, d->name, *d->version ? " " : "", d->version);
	if (d->source && d->from != GP_DEP_REGISTRY && strcmp(d->source, d->version) != 0)
		gp_buf_fmt(&shown, " from %s", d->source);
	gp_deps_say(v, d, rule, blocks, what, gp_buf_text(&shown));
}

static bool is_commit(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return !s[n] && (n == 40 || n == 64);
}

/* Actions by tag and images by tag: whoever can move the tag decides what runs. */
static void check_pin(struct gp_deps_vetting *v, const struct gp_dep *d, bool new)
{
	bool action = strcmp(d->ecosystem, ACTIONS) == 0, was = false;
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);
	bool pinned = action ? is_commit(d->version) : d->integrity != NULL;

	if (pinned ||
	    (!action && strcmp(d->ecosystem, DOCKER) != 0 && strcmp(d->ecosystem, GIT) != 0))
		return;
	for (size_t i = 0; i < n; i++)
		was |= old[i]->file == d->file &&
		       (action ? is_commit(old[i]->version) : old[i]->integrity != NULL);
	if (strcmp(d->ecosystem, GIT) == 0 && !*d->version && !was)
		return;
	if (was)
		gp_deps_say_of(v, d, action ? "dep-unpinned-action" : "dep-unpinned", true,
		               "was pinned by digest, and is not any more");
	else if (new &&action)
		gp_deps_say_of(v, d, "dep-unpinned-action", false, "not pinned to a commit");
	else if (new && (!*d->version || strcmp(d->version, "latest") == 0))
		gp_deps_say_of(v, d, "dep-unpinned", false, "neither a tag nor a digest");
}

/* A path that stays within the tree; absolute ones and those through its top do not. */
static bool stays_inside(const char *path, const char *source)
{
	int depth = 0;

	for (const char *p = path; (p = strchr(p, '/')); p++)
		depth++;
	source += gp_starts(source, "file:") || gp_starts(source, "link:") ? 5 : 0;
	source += gp_starts(source, "portal:") ? 7 : 0;
	if (*source == '/' || *source == '~')
		return false;
	while (depth >= 0 && gp_starts(source, "..")) {
		depth--;
		source += source[2] == '/' ? 3 : 2;
	}
	return depth >= 0;
}

/* Asked for elsewhere than at the registry, where it was not so before. */
static void check_source(struct gp_deps_vetting *v, const struct gp_dep *d, bool asked)
{
	const char *path = v->in->files[d->file].path;
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);

	if (d->from == GP_DEP_REGISTRY || !d->source ||
	    (d->from == GP_DEP_PATH && stays_inside(path, d->source)))
		return;
	for (size_t i = 0; i < n; i++)
		if (old[i]->source && strcmp(old[i]->source, d->source) == 0)
			return;
	gp_deps_say_of(v, d, "dep-source", !asked,
	               d->from == GP_DEP_PATH  ? "taken from outside of the repository"
	               : d->from == GP_DEP_GIT ? "taken from git, not from the registry"
	                                       : "taken from an address, not from the registry");
}

static bool was_there(const struct gp_deps_vetting *v, const struct gp_dep *d)
{
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (old[i]->where != GP_DEP_HOOK && old[i]->where != GP_DEP_INDEX &&
		    old[i]->where != GP_DEP_PIPE)
			return true;
	return false;
}

/* Requirements may carry digests, as a lock file does. */
static void check_digests(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (strcmp(d->ecosystem, PYPI) == 0 && old[i]->where == GP_DEP_MANIFEST &&
		    old[i]->file == d->file && old[i]->integrity && d->integrity &&
		    strcmp(old[i]->version, d->version) == 0 &&
		    !gp_deps_digests_agree(old[i]->integrity, d->integrity))
			gp_deps_say_of(v, d, "dep-integrity", true,
			               "the same version has another digest than before");
}

static void check_asked(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	bool allowed = gp_dep_allowed(v->in->allowed, d), new = !was_there(v, d);
	bool asked = allowed || gp_dep_asked(v->in->request, d, v->in->popular);
	bool own = d->from == GP_DEP_PATH;

	if (new && !own && !allowed)
		gp_deps_lookalike(v, d);
	if (new && !own && !asked)
		gp_deps_say_of(v, d, "dep-new", true,
		               v->in->request ? "new dependency that the request did not ask for"
		                              : "new dependency");
	check_source(v, d, asked);
	check_pin(v, d, new);
	check_digests(v, d);
}

/* Programs run at installation, and downloads run as they come: new when no file had them. */
static void check_command(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	bool pipe = d->where == GP_DEP_PIPE;
	const char *url = strstr(d->version, "://");
	gp_auto(gp_buf) shown = {0};
	size_t n;
	const struct gp_dep **old = gp_deps_named(&n, &v->old, d->ecosystem, d->name);

	for (size_t i = 0; i < n; i++)
		if (old[i]->where == d->where && strcmp(old[i]->version, d->version) == 0)
			return;
	if (!pipe) {
		gp_buf_fmt(&shown, "%s %s: %s", d->ecosystem, d->name, d->version);
		gp_deps_say(v, d, "dep-install-script", true, "command that runs at installation",
		            gp_buf_text(&shown));
		return;
	}
	if (url) {
		gp_auto_str char *one = gp_strndup(url, strcspn(url, " \"'`|);>"));

		gp_dep_address(&shown, one);
	}
	gp_deps_say(v, d, "dep-curl-sh", true, "runs what it downloads, unseen",
	            shown.n ? gp_buf_text(&shown) : "download");
}

static void check_one(struct gp_deps_vetting *v, const struct gp_dep *d)
{
	switch (d->where) {
	case GP_DEP_MANIFEST:
	case GP_DEP_SCRIPT:
		check_asked(v, d);
		return;
	case GP_DEP_LOCK:
		gp_deps_locked(v, d);
		return;
	case GP_DEP_HOOK:
	case GP_DEP_PIPE:
		check_command(v, d);
		return;
	case GP_DEP_INDEX:
		gp_deps_origin(v, d);
		return;
	case GP_DEP_ECHO:
		return;
	}
}

static void check_file(struct gp_deps_vetting *v, size_t file)
{
	const struct gp_dep whole = {.ecosystem = "", .name = (char *)"", .file = file};

	if (v->new.unread[file] && !v->old.unread[file])
		gp_deps_say(v, &whole, "dep-unread", true, "its dependencies cannot be read",
		            v->in->files[file].path);
	gp_deps_note_digests(v, file);
	for (size_t i = v->new.from[file]; i < v->new.from[file + 1]; i++) {
		const struct gp_dep *d = &v->new.all.v[i];

		check_one(v, d);
		if (v->in->questions)
			gp_deps_ask(v, d, !was_there(v, d));
	}
	gp_deps_orphans(v, file);
}

static int vet(struct gp_deps_vetting *v)
{
	int e = read_side(&v->old, v->in, false);

	if (!e)
		e = read_side(&v->new, v->in, true);
	if (e)
		return e;
	gp_deps_note_hosts(v);
	for (size_t i = 0; i < v->in->n; i++)
		if (gp_deps_changed(v->in, i))
			check_file(v, i);
	gp_deps_agree(v);
	return 0;
}

int gp_deps_vet(struct gp_findings *out, const struct gp_deps_input *in)
{
	struct gp_deps_vetting v = {.out = out, .in = in, .first = out->n};
	bool any = false;
	int e;

	for (size_t i = 0; i < in->n; i++)
		any |= gp_deps_changed(in, i);
	e = any ? vet(&v) : 0;
	side_clear(&v.old);
	side_clear(&v.new);
	gp_list_clear(&v.hosts);
	return e;
}
