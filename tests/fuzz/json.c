/* What is taken prints as text that is taken again and prints the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto_json struct cJSON *again = NULL;
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) b = {0};

	if (gp_json_parse(&j, (struct gp_slice){(const char *)data, size}) != 0)
		return 0;
	if (gp_json_print(&a, j) != 0 || gp_json_parse(&again, gp_buf_all(&a)) != 0)
		abort();
	if (gp_json_print(&b, again) != 0 || strcmp(a.p, b.p) != 0)
		abort();
	for (struct cJSON *c = gp_json_first(j); c; c = gp_json_next(c))
		(void)(gp_json_int(j, gp_json_key(c) ? gp_json_key(c) : "", 0) + 1);
	return 0;
}
