#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/near.h"
#include "lib/base/opt.h"

static bool dry, push = true, cache = true, secret;
static int verbose, mode, dashes;
static const char *file;
static long rounds;
static struct gp_list settings;

static const struct gp_opt rows[] = {
	{GP_OPT_FLAG, 'n', "dry-run", &dry, NULL, "show what would be sent, to whom", 0, false},
	{GP_OPT_FLAG, 0, "push", &push, NULL, "push at the end", 0, false},
	{GP_OPT_FLAG, 0, "no-cache", &cache, NULL, "run even when the result is known", 0, false},
	{GP_OPT_COUNT, 'v', "verbose", &verbose, NULL, "say more", 0, false},
	{GP_OPT_GROUP, 0, NULL, NULL, NULL, "Values", 0, false},
	{GP_OPT_STRING, 'F', "file", &file, "<file>", "take the request from a file", 0, false},
	{GP_OPT_INT, 0, "rounds-of-repair", &rounds, "<n>",
         "let the model repair its patch so many times before the run is given up", 0, false},
	{GP_OPT_LIST, 'c', NULL, &settings, "<key>=<value>", "set a setting", 0, false},
	{GP_OPT_MODE, 'l', "list", &mode, NULL, "list previews", 1, false},
	{GP_OPT_MODE, 'd', "delete", &mode, NULL, "delete a preview", 2, false},
	{GP_OPT_FLAG, 0, "secret", &secret, NULL, "plumbing", 0, true},
	{GP_OPT_DASHES, 0, NULL, &dashes, NULL, NULL, 0, false},
	{0},
};

static struct gp_buf text;
static char *array[12];
static char **args;
static int nargs;

/* Splits a line at blanks into argv and parses it. */
static int parse_with(const char *line, bool stop_at_operand)
{
	static char copy[256];
	int n = 0;

	dry = secret = false;
	push = cache = true;
	verbose = mode = 0;
	file = NULL;
	rounds = 3;
	gp_list_clear(&settings);
	gp_buf_cut(&text, 0);
	strncpy(copy, line, sizeof(copy) - 1);
	array[n++] = copy;
	for (char *p = strchr(copy, ' '); p; p = strchr(p, ' ')) {
		*p++ = 0;
		array[n++] = p;
	}
	array[n] = NULL;
	args = array;
	nargs = n;
	return gp_opt_parse(&text, rows, "git preview [<options>] <request>...", &nargs, &args,
	                    stop_at_operand);
}

static int parse(const char *line)
{
	return parse_with(line, false);
}

static void options_and_operands_mix(void **state)
{
	(void)state;
	assert_int_equal(parse("x add -nvv a --file=req --rounds-of-repair 7 - -- --push"), 0);
	assert_true(dry);
	assert_int_equal(verbose, 2);
	assert_string_equal(file, "req");
	assert_int_equal(rounds, 7);
	assert_int_equal(nargs, 4);
	assert_string_equal(args[0], "add");
	assert_string_equal(args[1], "a");
	assert_string_equal(args[2], "-");
	assert_string_equal(args[3], "--push");
	assert_null(args[4]);
	assert_int_equal(dashes, 3);
}

static void nothing_given_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(parse("x"), 0);
	assert_int_equal(nargs, 0);
	assert_null(args[0]);
	assert_true(push);
	assert_int_equal(rounds, 3);
	assert_int_equal(dashes, -1);
}

static void stops_at_the_first_operand(void **state)
{
	(void)state;
	assert_int_equal(parse_with("x -n make -v -- y", true), 0);
	assert_true(dry);
	assert_int_equal(verbose, 0);
	assert_int_equal(nargs, 4);
	assert_string_equal(args[1], "-v");
	assert_string_equal(args[2], "--");
}

static void letters_take_values_both_ways(void **state)
{
	(void)state;
	assert_int_equal(parse("x -ca.b=1 -nc c.d=2 -Fx"), 0);
	assert_int_equal(settings.n, 2);
	assert_string_equal(settings.v[0], "a.b=1");
	assert_string_equal(settings.v[1], "c.d=2");
	assert_string_equal(file, "x");
	assert_true(dry);
}

static void negations(void **state)
{
	(void)state;
	assert_int_equal(parse("x -n -vv --no-dry-run --no-push --no-verbose --no-cache"), 0);
	assert_false(dry);
	assert_false(push);
	assert_int_equal(verbose, 0);
	assert_true(cache);
	assert_int_equal(parse("x --no-cache --cache"), 0);
	assert_false(cache);
	assert_int_equal(parse("x --no-file"), GP_INVALID);
}

static void prefixes(void **state)
{
	(void)state;
	assert_int_equal(parse("x --dry --fi=a --no-pu --no-d"), 0);
	assert_string_equal(file, "a");
	assert_false(push);
	assert_false(dry);
	assert_int_equal(parse("x --d"), GP_INVALID);
	assert_string_equal(gp_message(), "option 'd' is ambiguous");
	assert_string_equal(gp_message_hint(), "it could be '--dry-run' or '--delete'");
	assert_int_equal(parse("x --n"), 0);
	assert_int_equal(parse("x --secret"), 0);
	assert_true(secret);
	assert_int_equal(parse("x --secr"), GP_INVALID);
}

