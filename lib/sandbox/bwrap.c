#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

#define HOME GP_SANDBOX_HOME

/* What compilers, interpreters and resolvers read. Each costs a run a tenth of a millisecond, for
 * bwrap reads the whole list of mounts again after every bind. */
static const char *const etc_shown[] = {
	"alternatives", "crypto-policies", "fonts",           "gradle",
	"java",         "java-11-openjdk", "java-17-openjdk", "java-21-openjdk",
	"ld.so.cache",  "maven",           "mime.types",      "php",
	"pki",          "protocols",       "services",        "ssl",
};

/* files that would tell about the host, made up instead; each takes a descriptor from FD_DATA on */
static const char *const made_up[GP_DATA_FILES] = {"/etc/passwd", "/etc/group", "/etc/hosts"};

/* Kernel files whose only guard is that their owner is root, which we are when root runs us
 * (measured: core_pattern opens for writing under bwrap 0.8.0 without this). */
static const char *const proc_shown[] = {"sys", "acpi", "bus",  "driver",       "fs",
                                         "irq", "mtrr", "scsi", "sysrq-trigger"};
static const char *const proc_hidden[] = {"kpagecgroup", "kpagecount", "kpageflags", "slabinfo",
                                          "sched_debug", "timer_list", "vmallocinfo"};

static void arg(struct gp_buf *b, const char *s)
{
	gp_buf_add(b, s, strlen(s) + 1);
}

static void args2(struct gp_buf *b, const char *option, const char *value)
{
	arg(b, option);
	arg(b, value);
}

static void args3(struct gp_buf *b, const char *option, const char *from, const char *to)
{
	args2(b, option, from);
	arg(b, to);
}

static void arg_number(struct gp_buf *b, const char *option, long long n)
{
	gp_auto(gp_buf) t = {0};

	gp_buf_fmt(&t, "%lld", n);
	args2(b, option, gp_buf_text(&t));
}

static void add_isolation(struct gp_buf *b, bool network)
{
	arg(b, "--unshare-all");
	arg(b, "--unshare-user");
	if (network)
		arg(b, "--share-net");
	args2(b, "--uid", "1000");
	args2(b, "--gid", "1000");
	args2(b, "--hostname", "preview");
	arg(b, "--die-with-parent");
	arg(b, "--new-session");
	args2(b, "--cap-drop", "ALL");
	arg_number(b, "--seccomp", FD_SECCOMP);
	arg_number(b, "--info-fd", FD_INFO);
}

static void add_system(struct gp_buf *b)
{
	static const char *const folders[] = {"bin", "sbin", "lib", "lib64", "lib32", "libx32"};

	args3(b, "--ro-bind", "/usr", "/usr");
	for (size_t i = 0; i < GP_COUNT(folders); i++) {
		char path[16] = "/", target[64];
		ssize_t n;

		memcpy(path + 1, folders[i], strlen(folders[i]) + 1);
		n = readlink(path, target, sizeof(target) - 1);
		if (n > 0) {
			target[n] = 0;
			args3(b, "--symlink", target, path);
		} else if (access(path, F_OK) == 0) {
			args3(b, "--ro-bind", path, path);
		}
	}
	args3(b, "--ro-bind-try", "/opt", "/opt");
	/* named here, or bwrap makes them on the way with mode 0700 */
	args2(b, "--dir", "/etc");
	args2(b, "--dir", "/var");
}

static void add_etc(struct gp_buf *b, bool network)
{
	for (size_t i = 0; i < GP_COUNT(etc_shown); i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "/etc/%s", etc_shown[i]);
		if (access(gp_buf_text(&path), F_OK) == 0)
			args3(b, "--ro-bind", path.p, path.p);
	}
	args3(b, "--symlink", "../usr/lib/os-release", "/etc/os-release");
	args3(b, "--symlink", "../usr/share/zoneinfo/Etc/UTC", "/etc/localtime");
	for (int i = 0; i < GP_DATA_FILES; i++) {
		args2(b, "--perms", "0644");
		arg_number(b, "--file", FD_DATA + i);
		arg(b, made_up[i]);
	}
	if (network)
		args3(b, "--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf");
}

