#include "lib/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64, VALUES = 1000000, DIGITS = 63 };

/* whole numbers a double holds exactly (RFC 7493); sums of them cannot overflow a long long */
static const double exact = 9007199254740992.0;

/* Out of memory must abort here as everywhere, and must not pass for malformed input. */
__attribute__((constructor)) static void use_our_memory(void)
{
	cJSON_Hooks hooks = {gp_alloc, gp_free};

	cJSON_InitHooks(&hooks);
}

struct scan {
	const char *start, *p, *end;
	const char *wrong;
	size_t depth, values;
};

static bool wrong(struct scan *s, const char *why)
{
	s->wrong = why;
	return false;
}

/* cJSON 1.7 takes \u with letters that are no digits for U+0000, so digits are checked here. */
static bool scan_escape(struct scan *s)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	bool zero = true;

	if (s->p == s->end)
		return wrong(s, "an unfinished string");
	if (*s->p++ != 'u')
		return true;
	for (int i = 0; i < 4; i++, s->p++) {
		if (s->p == s->end || !memchr(hex, *s->p, sizeof(hex) - 1))
			return wrong(s, "a bad escape");
		zero = zero && *s->p == '0';
	}
	return zero ? wrong(s, "an escaped NUL") : true;
}

static bool scan_string(struct scan *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		while (s->p < s->end && *s->p == '\\') {
			s->p++;
			if (!scan_escape(s))
				return false;
		}
		if (s->p == s->end)
			break;
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if ((unsigned char)*s->p < 0x20)
			return wrong(s, "a control character in a string");
	}
	return wrong(s, "an unfinished string");
}

static bool scan_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

/* cJSON leaves numbers to strtod, which takes more than JSON, and reads 63 bytes of them. */
static bool scan_number(struct scan *s)
{
	const char *from = s->p, *digits;
	bool good;

	if (*s->p == '-')
		s->p++;
	digits = s->p;
	good = scan_digits(s) && (*digits != '0' || s->p - digits == 1);
	if (good && s->p < s->end && *s->p == '.') {
		s->p++;
		good = scan_digits(s);
	}
	if (good && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		good = scan_digits(s);
	}
	if (!good)
		return wrong(s, "a malformed number");
	return s->p - from <= DIGITS ? true : wrong(s, "a number of too many digits");
}

static bool scan_mark(struct scan *s)
{
	char c = *s->p++;

	if (c == '{' || c == '[') {
		if (++s->depth > DEPTH)
			return wrong(s, "nesting deeper than 64");
	} else if (c == '}' || c == ']') {
		if (s->depth-- == 0)
			return wrong(s, "an unmatched bracket");
	}
	if (c == '{' || c == '[' || c == ',')
		s->values++;
	if (s->values > VALUES)
		return wrong(s, "more than a million values");
	return true;
}

/* The words JSON is made of; their order is cJSON's to check. */
static bool scan_words(struct scan *s)
{
	bool good = true;

	while (good && s->p < s->end) {
		char c = *s->p;

		if (c == '"')
			good = scan_string(s);
		else if (c == '-' || (c >= '0' && c <= '9'))
			good = scan_number(s);
		else if (strchr("{}[],:", c) && c)
			good = scan_mark(s);
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || (c >= 'a' && c <= 'z'))
			s->p++;
		else
			good = wrong(s, "an unexpected character");
	}
	if (good && s->depth)
		good = wrong(s, "an unfinished value");
	return good;
}

struct keys {
	const char **v;
	size_t n, cap;
};

