#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/context/context.h"

#define M "[secret masked]"

/* Tokens are put together from two halves, so that no scanner takes this file for a leak. */
static const char *const secrets[][2] = {
	{"id = AKIA"
         "IOSFODNN7QWERTYU\n",
         "id = " M "\n"},
	{"x ghp_"
         "16C7e42F292c6912E7710c838347Ae178B4a y",
         "x " M " y"},
	{"github_pat_"
         "11ABCDEFG0123456789ab_cdefghij",
         M},
	{"key: sk-"
         "proj-4f9Jq2Lx8ZpR7vTn3KdW6sYb",
         "key: " M},
	{"(sk-"
         "ant-api03-9fKq2Lx8ZpR7vTn3KdW6sYb)",
         "(" M ")"},
	{"xoxb-"
         "2048731958-8fK2Lq9Zp",
         M},
	{"glpat-"
         "x9Kq2Lz8ZpR7vTn3KdW6",
         M},
	{"AIza"
         "SyD9fKq2Lx8ZpR7vTn3KdW6sYbH1mCwQe0u",
         M},
	{"npm_"
         "9fKq2Lx8ZpR7vTn3KdW6sYbH1mCwQe0uAb3d",
         M},
	{"Bearer eyJ"
         "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
         "Bearer " M},
	{"password = \"hT7!kq9zLp\"", "password = \"" M "\""},
	{"DB_PASSWORD=hT7kq9zLpW\n", "DB_PASSWORD=" M "\n"},
	{"\"client_secret\": \"a8f5f167f44f4964e6c998dee827110c\",",
         "\"client_secret\": \"" M "\","},
	{"apiKey: 'Zx81kQ04mmP2', // prod", "apiKey: '" M "', // prod"},
	{"'token' => 'Zx81kQ04mmP2'", "'token' => '" M "'"},
	{"api_key := \"Zx81kQ04mmP2\"", "api_key := \"" M "\""},
	{"postgres://shop:hT7kq9zL@db.internal/shop", "postgres://shop:" M "@db.internal/shop"},
	{"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq2Lx8ZpR7vTn3KdW6sYbH1m\n"
         "-----END RSA PRIVATE KEY-----\n",
         "-----BEGIN RSA PRIVATE KEY-----" M "\n\n-----END RSA PRIVATE KEY-----\n"},
	{"k = \"-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA7bq2Lx8ZpR7vTn3KdW6sYbH1m\", x)",
         "k = \"-----BEGIN PRIVATE KEY-----" M ", x)"},
};

static const char *const harmless[] = {
	"",
	"password = \"changeme\"",
	"password: process.env.DB_PASSWORD",
	"const token = tokens[i++];",
	"token = self.next_token2()",
	"password = \"<your-password-1>\"",
	"API_KEY=${API_KEY_2}",
	"API_KEY=your-key-here-123",
	"secret: \"test-secret-1\"",
	"if (password == null) return 8;",
	"class=\"sk-circle-fade-dot-animation\"",
	"https://example.com:8080/a@b",
	"postgres://postgres:postgres@localhost/db",
	"http://user:pass@host/",
	"-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA7bq2Lx8ZpR7vTn3KdW6sYbH1m\n-----END",
	"-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
	"eyJ is how a token begins",
	"commit 5ead97064c4eec21687f42d673e20a30b710e0fd",
	"\"integrity\": \"sha512-9fKq2Lx8ZpR7vTn3KdW6sYbH1mCwQe0uAb3d==\"",
	"static const char *token_names[] = {\"a1\", \"b2\"};",
	"maxTokens: 4096,",
	"SECRET_PATH=/run/secrets/key1",
};

static void secrets_are_masked(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(secrets); i++) {
		gp_auto(gp_buf) out = {0};

		assert_int_equal(gp_context_mask(&out, gp_slice(secrets[i][0])), 1);
		assert_string_equal(gp_buf_text(&out), secrets[i][1]);
	}
}

static void what_stands_for_a_secret_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(harmless); i++) {
		gp_auto(gp_buf) out = {0};

		assert_int_equal(gp_context_mask(&out, gp_slice(harmless[i])), 0);
		assert_string_equal(gp_buf_text(&out), harmless[i]);
	}
}

static void several_in_one_text_and_the_rest_is_kept(void **state)
{
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_buf_str(&out, "before ");
	assert_int_equal(gp_context_mask(&out, GP_SLICE("a xoxb-"
	                                                "2048731958-8fK2Lq9Zp b\0c\xff "
	                                                "PASSWORD='hT7!kq9zLp' d")),
	                 2);
	assert_int_equal(out.n,
	                 strlen("before a " M " b") + 1 + strlen("c\xff PASSWORD='" M "' d"));
	assert_memory_equal(out.p, "before a " M " b\0c\xff PASSWORD='" M "' d", out.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(what_stands_for_a_secret_stays),
		cmocka_unit_test(several_in_one_text_and_the_rest_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
