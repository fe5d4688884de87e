#include "tests/unit/git_fixture.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/repo/layer.h"

struct filled {
	bool done;
	int code;
};

static void on_filled(void *ctx, int code)
{
	*(struct filled *)ctx = (struct filled){true, code};
}

static bool is_filled(void *ctx)
{
	return ((struct filled *)ctx)->done;
}

static int fill(struct gp_layer *l)
{
	gp_auto_loop struct gp_loop *loop = NULL;
	struct filled f = {0};

	OK(gp_loop_new(&loop));
	OK(gp_layer_fill(l, loop, on_filled, &f));
	assert_false(f.done);
	OK(gp_loop_run(loop, is_filled, &f));
	return f.code;
}

static struct gp_repo *opened(const char *name)
{
	struct gp_repo *r = NULL;

	OK(gp_repo_open(&r, in(name)));
	return r;
}

static struct gp_layer *taken(struct gp_repo *r, const char *rev, const char *setup)
{
	struct gp_layer *l = NULL;
	struct gp_oid tree;

	OK(gp_repo_resolve(NULL, &tree, r, rev));
	OK(gp_layer_take(&l, r, &tree, setup));
	return l;
}

/* Takes, fills and returns a layer; its slot's folder goes to slot. */
static struct gp_layer *laid(struct gp_repo *r, const char *rev, const char *setup)
{
	struct gp_layer *l = taken(r, rev, setup);

	OK(fill(l));
	return l;
}

static void as_checked_out(const struct gp_layer *l, const char *dir, const char *rev)
{
	SH("rm -rf expected && mkdir expected && export GIT_INDEX_FILE=$PWD/expected.index && rm "
	   "-f "
	   "$GIT_INDEX_FILE &&\n"
	   "git -C '%s' -c core.sparseCheckout=false --work-tree=\"$PWD/expected\" read-tree -m -u "
	   "%s &&\n"
	   "list() { cd \"$1\" && find . -printf '%%p %%y %%m %%l\\n' | sort; }\n"
	   "(list '%s') >a && (list expected) >b && diff a b && diff -r --no-dereference '%s' "
	   "expected",
	   dir, rev, gp_layer_tree(l), gp_layer_tree(l));
}

static void lays_out_as_a_checkout(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) before = {0};
	gp_auto(gp_buf) after = {0};
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	user_state(&before, in("plain"));
	r = opened("plain");
	l = laid(r, "HEAD", "");
	as_checked_out(l, in("plain"), "HEAD");
	SAYS("", "cd '%s' && ls -A sub && ls -d .git 2>/dev/null || :", gp_layer_tree(l));
	assert_true(gp_starts(gp_layer_tree(l), in("plain/.git/preview/layers/1/")));
	SAYS("", "ls -A '%s'", gp_layer_scratch(l));
	gp_layer_release(&l);
	user_state(&after, in("plain"));
	assert_string_equal(before.p, after.p);
}

static void every_shape_of_repository(void **state)
{
	static const char *const names[] = {"bare.git", "linked", "shallow", "partial", "sparse"};

	(void)state;
	make_repository("plain");
	SH("git clone -q --bare plain bare.git && git clone -q --depth 1 file://$PWD/plain "
	   "shallow &&\n"
	   "git clone -q --filter=blob:none --no-checkout file://$PWD/plain partial &&\n"
	   "git clone -q plain sparse && git -C sparse rm -q --cached sub &&\n"
	   "git -C sparse commit -qm nosub && rmdir sparse/sub &&\n"
	   "git -C sparse sparse-checkout set --cone --sparse-index a &&\n"
	   "git -C plain worktree add -q ../linked -b linked");
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		gp_auto_repo struct gp_repo *r = opened(names[i]);
		gp_auto(gp_buf) before = {0};
		gp_auto(gp_buf) after = {0};
		struct gp_layer *l;

		user_state(&before, in(names[i]));
		l = laid(r, "HEAD", "");
		as_checked_out(l, in(names[i]), "HEAD");
		gp_layer_release(&l);
		user_state(&after, in(names[i]));
		assert_string_equal(before.p, after.p);
	}
}

static void at_the_tree_already_runs_no_git(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_str char *path = gp_strdup(getenv("PATH"));
	gp_auto_str char *tree = NULL;
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	r = opened("plain");
	l = laid(r, "HEAD", "");
	tree = gp_strdup(gp_layer_tree(l));
	SH("mkdir '%s/left'", gp_layer_scratch(l));
	gp_layer_release(&l);
	setenv("PATH", scratch, 1);
	l = laid(r, "HEAD", "");
	setenv("PATH", path, 1);
	assert_string_equal(gp_layer_tree(l), tree);
	SAYS("", "ls -A '%s'", gp_layer_scratch(l));
	gp_layer_release(&l);
}

