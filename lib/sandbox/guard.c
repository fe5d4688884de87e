#include "lib/sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

/* Holds nothing of ours meanwhile: no lock, no connection, no key that could be read. */
static _Noreturn void stand_guard(pid_t inner, int alive)
{
	int status = 0;

	prctl(PR_SET_DUMPABLE, 0);
	dup2(alive, 0);
	close_range(1, ~0U, 0);
	while (waitpid(inner, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		kill(getpid(), WTERMSIG(status));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* Nobody tells a process of a new namespace by getppid() that its parent is gone: first the signal
 * is asked for, then the guard must still hold its end. */
static void follow(int alive)
{
	struct pollfd p = {.fd = alive, .events = POLLIN};
	char told;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(alive, &told, 1) != 1 || poll(&p, 1, 0) < 0 || (p.revents & POLLHUP))
		_exit(1);
}

int gp_guard(int start)
{
	gp_auto(gp_buf) text = {0};
	int alive[2];
	pid_t inner;

	if (gp_edge("pipe") || pipe2(alive, O_CLOEXEC))
		return gp_fail_errno(GP_FAILED, "cannot make a pipe");
	inner = gp_edge("fork") ? -1 : fork();
	if (inner < 0)
		return gp_fail_errno(GP_FAILED, "cannot start the first process of a sandbox");
	if (inner == 0) {
		close(alive[1]);
		follow(alive[0]);
		close(alive[0]);
		return 0;
	}
	gp_buf_fmt(&text, "\"child-pid\": %d\n", (int)inner);
	if (write(start, text.p, text.n) == (ssize_t)text.n && write(alive[1], "+", 1) == 1)
		stand_guard(inner, alive[1]);
	_exit(126);
}

pid_t gp_guarded(pid_t first)
{
	gp_auto(gp_buf) path = {0}, text = {0};

	gp_buf_fmt(&path, "/proc/%d/task/%d/children", (int)first, (int)first);
	if (gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), 4096, false))
		return 0;
	return (pid_t)strtol(gp_buf_text(&text), NULL, 10);
}
