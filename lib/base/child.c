#include "lib/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

enum stage { AT_STDIO, AT_FOLDER, AT_EXEC };

/* What a child that cannot exec tells its parent. */
struct trouble {
	enum stage stage;
	int error;
};

/* All above 2, so that dup2 in the child never meets its own target. */
struct ends {
	int in, out[2], err[2], status[2];
};

static void ends_clear(struct ends *e)
{
	gp_fd_clear(&e->in);
	for (int i = 0; i < 2; i++) {
		gp_fd_clear(&e->out[i]);
		gp_fd_clear(&e->err[i]);
		gp_fd_clear(&e->status[i]);
	}
}

static int lift(int *fd)
{
	int low = *fd;

	if (low > STDERR_FILENO)
		return 0;
	*fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(low);
	return *fd < 0 ? gp_fail_errno(GP_FAILED, "cannot copy a descriptor") : 0;
}

static int make_pipe(int fd[2])
{
	int e;

	if ((gp_edge("pipe") ? -1 : pipe2(fd, O_CLOEXEC)) < 0)
		return gp_fail_errno(GP_FAILED, "cannot make a pipe");
	e = lift(&fd[0]);
	return e ? e : lift(&fd[1]);
}

/* A file in memory instead of a pipe: nothing to feed, and a child that never reads it hurts
 * nobody. */
static int make_input(int *out, struct gp_slice bytes)
{
	size_t at = 0;

	if (bytes.n == 0)
		*out = gp_edge("null") ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
	else
		*out = gp_edge("memfd") ? -1 : memfd_create("input", MFD_CLOEXEC);
	if (*out < 0)
		return gp_fail_errno(GP_FAILED, "cannot make a child's standard input");
	while (at < bytes.n) {
		ssize_t n = write(*out, bytes.p + at, bytes.n - at);

		if (n < 0 && errno != EINTR)
			return gp_fail_errno(GP_FAILED, "cannot make a child's standard input");
		at += n > 0 ? (size_t)n : 0;
	}
	if (bytes.n)
		lseek(*out, 0, SEEK_SET);
	return lift(out);
}

static int make_ends(struct ends *e, const struct gp_proc_spec *spec)
{
	int code = make_pipe(e->status);

	if (!code && !spec->inherit_in)
		code = make_input(&e->in, spec->input);
	if (!code)
		code = make_pipe(e->out);
	if (!code && !spec->merge && !spec->inherit_err)
		code = make_pipe(e->err);
	return code;
}

static _Noreturn void give_up(int fd, enum stage stage)
{
	struct trouble t = {stage, errno};

	/* nobody is left to hear of a failure here */
	_exit(write(fd, &t, sizeof(t)) == sizeof(t) ? 127 : 126);
}

static void reset_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void hide_descriptors(const int *keep, size_t n)
{
	struct rlimit most = {.rlim_cur = 1024};

	/* old kernels and old seccomp filters lack the call */
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
		getrlimit(RLIMIT_NOFILE, &most);
		for (int fd = STDERR_FILENO + 1; fd < (int)most.rlim_cur && fd < 65536; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	for (size_t i = 0; i < n; i++)
		fcntl(keep[i], F_SETFD, 0);
}

static bool take_stdio(const struct ends *e, const struct gp_proc_spec *spec)
{
	if (spec->terminal > 0)
		return dup2(spec->terminal, STDIN_FILENO) >= 0 &&
		       dup2(spec->terminal, STDOUT_FILENO) >= 0 &&
		       dup2(spec->terminal, STDERR_FILENO) >= 0;
	if (e->in >= 0 && dup2(e->in, STDIN_FILENO) < 0)
		return false;
	if (dup2(e->out[1], STDOUT_FILENO) < 0)
		return false;
	if (spec->inherit_err)
		return true;
	return dup2(spec->merge ? e->out[1] : e->err[1], STDERR_FILENO) >= 0;
}

/* The child's side. Every signal is blocked until our handlers are gone: they would tell the
 * parent through the descriptor both share. */
static _Noreturn void become(const struct ends *e, const struct gp_proc_spec *spec,
                             const char *path, pid_t parent)
{
	if (!spec->inherit_in)
		setsid();
	if (!spec->finishes) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
	}
	if (!take_stdio(e, spec))
		give_up(e->status[1], AT_STDIO);
	reset_signals();
	if (spec->cwd && chdir(spec->cwd) != 0)
		give_up(e->status[1], AT_FOLDER);
	hide_descriptors(spec->keep, spec->nkeep);
	/* the parent must not wait for what may take long */
	if (spec->child)
		close(e->status[1]);
	if (spec->child && spec->child(spec->child_ctx) != 0)
		_exit(126);
	execve(path, (char *const *)(uintptr_t)spec->argv,
	       spec->env ? (char *const *)(uintptr_t)spec->env : environ);
	if (!spec->child)
		give_up(e->status[1], AT_EXEC);
	dprintf(STDERR_FILENO, "cannot run '%s': %s\n", path, strerror(errno));
	_exit(127);
}

