#include "lib/sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

#define SYSTEM_PATH "/usr/bin:/bin:/usr/local/bin"
#define PLACE "sandbox-probe-" /* then our process id: what is killed here is swept */
#define FORMAT "preview sandbox probe 2"

/* Best first; the last is for systems that let bwrap alone make namespaces. */
static const struct {
	const char *name;
	bool overlay, guarded;
} methods[] = {{"overlay", true, true}, {"copy", false, true}, {"plain copy", false, false}};

static void use(struct gp_sandbox *s, size_t method)
{
	s->overlay = methods[method].overlay;
	s->guarded = methods[method].guarded;
}

static const char *method_of(const struct gp_sandbox *s)
{
	return s->overlay ? methods[0].name : methods[s->guarded ? 1 : 2].name;
}

static int find_program(struct gp_sandbox *s)
{
	gp_auto(gp_buf) path = {0};

	/* the system's own first: distributions allow user namespaces to that one by name */
	if (gp_file_which(&path, "bwrap", SYSTEM_PATH) && gp_file_which(&path, "bwrap", NULL)) {
		gp_fail(GP_NOTFOUND, "cannot find 'bwrap'");
		gp_hint("install bubblewrap (apt-get install bubblewrap)");
		return GP_NOTFOUND;
	}
	s->program = gp_buf_take(&path);
	return 0;
}

/* Whose answer it is: it holds for this boot, user and program file. */
static int make_key(struct gp_buf *out, const struct gp_sandbox *s)
{
	gp_auto(gp_buf) boot = {0};
	struct stat st;

	if (stat(s->program, &st) ||
	    gp_file_read(&boot, AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, false))
		return GP_FAILED;
	return gp_buf_fmt(out, FORMAT "\n%.*s %u %s %llu %lld\n", (int)strcspn(boot.p, "\n"),
	                  boot.p, (unsigned)getuid(), s->program, (unsigned long long)st.st_ino,
	                  (long long)st.st_mtime);
}

static bool recall(struct gp_sandbox *s, const char *file, const struct gp_buf *key)
{
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest, method, version;

	if (gp_file_read(&text, AT_FDCWD, file, 4096, true) || !gp_starts(text.p, key->p))
		return false;
	rest = (struct gp_slice){text.p + key->n, text.n - key->n};
	if (!gp_line(&method, &rest) || !gp_line(&version, &rest) || version.n == 0)
		return false;
	for (size_t i = 0; i < GP_COUNT(methods); i++)
		if (gp_slice_is(method, methods[i].name)) {
			use(s, i);
			s->version = gp_strndup(version.p, version.n);
			return true;
		}
	return false;
}

static int ask_version(struct gp_sandbox *s)
{
	const char *const argv[] = {s->program, "--version", NULL}, *const env[] = {NULL};
	const struct gp_proc_spec spec = {
		.argv = argv, .env = env, .merge = true, .deadline_ms = 10000};
	struct gp_proc_result r;
	int e = gp_proc_run(&r, &spec);
	struct gp_slice text;

	if (e)
		return e;
	text = gp_trim(gp_buf_all(&r.out));
	if (r.exit != 0 || text.n > 64 || !gp_starts(gp_buf_text(&r.out), "bubblewrap "))
		e = gp_fail(GP_NOTFOUND, "'%s' does not tell its version", s->program);
	else
		s->version = gp_strndup(text.p + 11, text.n - 11);
	gp_proc_result_clear(&r);
	return e;
}

struct trial {
	struct gp_run_result r;
	bool ended;
};

static void on_trial(void *ctx, struct gp_run_result *r)
{
	struct trial *t = ctx;

	t->r = *r;
	*r = (struct gp_run_result){0};
	t->ended = true;
}

static bool has_ended(void *ctx)
{
	return ((struct trial *)ctx)->ended;
}

/* Runs for real. Replacing a folder needs more of an overlay than writing a file does. */
static int try_run(struct gp_sandbox *s, const char *tree, const char *scratch)
{
	const struct gp_run_spec spec = {
		.tree = tree,
		.scratch = scratch,
		.command = "rm -r d && mkdir d && test ! -e d/f && echo x > d/g && mv d e",
		.deadline_ms = 20000};
	struct trial t = {0};
	gp_auto_loop struct gp_loop *l = NULL;
	struct gp_run *run = NULL;
	int e = gp_loop_new(&l);

	if (!e)
		e = gp_bwrap_start(&run, s, l, &spec, on_trial, &t);
	if (!e)
		e = gp_loop_run(l, has_ended, &t);
	if (e && run && !t.ended)
		gp_bwrap_abandon(&run);
	if (!e && (t.r.infra || t.r.exit != 0))
		e = gp_fail(GP_NOTFOUND, "%s",
		            t.r.infra   ? t.r.infra
		            : t.r.out.n ? gp_buf_text(&t.r.out)
		                        : "the trial run failed");
	gp_run_result_clear(&t.r);
	return e;
}

