#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/conf.h"
#include "lib/base/conf_value.h"
#include "lib/base/file.h"

static int read_as(struct gp_conf *c, const char *text, enum gp_conf_origin from)
{
	return gp_conf_read(c, gp_slice(text), from == GP_FROM_REPO ? "repo" : "user", from);
}

static void every_row_is_sound(void **state)
{
	(void)state;
	for (const struct gp_setting *r = gp_settings; r->key; r++) {
		assert_ptr_equal(gp_conf_row(r->key), r);
		assert_non_null(r->help);
		if (r->preset)
			assert_int_equal(gp_conf_value_check(r, r->key, r->preset), 0);
		if (r->lower_only)
			assert_true(r->kind == GP_CONF_INT || r->kind == GP_CONF_MONEY);
	}
}

static void defaults_hold(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	gp_conf_new(&c);
	assert_null(gp_conf_str(c, "test.command"));
	assert_int_equal(gp_conf_int(c, "test.timeout"), 600);
	assert_int_equal(gp_conf_int(c, "sandbox.memory"), 4ll << 30);
	assert_true(gp_conf_bool(c, "sandbox.network"));
	assert_true(gp_conf_money(c, "budget.request") == 0.5);
	assert_true(gp_conf_money(c, "model.price-in") < 0);
	assert_int_equal(gp_conf_origin(c, "test.timeout"), GP_FROM_DEFAULT);
}

static void later_origins_win(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	gp_conf_new(&c);
	assert_int_equal(read_as(c, "[test]\ntimeout=1\ncommand=a\nsetup = x\n", GP_FROM_USER), 0);
	assert_int_equal(read_as(c, "[test]\ntimeout=2\nsetup =\n", GP_FROM_REPO), 0);
	assert_int_equal(gp_conf_arg(c, "test.timeout=3k"), 0);
	assert_int_equal(read_as(c, "[test]\ntimeout=4\n", GP_FROM_REPO), 0);
	assert_int_equal(gp_conf_int(c, "test.timeout"), 3072);
	assert_int_equal(gp_conf_origin(c, "test.timeout"), GP_FROM_ARGS);
	assert_string_equal(gp_conf_str(c, "test.command"), "a");
	assert_int_equal(gp_conf_origin(c, "test.command"), GP_FROM_USER);
	assert_string_equal(gp_conf_str(c, "test.setup"), "");
	assert_int_equal(gp_conf_warnings(c)->n, 0);
}

static void values_keep_every_byte(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"command = make ; echo # done", "make ; echo # done"},
		{"command = a;b ;c #d  ", "a;b ;c #d"},
		{"command = sh -c 'a=b; c: d'", "sh -c 'a=b; c: d'"},
		{"command: x", "x"},
		{"command = one\n  two ; 2\n\n\t# not this\n\tthree = 3\n",
	         "one two ; 2 three = 3"},
		{"command =\n  one\n  [two]\n", "one [two]"},
		{"  command = indented", "indented"},
		{"command = first\r\ncommand = last\r\n", "last"},
		{"command = \"quoted\"", "\"quoted\""},
		{"command = \xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto_conf struct gp_conf *c = NULL;
		gp_auto(gp_buf) text = {0};

		gp_conf_new(&c);
		gp_buf_fmt(&text, "\xef\xbb\xbf# a comment\n[test]\n%s", cases[i].text);
		assert_int_equal(read_as(c, text.p, GP_FROM_REPO), 0);
		assert_string_equal(gp_conf_str(c, "test.command"), cases[i].value);
	}
}

/* Every length around inih's limit is read whole or refused by line, as value, as what a value
 * goes on with, and as a comment. */
static void long_lines_are_whole_or_refused(void **state)
{
	(void)state;
	for (size_t n = 150; n < 450; n++) {
		gp_auto_conf struct gp_conf *c = NULL;
		gp_auto(gp_buf) text = {0};
		gp_auto(gp_buf) value = {0};
		int e;

		gp_conf_new(&c);
		gp_buf_str(&text, "[test]\ncommand = ");
		while (value.n < n)
			gp_buf_chr(&value, (char)('a' + value.n % 26));
		gp_buf_fmt(&text, "%s\n", value.p);
		e = read_as(c, text.p, GP_FROM_USER);
		assert_int_equal(e, n + 10 > GP_CONF_LINE ? GP_INVALID : 0);
		if (e)
			assert_true(gp_starts(gp_message(), "user:2: line of "));
		else
			assert_string_equal(gp_conf_str(c, "test.command"), value.p);

		gp_buf_cut(&text, 0);
		gp_buf_fmt(&text, "[test]\n# %s\nsetup = x\n %s\n# no LF %s", value.p, value.p,
		           value.p);
		e = read_as(c, text.p, GP_FROM_USER);
		assert_int_equal(e, n + 1 > GP_CONF_LINE ? GP_INVALID : 0);
		if (e)
			assert_true(gp_starts(gp_message(), "user:4: line of "));
		else
			assert_string_equal(gp_conf_str(c, "test.setup") + 2, value.p);
	}
}

