#include <stdlib.h>
#include <string.h>

#include "lib/forge/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* Any address: what comes of it is a URL without a way out of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto_str char *address = gp_strndup((const char *)data, size);
	gp_auto(gp_forge_place) p = {0};
	gp_auto(gp_buf) url = {0};
	int e = gp_forge_place_read(&p, address, "auto", NULL);

	must(e == 0 || e == GP_NOTFOUND || e == GP_INVALID);
	if (e)
		return 0;
	must(p.kind != GP_FORGE_NONE && strchr(p.project, '/') && !strstr(p.project, ".."));
	must(gp_starts(p.project, p.owner));
	gp_forge_compare(&url, &p, "main", address);
	must(gp_starts(gp_buf_text(&url), "https://"));
	for (const char *c = gp_buf_text(&url); *c; c++)
		must((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f);
	return 0;
}
