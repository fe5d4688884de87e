#include "lib/sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

enum { SAID = 4096, REPORTS = 16 << 20, LAST_BREATH_MS = 2000, LOOK_MS = 50, DEADLINE_MS = 600000 };
#define LOCKED 64 /* files a run sees read-only; each is a mount */

struct gp_run {
	const struct gp_kind *kind; /* first, see inside.h */
	struct gp_sandbox *s;
	struct gp_loop *l;
	void (*done)(void *ctx, struct gp_run_result *r);
	void *ctx;
	struct gp_enter enter;
	struct gp_proc *proc;
	char *tree, *dir, *glob;
	size_t max_reports;
	char *memory, *pids, *cpu; /* control groups */
	int start;                 /* read end of the start pipe */
	struct gp_buf heard;       /* what came through it */
	int pidfd;                 /* whose end is the end of all */
	pid_t first;               /* its number */
	int timer;
	struct gp_watch watch;
	int look; /* timer of the watch */
	bool started, over;
	long long began, commanded;
	struct gp_run_result r;
};

const char gp_snapshot_script[] =
	"{ git -c init.defaultBranch=main init -q && git add -A &&\n"
	"GIT_AUTHOR_DATE=@946684800 GIT_COMMITTER_DATE=@946684800 "
	"git -c user.name=preview -c user.email=preview@localhost "
	"-c commit.gpgsign=false commit -q --no-verify --allow-empty -m base\n"
	"} || { echo 'cannot make the git snapshot'; exit 1; }\n";

/* What the shell that bwrap starts is given. The limit on processes is set in here because it
 * counts by user namespace: in the innermost only what runs in the sandbox. bash and busybox say
 * -u, dash -p. The byte on FD_START tells that all before it worked; the command, which begins on a
 * line of its own so that its errors of syntax stay its own, does not inherit the descriptor. */
static void script(struct gp_buf *b, const struct gp_sandbox *s, bool git, const char *command)
{
	gp_buf_fmt(b, "ulimit -u %ld 2>/dev/null || ulimit -p %ld 2>/dev/null\n", s->processes,
	           s->processes);
	if (git)
		gp_buf_str(b, gp_snapshot_script);
	gp_buf_fmt(b, "echo + >&%d\nexec %d>&-\n", FD_START, FD_START);
	gp_buf_str(b, command);
}

/* bwrap's first process leads the session it made, and a terminal goes to a leader only. Without
 * setsid(1) a shell goes without job control. */
static const char on_terminal[] =
	"command -v setsid >/dev/null && exec setsid -c /bin/sh -c \"$1\"\n"
	"exec /bin/sh -c \"$1\"";

static void drop(struct gp_run *r)
{
	if (r->start >= 0)
		gp_loop_unwatch(r->l, r->start);
	if (r->pidfd >= 0)
		gp_loop_unwatch(r->l, r->pidfd);
	gp_loop_cancel(r->l, r->timer);
	gp_loop_cancel(r->l, r->look);
	gp_watch_end(&r->watch);
	gp_fd_clear(&r->start);
	gp_fd_clear(&r->pidfd);
	gp_fd_clear(&r->enter.dir);
	gp_fd_clear(&r->enter.start);
	gp_cgroup_drop(r->cpu);
	gp_cgroup_drop(r->pids);
	gp_cgroup_drop(r->memory);
	if (r->dir)
		gp_put_away(r->dir);
	gp_str_clear(&r->cpu);
	gp_str_clear(&r->pids);
	gp_str_clear(&r->memory);
	gp_str_clear(&r->dir);
}

static void free_run(struct gp_run *r)
{
	drop(r);
	if (r->enter.said)
		munmap(r->enter.said, SAID);
	gp_free(r->tree);
	gp_free(r->glob);
	gp_buf_clear(&r->heard);
	gp_run_result_clear(&r->r);
	gp_free(r);
}

static void infra(struct gp_run_result *r, const char *fmt, ...) GP_PRINTF(2, 3);
static void infra(struct gp_run_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	gp_buf_cut(&r->infra_text, 0);
	gp_buf_vfmt(&r->infra_text, fmt, ap);
	va_end(ap);
	r->infra = gp_buf_text(&r->infra_text);
}

