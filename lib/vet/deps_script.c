#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"

/* Commands that fetch names given on the line. words: what has to follow the program. */
static const struct {
	const char *program, *words[3];
	const char *ecosystem;
	bool first; /* the first name only: the rest is for what is run */
} fetchers[] = {
	{"npx", {NULL}, NPM, true},
	{"bunx", {NULL}, NPM, true},
	{"npm", {"install", "i", "add"}, NPM, false},
	{"npm", {"exec", "x", NULL}, NPM, true},
	{"pnpm", {"add", "install", "i"}, NPM, false},
	{"pnpm", {"dlx", NULL}, NPM, true},
	{"yarn", {"add", NULL}, NPM, false},
	{"yarn", {"dlx", NULL}, NPM, true},
	{"bun", {"add", "install", NULL}, NPM, false},
	{"pip", {"install", NULL}, PYPI, false},
	{"pip3", {"install", NULL}, PYPI, false},
	{"pipx", {"install", "run", NULL}, PYPI, true},
	{"uvx", {NULL}, PYPI, true},
	{"cargo", {"install", NULL}, CARGO, false},
	{"go", {"install", "run", "get"}, GO, true},
	{"gem", {"install", NULL}, GEMS, false},
	{"composer", {"require", NULL}, COMPOSER, false},
};

/* Options with a value that is no name. */
static const char *const valued[] = {
	"-r",
	"--requirement",
	"-c",
	"--constraint",
	"-e",
	"--editable",
	"-t",
	"--target",
	"-i",
	"--index-url",
	"--prefix",
	"--root",
	"--python",
	"--registry",
	"-C",
	"--cwd",
	"--extra-index-url",
	"--filter",
	"-w",
	"--path",
	"--version",
	"-v",
	"--platform",
	"-f",
	"--find-links",
	"--cache-dir",
	"--git",
	"--branch",
	"--features",
};

static bool one_of(struct gp_slice s, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] && gp_slice_is(s, v[i]))
			return true;
	return false;
}

/* A name as it may stand on a command line; the rest is paths, variables and options. */
static bool is_name(struct gp_slice s, const char *ecosystem)
{
	if (!s.n || (!isalnum((unsigned char)*s.p) && *s.p != '@'))
		return false;
	if (strcmp(ecosystem, GO) == 0 && !memchr(s.p, '.', s.n))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !memchr("-_./@~^=<>![],+", s.p[i], 15))
			return false;
	return !(s.n > 4 && (memcmp(s.p + s.n - 4, ".whl", 4) == 0 ||
	                     memcmp(s.p + s.n - 4, ".tgz", 4) == 0)) &&
	       (strcmp(ecosystem, PYPI) != 0 || !memchr(s.p, '/', s.n));
}

static void put_name(struct gp_deps *out, const char *ecosystem, struct gp_slice s, size_t line)
{
	struct gp_slice name = s, version = {0};
	struct gp_dep *d;

	for (size_t i = 1; i < s.n; i++)
		if (memchr("@=<>!~[,", s.p[i], 8)) {
			name.n = i;
			version = (struct gp_slice){s.p + i, s.n - i};
			while (version.n && memchr("@=", *version.p, 2))
				version = (struct gp_slice){version.p + 1, version.n - 1};
			break;
		}
	d = gp_dep_add(out, ecosystem, GP_DEP_SCRIPT, name);
	gp_dep_set(&d->version, version);
	d->line = line;
	d->unlocked = true;
}

static void put_names(struct gp_deps *out, size_t row, struct gp_slice rest, size_t line)
{
	const char *ecosystem = fetchers[row].ecosystem;
	struct gp_slice word;

	while (gp_dep_word(&word, &rest)) {
		if (gp_slice_is(word, "-p") || gp_slice_is(word, "--package") ||
		    gp_slice_is(word, "--from"))
			continue;
		if (one_of(word, valued, GP_COUNT(valued))) {
			gp_dep_word(&word, &rest);
			continue;
		}
		/* it runs only what is there */
		if (*word.p == '#' || gp_slice_is(word, "--no-install") ||
		    gp_slice_is(word, "--no"))
			return;
		if (word.n && *word.p == '-')
			continue;
		if (is_name(word, ecosystem))
			put_name(out, ecosystem, word, line);
		if (fetchers[row].first)
			return;
	}
}

/* One simple command: what stands between ; & | and line ends. */
static void on_command(struct gp_deps *out, struct gp_slice s, size_t line)
{
	struct gp_slice word, rest = s;

	for (int words = 0; words < 12 && gp_dep_word(&word, &rest); words++) {
		const char *slash = word.n ? memrchr(word.p, '/', word.n) : NULL;
		struct gp_slice tail = rest, program = word, verb = {0};

		if (slash)
			program =
				(struct gp_slice){slash + 1, word.n - (size_t)(slash - word.p) - 1};
		while (program.n && memchr("\"'`(@$[", *program.p, 7))
			program = (struct gp_slice){program.p + 1, program.n - 1};
		if (gp_slice_is(program, "echo") || (words == 0 && gp_slice_starts(program, "#")))
			return;
		gp_dep_word(&verb, &tail);
		for (size_t i = 0; i < GP_COUNT(fetchers); i++) {
			bool bare = !fetchers[i].words[0];

			if (!gp_slice_is(program, fetchers[i].program) ||
			    (!bare && !one_of(verb, fetchers[i].words, 3)))
				continue;
			put_names(out, i, bare ? rest : tail, line);
			return;
		}
	}
}

