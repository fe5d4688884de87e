#include "lib/trial/detect.h"

#include <stdio.h>
#include <string.h>

#include "lib/trial/ways.h"

#define TREE 0040000
#define WORDS 64 /* of a setup command that are looked at */

struct source {
	struct gp_repo *repo;
	const struct gp_oid *tree;
	struct gp_view *view;
};

void gp_project_clear(struct gp_project *p)
{
	char *const owned[] = {p->runner,    p->suite, p->suite_from, p->only,
	                       p->only_from, p->setup, p->setup_from, p->report};

	for (size_t i = 0; i < GP_COUNT(owned); i++)
		gp_free(owned[i]);
	gp_list_clear(&p->locks);
	gp_test_paths_clear(&p->paths);
	*p = (struct gp_project){0};
}

static int on_entry(void *ctx, const struct gp_entry *e)
{
	struct source *s = ctx;

	gp_view_add(s->view, e->path);
	return 0;
}

static int read_file(void *ctx, struct gp_buf *out, const char *path)
{
	struct source *s = ctx;

	return gp_repo_read(out, NULL, s->repo, s->tree, path, GP_WAYS_FILE);
}

static bool is_set(const struct gp_conf *c, const char *key)
{
	const char *value = gp_conf_origin(c, key) != GP_FROM_DEFAULT ? gp_conf_str(c, key) : NULL;

	return value && *value;
}

static void setting(char **field, char **from, const struct gp_conf *c, const char *key)
{
	if (!is_set(c, key))
		return;
	gp_way(field, "%s", gp_conf_str(c, key));
	gp_way(from, "[test] %s", strchr(key, '.') + 1);
}

static void with_names(char **field, char **from, const struct gp_conf *c, const char *key)
{
	const char *added = is_set(c, key) ? gp_ways_names(field) : NULL;

	if (added)
		gp_way(from, "[test] %s, with %s", strchr(key, '.') + 1, added);
}

/* A command of one's own makes the found ways of running some files doubtful, so they go. */
static void settings(struct gp_project *p, const struct gp_conf *c)
{
	if (is_set(c, "test.command")) {
		gp_str_clear(&p->only);
		gp_str_clear(&p->only_from);
		gp_way(&p->report, "auto");
		if (!p->runner)
			gp_way(&p->runner, "command");
	}
	setting(&p->suite, &p->suite_from, c, "test.command");
	setting(&p->only, &p->only_from, c, "test.new");
	setting(&p->setup, &p->setup_from, c, "test.setup");
	if (is_set(c, "test.report"))
		gp_way(&p->report, "%s", gp_conf_str(c, "test.report"));
	gp_conf_list(&p->paths.globs, c, "test.paths");
	if (strcmp(p->report, "auto") != 0)
		return;
	with_names(&p->suite, &p->suite_from, c, "test.command");
	with_names(&p->only, &p->only_from, c, "test.new");
}

int gp_detect(struct gp_project *out, struct gp_repo *r, const struct gp_oid *tree,
              const struct gp_conf *c)
{
	gp_auto(gp_view) view = {0};
	struct source s = {r, tree, &view};
	int e;

	*out = (struct gp_project){0};
	view.read = read_file;
	view.ctx = &s;
	e = gp_repo_walk(r, tree, on_entry, &s);
	if (e)
		return gp_within(e, "cannot look for tests");
	e = gp_ways_find(out, &view);
	settings(out, c);
	return out->suite ? 0 : e;
}

static void add_file(uint64_t *h, struct gp_repo *r, const struct gp_oid *tree, const char *path)
{
	struct gp_oid oid = {0};
	unsigned mode;

	if (gp_repo_entry(&oid, &mode, r, tree, path) != 0 || mode == TREE)
		return;
	*h = gp_hash(*h, path, strlen(path) + 1);
	*h = gp_hash(*h, oid.hex, strlen(oid.hex) + 1);
}

/* What a command in a folder reads there, by the usual names. */
static void add_folder(uint64_t *h, struct gp_repo *r, const struct gp_oid *tree,
                       const char *folder)
{
	static const char *const names[] = {"package.json",     "package-lock.json",
	                                    "yarn.lock",        "pnpm-lock.yaml",
	                                    "requirements.txt", "pyproject.toml",
	                                    "poetry.lock",      "uv.lock",
	                                    "Pipfile.lock",     "go.mod",
	                                    "go.sum",           "Cargo.toml",
	                                    "Cargo.lock",       "Gemfile.lock",
	                                    "composer.lock"};

	for (size_t i = 0; i < GP_COUNT(names); i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "%s%s%s", folder, *folder ? "/" : "", names[i]);
		add_file(h, r, tree, gp_buf_text(&path));
	}
}

/* "sh tools/setup.sh", "pip install -r dev.txt", "cd web && npm ci": what it names, it depends on.
 */
static void add_words(uint64_t *h, struct gp_repo *r, const struct gp_oid *tree,
                      const char *command)
{
	static const char between[] = " \t\n;&|()<>'\"=";

	for (int i = 0; *command && i < WORDS; i++) {
		size_t n;
		struct gp_oid oid;
		unsigned mode;

		command += strspn(command, between);
		while (gp_starts(command, "./"))
			command += 2;
		n = strcspn(command, between);
		gp_auto_str char *word = gp_strndup(command, n);

		command += n;
		while (n > 1 && word[n - 1] == '/')
			word[--n] = 0;
		if (!*word || gp_repo_entry(&oid, &mode, r, tree, word) != 0)
			continue;
		if (mode == TREE)
			add_folder(h, r, tree, word);
		else
			add_file(h, r, tree, word);
	}
}

int gp_project_setup_key(struct gp_buf *out, const struct gp_project *p, struct gp_repo *r,
                         const struct gp_oid *tree, const char *identity)
{
	uint64_t a, b;

	if (!p->setup)
		return 0;
	a = gp_hash(GP_HASH, p->setup, strlen(p->setup) + 1);
	for (size_t i = 0; i < p->locks.n; i++)
		add_file(&a, r, tree, p->locks.v[i]);
	add_folder(&a, r, tree, "");
	add_words(&a, r, tree, p->setup);
	a = gp_hash(a, identity, strlen(identity));
	b = gp_hash(a, "setup", 5);
	return gp_buf_fmt(out, "%016llx%016llx", (unsigned long long)a, (unsigned long long)b);
}