static void judge_start(struct gp_run *r)
{
	struct gp_slice why = gp_trim(gp_buf_all(&r->r.out));

	r->r.exit = -1;
	if (r->enter.said[0])
		infra(&r->r, "sandbox: %s", r->enter.said);
	else if (why.n)
		infra(&r->r, "sandbox: %.*s", (int)(why.n < 2000 ? why.n : 2000), why.p);
	else
		infra(&r->r, "sandbox: bwrap ended before the command began");
}

static bool disk_full(const struct gp_run *r)
{
	struct statvfs v;

	return statvfs(r->dir, &v) == 0 && (v.f_bavail < 16 || (v.f_files && v.f_favail == 0));
}

/* A shell tells of a signal by 128 and its number, and bwrap speaks for a shell. */
static void judge_end(struct gp_run *r)
{
	if (r->r.exit > 128 && r->r.exit <= 128 + SIGSYS) {
		r->r.signal = r->r.exit - 128;
		r->r.exit = -1;
	}
	if (r->r.exit == 0)
		return;
	if (gp_cgroup_oom(r->s, r->memory))
		infra(&r->r, "out of memory (limit %lld bytes)", r->s->memory);
	else if (r->r.signal == SIGXFSZ)
		infra(&r->r, "a file grew beyond the limit of %lld bytes", r->s->disk);
	else if (disk_full(r))
		infra(&r->r, "no space left on the disk of '%s'", r->dir);
}

static void judge(struct gp_run *r)
{
	if (r->r.timed_out || r->r.infra) {
		r->r.exit = -1;
		r->r.signal = SIGKILL;
	} else if (!r->started) {
		judge_start(r);
	} else if (r->r.signal) {
		r->r.exit = -1;
		if (gp_cgroup_oom(r->s, r->memory))
			infra(&r->r, "out of memory (limit %lld bytes)", r->s->memory);
		else
			infra(&r->r, "sandbox: bwrap was ended by signal %d", r->r.signal);
	} else {
		judge_end(r);
	}
}