static void errors_name_file_line_and_remedy(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{"[test]\n\ncomand = x", "user:3: unknown setting 'test.comand'", "'test.command'"},
		{"\n[tset]\ncommand = x", "user:2: unknown section 'tset'", "'[test]'"},
		{"[model.fast]\nulr=x", "user:2: unknown setting 'model.fast.ulr'",
	         "'model.fast.url'"},
		{"[model]\npirce-in=x", "user:2: unknown setting 'model.pirce-in'",
	         "'model.price-in'"},
		{"[model.*]\n", "user:1: a section is '[name]' and nothing else on its line", NULL},
		{"[test] timeout=3\n", "user:1: a section is '[name]' and nothing else on its line",
	         NULL},
		{"[test\n", "user:1: a section is '[name]' and nothing else on its line", NULL},
		{"timeout=3\n", "user:1: 'timeout' stands in no section", NULL},
		{"[test]\nwords\n", "user:2: neither 'key = value' nor '[section]'", NULL},
		{"[test]\nwords", "user:2: neither 'key = value' nor '[section]'", NULL},
		{"[test]\ntimeout = 1\n 2\nsetup=x\n",
	         "user:2: 'test.timeout' must be a number (k, m, g may follow), not '1 2'", NULL},
		{"[test]\ntimeout = 60 ; s\n",
	         "user:2: 'test.timeout' must be a number (k, m, g may follow), not '60 ; s'",
	         NULL},
		{"[sandbox]\nnetwork = maybe\n",
	         "user:2: 'sandbox.network' must be true or false, not 'maybe'", NULL},
		{"[budget]\nrequest = $1\n",
	         "user:2: 'budget.request' must be an amount like 0.50, not '$1'", NULL},
		{"[sandbox]\nkind = none\n",
	         "user:2: 'sandbox.kind' must be one of 'auto bwrap docker podman', not 'none'",
	         NULL},
		{"[sandbox]\ngit = none snapshot\n",
	         "user:2: 'sandbox.git' must be one of 'none snapshot', not 'none snapshot'", NULL},
		{"[test]\nsetup = a\x1b[2Jb\n", "user:2: control characters or invalid UTF-8",
	         NULL},
		{"[test]\nsetup = a\rb\n", "user:2: control characters or invalid UTF-8", NULL},
		{"[test]\nsetup = a\x01 b\n", "user:2: control characters or invalid UTF-8", NULL},
		{"[test]\nsetup = \xe2\x80\xae\n", "user:2: control characters or invalid UTF-8",
	         NULL},
		{"[test]\nsetup = \xff\n", "user:2: control characters or invalid UTF-8", NULL},
		{"[model.123456789012345678901234567890123456789012]\neffort=low\n"
	         "[model.1234567890123456789012345678901234567890123]\neffort=high\n",
	         "user:3: the name of a section has at most 48 bytes", NULL},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto_conf struct gp_conf *c = NULL;

		gp_conf_new(&c);
		assert_int_equal(read_as(c, cases[i].text, GP_FROM_USER), GP_INVALID);
		assert_string_equal(gp_message(), cases[i].message);
		if (cases[i].hint)
			assert_non_null(strstr(gp_message_hint(), cases[i].hint));
	}
}

static void an_error_keeps_what_stands_before_it(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	gp_conf_new(&c);
	assert_int_equal(read_as(c, "[test]\nsetup=a\nnope\ncommand=b\n", GP_FROM_USER),
	                 GP_INVALID);
	assert_string_equal(gp_conf_str(c, "test.setup"), "a");
	assert_null(gp_conf_str(c, "test.command"));
	assert_int_equal(
		gp_conf_read(c, (struct gp_slice){"[test]\nsetup=b\0c", 16}, "nul", GP_FROM_USER),
		GP_INVALID);
	assert_string_equal(gp_conf_str(c, "test.setup"), "a");
}

