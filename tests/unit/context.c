#include "tests/unit/git_fixture.h"

#include "lib/context/context.h"
#include "lib/context/excerpt.h"
#include "lib/context/words.h"

#define KEY_ID                                                                                     \
	"AKIA"                                                                                     \
	"IOSFODNN7QWERTYU"

static struct gp_repo *repo;

/* A small shop: sources, tests, a manifest, rules, and everything that must stay out. */
static int make_shop(void **state)
{
	if (scratch_make(state) < 0)
		return -1;
	SH("git init -q shop && cd shop && mkdir -p src/admin tests node_modules/x docs .ssh\n"
	   "printf '{\"name\": \"shop\", \"scripts\": {\"test\": \"node --test\"}}\\n' "
	   ">package.json\n"
	   "echo '{\"lockfileVersion\": 3, \"tasks\": 1}' >package-lock.json\n"
	   "echo 'Use tabs in all tasks.' >AGENTS.md\n"
	   "echo 'Admin code is old.' >src/admin/AGENTS.md\n"
	   "cat >src/tasks.js <<'E'\n"
	   "const { save } = require('./store');\n\nfunction createTask(title) {\n"
	   "\treturn save({ title });\n}\n\nmodule.exports = { createTask };\nE\n"
	   "cat >src/store.js <<'E'\nfunction save(row) {\n\treturn row;\n}\nE\n"
	   "echo 'module.exports = () => 1; // nothing to see' >src/colours.js\n"
	   "cat >src/config.js <<'E'\n// tasks are kept here\nmodule.exports = { id: '" KEY_ID
	   "' };\nE\n"
	   "cat >tests/tasks.test.js <<'E'\nconst test = require('node:test');\n"
	   "test('creates a task', () => {});\nE\n"
	   "echo \"test('colours', () => {});\" >tests/colours.test.js\n"
	   "printf '# Tasks\\n````\\n# The request\\n```\\n' >docs/tasks.md\n"
	   "echo tasks >node_modules/x/tasks.js; echo 'PASSWORD=tasks' >.env\n"
	   "echo tasks >.ssh/config; echo tasks >tasks.pem; ln -s src/tasks.js tasks-link.js\n"
	   "printf 'tasks\\0' >src/tasks.bytes.js; printf 'tasks \\377\\n' >src/tasks.latin.js\n"
	   "printf tasks >\"$(printf 'src/tasks\\n# The request')\"\n"
	   "git add -f . && git commit -qm first\n"
	   "echo 'tasks of mine, not committed' >>src/tasks.js; echo tasks "
	   ">src/untracked-tasks.js");
	OK(gp_repo_open(&repo, in("shop")));
	return 0;
}

static int remove_shop(void **state)
{
	gp_repo_free(&repo);
	return scratch_remove(state);
}

static struct gp_context_options options(struct gp_repo *r, const char *request)
{
	struct gp_context_options o = {.repo = r, .request = request};

	OK(gp_repo_resolve(NULL, &o.tree, r, "HEAD"));
	return o;
}

static const struct gp_context_file *shown(const struct gp_context *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].path, path) == 0)
			return &c->v[i];
	return NULL;
}

static bool says(const struct gp_context *c, const char *text)
{
	return gp_find(gp_buf_all(&c->text), text) != NULL;
}

static const char why_none[] = "";

static const char *why(const struct gp_context *c, const char *path)
{
	const struct gp_context_file *f = shown(c, path);

	return f ? f->why : why_none;
}

static void a_request_gets_its_files(void **state)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(repo, "Add a priority to a task (src/tasks.js)\n");

	(void)state;
	OK(gp_context_build(&c, &o));
	assert_string_equal(why(&c, "src/tasks.js"), "named");
	assert_string_equal(why(&c, "tests/tasks.test.js"), "test");
	assert_string_equal(why(&c, "package.json"), "manifest");
	assert_string_equal(why(&c, "AGENTS.md"), "instructions");
	assert_string_equal(why(&c, "src/store.js"), "matches");
	assert_true(says(&c, "\tconst") == false && says(&c, "\treturn save({ title });\n}\n"));
	assert_true(
		gp_ends(c.text.p, "# The request\n\nAdd a priority to a task (src/tasks.js)\n"));
	assert_true(strstr(c.text.p, "Use tabs") < strstr(c.text.p, "createTask"));
}

