#include "lib/vet/shape.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/vet/plausible.h"

#define LOOK ((size_t)8000)
/* Fewer lines than this say nothing about a file's line ends. */
#define LINES_MIN 3

enum { EXECUTABLE = 0100755, LINK = 0120000, SUBMODULE = 0160000 };

/* Files by which a push makes a code host, or who checks it out, run something. */
static const char *const workflows[] = {
	".github/workflows/",  ".github/actions/",    ".gitlab-ci.yml",
	".gitlab/ci/",         ".circleci/",          ".gitea/workflows/",
	".forgejo/workflows/", "azure-pipelines.yml", "bitbucket-pipelines.yml",
	"Jenkinsfile",         ".drone.yml",          ".travis.yml",
	".buildkite/",         ".woodpecker/",
};
static const char *const hooks[] = {
	".husky/",      ".githooks/",         ".pre-commit-config.yaml",
	"lefthook.yml", ".vscode/tasks.json", ".devcontainer/",
	".envrc",       ".gitattributes",     ".gitmodules",
};
static const char *const generated[] = {
	"*.min.js",
	"*.min.css",
	"*.map",
	"*.lock",
	"package-lock.json",
	"go.sum",
	"*.snap",
	"*.pb.go",
	"*_pb2.py",
	"*.generated.*",
	"*.g.dart",
	"*.svg",
	"*.md",
	"*.rst",
	"*.txt",
	"dist/",
	"build/",
	"vendor/",
	"node_modules/",
	"pnpm-lock.yaml",
	"*.json",
	"*.po",
	"npm-shrinkwrap.json",
};

static bool among(const char *path, const char *const *pattern, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gp_glob_match(pattern[i], path))
			return true;
	return false;
}

bool gp_shape_counts(const char *path)
{
	return !gp_path_of_tests(path) && !among(path, generated, GP_COUNT(generated));
}

static bool is_binary(struct gp_slice s)
{
	return s.n && memchr(s.p, 0, s.n < LOOK ? s.n : LOOK);
}

struct ends {
	size_t lf, crlf;
};

static struct ends count_ends(struct gp_slice s)
{
	struct ends e = {0, 0};

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n' && i > 0 && s.p[i - 1] == '\r')
			e.crlf++;
		else if (s.p[i] == '\n')
			e.lf++;
	return e;
}

static bool turned_over(struct gp_slice old, struct gp_slice new)
{
	struct ends a = count_ends(old), b = count_ends(new);

	if (a.lf + a.crlf < LINES_MIN || b.lf + b.crlf < LINES_MIN)
		return false;
	return (a.crlf * 2 > a.lf + a.crlf) != (b.crlf * 2 > b.lf + b.crlf);
}

static void add(struct gp_findings *out, const struct gp_shape_file *f, const char *rule,
                const char *what, const char *shown, bool blocks)
{
	char print[17];
	struct gp_finding one = {.kind = "shape",
	                         .rule = rule,
	                         .what = what,
	                         .commit = f->commit,
	                         .path = f->path,
	                         .shown = shown,
	                         .print = print,
	                         .blocks = blocks};
	uint64_t h = gp_hash(gp_hash(0, rule, strlen(rule)), f->path, strlen(f->path));

	snprintf(print, sizeof(print), "%016llx", (unsigned long long)h);
	gp_findings_add(out, &one);
}

static void look_at_mode(struct gp_findings *out, const struct gp_shape_file *f, bool blocks)
{
	if (f->new_mode == f->old_mode)
		return;
	if (f->new_mode == SUBMODULE)
		add(out, f, "submodule", "submodule", "another repository", blocks);
	if (f->new_mode == LINK)
		add(out, f, "link", "symbolic link", f->old_mode ? "was a file" : "new", blocks);
	/* a new program is ordinary; a file that turns into one is not */
	if (f->new_mode == EXECUTABLE && f->old_mode)
		add(out, f, "executable", "executable bit", "set", blocks);
}

static void look_at_bytes(struct gp_findings *out, const struct gp_shape_file *f, size_t large,
                          bool blocks)
{
	char size[40];

	snprintf(size, sizeof(size), "%zu KiB", f->size / 1024);
	if (large && f->size > large)
		add(out, f, "large-file", "large file", size, blocks);
	if (is_binary(f->new) && !f->old_mode)
		add(out, f, "binary-file", "binary file", size, blocks);
	else if (f->old_mode && turned_over(f->old, f->new))
		add(out, f, "line-endings", "line ends",
		    count_ends(f->new).crlf ? "now CR LF" : "now LF", blocks);
}

void gp_shape_look(struct gp_findings *out, const struct gp_shape_file *f, size_t large,
                   bool blocks)
{
	if (among(f->path, workflows, GP_COUNT(workflows)))
		add(out, f, "workflow", "file that a code host runs",
		    f->old_mode ? "changed" : "new", blocks);
	if (among(f->path, hooks, GP_COUNT(hooks)))
		add(out, f, "hook", "file that runs or filters where this is checked out",
		    f->old_mode ? "changed" : "new", blocks);
	look_at_mode(out, f, blocks);
	if (f->read)
		look_at_bytes(out, f, large, blocks);
}