static void repository_is_held_to_its_rights(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;
	const struct gp_list *w;

	(void)state;
	gp_conf_new(&c);
	assert_int_equal(read_as(c,
	                         "[model.mine]\nurl = http://evil\n  /more\neffort = low\n"
	                         "[model.other]\nkey-command = steal\n"
	                         "[sandbox]\nkind = docker\nmemory = 1g\n"
	                         "[budget]\nrequest = 0.51\n",
	                         GP_FROM_REPO),
	                 0);
	assert_null(gp_conf_str(c, "model.mine.url"));
	assert_string_equal(gp_conf_str(c, "model.mine.effort"), "low");
	assert_true(gp_conf_has_model(c, "mine"));
	assert_false(gp_conf_has_model(c, "min"));
	assert_false(gp_conf_has_model(c, "other"));
	assert_string_equal(gp_conf_str(c, "sandbox.kind"), "auto");
	assert_int_equal(gp_conf_int(c, "sandbox.memory"), 1 << 30);
	assert_true(gp_conf_money(c, "budget.request") == 0.5);
	w = gp_conf_warnings(c);
	assert_int_equal(w->n, 4);
	assert_string_equal(w->v[0],
	                    "repo:2: 'model.mine.url' is ignored: a repository may not set it");
	assert_string_equal(w->v[2],
	                    "repo:8: 'sandbox.kind' is ignored: a repository may not set it");
	assert_string_equal(
		w->v[3],
		"repo:11: 'budget.request' is ignored: a repository may only lower it from 0.50");
	assert_int_equal(read_as(c, "[budget]\nrequest=0.2\n", GP_FROM_REPO), 0);
	assert_true(gp_conf_money(c, "budget.request") == 0.2);
	assert_int_equal(gp_conf_arg(c, "budget.request=7"), 0);
	assert_true(gp_conf_money(c, "budget.request") == 7);
}

static void repository_cannot_flood(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_buf) text = {0};

	(void)state;
	gp_conf_new(&c);
	for (int i = 0; i < 500; i++)
		gp_buf_str(&text, "[sandbox]\nkind = bwrap\n");
	assert_int_equal(read_as(c, text.p, GP_FROM_REPO), 0);
	assert_int_equal(gp_conf_warnings(c)->n, 20);
	gp_buf_cut(&text, 0);
	for (int i = 0; i < 1001; i++)
		gp_buf_fmt(&text, "[model.m%d]\neffort = low\n", i);
	assert_int_equal(read_as(c, text.p, GP_FROM_REPO), GP_INVALID);
	assert_string_equal(gp_message(), "repo:2002: more than 1000 settings");
}

static void named_models_fall_back(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	gp_conf_new(&c);
	assert_int_equal(read_as(c,
	                         "[model]\nurl = http://a\nprice-in = 1.25\n"
	                         "[model.gpt-5.1]\nname = gpt-5.1\nprice-in = 2\n",
	                         GP_FROM_USER),
	                 0);
	assert_string_equal(gp_conf_str(c, "model.gpt-5.1.url"), "http://a");
	assert_string_equal(gp_conf_str(c, "model.gpt-5.1.name"), "gpt-5.1");
	assert_true(gp_conf_money(c, "model.gpt-5.1.price-in") == 2);
	assert_true(gp_conf_money(c, "model.price-in") == 1.25);
	assert_string_equal(gp_conf_str(c, "model.gpt-5.1.api"), "responses");
	assert_null(gp_conf_str(c, "model.name"));
	assert_true(gp_conf_has_model(c, "gpt-5.1"));
	assert_false(gp_conf_has_model(c, "gpt-5"));
}

static void arguments_are_checked(void **state)
{
	static const char *const bad[] = {"test.timeout",
	                                  "test.timeout=x",
	                                  "tset.timeout=1",
	                                  "=",
	                                  "",
	                                  "test.setup=a\nb",
	                                  "test.setup=\x1b",
	                                  "x=1"};
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	gp_conf_new(&c);
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		assert_int_equal(gp_conf_arg(c, bad[i]), GP_INVALID);
		assert_true(gp_starts(gp_message(), "command line: "));
	}
	assert_int_equal(gp_conf_arg(c, "test.setup=a=b ; c"), 0);
	assert_string_equal(gp_conf_str(c, "test.setup"), "a=b ; c");
}

static void values_are_parsed_whole(void **state)
{
	static const char *const not_ints[] = {
		"",   "k",  "-1", "1kk", "1x", "9223372036854775808", "9223372036854775807k",
		" 1", "1.5"};
	static const char *const not_money[] = {"",          ".",     ".5", "1.",
	                                        "1.2345678", "1e3",   "-1", "1234567890",
	                                        "1.5 ",      "0.5.5", "1,5"};
	long long n;
	double m;
	bool b;

	(void)state;
	for (size_t i = 0; i < GP_COUNT(not_ints); i++)
		assert_false(gp_conf_value_int(&n, not_ints[i]));
	for (size_t i = 0; i < GP_COUNT(not_money); i++)
		assert_false(gp_conf_value_money(&m, not_money[i]));
	assert_true(gp_conf_value_int(&n, "2G") && n == 2ll << 30);
	assert_true(gp_conf_value_int(&n, "3m") && n == 3 << 20);
	assert_true(gp_conf_value_int(&n, "9223372036854775807") && n == INT64_MAX);
	assert_true(gp_conf_value_money(&m, "12.000001") && m == 12.000001);
	assert_true(gp_conf_value_money(&m, "0") && m == 0);
	assert_true(gp_conf_value_bool(&b, "Yes") && b);
	assert_true(gp_conf_value_bool(&b, "OFF") && !b);
	assert_false(gp_conf_value_bool(&b, ""));
}

