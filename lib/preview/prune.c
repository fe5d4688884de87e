#include "lib/preview/prune.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/repo/layer.h"
#include "lib/sandbox/sandbox.h"
#include "lib/trial/cache.h"

#define DAY_S 86400LL
#define EVERY_S 3600
#define NICE 19

void gp_prune_tell(const struct gp_prune_options *o, const char *what, const char *name, bool goes,
                   const char *why)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "what", what);
	gp_json_put_bytes(j, "name", gp_slice(name));
	gp_json_put_bool(j, "dropped", goes && !o->dry_run);
	gp_json_put_str(j, "reason", why);
	gp_term_event(o->term, "prune", j);
	if (goes)
		gp_term_result(o->term, "%s %s %s: %s", o->dry_run ? "would drop" : "dropped", what,
		               name, why);
	else
		gp_term_say(o->term, "kept %s %s: %s", what, name, why);
}

/* "10 days ago" in seconds since the epoch; never, for a number that is 0. */
static long long days_ago(const struct gp_conf *c, const char *key)
{
	long long days = gp_conf_int(c, key);

	return days > 0 && days < LLONG_MAX / DAY_S ? gp_wall_s() - days * DAY_S : 0;
}

/* A branch as git lists it, with what becomes of it. */
struct branch {
	const struct gp_prune_options *o;
	const char *prefix;
	struct gp_slice name, oid; /* name: full */
	long long when;            /* its commit was made */
	bool used;                 /* checked out somewhere */
	bool merged, pushed;
};

/* refs/heads/<prefix>x, and refs/remotes/<any>/<prefix>x, which is where it was pushed to. */
static void judge_holder(struct branch *b, struct gp_slice ref)
{
	gp_auto_str char *name = gp_strndup(ref.p, ref.n);
	const char *in = NULL;

	if (gp_starts(name, "refs/heads/"))
		in = name + strlen("refs/heads/");
	if (gp_starts(name, "refs/remotes/")) {
		b->pushed = true;
		in = strchr(name + strlen("refs/remotes/"), '/');
		in = in ? in + 1 : NULL;
	}
	if (in && !gp_starts(in, b->prefix))
		b->merged = true;
}

static int find_holders(struct branch *b)
{
	gp_auto(gp_buf) contains = {0}, refs = {0};
	const char *const argv[] = {"for-each-ref", contains.p,     "--format=%(refname)",
	                            "refs/heads/",  "refs/remotes", NULL};
	const char *args[GP_COUNT(argv)];
	struct gp_slice line, rest;
	int e;

	memcpy(args, argv, sizeof(argv));
	gp_buf_fmt(&contains, "--contains=%.*s", (int)b->oid.n, b->oid.p);
	args[1] = gp_buf_text(&contains);
	e = gp_git(&refs, b->o->repo, args, NULL);
	rest = gp_buf_all(&refs);
	while (!e && gp_line(&line, &rest))
		judge_holder(b, line);
	return e;
}

/* Our commits say so; what else stands below the prefix is none of ours. */
static bool is_preview(const struct branch *b)
{
	gp_auto(gp_buf) message = {0};
	struct gp_oid oid = {""};

	if (b->oid.n >= GP_OID_MAX)
		return false;
	memcpy(oid.hex, b->oid.p, b->oid.n);
	return gp_repo_message(&message, b->o->repo, &oid) == 0 &&
	       gp_find(gp_buf_all(&message), "\nPreview-Id: ");
}

/* The reason, or NULL: it stays, and nothing need be said. */
static const char *judge_branch(const struct branch *b, long long since, bool *goes)
{
	bool old = b->when < since;

	*goes = !b->used && (b->merged || (old && (b->pushed || b->o->force)));
	if (b->used)
		return b->merged || old ? "it is checked out" : NULL;
	if (b->merged)
		return "merged";
	if (*goes)
		return b->pushed ? "old, and pushed" : "old, neither pushed nor merged";
	return old ? "old, but neither pushed nor merged (-f drops it)" : NULL;
}

static int prune_branch(struct branch *b, long long since)
{
	gp_auto_str char *name = gp_strndup(b->name.p, b->name.n);
	struct gp_oid old = {""};
	const char *why;
	bool goes;
	int e;

	if (!is_preview(b))
		return 0;
	e = find_holders(b);
	if (e)
		return e;
	why = judge_branch(b, since, &goes);
	memcpy(old.hex, b->oid.p, b->oid.n);
	if (goes && !b->o->dry_run) {
		e = gp_repo_ref_drop(b->o->repo, name, &old, "preview: pruned");
		if (!e)
			e = gp_repo_dropped(b->o->repo);
	}
	if (e)
		return gp_within(e, "cannot drop '%s'", name);
	if (why)
		gp_prune_tell(b->o, "preview", name + strlen("refs/heads/"), goes, why);
	return 0;
}