static int explain(const struct trouble *t, const struct gp_proc_spec *spec)
{
	errno = t->error;
	if (t->stage == AT_FOLDER)
		return gp_fail_errno(GP_FAILED, "cannot enter '%s'", spec->cwd);
	if (t->stage == AT_STDIO)
		return gp_fail_errno(GP_FAILED, "cannot set up '%s'", spec->argv[0]);
	return gp_fail_errno(t->error == ENOENT || t->error == ENOTDIR ? GP_NOTFOUND : GP_FAILED,
	                     "cannot run '%s'", spec->argv[0]);
}

/* Ends with exec or with the child's own report, whichever comes. */
static int hear_trouble(struct ends *e, const struct gp_proc_spec *spec)
{
	struct trouble t;
	ssize_t n;

	gp_fd_clear(&e->status[1]);
	do
		n = read(e->status[0], &t, sizeof(t));
	while (n < 0 && errno == EINTR);
	return n == sizeof(t) ? explain(&t, spec) : 0;
}

/* What does nothing of the caller's before exec may share our memory until then: copying its map
 * costs more than git does. Only this function stands between the two, as vfork wants it. */
static pid_t begin(const struct ends *e, const struct gp_proc_spec *spec, const char *path)
{
	pid_t self = getpid(), pid;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = gp_edge("fork") ? -1 : spec->child ? fork() : vfork();
	if (pid == 0)
		become(e, spec, path, self);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int adopt(struct gp_child *out, struct ends *e, const struct gp_proc_spec *spec)
{
	int code = hear_trouble(e, spec);

	if (!code) {
		out->pidfd = gp_edge("pidfd") ? -1 : (int)syscall(SYS_pidfd_open, out->pid, 0);
		if (out->pidfd < 0)
			code = gp_fail_errno(GP_FAILED, "cannot watch '%s'", spec->argv[0]);
	}
	if (code) {
		gp_child_kill(out);
		gp_child_reap(out);
		return code;
	}
	fcntl(e->out[0], F_SETFL, O_NONBLOCK);
	if (e->err[0] >= 0)
		fcntl(e->err[0], F_SETFL, O_NONBLOCK);
	out->out = e->out[0];
	out->err = e->err[0];
	e->out[0] = e->err[0] = -1;
	return 0;
}

int gp_child_start(struct gp_child *out, const struct gp_proc_spec *spec)
{
	__attribute__((cleanup(ends_clear))) struct ends e = {-1, {-1, -1}, {-1, -1}, {-1, -1}};
	gp_auto(gp_buf) path = {0};
	int code;

	*out = (struct gp_child){.pidfd = -1, .out = -1, .err = -1, .leads = !spec->inherit_in};
	if (strchr(spec->argv[0], '/'))
		code = gp_buf_str(&path, spec->argv[0]);
	else
		code = gp_file_which(&path, spec->argv[0], NULL);
	if (!code)
		code = make_ends(&e, spec);
	if (code)
		return code;
	out->pid = begin(&e, spec, path.p);
	if (out->pid < 0)
		return gp_fail_errno(GP_FAILED, "cannot start '%s'", spec->argv[0]);
	return adopt(out, &e, spec);
}

void gp_child_kill(const struct gp_child *c)
{
	kill(c->leads ? -c->pid : c->pid, SIGKILL);
}

int gp_child_reap(const struct gp_child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
