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

/* The first line is the path, the rest its text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice rest = {(const char *)data, size}, line = {0};

	if (!gp_line(&line, &rest) || line.n > 100 || memchr(line.p, 0, line.n))
		return 0;
	gp_auto_str char *path = gp_strndup(line.p, line.n);
	read_as(path, rest);
	return 0;
}