static int make_tree(const char *tree)
{
	gp_auto(gp_buf) path = {0};
	int e;

	gp_buf_fmt(&path, "%s/d", tree);
	e = gp_file_mkdirs(gp_buf_text(&path));
	gp_buf_str(&path, "/f");
	return e ? e : gp_file_write(gp_buf_text(&path), GP_SLICE("x"), 0644);
}

static int try_methods(struct gp_sandbox *s, const char *place)
{
	gp_auto(gp_buf) tree = {0}, scratch = {0};
	int e;

	gp_buf_fmt(&tree, "%s/tree", place);
	gp_buf_fmt(&scratch, "%s/scratch", place);
	e = make_tree(gp_buf_text(&tree));
	if (e)
		return e;
	e = GP_NOTFOUND;
	for (size_t i = 0; i < GP_COUNT(methods) && e == GP_NOTFOUND; i++) {
		use(s, i);
		e = try_run(s, gp_buf_text(&tree), gp_buf_text(&scratch));
	}
	return e;
}

static bool reads_as(const char *file, char value)
{
	gp_auto(gp_buf) text = {0};

	return gp_file_read(&text, AT_FDCWD, file, 64, false) == 0 && text.n && text.p[0] == value;
}

static const char *remedy(void)
{
	if (reads_as("/proc/sys/kernel/unprivileged_userns_clone", '0') && getuid())
		return "user namespaces are off: sysctl -w kernel.unprivileged_userns_clone=1";
	if (reads_as("/proc/sys/user/max_user_namespaces", '0'))
		return "user namespaces are off: sysctl -w user.max_user_namespaces=15000";
	if (reads_as("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return "AppArmor refuses user namespaces: install a profile for /usr/bin/bwrap "
		       "(package apparmor-profiles, bwrap-userns-restrict)";
	if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0)
		return "in a container, start it with --security-opt seccomp=unconfined "
		       "--security-opt apparmor=unconfined";
	return "try: bwrap --unshare-all --ro-bind / / true";
}

/* Looking for the remedy fails in ways of its own, which must not hide the reason. */
static int give_up(void)
{
	gp_auto_str char *why = gp_strdup(gp_message());
	const char *hint = remedy();

	gp_fail(GP_NOTFOUND, "bubblewrap does not work here: %s", why);
	gp_hint("%s", hint);
	return GP_NOTFOUND;
}

static int try_all(struct gp_sandbox *s, const char *cache)
{
	const char *tmp = cache ? cache : getenv("TMPDIR");
	gp_auto(gp_buf) place = {0};
	int e = ask_version(s);

	gp_buf_fmt(&place, "%s/" PLACE "%d-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp",
	           (int)getpid());
	if (!e && cache)
		e = gp_file_mkdirs(cache);
	if (!e && cache)
		gp_sweep(cache, PLACE);
	if (!e && (gp_edge("mkdtemp") || !mkdtemp(place.p)))
		e = gp_fail_errno(GP_FAILED, "cannot make '%s'", place.p);
	if (e)
		return e == GP_STOPPED ? e : GP_NOTFOUND;
	e = try_methods(s, place.p);
	gp_file_remove(place.p);
	return e && e != GP_STOPPED ? give_up() : e;
}

int gp_probe(struct gp_sandbox *s, const char *cache)
{
	gp_auto(gp_buf) file = {0}, key = {0};
	int e = find_program(s);

	if (e)
		return e;
	gp_cgroup_probe(&s->cgroup);
	gp_buf_fmt(&file, "%s/" GP_PROBE_FILE, cache ? cache : "");
	if (make_key(&key, s))
		cache = NULL;
	if (cache && recall(s, gp_buf_text(&file), &key))
		return 0;
	gp_free(s->version);
	s->version = NULL;
	e = try_all(s, cache);
	/* a cache that cannot be written costs time, not the run */
	if (!e && cache) {
		gp_buf_fmt(&key, "%s\n%s\n", method_of(s), s->version);
		gp_file_write(gp_buf_text(&file), gp_buf_all(&key), 0600);
	}
	return e;
}
