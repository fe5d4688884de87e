/*
 * json.h - the only door to cJSON: strict parsing of hostile text, total getters, plain building.
 *
 * cJSON cuts strings at \u0000, takes trailing text and allows any depth its limit was built with;
 * gp_json_parse refuses all three. Getters take NULL and wrong kinds and answer with a default, so
 * a chain of them needs no checks between.
 */
#ifndef GP_JSON_H
#define GP_JSON_H

#include "lib/base/buf.h"

struct cJSON;

#define gp_auto_json __attribute__((cleanup(gp_json_clear)))

/* Parses all of text. 0 or GP_INVALID: not UTF-8, not JSON (RFC 8259 to the letter, no BOM, no
 * lone surrogate escapes), trailing bytes, deeper than 64, more than a million values, a number
 * beyond a double or of more than 63 digits, a NUL or \u0000 in it, or a duplicate of an earlier
 * key in the same object. *out is NULL after a failure. */
int gp_json_parse(struct cJSON **out, struct gp_slice text);
/* As compact text. 0 or GP_LIMIT. */
int gp_json_print(struct gp_buf *out, const struct cJSON *j);
void gp_json_clear(struct cJSON **j);

/* Getters; o may be NULL. Keys are case-sensitive. int cuts fractions; beyond 2^53 either way it
 * answers otherwise, so that sums cannot overflow. */
struct cJSON *gp_json_get(const struct cJSON *o, const char *key);
const char *gp_json_str(const struct cJSON *o, const char *key); /* NULL when absent or no string */
double gp_json_num(const struct cJSON *o, const char *key, double otherwise);
long long gp_json_int(const struct cJSON *o, const char *key, long long otherwise);
bool gp_json_bool(const struct cJSON *o, const char *key, bool otherwise);
const char *gp_json_text(const struct cJSON *string); /* NULL when no string */
const char *gp_json_key(const struct cJSON *member);  /* the name of an object's member */
bool gp_json_is_object(const struct cJSON *j);
bool gp_json_is_array(const struct cJSON *j);

/* Children of an array or object in order: for (c = gp_json_first (a); c; c = gp_json_next (c)). */
struct cJSON *gp_json_first(const struct cJSON *a);
struct cJSON *gp_json_next(const struct cJSON *c);
size_t gp_json_count(const struct cJSON *a);
struct cJSON *gp_json_last(const struct cJSON *a); /* at once; NULL when there is none */

/* Building. put and push take ownership of v; put replaces a member of that name in its place.
 * A NULL v or s puts nothing; a v that has no place (o no object, a no array) is freed. Strings are
 * UTF-8; for anything else there is put_bytes. */
struct cJSON *gp_json_object(void);
struct cJSON *gp_json_array(void);
struct cJSON *gp_json_string(const char *s);
/* Text that is JSON already, for what would take too much memory as a tree. */
struct cJSON *gp_json_raw(const char *json);
struct cJSON *gp_json_boolean(bool b);
struct cJSON *gp_json_copy(const struct cJSON *j);
void gp_json_put(struct cJSON *o, const char *key, struct cJSON *v);
void gp_json_put_str(struct cJSON *o, const char *key, const char *s); /* NULL: not put */
void gp_json_put_int(struct cJSON *o, const char *key, long long n);
void gp_json_put_num(struct cJSON *o, const char *key, double n);
void gp_json_put_bool(struct cJSON *o, const char *key, bool b);
/* As put, without a look at whether the name is there: for readers of long objects. */
void gp_json_append(struct cJSON *o, const char *key, struct cJSON *v);
void gp_json_push(struct cJSON *a, struct cJSON *v);
void gp_json_push_str(struct cJSON *a, const char *s);
/* Puts bytes that may not be UTF-8: invalid sequences and U+0000 become U+FFFD. */
void gp_json_put_bytes(struct cJSON *o, const char *key, struct gp_slice s);
/* Takes the member out and gives it to the caller; NULL when absent. */
struct cJSON *gp_json_detach(struct cJSON *o, const char *key);

#endif
