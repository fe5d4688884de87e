#include <stdlib.h>
#include <string.h>

#include "lib/preview/vet.h"
#include "lib/vet/sarif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* What an analyzer says, and what git tells a pre-push hook. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice text = {(const char *)data, size};
	gp_auto(gp_findings) f = {0};
	gp_auto(gp_findings) none = {0};
	gp_auto(gp_findings) new = {0};
	gp_auto(gp_findings) again = {0};
	gp_auto(gp_history) h = {.remote = NULL};

	gp_sarif_read(&f, text, true);
	for (size_t i = 0; i < f.n; i++)
		must(f.v[i].rule && f.v[i].path && f.v[i].what && strlen(f.v[i].what) <= 300);
	gp_findings_new(&new, &none, &f);
	must(new.n == f.n);
	gp_findings_new(&again, &f, &f);
	must(again.n == 0);
	gp_vet_read_pushes(&h, text);
	for (size_t i = 0; i < h.tips.n; i++)
		must(strlen(h.tips.v[i]) == 40 || strlen(h.tips.v[i]) == 64);
	return 0;
}
