#include "lib/forge/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *address, *kind, *api;
	enum gp_forge_kind found;
	const char *host, *project, *owner, *base;
} known[] = {
	{"https://github.com/acme/shop.git", "auto", NULL, GP_FORGE_GITHUB, "github.com",
         "acme/shop", "acme", "https://api.github.com"},
	{"git@github.com:acme/shop.git", "auto", NULL, GP_FORGE_GITHUB, "github.com", "acme/shop",
         "acme", "https://api.github.com"},
	{"ssh://git@github.com:22/acme/shop", "auto", "", GP_FORGE_GITHUB, "github.com",
         "acme/shop", "acme", "https://api.github.com"},
	{"https://bot:x@github.acme.io/a/b/", "auto", NULL, GP_FORGE_GITHUB, "github.acme.io",
         "a/b", "a", "https://github.acme.io/api/v3"},
	{"https://acme.ghe.com/a/b", "auto", NULL, GP_FORGE_GITHUB, "acme.ghe.com", "a/b", "a",
         "https://api.acme.ghe.com"},
	{"git@gitlab.com:g/sub/shop.git", "auto", NULL, GP_FORGE_GITLAB, "gitlab.com", "g/sub/shop",
         "g/sub", "https://gitlab.com/api/v4"},
	{"https://code.acme.io:8443/a/b.git", "gitlab", NULL, GP_FORGE_GITLAB, "code.acme.io",
         "a/b", "a", "https://code.acme.io/api/v4"},
	{"https://codeberg.org/a/b", "auto", NULL, GP_FORGE_GITEA, "codeberg.org", "a/b", "a",
         "https://codeberg.org/api/v1"},
	{"http://127.0.0.1:3000/a/b", "gitea", "http://127.0.0.1:3000/api/v1/", GP_FORGE_GITEA,
         "127.0.0.1", "a/b", "a", "http://127.0.0.1:3000/api/v1"},
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(known); i++) {
		gp_auto(gp_forge_place) p = {0};

		assert_int_equal(
			gp_forge_place_read(&p, known[i].address, known[i].kind, known[i].api), 0);
		assert_int_equal(p.kind, known[i].found);
		assert_string_equal(p.host, known[i].host);
		assert_string_equal(p.project, known[i].project);
		assert_string_equal(p.owner, known[i].owner);
		assert_string_equal(p.api, known[i].base);
	}
}

static void test_unknown(void **state)
{
	static const struct {
		const char *address;
		int code;
	} cases[] = {
		{"/srv/git/shop.git", GP_NOTFOUND},
		{"../shop", GP_NOTFOUND},
		{"file:///srv/shop", GP_NOTFOUND},
		{"https://code.acme.io/a/b", GP_NOTFOUND},
		{"C:/shop", GP_NOTFOUND},
		{"https://github.com/", GP_INVALID},
		{"https://github.com/acme", GP_INVALID},
		{"https://github.com/a/../b", GP_INVALID},
		{"https://github.com/a//b", GP_INVALID},
		{"https://github.com/a/b c", GP_INVALID},
		{"https://github.com/a/b\nX: y", GP_INVALID},
		{"", GP_NOTFOUND},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_forge_place) p = {0};
		int e = gp_forge_place_read(&p, cases[i].address, "auto", NULL);

		if (e != cases[i].code)
			fail_msg("'%s': %d", cases[i].address, e);
	}
}

static void test_compare(void **state)
{
	static const struct {
		const char *address, *url;
	} cases[] = {
		{"https://github.com/a/b",
	         "https://github.com/a/b/compare/main...preview/x%23y?expand=1"},
		{"https://gitlab.com/a/b",
	         "https://gitlab.com/a/b/-/merge_requests/new?merge_request%5Bsource_branch%5D="
	         "preview%2Fx%23y&merge_request%5Btarget_branch%5D=main"},
		{"https://codeberg.org/a/b",
	         "https://codeberg.org/a/b/compare/main...preview/x%23y"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_forge_place) p = {0};
		gp_auto(gp_buf) out = {0};

		assert_int_equal(gp_forge_place_read(&p, cases[i].address, "auto", NULL), 0);
		gp_forge_compare(&out, &p, "main", "preview/x#y");
		assert_string_equal(gp_buf_text(&out), cases[i].url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
