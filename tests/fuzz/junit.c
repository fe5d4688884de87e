#include "lib/trial/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto(gp_report) r = {0};

	gp_report_junit(&r, (struct gp_slice){(const char *)data, size});
	for (size_t i = 0; i < r.n; i++)
		if (!gp_utf8_valid(gp_slice(r.v[i].id)))
			__builtin_trap();
	return 0;
}
