#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "tests/bench/common/bench.h"

static void read_whole(struct gp_buf *out, const char *path)
{
	bench_check(gp_file_read(out, AT_FDCWD, path, (size_t)64 << 20, false));
}

static int read_port(const char *path)
{
	for (int i = 0; i < 10000; i++) {
		gp_auto(gp_buf) text = {0};

		if (gp_file_read(&text, AT_FDCWD, path, 64, false) == 0 && text.n)
			return (int)strtol(text.p, NULL, 10);
		usleep(1000);
	}
	bench_fail("the scripted server does not start");
}

static void be_the_model(int port)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};

	gp_buf_fmt(&path, "%s/.codexflow.ini", getenv("HOME"));
	gp_buf_fmt(&text,
	           "[model]\napi = responses\nurl = http://127.0.0.1:%d/v1\nkey-env = BENCH_KEY\n"
	           "name = bench\nprice-in = 1\nprice-out = 10\n",
	           port);
	bench_write(path.p, text.p);
}

void bench_serve(struct bench_server *s, const char *script)
{
	static int count;
	const char *b = getenv("B");
	gp_auto(gp_buf) program = {0};
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) port = {0};

	gp_buf_fmt(&program, "%s/fake/replay", b ? b : "build");
	gp_buf_fmt(&path, "%s/script", getenv("HOME"));
	snprintf(s->log, sizeof(s->log), "%s/talk%d", getenv("HOME"), count++);
	gp_buf_fmt(&port, "%s.port", s->log);
	bench_write(path.p, script);
	const char *const argv[] = {program.p, path.p, "--port-file", port.p,
	                            "--log",   s->log, NULL};
	if (posix_spawn(&s->pid, program.p, NULL, NULL, (char *const *)(uintptr_t)argv, environ))
		bench_fail("cannot start '%s'", program.p);
	s->port = read_port(port.p);
	be_the_model(s->port);
}

static size_t context_bytes(struct gp_slice body)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) text = {0};
	struct cJSON *first;

	bench_check(gp_json_parse(&j, body));
	first = gp_json_first(gp_json_get(j, "input"));
	gp_json_print(&text, first);
	return text.n;
}

static void read_bodies(struct bench_talk *out, const struct bench_server *s)
{
	for (int i = 1; i <= out->requests; i++) {
		gp_auto(gp_buf) body = {0};
		char path[160];

		snprintf(path, sizeof(path), "%s.%d.json", s->log, i);
		read_whole(&body, path);
		out->bytes += body.n;
		out->context += context_bytes(gp_buf_all(&body));
	}
}

bool bench_served(struct bench_talk *out, struct bench_server *s)
{
	gp_auto(gp_buf) times = {0};
	struct gp_slice rest, line;
	char path[160];
	int status;

	kill(s->pid, SIGTERM);
	if (waitpid(s->pid, &status, 0) != s->pid || status)
		return false;
	*out = (struct bench_talk){0};
	snprintf(path, sizeof(path), "%s.times", s->log);
	read_whole(&times, path);
	rest = gp_buf_all(&times);
	while (gp_line(&line, &rest)) {
		char *end;
		double from, to;

		strtol(line.p, &end, 10);
		from = strtod(end, &end) / 1e3;
		to = strtod(end, NULL) / 1e3;
		out->first = out->requests ? out->first : from;
		out->last = to;
		out->ms += to - from;
		out->requests++;
	}
	read_bodies(out, s);
	return true;
}
