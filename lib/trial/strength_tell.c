#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/trial/strength.h"

static void spots_clear(struct gp_spots *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_free(s->v[i].path);
	gp_free(s->v);
	*s = (struct gp_spots){0};
}

void gp_spots_add(struct gp_spots *s, const char *path, long first, long last, const char *what)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 8;
		s->v = gp_realloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct gp_spot){gp_strdup(path), first, last, what};
}

static int by_place(const void *a, const void *b)
{
	const struct gp_spot *x = a, *y = b;
	int by_path = strcmp(x->path, y->path);

	return by_path ? by_path : (x->first > y->first) - (x->first < y->first);
}

void gp_spots_sort(struct gp_spots *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_place);
}

void gp_spot_text(struct gp_buf *out, const struct gp_spot *s)
{
	gp_buf_str(out, s->path);
	if (s->first)
		gp_buf_fmt(out, ":%ld", s->first);
	if (s->last != s->first)
		gp_buf_fmt(out, "-%ld", s->last);
}

void gp_strength_clear(struct gp_strength *s)
{
	spots_clear(&s->unnoticed);
	spots_clear(&s->survived);
	gp_list_clear(&s->asserted);
	*s = (struct gp_strength){0};
}

bool gp_strength_known(const struct gp_strength *s)
{
	return s->left < s->hunks;
}

void gp_strength_words(struct gp_buf *out, const struct gp_strength *s)
{
	if (s->hunks == 0) {
		gp_buf_str(out, "no code to take away");
		return;
	}
	gp_buf_fmt(out, "%zu of %zu hunk%s noticed", s->noticed, s->hunks,
	           s->hunks == 1 ? "" : "s");
	if (s->broken)
		gp_buf_fmt(out, ", %zu break%s the build", s->broken, s->broken == 1 ? "s" : "");
	if (s->left)
		gp_buf_fmt(out, ", %zu not tried", s->left);
	if (s->mutants)
		gp_buf_fmt(out, "; %zu of %zu mutant%s noticed", s->killed, s->mutants,
		           s->mutants == 1 ? "" : "s");
}

static struct cJSON *spots(const struct gp_spots *s)
{
	struct cJSON *a = gp_json_array();

	for (size_t i = 0; i < s->n; i++) {
		struct cJSON *o = gp_json_object();

		gp_json_put_bytes(o, "path", gp_slice(s->v[i].path));
		gp_json_put_int(o, "first", s->v[i].first);
		gp_json_put_int(o, "last", s->v[i].last);
		gp_json_put_str(o, "what", s->v[i].what);
		gp_json_push(a, o);
	}
	return a;
}

struct cJSON *gp_strength_json(const struct gp_strength *s)
{
	struct cJSON *o = gp_json_object();

	gp_json_put_int(o, "hunks", (long long)s->hunks);
	gp_json_put_int(o, "noticed", (long long)s->noticed);
	gp_json_put_int(o, "broken", (long long)s->broken);
	gp_json_put_int(o, "left", (long long)s->left);
	gp_json_put_int(o, "mutants", (long long)s->mutants);
	gp_json_put_int(o, "killed", (long long)s->killed);
	gp_json_put(o, "unnoticed", spots(&s->unnoticed));
	gp_json_put(o, "survived", spots(&s->survived));
	gp_json_put_int(o, "ms", s->ms);
	return o;
}

bool gp_strength_asserts(const struct gp_strength *s, const struct gp_report *before)
{
	for (size_t i = 0; i < s->asserted.n; i++) {
		const struct gp_test *t = gp_report_find(before, s->asserted.v[i]);

		if (!t || t->state != GP_TEST_PASS)
			return true;
	}
	return s->assertion;
}
