#include <ctype.h>
#include <string.h>

#include "lib/trial/ways.h"

#define CI_FILES 16

/* What a job writes to run the tests, by runner. make is not there: in a job it calls the others,
 * whose own reports say more. */
static const struct {
	const char *runner, *words[10];
} calls[] = {
	{"npm",
         {"npm test", "npm t", "npm run test", "pnpm test", "pnpm run test", "yarn test",
          "bun test"}},
	{"node", {"node --test", "node --import"}},
	{"vitest", {"vitest"}},
	{"jest", {"jest"}},
	{"mocha", {"mocha"}},
	{"go", {"go test", "gotestsum"}},
	{"cargo", {"cargo test", "cargo nextest"}},
	{"maven", {"mvn", "mvnw"}},
	{"gradle", {"gradle", "gradlew"}},
	{"mix", {"mix test"}},
	{"dotnet", {"dotnet test"}},
	{"phpunit", {"phpunit", "composer test"}},
	{"meson", {"meson test"}},
	{"ctest", {"ctest"}},
	{"pytest", {"pytest", "tox", "nox"}},
	{"unittest", {"unittest"}},
	{"rspec", {"rspec"}},
	{"prove", {"prove"}},
	{"bats", {"bats"}},
};

bool gp_ways_is_ci(const char *path)
{
	static const char *const files[] = {".gitlab-ci.yml", ".travis.yml", ".circleci/config.yml",
	                                    "azure-pipelines.yml", "bitbucket-pipelines.yml"};
	const char *const folder = ".github/workflows/";

	for (size_t i = 0; i < GP_COUNT(files); i++)
		if (strcmp(path, files[i]) == 0)
			return true;
	return gp_starts(path, folder) && !strchr(path + strlen(folder), '/') &&
	       (gp_ends(path, ".yml") || gp_ends(path, ".yaml"));
}

void gp_ways_ci(struct gp_buf *out, const struct gp_view *v)
{
	for (size_t i = 0; i < v->ci.n && i < CI_FILES; i++) {
		gp_view_read(out, v, v->ci.v[i]);
		gp_buf_chr(out, '\n');
	}
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Whether the line calls it: as words of their own, and not to have it installed. */
static bool line_calls(struct gp_slice line, const char *words)
{
	size_t n = strlen(words);
	struct gp_slice rest = line;

	if (gp_find(line, "install") || gp_find(line, "#") || gp_find(line, "uses:"))
		return false;
	for (const char *at; (at = gp_find(rest, words));) {
		const char *end = at + n, *stop = line.p + line.n;

		if ((at == line.p || !in_word(at[-1])) && (end == stop || !in_word(*end)))
			return true;
		rest = (struct gp_slice){end, (size_t)(stop - end)};
	}
	return false;
}

static bool calls_runner(struct gp_slice ci, const char *runner)
{
	struct gp_slice line, rest = ci;

	while (gp_line(&line, &rest))
		for (size_t i = 0; i < GP_COUNT(calls); i++)
			for (size_t k = 0; strcmp(calls[i].runner, runner) == 0 &&
			                   k < GP_COUNT(calls[i].words) && calls[i].words[k];
			     k++)
				if (line_calls(line, calls[i].words[k]))
					return true;
	return false;
}

bool gp_ways_ci_calls(struct gp_slice ci, const struct gp_project *p)
{
	/* a script of package.json calls whichever runner it is */
	bool script = gp_starts(p->suite_from, "package.json");

	return calls_runner(ci, p->runner) || (script && calls_runner(ci, "npm"));
}
