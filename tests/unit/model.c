#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "lib/base/file.h"
#include "lib/model/model.h"

/* A conf of the given user text. */
static struct gp_conf *conf(const char *text)
{
	struct gp_conf *c;

	assert_int_equal(gp_conf_new(&c), 0);
	if (gp_conf_read(c, gp_slice(text), "config.ini", GP_FROM_USER))
		fail_msg("%s", gp_message());
	return c;
}

static int choose(struct gp_model *m, const char *text, const char *name)
{
	gp_auto_conf struct gp_conf *c = conf(text);

	return gp_model_choose(m, c, name);
}

static int bare(void **state)
{
	(void)state;
	unsetenv("OPENAI_API_KEY");
	unsetenv("ANTHROPIC_API_KEY");
	unsetenv("MY_KEY");
	setenv("GP_PRICES", "lib/model/prices.tsv", 1);
	return 0;
}

static void a_key_alone_is_enough(void **state)
{
	gp_auto(gp_model) m = {0};

	(void)state;
	setenv("OPENAI_API_KEY", "sk-one", 1);
	assert_int_equal(choose(&m, "", NULL), 0);
	assert_string_equal(m.api, "responses");
	assert_string_equal(m.url, "https://api.openai.com/v1");
	assert_string_equal(m.name, "gpt-6.2-sol");
	assert_string_equal(m.key, "sk-one");
	assert_string_equal(m.key_origin, "environment variable OPENAI_API_KEY");
	assert_string_equal(m.effort, "low");
	assert_int_equal(m.max_output, 32000);
	assert_int_equal(m.idle_ms, 300000);
	assert_true(m.price.in == 2 && m.price.out == 10);
	assert_null(m.price_unknown);
	assert_null(getenv("OPENAI_API_KEY"));
}

static void nothing_configured_names_the_ways(void **state)
{
	gp_auto(gp_model) m = {0};

	(void)state;
	assert_int_equal(choose(&m, "", NULL), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "OPENAI_API_KEY is not set"));
	assert_non_null(strstr(gp_message_hint(), "model.url"));
	assert_non_null(strstr(gp_message_hint(), "OPENAI_API_KEY"));
	setenv("ANTHROPIC_API_KEY", "sk-ant", 1);
	assert_int_equal(choose(&m, "", NULL), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "speaks the OpenAI Responses API only"));
	assert_null(strstr(gp_message(), "sk-ant"));
	assert_null(getenv("ANTHROPIC_API_KEY"));
	assert_null(m.key);
	setenv("OPENAI_API_KEY", "", 1);
	assert_int_equal(choose(&m, "", NULL), GP_NOTFOUND);
}

static void the_vendors_key_stays_with_the_vendor(void **state)
{
	gp_auto(gp_model) m = {0};

	(void)state;
	setenv("OPENAI_API_KEY", "sk-one", 1);
	assert_int_equal(choose(&m, "[model]\nurl = http://127.0.0.1:9/v1/\nname = local\n", NULL),
	                 0);
	assert_null(m.key);
	assert_null(m.key_origin);
	assert_null(m.effort);
	assert_string_equal(m.url, "http://127.0.0.1:9/v1");
	assert_string_equal(m.name, "local");
	assert_true(m.price.in < 0);
	assert_non_null(strstr(m.price_unknown, "'local'"));
	assert_null(getenv("OPENAI_API_KEY"));
}

static void sections_and_ids(void **state)
{
	static const char text[] = "[model]\nname = fast\neffort = high\n"
				   "[model.fast]\nurl = https://a.example/v1\nname = gpt-6-luna\n"
				   "key-env = MY_KEY\nmax-output = 500\nidle-timeout = 7\n"
				   "price-in = 4\nprice-write = 9\n"
				   "[model.slow]\nurl = http://localhost:8080\n";
	gp_auto(gp_model) m = {0};

	(void)state;
	setenv("MY_KEY", "k1", 1);
	assert_int_equal(choose(&m, text, NULL), 0);
	assert_string_equal(m.name, "gpt-6-luna");
	assert_string_equal(m.url, "https://a.example/v1");
	assert_string_equal(m.key, "k1");
	assert_string_equal(m.key_origin, "environment variable MY_KEY");
	assert_string_equal(m.effort, "high");
	assert_int_equal(m.max_output, 500);
	assert_int_equal(m.idle_ms, 7000);
	assert_true(m.price.in == 4 && m.price.write == 9 && m.price.out == 0.5);
	assert_true(m.price.cached > 0.39 && m.price.cached < 0.41);
	assert_true(m.price.in_long > 7.9 && m.price.in_long < 8.1);
	assert_null(getenv("MY_KEY"));
	assert_int_equal(choose(&m, text, "slow"), 0);
	assert_string_equal(m.url, "http://localhost:8080");
	assert_string_equal(m.name, "slow");
	assert_null(m.key);
	setenv("OPENAI_API_KEY", "sk-one", 1);
	assert_int_equal(choose(&m, text, "gpt-6-sol"), 0);
	assert_string_equal(m.name, "gpt-6-sol");
	assert_string_equal(m.url, "https://api.openai.com/v1");
	assert_string_equal(m.effort, "high");
}

