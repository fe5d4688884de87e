/*
 * replay - plays a model server, or any other, from a script, and checks what it is asked.
 *
 *     replay SCRIPT [--socket PATH] [--port-file FILE] [--log FILE]
 *
 * Listens on a free port of 127.0.0.1 and says which in FILE (written whole, so wait until it is
 * there) or on standard output; or on a unix socket, and says nothing. Ends on SIGTERM, and when
 * its parent dies. Exit status: 0; 1 when an expectation failed, a request came that the script
 * does not have, or one never came; 2 when the script is wrong. Whatever failed is on standard
 * error as "SCRIPT:LINE: request N: ...", and the client got status 422 with the same words, which
 * no client tries again.
 *
 * --log FILE gets "N METHOD PATH BYTES" for each request and its headers below, Authorization
 * without its value; FILE.N.json is the body of request N, FILE.N.answer the status it is answered
 * with and below it the body; FILE.times gets "N FROM TO" when an
 * answer ends: microseconds of CLOCK_MONOTONIC, request read and last byte written.
 *
 * The script: one command a line, '#' begins a comment line. Words are bare, "quoted" (with \n \r
 * \t
 * \" \\ \0 \xHH), {JSON} or [JSON] to the end of the line, @file (beside the script), or <<END: the
 * lines below up to END.
 *
 *     request [N|*]       the next request, or the next N, is checked and answered by what follows;
 *                         '*': all further ones, also none. Expectations and manners above the
 * first `request` hold for all.
 *     route METHOD PATTERN [N]   instead, for servers that are asked in any order: answers requests
 * whose path (with its query) fits the shell pattern, at most N of them; the first that fits is
 * taken, before any `request`.
 *
 * Expectations:
 *     expect method POST                      expect path /v1/responses
 *     expect header Authorization "Bearer k"  there, and with that value when one is given
 *     expect no-header Cookie
 *     expect body "text"                      the body holds it; no-body: does not
 *     expect json reasoning.effort low        the value at a path; input.-1.role counts from the
 * end expect no-json temperature expect tools test implement             names of the tools
 * offered, in order expect items message reasoning ...      types of the input items, in order
 *     expect count 3                          number of input items
 *     expect returned                         all items of all whole answers before came back as
 * they were sent, in order, and nothing else of the kind
 *
 * Answers of the Responses API, each the full sequence of events that the real server sends:
 *     text "words"                     a message                     refusal "words"
 *     reasoning ENCRYPTED ["summary"]  a reasoning item
 *     call-custom NAME CALL-ID <<END   a freeform tool call
 *     call-function NAME CALL-ID {..}  a function call; the arguments as text
 *     item {..}                        output_item.done alone, with any item
 *     completed [in=100] [out=10] [cached=0] [written=0] [reasoning=0] [no-output] [no-usage]
 *     incomplete REASON [in=..]        failed CODE "message"         error CODE "message"
 *     again                            the last event once more
 * Options of the item commands: status=incomplete, no-status, id=X, index=N (of events), only-done
 * (no deltas), no-done (broken off after its deltas), silent (only in the final response's output).
 *
 * Anything else:
 *     status 500                       header Content-Type: text/html
 *     body <<END, raw "bytes"          bytes of the body as they are (give a Content-Type)
 *     event TYPE {..}                  one event with its data as given
 *     frame N "text"                   a container engine's frame: stream N, length, text
 *     echo "text"                      a frame of the word that follows this in the last body that
 * came, and a line end
 *     garbage N                        N bytes of nonsense
 *     delay MS        hang             close (at once)      reset (the connection)
 *
 * Manners, for the whole answer wherever they stand: split N (bytes a write), pieces N (bytes a
 * delta; 64) and every MS (between deltas; both for the items below them), cut-after N (bytes of
 * body, then the connection is closed), crlf, no-event-lines (for the events below), length (a
 * Content-Length instead of chunks), until-close (neither), bare (no head at all),
 * connection-close. An answer without completed, incomplete, failed or error simply ends: cleanly,
 * and too early.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/fake/replay/script.h"

#define CONNS 64

struct conn {
	int fd; /* -1: free */
	struct gp_buf in, out;
	size_t out_at;
	struct block *block; /* being answered; NULL: reading */
	size_t step, step_at, body_sent;
	long long wake; /* 0: not waiting */
	int number;     /* of the request being answered */
	long long from; /* when it was read, in microseconds */
	bool continued, closing, hung;
	bool no_body; /* of this answer: its status or the method has none */
};

