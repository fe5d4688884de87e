#include "lib/trial/flaky.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/trial/verdict.h"

#define DOUBTED 200 /* more tests than that do not fail by chance */

void gp_flaky_clear(struct gp_flaky *f)
{
	for (size_t i = 0; i < f->n; i++)
		gp_free(f->v[i].id);
	gp_free(f->v);
	*f = (struct gp_flaky){0};
}

static struct gp_flaky_test *find(const struct gp_flaky *f, const char *id)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].id, id) == 0)
			return &f->v[i];
	return NULL;
}

void gp_flaky_doubt(struct gp_flaky *f, const struct gp_list *lost)
{
	for (size_t i = 0; i < lost->n && f->n < DOUBTED; i++) {
		if (find(f, lost->v[i]))
			continue;
		f->v = gp_realloc(f->v, (f->n + 1) * sizeof(*f->v));
		f->v[f->n++] = (struct gp_flaky_test){
			.id = gp_strdup(lost->v[i]), .before = 1, .after = 1, .bad_after = 1};
	}
}

/* A runner that names failing tests alone passes the others; what has no name anywhere stands for
 * all that such a runner does not name. */
static bool is_bad(const char *id, const struct gp_report *first, const struct gp_report *again)
{
	const struct gp_test *t = gp_report_find(again, id);
	gp_auto(gp_list) failed = {0};
	gp_auto(gp_list) vanished = {0};

	if (t)
		return t->state != GP_TEST_PASS;
	if (again->kind == GP_REPORT_TESTS)
		return true;
	return !gp_suite_holds(&failed, &vanished, first, again) &&
	       (failed.n == 0 || !gp_report_find(again, failed.v[0]));
}

void gp_flaky_count(struct gp_flaky *f, bool on_base, const struct gp_report *first,
                    const struct gp_report *again)
{
	for (size_t i = 0; i < f->n; i++) {
		struct gp_flaky_test *t = &f->v[i];
		bool bad = is_bad(t->id, first, again);

		*(on_base ? &t->before : &t->after) += 1;
		*(on_base ? &t->bad_before : &t->bad_after) += bad;
	}
}

static bool is_flaky(const struct gp_flaky_test *t)
{
	return t->bad_before > 0 || t->bad_after < t->after;
}

bool gp_flaky_open(const struct gp_flaky *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].bad_before)
			return true;
	return false;
}

bool gp_flaky_is(const struct gp_flaky *f, const char *id)
{
	const struct gp_flaky_test *t = find(f, id);

	return t && is_flaky(t);
}

void gp_flaky_spare(struct gp_list *lost, const struct gp_flaky *f)
{
	gp_auto(gp_list) rest = {0};

	for (size_t i = 0; f && i < lost->n; i++)
		if (!gp_flaky_is(f, lost->v[i]))
			gp_list_add(&rest, lost->v[i]);
	if (!f)
		return;
	gp_list_clear(lost);
	for (size_t i = 0; i < rest.n; i++)
		gp_list_add(lost, rest.v[i]);
}

void gp_flaky_tell(struct gp_list *loose, struct gp_list *weak, const struct gp_flaky *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct gp_flaky_test *t = &f->v[i];

		if (is_flaky(t))
			gp_list_fmt(t->bad_before ? loose : weak,
			            "an old test is flaky, it failed in %zu of %zu runs on the "
			            "base and %zu of %zu with the change: %s",
			            t->bad_before, t->before, t->bad_after, t->after, t->id);
	}
}

size_t gp_flaky_n(const struct gp_flaky *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += is_flaky(&f->v[i]);
	return n;
}

struct cJSON *gp_flaky_json(const struct gp_flaky *f)
{
	struct cJSON *all = gp_json_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct gp_flaky_test *t = &f->v[i];
		struct cJSON *j = is_flaky(t) ? gp_json_object() : NULL;

		if (!j)
			continue;
		gp_json_put_bytes(j, "id", gp_slice(t->id));
		gp_json_put_int(j, "base_runs", (long long)t->before);
		gp_json_put_int(j, "base_failed", (long long)t->bad_before);
		gp_json_put_int(j, "runs", (long long)t->after);
		gp_json_put_int(j, "failed", (long long)t->bad_after);
		gp_json_push(all, j);
	}
	return all;
}