static void a_section_without_a_name_is_called_by_its_own(void **state)
{
	gp_auto(gp_model) m = {0};

	(void)state;
	assert_int_equal(choose(&m, "[model.qwen3]\nurl = http://[::1]:1/v1\n", "qwen3"), 0);
	assert_string_equal(m.name, "qwen3");
}

static void keys_come_from_commands(void **state)
{
	gp_auto(gp_model) m = {0};

	(void)state;
	setenv("OPENAI_API_KEY", "sk-one", 1);
	/* the command is a child like any other: it sees no key */
	assert_int_equal(
		choose(&m, "[model]\nkey-command = echo \"k-${OPENAI_API_KEY:-none}\"\n", NULL), 0);
	assert_string_equal(m.key, "k-none");
	assert_string_equal(m.key_origin, "setting key-command");
	assert_int_equal(
		choose(&m, "[model]\nkey-command = echo secret; echo locked >&2; exit 3\n", NULL),
		GP_REFUSED);
	assert_non_null(strstr(gp_message(), "status 3: locked"));
	assert_null(strstr(gp_message(), "secret"));
	assert_null(m.key);
	assert_int_equal(choose(&m, "[model]\nkey-command = true\n", NULL), GP_REFUSED);
	assert_non_null(strstr(gp_message(), "printed nothing"));
}

static void what_cannot_be_used_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} rows[] = {
		{"[model]\nurl = http://models.example/v1\nkey-env = MY_KEY\n", GP_REFUSED,
	         "clear text"},
		{"[model]\nurl = ftp://models.example\n", GP_INVALID, "https://"},
		{"[model]\nurl = https://me:secret@models.example\n", GP_INVALID, "model.url"},
		{"[model]\nurl = https://models.example/?key=secret\n", GP_INVALID, "model.url"},
		{"[model]\napi = chat\n", GP_INVALID, "this version speaks responses"},
		{"[model]\nkey-env = NO_SUCH_KEY\n", GP_NOTFOUND, "NO_SUCH_KEY"},
		{"[model]\nkey-command = printf 'a b'\n", GP_INVALID, "no header may carry"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_model) m = {0};

		setenv("MY_KEY", "k1", 1);
		if (choose(&m, rows[i].text, NULL) != rows[i].code ||
		    !strstr(gp_message(), rows[i].says))
			fail_msg("%s: %s", rows[i].text, gp_message());
		assert_null(strstr(gp_message(), "secret"));
		assert_null(m.key);
	}
}

/* In a process of its own: only what was there at exec is in /proc/self/environ. */
static int look_at_environ(void)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_model) m = {0};
	char bytes[65536];
	ssize_t n;
	int fd;

	if (gp_conf_new(&c) || gp_model_choose(&m, c, NULL) || strcmp(m.key, "sk-environ") != 0)
		return 2;
	fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n <= 0 || !memmem(bytes, (size_t)n, "STAYS=here", 10))
		return 3;
	return memmem(bytes, (size_t)n, "environ-secret", 14) ||
	                       memmem(bytes, (size_t)n, "sk-environ", 10)
	               ? 1
	               : 0;
}

static void proc_shows_no_key(void **state)
{
	const char *env[] = {"OPENAI_API_KEY=sk-environ", "HF_TOKEN=environ-secret", "STAYS=here",
	                     NULL};
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		execle("/proc/self/exe", "model", "environ", NULL, env);
		_exit(9);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_key_alone_is_enough, bare),
		cmocka_unit_test_setup(nothing_configured_names_the_ways, bare),
		cmocka_unit_test_setup(the_vendors_key_stays_with_the_vendor, bare),
		cmocka_unit_test_setup(sections_and_ids, bare),
		cmocka_unit_test_setup(a_section_without_a_name_is_called_by_its_own, bare),
		cmocka_unit_test_setup(keys_come_from_commands, bare),
		cmocka_unit_test_setup(what_cannot_be_used_is_refused, bare),
		cmocka_unit_test_setup(proc_shows_no_key, bare),
	};

	if (argc > 1 && strcmp(argv[1], "environ") == 0)
		return look_at_environ();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