static void add_proc(struct gp_buf *b)
{
	/* of the rest the kernel itself keeps everybody but root */
	size_t shown = getuid() ? 1 : GP_COUNT(proc_shown);
	size_t hidden = getuid() ? 0 : GP_COUNT(proc_hidden);

	args2(b, "--proc", "/proc");
	for (size_t i = 0; i < shown + hidden; i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "/proc/%s", i < shown ? proc_shown[i] : proc_hidden[i - shown]);
		if (access(path.p, F_OK) == 0)
			args3(b, "--ro-bind", i < shown ? path.p : "/dev/null", path.p);
	}
	args2(b, "--dev", "/dev");
}

static void add_memory_folder(struct gp_buf *b, const char *perms, long long size, const char *path)
{
	args2(b, "--perms", perms);
	arg_number(b, "--size", size);
	args2(b, "--tmpfs", path);
}

static void add_folders(struct gp_buf *b, const struct gp_sandbox *s, const char *work)
{
	add_memory_folder(b, "1777", s->disk, "/dev/shm");
	args2(b, "--remount-ro", "/dev");
	add_memory_folder(b, "1777", s->disk, "/tmp");
	add_memory_folder(b, "0755", s->disk, HOME);
	args2(b, "--dir", "/run");
	args3(b, "--symlink", "../tmp", "/var/tmp");
	args3(b, "--symlink", "../run", "/var/run");
	for (size_t i = 0; i < s->mounts.n; i++)
		args3(b, "--ro-bind-try", s->mounts.v[i], s->mounts.v[i]);
	for (size_t i = 0; i < s->read_only.n; i++)
		args3(b, "--ro-bind-try", s->read_only.v[i], s->read_only.v[i]);
	args3(b, "--bind", work, "/work");
	args2(b, "--remount-ro", "/");
	args2(b, "--chdir", "/work");
}

static void add_env(struct gp_buf *b, const struct gp_sandbox *s)
{
	for (size_t i = 0; i < s->env.n; i++) {
		const char *e = s->env.v[i], *eq = strchr(e, '=');
		gp_auto_str char *name = gp_strndup(e, (size_t)(eq - e));

		args3(b, "--setenv", name, eq + 1);
	}
}

static void build_args(struct gp_sandbox *s)
{
	/* bwrap resolves the tree's path against its working folder, the run's own */
	static const char *const work[] = {"merged", "tree", "tree"};

	for (size_t i = 0; i < GP_COUNT(s->args); i++) {
		struct gp_buf *b = &s->args[i];

		add_isolation(b, i == 2);
		add_system(b);
		add_etc(b, i == 2);
		add_proc(b);
		add_folders(b, s, work[i]);
		add_env(b, s);
	}
}

const char *const gp_env_fixed[] = {
	"HOME=" HOME,
	"USER=preview",
	"LOGNAME=preview",
	"SHELL=/bin/sh",
	"TMPDIR=/tmp",
	"LANG=C.UTF-8",
	"TZ=UTC",
	"TERM=dumb",
	"NO_COLOR=1",
	"CI=1",
	"PYTHONHASHSEED=0",
	"PYTHONDONTWRITEBYTECODE=1",
	"GIT_CONFIG_NOSYSTEM=1",
	"GIT_TERMINAL_PROMPT=0",
	"GOTOOLCHAIN=local",
	"RUSTUP_AUTO_INSTALL=0",
	NULL,
};

/* What the user asked for comes last and wins. */
static void build_env(struct gp_sandbox *s, const char *search, const struct gp_list *toolchains)
{
	struct gp_list asked = s->env;

	s->env = (struct gp_list){0};
	gp_list_fmt(&s->env, "PATH=%s", search);
	for (const char *const *v = gp_env_fixed; *v; v++)
		gp_list_add(&s->env, *v);
	for (size_t i = 0; i < toolchains->n; i++)
		gp_list_add(&s->env, toolchains->v[i]);
	for (size_t i = 0; i < asked.n; i++)
		gp_list_add(&s->env, asked.v[i]);
	gp_list_clear(&asked);
}