static void collect(struct gp_run *r)
{
	const char *name = r->s->overlay ? "upper" : "merged";
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	gp_auto_fd int base = -1;
	int root;

	if (!r->glob || !r->started || r->enter.setup)
		return;
	root = openat(r->enter.dir, name, flags);
	if (!r->s->overlay)
		base = open(r->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return;
	if (gp_collect(&r->r, root, base, r->glob, r->max_reports) && !r->r.infra)
		infra(&r->r, "cannot read the reports: %s", gp_message());
}

static void conclude(struct gp_run *r)
{
	struct gp_run_result result;

	judge(r);
	collect(r);
	r->over = true;
	result = r->r;
	r->r = (struct gp_run_result){0};
	/* cleaning up can wait, whoever waits for the result cannot */
	r->done(r->ctx, &result);
	gp_run_result_clear(&result);
	free_run(r);
}

static int on_look(void *ctx)
{
	struct gp_run *r = ctx;
	const char *limit = gp_watch_look(&r->watch);

	r->look = 0;
	if (limit && r->proc) {
		infra(&r->r, "%s (limits: %lld bytes of memory, %ld processes, %lld bytes a file)",
		      limit, r->s->memory, r->s->processes, r->s->disk);
		gp_proc_kill(r->proc);
	} else if (r->proc) {
		r->look = gp_loop_after(r->l, LOOK_MS, on_look, r);
	}
	return 0;
}

/* A line of the guard's or JSON of --info-fd, then '+' from the shell. */
static void listen(struct gp_run *r)
{
	char bytes[512];
	const char *at;
	ssize_t n;

	while (r->start >= 0 && (n = read(r->start, bytes, sizeof(bytes))) > 0)
		gp_buf_add(&r->heard, bytes, (size_t)n);
	at = gp_find(gp_buf_all(&r->heard), "\"child-pid\":");
	if (at && r->pidfd < 0) {
		long pid = strtol(at + strlen("\"child-pid\":"), NULL, 10);

		r->first = pid > 1 ? (pid_t)pid : 0;
		if (pid > 1)
			r->pidfd = (int)syscall(SYS_pidfd_open, r->first, 0);
	}
	if (!r->started && memchr(gp_buf_text(&r->heard), '+', r->heard.n)) {
		r->started = true;
		r->commanded = gp_now_ms();
		gp_watch_begin(&r->watch, r->s, r->dir,
		               r->s->guarded ? gp_guarded(r->first) : r->first, r->enter.setup);
		r->look = gp_loop_after(r->l, LOOK_MS, on_look, r);
	}
}

static int on_start(void *ctx, int fd, short revents GP_UNUSED)
{
	struct gp_run *r = ctx;

	listen(r);
	if (r->started || (revents & (POLLHUP | POLLERR))) {
		gp_loop_unwatch(r->l, fd);
		gp_fd_clear(&r->start);
	}
	return 0;
}

static int on_dead(void *ctx, int fd GP_UNUSED, short revents GP_UNUSED)
{
	conclude(ctx);
	return 0;
}

static int on_last_breath(void *ctx)
{
	struct gp_run *r = ctx;

	r->timer = 0;
	conclude(r);
	return 0;
}

static bool is_dead(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return pidfd < 0 || poll(&p, 1, ms) > 0;
}

/* bwrap ends with the command; what else still runs is killed with its pid namespace, and the end
 * of pid 1 there is the end of all. */
static void on_done(void *ctx, struct gp_proc_result *p)
{
	struct gp_run *r = ctx;
	long long now = gp_now_ms();

	r->proc = NULL;
	listen(r);
	r->r.exit = p->exit;
	r->r.signal = p->signal;
	r->r.timed_out = p->timed_out;
	r->r.truncated = p->truncated;
	r->r.out = p->out;
	p->out = (struct gp_buf){0};
	if (!r->started)
		r->commanded = now;
	r->r.ms = (long)(now - r->commanded);
	r->r.setup_ms = (long)(r->commanded - r->began);
	if (is_dead(r->pidfd, 0)) {
		conclude(r);
		return;
	}
	gp_loop_watch(r->l, r->pidfd, POLLIN, on_dead, r);
	r->timer = gp_loop_after(r->l, LAST_BREATH_MS, on_last_breath, r);
}

bool gp_left_behind(const char *name, const char *prefix)
{
	long pid = gp_starts(name, prefix) ? strtol(name + strlen(prefix), NULL, 10) : 0;

	return pid > 1 && pid != getpid() && kill((pid_t)pid, 0) && errno == ESRCH;
}

void gp_sweep(const char *folder, const char *prefix)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		gp_auto(gp_buf) path = {0};

		if (!gp_left_behind(entry->d_name, prefix))
			continue;
		gp_buf_fmt(&path, "%s/%s", folder, entry->d_name);
		gp_put_away(gp_buf_text(&path));
	}
	if (d)
		closedir(d);
}

static int make_place(struct gp_run *r, const char *scratch)
{
	static unsigned count;
	gp_auto(gp_buf) id = {0}, dir = {0};
	int e;

	gp_sweep(scratch, "run-");
	gp_buf_fmt(&id, "%d-%u", (int)getpid(), count++);
	gp_buf_fmt(&dir, "%s/run-%s", scratch, gp_buf_text(&id));
	gp_file_remove(gp_buf_text(&dir));
	e = gp_file_mkdirs(gp_buf_text(&dir));
	if (e)
		return e;
	r->dir = gp_buf_take(&dir);
	r->enter.dir = open(r->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->enter.dir < 0)
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", r->dir);
	return gp_cgroup_make(&r->memory, &r->pids, &r->cpu, r->s, gp_buf_text(&id));
}

static int make_channels(struct gp_run *r)
{
	int fds[2];

	if (gp_edge("pipe") || pipe2(fds, O_CLOEXEC))
		return gp_fail_errno(GP_FAILED, "cannot make a pipe");
	r->start = fds[0];
	r->enter.start = fds[1];
	fcntl(r->start, F_SETFL, O_NONBLOCK);
	r->enter.said = mmap(NULL, SAID, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->enter.said == MAP_FAILED) {
		r->enter.said = NULL;
		return gp_fail_errno(GP_FAILED, "cannot map a page");
	}
	r->enter.nsaid = SAID;
	return 0;
}