static void keys_clear(struct keys *k)
{
	gp_free(k->v);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted rather than compared pairwise: an object may have a million members. */
static const char *duplicate_key(struct keys *k, const struct cJSON *o)
{
	k->n = 0;
	for (const struct cJSON *c = o->child; c; c = c->next) {
		if (k->n == k->cap) {
			k->cap = k->cap ? 2 * k->cap : 32;
			k->v = gp_realloc(k->v, k->cap * sizeof(*k->v));
		}
		k->v[k->n++] = c->string;
	}
	if (k->n > 1)
		qsort(k->v, k->n, sizeof(*k->v), by_text);
	for (size_t i = 1; i < k->n; i++)
		if (strcmp(k->v[i - 1], k->v[i]) == 0)
			return k->v[i];
	return NULL;
}

static int check_values(struct keys *k, const struct cJSON *j)
{
	const char *twice = cJSON_IsObject(j) ? duplicate_key(k, j) : NULL;
	int e = 0;

	if (twice)
		return gp_fail(GP_INVALID, "cannot parse JSON: key '%.100s' stands twice", twice);
	if (cJSON_IsNumber(j) && !isfinite(j->valuedouble))
		return gp_fail(GP_INVALID, "cannot parse JSON: a number is out of range");
	for (const struct cJSON *c = j->child; c && !e; c = c->next)
		e = check_values(k, c);
	return e;
}

int gp_json_parse(struct cJSON **out, struct gp_slice text)
{
	struct scan s = {.start = text.p, .p = text.p, .end = text.p + text.n};
	__attribute__((cleanup(keys_clear))) struct keys k = {0};
	gp_auto_json struct cJSON *j = NULL;
	const char *end = NULL;
	int e;

	*out = NULL;
	if (text.n == 0)
		return gp_fail(GP_INVALID, "cannot parse JSON: no text");
	if (!gp_utf8_valid(text))
		return gp_fail(GP_INVALID, "cannot parse JSON: not UTF-8");
	if (!scan_words(&s))
		return gp_fail(GP_INVALID, "cannot parse JSON: %s at byte %zu", s.wrong,
		               (size_t)(s.p - s.start));
	j = cJSON_ParseWithLengthOpts(text.p, text.n, &end, false);
	if (!j)
		return gp_fail(GP_INVALID, "cannot parse JSON: wrong at byte %zu",
		               end ? (size_t)(end - text.p) : 0);
	if (gp_trim((struct gp_slice){end, text.n - (size_t)(end - text.p)}).n)
		return gp_fail(GP_INVALID, "cannot parse JSON: more follows at byte %zu",
		               (size_t)(end - text.p));
	e = check_values(&k, j);
	if (e)
		return e;
	*out = j;
	j = NULL;
	return 0;
}

int gp_json_print(struct gp_buf *out, const struct cJSON *j)
{
	gp_auto_str char *text = cJSON_PrintUnformatted(j);

	return text ? gp_buf_str(out, text) : gp_fail(GP_LIMIT, "cannot print JSON: too long");
}

void gp_json_clear(struct cJSON **j)
{
	cJSON_Delete(*j);
	*j = NULL;
}

struct cJSON *gp_json_get(const struct cJSON *o, const char *key)
{
	return cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, key) : NULL;
}

const char *gp_json_text(const struct cJSON *string)
{
	return string && cJSON_IsString(string) ? string->valuestring : NULL;
}

const char *gp_json_str(const struct cJSON *o, const char *key)
{
	return gp_json_text(gp_json_get(o, key));
}

double gp_json_num(const struct cJSON *o, const char *key, double otherwise)
{
	const struct cJSON *v = gp_json_get(o, key);

	return v && cJSON_IsNumber(v) && isfinite(v->valuedouble) ? v->valuedouble : otherwise;
}

long long gp_json_int(const struct cJSON *o, const char *key, long long otherwise)
{
	const struct cJSON *v = gp_json_get(o, key);

	/* false for NaN too */
	if (v && cJSON_IsNumber(v) && fabs(v->valuedouble) <= exact)
		return (long long)v->valuedouble;
	return otherwise;
}

bool gp_json_bool(const struct cJSON *o, const char *key, bool otherwise)
{
	const struct cJSON *v = gp_json_get(o, key);

	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : otherwise;
}

const char *gp_json_key(const struct cJSON *member)
{
	return member ? member->string : NULL;
}

bool gp_json_is_object(const struct cJSON *j)
{
	return cJSON_IsObject(j);
}

