#include "lib/preview/prune.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/preview/branches.h"
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

struct previews {
	const struct gp_prune_options *o;
	long long since;
};

/* The reason, or NULL: it stays, and nothing need be said. */
static const char *judge_branch(const struct gp_branch *b, const struct previews *p, bool *goes)
{
	bool old = b->when < p->since;

	*goes = !b->used && (b->merged || (old && (b->pushed || p->o->force)));
	if (b->used)
		return b->merged || old ? "it is checked out" : NULL;
	if (b->merged)
		return "merged";
	if (*goes)
		return b->pushed ? "old, and pushed" : "old, neither pushed nor merged";
	return old ? "old, but neither pushed nor merged (-f drops it)" : NULL;
}

static int prune_branch(void *ctx, struct gp_branch *b)
{
	const struct previews *p = ctx;
	const char *why;
	bool goes;
	int e = 0;

	why = judge_branch(b, p, &goes);
	if (goes && !p->o->dry_run)
		e = gp_branch_drop(b, "preview: pruned");
	if (e)
		return gp_within(e, "cannot drop '%s'", b->ref);
	if (why)
		gp_prune_tell(p->o, "preview", b->ref + GP_BRANCH_HEADS, goes, why);
	return 0;
}

static int prune_previews(const struct gp_prune_options *o, long long since)
{
	struct previews p = {o, since};

	return gp_branches_each(o->repo, gp_conf_str(o->conf, "preview.prefix"), prune_branch, &p);
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