/* An installed or upgraded package changes the time of its folder, and with it what a test does. */
static void say_folder_time(struct gp_buf *b, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		gp_buf_fmt(b, "folder %s %lld\n", path, (long long)st.st_mtime);
}

static void say_limits(struct gp_buf *b, const struct gp_sandbox *s)
{
	bool pids = s->cgroup.version == 2 || s->cgroup.pids;

	gp_buf_fmt(b, "processes %ld %s\n", s->processes,
	           pids            ? "cgroup"
	           : getuid() == 0 ? "watched"
	                           : "rlimit");
	if (s->memory > 0)
		gp_buf_fmt(b, "memory %lld %s\n", s->memory,
		           s->cgroup.memory ? "cgroup" : "rlimit per process, sum watched");
	if (s->cpus > 0)
		gp_buf_fmt(b, "cpus %ld %s\n", s->cpus,
		           s->cgroup.cpu ? "cgroup" : "affinity, rlimit");
	gp_buf_fmt(b, "file %lld rlimit, sum watched\n", s->disk);
}

static void build_identity(struct gp_sandbox *s)
{
	struct gp_buf *b = &s->identity;
	uint64_t env = GP_HASH;

	gp_buf_fmt(&s->name, "bwrap %s %s", s->version, s->overlay ? "overlay" : "copy");
	gp_buf_fmt(b, "%s\n", gp_buf_text(&s->name));
	say_limits(b, s);
	/* values may be private, so only their hash is told */
	for (size_t i = 0; i < s->env.n; i++)
		env = gp_hash(env, s->env.v[i], strlen(s->env.v[i]) + 1);
	gp_buf_fmt(b, "environment %016llx\n", (unsigned long long)env);
	gp_buf_fmt(b, "%s\n", s->env.v[0]);
	for (size_t i = 0; i < s->mounts.n; i++)
		say_folder_time(b, s->mounts.v[i]);
	for (size_t i = 0; i < s->read_only.n; i++)
		gp_buf_fmt(b, "read-only %s\n", s->read_only.v[i]);
	say_folder_time(b, "/usr/bin");
	say_folder_time(b, "/usr/lib");
	say_folder_time(b, "/usr/local/bin");
}

static void forget_probe(const char *cache)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/" GP_PROBE_FILE, cache);
	gp_file_remove(gp_buf_text(&path));
}

static const struct gp_isolation isolates[] = {
	{"files", "the tree, a private /tmp and home; system and toolchains read-only; "
                  "no home of the user's, no .git, no sockets"},
	{"network", "loopback only, of its own"},
	{"processes", "none but its own are seen; all end with the run"},
	{"terminal", "none"},
	{"kernel", "no privileges, and a filter of system calls"},
	{NULL, NULL},
};

int gp_bwrap_open(struct gp_sandbox *s, const struct gp_sandbox_options *o)
{
	gp_auto(gp_buf) search = {0};
	gp_auto(gp_list) toolchains = {0};
	int e = gp_seccomp_build(&s->seccomp);

	if (e)
		return e;
	s->isolates = isolates;
	gp_toolchains(&s->mounts, &search, &toolchains, o->path ? o->path : getenv("PATH"),
	              o->home ? o->home : getenv("HOME"));
	build_env(s, gp_buf_text(&search), &toolchains);
	build_args(s);
	if (o->fresh && o->cache)
		forget_probe(o->cache);
	e = gp_probe(s, o->cache);
	if (!e)
		build_identity(s);
	return e;
}

static int prepare(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx)
{
	struct gp_run_spec setup = *spec;

	setup.setup = true;
	if (!setup.command)
		setup.command = ":";
	return gp_bwrap_start(out, s, l, &setup, done, ctx);
}

const struct gp_kind gp_kind_bwrap = {
	.kind = GP_SANDBOX_BWRAP,
	.name = "bwrap",
	.open = gp_bwrap_open,
	.prepare = prepare,
	.start = gp_bwrap_start,
	.abandon = gp_bwrap_abandon,
};
