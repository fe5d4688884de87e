#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/http.h"
#include "lib/base/proc.h"

enum { AGES_MS = 30000 };

/* A server in a process of its own. act answers the n-th request (from 0) on fd and says whether
 * the connection stays open. Every request is written down in a file for the test to read. */
struct server {
	pid_t pid;
	int log; /* what was asked */
	char url[64], path[108];
};

typedef bool answer_fn(int fd, int n);

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static void nap(int ms)
{
	usleep((unsigned)ms * 1000);
}

/* Reads one request with its body. */
static bool hear(int fd, int log)
{
	gp_auto(gp_buf) b = {0};
	const char *end = NULL, *length;
	size_t need = 1;
	ssize_t n;

	while (!end || b.n < need) {
		char *to = gp_buf_room(&b, 4096);

		n = read(fd, to, 4096);
		if (n <= 0)
			return false;
		b.n += (size_t)n;
		b.p[b.n] = 0;
		end = strstr(b.p, "\r\n\r\n");
		length = strcasestr(b.p, "\r\ncontent-length:");
		if (end)
			need = (size_t)(end + 4 - b.p) +
			       (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	return write(log, b.p, b.n) == (ssize_t)b.n;
}

static _Noreturn void serve(int listener, int log, answer_fn *act)
{
	int n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (fd >= 0 && hear(fd, log) && act(fd, n++))
			;
		close(fd);
	}
}

static void begin(struct server *s, int listener, answer_fn *act)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	s->log = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
	fclose(f);
	s->pid = fork();
	if (s->pid == 0)
		serve(listener, s->log, act);
	close(listener);
}

static int listen_here(char url[64], int backlog)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(url, 64, "http://127.0.0.1:%d/v1/x", ntohs(a.sin_port));
	return fd;
}

static struct server start(answer_fn *act)
{
	struct server s = {0};

	begin(&s, listen_here(s.url, 16), act);
	return s;
}

static void server_clear(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	gp_fd_clear(&s->log);
	if (s->path[0])
		unlink(s->path);
}

#define gp_auto_server __attribute__((cleanup(server_clear))) struct server

static void asked(struct gp_buf *out, const struct server *s)
{
	char bytes[4096];
	ssize_t n, at = 0;

	while ((n = pread(s->log, bytes, sizeof(bytes), at)) > 0) {
		gp_buf_add(out, bytes, (size_t)n);
		at += n;
	}
}

/* One exchange and all that it told. */
struct shot {
	struct gp_loop *l;
	struct gp_http *h, *other;
	struct gp_buf body;
	struct gp_http_answer a;
	int heads, bodies, dones, code;
	int head_says, body_says;
	bool connected, abandon_self, abandon_other, start_other;
	struct server *server;
};

static void shot_clear(struct shot *s)
{
	gp_loop_free(&s->l);
	gp_buf_clear(&s->body);
}

#define gp_auto_shot __attribute__((cleanup(shot_clear))) struct shot

static int on_head(void *ctx, const struct gp_http_answer *a)
{
	struct shot *s = ctx;

	assert_int_equal(s->bodies, 0);
	s->heads++;
	s->a = *a;
	return s->head_says;
}

static void on_done(void *ctx, int code, const struct gp_http_answer *a, bool connected)
{
	struct shot *s = ctx;

	s->dones++;
	s->code = code;
	s->a = *a;
	s->connected = connected;
	gp_http_abandon(&s->h);
}

static int on_body(void *ctx, struct gp_slice bytes)
{
	static const struct gp_http_events ev = {.head = on_head, .body = on_body, .done = on_done};
	struct shot *s = ctx;
	struct gp_http_request r = {.url = s->server ? s->server->url : NULL};

	s->bodies++;
	gp_buf_slice(&s->body, bytes);
	if (s->start_other) {
		s->start_other = false;
		s->heads = s->bodies = 0;
		assert_int_equal(gp_http_start(&s->other, s->l, &r, &ev, s), 0);
	}
	if (s->abandon_self)
		gp_http_abandon(&s->h);
	if (s->abandon_other)
		gp_http_abandon(&s->other);
	return s->body_says;
}

static const struct gp_http_events events = {.head = on_head, .body = on_body, .done = on_done};

