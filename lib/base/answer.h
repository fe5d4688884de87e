/*
 * answer.h - http.c's own pure parts: what header lines and host names say.
 */
#ifndef GP_ANSWER_H
#define GP_ANSWER_H

#include <time.h>

#include "lib/base/http.h"

struct gp_answer {
	struct gp_http_answer a;
	size_t bytes; /* of all header lines */
	bool whole;   /* the final headers have ended; what follows are trailers */
	bool exact;   /* retry_after_ms comes from retry-after-ms, which goes first */
};

/* Before the first line. */
void gp_answer_begin(struct gp_answer *s);
/* Takes one line, its end included or not; a status line begins anew, so that 1xx answers leave
 * nothing. date reads an HTTP date as seconds since the epoch, -1 when it cannot. True when this
 * line made the final headers whole. */
bool gp_answer_line(struct gp_answer *s, struct gp_slice line, time_t (*date)(const char *text));

/* Whether a request may carry the line "Name: value": a name of token characters, a colon, no
 * control characters. */
bool gp_header_valid(const char *line);

/* Whether host, as libcurl's URL parser gives it (IPv4 in dotted form, IPv6 in brackets), is this
 * machine: 127/8, ::1, localhost. */
bool gp_host_loopback(const char *host);

/* Whether url is surely what gp_http_url_private allows, by its letters alone: https to a plain
 * name, or http to this machine. False says nothing. */
bool gp_url_plainly_private(const char *url);

#endif