static bool has_word(struct gp_slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(words[i]);

		for (size_t at = 0; at + m <= s.n; at++)
			if (memcmp(s.p + at, words[i], m) == 0 &&
			    (at == 0 || !isalnum((unsigned char)s.p[at - 1])) &&
			    (at + m == s.n || (!isalnum((unsigned char)s.p[at + m]) &&
			                       s.p[at + m] != '.' && s.p[at + m] != '-')))
				return true;
	}
	return false;
}

static const char *const getters[] = {
	"curl", "wget", "iwr", "irm", "Invoke-WebRequest", "Invoke-RestMethod", "DownloadString"};
static const char *const shells[] = {"sh",     "bash", "zsh", "dash", "iex", "Invoke-Expression",
                                     "source", "eval"};
static const char *const languages[] = {"python", "python3", "node", "perl", "ruby", "php"};

/* What a bar leads to: a shell runs it, an interpreter too unless it was given a program. */
static bool runs_input(struct gp_slice rest)
{
	struct gp_slice word;

	while (gp_dep_word(&word, &rest)) {
		const char *slash = word.n ? memrchr(word.p, '/', word.n) : NULL;
		struct gp_slice next = rest, option = {0};

		if (slash)
			word = (struct gp_slice){slash + 1, word.n - (size_t)(slash - word.p) - 1};
		if (gp_slice_is(word, "sudo") || gp_slice_is(word, "env") ||
		    gp_slice_starts(word, "-") || (word.n && memchr(word.p, '=', word.n)))
			continue;
		gp_dep_word(&option, &next);
		if (one_of(word, shells, GP_COUNT(shells)))
			return !gp_slice_is(option, "-c");
		return one_of(word, languages, GP_COUNT(languages)) &&
		       (!gp_slice_starts(option, "-") || option.n == 1);
	}
	return false;
}

/* What stands before a substitution: bash <(, sh -c "$(, eval `; x=$( is a value. */
static bool runs_value(struct gp_slice line)
{
	const char *const opens[] = {gp_find(line, "<("), gp_find(line, "$("), gp_find(line, "`")};

	for (size_t i = 0; i < GP_COUNT(opens); i++) {
		struct gp_slice before = {line.p, opens[i] ? (size_t)(opens[i] - line.p) : 0};

		if (has_word(before, shells, GP_COUNT(shells)) &&
		    (i == 0 || gp_find(before, " -c") || has_word(before, &shells[7], 1)))
			return true;
	}
	return gp_find(line, "DownloadString") && has_word(line, &shells[4], 2);
}

/* Whether a line runs what it downloads. */
static bool pipes(struct gp_slice line)
{
	struct gp_slice rest = line;

	if (!has_word(line, getters, GP_COUNT(getters)))
		return false;
	for (gp_dep_cut(&rest, '|'); rest.n; gp_dep_cut(&rest, '|'))
		if (runs_input(rest))
			return true;
	return runs_value(line);
}

static void on_line(struct gp_deps *out, struct gp_slice line, size_t at)
{
	struct gp_slice rest = line;

	if (gp_slice_starts(line, "#") || gp_slice_starts(line, "//"))
		return;
	if (pipes(line)) {
		struct gp_dep *d = gp_dep_add(out, SHELL, GP_DEP_PIPE, GP_SLICE("download"));

		gp_dep_set(&d->version, line);
		d->line = at;
	}
	while (rest.n) {
		size_t n = 0;

		while (n < rest.n && !memchr(";&|", rest.p[n], 3))
			n++;
		on_command(out, (struct gp_slice){rest.p, n}, at);
		while (n < rest.n && memchr(";&|", rest.p[n], 3))
			n++;
		rest = (struct gp_slice){rest.p + n, rest.n - n};
	}
}

void gp_deps_commands(struct gp_deps *out, struct gp_slice text, size_t line)
{
	gp_auto(gp_buf) whole = {0};
	struct gp_slice one;
	size_t at = line, from = line;

	while (gp_line(&one, &text)) {
		bool more;

		one = gp_trim(one);
		more = one.n && one.p[one.n - 1] == '\\';
		if (!whole.n)
			from = at;
		at += line != 0;
		gp_buf_add(&whole, one.p, one.n - more);
		if (more && !gp_buf_chr(&whole, ' '))
			continue;
		on_line(out, gp_trim(gp_buf_all(&whole)), from);
		gp_buf_cut(&whole, 0);
	}
	if (whole.n)
		on_line(out, gp_trim(gp_buf_all(&whole)), from);
}

int gp_deps_script(struct gp_deps *out, const char *name, struct gp_slice text)
{
	(void)name;
	if (memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "a NUL in it");
	gp_deps_commands(out, text, 1);
	return 0;
}
