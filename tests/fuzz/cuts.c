#include <stdlib.h>
#include <string.h>

#include "lib/trial/cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is cut must lie in the text and on the lines it names. */
static void check(const struct gp_cuts *c, struct gp_slice new)
{
	struct gp_slice rest = new, line;
	long lines = 0;

	while (gp_line(&line, &rest))
		lines++;
	for (size_t i = 0; i < c->n; i++) {
		const struct gp_cut *cut = &c->v[i];
		gp_auto(gp_buf) text = {0};

		if (cut->back)
			continue;
		if (cut->at > new.n || cut->n > new.n - cut->at || cut->first < 1 ||
		    cut->last < cut->first || cut->last > (lines ? lines : 1))
			abort();
		gp_cut_text(&text, cut, new);
		if (text.n != new.n - cut->n + cut->put.n || gp_slice_eq(gp_buf_all(&text), new))
			abort();
	}
}

/* First line: a path; then the old text, a line "=", the new text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice rest = {(const char *)data, size}, path = {"", 0}, line;
	struct gp_cut_side old = {0}, new = {.mode = 0100644};
	gp_auto(gp_cuts) hunks = {0};
	gp_auto(gp_cuts) mutants = {0};
	const char *at;

	if (size > 20000 || !gp_line(&path, &rest) || memchr(path.p, 0, path.n))
		return 0;
	at = rest.p;
	while (gp_line(&line, &rest) && !gp_slice_is(line, "="))
		;
	old.text = (struct gp_slice){at, (size_t)(rest.p - at)};
	old.mode = old.text.n > 2 ? 0100644 : 0;
	new.text = rest;
	gp_auto_str char *name = gp_strndup(path.p, path.n);
	if (gp_cuts_hunks(&hunks, name, &old, &new))
		abort();
	gp_cuts_sort(&hunks);
	check(&hunks, new.text);
	gp_cuts_mutants(&mutants, name, new.text, &hunks);
	gp_cuts_choose(&mutants);
	check(&mutants, new.text);
	return 0;
}