static void another_base_costs_the_difference(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) before = {0};
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	SH("cd plain && git stash -q -u && mkdir n && echo n >n/n && git rm -q a/1 && git add . && "
	   "git commit -qm next");
	r = opened("plain");
	l = laid(r, "HEAD~1", "key");
	OK(gp_layer_set_setup(l, ""));
	assert_false(gp_layer_has_setup(l, "key"));
	SH("cd '%s' && mkdir node_modules && echo made >node_modules/x && echo o >src/main.o",
	   gp_layer_tree(l));
	OK(gp_layer_set_setup(l, "key"));
	OK(sh(&before, "stat -c '%%i %%Z' '%s/run.sh'", gp_layer_tree(l)));
	gp_layer_release(&l);
	l = laid(r, "HEAD", "key");
	assert_true(gp_layer_has_setup(l, "key"));
	assert_false(gp_layer_has_setup(l, "other"));
	assert_true(gp_ends(gp_layer_tree(l), "/layers/1/tree"));
	SAYS(before.p, "stat -c '%%i %%Z' '%s/run.sh'", gp_layer_tree(l));
	SH("cd '%s' && test -f n/n && test ! -e a && test -f node_modules/x && rm -r node_modules "
	   "src/main.o",
	   gp_layer_tree(l));
	as_checked_out(l, in("plain"), "HEAD");
	gp_layer_release(&l);
}

/* A setup step that changed what the next base changes too, or put a file where it has one. */
static void setup_in_the_way_is_laid_anew(void **state)
{
	static const char *const deeds[] = {"echo x >>README", "mkdir n; echo x >n/n",
	                                    "rm README; mkdir README; echo x >README/x",
	                                    "mkdir -p .git/hooks; echo x >>README"};
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	SH("cd plain && git stash -q -u && mkdir n && echo n >n/n && echo r >>README && git add . "
	   "&& git commit -qm next");
	r = opened("plain");
	for (size_t i = 0; i < GP_COUNT(deeds); i++) {
		l = laid(r, "HEAD~1", "key");
		OK(gp_layer_set_setup(l, ""));
		SH("cd '%s' && %s", gp_layer_tree(l), deeds[i]);
		OK(gp_layer_set_setup(l, "key"));
		SH("test ! -e '%s/.git'", gp_layer_tree(l));
		gp_layer_release(&l);
		l = laid(r, "HEAD", "key");
		assert_false(gp_layer_has_setup(l, "key"));
		as_checked_out(l, in("plain"), "HEAD");
		gp_layer_release(&l);
		SH("rm -rf plain/.git/preview/layers/*");
	}
}

static void half_a_setup_is_laid_anew(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	r = opened("plain");
	l = laid(r, "HEAD", "key");
	OK(gp_layer_set_setup(l, ""));
	SH("echo half >'%s/half'", gp_layer_tree(l));
	gp_layer_release(&l);
	l = laid(r, "HEAD", "key");
	assert_false(gp_layer_has_setup(l, "key"));
	as_checked_out(l, in("plain"), "HEAD");
	assert_int_equal(gp_layer_set_setup(l, "two\nlines"), GP_INVALID);
	gp_layer_release(&l);
}

static void setups_are_kept_apart(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	r = opened("plain");
	l = laid(r, "HEAD", "one");
	OK(gp_layer_set_setup(l, "one"));
	gp_layer_release(&l);
	/* there is room: another's setup is not destroyed */
	l = laid(r, "HEAD", "two");
	assert_true(gp_ends(gp_layer_tree(l), "/layers/2/tree"));
	assert_false(gp_layer_has_setup(l, "two"));
	OK(gp_layer_set_setup(l, "two"));
	gp_layer_release(&l);
	l = laid(r, "HEAD~1", "one");
	assert_true(gp_ends(gp_layer_tree(l), "/layers/1/tree"));
	assert_true(gp_layer_has_setup(l, "one"));
	gp_layer_release(&l);
	l = laid(r, "HEAD", "");
	assert_true(gp_ends(gp_layer_tree(l), "/layers/3/tree"));
	gp_layer_release(&l);
}

static void without_room_the_oldest_setup_goes(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;
	char key[2] = "a";

	(void)state;
	make_repository("plain");
	r = opened("plain");
	for (; *key < 'i'; (*key)++) {
		l = laid(r, "HEAD", key);
		SH("echo %s >'%s/made'", key, gp_layer_tree(l));
		OK(gp_layer_set_setup(l, key));
		gp_layer_release(&l);
	}
	SAYS("8", "ls -d plain/.git/preview/layers/*/tree | wc -l");
	l = laid(r, "HEAD", "a");
	gp_layer_release(&l);
	l = laid(r, "HEAD", "new");
	assert_true(gp_ends(gp_layer_tree(l), "/layers/2/tree"));
	assert_false(gp_layer_has_setup(l, "b"));
	as_checked_out(l, in("plain"), "HEAD");
	gp_layer_release(&l);
}

