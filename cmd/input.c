#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

#define REQUEST_MAX ((size_t)64 << 10)

int gp_cmd_usage(struct gp_cmd *c)
{
	fprintf(stderr, "error: %s\n", gp_message());
	if (*gp_message_hint())
		fprintf(stderr, "hint: %s\n", gp_message_hint());
	gp_list_clear(&c->settings);
	return GP_STATUS_USAGE;
}

int gp_cmd_parse(struct gp_cmd *c, const struct gp_opt *rows, const char *usage, int *argc,
                 char ***argv)
{
	gp_auto(gp_buf) text = {0};
	int status = -1, e = gp_opt_parse(&text, rows, usage, argc, argv, false);

	if (e == GP_OPT_SHOW) {
		fputs(gp_buf_text(&text), stdout);
		status = fflush(stdout) ? GP_STATUS_FATAL : 0;
	} else if (e) {
		status = gp_cmd_usage(c);
	} else if (c->version) {
		printf("git preview version %s\n", GP_VERSION);
		status = fflush(stdout) ? GP_STATUS_FATAL : 0;
	}
	if (status >= 0)
		gp_list_clear(&c->settings);
	return status;
}

int gp_cmd_read(struct gp_buf *out, const char *path, size_t max)
{
	char block[8192];
	ssize_t n;

	if (strcmp(path, "-") != 0)
		return gp_file_read(out, AT_FDCWD, path, max, false);
	while ((n = read(STDIN_FILENO, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR && !gp_stopped())
			continue;
		if (n < 0)
			return gp_fail_errno(GP_FAILED, "cannot read standard input");
		if (out->n + (size_t)n > max)
			return gp_fail(GP_LIMIT, "standard input is longer than %zu bytes", max);
		gp_buf_add(out, block, (size_t)n);
	}
	return 0;
}

int gp_cmd_ask(void *ctx, const char *question, struct gp_buf *answer)
{
	gp_auto_fd int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct pollfd fds[2] = {{.fd = tty, .events = POLLIN},
	                        {.fd = gp_stop_fd(), .events = POLLIN}};
	char block[1024];
	ssize_t n;

	if (tty < 0)
		return GP_NOTFOUND;
	gp_term_say(ctx, "%s", question);
	if (write(tty, "> ", 2) != 2)
		return GP_NOTFOUND;
	do {
		if (poll(fds, 2, -1) < 0 || gp_stopped())
			return GP_STOPPED;
		n = read(tty, block, sizeof(block));
		if (n <= 0)
			return GP_NOTFOUND;
		gp_buf_add(answer, block, (size_t)n);
	} while (answer->n && answer->p[answer->n - 1] != '\n');
	return gp_trim(gp_buf_all(answer)).n ? 0 : GP_NOTFOUND;
}

enum gp_status gp_cmd_request(struct gp_buf *out, struct gp_cmd *c, const char *file, char **words,
                              bool optional)
{
	if (file && (*words || optional)) {
		gp_fail(GP_INVALID,
		        "the request comes from a file or from the command line, not both");
		return gp_cmd_fail(c, GP_STATUS_USAGE);
	}
	if (file && gp_cmd_read(out, file, REQUEST_MAX))
		return gp_cmd_fail(c, GP_STATUS_FATAL);
	for (; *words; words++)
		gp_buf_fmt(out, "%s%s", out->n ? " " : "", *words);
	if (gp_trim(gp_buf_all(out)).n || optional)
		return GP_STATUS_OK;
	gp_fail(GP_INVALID, "the request is empty");
	gp_hint("say what is wanted: git preview \"add a priority field to tasks\"");
	return gp_cmd_fail(c, GP_STATUS_USAGE);
}

void gp_cmd_set(struct gp_cmd *c, const char *key, const char *value)
{
	if (value)
		gp_list_fmt(&c->settings, "%s=%s", key, value);
}