/* Runs one exchange to its end. */
static int fire(struct shot *s, const struct gp_http_request *r)
{
	int e;

	if (!s->l)
		assert_int_equal(gp_loop_new(&s->l), 0);
	e = gp_http_start(&s->h, s->l, r, &events, s);
	if (e)
		return e;
	assert_int_equal(s->dones, 0);
	assert_int_equal(gp_loop_run(s->l, NULL, NULL), 0);
	assert_int_equal(s->dones, 1);
	return s->code;
}

static bool in_pieces(int fd, int n)
{
	say(fd, n ? "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nagain"
	          : "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
	            "X-Request-Id: req\x1b[1m_1\r\ncontent-length: 17\r\n\r\n");
	for (int i = 0; i < 3 && n == 0; i++) {
		nap(30);
		say(fd, i < 2 ? "data: " : "\xff\xc3\xa9\n\n");
	}
	return true;
}

static void a_request_goes_out_and_its_answer_comes_in_pieces(void **state)
{
	static const char *const headers[] = {"Authorization: Bearer k\xc3\xa9y",
	                                      "Content-Type: application/json", NULL};
	gp_auto_server srv = start(in_pieces);
	gp_auto_shot s = {0};
	gp_auto(gp_buf) got = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url,
	                                                    .headers = headers,
	                                                    .body = GP_SLICE("{\"a\":\"\0\"}")}),
	                 0);
	assert_int_equal(s.heads, 1);
	assert_true(s.bodies >= 2);
	assert_true(s.connected);
	assert_int_equal(s.a.status, 200);
	assert_string_equal(s.a.type, "text/event-stream");
	assert_string_equal(s.a.request_id, "req?[1m_1");
	assert_int_equal(s.a.retry_after_ms, -1);
	assert_string_equal(gp_buf_text(&s.body), "data: data: \xff\xc3\xa9\n\n");
	asked(&got, &srv);
	assert_true(gp_starts(got.p, "POST /v1/x HTTP/1.1\r\n"));
	assert_non_null(strstr(got.p, "\r\nAuthorization: Bearer k\xc3\xa9y\r\n"));
	assert_non_null(strstr(got.p, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(got.p, "\r\nAccept-Encoding: identity\r\n"));
	assert_non_null(strstr(got.p, "\r\nUser-Agent: git-preview/"));
	assert_null(strstr(got.p, "Expect"));
	assert_memory_equal(got.p + got.n - 9, "{\"a\":\"\0\"}", 9);
}

static void a_connection_is_used_again(void **state)
{
	gp_auto_server srv = start(in_pieces);
	gp_auto_shot s = {0};
	gp_auto(gp_buf) got = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), 0);
	s.dones = s.bodies = 0;
	gp_buf_cut(&s.body, 0);
	/* the server counts requests of all connections and knows only one at a time */
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), 0);
	assert_string_equal(gp_buf_text(&s.body), "again");
	asked(&got, &srv);
	assert_true(gp_starts(got.p, "GET /v1/x HTTP/1.1\r\n"));
	assert_null(strcasestr(got.p, "content-type"));
}

static bool cut_at_length(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789");
	return false;
}

static bool cut_in_chunk(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nfghij");
	return false;
}

static bool cut_between_chunks(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nabcdefghij\r\n");
	return false;
}

static bool reset(int fd, int n)
{
	struct linger l = {1, 0};

	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789");
	nap(200);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	return false;
}

static void a_short_body_is_broken(void **state)
{
	answer_fn *acts[] = {cut_at_length, cut_in_chunk, cut_between_chunks, reset};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(acts); i++) {
		gp_auto_server srv = start(acts[i]);
		gp_auto_shot s = {0};

		assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), GP_BROKEN);
		assert_true(s.connected);
		assert_int_equal(s.a.status, 200);
		assert_int_equal(s.body.n, 10);
		assert_non_null(
			strstr(gp_message(), "of '127.0.0.1': broken off after 10 bytes: "));
	}
}

static bool hang_up(int fd, int n)
{
	(void)fd;
	(void)n;
	return false;
}

static void no_answer_at_all_is_broken_too(void **state)
{
	gp_auto_server srv = start(hang_up);
	gp_auto_shot s = {0};
	gp_auto_shot refused = {0};
	char url[64];

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), GP_BROKEN);
	assert_false(s.connected);
	assert_int_equal(s.a.status, 0);
	close(listen_here(url, 1));
	assert_int_equal(fire(&refused, &(struct gp_http_request){.url = url}), GP_BROKEN);
	assert_false(refused.connected);
	assert_true(gp_starts(gp_message(), "cannot reach '127.0.0.1': "));
}

