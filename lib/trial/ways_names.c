#include <string.h>

#include "lib/trial/scan.h"
#include "lib/trial/ways.h"

/* What makes a runner name every test or say why one failed, without another test being run. Left
 * out: what changes how tests run (mix --trace: no deadlines, one at a time), what has no reader
 * (dotnet, PHPUnit), and runners that do by themselves (mocha, node, cargo, bats). */
static const struct {
	const char *runner;    /* first words */
	const char *unless[5]; /* words that have settled it already */
	const char *add;
	bool inside; /* straight behind the runner, for what follows may be the tests' own */
} table[] = {
	{"pytest", {"-v", "-vv", "-r", "--verbose", "-q"}, "-v", false},
	{"pytest", {"-v", "-vv", "-r", "--verbose"}, "-rap", false},
	{"py.test", {"-v", "-vv", "-r", "--verbose", "-q"}, "-v", false},
	{"python -m pytest", {"-v", "-vv", "-r", "--verbose", "-q"}, "-v", false},
	{"python -m pytest", {"-v", "-vv", "-r", "--verbose"}, "-rap", false},
	{"python3 -m pytest", {"-v", "-vv", "-r", "--verbose", "-q"}, "-v", false},
	{"python3 -m pytest", {"-v", "-vv", "-r", "--verbose"}, "-rap", false},
	{"python -m unittest", {"-v", "--verbose", "-q", "--quiet"}, "-v", false},
	{"python3 -m unittest", {"-v", "--verbose", "-q", "--quiet"}, "-v", false},
	{"go test", {"-v", "-json", "-c", "-test.v"}, "-v", true},
	{"ctest",
         {"-V", "-VV", "--verbose", "--output-on-failure", "-N"},
         "--output-on-failure",
         false},
	{"jest", {"--verbose", "--reporters", "--json", "--silent"}, "--verbose", false},
	{"rspec", {"-f", "--format", "-o", "--out", "--dry-run"}, "--format documentation", false},
	{"bundle exec rspec",
         {"-f", "--format", "-o", "--out", "--dry-run"},
         "--format documentation",
         false},
	{"vitest run", {"--reporter", "-r"}, "--reporter=verbose", false},
};

static bool next(struct gp_slice *out, struct gp_slice *rest)
{
	struct gp_slice cap[GP_SCAN_MAX];

	*rest = gp_trim(*rest);
	if (!gp_scan(*rest, "%s", cap))
		return false;
	*out = cap[0];
	*rest = gp_skip(*rest, cap[0].n);
	return true;
}

/* One plain command: nothing that the shell would take apart, and no arguments for others. */
static bool is_plain(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(";|&<>`$()\\\n#~!\"'", s.p[i]))
			return false;
	return !gp_find(s, " -- ") && !gp_find(s, " --args");
}

/* The program itself, where installers put it; a script of the project's own is another thing. */
static struct gp_slice program(struct gp_slice word)
{
	const char *slash = memrchr(word.p, '/', word.n);
	struct gp_slice folder = {word.p, slash ? (size_t)(slash - word.p) : 0};

	return slash && gp_tail(folder, "bin", NULL) ? gp_skip(word, (size_t)(slash + 1 - word.p))
	                                             : word;
}

static bool has_word(struct gp_slice rest, const char *option)
{
	struct gp_slice word, value;
	size_t n = strlen(option);

	while (next(&word, &rest))
		if (gp_slice_is(word, option) ||
		    (gp_head(word, option, &value) &&
		     (value.p[0] == '=' || (n == 2 && option[1] == 'r'))))
			return true;
	return false;
}

/* What follows the runner's words in a command that begins with them. */
static bool begins(struct gp_slice *after, struct gp_slice command, struct gp_slice runner)
{
	struct gp_slice want, word;
	bool first = true;

	while (next(&want, &runner)) {
		do {
			if (!next(&word, &command))
				return false;
		} while (first && memchr(word.p, '=', word.n));
		if (first)
			word = program(word);
		first = false;
		if (word.n != want.n || memcmp(word.p, want.p, want.n) != 0)
			return false;
	}
	*after = command;
	return true;
}

const char *gp_ways_names(char **command)
{
	struct gp_slice all = gp_slice(*command), after;

	if (!is_plain(all))
		return NULL;
	for (size_t i = 0; i < GP_COUNT(table); i++) {
		bool settled = false;
		int head;

		if (!begins(&after, all, gp_slice(table[i].runner)))
			continue;
		for (size_t k = 0; k < GP_COUNT(table[i].unless) && table[i].unless[k]; k++)
			settled |= has_word(after, table[i].unless[k]);
		if (settled)
			continue;
		head = (int)(table[i].inside ? all.n - after.n : all.n);
		gp_auto_str char *old = *command;

		*command = NULL;
		gp_way(command, "%.*s %s%s", head, old, table[i].add, old + head);
		return table[i].add;
	}
	return NULL;
}