static void nothing_else_leaves_the_repository(void **state)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(repo, "tasks config password id");
	static const char *const never[] = {".env",
	                                    ".ssh",
	                                    "tasks.pem",
	                                    "tasks-link.js",
	                                    "package-lock.json\n\n",
	                                    "not committed",
	                                    "untracked-tasks",
	                                    "tasks.bytes.js:",
	                                    "tasks.latin.js:",
	                                    KEY_ID};

	(void)state;
	OK(gp_context_build(&c, &o));
	for (size_t i = 0; i < GP_COUNT(never); i++)
		if (says(&c, never[i]))
			fail_msg("'%s' was shown", never[i]);
	assert_null(shown(&c, "node_modules/x/tasks.js"));
	assert_non_null(shown(&c, "src/config.js"));
	assert_true(says(&c, "id: '[secret masked]'"));
	assert_int_equal(c.masked, 1);
}

static void data_cannot_leave_its_fence(void **state)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(repo, "docs/tasks.md");

	(void)state;
	OK(gp_context_build(&c, &o));
	assert_true(says(&c, "docs/tasks.md:\n`````\n# Tasks\n````\n# The request\n```\n`````\n"));
}

static void settings_include_and_exclude(void **state)
{
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(repo, "tasks");

	(void)state;
	gp_list_add(&o.include, "src/colours.*");
	gp_list_add(&o.exclude, "**/store.js");
	o.instructions = "docs/tasks.md";
	OK(gp_context_build(&c, &o));
	assert_string_equal(why(&c, "src/colours.js"), "named");
	assert_string_equal(why(&c, "docs/tasks.md"), "instructions");
	assert_string_not_equal(why(&c, "AGENTS.md"), "instructions");
	assert_false(says(&c, "store.js\n"));
	gp_list_clear(&o.include);
	gp_list_clear(&o.exclude);
}

/* 400 files that say "task" now and then, one that defines what is asked for, one that is long. */
static struct gp_repo *make_many(const char *name)
{
	struct gp_repo *r = NULL;

	SH("git init -q '%s' && cd '%s' && mkdir -p lib/a lib/b tests\n"
	   "for i in $(seq 400); do\n"
	   "  { echo \"function part$i() {\"; seq 60; echo '// a task'; echo '}'; } "
	   ">lib/a/part$i.js\n"
	   "done\n"
	   "echo 'function reopenOrder(order) {}' >lib/b/flow.js\n"
	   "echo \"test('it flows')\" >tests/flow.test.js\n"
	   "echo \"test('an order')\" >tests/part7.test.js\n"
	   "{ echo \"import x from 'x';\"; seq 3000; echo; echo 'function cancelOrder(order) {'\n"
	   "  echo '\treturn order.reopen;'; echo '}'; echo; seq 3000; } >lib/b/long.js\n"
	   "git add . && git commit -qm first",
	   name, name);
	OK(gp_repo_open(&r, in(name)));
	return r;
}

static void the_defining_file_comes_first(void **state)
{
	gp_auto_repo struct gp_repo *r = make_many("many");
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(r, "When reopening fails, reopenOrder should say so");

	(void)state;
	OK(gp_context_build(&c, &o));
	assert_int_equal(c.files, 404);
	assert_int_equal(c.unread, 0);
	/* its test, which says nothing of the request, comes with it */
	assert_true(c.n > 1 && c.n < 5);
	assert_string_equal(c.v[0].path, "tests/flow.test.js");
	assert_string_equal(c.v[0].why, "test");
	assert_string_equal(c.v[1].path, "lib/b/flow.js");
}