static bool garbage(int fd, int n)
{
	(void)n;
	say(fd, "SSH-2.0-OpenSSH_9.2\r\nwhat do you want\r\n");
	return false;
}

static void what_is_no_http_is_broken(void **state)
{
	gp_auto_server srv = start(garbage);
	gp_auto_shot s = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), GP_BROKEN);
	assert_int_equal(s.body.n, 0);
	assert_true(s.connected);
}

static bool stall(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\n\r\ndata: x\n\n");
	nap(1000000);
	return false;
}

static bool trickle(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 6; i++) {
		nap(300);
		say(fd, ".");
	}
	return false;
}

static void silence_ends_it_and_a_trickle_does_not(void **state)
{
	gp_auto_server still = start(stall);
	gp_auto_server slow = start(trickle);
	gp_auto_shot s = {0};
	gp_auto_shot t = {0};
	gp_auto_shot u = {0};
	long long from = gp_now_ms();

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = still.url, .idle_ms = 200}),
	                 GP_TIMEOUT);
	assert_string_equal(gp_buf_text(&s.body), "data: x\n\n");
	assert_true(gp_now_ms() - from >= 200 && gp_now_ms() - from < AGES_MS);
	assert_non_null(strstr(gp_message(), "silence for 200 ms"));
	assert_int_equal(fire(&t, &(struct gp_http_request){.url = slow.url, .idle_ms = 1500}), 0);
	assert_string_equal(gp_buf_text(&t.body), "......");
	assert_int_equal(fire(&u, &(struct gp_http_request){.url = slow.url, .total_ms = 500}),
	                 GP_TIMEOUT);
}

static void a_connection_must_come_in_time(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	gp_auto_shot s = {0};
	int fill[4], full;
	char url[64];

	(void)state;
	full = listen_here(url, 0);
	a.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
	for (size_t i = 0; i < GP_COUNT(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(fill[i], (struct sockaddr *)&a, sizeof(a)) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = url, .connect_ms = 200}),
	                 GP_TIMEOUT);
	assert_false(s.connected);
	assert_non_null(strstr(gp_message(), "no connection within 200 ms"));
	for (size_t i = 0; i < GP_COUNT(fill); i++)
		close(fill[i]);
	close(full);
}

static bool too_many(int fd, int n)
{
	static const char *const retry[] = {
		"retry-after: 2\r\n",
		"Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n",
		"retry-after-ms: 1500\r\nretry-after: 9\r\n",
		"retry-after: 9\r\nretry-after-ms: 1500\r\nx-should-retry: false\r\n",
		"retry-after: 86400\r\nx-should-retry: true\r\n",
	};
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b,
	           "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n"
	           "content-type: application/json\r\n%s\r\n{}",
	           retry[n]);
	say(fd, b.p);
	return true;
}

static void a_refusal_is_an_answer_with_advice(void **state)
{
	static const long want[] = {2000, 10000, 1500, 1500, -1};
	static const int should[] = {-1, -1, -1, 0, 1};
	gp_auto_server srv = start(too_many);
	gp_auto_shot s = {0};

	(void)state;
	setenv("GP_NOW", "784111777", 1);
	for (size_t i = 0; i < GP_COUNT(want); i++) {
		s.dones = s.bodies = 0;
		assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), 0);
		assert_int_equal(s.a.status, 429);
		assert_int_equal(s.a.retry_after_ms, want[i]);
		assert_int_equal(s.a.should_retry, should[i]);
	}
	unsetenv("GP_NOW");
	assert_string_equal(gp_buf_text(&s.body), "{}{}{}{}{}");
}

static bool redirect(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\n"
	        "content-length: 4\r\n\r\ngone");
	return true;
}

static void a_redirect_is_not_followed(void **state)
{
	static const char *const headers[] = {"Authorization: Bearer key", NULL};
	gp_auto_server srv = start(redirect);
	gp_auto_shot s = {0};
	gp_auto(gp_buf) got = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url, .headers = headers}),
	                 0);
	assert_int_equal(s.a.status, 307);
	assert_string_equal(gp_buf_text(&s.body), "gone");
	asked(&got, &srv);
	assert_null(strstr(got.p, "elsewhere"));
}

