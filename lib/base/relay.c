#include "lib/base/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { LAST_WORDS_MS = 1000, LATE_ANSWERS_MS = 100 };

/* One direction: what was read and is not written yet. */
struct half {
	int from, to;
	size_t at, n;
	char bytes[16384];
};

struct gp_relay {
	struct gp_loop *l;
	int outer;        /* the user's terminal */
	int ours, inner;  /* both ends of the private one */
	int signals;      /* tells of SIGWINCH and SIGCONT */
	sigset_t blocked; /* the signal mask of before */
	struct termios before, raw;
	bool begun;
	struct half in, out;
};

static const int deadly[] = {SIGABRT, SIGBUS,  SIGFPE, SIGILL,  SIGQUIT,
                             SIGSEGV, SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};

/* What a signal handler can reach: the terminal that is raw, -1 when none is, and its modes. */
static volatile sig_atomic_t raw_fd = -1;
static struct termios raw_before;
static struct sigaction handlers[GP_COUNT(deadly)];

static void on_deadly(int sig)
{
	if (raw_fd >= 0)
		tcsetattr(raw_fd, TCSANOW, &raw_before);
	/* its default action was set when we were called */
	raise(sig);
}

static void guard_modes(struct gp_relay *r)
{
	struct sigaction sa = {.sa_handler = on_deadly, .sa_flags = (int)SA_RESETHAND};

	raw_before = r->before;
	raw_fd = r->outer;
	for (size_t i = 0; i < GP_COUNT(deadly); i++)
		sigaction(deadly[i], &sa, &handlers[i]);
}

/* Also from the background, where setting modes would stop us. */
static void give_back(struct gp_relay *r)
{
	sigset_t stop, mask;

	for (size_t i = 0; i < GP_COUNT(deadly); i++)
		sigaction(deadly[i], &handlers[i], NULL);
	raw_fd = -1;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &mask);
	tcflush(r->outer, TCIFLUSH);
	tcsetattr(r->outer, TCSANOW, &r->before);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void copy_size(struct gp_relay *r)
{
	struct winsize size;

	if (ioctl(r->outer, TIOCGWINSZ, &size) == 0)
		ioctl(r->ours, TIOCSWINSZ, &size);
}

static bool later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* false: one of the two is gone. */
static bool move(struct half *h)
{
	ssize_t n;

	if (h->n == 0) {
		n = read(h->from, h->bytes, sizeof(h->bytes));
		if (n <= 0)
			return n < 0 && later();
		h->at = 0;
		h->n = (size_t)n;
	}
	n = write(h->to, h->bytes + h->at, h->n);
	if (n < 0)
		return later();
	h->at += (size_t)n;
	h->n -= (size_t)n;
	return true;
}

static int on_bytes(void *ctx, int fd, short revents);

/* Nothing is read that cannot be passed on yet. */
static void watch(struct gp_relay *r)
{
	gp_loop_watch(r->l, r->outer, (short)((r->in.n ? 0 : POLLIN) | (r->out.n ? POLLOUT : 0)),
	              on_bytes, r);
	gp_loop_watch(r->l, r->ours, (short)((r->out.n ? 0 : POLLIN) | (r->in.n ? POLLOUT : 0)),
	              on_bytes, r);
}

static int on_bytes(void *ctx, int fd, short revents)
{
	struct gp_relay *r = ctx;

	if ((fd == r->outer && (revents & (POLLHUP | POLLERR))) || !move(&r->in) || !move(&r->out))
		return gp_fail(GP_BROKEN, "the terminal is gone");
	watch(r);
	return 0;
}

/* Who stopped us may have given the terminal other modes meanwhile. */
static int on_signal(void *ctx, int fd, short revents GP_UNUSED)
{
	struct gp_relay *r = ctx;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGCONT)
			tcsetattr(r->outer, TCSANOW, &r->raw);
	copy_size(r);
	return 0;
}

/* A description of its own, so that O_NONBLOCK is not our parent's too; by its name, or, when it
 * was opened for another user, as the terminal that controls us. */
static int open_outer(void)
{
	int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	int fd = gp_edge("open") ? -1 : open("/proc/self/fd/0", flags);

	return fd >= 0 ? fd : open("/dev/tty", flags);
}

