/*
 * base.h - errors, memory, time and the stop flag: what every other file may use.
 *
 * Errors. A function that can fail returns 0 or one of the negative codes below, and says why
 * with gp_fail(). A caller that adds something worth reading calls gp_within() on the way up; it
 * does so at most once per layer. The message belongs to the thread and lives until the next
 * gp_fail(). Nothing in lib/ prints or exits. A red test, a finding, an empty answer are values,
 * not errors.
 *
 * Memory. Running out of memory aborts: every allocation is capped by its caller, so it is a bug
 * or a dying machine. Declare owners as `gp_auto(gp_buf) b = {0};`: the matching
 * `gp_buf_clear (struct gp_buf *)` runs when the name leaves scope. Zeroed structs are always
 * valid and clearable, so a function may return midway.
 */
#ifndef GP_BASE_H
#define GP_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a failure means to the caller. A function documents which of them it returns. */
enum gp_code {
	GP_OK = 0,
	GP_FAILED = -1,   /* the message says why; nothing to do about it here */
	GP_NOTFOUND = -2, /* the thing named does not exist */
	GP_EXISTS = -3,  /* it exists already, is held by another process, or has moved meanwhile */
	GP_LIMIT = -4,   /* a cap would be passed */
	GP_TIMEOUT = -5, /* a deadline passed */
	GP_STOPPED = -6, /* Ctrl-C or SIGTERM */
	GP_INVALID = -7, /* the input is malformed */
	GP_REFUSED = -8, /* the other side, or a rule of ours, said no */
	GP_BROKEN = -9,  /* the connection or the child ended before its answer did */
};

/* A borrowed run of bytes; not NUL-terminated. */
struct gp_slice {
	const char *p;
	size_t n;
};

#define GP_SLICE(lit) ((struct gp_slice){(lit), sizeof(lit) - 1})
#define gp_auto(type) __attribute__((cleanup(type##_clear))) struct type
#define GP_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define GP_PRINTF(a, b) __attribute__((format(printf, a, b)))
#define GP_UNUSED __attribute__((unused))

/* Sets the thread's message (and clears its hint); returns code, so `return gp_fail (...)`.
 * Text is lower case without a full stop: "cannot <verb> '<thing>': <reason>". */
int gp_fail(int code, const char *fmt, ...) GP_PRINTF(2, 3);

/* As gp_fail, with ": " and the text of errno added. */
int gp_fail_errno(int code, const char *fmt, ...) GP_PRINTF(2, 3);

/* Puts "<fmt>: " before the message there is; returns code. */
int gp_within(int code, const char *fmt, ...) GP_PRINTF(2, 3);

/* Sets the remedy that goes with the message, shown as a "hint:" line. Call after gp_fail. */
void gp_hint(const char *fmt, ...) GP_PRINTF(1, 2);

/* The message and the hint; "" when there is none. Valid until the next gp_fail or gp_hint. */
const char *gp_message(void);
const char *gp_message_hint(void);

/* Allocation; zeroed; aborts when memory is out. gp_free(NULL) is allowed. */
void *gp_alloc(size_t n);
void *gp_realloc(void *p, size_t n);
char *gp_strdup(const char *s);
char *gp_strndup(const char *s, size_t n);
void gp_free(void *p);

/* Cleanup for `char *` locals: `gp_auto_str char *s = NULL;`. */
void gp_str_clear(char **s);
#define gp_auto_str __attribute__((cleanup(gp_str_clear)))

/* Cleanup for file descriptors: `gp_auto_fd int fd = -1;`. */
void gp_fd_clear(int *fd);
#define gp_auto_fd __attribute__((cleanup(gp_fd_clear)))

/* The slice of a NUL-terminated string; NULL gives an empty slice. */
struct gp_slice gp_slice(const char *s);
/* Whether two slices hold the same bytes; whether a slice holds just the string. */
bool gp_slice_eq(struct gp_slice a, struct gp_slice b);
bool gp_slice_is(struct gp_slice a, const char *s);
bool gp_starts(const char *s, const char *prefix);
bool gp_ends(const char *s, const char *suffix);

/* Milliseconds of a clock that never goes back (CLOCK_MONOTONIC). */
long long gp_now_ms(void);
/* Seconds since the epoch; GP_NOW in the environment fixes it for tests. */
long long gp_wall_s(void);

/* Torture: asked before each edge to the system, by a stable name. True means: behave as if the
 * call had failed with EIO. GP_FAIL_EDGE=<n> fails the n-th edge of the process (a child that is
 * forked goes on counting); GP_FAIL_EDGE_SAY=<file> gets a line when it does. */
bool gp_edge(const char *name);

/* Installs SIGINT, SIGTERM and SIGHUP handlers that set the stop flag, and ignores SIGPIPE. */
int gp_stop_install(void);
/* Whether a stop was asked for. */
bool gp_stopped(void);
/* A descriptor that becomes readable when a stop is asked for (-1 before gp_stop_install). */
int gp_stop_fd(void);
/* Between hold (true) and hold (false) a stop is noted but not told, for work of milliseconds that
 * must not be left half done. Not nested. */
void gp_stop_hold(bool hold);

#endif