static struct script script;
static struct gp_buf last_body; /* of the last request that had one */
static struct conn conns[CONNS];
static const char *log_path;
static int requests, failures;
static volatile sig_atomic_t stopped;

static void on_term(int sig)
{
	(void)sig;
	stopped = 1;
}

static void drop(struct conn *c, bool reset)
{
	struct linger now = {1, 0};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd);
	gp_buf_clear(&c->in);
	gp_buf_clear(&c->out);
	*c = (struct conn){.fd = -1};
}

static void log_request(const struct request *r)
{
	gp_auto(gp_buf) b = {0};
	gp_auto(gp_buf) path = {0};
	struct gp_slice rest = gp_buf_all(&r->head), line;

	if (!log_path)
		return;
	gp_buf_fmt(&b, "%d %s %s %zu\n", r->number, r->method.p, r->path.p, r->body.n);
	while (gp_line(&line, &rest)) {
		if (line.n >= 14 && strncasecmp(line.p, "authorization:", 14) == 0)
			line.n = 14;
		gp_buf_fmt(&b, "  %.*s\n", (int)line.n, line.p);
	}
	gp_file_append(log_path, gp_buf_all(&b));
	gp_buf_fmt(&path, "%s.%d.json", log_path, r->number);
	gp_file_write(path.p, gp_buf_all(&r->body), 0600);
}

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void log_time(const struct conn *c)
{
	gp_auto(gp_buf) line = {0};
	gp_auto(gp_buf) path = {0};

	if (!log_path)
		return;
	gp_buf_fmt(&line, "%d %lld %lld\n", c->number, c->from, now_us());
	gp_buf_fmt(&path, "%s.times", log_path);
	gp_file_append(path.p, gp_buf_all(&line));
}

static void complain(struct gp_buf *said, int line, int number, const char *what)
{
	gp_buf_fmt(said, "%s:%d: request %d: %s", script.path, line, number, what);
	fprintf(stderr, "replay: %s\n", said->p);
	failures++;
}

static void check_all(struct gp_buf *said, const struct block *b, const struct request *r)
{
	for (size_t i = 0; i < b->nexpect && said->n == 0; i++) {
		gp_auto(gp_buf) why = {0};

		if (!expect_check(&why, &script, &b->expect[i], r))
			complain(said, b->expect[i].line, r->number, gp_buf_text(&why));
	}
}

static void refuse(struct conn *c, const struct gp_buf *said)
{
	gp_auto_json struct cJSON *o = gp_json_object();
	struct cJSON *error = gp_json_object();
	gp_auto(gp_buf) body = {0};

	gp_json_put_str(error, "code", "replay");
	gp_json_put_str(error, "message", said->p);
	gp_json_put(o, "error", error);
	gp_json_print(&body, o);
	gp_buf_fmt(&c->out,
	           "HTTP/1.1 422 Unexpected\r\nContent-Type: application/json\r\n"
	           "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	           body.n, body.p);
	c->closing = true;
}

static size_t body_size(const struct block *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->nsteps; i++)
		n += b->step[i].bytes.n;
	return n;
}

static void write_head(struct conn *c, const struct block *b)
{
	const struct manner *m = &b->manner;

	if (m->bare)
		return;
	gp_buf_fmt(&c->out, "HTTP/1.1 %d Scripted\r\n", b->status);
	if (!b->typed)
		gp_buf_fmt(&c->out, "Content-Type: %s\r\n",
		           b->status == 200 ? "text/event-stream" : "application/json");
	gp_buf_slice(&c->out, gp_buf_all(&script.all.headers));
	gp_buf_slice(&c->out, gp_buf_all(&b->headers));
	if (m->chunked && !c->no_body)
		gp_buf_str(&c->out, "Transfer-Encoding: chunked\r\n");
	if (m->length && !c->no_body)
		gp_buf_fmt(&c->out, "Content-Length: %zu\r\n", body_size(b));
	if (m->close)
		gp_buf_str(&c->out, "Connection: close\r\n");
	gp_buf_str(&c->out, "\r\n");
}

static void log_answer(const struct block *b, int number)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};

	if (!log_path)
		return;
	gp_buf_fmt(&text, "%d\n", b->status);
	for (size_t i = 0; i < b->nsteps; i++)
		gp_buf_slice(&text, gp_buf_all(&b->step[i].bytes));
	gp_buf_fmt(&path, "%s.%d.answer", log_path, number);
	gp_file_write(path.p, gp_buf_all(&text), 0600);
}