static void takers_get_different_slots(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *v[10];

	(void)state;
	make_repository("plain");
	r = opened("plain");
	for (size_t i = 0; i < GP_COUNT(v); i++) {
		v[i] = laid(r, i % 2 ? "HEAD" : "HEAD~1", "");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(gp_layer_tree(v[i]), gp_layer_tree(v[k]));
	}
	for (size_t i = 0; i < GP_COUNT(v); i++)
		gp_layer_release(&v[i]);
	SAYS("10", "ls -d plain/.git/preview/layers/*/tree | wc -l");
	v[0] = taken(r, "HEAD", "");
	SAYS("8", "ls -d plain/.git/preview/layers/*/tree | wc -l");
	as_checked_out(v[0], in("plain"), "HEAD");
	gp_layer_release(&v[0]);
}

static void racing_processes_get_different_slots(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	int ready[2], go[2], status;
	char byte = 0;

	(void)state;
	make_repository("plain");
	r = opened("plain");
	assert_non_null(gp_repo_folder(r));
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			struct gp_layer *l = taken(r, "HEAD", "");
			int slot = (int)strtol(gp_layer_tree(l) +
			                               strlen(in("plain/.git/preview/layers/")),
			                       NULL, 10);

			close(go[1]);
			(void)!write(ready[1], &byte, 1);
			(void)!read(go[0], &byte, 1);
			if (fill(l))
				slot = 99;
			gp_layer_release(&l);
			_exit(slot);
		}
	for (int i = 0; i < 4; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	close(go[0]);
	close(go[1]);
	int sum = 0, n = 0;
	while (wait(&status) > 0) {
		assert_true(WIFEXITED(status));
		sum += 1 << WEXITSTATUS(status);
		n++;
	}
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(n, 4);
	assert_int_equal(sum, 2 + 4 + 8 + 16);
}

/* A filter that takes its time lets a fill be killed in its middle. */
static void slow_filter(void)
{
	make_repository("plain");
	SH("cd plain && git stash -q -u && echo '*.slow filter=slow' >.gitattributes && for i in 1 "
	   "2 "
	   "3; do echo $i >$i.slow; done && git add . && git commit -qm slow &&\n"
	   "git config filter.slow.smudge 'sleep 20; cat'");
}

static void a_killed_fill_is_laid_anew(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;
	pid_t pid;

	(void)state;
	slow_filter();
	r = opened("plain");
	l = laid(r, "HEAD~1", "");
	gp_layer_release(&l);
	pid = fork();
	if (pid == 0) {
		l = taken(r, "HEAD", "");
		fill(l);
		_exit(0);
	}
	SH("while ! grep -q dirty plain/.git/preview/layers/1/state; do sleep 0.1; done; sleep "
	   "0.3");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	SH("cd plain && git config filter.slow.smudge cat");
	l = laid(r, "HEAD", "");
	assert_true(gp_ends(gp_layer_tree(l), "/layers/1/tree"));
	as_checked_out(l, in("plain"), "HEAD");
	SAYS("index lock runs state tree", "cd plain/.git/preview/layers/1 && ls | xargs");
	gp_layer_release(&l);
}

static void release_ends_a_fill(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_loop struct gp_loop *loop = NULL;
	struct gp_layer *l;
	struct filled f = {0};
	long long start;

	(void)state;
	slow_filter();
	r = opened("plain");
	OK(gp_loop_new(&loop));
	l = taken(r, "HEAD", "");
	OK(gp_layer_fill(l, loop, on_filled, &f));
	SH("sleep 0.3");
	start = gp_now_ms();
	gp_layer_release(&l);
	assert_true(gp_now_ms() - start < 5000);
	assert_false(f.done);
	OK(gp_loop_run(loop, NULL, NULL));
	l = taken(r, "HEAD", "");
	OK(gp_layer_fill(l, loop, on_filled, &f));
	gp_layer_release(&l);
	SH("cd plain && git config filter.slow.smudge cat");
	l = laid(r, "HEAD", "");
	OK(gp_layer_fill(l, loop, on_filled, &f));
	gp_layer_release(&l);
	OK(gp_loop_run(loop, NULL, NULL));
	assert_false(f.done);
}