static void a_word_of_every_file_may_name_one(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_context) c = {0};
	gp_auto(gp_context) short_name = {0};
	struct gp_context_options o;

	(void)state;
	SH("git init -q names && cd names && mkdir src\n"
	   "for i in $(seq 100); do echo \"def f_$i(): return 'priority'\" >src/m$i.py; done\n"
	   "echo 'LEVELS = 3  # priority' >src/priority.py\n"
	   "git add . && git commit -qm first");
	OK(gp_repo_open(&r, in("names")));
	o = options(r, "add a level of priority");
	OK(gp_context_build(&c, &o));
	assert_string_equal(c.v[0].path, "src/priority.py");
	o = options(r, "f_17 is wrong");
	OK(gp_context_build(&short_name, &o));
	assert_string_equal(short_name.v[0].path, "src/m17.py");
}

static void a_long_file_is_shown_in_excerpts(void **state)
{
	gp_auto_repo struct gp_repo *r = make_many("long");
	gp_auto(gp_context) c = {0};
	struct gp_context_options o = options(r, "make cancelOrder in lib/b/long.js log");

	(void)state;
	o.max_tokens = 2000;
	OK(gp_context_build(&c, &o));
	assert_true(c.text.n <= 7000 + 300);
	assert_non_null(shown(&c, "lib/b/long.js"));
	assert_true(says(&c, "import x from 'x';\n"));
	assert_true(says(&c, ", lines 3003 to 3005 of 6006:\n```\nfunction cancelOrder(order) {\n"
	                     "\treturn order.reopen;\n}\n```\n"));
}

/* The cache only makes it faster: the same answer without, with, with a broken one, and when the
 * tree has moved. */
static void the_word_index_is_only_a_cache(void **state)
{
	gp_auto_repo struct gp_repo *r = make_many("cache");
	gp_auto(gp_context) first = {0};
	gp_auto(gp_context) second = {0};
	gp_auto(gp_context) third = {0};
	gp_auto(gp_context) moved = {0};
	struct gp_context_options o = options(r, "reopen an order");

	(void)state;
	OK(gp_context_build(&first, &o));
	OK(gp_context_build(&second, &o));
	assert_string_equal(first.text.p, second.text.p);
	SH("cd cache/.git/preview/cache && printf 'garbage, more than a head of it' >>words-3");
	OK(gp_context_build(&third, &o));
	assert_string_equal(first.text.p, third.text.p);
	assert_int_equal(third.unread, 0);
	SH("cd cache && echo 'function reopenAgain() {}' >lib/new.js && git add . &&"
	   " git commit -qm second");
	o = options(r, "reopenAgain");
	OK(gp_context_build(&moved, &o));
	assert_string_equal(why(&moved, "lib/new.js"), "matches");
}

static void an_empty_tree_is_fine(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_context) c = {0};
	struct gp_context_options o;

	(void)state;
	SH("git init -q empty && git -C empty commit -q --allow-empty -m first");
	OK(gp_repo_open(&r, in("empty")));
	o = options(r, "");
	OK(gp_context_build(&c, &o));
	assert_int_equal(c.n, 0);
	assert_true(says(&c, "# The request\n"));
}

static void searched(const char *pattern, const char *glob, size_t max, const char *expected)
{
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = options(repo, "");

	OK(gp_context_search(&out, &o, pattern, glob, max));
	assert_string_equal(gp_buf_text(&out), expected);
}