bool gp_json_is_array(const struct cJSON *j)
{
	return cJSON_IsArray(j);
}

struct cJSON *gp_json_first(const struct cJSON *a)
{
	return a ? a->child : NULL;
}

struct cJSON *gp_json_next(const struct cJSON *c)
{
	return c ? c->next : NULL;
}

size_t gp_json_count(const struct cJSON *a)
{
	return (size_t)cJSON_GetArraySize(a);
}

struct cJSON *gp_json_object(void)
{
	return cJSON_CreateObject();
}

struct cJSON *gp_json_array(void)
{
	return cJSON_CreateArray();
}

struct cJSON *gp_json_string(const char *s)
{
	return s ? cJSON_CreateString(s) : NULL;
}

struct cJSON *gp_json_raw(const char *json)
{
	return cJSON_CreateRaw(json);
}

struct cJSON *gp_json_copy(const struct cJSON *j)
{
	return cJSON_Duplicate(j, true);
}

void gp_json_put(struct cJSON *o, const char *key, struct cJSON *v)
{
	bool taken = false;

	if (v && gp_json_get(o, key))
		taken = cJSON_ReplaceItemInObjectCaseSensitive(o, key, v);
	else if (v && cJSON_IsObject(o))
		taken = cJSON_AddItemToObject(o, key, v);
	if (!taken)
		cJSON_Delete(v);
}

void gp_json_append(struct cJSON *o, const char *key, struct cJSON *v)
{
	if (!cJSON_IsObject(o) || !cJSON_AddItemToObject(o, key, v))
		cJSON_Delete(v);
}

struct cJSON *gp_json_boolean(bool b)
{
	return cJSON_CreateBool(b);
}

struct cJSON *gp_json_last(const struct cJSON *a)
{
	/* the first child's prev is the last: so cJSON appends in one step */
	return a && a->child ? a->child->prev : NULL;
}

void gp_json_put_str(struct cJSON *o, const char *key, const char *s)
{
	gp_json_put(o, key, gp_json_string(s));
}

void gp_json_put_int(struct cJSON *o, const char *key, long long n)
{
	gp_json_put(o, key, cJSON_CreateNumber((double)n));
}

void gp_json_put_num(struct cJSON *o, const char *key, double n)
{
	gp_json_put(o, key, cJSON_CreateNumber(n));
}

void gp_json_put_bool(struct cJSON *o, const char *key, bool b)
{
	gp_json_put(o, key, cJSON_CreateBool(b));
}

void gp_json_push(struct cJSON *a, struct cJSON *v)
{
	if (!cJSON_IsArray(a) || !cJSON_AddItemToArray(a, v))
		cJSON_Delete(v);
}

void gp_json_push_str(struct cJSON *a, const char *s)
{
	gp_json_push(a, gp_json_string(s));
}

/* Length of the UTF-8 sequence at the start of s, 0 when there is none. */
static size_t sequence(struct gp_slice s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (gp_utf8_valid((struct gp_slice){s.p, n}))
			return n;
	return 0;
}

void gp_json_put_bytes(struct cJSON *o, const char *key, struct gp_slice s)
{
	gp_auto(gp_buf) b = {.max = SIZE_MAX / 4};
	size_t run = 0;

	if (memchr(s.n ? s.p : "", 0, s.n) == NULL && gp_utf8_valid(s)) {
		gp_buf_slice(&b, s);
		s.n = 0;
	}
	while (run < s.n) {
		size_t n = sequence((struct gp_slice){s.p + run, s.n - run});

		if (n && s.p[run])
			gp_buf_add(&b, s.p + run, n);
		else
			gp_buf_str(&b, "\xef\xbf\xbd");
		run += n ? n : 1;
	}
	gp_json_put_str(o, key, gp_buf_text(&b));
}

struct cJSON *gp_json_detach(struct cJSON *o, const char *key)
{
	struct cJSON *v = gp_json_get(o, key);

	return v ? cJSON_DetachItemViaPointer(o, v) : NULL;
}