static void errors_name_option_and_remedy(void **state)
{
	static const struct {
		const char *line, *message, *hint;
	} cases[] = {
		{"x --fiel=3", "unknown option 'fiel'",
	         "did you mean '--file'? -h lists all options"},
		{"x --=3", "unknown option ''", NULL},
		{"x -nz", "unknown switch 'z'", "-h lists all options"},
		{"x --file", "option 'file' needs a value", NULL},
		{"x -F", "option 'F' needs a value", NULL},
		{"x --push=1", "option 'push' takes no value", NULL},
		{"x --no-push=1", "option 'no-push' takes no value", NULL},
		{"x --rounds=x", "option 'rounds-of-repair' needs a number, not 'x'", NULL},
		{"x --rounds=-1", "option 'rounds-of-repair' needs a number, not '-1'", NULL},
		{"x --rounds=", "option 'rounds-of-repair' needs a number, not ''", NULL},
		{"x --rounds=1k", "option 'rounds-of-repair' needs a number, not '1k'", NULL},
		{"x --rounds=99999999999999999999",
	         "option 'rounds-of-repair' needs a number, not '99999999999999999999'", NULL},
		{"x -l --delete", "options 'list' and 'delete' exclude each other", NULL},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		assert_int_equal(parse(cases[i].line), GP_INVALID);
		assert_string_equal(gp_message(), cases[i].message);
		assert_true(*gp_message_hint());
		if (cases[i].hint)
			assert_string_equal(gp_message_hint(), cases[i].hint);
	}
	assert_int_equal(parse("x -l --list"), 0);
	assert_int_equal(mode, 1);
}

static void help_has_two_columns_of_80(void **state)
{
	(void)state;
	assert_int_equal(parse("x -nh"), GP_OPT_SHOW);
	assert_string_equal(
		text.p, "usage: git preview [<options>] <request>...\n"
			"\n"
			"    -n, --dry-run         show what would be sent, to whom\n"
			"    --push                push at the end\n"
			"    --no-cache            run even when the result is known\n"
			"    -v, --verbose         say more\n"
			"\n"
			"Values\n"
			"    -F, --file <file>     take the request from a file\n"
			"    --rounds-of-repair <n>\n"
			"                          let the model repair its patch so many times "
			"before\n"
			"                          the run is given up\n"
			"    -c <key>=<value>      set a setting\n"
			"    -l, --list            list previews\n"
			"    -d, --delete          delete a preview\n");
	assert_int_equal(parse("x --help"), GP_OPT_SHOW);
}

static void synopsis_wraps_between_brackets(void **state)
{
	static const struct gp_opt none[] = {{0}};
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_opt_help(&out, none,
	            "git preview [--base <rev>] [-F <file>|-] [-e] [--issue <n>] [-i] [-n] [--push "
	            "<a remote>] <request>...\n"
	            "git preview -l");
	assert_string_equal(
		out.p,
		"usage: git preview [--base <rev>] [-F <file>|-] [-e] [--issue <n>] [-i] [-n]\n"
		"                   [--push <a remote>] <request>...\n"
		"   or: git preview -l\n");
}

static void completion_helper_as_git_reads_it(void **state)
{
	(void)state;
	assert_int_equal(parse("x --git-completion-helper"), GP_OPT_SHOW);
	assert_string_equal(text.p, "--dry-run --push --no-cache --verbose --file= "
	                            "--rounds-of-repair= --list --delete --cache -- --no-dry-run "
	                            "--no-push --no-verbose\n");
	assert_int_equal(parse("x -n --git-completion-helper"), GP_INVALID);
}

static void distance_counts_edits(void **state)
{
	struct gp_near near = {.word = "bas"};

	(void)state;
	assert_int_equal(gp_near_distance("", ""), 0);
	assert_int_equal(gp_near_distance("abc", ""), 3);
	assert_int_equal(gp_near_distance("kitten", "sitting"), 3);
	assert_int_equal(gp_near_distance("comamnd", "command"), 1);
	assert_int_equal(gp_near_distance("ca", "abc"), 3);
	gp_near_try(&near, "base");
	gp_near_try(&near, "bass");
	gp_near_try(&near, "x");
	assert_string_equal(near.best, "base");
}

static int clear(void **state)
{
	(void)state;
	gp_buf_clear(&text);
	gp_list_clear(&settings);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_mix),
		cmocka_unit_test(nothing_given_changes_nothing),
		cmocka_unit_test(stops_at_the_first_operand),
		cmocka_unit_test(letters_take_values_both_ways),
		cmocka_unit_test(negations),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(errors_name_option_and_remedy),
		cmocka_unit_test(help_has_two_columns_of_80),
		cmocka_unit_test(synopsis_wraps_between_brackets),
		cmocka_unit_test(completion_helper_as_git_reads_it),
		cmocka_unit_test(distance_counts_edits),
	};

	return cmocka_run_group_tests(tests, NULL, clear);
}
