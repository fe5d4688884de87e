#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/child.h"
#include "lib/base/file.h"
#include "lib/sandbox/engine.h"

#define PLACE "git-preview-podman-" /* then our process id: what is killed here is swept */

enum { READY_MS = 15000, LOOK_MS = 10 };

struct gp_service {
	struct gp_child child;
	char *folder;
};

void gp_podman_end(struct gp_service **service)
{
	struct gp_service *s = *service;

	if (!s)
		return;
	if (s->child.pid > 0) {
		gp_child_kill(&s->child);
		gp_child_reap(&s->child);
		gp_fd_clear(&s->child.pidfd);
	}
	if (s->folder)
		gp_file_remove(s->folder);
	gp_free(s->folder);
	gp_free(s);
	*service = NULL;
}

/* What it logs is nobody's, and a pipe that nobody reads would end it. */
static int be_silent(void *ctx GP_UNUSED)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0;
}

static bool answers(const char *path)
{
	gp_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static int wait_for(const struct gp_service *s, const char *path)
{
	long long until = gp_now_ms() + READY_MS;

	while (!answers(path)) {
		struct pollfd p = {.fd = s->child.pidfd, .events = POLLIN};

		if (gp_stopped())
			return gp_fail(GP_STOPPED, "stopped");
		if (gp_now_ms() > until || poll(&p, 1, LOOK_MS) > 0) {
			gp_fail(GP_NOTFOUND, "'podman system service' does not answer");
			gp_hint("try: podman info");
			return GP_NOTFOUND;
		}
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
	return 0;
}

int gp_podman_begin(struct gp_service **service, struct gp_buf *socket)
{
	struct gp_service *s = gp_alloc(sizeof(*s));
	gp_auto(gp_buf) url = {0};
	const char *argv[] = {"podman", "system", "service", "--time=3600", NULL, NULL};
	const struct gp_proc_spec spec = {.argv = argv, .child = be_silent, .merge = true};
	int e = make_place(s);

	*service = s;
	if (!e) {
		gp_buf_fmt(&url, "unix://%s/sock", s->folder);
		argv[4] = gp_buf_text(&url);
		e = gp_child_start(&s->child, &spec);
	}
	if (!e) {
		gp_fd_clear(&s->child.out);
		e = wait_for(s, argv[4] + strlen("unix://"));
	}
	if (!e)
		gp_buf_str(socket, argv[4] + strlen("unix://"));
	else
		gp_podman_end(service);
	return e;
}
