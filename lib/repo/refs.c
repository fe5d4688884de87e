#include "lib/repo/libgit2.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 1000
#define LOCK_STALE_S 10 /* nobody holds one of ours for more than milliseconds */

bool gp_repo_ref_valid(const char *name)
{
	int valid = 0;

	return gp_git2_ready() == 0 && gp_git2.git_reference_name_is_valid(&valid, name) == 0 &&
	       valid && gp_starts(name, "refs/");
}

int gp_repo_ref_get(struct gp_oid *out, struct gp_repo *r, const char *name)
{
	git_oid id;
	int e = gp_git2.git_reference_name_to_id(&id, r->git, name);

	if (e == GIT_ENOTFOUND)
		return gp_fail(GP_NOTFOUND, "there is no ref '%s'", name);
	if (e)
		return gp_git2_fail(e, "cannot read the ref '%s'", name);
	gp_git2_hex(out, &id);
	return 0;
}

/* The ref that stands in the way of name: a part of its path, or one below it. */
static int stop_at_first(void *ctx, const char *name, const struct gp_oid *oid)
{
	(void)oid;
	gp_buf_str(ctx, name);
	return 1;
}

static bool in_the_way(struct gp_buf *out, struct gp_repo *r, const char *name)
{
	gp_auto(gp_buf) below = {0};
	git_oid id;

	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
		gp_buf_cut(out, 0);
		gp_buf_add(out, name, (size_t)(p - name));
		if (gp_git2.git_reference_name_to_id(&id, r->git, out->p) == 0)
			return true;
	}
	gp_buf_cut(out, 0);
	gp_buf_fmt(&below, "%s/", name);
	return gp_repo_refs(r, below.p, stop_at_first, out) == 1;
}

static const char *short_name(const char *name)
{
	return gp_starts(name, "refs/heads/") ? name + strlen("refs/heads/") : name;
}

static int explain(struct gp_repo *r, int e, const char *name, const struct gp_oid *old)
{
	gp_auto(gp_buf) other = {0};
	struct gp_oid is;

	if (e != GIT_EMODIFIED && e != GIT_ELOCKED && in_the_way(&other, r, name)) {
		gp_fail(GP_EXISTS, "cannot make '%s': there is '%s'", short_name(name),
		        short_name(other.p));
		gp_hint("git cannot keep both names; rename or delete '%s', or choose another "
		        "prefix",
		        short_name(other.p));
		return GP_EXISTS;
	}
	if (e == GIT_ELOCKED) {
		gp_fail(GP_EXISTS, "cannot move '%s': another process holds its lock",
		        short_name(name));
		gp_hint("if no git is running, a crashed one left '%s/%s.lock' behind", r->common,
		        name);
		return GP_EXISTS;
	}
	if (e == GIT_EMODIFIED || e == GIT_EEXISTS || e == GIT_ENOTFOUND) {
		if (gp_repo_ref_get(&is, r, name) < 0)
			return gp_fail(GP_EXISTS, "cannot move '%s': it does not exist",
			               short_name(name));
		return gp_fail(GP_EXISTS, "cannot move '%s': it is at %.12s, not %s%.12s",
		               short_name(name), is.hex, old->hex[0] ? "at " : "new", old->hex);
	}
	return gp_git2_fail(e, "cannot move '%s'", short_name(name));
}

static int set_ref(struct gp_repo *r, const char *name, const git_oid *new, const git_oid *old,
                   const char *why)
{
	gp_auto_git2(reference) ref = NULL;

	if (gp_edge("git_reference_create"))
		return GIT_ERROR;
	return gp_git2.git_reference_create_matching(&ref, r->git, name, new, 1, old, why);
}

/* By git: libgit2 rewrites packed-refs from what it read before it took the lock, and may so lose
 * a ref that somebody packed in between. */
