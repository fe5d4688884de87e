#include "lib/vet/analyzers.h"

#include <string.h>

#include "lib/base/glob.h"

#define MARK "{files}"
/* A tool that is not in the sandbox says nothing; one that is there and fails says so. */
#define IF(program) "command -v " program " >/dev/null 2>&1 || exit 0; "

static const struct preset {
	const char *config[5]; /* one of these stands in the top folder; none: always */
	const char *files;     /* glob of the files it reads */
	const char *command;
} presets[] = {
	{{"eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", ".eslintrc.json",
          ".eslintrc.js"},
         "*.{js,cjs,mjs,jsx,ts,tsx}",
         "test -x node_modules/.bin/eslint || exit 0; "
         "node_modules/.bin/eslint --format json " MARK},
	{{"ruff.toml", ".ruff.toml", NULL, NULL, NULL},
         "*.py",
         IF("ruff") "ruff check --quiet --no-cache --output-format sarif " MARK},
	{{".clang-tidy", NULL, NULL, NULL, NULL},
         "*.{c,cc,cpp,cxx}",
         IF("clang-tidy") "clang-tidy --quiet " MARK " -- 2>/dev/null"},
	{{".cppcheck", "cppcheck.cfg", NULL, NULL, NULL},
         "*.{c,cc,cpp,cxx}",
         IF("cppcheck") "cppcheck --quiet --template=gcc " MARK " 2>&1"},
	{{"go.mod", NULL, NULL, NULL, NULL}, "*.go", IF("go") "go vet ./... 2>&1"},
	{{"clippy.toml", ".clippy.toml", NULL, NULL, NULL},
         "*.rs",
         IF("cargo-clippy") "cargo clippy --offline --quiet --message-format short 2>&1"},
	{{".shellcheckrc", NULL, NULL, NULL, NULL},
         "*.{sh,bash}",
         IF("shellcheck") "shellcheck --format gcc " MARK},
	{{".semgrep.yml", ".semgrep.yaml", NULL, NULL, NULL},
         "*",
         IF("semgrep") "semgrep scan --quiet --metrics off --sarif --config .semgrep.yml " MARK},
};

static const struct preset *preset_of(const char *command)
{
	for (size_t i = 0; i < GP_COUNT(presets); i++)
		if (strcmp(presets[i].command, command) == 0)
			return &presets[i];
	return NULL;
}

static bool concerns(const char *glob, const struct gp_list *files)
{
	for (size_t i = 0; i < files->n; i++)
		if (gp_glob_match(glob, files->v[i]))
			return true;
	return false;
}

static bool configured(const struct preset *p, bool (*has)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < GP_COUNT(p->config) && p->config[i]; i++)
		if (has(ctx, p->config[i]))
			return true;
	return false;
}

static void split(struct gp_list *out, const char *setting)
{
	while (*setting) {
		const char *end = strstr(setting, ";;");
		size_t n = end ? (size_t)(end - setting) : strlen(setting);
		struct gp_slice one = gp_trim((struct gp_slice){setting, n});

		if (one.n)
			gp_list_addn(out, one.p, one.n);
		setting += end ? n + 2 : n;
	}
}

void gp_analyzers_choose(struct gp_list *out, const char *setting, const struct gp_list *files,
                         bool (*has)(void *ctx, const char *path), void *ctx)
{
	if (strcmp(setting, "auto") != 0) {
		split(out, setting);
		return;
	}
	for (size_t i = 0; i < GP_COUNT(presets); i++)
		if (concerns(presets[i].files, files) && configured(&presets[i], has, ctx))
			gp_list_add(out, presets[i].command);
}

static void quote(struct gp_buf *out, const char *path)
{
	/* a path that begins with '-' is no option */
	gp_buf_str(out, *path == '-' ? " './" : " '");
	for (; *path; path++) {
		if (*path == '\'')
			gp_buf_str(out, "'\\''");
		else
			gp_buf_chr(out, *path);
	}
	gp_buf_chr(out, '\'');
}

bool gp_analyzers_fill(struct gp_buf *out, const char *command, const struct gp_list *files)
{
	const struct preset *p = preset_of(command);
	const char *mark = strstr(command, MARK);
	size_t n = 0;

	if (!mark) {
		gp_buf_str(out, command);
		return true;
	}
	gp_buf_add(out, command, (size_t)(mark - command));
	for (size_t i = 0; i < files->n; i++)
		if (!p || gp_glob_match(p->files, files->v[i])) {
			quote(out, files->v[i]);
			n++;
		}
	gp_buf_str(out, mark + strlen(MARK));
	return n > 0;
}
