#include "lib/trial/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"

#define MOST_BYTES ((size_t)32 << 20)
#define MOST_TESTS 100000 /* reading more back would take more memory than we want to */
#define OUTPUT_KEPT ((size_t)64 << 10)

static void path_of(struct gp_buf *out, const char *dir, const char *key)
{
	gp_buf_fmt(out, "%s/%016llx.json", dir,
	           (unsigned long long)gp_hash(GP_HASH, key, strlen(key)));
}

static void read_tests(struct gp_report *out, const struct cJSON *tests)
{
	size_t n = gp_json_count(tests);

	out->v = gp_alloc(n * sizeof(*out->v));
	out->cap = n;
	for (const struct cJSON *t = gp_json_first(tests); t; t = gp_json_next(t)) {
		const char *id = gp_json_str(t, "id");
		const char *message = gp_json_str(t, "message");
		long long state = gp_json_int(t, "state", GP_TEST_ERROR);

		if (!id || state < GP_TEST_PASS || state > GP_TEST_TODO)
			continue;
		out->v[out->n++] = (struct gp_test){
			.id = gp_strdup(id),
			.state = (enum gp_test_state)state,
			.message = message ? gp_strdup(message) : NULL,
			.collect = gp_json_bool(t, "collect", false),
		};
	}
}

/* The report's format is a static string: only words we know come back from a file. */
static const char *known_format(const char *word)
{
	static const char *const words[] = {"tap",   "unittest", "pytest",  "node",  "bats",
	                                    "mocha", "jest",     "vitest",  "go",    "go-json",
	                                    "cargo", "automake", "gtest",   "meson", "totals",
	                                    "ctest", "junit",    "several", "exit"};

	for (size_t i = 0; word && i < GP_COUNT(words); i++)
		if (strcmp(words[i], word) == 0)
			return words[i];
	return "unknown";
}

int gp_cache_read(struct gp_trial_result *out, const char *dir, const char *key)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = MOST_BYTES};
	gp_auto_json struct cJSON *j = NULL;
	const char *kept;
	long long kind;

	path_of(&path, dir, key);
	if (gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), MOST_BYTES, true) ||
	    gp_json_parse(&j, gp_buf_all(&text)))
		return gp_fail(GP_NOTFOUND, "no result kept");
	kept = gp_json_str(j, "key");
	kind = gp_json_int(j, "kind", -1);
	if (!kept || strcmp(kept, key) != 0 || kind < GP_REPORT_NONE || kind > GP_REPORT_TESTS)
		return gp_fail(GP_NOTFOUND, "no result kept");
	out->report.kind = (enum gp_report_kind)kind;
	out->report.format = known_format(gp_json_str(j, "format"));
	out->report.passed = (long)gp_json_int(j, "passed", 0);
	out->report.failed = (long)gp_json_int(j, "failed", 0);
	out->report.errors = (long)gp_json_int(j, "errors", 0);
	out->report.skipped = (long)gp_json_int(j, "skipped", 0);
	out->report.bailed = gp_json_bool(j, "bailed", false);
	out->report.incomplete = gp_json_bool(j, "incomplete", false);
	read_tests(&out->report, gp_json_get(j, "tests"));
	if (gp_json_str(j, "output"))
		gp_buf_str(&out->output, gp_json_str(j, "output"));
	out->exit = (int)gp_json_int(j, "exit", -1);
	out->signal = (int)gp_json_int(j, "signal", 0);
	out->truncated = gp_json_bool(j, "truncated", false);
	out->ms = (long)gp_json_int(j, "ms", 0);
	out->cached = true;
	utimensat(AT_FDCWD, gp_buf_text(&path), NULL, 0);
	return 0;
}

static void put_totals(struct cJSON *j, const struct gp_report *r)
{
	gp_json_put_int(j, "kind", r->kind);
	gp_json_put_str(j, "format", r->format);
	gp_json_put_int(j, "passed", r->passed);
	gp_json_put_int(j, "failed", r->failed);
	gp_json_put_int(j, "errors", r->errors);
	gp_json_put_int(j, "skipped", r->skipped);
	gp_json_put_bool(j, "bailed", r->bailed);
	gp_json_put_bool(j, "incomplete", r->incomplete);
}