/* A mount over itself cannot be written to, removed or replaced. */
static void lock_files(struct gp_list *argv, const struct gp_changes *files)
{
	for (size_t i = 0, n = 0; files && i < files->n && n < LOCKED; i++) {
		if ((files->v[i].mode & 0170000) != 0100000)
			continue;
		gp_list_add(argv, "--ro-bind-try");
		gp_list_fmt(argv, "merged/%s", files->v[i].path);
		gp_list_fmt(argv, "/work/%s", files->v[i].path);
		n++;
	}
}

static int launch(struct gp_run *r, const struct gp_run_spec *spec)
{
	gp_auto(gp_buf) shell = {0};
	/* an empty environment: /proc/1/environ of the sandbox is that of bwrap */
	const char *const env[] = {NULL};
	gp_auto(gp_list) argv = {0};
	struct gp_proc_spec p = {.env = env,
	                         .merge = true,
	                         .max_out = r->s->output,
	                         .deadline_ms = spec->deadline_ms,
	                         .terminal = spec->terminal,
	                         .child = gp_enter,
	                         .child_ctx = &r->enter,
	                         .keep = &r->enter.start,
	                         .nkeep = 1,
	                         .output = spec->output,
	                         .output_ctx = spec->output_ctx};
	int e;

	script(&shell, r->s, spec->git, spec->terminal > 0 ? on_terminal : spec->command);
	gp_list_add(&argv, r->s->program);
	gp_list_add(&argv, "--args");
	gp_list_add(&argv, "3");
	lock_files(&argv, spec->setup ? NULL : spec->locked);
	gp_list_add(&argv, "--");
	gp_list_add(&argv, "/bin/sh");
	gp_list_add(&argv, "-c");
	gp_list_add(&argv, gp_buf_text(&shell));
	if (spec->terminal > 0) {
		gp_list_add(&argv, "sh");
		gp_list_add(&argv, spec->command);
	}
	p.argv = (const char *const *)argv.v;
	e = gp_proc_start(&r->proc, r->l, &p, on_done, r);
	gp_fd_clear(&r->enter.start);
	if (!e)
		gp_loop_watch(r->l, r->start, POLLIN, on_start, r);
	return e;
}

int gp_bwrap_start(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx)
{
	struct gp_run *r = gp_alloc(sizeof(*r));
	int e;

	*r = (struct gp_run){.kind = s->kind,
	                     .s = s,
	                     .l = l,
	                     .done = done,
	                     .ctx = ctx,
	                     .tree = gp_strdup(spec->tree),
	                     .glob = spec->reports ? gp_strdup(spec->reports) : NULL,
	                     .max_reports = spec->max_reports ? spec->max_reports : REPORTS,
	                     .start = -1,
	                     .heard = {.max = SAID},
	                     .pidfd = -1,
	                     .began = gp_now_ms()};
	r->enter = (struct gp_enter){.s = s,
	                             .tree = r->tree,
	                             .dir = -1,
	                             .changes = spec->changes,
	                             .setup = spec->setup,
	                             .network = spec->setup && spec->network,
	                             .start = -1,
	                             .deadline_ms =
	                                     spec->deadline_ms ? spec->deadline_ms : DEADLINE_MS,
	                             .parent = getpid()};
	e = make_place(r, spec->scratch);
	if (!e)
		e = make_channels(r);
	r->enter.memory = r->memory;
	r->enter.pids = r->pids;
	r->enter.cpu = r->cpu;
	if (!e)
		e = launch(r, spec);
	if (e) {
		free_run(r);
		return gp_within(e, "cannot start a sandbox");
	}
	*out = r;
	return 0;
}

void gp_bwrap_abandon(struct gp_run **rp)
{
	struct gp_run *r = *rp;

	*rp = NULL;
	if (r->over)
		return;
	listen(r);
	if (r->proc)
		gp_proc_abandon(&r->proc);
	listen(r);
	is_dead(r->pidfd, LAST_BREATH_MS);
	free_run(r);
}