int gp_repo_ref_drop(struct gp_repo *r, const char *name, const struct gp_oid *old, const char *why)
{
	const char *const argv[] = {"update-ref", "-m", why,      "--no-deref",
	                            "-d",         name, old->hex, NULL};

	gp_repo_dropped(r);
	/* killed, git would leave packed-refs.lock behind, and no ref could be deleted any more */
	r->dropping.finishes = true;
	return gp_git_begin(&r->dropping, r, argv, NULL, (struct gp_slice){0});
}

int gp_repo_dropped(struct gp_repo *r)
{
	return r->dropping.verb ? gp_git_end(NULL, &r->dropping, NULL) : 0;
}

static int delete_ref(struct gp_repo *r, const char *name, const struct gp_oid *old,
                      const char *why)
{
	struct gp_oid is;
	int e = gp_repo_ref_drop(r, name, old, why);

	if (!e)
		e = gp_repo_dropped(r);
	if (e != GP_REFUSED)
		return e;
	e = gp_repo_ref_get(&is, r, name);
	if (e == GP_NOTFOUND || (!e && strcmp(is.hex, old->hex) != 0))
		return explain(r, GIT_EMODIFIED, name, old);
	return e ? e : explain(r, GIT_ELOCKED, name, old);
}

/* A lock of a process that was killed would stop every run after it. Only where nobody else writes:
 * below refs/heads it is up to the user. */
static void break_stale(const struct gp_repo *r, const char *name)
{
	gp_auto(gp_buf) path = {0};
	struct stat st;

	if (!gp_starts(name, "refs/preview/") && strcmp(name, "refs/notes/preview") != 0)
		return;
	gp_buf_fmt(&path, "%s/%s.lock", r->common, name);
	if (stat(gp_buf_text(&path), &st) == 0 && st.st_mtime < time(NULL) - LOCK_STALE_S)
		unlink(gp_buf_text(&path));
}

int gp_repo_ref_move(struct gp_repo *r, const char *name, const struct gp_oid *new,
                     const struct gp_oid *old, const char *why)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	long long until = gp_now_ms() + LOCK_WAIT_MS;
	git_oid to, from = {{0}};
	int e = 0;

	if (!gp_repo_ref_valid(name))
		return gp_fail(GP_INVALID, "'%s' is not a name for a ref", name);
	if (old->hex[0])
		e = gp_git2_oid(&from, old);
	if (!e && new->hex[0])
		e = gp_git2_oid(&to, new);
	if (e)
		return e;
	if (!new->hex[0])
		return delete_ref(r, name, old, why);
	while ((e = set_ref(r, name, &to, &from, why)) == GIT_ELOCKED && gp_now_ms() < until) {
		if (gp_stopped())
			return gp_fail(GP_STOPPED, "stopped while waiting for '%s'", name);
		break_stale(r, name);
		nanosleep(&pause, NULL);
	}
	return e ? explain(r, e, name, old) : 0;
}

int gp_repo_refs(struct gp_repo *r, const char *prefix,
                 int (*fn)(void *ctx, const char *name, const struct gp_oid *oid), void *ctx)
{
	gp_auto_git2(reference_iterator) it = NULL;
	gp_auto(gp_buf) glob = {0};
	gp_auto(gp_list) names = {0};
	const char *name;
	struct gp_oid oid;
	int e;

	gp_buf_fmt(&glob, "%s*", prefix);
	e = gp_git2.git_reference_iterator_glob_new(&it, r->git, glob.p);
	while (!e && (e = gp_git2.git_reference_next_name(&name, it)) == 0)
		gp_list_add(&names, name);
	if (e != GIT_ITEROVER)
		return gp_git2_fail(e, "cannot list the refs of '%s'", prefix);
	gp_list_sort(&names);
	e = 0;
	/* listed first, so that fn may move and delete them */
	for (size_t i = 0; i < names.n && !e; i++)
		if (gp_repo_ref_get(&oid, r, names.v[i]) == 0)
			e = fn(ctx, names.v[i], &oid);
	return e;
}