/* One by one: the tree of 200,000 tests would take many times their memory. */
static struct cJSON *tests_json(const struct gp_report *r)
{
	gp_auto(gp_buf) text = {.max = MOST_BYTES};
	int e = gp_buf_chr(&text, '[');

	for (size_t i = 0; !e && i < r->n; i++) {
		gp_auto_json struct cJSON *o = gp_json_object();
		const struct gp_test *t = &r->v[i];

		gp_json_put_bytes(o, "id", gp_slice(t->id));
		gp_json_put_int(o, "state", t->state);
		if (t->message)
			gp_json_put_bytes(o, "message", gp_slice(t->message));
		if (t->collect)
			gp_json_put_bool(o, "collect", true);
		e = gp_buf_str(&text, i ? "," : "");
		if (!e)
			e = gp_json_print(&text, o);
	}
	return e || gp_buf_chr(&text, ']') ? NULL : gp_json_raw(gp_buf_text(&text));
}

void gp_cache_write(const char *dir, const char *key, const struct gp_trial_result *r)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = MOST_BYTES};
	gp_auto(gp_buf) output = {0};
	gp_auto_json struct cJSON *j = gp_json_object();
	struct cJSON *tests = r->report.n > MOST_TESTS ? NULL : tests_json(&r->report);

	if (!tests)
		return;
	gp_json_put_str(j, "key", key);
	put_totals(j, &r->report);
	gp_json_put_int(j, "exit", r->exit);
	gp_json_put_int(j, "signal", r->signal);
	gp_json_put_bool(j, "truncated", r->truncated);
	gp_json_put_int(j, "ms", r->ms);
	gp_json_put(j, "tests", tests);
	gp_buf_middle_out(&output, gp_buf_all(&r->output), OUTPUT_KEPT);
	gp_json_put_bytes(j, "output", gp_buf_all(&output));
	path_of(&path, dir, key);
	if (gp_json_print(&text, j) == 0 && gp_file_mkdirs(dir) == 0)
		gp_file_put(gp_buf_text(&path), gp_buf_all(&text), 0600);
}

struct aged {
	char name[40]; /* temporaries of killed writers too */
	long long when, bytes;
};

static int oldest_first(const void *a, const void *b)
{
	long long x = ((const struct aged *)a)->when, y = ((const struct aged *)b)->when;

	return x < y ? -1 : x > y;
}

/* The files of a folder, the oldest first; the caller frees. */
static struct aged *list(size_t *n, DIR *d)
{
	struct aged *v = NULL;
	size_t cap = 0;
	struct dirent *e;
	struct stat st;

	*n = 0;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || strlen(e->d_name) >= sizeof(v->name) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (*n == cap) {
			cap = cap ? 2 * cap : 64;
			v = gp_realloc(v, cap * sizeof(*v));
		}
		memcpy(v[*n].name, e->d_name, strlen(e->d_name) + 1);
		v[*n].bytes = (long long)st.st_blocks * 512;
		v[(*n)++].when = st.st_mtime;
	}
	if (*n)
		qsort(v, *n, sizeof(*v), oldest_first);
	return v;
}

void gp_cache_trim(const char *dir, size_t most)
{
	DIR *d = opendir(dir);
	size_t n;
	struct aged *v = list(&n, d);

	for (size_t i = 0; i + most < n; i++)
		unlinkat(dirfd(d), v[i].name, 0);
	gp_free(v);
	if (d)
		closedir(d);
}

void gp_cache_prune(const char *dir, struct gp_prune *p)
{
	DIR *d = opendir(dir);
	size_t n;
	struct aged *v = list(&n, d);

	for (size_t i = 0; i < n; i++)
		p->kept += v[i].bytes;
	for (size_t i = 0; i < n; i++) {
		if (v[i].when >= p->since && (p->bytes < 0 || p->kept <= p->bytes))
			continue;
		if (!p->dry && unlinkat(dirfd(d), v[i].name, 0))
			continue;
		p->kept -= v[i].bytes;
		p->freed += v[i].bytes;
		p->results++;
	}
	gp_free(v);
	if (d)
		closedir(d);
}