static void attributes_and_filters_apply(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	SH("git init -q plain && cd plain &&\n"
	   "git config filter.up.clean 'tr A-Z a-z' && git config filter.up.smudge 'tr a-z A-Z' "
	   "&&\n"
	   "printf '*.bat text eol=crlf\\n*.up filter=up\\n*.id ident\\n' >.gitattributes &&\n"
	   "printf 'one\\r\\ntwo\\r\\n' >x.bat && printf 'LOUD' >x.up && echo '$Id$' >x.id &&\n"
	   "git add . && git commit -qm x && git cat-file blob :x.up | grep -q loud");
	r = opened("plain");
	l = laid(r, "HEAD", "");
	SAYS("one\r\ntwo\r", "cat '%s/x.bat'", gp_layer_tree(l));
	SAYS("LOUD", "cat '%s/x.up'", gp_layer_tree(l));
	SH("grep -q '[$]Id: ' '%s/x.id'", gp_layer_tree(l));
	gp_layer_release(&l);
}

static void a_failing_filter_is_told(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	SH("git init -q plain && cd plain && echo '*.big filter=big' >.gitattributes && echo x "
	   ">x.big && git add . && git commit -qm x &&\n"
	   "git config filter.big.smudge false && git config filter.big.required true");
	r = opened("plain");
	l = taken(r, "HEAD", "");
	assert_int_equal(fill(l), GP_REFUSED);
	assert_non_null(strstr(gp_message(), "x.big"));
	gp_layer_release(&l);
	SH("cd plain && git config filter.big.smudge cat");
	l = laid(r, "HEAD", "");
	as_checked_out(l, in("plain"), "HEAD");
	gp_layer_release(&l);
}

static void nothing_else_that_is_configured_runs(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;

	(void)state;
	make_repository("plain");
	SH("cd plain && mkdir hooks && for h in post-checkout post-index-change "
	   "reference-transaction; do printf '#!/bin/sh\\n: >%s/ran\\n' >hooks/$h; done && chmod "
	   "+x "
	   "hooks/* && cp hooks/* .git/hooks && cp hooks/post-checkout fs &&\n"
	   "git config core.hooksPath \"$PWD/hooks\" && git config core.fsmonitor \"$PWD/fs\" &&\n"
	   "git config core.splitIndex true && git config core.untrackedCache true &&\n"
	   "git config submodule.recurse true",
	   scratch);
	r = opened("plain");
	l = laid(r, "HEAD~1", "");
	gp_layer_release(&l);
	l = laid(r, "HEAD", "");
	SH("test ! -e ran && test -z \"$(ls plain/.git/preview/layers/1 plain/.git | grep "
	   "sharedindex)\"");
	gp_layer_release(&l);
}

static void a_state_of_nonsense_is_not_trusted(void **state)
{
	static const char *const texts[] = {"",
	                                    "tree x\n",
	                                    "tree %s\nsetup \nclean",
	                                    "tree %s\nsetup \nclean\nmore\n",
	                                    "\xff\xfe",
	                                    "setup k\ntree %s\nclean\n"};
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_layer *l;
	struct gp_oid tree;

	(void)state;
	make_repository("plain");
	r = opened("plain");
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	for (size_t i = 0; i < GP_COUNT(texts); i++) {
		gp_auto(gp_buf) text = {0};
		const char *p = strstr(texts[i], "%s");

		l = laid(r, "HEAD", "");
		SH("echo old >'%s/stale'", gp_layer_tree(l));
		gp_layer_release(&l);
		gp_buf_add(&text, texts[i], p ? (size_t)(p - texts[i]) : strlen(texts[i]));
		if (p) {
			gp_buf_str(&text, tree.hex);
			gp_buf_str(&text, p + 2);
		}
		OK(gp_file_write(in("plain/.git/preview/layers/1/state"), gp_buf_all(&text), 0600));
		l = laid(r, "HEAD", "");
		if (i != 2)
			as_checked_out(l, in("plain"), "HEAD");
		gp_layer_release(&l);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lays_out_as_a_checkout),
		TEST(every_shape_of_repository),
		TEST(at_the_tree_already_runs_no_git),
		TEST(another_base_costs_the_difference),
		TEST(setup_in_the_way_is_laid_anew),
		TEST(half_a_setup_is_laid_anew),
		TEST(setups_are_kept_apart),
		TEST(without_room_the_oldest_setup_goes),
		TEST(takers_get_different_slots),
		TEST(racing_processes_get_different_slots),
		TEST(a_killed_fill_is_laid_anew),
		TEST(release_ends_a_fill),
		TEST(attributes_and_filters_apply),
		TEST(a_failing_filter_is_told),
		TEST(nothing_else_that_is_configured_runs),
		TEST(a_state_of_nonsense_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