static void answer(struct conn *c, struct request *r)
{
	gp_auto(gp_buf) said = {0};
	struct block *b;

	c->from = now_us();
	c->number = r->number = ++requests;
	if (r->body.n) {
		gp_buf_cut(&last_body, 0);
		gp_buf_slice(&last_body, gp_buf_all(&r->body));
	}
	log_request(r);
	b = script_block(&script, r);
	if (!b) {
		complain(&said, script.lines, r->number, "the script has no such request");
	} else {
		check_all(&said, &script.all, r);
		check_all(&said, b, r);
	}
	if (said.n) {
		refuse(c, &said);
		return;
	}
	log_answer(b, r->number);
	c->block = b;
	c->no_body = b->status < 200 || b->status == 204 || b->status == 304 ||
	             gp_slice_is(gp_buf_all(&r->method), "HEAD");
	c->step = c->step_at = c->body_sent = 0;
	write_head(c, b);
}

static void end_answer(struct conn *c)
{
	if (c->block->manner.chunked && !c->no_body)
		gp_buf_str(&c->out, "0\r\n\r\n");
	c->closing = c->block->manner.close;
	c->block = NULL;
}

/* The next write of the answer, of at most `split` bytes. */
static void write_some(struct conn *c, const struct step *s)
{
	const struct manner *m = &c->block->manner;
	size_t n = s->bytes.n - c->step_at;

	if (m->split && n > m->split)
		n = m->split;
	if (n > c->block->cut_after - c->body_sent)
		n = c->block->cut_after - c->body_sent;
	bool chunked = n && m->chunked && !m->bare && !c->no_body;

	if (chunked)
		gp_buf_fmt(&c->out, "%zx\r\n", n);
	gp_buf_add(&c->out, s->bytes.p + c->step_at, n);
	if (chunked)
		gp_buf_str(&c->out, "\r\n");
	c->step_at += n;
	c->body_sent += n;
	if (c->body_sent == c->block->cut_after) {
		c->block = NULL;
		c->closing = true;
	} else if (c->step_at == s->bytes.n) {
		c->step++;
		c->step_at = 0;
	}
}

static void write_echo(struct conn *c, const struct step *s)
{
	const char *at = gp_find(gp_buf_all(&last_body), s->bytes.p);
	struct gp_buf frame = {0};
	size_t n;

	if (!at)
		return;
	at += s->bytes.n;
	n = strcspn(at, " \n");
	gp_buf_fmt(&frame, "%c%c%c%c%c%c%c%c%.*s\n", 1, 0, 0, 0, 0, 0, 0, (int)n + 1, (int)n, at);
	if (c->block->manner.chunked)
		gp_buf_fmt(&c->out, "%zx\r\n", frame.n);
	gp_buf_slice(&c->out, gp_buf_all(&frame));
	if (c->block->manner.chunked)
		gp_buf_str(&c->out, "\r\n");
	gp_buf_clear(&frame);
}

/* Goes on with the answer once everything before is on the wire. */
static void advance(struct conn *c)
{
	const struct step *s;

	if (c->step == c->block->nsteps) {
		end_answer(c);
		return;
	}
	s = &c->block->step[c->step];
	if (s->kind == STEP_WRITE) {
		write_some(c, s);
		return;
	}
	c->step++;
	if (s->kind == STEP_ECHO)
		write_echo(c, s);
	else if (s->kind == STEP_WAIT)
		c->wake = gp_now_ms() + s->ms;
	else if (s->kind == STEP_HANG)
		c->hung = true;
	else
		drop(c, s->kind == STEP_RESET);
}

static void send_out(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at,
	                 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(c, false);
		return;
	}
	if (n > 0)
		c->out_at += (size_t)n;
	if (c->out_at == c->out.n) {
		gp_buf_cut(&c->out, 0);
		c->out_at = 0;
	}
}

static void receive(struct conn *c)
{
	char bytes[65536];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		drop(c, false);
		return;
	}
	if (n > 0)
		gp_buf_add(&c->in, bytes, (size_t)n);
}

/* Does all that can be done without waiting. */
static void serve(struct conn *c)
{
	while (c->fd >= 0 && !c->hung) {
		if (c->from && !c->block && !c->out.n) {
			log_time(c);
			c->from = 0;
		}
		if (c->out.n) {
			send_out(c);
			if (c->fd < 0 || c->out.n)
				return;
		} else if (c->closing) {
			drop(c, false);
		} else if (c->block) {
			if (c->wake > gp_now_ms())
				return;
			c->wake = 0;
			advance(c);
		} else {
			struct request r = {0};
			bool got = c->in.n && request_take(&r, &c->in, &c->out, &c->continued);

			if (got)
				answer(c, &r);
			request_clear(&r);
			if (!got && !c->out.n)
				return;
		}
	}
}

