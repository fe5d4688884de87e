/*
 * buf.h - growing bytes and lists of strings, always with a maximum.
 *
 * A zeroed gp_buf is empty with the default maximum; set .max first for another. p[n] is always
 * NUL once anything was added. An addition that would pass the maximum changes nothing and returns
 * GP_LIMIT; callers that build bounded text of their own may ignore the result.
 */
#ifndef GP_BUF_H
#define GP_BUF_H

#include "lib/base/base.h"

#define GP_BUF_MAX ((size_t)64 << 20)

struct gp_buf {
	char *p;
	size_t n, cap, max;
};

/* Each appends; 0 or GP_LIMIT (unchanged). */
int gp_buf_add(struct gp_buf *b, const void *p, size_t n);
int gp_buf_slice(struct gp_buf *b, struct gp_slice s);
int gp_buf_str(struct gp_buf *b, const char *s);
int gp_buf_chr(struct gp_buf *b, char c);
int gp_buf_fmt(struct gp_buf *b, const char *fmt, ...) GP_PRINTF(2, 3);
int gp_buf_vfmt(struct gp_buf *b, const char *fmt, va_list ap);

/* Makes room for n more bytes and returns where they go; NULL when that passes the maximum.
 * The caller then adds what it wrote to b->n and sets b->p[b->n] = 0. */
char *gp_buf_room(struct gp_buf *b, size_t n);
/* Shortens to n bytes (no effect when shorter). */
void gp_buf_cut(struct gp_buf *b, size_t n);
/* The text, never NULL; owned by the buffer. */
const char *gp_buf_text(const struct gp_buf *b);
struct gp_slice gp_buf_all(const struct gp_buf *b);
/* Hands the bytes to the caller (to be freed by gp_free; never NULL) and leaves the buffer empty.
 */
char *gp_buf_take(struct gp_buf *b);
void gp_buf_clear(struct gp_buf *b);

/* Owned strings in order; v[n] is always NULL once anything was added, so v serves as an argv. */
struct gp_list {
	char **v;
	size_t n, cap;
};

void gp_list_add(struct gp_list *l, const char *s);
void gp_list_addn(struct gp_list *l, const char *s, size_t n);
void gp_list_fmt(struct gp_list *l, const char *fmt, ...) GP_PRINTF(2, 3);
bool gp_list_has(const struct gp_list *l, const char *s);
void gp_list_sort(struct gp_list *l);
void gp_list_clear(struct gp_list *l);

/* Cuts the next line off *rest (without its LF; a CR stays). False at the end. */
bool gp_line(struct gp_slice *out, struct gp_slice *rest);
/* Without white space at both ends (ASCII). */
struct gp_slice gp_trim(struct gp_slice s);
/* Where needle first stands in s (or NULL), and whether it does. */
const char *gp_find(struct gp_slice s, const char *needle);

/* Whether s is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool gp_utf8_valid(struct gp_slice s);
/* Cuts the first code point off *rest, which is not empty. Of ill-formed text one byte is cut and
 * 0x110000 plus its value returned, so that every text can be walked. */
unsigned gp_utf8_cut(struct gp_slice *rest);
/* Appends s with everything a terminal could act on made visible: control characters but LF and
 * TAB, invalid UTF-8, bidirectional and zero-width marks as \x1b, \xff, \u202e. */
int gp_buf_visible(struct gp_buf *b, struct gp_slice s);
/* Appends head and tail of s when it is longer than max bytes, with a line between that says how
 * much was left out; cuts at line ends where it can, never inside a UTF-8 sequence. */
int gp_buf_middle_out(struct gp_buf *b, struct gp_slice s, size_t max);

/* FNV-1a over bytes, chained by h (start with GP_HASH); for cache keys, not for security. */
#define GP_HASH 0xcbf29ce484222325ull
uint64_t gp_hash(uint64_t h, const void *p, size_t n);

#endif
