#include <stdlib.h>
#include <string.h>

#include "lib/vet/dependencies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* Whatever the bytes: entries are whole, and a failure is one of those promised. */
static void read_as(const char *path, struct gp_slice text)
{
	gp_auto(gp_deps) d = {0};
	int e = gp_deps_read(&d, path, text);

	must(e == 0 || e == GP_INVALID || e == GP_LIMIT);
	for (size_t i = 0; i < d.n; i++)
		must(d.v[i].ecosystem && d.v[i].name && strlen(d.v[i].name) <= 300 &&
		     d.v[i].version && d.v[i].line <= text.n + 1);
	for (size_t i = 0; i < d.nedges; i++)
		must(d.edges[i].from && d.edges[i].version && d.edges[i].to);
}

/* Half of the text is what it was before. */
static void vet_as(const char *path, struct gp_slice text)
{
	const char *cut = gp_find(text, "\n====\n");
	struct gp_slice old = {text.p, cut ? (size_t)(cut - text.p) : text.n / 2};
	size_t from = old.n + (cut ? 6 : 0);
	struct gp_deps_file files[] = {{path, old, {text.p + from, text.n - from}},
	                               {"package.json", old, old},
	                               {"package-lock.json", old, text}};
	struct gp_deps_input in = {
		.files = files, .n = 3, .request = "use a, b and react", .blocks = true};
	gp_auto(gp_popular) popular = {0};
	gp_auto(gp_findings) found = {0};

	must(gp_popular_parse(&popular, GP_SLICE("npm\treact @a/b lodash\nGo\ta.b/c\n")) == 0);
	in.popular = &popular;
	must(gp_deps_vet(&found, &in) == 0);
	for (size_t i = 0; i < found.n; i++)
		must(found.v[i].rule && found.v[i].what && found.v[i].path &&
		     gp_utf8_valid(gp_slice(found.v[i].shown)));
}

/* The first line is the path, the rest its text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice rest = {(const char *)data, size}, line = {0};

	if (!gp_line(&line, &rest) || line.n > 100 || memchr(line.p, 0, line.n))
		return 0;
	gp_auto_str char *path = gp_strndup(line.p, line.n);
	read_as(path, rest);
	vet_as(path, rest);
	return 0;
}