/* "<ref> <oid> <seconds> <folder where it is checked out>" */
static bool parse(struct branch *b, struct gp_slice line)
{
	struct gp_slice part[3];

	for (size_t i = 0; i < GP_COUNT(part); i++) {
		const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;

		if (!space)
			return false;
		part[i] = (struct gp_slice){line.p, (size_t)(space - line.p)};
		line.n -= part[i].n + 1;
		line.p = space + 1;
	}
	b->name = part[0];
	b->oid = part[1];
	b->when = strtoll(part[2].p, NULL, 10);
	b->used = line.n > 0;
	return true;
}

static int prune_previews(const struct gp_prune_options *o, long long since)
{
	gp_auto(gp_buf) below = {0}, refs = {0};
	const char *prefix = gp_conf_str(o->conf, "preview.prefix");
	const char *args[] = {"for-each-ref",
	                      "--format=%(refname) %(objectname) %(committerdate:unix) "
	                      "%(worktreepath)",
	                      NULL, NULL};
	struct gp_slice line, rest;
	int e;

	gp_buf_fmt(&below, "refs/heads/%s", prefix);
	args[2] = gp_buf_text(&below);
	e = gp_git(&refs, o->repo, args, NULL);
	rest = gp_buf_all(&refs);
	while (!e && gp_line(&line, &rest)) {
		struct branch b = {.o = o, .prefix = prefix};

		if (parse(&b, line))
			e = prune_branch(&b, since);
	}
	return e;
}

static void prune_cache(struct gp_repo *r, const struct gp_conf *c, struct gp_prune *p)
{
	const long long bytes = p->bytes;
	const char *folder = gp_repo_folder(r);
	gp_auto(gp_buf) cache = {0};

	if (!folder)
		return;
	gp_buf_fmt(&cache, "%s/cache", folder);
	/* their number is limited, so layers have to keep to the bytes */
	p->bytes = -1;
	gp_cache_prune(gp_buf_text(&cache), p);
	p->bytes = bytes;
	gp_layer_prune(r, p);
	gp_preview_prune_sandboxes(r, c, p);
}

static void tell_freed(const struct gp_prune_options *o, const struct gp_prune *p)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_int(j, "bytes", p->freed);
	gp_json_put_int(j, "layers", p->layers);
	gp_json_put_int(j, "results", p->results);
	gp_json_put_int(j, "images", p->images);
	gp_json_put_int(j, "kept", p->kept);
	gp_json_put_bool(j, "dry_run", o->dry_run);
	gp_term_event(o->term, "freed", j);
	gp_term_result(o->term, "%s %.1f MiB: %ld layers, %ld results, %ld images",
	               o->dry_run ? "would free" : "freed", (double)p->freed / (1 << 20), p->layers,
	               p->results, p->images);
	if (p->kept)
		gp_term_say(o->term, "kept %.1f MiB that are in use", (double)p->kept / (1 << 20));
}

enum gp_status gp_prune_run(const struct gp_prune_options *o)
{
	struct gp_prune p = {.since = LLONG_MAX, .bytes = -1, .dry = o->dry_run};
	long long since = days_ago(o->conf, "preview.keep-days");
	enum gp_status remote = o->remote ? gp_prune_remote(o, since) : GP_STATUS_OK;
	int e;

	if (remote == GP_STATUS_STOPPED)
		return remote;
	e = prune_previews(o, since);

	if (!e)
		e = gp_prune_runs(o, since);
	if (!e) {
		prune_cache(o->repo, o->conf, &p);
		tell_freed(o, &p);
		return remote;
	}
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}

/* Whether it is time; then the next one begins. A cache that was never looked at is a new one. */
static bool is_due(const char *folder)
{
	gp_auto(gp_buf) path = {0};
	struct stat st;
	bool known;
	int fd;

	gp_buf_fmt(&path, "%s/pruned", folder);
	known = stat(gp_buf_text(&path), &st) == 0;
	if (known && st.st_mtime + EVERY_S > gp_wall_s() && st.st_mtime <= gp_wall_s())
		return false;
	fd = open(gp_buf_text(&path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	futimens(fd, NULL);
	close(fd);
	return known;
}

/* Holds nothing of ours: neither locks nor the ends of pipes that somebody waits for. */
static _Noreturn void prune_alone(struct gp_repo *r, const struct gp_conf *c)
{
	long long size = gp_conf_int(c, "sandbox.cache-size");
	struct gp_prune p = {.since = days_ago(c, "sandbox.cache-days"),
	                     .bytes = size > 0 ? size : -1};

	setsid();
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2 || fork() != 0)
		_exit(0);
	if (nice(NICE) != -1)
		prune_cache(r, c, &p);
	_exit(0);
}

void gp_prune_beside(struct gp_repo *r, const struct gp_conf *c)
{
	const char *folder = gp_repo_folder(r);
	pid_t pid;

	if (!folder || !is_due(folder))
		return;
	pid = gp_edge("fork") ? -1 : fork();
	if (pid == 0)
		prune_alone(r, c);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
