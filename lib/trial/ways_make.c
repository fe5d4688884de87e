#include <string.h>

#include "lib/trial/scan.h"
#include "lib/trial/ways.h"

/* Whether a rule of the makefile has that target; "check: a" and "all check:" do, "check := a" and
 * ".PHONY: check" do not. */
static bool has_target(struct gp_slice text, const char *target)
{
	struct gp_slice line, word[GP_SCAN_MAX];

	while (gp_line(&line, &text)) {
		const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
		struct gp_slice names;

		if (!colon || line.p[0] == '\t' || line.p[0] == '#')
			continue;
		names = (struct gp_slice){line.p, (size_t)(colon - line.p)};
		if (colon + 1 < line.p + line.n && colon[1] == '=')
			continue;
		while (gp_scan(names = gp_trim(names), "%s", word)) {
			if (gp_slice_is(word[0], target))
				return true;
			names = gp_skip(names, word[0].n);
		}
	}
	return false;
}

static bool automake(struct gp_project *p, const struct gp_view *v)
{
	if (!gp_view_has(v, "Makefile.am") && !gp_view_has(v, "Makefile.in"))
		return false;
	if (gp_view_has(v, "configure"))
		gp_ways(p, "make", "configure", "make check", NULL, "./configure");
	else if (gp_view_has(v, "autogen.sh"))
		gp_ways(p, "make", "autogen.sh", "make check", NULL, "./autogen.sh && ./configure");
	else
		gp_ways(p, "make", "Makefile.am", "make check", NULL,
		        "autoreconf -i && ./configure");
	gp_list_add(&p->locks, p->setup_from);
	if (gp_view_has(v, "configure.ac"))
		gp_list_add(&p->locks, "configure.ac");
	return true;
}

bool gp_ways_make(struct gp_project *p, const struct gp_view *v)
{
	static const char *const files[] = {"GNUmakefile", "makefile", "Makefile"};
	static const char *const targets[] = {"check", "test", "tests"};

	for (size_t i = 0; i < GP_COUNT(files); i++) {
		gp_auto(gp_buf) text = {0};

		if (!gp_view_has(v, files[i]))
			continue;
		gp_view_read(&text, v, files[i]);
		for (size_t k = 0; k < GP_COUNT(targets); k++) {
			if (!has_target(gp_buf_all(&text), targets[k]))
				continue;
			gp_ways(p, "make", "", "", NULL, NULL);
			gp_way(&p->suite, "make %s", targets[k]);
			gp_way(&p->suite_from, "%s, target %s", files[i], targets[k]);
			return true;
		}
	}
	return automake(p, v);
}

/* The deepest folder that holds every *.bats file, "." when that is the top. */
static void bats_folder(struct gp_buf *out, const struct gp_view *v)
{
	const char *first = gp_view_test(v, ".bats");
	size_t n = (size_t)(strrchr(first, '/') ? strrchr(first, '/') - first : 0);

	for (size_t i = 0; i < v->tests.n; i++) {
		const char *path = v->tests.v[i];

		if (!gp_ends(path, ".bats"))
			continue;
		while (n && !(strncmp(path, first, n) == 0 && path[n] == '/'))
			do
				n--;
			while (n && first[n] != '/');
	}
	if (n)
		gp_buf_add(out, first, n);
	else
		gp_buf_chr(out, '.');
}

bool gp_ways_scripts(struct gp_project *p, const struct gp_view *v)
{
	gp_auto(gp_buf) folder = {0};
	const char *bats = gp_view_test(v, ".bats"), *t = NULL;
	const char *lib = gp_list_has(&v->tops, "lib") ? "l" : "";

	for (size_t i = 0; i < v->tests.n && !t; i++)
		if (gp_starts(v->tests.v[i], "t/") && gp_ends(v->tests.v[i], ".t"))
			t = v->tests.v[i];
	if (t) {
		gp_ways(p, "prove", "t/*.t", "", "", NULL);
		gp_way(&p->suite, "prove -%svr t", lib);
		gp_way(&p->only, "prove -%sv {files}", lib);
		return true;
	}
	if (!bats)
		return false;
	bats_folder(&folder, v);
	gp_ways(p, "bats", bats, "", "bats --tap {files}", NULL);
	gp_way(&p->suite, "bats --tap -r %s", gp_buf_text(&folder));
	return true;
}
