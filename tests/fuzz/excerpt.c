#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/context/excerpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First line: a request, and a glob; the rest: a file. Excerpts are runs of the file's own bytes,
 * in order, apart from each other, within the room they were given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gp_auto(gp_terms) terms = {0};
	struct gp_slice rest = {(const char *)data, size}, request = {"", 0};
	struct gp_excerpts e;
	size_t bytes = 0, room = size / 2;
	const char *at;

	gp_line(&request, &rest);
	at = rest.p;
	gp_auto_str char *glob = gp_strndup(request.p, request.n);
	gp_glob_match(glob, "src/a/file.test.js");
	gp_terms_of(&terms, request);
	gp_excerpts_of(&e, rest, &terms, room);
	for (size_t i = 0; i < e.n; i++) {
		if (e.v[i].text.p < at || e.v[i].text.p + e.v[i].text.n > rest.p + rest.n ||
		    e.v[i].from > e.v[i].to || e.v[i].to > e.lines)
			abort();
		at = e.v[i].text.p + e.v[i].text.n;
		bytes += e.v[i].text.n;
	}
	if (bytes > room)
		abort();
	return 0;
}
