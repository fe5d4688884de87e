#include <string.h>

#include "lib/base/json.h"
#include "lib/trial/scan.h"
#include "lib/trial/ways.h"

struct manager {
	const char *lock, *run, *setup, *bin;
};

/* The lock file names the manager; without one it is npm. */
static const struct manager managers[] = {
	{"pnpm-lock.yaml", "pnpm test", "pnpm install --frozen-lockfile", "node_modules/.bin/"},
	{"bun.lockb", "bun run test", "bun install --frozen-lockfile", "node_modules/.bin/"},
	{"bun.lock", "bun run test", "bun install --frozen-lockfile", "node_modules/.bin/"},
	{"yarn.lock", "yarn test", "yarn install --frozen-lockfile", "node_modules/.bin/"},
	{"package-lock.json", "npm test", "npm ci", "node_modules/.bin/"},
	{"npm-shrinkwrap.json", "npm test", "npm ci", "node_modules/.bin/"},
	{NULL, "npm test", "npm install", "node_modules/.bin/"},
};

/* What a script may call, how it runs some files, and what makes it name every test. mocha and
 * node's own runner do already; node prints TAP into a pipe up to 22 and its spec text from 23. */
static const struct tool {
	const char *name, *runner, *files, *verbose;
} tools[] = {
	{"vitest", "vitest", " {files}", " --reporter=verbose"},
	{"jest", "jest", " --runTestsByPath {files}", " --verbose"},
	{"mocha", "mocha", " {files}", ""},
	{"ava", "ava", " {files}", " --tap"},
	{"tape", "tape", " {files}", ""},
	{"tap", "tap", " {files}", ""},
	{"node", "node", " {files}", ""},
	{"tsx", "node", " {files}", ""},
	{"bun", "bun", " {files}", ""},
};

static const struct manager *manager_of(const struct gp_view *v)
{
	const struct manager *m = managers;

	while (m->lock && !gp_view_has(v, m->lock))
		m++;
	return m;
}

static bool has_dependencies(const struct cJSON *package)
{
	static const char *const keys[] = {"dependencies", "devDependencies",
	                                   "optionalDependencies", "workspaces"};

	for (size_t i = 0; i < GP_COUNT(keys); i++)
		if (gp_json_count(gp_json_get(package, keys[i])) > 0)
			return true;
	return false;
}

/* Words that only check style may stand before the runner; a run of some files leaves them out. */
static bool is_lint(struct gp_slice command)
{
	static const char *const lints[] = {"eslint",       "standard", "prettier",
	                                    "xo",           "biome",    "tsc --noEmit",
	                                    "npm run lint", "oxlint",   "tsd"};

	for (size_t i = 0; i < GP_COUNT(lints); i++)
		if (gp_head(command, lints[i], NULL))
			return true;
	return false;
}

/* The part of a script that runs the tests: all of it, or what follows style checks. *whole tells
 * which. False when it is more than one plain command. */
static bool test_part(struct gp_slice *out, bool *whole, struct gp_slice script)
{
	const char *and;

	*whole = true;
	while ((and = gp_find(script, "&&"))) {
		struct gp_slice head = gp_trim((struct gp_slice){script.p, (size_t)(and-script.p)});

		if (!is_lint(head))
			return false;
		*whole = false;
		script = gp_skip(script, (size_t)(and-script.p) + 2);
	}
	*out = gp_trim(script);
	for (size_t i = 0; i < out->n; i++)
		if (strchr(";|&<>`$()\\\n#~!", out->p[i]))
			return false;
	return out->n > 0;
}

static bool next_word(struct gp_slice *out, struct gp_slice *rest)
{
	struct gp_slice cap[GP_SCAN_MAX];

	*rest = gp_trim(*rest);
	if (!gp_scan(*rest, "%s", cap))
		return false;
	*out = cap[0];
	*rest = gp_skip(*rest, cap[0].n);
	return true;
}

static bool takes_value(struct gp_slice word)
{
	static const char *const flags[] = {"-r",
	                                    "--require",
	                                    "--import",
	                                    "--loader",
	                                    "--experimental-loader",
	                                    "--config",
	                                    "-c",
	                                    "--reporter",
	                                    "-R",
	                                    "--timeout",
	                                    "-t",
	                                    "--ui",
	                                    "-u",
	                                    "--env-file",
	                                    "-C",
	                                    "--conditions",
	                                    "--test-reporter",
	                                    "--test-timeout",
	                                    "--test-concurrency",
	                                    "--project",
	                                    "--spec",
	                                    "--extension"};

	for (size_t i = 0; i < GP_COUNT(flags); i++)
		if (gp_slice_is(word, flags[i]))
			return true;
	return false;
}

struct script {
	struct gp_buf assigned; /* "NODE_ENV=test " before the command */
	const struct tool *tool;
	bool test_flag, reporter;
	struct gp_buf all;   /* the command with its paths */
	struct gp_buf flags; /* without */
};

static void script_clear(struct script *s)
{
	gp_buf_clear(&s->assigned);
	gp_buf_clear(&s->all);
	gp_buf_clear(&s->flags);
}

static void add(struct gp_buf *b, struct gp_slice word)
{
	if (b->n)
		gp_buf_chr(b, ' ');
	gp_buf_slice(b, word);
}

static const struct tool *tool_of(struct gp_slice word)
{
	gp_head(word, "./node_modules/.bin/", &word);
	gp_head(word, "node_modules/.bin/", &word);
	for (size_t i = 0; i < GP_COUNT(tools); i++)
		if (gp_slice_is(word, tools[i].name))
			return &tools[i];
	return NULL;
}