static int open_inner(struct gp_relay *r)
{
	r->ours = gp_edge("pty") ? -1 : posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (r->ours < 0 || grantpt(r->ours) || unlockpt(r->ours))
		return gp_fail_errno(GP_FAILED, "cannot make a terminal");
	r->inner = ioctl(r->ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r->inner < 0 || tcsetattr(r->inner, TCSANOW, &r->before))
		return gp_fail_errno(GP_FAILED, "cannot open the terminal made");
	copy_size(r);
	return 0;
}

int gp_relay_new(struct gp_relay **out, struct gp_loop *l)
{
	gp_auto_relay struct gp_relay *r = gp_alloc(sizeof(*r));
	int e;

	r->l = l;
	r->ours = r->inner = r->signals = r->outer = -1;
	if (!isatty(STDIN_FILENO))
		return gp_fail(GP_INVALID, "standard input is not a terminal");
	r->outer = open_outer();
	if (r->outer < 0 || tcgetattr(r->outer, &r->before))
		return gp_fail_errno(GP_FAILED, "cannot open the terminal of standard input");
	e = open_inner(r);
	if (e)
		return e;
	r->raw = r->before;
	cfmakeraw(&r->raw);
	r->in.from = r->out.to = r->outer;
	r->in.to = r->out.from = r->ours;
	*out = r;
	r = NULL;
	return 0;
}

int gp_relay_inner(const struct gp_relay *r)
{
	return r->inner;
}

int gp_relay_begin(struct gp_relay *r)
{
	sigset_t told;

	sigemptyset(&told);
	sigaddset(&told, SIGWINCH);
	sigaddset(&told, SIGCONT);
	r->signals = gp_edge("signalfd") ? -1 : signalfd(-1, &told, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->signals < 0)
		return gp_fail_errno(GP_FAILED, "cannot hear of the window's size");
	if (tcsetattr(r->outer, TCSANOW, &r->raw))
		return gp_fail_errno(GP_FAILED, "cannot set the modes of the terminal");
	sigprocmask(SIG_BLOCK, &told, &r->blocked);
	guard_modes(r);
	r->begun = true;
	/* it may have changed before we were told of that */
	copy_size(r);
	gp_loop_watch(r->l, r->signals, POLLIN, on_signal, r);
	watch(r);
	return 0;
}

static void show_last_words(struct gp_relay *r)
{
	long long until = gp_now_ms() + LAST_WORDS_MS;
	struct pollfd p[2] = {{.fd = r->ours}, {.fd = r->outer}};

	/* then the end of what was written can be told from a pause */
	gp_fd_clear(&r->inner);
	while (move(&r->out) && gp_now_ms() < until) {
		p[0].events = r->out.n ? 0 : POLLIN;
		p[1].events = r->out.n ? POLLOUT : 0;
		if (poll(p + (r->out.n ? 1 : 0), 1, LATE_ANSWERS_MS) <= 0 && !r->out.n)
			break;
	}
}

/* A sequence that was printed can make the terminal answer, and the answer must not be read by the
 * shell that the user comes back to. */
static void hear_late_answers(struct gp_relay *r)
{
	long long until = gp_now_ms() + LATE_ANSWERS_MS, left;
	struct pollfd p = {.fd = r->outer, .events = POLLIN};

	while ((left = until - gp_now_ms()) > 0 && poll(&p, 1, (int)left) > 0)
		if (read(r->outer, r->in.bytes, sizeof(r->in.bytes)) <= 0)
			break;
}

static void end(struct gp_relay *r)
{
	gp_loop_unwatch(r->l, r->outer);
	gp_loop_unwatch(r->l, r->ours);
	gp_loop_unwatch(r->l, r->signals);
	show_last_words(r);
	hear_late_answers(r);
	give_back(r);
	sigprocmask(SIG_SETMASK, &r->blocked, NULL);
}

void gp_relay_free(struct gp_relay **rp)
{
	struct gp_relay *r = *rp;

	if (!r)
		return;
	if (r->begun)
		end(r);
	gp_fd_clear(&r->signals);
	gp_fd_clear(&r->inner);
	gp_fd_clear(&r->ours);
	gp_fd_clear(&r->outer);
	gp_free(r);
	*rp = NULL;
}