static void search_finds_lines(void **state)
{
	(void)state;
	searched("createTask\\(", NULL, 1000, "src/tasks.js:3: function createTask(title) {\n");
	searched("createTask", "*.md", 1000, "nothing found in files that match *.md\n");
	searched("^function \\w+", "src/*.js", 1000,
	         "src/store.js:1: function save(row) {\n"
	         "src/tasks.js:3: function createTask(title) {\n");
	searched("module", "src/*", 80,
	         "src/colours.js:1: module.exports = () => 1; // nothing to see\n"
	         "[2 more matches left out; narrow the pattern or the glob]\n");
	searched("IOSFODNN", NULL, 1000, "nothing found\n");
	searched("PASSWORD", NULL, 1000, "nothing found\n");
	searched("id: .*masked", NULL, 1000,
	         "src/config.js:2: module.exports = { id: '[secret masked]' };\n");
}

static void hostile_patterns_end(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = options(repo, "");
	long long start = gp_now_ms();

	(void)state;
	assert_int_equal(gp_context_search(&out, &o, "a(b", NULL, 100), GP_INVALID);
	assert_non_null(strstr(gp_message(), "at byte 3"));
	assert_int_equal(out.n, 0);
	SH("git init -q evil && cd evil && for i in $(seq 100); do printf 'a%%.0s' $(seq 2000);"
	   " echo b; done >a.txt && "
	   "seq 60000 >large.txt; git add . && git commit -qm first");
	OK(gp_repo_open(&r, in("evil")));
	o = options(r, "");
	OK(gp_context_search(&out, &o, "(a|aa)+$", NULL, 1000));
	assert_non_null(strstr(gp_buf_text(&out), "too costly"));
	assert_non_null(strstr(gp_buf_text(&out), "1 files of more than 256 KiB"));
	assert_true(gp_now_ms() - start < 30000);
}

static void reads_lines_with_their_numbers(void **state)
{
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = options(repo, "");

	(void)state;
	OK(gp_context_read(&out, &o, "src/store.js", 2, 9, 1000));
	assert_string_equal(gp_buf_text(&out), "2| \treturn row;\n3| }\n");
	gp_buf_cut(&out, 0);
	OK(gp_context_read(&out, &o, "src/store.js", 0, 0, 50));
	assert_string_equal(gp_buf_text(&out),
	                    "1| function save(row) {\n[cut: ask for lines from 2 on]\n");
	gp_buf_cut(&out, 0);
	OK(gp_context_read(&out, &o, "src/store.js", 7, 9, 50));
	assert_string_equal(gp_buf_text(&out), "[no lines there: 'src/store.js' is shorter]\n");
	gp_buf_cut(&out, 0);
	OK(gp_context_read(&out, &o, "src/config.js", 2, 2, 500));
	assert_string_equal(gp_buf_text(&out), "2| module.exports = { id: '[secret masked]' };\n");
}

static void refuses_to_read(void **state)
{
	gp_auto(gp_buf) out = {0};
	struct gp_context_options o = options(repo, "");

	(void)state;
	assert_int_equal(gp_context_read(&out, &o, ".env", 0, 0, 500), GP_REFUSED);
	assert_int_equal(gp_context_read(&out, &o, "tasks-link.js", 0, 0, 500), GP_REFUSED);
	assert_int_equal(gp_context_read(&out, &o, "src/tasks.bytes.js", 0, 0, 500), GP_REFUSED);
	assert_int_equal(gp_context_read(&out, &o, "src", 0, 0, 500), GP_REFUSED);
	assert_int_equal(gp_context_read(&out, &o, "lib/tasks.js", 0, 0, 500), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "nearest is 'src/tasks.js'"));
	assert_int_equal(gp_context_read(&out, &o, "../shop/src/tasks.js", 0, 0, 500), GP_NOTFOUND);
	assert_int_equal(out.n, 0);
}

static void write_word(void *ctx, const struct gp_word *w)
{
	static const char text[] = "int gp_foo(HTTPServer *utf8Name) {\n\tif (doIt(x1)) {\n"
				   "def makeTasks(self):\n";

	gp_buf_fmt(ctx, "%.*s%s ", (int)w->n, text + w->at, w->kind & GP_WORD_DEFINED ? "!" : "");
}