static bool flood(int fd, int n)
{
	char many[8192];

	(void)n;
	memset(many, 'x', sizeof(many));
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 1000; i++)
		if (send(fd, many, sizeof(many), MSG_NOSIGNAL) < 0)
			break;
	return false;
}

static bool flood_headers(int fd, int n)
{
	char many[8192];

	(void)n;
	memset(many, 'x', sizeof(many));
	memcpy(many, "x-a: ", 5);
	memcpy(many + sizeof(many) - 2, "\r\n", 2);
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 1000; i++)
		if (send(fd, many, sizeof(many), MSG_NOSIGNAL) < 0)
			break;
	return false;
}

static void a_flood_stops_at_the_maximum(void **state)
{
	gp_auto_server body = start(flood);
	gp_auto_server headers = start(flood_headers);
	gp_auto_shot s = {0};
	gp_auto_shot t = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = body.url, .max_body = 100000}),
	                 GP_LIMIT);
	assert_true(s.body.n <= 100000);
	assert_non_null(strstr(gp_message(), "more than 100000 bytes"));
	assert_int_equal(fire(&t, &(struct gp_http_request){.url = headers.url}), GP_LIMIT);
	assert_int_equal(t.heads, 0);
}

static bool page(int fd, int n)
{
	(void)n;
	say(fd, "HTTP/1.1 100 Continue\r\nretry-after: 5\r\n\r\n"
	        "HTTP/1.1 200 OK\r\nContent-Type:text/html;charset=x\r\nrequest-id: a\r\n"
	        "transfer-encoding: chunked\r\ntrailer: retry-after\r\n\r\n"
	        "6\r\n<html>\r\n0\r\nretry-after: 7\r\n\r\n");
	return true;
}

static void only_the_final_headers_count(void **state)
{
	gp_auto_server srv = start(page);
	gp_auto_shot s = {0};

	(void)state;
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), 0);
	assert_int_equal(s.heads, 1);
	assert_string_equal(s.a.type, "text/html");
	assert_string_equal(s.a.request_id, "a");
	assert_int_equal(s.a.retry_after_ms, -1);
	assert_string_equal(gp_buf_text(&s.body), "<html>");
}

static void callbacks_can_end_it(void **state)
{
	gp_auto_server srv = start(flood);
	gp_auto_shot head = {.head_says = GP_REFUSED};
	gp_auto_shot body = {.body_says = GP_INVALID};

	(void)state;
	assert_int_equal(fire(&head, &(struct gp_http_request){.url = srv.url}), GP_REFUSED);
	assert_int_equal(head.bodies, 0);
	assert_int_equal(fire(&body, &(struct gp_http_request){.url = srv.url}), GP_INVALID);
	assert_int_equal(body.bodies, 1);
}

static void what_may_not_be_sent_is_not(void **state)
{
	static const char *const bad[] = {
		"A: b\r\nC: d", "A: b\nC: d", "A: \x01",      "A: \x7f", "A b: c",
		"no colon",     ": x",        "A\xc3\xa9: b", "",        "A : b",
	};
	static const char *const urls[] = {
		"",
		"x",
		"localhost:8080/v1",
		"ftp://127.0.0.1/",
		"file:///etc/passwd",
		"http://",
		"http://u@127.0.0.1/",
		"https://u:p@example.com/",
		"http://127.0.0.1:99999/",
		"http://127.0.0.1/\r\nX: y",
		"http://127.0.0.1/a b",
	};
	gp_auto_shot s = {0};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		const char *headers[] = {"Fine: yes", bad[i], NULL};
		struct gp_http_request r = {.url = "http://127.0.0.1:1/", .headers = headers};

		if (fire(&s, &r) != GP_INVALID)
			fail_msg("sent: %s", bad[i]);
		assert_null(*bad[i] ? strstr(gp_message(), bad[i]) : NULL);
	}
	for (size_t i = 0; i < GP_COUNT(urls); i++)
		if (fire(&s, &(struct gp_http_request){.url = urls[i]}) != GP_INVALID)
			fail_msg("taken: %s", urls[i]);
	assert_int_equal(s.dones, 0);
}