static void welcome(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (int i = 0; i < CONNS; i++)
		if (conns[i].fd < 0) {
			conns[i].fd = fd;
			return;
		}
	close(fd);
}

static int wait_ms(const struct conn *c, int most)
{
	long long left = c->wake - gp_now_ms();

	if (c->fd < 0 || !c->wake)
		return most;
	return left < 0 ? 0 : most < 0 || left < most ? (int)left : most;
}

static void loop(int listener)
{
	struct pollfd p[CONNS + 1];
	struct timespec t;
	sigset_t none;
	int ms;

	sigemptyset(&none);
	while (!stopped) {
		ms = -1;
		p[CONNS] = (struct pollfd){.fd = listener, .events = POLLIN};
		for (int i = 0; i < CONNS; i++) {
			p[i] = (struct pollfd){.fd = conns[i].fd, .events = POLLIN};
			if (conns[i].out.n)
				p[i].events |= POLLOUT;
			ms = wait_ms(&conns[i], ms);
		}
		t = (struct timespec){ms / 1000, ms % 1000 * 1000000L};
		if (ppoll(p, CONNS + 1, ms < 0 ? NULL : &t, &none) < 0 && errno != EINTR)
			return;
		if (stopped)
			return;
		for (int i = 0; i < CONNS; i++) {
			if (p[i].fd >= 0 && p[i].revents & (POLLIN | POLLHUP | POLLERR))
				receive(&conns[i]);
			if (p[i].fd >= 0)
				serve(&conns[i]);
		}
		if (p[CONNS].revents & POLLIN)
			welcome(listener);
	}
}

static int listen_at(int family, const void *address, socklen_t n)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, address, n) || listen(fd, CONNS)) {
		perror("replay: cannot listen");
		exit(2);
	}
	return fd;
}

static int listen_port(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	int fd = listen_at(AF_INET, &a, n);

	if (getsockname(fd, (struct sockaddr *)&a, &n))
		exit(2);
	*port = ntohs(a.sin_port);
	return fd;
}

static int listen_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	return listen_at(AF_UNIX, &a, sizeof(a));
}

static void tell_port(int port, const char *path)
{
	gp_auto(gp_buf) text = {0};

	gp_buf_fmt(&text, "%d\n", port);
	if (path && gp_file_write(path, gp_buf_all(&text), 0600)) {
		fprintf(stderr, "replay: %s\n", gp_message());
		exit(2);
	}
	if (!path) {
		fputs(text.p, stdout);
		fflush(stdout);
	}
}

static void handle_signals(void)
{
	struct sigaction sa = {.sa_handler = on_term};
	pid_t parent = getppid();
	sigset_t both;

	/* open only inside ppoll, so that none is missed between looking and waiting */
	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		exit(0);
}

struct arguments {
	const char *script, *port_file, *socket;
};

static bool read_arguments(struct arguments *a, char **argv)
{
	for (char **arg = argv + 1; *arg; arg++) {
		const char **value = strcmp(*arg, "--port-file") == 0 ? &a->port_file
		                     : strcmp(*arg, "--log") == 0     ? &log_path
		                     : strcmp(*arg, "--socket") == 0  ? &a->socket
		                                                      : NULL;

		if (!value)
			a->script = *arg;
		else if (!(*value = *++arg))
			return false;
	}
	return a->script;
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	int port = 0, listener;

	(void)argc;
	if (!read_arguments(&a, argv)) {
		fputs("usage: replay SCRIPT [--socket PATH] [--port-file FILE] [--log FILE]\n",
		      stderr);
		return 2;
	}
	handle_signals();
	for (int i = 0; i < CONNS; i++)
		conns[i].fd = -1;
	if (script_read(&script, a.script))
		return 2;
	listener = a.socket ? listen_socket(a.socket) : listen_port(&port);
	if (!a.socket)
		tell_port(port, a.port_file);
	loop(listener);
	if (script.numbered < script_wants(&script)) {
		fprintf(stderr, "replay: %s: %d requests came, %d were expected\n", a.script,
		        script.numbered, script_wants(&script));
		failures++;
	}
	return failures ? 1 : 0;
}