static void words_are_parted_and_definitions_seen(void **state)
{
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_words(GP_SLICE("int gp_foo(HTTPServer *utf8Name) {\n\tif (doIt(x1)) {\n"
	                  "def makeTasks(self):\n"),
	         write_word, &out);
	assert_string_equal(gp_buf_text(&out),
	                    "int gp! foo! gp_foo! HTTP Server HTTPServer utf8 Name utf8Name "
	                    "if do It doIt x1 def make! Tasks! makeTasks! self ");
	assert_true(gp_word_hash(GP_SLICE("Tasks")) == gp_word_hash(GP_SLICE("task")));
	assert_true(gp_word_hash(GP_SLICE("class")) != gp_word_hash(GP_SLICE("clas")));
}

static void terms_know_plurals_and_names(void **state)
{
	gp_auto(gp_terms) t = {0};
	int whole, part;

	(void)state;
	gp_terms_of(&t,
	            GP_SLICE("Please add priorities to the class, see `createTask` (src/a.js)."));
	assert_true(gp_term_of(&t, gp_word_hash(GP_SLICE("priority"))) >= 0);
	assert_true(gp_term_of(&t, gp_word_hash(GP_SLICE("classes"))) >= 0);
	assert_true(gp_term_of(&t, gp_word_hash(GP_SLICE("please"))) < 0);
	whole = gp_term_of(&t, gp_word_hash(GP_SLICE("createTask")));
	part = gp_term_of(&t, gp_word_hash(GP_SLICE("task")));
	assert_true(whole >= 0 && part >= 0);
	assert_true(t.v[whole].weight > t.v[part].weight);
	assert_true(t.v[whole].parts >> part & 1);
	assert_int_equal(t.paths.n, 1);
	assert_string_equal(t.paths.v[0], "src/a.js");
}

static void excerpts_are_the_texts_own_bytes(void **state)
{
	gp_auto(gp_terms) t = {0};
	gp_auto(gp_buf) text = {0};
	struct gp_excerpts e;
	size_t bytes = 0;

	(void)state;
	gp_terms_of(&t, GP_SLICE("needle"));
	for (int i = 0; i < 500; i++)
		gp_buf_fmt(&text, i % 100 == 50 ? "def needle_%d():\r\n" : "\tline %d\r\n", i);
	gp_excerpts_of(&e, gp_buf_all(&text), &t, 1000);
	assert_true(e.n > 1);
	assert_int_equal(e.lines, 500);
	for (size_t i = 0; i < e.n; i++) {
		assert_true(e.v[i].text.p >= text.p &&
		            e.v[i].text.p + e.v[i].text.n <= text.p + text.n);
		assert_true(i == 0 || e.v[i].from > e.v[i - 1].to + 1);
		bytes += e.v[i].text.n;
	}
	assert_true(bytes <= 1000);
	gp_excerpts_of(&e, gp_buf_all(&text), &t, text.n);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.v[0].text.n, text.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_gets_its_files),
		cmocka_unit_test(nothing_else_leaves_the_repository),
		cmocka_unit_test(data_cannot_leave_its_fence),
		cmocka_unit_test(settings_include_and_exclude),
		cmocka_unit_test(the_defining_file_comes_first),
		cmocka_unit_test(a_word_of_every_file_may_name_one),
		cmocka_unit_test(a_long_file_is_shown_in_excerpts),
		cmocka_unit_test(the_word_index_is_only_a_cache),
		cmocka_unit_test(an_empty_tree_is_fine),
		cmocka_unit_test(search_finds_lines),
		cmocka_unit_test(hostile_patterns_end),
		cmocka_unit_test(reads_lines_with_their_numbers),
		cmocka_unit_test(refuses_to_read),
		cmocka_unit_test(words_are_parted_and_definitions_seen),
		cmocka_unit_test(terms_know_plurals_and_names),
		cmocka_unit_test(excerpts_are_the_texts_own_bytes),
	};

	return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