static void no_number_is_beyond_use(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	assert_int_equal(gp_conf_new(&c), 0);
	assert_int_equal(gp_conf_arg(c, "test.timeout=1024g"), 0);
	assert_int_equal(gp_conf_arg(c, "test.timeout=1025g"), GP_INVALID);
	assert_non_null(strstr(gp_message(), "at most 1024g"));
}

static void lists_split_at_commas_and_blanks(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_list) l = {0};

	(void)state;
	gp_conf_new(&c);
	gp_conf_list(&l, c, "test.paths");
	assert_int_equal(l.n, 0);
	read_as(c, "[test]\npaths = tests/** , a.c,\n  spec/*.rb\tb\n", GP_FROM_REPO);
	gp_conf_list(&l, c, "test.paths");
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[0], "tests/**");
	assert_string_equal(l.v[2], "spec/*.rb");
	assert_string_equal(l.v[3], "b");
}

static void show_tells_value_and_origin(void **state)
{
	gp_auto_conf struct gp_conf *c = NULL;
	gp_auto(gp_buf) out = {0};
	size_t lines = 0, rows = 0;
	struct gp_slice rest, line;

	(void)state;
	gp_conf_new(&c);
	read_as(c, "[test]\ncommand = make check\n", GP_FROM_REPO);
	read_as(c, "[model.fast]\nname = f\n", GP_FROM_USER);
	gp_conf_arg(c, "test.setup=");
	gp_conf_show(&out, c);
	assert_non_null(strstr(out.p, "\ntest.command = make check  # repository (repo:2)\n"));
	assert_non_null(strstr(out.p, "\nmodel.fast.name = f  # user (user:2)\n"));
	assert_non_null(strstr(out.p, "\ntest.setup =  # command line\n"));
	assert_non_null(strstr(out.p, "\ntest.timeout = 600  # default\n"));
	assert_non_null(strstr(out.p, "\nmodel.name =  # not set\n"));
	for (rest = gp_buf_all(&out); gp_line(&line, &rest); lines++)
		;
	for (const struct gp_setting *r = gp_settings; r->key; r++)
		rows++;
	assert_int_equal(lines, rows + 1);
}

static void user_file_is_found(void **state)
{
	char home[] = "/tmp/gp-conf-XXXXXX", path[128];
	gp_auto_conf struct gp_conf *c = NULL;

	(void)state;
	assert_non_null(mkdtemp(home));
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	gp_conf_new(&c);
	assert_int_equal(gp_conf_user(c), 0);
	snprintf(path, sizeof(path), "%s/.codexflow.ini", home);
	assert_int_equal(gp_file_write(path, GP_SLICE("[test]\nsetup=plain\n"), 0600), 0);
	assert_int_equal(gp_conf_user(c), 0);
	assert_string_equal(gp_conf_str(c, "test.setup"), "plain");
	snprintf(path, sizeof(path), "%s/.config/codexflow", home);
	assert_int_equal(gp_file_mkdirs(path), 0);
	snprintf(path, sizeof(path), "%s/.config/codexflow/config.ini", home);
	assert_int_equal(gp_file_write(path, GP_SLICE("[test]\nsetup=dotted\n"), 0600), 0);
	assert_int_equal(gp_conf_user(c), 0);
	assert_string_equal(gp_conf_str(c, "test.setup"), "dotted");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_int_equal(gp_conf_user(c), 0);
	assert_string_equal(gp_conf_str(c, "test.setup"), "plain");
	snprintf(path, sizeof(path), "%s/xdg/codexflow/config.ini", home);
	assert_int_equal(gp_file_mkdirs(path), 0);
	*strstr(path, "/codexflow") = 0;
	setenv("XDG_CONFIG_HOME", path, 1);
	assert_int_equal(gp_conf_user(c), GP_FAILED);
	assert_int_equal(gp_file_remove(home), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(later_origins_win),
		cmocka_unit_test(values_keep_every_byte),
		cmocka_unit_test(long_lines_are_whole_or_refused),
		cmocka_unit_test(errors_name_file_line_and_remedy),
		cmocka_unit_test(an_error_keeps_what_stands_before_it),
		cmocka_unit_test(repository_is_held_to_its_rights),
		cmocka_unit_test(repository_cannot_flood),
		cmocka_unit_test(named_models_fall_back),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(values_are_parsed_whole),
		cmocka_unit_test(no_number_is_beyond_use),
		cmocka_unit_test(lists_split_at_commas_and_blanks),
		cmocka_unit_test(show_tells_value_and_origin),
		cmocka_unit_test(user_file_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
