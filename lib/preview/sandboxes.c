#include <string.h>
#include <sys/stat.h>

#include "lib/base/json.h"
#include "lib/preview/suite.h"
#include "lib/sandbox/sandbox.h"

/* env and read_only are the caller's to clear. */
static struct gp_sandbox_options sandbox_options(struct gp_repo *r, const struct gp_conf *c,
                                                 const char *kind)
{
	static const char *const kinds[] = {"auto", "bwrap", "docker", "podman"};
	struct gp_sandbox_options o = {
		.memory = gp_conf_int(c, "sandbox.memory"),
		.processes = (long)gp_conf_int(c, "sandbox.processes"),
		.cpus = (long)gp_conf_int(c, "sandbox.cpus"),
		.disk = gp_conf_int(c, "sandbox.disk"),
		.output = (size_t)gp_conf_int(c, "sandbox.output"),
		.image = gp_conf_str(c, "sandbox.image"),
		.host = gp_conf_str(c, "sandbox.host"),
		.cache = gp_repo_folder(r),
	};

	for (size_t i = 0; kind && i < GP_COUNT(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			o.kind = (enum gp_sandbox_kind)i;
	gp_conf_list(&o.env, c, "sandbox.env");
	gp_conf_list(&o.read_only, c, "sandbox.read-only");
	return o;
}

/* The files of the checked-out commit, of which its Dockerfile is built: what a model proposes
 * never is. */
struct source {
	struct gp_repo *repo;
	struct gp_oid tree;
	int (*add)(void *to, const char *path, unsigned mode, struct gp_slice content);
	void *to;
};

static int add_entry(void *ctx, const struct gp_entry *entry)
{
	struct source *s = ctx;
	gp_auto(gp_buf) content = {.max = (size_t)1 << 30};
	struct gp_oid oid;
	int e;

	/* a submodule is an empty folder here too */
	if ((entry->mode & S_IFMT) != S_IFREG && (entry->mode & S_IFMT) != S_IFLNK)
		return 0;
	gp_oid_of(&oid, entry->id);
	e = gp_repo_blob(&content, s->repo, &oid, content.max);
	return e ? gp_within(e, "cannot read '%s'", entry->path)
	         : s->add(s->to, entry->path, entry->mode, gp_buf_all(&content));
}

static int add_files(void *ctx,
                     int (*add)(void *to, const char *path, unsigned mode, struct gp_slice content),
                     void *to)
{
	struct source *s = ctx;

	s->add = add;
	s->to = to;
	return gp_repo_walk(s->repo, &s->tree, add_entry, s);
}

static bool has_dockerfile(struct source *s)
{
	unsigned mode;

	return gp_repo_resolve(NULL, &s->tree, s->repo, "HEAD") == 0 &&
	       gp_repo_entry(NULL, &mode, s->repo, &s->tree, "Dockerfile") == 0 &&
	       (mode & S_IFMT) == S_IFREG;
}

struct told {
	struct gp_term *term;
	bool any;
};

static void on_progress(void *ctx, const char *text)
{
	struct told *t = ctx;

	t->any = true;
	gp_term_update(t->term, "image", "%s", text);
	gp_term_detail(t->term, "image: %s", text);
}

static int open_sandbox(struct gp_sandbox **out, struct gp_repo *r, const struct gp_conf *c,
                        const char *kind, bool fresh, struct gp_term *t)
{
	struct source source = {.repo = r};
	struct told told = {.term = t};
	struct gp_build build = {.id = source.tree.hex,
	                         .files = add_files,
	                         .ctx = &source,
	                         .network = gp_conf_bool(c, "sandbox.network")};
	struct gp_sandbox_options o = sandbox_options(r, c, kind);
	int e;

	o.fresh = fresh;
	if (o.kind != GP_SANDBOX_BWRAP && !o.image && has_dockerfile(&source))
		o.build = &build;
	if (t)
		o.progress = on_progress;
	o.progress_ctx = &told;
	e = gp_sandbox_open(out, &o);
	if (told.any)
		gp_term_end(t, "image", e ? GP_MARK_BAD : GP_MARK_OK, "%s",
		            e ? "failed" : gp_sandbox_name(*out));
	gp_list_clear(&o.env);
	gp_list_clear(&o.read_only);
	return e;
}

int gp_preview_sandbox_kind(struct gp_sandbox **out, struct gp_repo *r, const struct gp_conf *c,
                            const char *kind, bool fresh)
{
	return open_sandbox(out, r, c, kind, fresh, NULL);
}

void gp_preview_prune_sandboxes(struct gp_repo *r, const struct gp_conf *c, struct gp_prune *p)
{
	struct gp_sandbox_options o = sandbox_options(r, c, gp_conf_str(c, "sandbox.kind"));

	gp_sandbox_prune(&o, p);
	gp_list_clear(&o.env);
	gp_list_clear(&o.read_only);
}

int gp_preview_sandbox(struct gp_sandbox **out, struct gp_repo *r, const struct gp_conf *c,
                       struct gp_term *t)
{
	return open_sandbox(out, r, c, gp_conf_str(c, "sandbox.kind"), false, t);
}

static const char *const kinds[] = {"bwrap", "docker", "podman"};

/* The parts of a sandbox's identity that are limits. */
static const char *const limits[] = {"processes ", "memory ", "cpus ", "file "};

static bool is_limit(struct gp_slice line)
{
	for (size_t i = 0; i < GP_COUNT(limits); i++)
		if (line.n > strlen(limits[i]) && memcmp(line.p, limits[i], strlen(limits[i])) == 0)
			return true;
	return false;
}

static void find_limits(struct gp_list *out, const struct gp_sandbox *s)
{
	struct gp_slice line, rest = gp_slice(gp_sandbox_identity(s));

	while (gp_line(&line, &rest))
		if (is_limit(line))
			gp_list_addn(out, line.p, line.n);
}

static void tell_works(struct gp_term *t, const char *kind, const struct gp_sandbox *s,
                       const struct gp_list *limit)
{
	const struct gp_list *mounts = gp_sandbox_mounts(s);
	const struct gp_isolation *isolates = gp_sandbox_isolates(s);

	gp_term_result(t, "%-8s works: %s", kind, gp_sandbox_name(s));
	for (; isolates->what; isolates++)
		gp_term_result(t, "         %-9s  %s", isolates->what, isolates->how);
	for (size_t i = 0; i < limit->n; i++)
		gp_term_result(t, "         limit      %s", limit->v[i]);
	for (size_t i = 0; i < mounts->n; i++)
		gp_term_result(t, "         read-only  %s", mounts->v[i]);
}

static void put_list(struct cJSON *j, const char *key, const struct gp_list *l)
{
	struct cJSON *a = gp_json_array();

	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_buf) text = {0};

		gp_buf_visible(&text, gp_slice(l->v[i]));
		gp_json_push_str(a, gp_buf_text(&text));
	}
	gp_json_put(j, key, a);
}

