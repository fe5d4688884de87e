#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/child.h"
#include "lib/base/file.h"
#include "lib/sandbox/engine.h"

#define PLACE "git-preview-engine-" /* then our process id: what is killed here is swept */

enum { READY_MS = 15000, LOOK_MS = 10, BACKLOG = 16, LOG_MAX = 64 << 10 };

struct gp_service {
	struct gp_child child;
	char *folder, *log;
};

void gp_service_end(struct gp_service **service)
{
	struct gp_service *s = *service;

	if (!s)
		return;
	if (s->child.pid > 0) {
		gp_child_kill(&s->child);
		gp_child_reap(&s->child);
	}
	if (s->folder) {
		gp_fd_clear(&s->child.pidfd);
		gp_fd_clear(&s->child.out);
		gp_file_remove(s->folder);
	}
	gp_free(s->folder);
	gp_free(s->log);
	gp_free(s);
	*service = NULL;
}

void gp_service_complaint(struct gp_buf *out, const struct gp_service *s)
{
	gp_auto(gp_buf) text = {0};
	struct gp_slice line, last = {0}, rest;

	gp_file_read(&text, AT_FDCWD, s->log, LOG_MAX, true);
	rest = gp_buf_all(&text);
	while (gp_line(&line, &rest))
		if (gp_trim(line).n)
			last = gp_trim(line);
	last.n = last.n < 500 ? last.n : 500;
	gp_buf_visible(out, last);
}

/* What it says is not shown, and a pipe that nobody reads would end it. */
static int log_to(const char *path)
{
	gp_auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0;
}

static int be_podman(void *ctx)
{
	const struct gp_service *s = ctx;

	return log_to(s->log);
}

static bool make_address(struct sockaddr_un *out, const char *path)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path))
		return false;
	memcpy(out->sun_path, path, strlen(path) + 1);
	return true;
}

static bool answers(const char *path)
{
	gp_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;

	return fd >= 0 && make_address(&to, path) &&
	       connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static int wait_for(const struct gp_service *s, const char *path)
{
	long long until = gp_now_ms() + READY_MS;

	while (!answers(path)) {
		struct pollfd p = {.fd = s->child.pidfd, .events = POLLIN};

		if (gp_stopped())
			return gp_fail(GP_STOPPED, "stopped");
		if (gp_now_ms() > until || poll(&p, 1, LOOK_MS) > 0)
			return gp_fail(GP_NOTFOUND, "'podman system service' does not answer");
	}
	return 0;
}

static int make_place(struct gp_service *s)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	gp_auto(gp_buf) place = {0};

	if (!run || *run != '/' || access(run, W_OK))
		run = "/tmp";
	gp_sweep(run, PLACE);
	gp_buf_fmt(&place, "%s/" PLACE "%d-XXXXXX", run, (int)getpid());
	if (gp_edge("mkdtemp") || !mkdtemp(place.p))
		return gp_fail_errno(GP_NOTFOUND, "cannot make '%s'", place.p);
	s->folder = gp_buf_take(&place);
	gp_buf_fmt(&place, "%s/log", s->folder);
	s->log = gp_buf_take(&place);
	return 0;
}

static int begin_podman(struct gp_service *s, const char *path)
{
	gp_auto(gp_buf) url = {0};
	const char *argv[] = {"podman", "system", "service", "--time=3600", NULL, NULL};
	/* conmon leaves a file named oom where it was started */
	const struct gp_proc_spec spec = {
		.argv = argv, .cwd = s->folder, .child = be_podman, .child_ctx = s, .merge = true};
	int e;

	gp_buf_fmt(&url, "unix://%s", path);
	argv[4] = gp_buf_text(&url);
	e = gp_child_start(&s->child, &spec);
	if (e)
		s->child = (struct gp_child){.pidfd = -1, .out = -1};
	return e ? e : wait_for(s, path);
}

/* "[user@]host[:port]" as arguments of ssh. */
static void split(struct gp_list *argv, const char *where)
{
	const char *colon = strrchr(where, ':'), *bracket = strrchr(where, ']');

	if (colon && (!bracket || colon > bracket)) {
		gp_list_add(argv, "-p");
		gp_list_add(argv, colon + 1);
		gp_list_add(argv, "--");
		gp_list_addn(argv, where, (size_t)(colon - where));
	} else {
		gp_list_add(argv, "--");
		gp_list_add(argv, where);
	}
}

static void ssh_arguments(struct gp_list *argv, const struct gp_engine *e)
{
	gp_list_add(argv, "ssh");
	gp_list_add(argv, "-oBatchMode=yes");
	gp_list_add(argv, "-oConnectTimeout=10");
	gp_list_add(argv, "-T");
	split(argv, e->host.ssh);
	gp_list_add(argv, e->kind);
	gp_list_add(argv, "system");
	gp_list_add(argv, "dial-stdio");
}

static void pass_on(int fd, const struct gp_list *argv)
{
	pid_t us = getpid();

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == us && dup2(fd, STDIN_FILENO) == 0 && dup2(fd, STDOUT_FILENO) == 1)
		execvp(argv->v[0], argv->v);
	_exit(127);
}

struct relay {
	const struct gp_list *argv;
	const char *log;
	int listener;
};

/* Takes the place of a program: never returns. Each connection is an ssh of its own. */
static int relay(void *ctx)
{
	const struct relay *r = ctx;

	if (log_to(r->log))
		return 1;
	signal(SIGCHLD, SIG_IGN);
	/* the pipe that would tell our parent of a program that cannot be started, too */
	for (int fd = 3; fd < 1024; fd++)
		if (fd != r->listener)
			close(fd);
	for (;;) {
		int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (fd >= 0) {
			pass_on(fd, r->argv);
			close(fd);
		}
	}
}

static int begin_relay(struct gp_service *s, const struct gp_engine *e, const char *path)
{
	static const char *const argv[] = {"/bin/true", NULL};
	gp_auto(gp_list) ssh = {0};
	gp_auto(gp_buf) program = {0};
	gp_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;
	struct relay r = {.argv = &ssh, .log = s->log, .listener = fd};
	const struct gp_proc_spec spec = {.argv = argv,
	                                  .child = relay,
	                                  .child_ctx = &r,
	                                  .keep = &r.listener,
	                                  .nkeep = 1,
	                                  .merge = true};
	int code = gp_file_which(&program, "ssh", NULL);

	if (code)
		return gp_fail(GP_NOTFOUND, "cannot find 'ssh'");
	if (fd < 0 || !make_address(&at, path) || gp_edge("bind") ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, BACKLOG))
		return gp_fail_errno(GP_NOTFOUND, "cannot listen at '%s'", path);
	ssh_arguments(&ssh, e);
	code = gp_child_start(&s->child, &spec);
	if (code)
		s->child = (struct gp_child){.pidfd = -1, .out = -1};
	return code;
}

int gp_service_begin(struct gp_engine *e)
{
	struct gp_service *s = gp_alloc(sizeof(*s));
	gp_auto(gp_buf) path = {0};
	int code;

	s->child = (struct gp_child){.pidfd = -1, .out = -1, .err = -1};
	e->service = s;
	code = make_place(s);
	if (!code) {
		gp_buf_fmt(&path, "%s/sock", s->folder);
		code = e->host.ssh ? begin_relay(s, e, gp_buf_text(&path))
		                   : begin_podman(s, gp_buf_text(&path));
	}
	if (!code)
		e->host.socket = gp_buf_take(&path);
	return code;
}