/* Takes a plain command apart. False when it does not begin with a runner we know. */
static bool read_script(struct script *s, struct gp_slice part)
{
	struct gp_slice word;
	bool value = false;

	while (next_word(&word, &part)) {
		if (!s->tool && (gp_slice_is(word, "cross-env") || gp_slice_is(word, "npx")))
			continue;
		if (!s->tool && memchr(word.p, '=', word.n)) {
			gp_buf_slice(&s->assigned, word);
			gp_buf_chr(&s->assigned, ' ');
			continue;
		}
		if (!s->tool) {
			s->tool = tool_of(word);
			if (!s->tool)
				return false;
			continue;
		}
		s->test_flag |= gp_slice_is(word, "--test") || gp_slice_is(word, "test");
		s->reporter |= gp_head(word, "--reporter", NULL) ||
		               gp_head(word, "--verbose", NULL) || gp_head(word, "--tap", NULL);
		add(&s->all, word);
		if (word.p[0] == '-' || value || gp_slice_is(word, "run") ||
		    gp_slice_is(word, "test"))
			add(&s->flags, word);
		value = !value && takes_value(word);
	}
	return s->tool != NULL;
}

static void write_command(char **out, const struct script *s, const char *bin,
                          const struct gp_buf *words, const char *tail)
{
	const char *name = s->tool->name;
	bool own = strcmp(name, "node") == 0 || strcmp(name, "bun") == 0;

	gp_way(out, "%s%s%s%s%s%s%s", gp_buf_text(&s->assigned), own ? "" : bin, name,
	       words->n ? " " : "", gp_buf_text(words), s->reporter ? "" : s->tool->verbose, tail);
}

/* A plain script is called without its manager, which would cost a quarter of a second a run. */
static void use_script(struct gp_project *p, const struct manager *m, struct gp_slice text,
                       bool hooked)
{
	struct script s __attribute__((cleanup(script_clear))) = {0};
	struct gp_slice part;
	bool whole;

	gp_ways(p, "npm", "package.json scripts.test", m->run, NULL, NULL);
	if (!test_part(&part, &whole, text) || !read_script(&s, part))
		return;
	gp_way(&p->runner, "%s", s.tool->runner);
	if (whole && !hooked)
		write_command(&p->suite, &s, m->bin, &s.all, "");
	if (strcmp(s.tool->runner, "node") == 0 && !s.test_flag)
		return;
	write_command(&p->only, &s, m->bin, &s.flags, s.tool->files);
	gp_way(&p->only_from, "package.json scripts.test");
}

/* Without a script the tools and the files tell. */
static bool use_tools(struct gp_project *p, const struct manager *m, const struct cJSON *package,
                      const struct gp_view *v)
{
	static const char *const ends[] = {".test.js",  ".test.mjs", ".test.cjs",
	                                   ".test.ts",  "_test.js",  "-test.js",
	                                   "_test.mjs", "-test.mjs", ".spec.js"};

	for (size_t i = 0; i < 3; i++) {
		const struct tool *t = &tools[i];

		if (!gp_json_str(gp_json_get(package, "devDependencies"), t->name) &&
		    !gp_json_str(gp_json_get(package, "dependencies"), t->name))
			continue;
		gp_ways(p, t->runner, "package.json devDependencies", "", "", NULL);
		gp_way(&p->suite, "%s%s%s%s", m->bin, t->name, i == 0 ? " run" : "", t->verbose);
		gp_way(&p->only, "%s%s", p->suite, t->files);
		return true;
	}
	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_view_test(v, ends[i])) {
			gp_ways(p, "node", gp_view_test(v, ends[i]), "node --test",
			        "node --test {files}", NULL);
			return true;
		}
	return false;
}

static bool is_placeholder(const char *script)
{
	return !script || !*script || strstr(script, "no test specified");
}

static void use_setup(struct gp_project *p, const struct manager *m, const struct cJSON *package,
                      const struct gp_view *v)
{
	static const char *const locks[] = {".npmrc", ".yarnrc.yml", "pnpm-workspace.yaml"};

	if (!has_dependencies(package) || gp_list_has(&v->tops, "node_modules"))
		return;
	gp_way(&p->setup, "%s",
	       m->lock && strcmp(m->lock, "yarn.lock") == 0 && gp_view_has(v, ".yarnrc.yml")
	               ? "yarn install --immutable"
	               : m->setup);
	gp_way(&p->setup_from, "%s", m->lock ? m->lock : "package.json");
	gp_list_add(&p->locks, "package.json");
	if (m->lock)
		gp_list_add(&p->locks, m->lock);
	for (size_t i = 0; i < GP_COUNT(locks); i++)
		if (gp_view_has(v, locks[i]))
			gp_list_add(&p->locks, locks[i]);
}

bool gp_ways_node(struct gp_project *p, const struct gp_view *v)
{
	gp_auto(gp_buf) text = {0};
	gp_auto_json struct cJSON *package = NULL;
	const struct cJSON *scripts;
	struct manager m = *manager_of(v);
	const char *script;

	if (!gp_view_has(v, "package.json"))
		return false;
	gp_view_read(&text, v, "package.json");
	if (gp_json_parse(&package, gp_buf_all(&text)) != 0)
		return false;
	if (gp_view_has(v, ".pnp.cjs"))
		m.bin = "yarn ";
	scripts = gp_json_get(package, "scripts");
	script = gp_json_str(scripts, "test");
	if (!is_placeholder(script))
		use_script(p, &m, gp_slice(script),
		           gp_json_str(scripts, "pretest") || gp_json_str(scripts, "posttest"));
	else if (!use_tools(p, &m, package, v))
		return false;
	use_setup(p, &m, package, v);
	return true;
}
