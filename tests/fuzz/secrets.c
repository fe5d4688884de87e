#include <stdlib.h>

#include "lib/vet/secrets.h"
#include "tests/built.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* Whatever the text: findings lie in it, in order, apart, and what is shown of one hides it. */
static void scan(struct gp_secrets *s, struct gp_slice text, const char *path)
{
	gp_auto(gp_secret_list) l = {0};
	size_t end = 0;
	int e = gp_secrets_scan(&l, s, text, path);

	must(e == 0 || e == GP_LIMIT);
	for (size_t i = 0; i < l.n; i++) {
		gp_auto(gp_buf) shown = {0};

		must(l.v[i].from >= end && l.v[i].n > 0 && l.v[i].from + l.v[i].n <= text.n);
		end = l.v[i].from + l.v[i].n;
		gp_secret_redact(&shown, (struct gp_slice){text.p + l.v[i].from, l.v[i].n});
		must(gp_utf8_valid(gp_buf_all(&shown)) && shown.n < 60);
	}
}

static void parse(struct gp_slice text)
{
	gp_auto(gp_rules) r = {0};

	must(gp_rules_parse(&r, text) == 0 || gp_starts(gp_message(), "cannot read the rule") ||
	     gp_starts(gp_message(), "the rule in line"));
	for (size_t i = 0; i < r.n; i++)
		must(r.v[i].id && r.v[i].what && r.v[i].shape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gp_secrets *s;
	struct gp_slice text = {(const char *)data, size};

	if (!s) {
		use_built_secrets();
		must(gp_secrets_open(&s) == 0);
	}
	scan(s, text, NULL);
	scan(s, text, "tests/a.c");
	parse(text);
	return 0;
}