static void loopback_passes_by_the_proxy(void **state)
{
	gp_auto_server srv = start(redirect);
	gp_auto_server proxy = start(page);
	gp_auto_shot s = {0};
	gp_auto_shot t = {0};
	gp_auto(gp_buf) got = {0};

	(void)state;
	setenv("http_proxy", proxy.url, 1);
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = srv.url}), 0);
	assert_int_equal(s.a.status, 307);
	assert_int_equal(fire(&t, &(struct gp_http_request){.url = "http://models.invalid/v1"}), 0);
	assert_int_equal(t.a.status, 200);
	unsetenv("http_proxy");
	asked(&got, &proxy);
	assert_true(gp_starts(got.p, "GET http://models.invalid/v1 HTTP/1.1\r\n"));
}

static void a_unix_socket_serves_too(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	gp_auto_server srv = {0};
	gp_auto_shot s = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(srv.path, sizeof(srv.path), "/tmp/gp-http-test-%d.sock", (int)getpid());
	memcpy(a.sun_path, srv.path, sizeof(a.sun_path));
	unlink(srv.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	begin(&srv, fd, page);
	assert_int_equal(fire(&s, &(struct gp_http_request){.url = "http://localhost/x",
	                                                    .unix_socket = srv.path,
	                                                    .method = "DELETE"}),
	                 0);
	assert_int_equal(s.a.status, 200);
}

static void it_can_be_abandoned_from_anywhere(void **state)
{
	gp_auto_server srv = start(flood);
	gp_auto_server silent = start(stall);
	gp_auto_shot s = {.abandon_self = true};
	gp_auto_shot o = {.abandon_other = true};
	gp_auto_shot left = {0};
	struct gp_http_request r = {.url = srv.url}, still = {.url = silent.url};

	(void)state;
	gp_loop_new(&s.l);
	assert_int_equal(gp_http_start(&s.h, s.l, &r, &events, &s), 0);
	gp_http_abandon(&s.h);
	assert_null(s.h);
	gp_http_abandon(&s.h);
	assert_int_equal(gp_http_start(&s.h, s.l, &r, &events, &s), 0);
	assert_int_equal(gp_loop_run(s.l, NULL, NULL), 0);
	assert_int_equal(s.bodies, 1);
	assert_int_equal(s.dones, 0);
	gp_loop_new(&o.l);
	assert_int_equal(gp_http_start(&o.other, o.l, &still, &events, &left), 0);
	assert_int_equal(fire(&o, &r), 0);
	assert_int_equal(left.dones, 0);
	gp_loop_new(&left.l);
	assert_int_equal(gp_http_start(&left.h, left.l, &still, &events, &left), 0);
}

static void another_can_be_started_from_a_callback(void **state)
{
	gp_auto_server srv = start(page);
	gp_auto_shot s = {.start_other = true, .server = &srv};
	struct gp_http_request r = {.url = srv.url};

	(void)state;
	gp_loop_new(&s.l);
	assert_int_equal(gp_http_start(&s.h, s.l, &r, &events, &s), 0);
	assert_int_equal(gp_loop_run(s.l, NULL, NULL), 0);
	assert_int_equal(s.dones, 2);
	assert_string_equal(gp_buf_text(&s.body), "<html><html>");
}

struct both {
	struct shot s;
	int ended;
};

static void child_done(void *ctx, struct gp_proc_result *r)
{
	struct both *b = ctx;

	assert_int_equal(r->exit, 3);
	assert_string_equal(gp_buf_text(&r->out), "red\n");
	/* the stream was still silent */
	assert_int_equal(b->s.dones, 0);
	b->ended++;
	gp_http_abandon(&b->s.h);
}

static void children_and_streams_share_the_loop(void **state)
{
	const char *argv[] = {"sh", "-c", "sleep 0.1; echo red; exit 3", NULL};
	gp_auto_server srv = start(stall);
	struct both b = {0};
	struct gp_http_request r = {.url = srv.url};
	struct gp_proc *p;

	(void)state;
	gp_loop_new(&b.s.l);
	assert_int_equal(gp_http_start(&b.s.h, b.s.l, &r, &events, &b.s), 0);
	assert_int_equal(
		gp_proc_start(&p, b.s.l, &(struct gp_proc_spec){.argv = argv}, child_done, &b), 0);
	assert_int_equal(gp_loop_run(b.s.l, NULL, NULL), 0);
	assert_int_equal(b.ended, 1);
	assert_string_equal(gp_buf_text(&b.s.body), "data: x\n\n");
	shot_clear(&b.s);
}

static void a_stop_interrupts_a_silent_stream(void **state)
{
	gp_auto_server srv = start(stall);
	long long from = gp_now_ms();
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct gp_http_request r = {.url = srv.url};
		struct shot s = {0};

		alarm(120);
		if (gp_stop_install() != 0 || gp_loop_new(&s.l) != 0 ||
		    gp_http_start(&s.h, s.l, &r, &events, &s) != 0)
			_exit(2);
		if (fork() == 0) {
			nap(300);
			kill(getppid(), SIGINT);
			_exit(0);
		}
		if (gp_loop_run(s.l, NULL, NULL) != GP_STOPPED)
			_exit(3);
		gp_http_abandon(&s.h);
		gp_loop_free(&s.l);
		_exit(s.dones == 0 ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(gp_now_ms() - from < AGES_MS);
}

static void keys_go_to_private_places_only(void **state)
{
	static const char *const good[] = {
		"https://api.openai.com/v1", "HTTPS://x",         "https://10.0.0.1:8443/",
		"http://127.0.0.1:11434/v1", "http://127.1/",     "http://127.99.0.1",
		"http://localhost:8080",     "HTTP://LOCALHOST/", "http://[::1]:8000/v1",
	};
	static const char *const bad[] = {
		"",
		"http://api.openai.com/v1",
		"http://10.0.0.1/",
		"http://0.0.0.0/",
		"http://128.0.0.1/",
		"http://127.0.0.1@evil.com/",
		"http://localhost@evil.com/",
		"http://localhost:80@evil.com/",
		"http://evil.com#@127.0.0.1/",
		"http://evil.com?@127.0.0.1/",
		"http://evil.com\\@127.0.0.1/",
		"http://localhost.evil.com/",
		"http://127.0.0.1.evil.com/",
		"http://127.0.0.1.nip.io/",
		"http://localhost.",
		"http://[::1].evil.com/",
		"http://[::2]/",
		"http://[::ffff:8.8.8.8]/",
		"https://user@example.com/",
		"https://",
		"ftp://127.0.0.1/",
		"127.0.0.1",
		"localhost:80",
		"//127.0.0.1/",
		"http:/evil.com",
		"http://127.0.0.1 .evil.com/",
		"http://127.0.0.1%2eevil.com/",
	};

	(void)state;
	assert_int_equal(gp_http_url_private(NULL), 0);
	for (size_t i = 0; i < GP_COUNT(good); i++)
		if (gp_http_url_private(good[i]) != 1)
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < GP_COUNT(bad); i++)
		if (gp_http_url_private(bad[i]) != 0)
			fail_msg("trusted: %s", bad[i]);
}

/* In a child that has not loaded it: the first edge is the dlopen. */
static void without_libcurl_nothing_is_said_of_a_place(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		setenv("GP_FAIL_EDGE", "1", 1);
		_exit(gp_http_url_private("https://x.example/") == 1 &&
		                      gp_http_url_private("http://127.1/") == GP_NOTFOUND &&
		                      gp_message_hint()
		              ? 0
		              : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_libcurl_nothing_is_said_of_a_place),
		cmocka_unit_test(a_request_goes_out_and_its_answer_comes_in_pieces),
		cmocka_unit_test(a_connection_is_used_again),
		cmocka_unit_test(a_short_body_is_broken),
		cmocka_unit_test(no_answer_at_all_is_broken_too),
		cmocka_unit_test(what_is_no_http_is_broken),
		cmocka_unit_test(silence_ends_it_and_a_trickle_does_not),
		cmocka_unit_test(a_connection_must_come_in_time),
		cmocka_unit_test(a_refusal_is_an_answer_with_advice),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(a_flood_stops_at_the_maximum),
		cmocka_unit_test(only_the_final_headers_count),
		cmocka_unit_test(callbacks_can_end_it),
		cmocka_unit_test(what_may_not_be_sent_is_not),
		cmocka_unit_test(loopback_passes_by_the_proxy),
		cmocka_unit_test(a_unix_socket_serves_too),
		cmocka_unit_test(it_can_be_abandoned_from_anywhere),
		cmocka_unit_test(another_can_be_started_from_a_callback),
		cmocka_unit_test(children_and_streams_share_the_loop),
		cmocka_unit_test(a_stop_interrupts_a_silent_stream),
		cmocka_unit_test(keys_go_to_private_places_only),
	};

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