static void put_isolates(struct cJSON *j, const struct gp_isolation *isolates)
{
	struct cJSON *o = gp_json_object();

	for (; isolates->what; isolates++)
		gp_json_put_str(o, isolates->what, isolates->how);
	gp_json_put(j, "isolates", o);
}

static void tell_event(struct gp_term *t, const char *kind, const struct gp_sandbox *s,
                       const struct gp_list *limit)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "kind", kind);
	gp_json_put_bool(j, "works", s);
	if (s) {
		gp_json_put_str(j, "name", gp_sandbox_name(s));
		put_isolates(j, gp_sandbox_isolates(s));
		put_list(j, "limits", limit);
		put_list(j, "read_only", gp_sandbox_mounts(s));
	} else {
		gp_json_put_bytes(j, "reason", gp_slice(gp_message()));
		if (*gp_message_hint())
			gp_json_put_bytes(j, "hint", gp_slice(gp_message_hint()));
	}
	gp_term_event(t, "sandbox", j);
}

/* 1: it works, 0: it does not, or GP_STOPPED. */
static int tell_one(const struct gp_suite_options *o, const char *kind)
{
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_list) limit = {0};
	int e = gp_preview_sandbox_kind(&s, o->repo, o->conf, kind, true);

	if (e == GP_STOPPED)
		return e;
	if (!e)
		find_limits(&limit, s);
	tell_event(o->term, kind, s, &limit);
	if (!e) {
		tell_works(o->term, kind, s, &limit);
		return 1;
	}
	gp_term_result(o->term, "%-8s no: %s", kind, gp_message());
	if (*gp_message_hint())
		gp_term_result(o->term, "         hint: %s", gp_message_hint());
	return 0;
}

enum gp_status gp_suite_sandboxes(const struct gp_suite_options *o)
{
	const char *asked = gp_conf_str(o->conf, "sandbox.kind"), *used = NULL;

	for (size_t i = 0; i < GP_COUNT(kinds); i++) {
		int works = tell_one(o, kinds[i]);

		if (works < 0) {
			gp_term_error(o->term);
			return GP_STATUS_STOPPED;
		}
		if (works && !used &&
		    (!asked || strcmp(asked, "auto") == 0 || strcmp(asked, kinds[i]) == 0))
			used = kinds[i];
	}
	gp_term_result(o->term, "%-8s %s", "used", used ? used : "none");
	return used ? GP_STATUS_OK : GP_STATUS_SANDBOX;
}
