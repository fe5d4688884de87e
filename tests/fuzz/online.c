#include <stdlib.h>
#include <string.h>

#include "lib/vet/online.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void count(void *ctx, size_t i, const char *id)
{
	must(i < *(size_t *)ctx && *id && strlen(id) <= 64);
}

static void read_osv(struct gp_slice body)
{
	struct gp_osv_advisory a;
	size_t n = 2;

	gp_osv_read(body, n, count, &n);
	gp_osv_advisory(&a, body, "npm", "left-pad", "1.0.0");
	for (const char *p = a.fixed; *p; p++)
		must(*p > ' ' && *p < 127);
}

/* The first line is an ecosystem, the rest the answer to the one and the other question. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice rest = {(const char *)data, size}, line = {0};
	const struct gp_registry *r;

	if (!gp_line(&line, &rest) || line.n > 100 || memchr(line.p, 0, line.n))
		return 0;
	gp_auto_str char *name = gp_strndup(line.p, line.n);
	read_osv(rest);
	r = gp_registry_of(name);
	for (int step = 0; r && step < 2; step++) {
		gp_auto(gp_registry_facts) f = {0};

		gp_registry_read(&f, r, "@a/b..c:d", 200, rest, step);
		must(!f.next.n || *gp_buf_text(&f.next) == '/');
		for (size_t i = 0; i < f.next.n; i++)
			must(f.next.p[i] > ' ' && f.next.p[i] < 127);
	}
	return 0;
}
