#include <string.h>

#include "lib/trial/findings.h"
#include "lib/trial/locked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		__builtin_trap();
}

static int read_before(void *ctx, struct gp_buf *out, const char *path)
{
	const struct gp_slice *s = ctx;

	return path[0] == 'o' ? gp_buf_slice(out, *s) : GP_NOTFOUND;
}

/* Reads the bytes as test and code of several languages, against other parts of themselves. */
static void find(struct gp_slice a, struct gp_slice b)
{
	static const char *const paths[] = {"old.py", "new.js", "new.sh", "old.test.js",
	                                    "test_new.py"};
	gp_auto(gp_changes) all = {0};
	gp_auto(gp_changes) tests = {0};
	gp_auto(gp_trial_findings) f = {0};
	const struct gp_trial_findings_input in = {&all, &tests, b, read_before, &b};

	for (size_t i = 0; i < GP_COUNT(paths); i++) {
		gp_changes_set(&all, paths[i], 0100644, i % 2 ? a : b);
		if (i > 2)
			gp_changes_set(&tests, paths[i], 0100644, i % 2 ? a : b);
	}
	gp_trial_findings_read(&f, &in);
	must(f.n <= GP_FINDINGS_MAX);
	for (size_t i = 0; i < f.n; i++) {
		must(f.v[i].line > 0 && gp_utf8_valid(gp_slice(f.v[i].text)));
		must(strlen(f.v[i].text) <= 160 && !strpbrk(f.v[i].text, "\n\x1b"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"package.json", "Cargo.toml", "Makefile", "pom.xml",
	                                    "build.gradle"};
	struct gp_slice a = {(const char *)data, size / 2};
	struct gp_slice b = {(const char *)data + size / 2, size - size / 2};

	find(a, b);
	for (size_t i = 0; i < GP_COUNT(paths); i++) {
		gp_auto(gp_buf) what = {0};

		must(!gp_locked_part(&what, paths[i], a, a, false));
		must(!gp_locked_part(&what, paths[i], b, b, true));
		gp_locked_part(&what, paths[i], a, b, size % 2);
		must(gp_utf8_valid(gp_buf_all(&what)));
	}
	gp_auto(gp_buf) what = {0};
	must(!gp_locked_test(&what, "a.py", a, a));
	gp_locked_test(&what, "a.py", a, b);
	return 0;
}
