#include "tests/unit/git_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/repo/repo.h"

static const struct gp_oid none = {0};

static struct gp_repo *opened(const char *dir)
{
	struct gp_repo *r = NULL;

	OK(gp_repo_open(&r, dir));
	assert_non_null(r);
	return r;
}

static int list_entry(void *ctx, const struct gp_entry *e)
{
	struct gp_oid oid;

	gp_oid_of(&oid, e->id);
	return gp_buf_fmt(ctx, "%06o %s %s\t%s%c", e->mode, e->mode == 0160000 ? "commit" : "blob",
	                  oid.hex, e->path, 0);
}

static void walks_as_git_lists(struct gp_repo *r, const char *dir, const struct gp_oid *tree)
{
	gp_auto(gp_buf) ours = {0};
	gp_auto(gp_buf) gits = {0};

	OK(gp_repo_walk(r, tree, list_entry, &ours));
	OK(sh(&gits, "git -C '%s' ls-tree -r -z %s", dir, tree->hex));
	assert_true(gp_slice_eq(gp_buf_all(&ours), gp_buf_all(&gits)));
}

static int list_name(void *ctx, const struct gp_entry *e)
{
	return gp_buf_fmt(ctx, "%s%c", e->path, 0);
}

static void lists_as_git_does(struct gp_repo *r, const char *dir, const struct gp_oid *tree)
{
	gp_auto(gp_buf) ours = {0};
	gp_auto(gp_buf) gits = {0};
	struct gp_oid id;

	OK(gp_repo_list(r, tree, "", list_name, &ours));
	OK(sh(&gits, "git -C '%s' ls-tree -z --name-only %s", dir, tree->hex));
	assert_true(gp_slice_eq(gp_buf_all(&ours), gp_buf_all(&gits)));
	assert_int_equal(gp_repo_list(r, tree, "no/such", list_name, &ours), GP_NOTFOUND);
	gp_buf_cut(&gits, 0);
	OK(gp_repo_hash(&id, GP_SLICE("hello\n")));
	assert_string_equal(id.hex, "ce013625030ba8dba906f756967f9e9ca394464a");
}

static void reads(struct gp_repo *r, const struct gp_oid *tree, const char *path, unsigned mode,
                  const char *text)
{
	gp_auto(gp_buf) b = {0};
	unsigned found = 0;

	OK(gp_repo_read(&b, &found, r, tree, path, 1000));
	assert_string_equal(gp_buf_text(&b), text);
	assert_int_equal(found, mode);
}

/* A test commit and an implementation commit on a branch with a note, as a preview makes them. */
static void makes_a_preview(struct gp_repo *r, const char *dir)
{
	gp_auto(gp_changes) c = {0};
	gp_auto(gp_changes) back = {0};
	gp_auto(gp_buf) author = {0};
	gp_auto(gp_buf) committer = {0};
	gp_auto(gp_buf) note = {0};
	gp_auto(gp_stats) stats = {0};
	struct gp_oid head, base, tree, first, second, again, at;

	OK(gp_repo_resolve(&head, &base, r, "HEAD"));
	OK(gp_repo_ident(&author, &committer, r));
	gp_changes_set(&c, "tests/new/t.c", 0100644, GP_SLICE("test\n"));
	gp_changes_set(&c, "run.sh", 0100755, GP_SLICE("#!/bin/sh\nexit 1\n"));
	gp_changes_set(&c, "src/deep/er/x", 0, GP_SLICE(""));
	OK(gp_repo_tree(&tree, r, &base, &c));
	OK(gp_repo_commit(&first, r, &tree, &head, author.p, committer.p, "test: ünï\n\nbody"));
	OK(gp_repo_commit(&second, r, &base, &first, author.p, committer.p, "back\n"));
	OK(gp_repo_ref_move(r, "refs/heads/preview/x", &second, &none, "preview: made"));
	OK(gp_repo_note_write(r, &second, 1, committer.p, GP_SLICE("{\"schema\": 1}\n")));
	OK(gp_repo_note_read(&note, r, &second));
	assert_string_equal(note.p, "{\"schema\": 1}\n");
	OK(gp_repo_parent(&at, r, &second));
	assert_string_equal(at.hex, first.hex);
	OK(gp_repo_diff(&back, r, &base, &tree));
	assert_int_equal(back.n, 3);
	OK(gp_repo_tree(&again, r, &base, &back));
	assert_string_equal(again.hex, tree.hex);
	OK(gp_repo_stat(&stats, r, &base, &tree));
	assert_int_equal(stats.added, 2);
	assert_int_equal(stats.deleted, 1);
	SAYS("back\ntest: ünï", "git -C '%s' log --format=%%s -2 preview/x", dir);
	SAYS("Ada Ünï <ada@example.com>", "git -C '%s' log --format='%%an <%%ae>' -1 preview/x",
	     dir);
	SAYS("{\"schema\": 1}", "git -C '%s' notes --ref=preview show preview/x", dir);
	/* src/deep went with its last file */
	SAYS("src/main.c", "git -C '%s' ls-tree --name-only %s src/", dir, tree.hex);
}

/* All of it, in a repository of some shape; from: the folder to open. */
static void works(const char *from, const char *dir)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) before = {0};
	gp_auto(gp_buf) after = {0};
	struct gp_oid head, tree;

	user_state(&before, dir);
	r = opened(from);
	OK(gp_repo_resolve(&head, &tree, r, "HEAD"));
	SAYS(head.hex, "git -C '%s' rev-parse HEAD", dir);
	walks_as_git_lists(r, dir, &tree);
	lists_as_git_does(r, dir, &tree);
	reads(r, &tree, "README", 0100644, "one\ntwo\n");
	reads(r, &tree, "run.sh", 0100755, "#!/bin/sh\n");
	reads(r, &tree, "link", 0120000, "src/main.c");
	reads(r, &tree, "-dash", 0100644, "d");
	reads(r, &tree, "new\nline", 0100644, "n");
	reads(r, &tree, "ünï", 0100644, "u");
	reads(r, &tree, "src/deep/er/x", 0100644, "x");
	makes_a_preview(r, dir);
	assert_non_null(gp_repo_folder(r));
	SH("git -C '%s' fsck --no-dangling --no-progress 2>&1", dir);
	user_state(&after, dir);
	assert_string_equal(before.p, after.p);
}

static void plain_repository(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;

	(void)state;
	make_repository("plain");
	works(in("plain"), in("plain"));
	r = opened(in("plain/src/deep"));
	assert_string_equal(gp_repo_worktree(r), in("plain"));
	assert_string_equal(gp_repo_common(r), in("plain/.git"));
	assert_string_equal(gp_repo_folder(r), in("plain/.git/preview"));
	SAYS("700", "stat -c %%a plain/.git/preview");
	SH("test -d plain/.git/preview/layers");
}

static void subdirectory(void **state)
{
	(void)state;
	make_repository("plain");
	works(in("plain/src/deep"), in("plain"));
}

static void detached_head(void **state)
{
	(void)state;
	make_repository("plain");
	SH("cd plain && git checkout -q --detach && git pack-refs --all && git gc -q");
	works(in("plain"), in("plain"));
}

static void bare_repository(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;

	(void)state;
	make_repository("plain");
	SH("git clone -q --bare plain bare.git");
	works(in("bare.git"), in("bare.git"));
	r = opened(in("bare.git"));
	assert_null(gp_repo_worktree(r));
	assert_string_equal(gp_repo_common(r), in("bare.git"));
}

static void bare_repository_that_git_must_be_told_of(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	SH("git init -q --bare bare.git && git config --global safe.bareRepository explicit");
	assert_int_equal(gp_repo_open(&r, in("bare.git")), GP_REFUSED);
	setenv("GIT_DIR", in("bare.git"), 1);
	OK(gp_repo_open(&r, NULL));
	unsetenv("GIT_DIR");
	gp_repo_free(&r);
}

static void linked_worktree(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid here, there;

	(void)state;
	make_repository("plain");
	SH("cd plain && git worktree add -q ../linked -b linked && cd ../linked &&\n"
	   "git commit -q --allow-empty -m linked && git config extensions.worktreeConfig true &&\n"
	   "git config --worktree preview.test 1");
	works(in("linked"), in("linked"));
	r = opened(in("linked"));
	assert_string_equal(gp_repo_common(r), in("plain/.git"));
	assert_string_equal(gp_repo_worktree(r), in("linked"));
	OK(gp_repo_resolve(&here, NULL, r, "HEAD"));
	OK(gp_repo_ref_get(&there, r, "refs/heads/linked"));
	assert_string_equal(here.hex, there.hex);
}

static void sparse_index(void **state)
{
	(void)state;
	make_repository("plain");
	SH("cd plain && git stash -q -u && git rm -q --cached sub && git commit -qm nosub &&\n"
	   "git sparse-checkout set --cone --sparse-index a && git ls-files --sparse | grep -q /$");
	works(in("plain/a"), in("plain"));
}

static void shallow_clone(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid head, parent;

	(void)state;
	make_repository("plain");
	SH("git clone -q --depth 1 'file://%s/plain' shallow", scratch);
	works(in("shallow"), in("shallow"));
	r = opened(in("shallow"));
	OK(gp_repo_resolve(&head, NULL, r, "HEAD"));
	assert_int_equal(gp_repo_parent(&parent, r, &head), GP_NOTFOUND);
	assert_non_null(strstr(gp_message_hint(), "--deepen"));
}

static void partial_clones(void **state)
{
	static const char *const filters[] = {"blob:none", "tree:0"};

	(void)state;
	make_repository("plain");
	for (size_t i = 0; i < GP_COUNT(filters); i++) {
		SH("rm -rf partial; git clone -q --no-checkout --filter=%s 'file://%s/plain' "
		   "partial",
		   filters[i], scratch);
		works(in("partial"), in("partial"));
	}
}

static int collect_blob(void *ctx, const struct gp_entry *e)
{
	struct gp_oid *v = ctx;
	size_t n = 0;

	while (v[n].hex[0])
		n++;
	if (e->mode == 0100644)
		gp_oid_of(&v[n], e->id);
	return 0;
}

static void partial_clone_fetches_many_at_once(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid tree, v[32] = {{{0}}};
	gp_auto(gp_buf) b = {0};
	size_t n = 0;

	(void)state;
	make_repository("plain");
	SH("git clone -q --no-checkout --filter=blob:none 'file://%s/plain' partial", scratch);
	r = opened(in("partial"));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	SAYS("1", "ls partial/.git/objects/pack/*.pack | wc -l");
	OK(gp_repo_walk(r, &tree, collect_blob, v));
	SAYS("1", "ls partial/.git/objects/pack/*.pack | wc -l");
	while (v[n].hex[0])
		n++;
	assert_true(n > 5);
	OK(gp_repo_fetch(r, v, n));
	SAYS("2", "ls partial/.git/objects/pack/*.pack | wc -l");
	SH("mv plain gone");
	for (size_t i = 0; i < n; i++)
		OK(gp_repo_blob(&b, r, &v[i], 1000));
	assert_int_equal(gp_repo_read(&b, NULL, r, &tree, "run.sh", 1000), GP_REFUSED);
}

static void building_a_tree_needs_no_blob(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_changes) c = {0};
	struct gp_oid tree, out;

	(void)state;
	make_repository("plain");
	SH("git clone -q --no-checkout --filter=blob:none 'file://%s/plain' partial && mv plain x",
	   scratch);
	r = opened(in("partial"));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	gp_changes_set(&c, "src/main.c", 0100644, GP_SLICE("new\n"));
	gp_changes_set(&c, "a/1", 0, GP_SLICE(""));
	OK(gp_repo_tree(&out, r, &tree, &c));
	SAYS("src/main.c", "cd partial && git diff-tree -r --name-only --diff-filter=M %s %s",
	     tree.hex, out.hex);
	SAYS("a/1", "cd partial && git diff-tree -r --name-only --diff-filter=D %s %s", tree.hex,
	     out.hex);
}

static void sha256_is_refused_with_a_way_out(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	SH("git init -q --object-format=sha256 big");
	assert_int_equal(gp_repo_open(&r, in("big")), GP_REFUSED);
	assert_null(r);
	assert_non_null(strstr(gp_message(), "sha256"));
	assert_non_null(strstr(gp_message_hint(), "fast-export"));
}

static void extensions(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	SH("git init -q x && cd x && git config core.repositoryformatversion 1 &&\n"
	   "git config extensions.preciousObjects true && git config extensions.noop true &&\n"
	   "git config extensions.objectFormat sha1");
	OK(gp_repo_open(&r, in("x")));
	gp_repo_free(&r);
	SH("cd x && git config extensions.fancy true");
	assert_int_equal(gp_repo_open(&r, in("x")), GP_REFUSED);
	assert_non_null(strstr(gp_message(), "fancy"));
}

static void git_dir_is_honoured(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	make_repository("plain");
	SH("git init -q other");
	assert_int_equal(chdir(in("other")), 0);
	setenv("GIT_DIR", in("plain/.git"), 1);
	works(NULL, in("plain"));
	OK(gp_repo_open(&r, NULL));
	assert_string_equal(gp_repo_common(r), in("plain/.git"));
	assert_string_equal(gp_repo_worktree(r), in("other"));
	gp_repo_free(&r);
	setenv("GIT_WORK_TREE", in("plain"), 1);
	OK(gp_repo_open(&r, NULL));
	assert_string_equal(gp_repo_worktree(r), in("plain"));
	gp_repo_free(&r);
	unsetenv("GIT_WORK_TREE");
	setenv("GIT_DIR", in("nowhere"), 1);
	assert_int_equal(gp_repo_open(&r, NULL), GP_NOTFOUND);
	OK(gp_repo_open(&r, in("plain")));
	gp_repo_free(&r);
	unsetenv("GIT_DIR");
	setenv("GIT_OBJECT_DIRECTORY", in("plain/.git/objects"), 1);
	assert_int_equal(gp_repo_open(&r, NULL), GP_REFUSED);
	unsetenv("GIT_OBJECT_DIRECTORY");
}

static void no_repository(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	setenv("GIT_CEILING_DIRECTORIES", scratch, 1);
	SH("mkdir -p empty/x");
	assert_int_equal(gp_repo_open(&r, in("empty/x")), GP_NOTFOUND);
	assert_int_equal(gp_repo_open(&r, in("not there")), GP_NOTFOUND);
	unsetenv("GIT_CEILING_DIRECTORIES");
}

static void foreign_owner(void **state)
{
	struct gp_repo *r = NULL;

	(void)state;
	/* only root can give a folder away; cmocka's skip() is "not ok" in TAP */
	if (getuid() != 0)
		return;
	make_repository("plain");
	SH("chown -R 12345 plain");
	assert_int_equal(gp_repo_open(&r, in("plain")), GP_REFUSED);
	assert_non_null(strstr(gp_message(), "ownership"));
	assert_non_null(strstr(gp_message_hint(), "safe.directory"));
	/* a way to allow it that libgit2 does not know */
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "safe.directory", 1);
	setenv("GIT_CONFIG_VALUE_0", "*", 1);
	OK(gp_repo_open(&r, in("plain")));
	gp_repo_free(&r);
	unsetenv("GIT_CONFIG_COUNT");
	assert_int_equal(gp_repo_open(&r, in("plain")), GP_REFUSED);
}

static void unborn_head(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid c;

	(void)state;
	SH("git init -q new");
	r = opened(in("new"));
	assert_int_equal(gp_repo_resolve(&c, NULL, r, "HEAD"), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "no commit yet"));
	assert_int_equal(gp_repo_resolve(&c, NULL, r, "main"), GP_NOTFOUND);
}

static void revisions(void **state)
{
	static const char *const good[] = {"HEAD~1",    "main",           "v1",       "@",
	                                   ":/second",  "main^{/first}",  "main@{0}", "HEAD^0",
	                                   "main...v1", "refs/heads/main"};
	static const char *const bad[] = {"nope", "-n1", "--all", "HEAD~99", "", "main..v1"};
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid c, parent;

	(void)state;
	make_repository("plain");
	SH("cd plain && git tag -a -m v1 v1 HEAD~1 && git tag blob HEAD:README");
	r = opened(in("plain"));
	for (size_t i = 0; i < GP_COUNT(good); i++) {
		if (strcmp(good[i], "main...v1") == 0) {
			assert_int_equal(gp_repo_resolve(&c, NULL, r, good[i]), GP_NOTFOUND);
			continue;
		}
		OK(gp_repo_resolve(&c, NULL, r, good[i]));
		SAYS(c.hex, "cd plain && git rev-list -1 '%s'", good[i]);
	}
	for (size_t i = 0; i < GP_COUNT(bad); i++)
		assert_int_equal(gp_repo_resolve(&c, NULL, r, bad[i]), GP_NOTFOUND);
	assert_int_equal(gp_repo_resolve(&c, NULL, r, "blob"), GP_INVALID);
	OK(gp_repo_resolve(&c, NULL, r, "main~2"));
	assert_int_equal(gp_repo_parent(&parent, r, &c), GP_NOTFOUND);
}

static int stop_at_second(void *ctx, const struct gp_entry *e)
{
	(void)e;
	return ++*(int *)ctx == 2 ? 77 : 0;
}

static void limits_and_misses(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) b = {0};
	struct gp_oid tree, oid = {"0123456789012345678901234567890123456789"};
	unsigned mode;
	int count = 0;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &tree, r, "HEAD"));
	assert_int_equal(gp_repo_walk(r, &tree, stop_at_second, &count), 77);
	gp_buf_str(&b, "kept");
	assert_int_equal(gp_repo_read(&b, &mode, r, &tree, "README", 7), GP_LIMIT);
	assert_int_equal(gp_repo_read(&b, &mode, r, &tree, "src", 100), GP_NOTFOUND);
	assert_int_equal(gp_repo_read(&b, &mode, r, &tree, "sub", 100), GP_NOTFOUND);
	assert_int_equal(gp_repo_read(&b, &mode, r, &tree, "README/x", 100), GP_NOTFOUND);
	assert_int_equal(gp_repo_blob(&b, r, &oid, 100), GP_NOTFOUND);
	assert_int_equal(gp_repo_blob(&b, r, &tree, 10000), GP_INVALID);
	assert_string_equal(b.p, "kept");
	OK(gp_repo_read(&b, NULL, r, &tree, "README", 8));
	OK(gp_repo_entry(NULL, &mode, r, &tree, "src/deep"));
	assert_int_equal(mode, 040000);
	snprintf(oid.hex, sizeof(oid.hex), "xyz");
	assert_int_equal(gp_repo_blob(&b, r, &oid, 100), GP_INVALID);
}

/* A tree by ours and the same by git's own index, from path lists. */
static void trees(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid base, out;
	gp_auto(gp_changes) c = {0};

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &base, r, "HEAD"));
	OK(gp_repo_tree(&out, r, &base, &c));
	assert_string_equal(out.hex, base.hex);
	/* a file becomes a folder, a folder a file; names around '/' in byte order */
	gp_changes_set(&c, "a-b", 0, GP_SLICE(""));
	gp_changes_set(&c, "a-b/c/d", 0100755, GP_SLICE("D"));
	gp_changes_set(&c, "a/1", 0, GP_SLICE(""));
	gp_changes_set(&c, "a", 0120000, GP_SLICE("README"));
	gp_changes_set(&c, "a.d/3", 0100644, GP_SLICE("3"));
	gp_changes_set(&c, "gone/never/was", 0, GP_SLICE(""));
	gp_changes_set(&c, "sub", 0, GP_SLICE(""));
	gp_changes_set(&c, "z/z/z/z", 0100644, GP_SLICE("z"));
	OK(gp_repo_tree(&out, r, &base, &c));
	SAYS(out.hex, "cd plain && export GIT_INDEX_FILE=$PWD/../i && git read-tree HEAD &&\n"
	              "git update-index --force-remove a-b a/1 sub &&\n"
	              "add() { git update-index --add --cacheinfo $1,$(printf $2 | git hash-object "
	              "-w --stdin),$3; }\n"
	              "add 100755 D a-b/c/d; add 120000 README a; add 100644 3 a.d/3\n"
	              "add 100644 z z/z/z/z; git write-tree");
	OK(gp_repo_tree(&out, r, &none, &c));
	SAYS("a a-b/c/d a.d/3 z/z/z/z", "cd plain && git ls-tree -r --name-only %s | xargs",
	     out.hex);
	gp_changes_clear(&c);
	OK(gp_repo_tree(&out, r, &none, &c));
	SAYS(out.hex, "git hash-object -t tree /dev/null");
}

static void tree_clashes(void **state)
{
	static const struct {
		const char *path, *second;
		unsigned mode;
	} v[] = {
		{"README/x", NULL, 0100644},     {"src", NULL, 0100644},
		{"n", "n/x", 0100644},           {"x/.git/y", NULL, 0100644},
		{"x//y", NULL, 0100644},         {"x/../y", NULL, 0100644},
		{"sub/x", NULL, 0100644},        {"x/", NULL, 0100644},
		{"/x", NULL, 0100644},           {"ok", NULL, 0160000},
		{"src/main.c/x", NULL, 0100644},
	};
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid base, out;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &base, r, "HEAD"));
	for (size_t i = 0; i < GP_COUNT(v); i++) {
		gp_auto(gp_changes) c = {0};

		gp_changes_set(&c, v[i].path, v[i].mode, GP_SLICE("x"));
		if (v[i].second)
			gp_changes_set(&c, v[i].second, v[i].mode, GP_SLICE("x"));
		assert_true(gp_repo_tree(&out, r, &base, &c) < 0);
	}
}

struct walks {
	struct gp_repo *r;
	const struct gp_oid *inner; /* NULL: none */
	struct gp_buf said;
};

static int note_path(void *ctx, const struct gp_entry *e)
{
	struct walks *w = ctx;
	struct walks in = {.r = w->r};
	struct gp_oid oid;
	int code = 0;

	gp_oid_of(&oid, e->id);
	gp_buf_fmt(&w->said, "%o %s %s\n", e->mode, oid.hex, e->path);
	if (w->inner)
		code = gp_repo_walk(w->r, w->inner, note_path, &in);
	gp_buf_clear(&in.said);
	return code;
}

/* Walked again from what was kept, walked within a walk, walked again after all is let go. */
static void walks_are_alike(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid head, before;
	int count = 0;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &head, r, "HEAD"));
	OK(gp_repo_resolve(NULL, &before, r, "HEAD~1"));
	struct walks first = {.r = r}, again = {.r = r, .inner = &before};
	struct walks last = {.r = r}, other = {.r = r};

	assert_int_equal(gp_repo_walk(r, &head, stop_at_second, &count), 77);
	OK(gp_repo_walk(r, &head, note_path, &first));
	OK(gp_repo_walk(r, &head, note_path, &again));
	assert_string_equal(first.said.p, again.said.p);
	OK(gp_repo_walk(r, &before, note_path, &other));
	assert_string_not_equal(first.said.p, other.said.p);
	gp_repo_shrink(r);
	OK(gp_repo_walk(r, &head, note_path, &last));
	assert_string_equal(first.said.p, last.said.p);
	gp_buf_clear(&first.said);
	gp_buf_clear(&again.said);
	gp_buf_clear(&other.said);
	gp_buf_clear(&last.said);
}

static void diff_of_kinds_that_change(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_changes) c = {0};
	struct gp_oid from, to, made;

	(void)state;
	make_repository("plain");
	SH("cd plain && git stash -q -u && rm -rf k && mkdir -p k/dir k/was.d k/was &&\n"
	   "echo 0 >k/was/x && echo 0 >k/was0 && echo 0 >k/was.e && echo 1 >k/dir/a &&\n"
	   "echo 2 >k/file && echo 3 >k/link && echo 4 >k/was.d/x && echo 5 >k/was-d &&\n"
	   "git add . && git commit -qm before && rm -r k/dir k/file k/link k/was.d k/was &&\n"
	   "echo 0 >k/was &&\n"
	   "echo 1 >k/dir && mkdir k/file && echo 2 >k/file/b && ln -s dir k/link &&\n"
	   "chmod +x k/was-d && echo 6 >k/was.d && git add -A . && git commit -qm after");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &from, r, "HEAD~1"));
	OK(gp_repo_resolve(NULL, &to, r, "HEAD"));
	OK(gp_repo_diff(&c, r, &from, &to));
	OK(gp_repo_tree(&made, r, &from, &c));
	assert_string_equal(made.hex, to.hex);
	assert_int_equal(c.n, 10);
	gp_changes_clear(&c);
	OK(gp_repo_diff(&c, r, &to, &from));
	OK(gp_repo_tree(&made, r, &to, &c));
	assert_string_equal(made.hex, from.hex);
	gp_changes_clear(&c);
	OK(gp_repo_diff(&c, r, &to, &to));
	assert_int_equal(c.n, 0);
}

static struct gp_oid made_tree(const char *file)
{
	gp_auto(gp_buf) said = {0};
	struct gp_oid oid = {0};

	OK(sh(&said, "cd plain && git hash-object -t tree -w --literally ../%s", file));
	assert_int_equal(gp_trim(gp_buf_all(&said)).n, 40);
	memcpy(oid.hex, said.p, 40);
	return oid;
}

/* Merged with its like, "b" would seem to be gone though it is there. */
static void disordered_trees_are_no_trees(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_changes) c = {0};
	struct gp_oid good, bad, twice;

	(void)state;
	make_repository("plain");
	SH("cd plain && for n in a b; do\n"
	   "  : >../$n && git hash-object -w ../$n | sed \"s/.*/100644 blob &\t$n/\" | git mktree "
	   "|\n"
	   "  xargs git cat-file tree >../$n || exit 1; done\n"
	   "cd .. && cat a b >good && cat b a >bad && cat b b >twice");
	r = opened(in("plain"));
	good = made_tree("good");
	bad = made_tree("bad");
	twice = made_tree("twice");
	OK(gp_repo_diff(&c, r, &(struct gp_oid){0}, &good));
	assert_int_equal(c.n, 2);
	assert_int_equal(gp_repo_diff(&c, r, &good, &bad), GP_FAILED);
	assert_non_null(strstr(gp_message(), "out of order at 'a'"));
	assert_int_equal(gp_repo_diff(&c, r, &twice, &good), GP_FAILED);
}

static void stat_counts_as_git(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_stats) s = {0};
	gp_auto(gp_buf) ours = {0};
	struct gp_oid from, to;

	(void)state;
	make_repository("plain");
	SH("cd plain && git stash -q -u && seq 1 200 >lines && git add . && git commit -qm lines "
	   "&&\n"
	   "seq 5 3 300 >lines && printf 'no newline' >>README && printf 'b\\0c' >binary &&\n"
	   "rm a/1 && ln -sf README link && git add -A . && git commit -qm changed &&\n"
	   "git update-index --cacheinfo 160000,$(git rev-parse HEAD~1),sub &&\n"
	   "git commit -qm submodule");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &from, r, "HEAD~3"));
	OK(gp_repo_resolve(NULL, &to, r, "HEAD"));
	OK(gp_repo_stat(&s, r, &from, &to));
	for (size_t i = 0; i < s.n; i++) {
		if (s.v[i].added < 0)
			gp_buf_fmt(&ours, "-\t-\t%s\n", s.v[i].path);
		else
			gp_buf_fmt(&ours, "%ld\t%ld\t%s\n", s.v[i].added, s.v[i].deleted,
			           s.v[i].path);
	}
	gp_buf_cut(&ours, ours.n - 1);
	SAYS(ours.p, "cd plain && git diff-tree -r --numstat --no-renames HEAD~3 HEAD");
}

static void submodule_changes_are_refused(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_changes) c = {0};
	struct gp_oid from, to;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(NULL, &from, r, "HEAD~1"));
	OK(gp_repo_resolve(NULL, &to, r, "HEAD"));
	assert_int_equal(gp_repo_diff(&c, r, &from, &to), GP_REFUSED);
}

static void refs_move_by_compare_and_swap(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid one, two, at;
	const char *name = "refs/heads/preview/x";

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&one, NULL, r, "HEAD"));
	OK(gp_repo_resolve(&two, NULL, r, "HEAD~1"));
	assert_int_equal(gp_repo_ref_move(r, name, &one, &two, "w"), GP_EXISTS);
	OK(gp_repo_ref_move(r, name, &one, &none, "made"));
	assert_int_equal(gp_repo_ref_move(r, name, &two, &none, "w"), GP_EXISTS);
	assert_int_equal(gp_repo_ref_move(r, name, &none, &two, "w"), GP_EXISTS);
	OK(gp_repo_ref_get(&at, r, name));
	assert_string_equal(at.hex, one.hex);
	OK(gp_repo_ref_move(r, name, &two, &one, "moved on"));
	SAYS("moved on\nmade", "cd plain && git reflog show --format=%%gs preview/x");
	SH("cd plain && git pack-refs --all");
	assert_int_equal(gp_repo_ref_move(r, name, &one, &none, "w"), GP_EXISTS);
	assert_int_equal(gp_repo_ref_move(r, "refs/heads/preview", &one, &none, "w"), GP_EXISTS);
	assert_non_null(strstr(gp_message(), "preview/x"));
	assert_int_equal(gp_repo_ref_move(r, "refs/heads/main/x", &one, &none, "w"), GP_EXISTS);
	assert_non_null(strstr(gp_message(), "there is 'main'"));
	OK(gp_repo_ref_move(r, name, &none, &two, "gone"));
	assert_int_equal(gp_repo_ref_get(&at, r, name), GP_NOTFOUND);
	assert_int_equal(gp_repo_ref_move(r, name, &none, &two, "gone"), GP_EXISTS);
	OK(gp_repo_ref_move(r, "refs/heads/preview", &one, &none, "w"));
	assert_int_equal(gp_repo_ref_move(r, name, &one, &none, "w"), GP_EXISTS);
	assert_int_equal(gp_repo_ref_move(r, "refs/heads/a..b", &one, &none, "w"), GP_INVALID);
	assert_int_equal(gp_repo_ref_move(r, "HEAD", &one, &two, "w"), GP_INVALID);
}

static void a_held_lock_is_waited_for(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid one, two;
	pid_t pid;
	int status;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&one, NULL, r, "HEAD"));
	OK(gp_repo_resolve(&two, NULL, r, "HEAD~1"));
	SH("mkdir plain/.git/refs/heads/preview && : >plain/.git/refs/heads/preview/x.lock");
	assert_int_equal(gp_repo_ref_move(r, "refs/heads/preview/x", &one, &none, "w"), GP_EXISTS);
	assert_non_null(strstr(gp_message(), "lock"));
	pid = fork();
	if (pid == 0) {
		usleep(200000);
		_exit(unlink(in("plain/.git/refs/heads/preview/x.lock")) < 0);
	}
	OK(gp_repo_ref_move(r, "refs/heads/preview/x", &one, &none, "w"));
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	SH(": >plain/.git/refs/heads/preview/x.lock");
	assert_int_equal(gp_repo_ref_move(r, "refs/heads/preview/x", &none, &one, "w"), GP_EXISTS);
	assert_non_null(strstr(gp_message(), "lock"));
}

/* Several processes race for one ref; each round just one may win. */
static void one_racer_wins(void **state)
{
	struct gp_oid one;
	gp_auto_repo struct gp_repo *r = NULL;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&one, NULL, r, "HEAD"));
	for (int round = 0; round < 30; round++) {
		int won = 0, status, start[2];
		char name[64], byte;

		snprintf(name, sizeof(name), "refs/heads/preview/%d", round);
		assert_int_equal(pipe(start), 0);
		for (int i = 0; i < 4; i++)
			if (fork() == 0) {
				close(start[1]);
				(void)!read(start[0], &byte, 1);
				_exit(gp_repo_ref_move(r, name, &one, &none, "race") == 0);
			}
		close(start[0]);
		close(start[1]);
		while (wait(&status) > 0)
			won += WEXITSTATUS(status);
		assert_int_equal(won, 1);
	}
}

static int list_ref(void *ctx, const char *name, const struct gp_oid *oid)
{
	(void)oid;
	return gp_buf_fmt(ctx, "%s\n", name);
}

static void refs_under_a_prefix(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) names = {0};

	(void)state;
	make_repository("plain");
	SH("cd plain && git update-ref refs/preview/runs/b HEAD &&\n"
	   "git update-ref refs/preview/runs/a/x HEAD && git pack-refs --all &&\n"
	   "git update-ref refs/preview/runs/c HEAD && git update-ref refs/preview/run HEAD");
	r = opened(in("plain"));
	OK(gp_repo_refs(r, "refs/preview/runs/", list_ref, &names));
	assert_string_equal(names.p, "refs/preview/runs/a/x\nrefs/preview/runs/b\n"
	                             "refs/preview/runs/c\n");
	assert_true(gp_repo_ref_valid("refs/heads/preview/ok"));
	assert_false(gp_repo_ref_valid("refs/heads/x.lock"));
	assert_false(gp_repo_ref_valid("preview/x"));
	assert_false(gp_repo_ref_valid("refs/heads/a b"));
}

static void identity_as_git_has_it(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) c = {0};

	(void)state;
	make_repository("plain");
	setenv("GIT_AUTHOR_DATE", "@1700000000 +0530", 1);
	setenv("GIT_COMMITTER_DATE", "@1700000001 -0330", 1);
	setenv("GIT_CONFIG_PARAMETERS", "'user.name=By Parameter'", 1);
	r = opened(in("plain"));
	OK(gp_repo_ident(&a, &c, r));
	unsetenv("GIT_CONFIG_PARAMETERS");
	unsetenv("GIT_AUTHOR_DATE");
	unsetenv("GIT_COMMITTER_DATE");
	assert_string_equal(a.p, "By Parameter <ada@example.com> 1700000000 +0530");
	assert_string_equal(c.p, "By Parameter <ada@example.com> 1700000001 -0330");
	SH("git config --global --unset user.name; git config --global --unset user.email;\n"
	   "git config --global user.useConfigOnly true");
	assert_int_equal(gp_repo_ident(&a, &c, r), GP_REFUSED);
	assert_non_null(strstr(gp_message_hint(), "user.email"));
}

/* What was asked ahead is answered once, without another git; the next asks anew. */
static void identity_asked_ahead(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto_str char *path = gp_strdup(getenv("PATH"));
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) c = {0};
	struct gp_oid head, tree, out;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&head, &tree, r, "HEAD"));
	gp_repo_ask_ident(r);
	gp_repo_ask_signing(r);
	setenv("PATH", "/nowhere", 1);
	OK(gp_repo_ident(&a, &c, r));
	assert_true(gp_starts(a.p, "Ada Ünï <ada@example.com> "));
	OK(gp_repo_commit(&out, r, &tree, &head, a.p, c.p, "unsigned"));
	assert_int_equal(gp_repo_ident(&a, &c, r), GP_NOTFOUND);
	setenv("PATH", path, 1);
	SH("git config --global user.name Later");
	gp_buf_cut(&a, 0);
	OK(gp_repo_ident(&a, &c, r));
	assert_true(gp_starts(a.p, "Later <ada@example.com> "));
	/* nobody takes these */
	gp_repo_ask_ident(r);
	gp_repo_ask_signing(r);
}

static void refs_dropped_beside(void **state)
{
	static const char name[] = "refs/preview/runs/x";
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid head, tree, at;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&head, &tree, r, "HEAD"));
	OK(gp_repo_ref_move(r, name, &head, &none, "made"));
	OK(gp_repo_ref_drop(r, name, &tree, "wrong"));
	assert_int_equal(gp_repo_dropped(r), GP_REFUSED);
	OK(gp_repo_ref_get(&at, r, name));
	OK(gp_repo_ref_drop(r, name, &head, "right"));
	OK(gp_repo_dropped(r));
	assert_int_equal(gp_repo_ref_get(&at, r, name), GP_NOTFOUND);
	OK(gp_repo_dropped(r));
	OK(gp_repo_ref_move(r, name, &head, &none, "made"));
	OK(gp_repo_ref_drop(r, name, &head, "waited for at the end"));
	gp_repo_free(&r);
	SAYS("", "git -C plain for-each-ref refs/preview");
}

static void commits_are_git_s_own(void **state)
{
	static const char who[] = "Ada Ünï <ada@example.com> 1700000000 -0330";
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) text = {0};
	struct gp_oid head, tree, out;

	(void)state;
	make_repository("plain");
	SH("cd plain && git config i18n.commitEncoding ISO-8859-1");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&head, &tree, r, "HEAD"));
	OK(gp_repo_commit(&out, r, &tree, &head, who, who, "ünï\n\nbody"));
	SAYS(out.hex,
	     "cd plain && export GIT_AUTHOR_NAME='Ada Ünï' GIT_COMMITTER_NAME='Ada Ünï' "
	     "GIT_AUTHOR_DATE='@1700000000 -0330' GIT_COMMITTER_DATE='@1700000000 -0330' &&\n"
	     "printf 'ünï\\n\\nbody\\n' | git -c i18n.commitEncoding=UTF-8 commit-tree -F - -p "
	     "HEAD "
	     "'HEAD^{tree}'");
	OK(gp_repo_message(&text, r, &out));
	assert_string_equal(text.p, "ünï\n\nbody\n");
	OK(gp_repo_commit(&out, r, &tree, &none, who, who, "root\n"));
	assert_int_equal(gp_repo_parent(&head, r, &out), GP_NOTFOUND);
	assert_int_equal(gp_repo_commit(&out, r, &tree, &none, who, who, "\xff\n"), GP_INVALID);
	assert_int_equal(gp_repo_commit(&out, r, &tree, &none, "nobody", who, "m"), GP_INVALID);
	assert_true(gp_repo_commit(&out, r, &head, &none, who, who, "a commit as tree") < 0);
}

/* A stand-in for gpg that signs anything: what matters is that git asks it. */
static void signing_is_git_s_trade(void **state)
{
	static const char who[] = "Ada <ada@example.com> 1700000000 -0330";
	gp_auto_repo struct gp_repo *r = NULL;
	struct gp_oid head, tree, out;

	(void)state;
	make_repository("plain");
	SH("printf '%%s\\n' '#!/bin/sh' 'cat >/dev/null' 'echo \"[GNUPG:] SIG_CREATED \" >&2' "
	   "'echo -----BEGIN PGP SIGNATURE-----' 'echo fake' 'echo -----END PGP SIGNATURE-----' "
	   ">gpg && chmod +x gpg && cd plain && git config commit.gpgSign yes &&\n"
	   "git config gpg.program '%s/gpg'",
	   scratch);
	r = opened(in("plain"));
	OK(gp_repo_resolve(&head, &tree, r, "HEAD"));
	OK(gp_repo_commit(&out, r, &tree, &head, who, who, "ünï\n"));
	SAYS("gpgsig -----BEGIN PGP SIGNATURE-----",
	     "cd plain && git cat-file commit %s | grep BEGIN", out.hex);
	SAYS("committer Ada <ada@example.com> 1700000000 -0330",
	     "cd plain && git cat-file commit %s | grep ^committer", out.hex);
	SH("printf '#!/bin/sh\\nexit 2\\n' >gpg");
	assert_int_equal(gp_repo_commit(&out, r, &tree, &head, who, who, "m\n"), GP_REFUSED);
}

static void notes_are_what_git_reads(void **state)
{
	static const char who[] = "Ada <ada@example.com> 1700000000 +0000";
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_buf) b = {0};
	struct gp_oid head, first;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	OK(gp_repo_resolve(&head, NULL, r, "HEAD"));
	OK(gp_repo_resolve(&first, NULL, r, "HEAD~2"));
	assert_int_equal(gp_repo_note_read(&b, r, &head), GP_NOTFOUND);
	OK(gp_repo_note_write(r, &head, 1, who, GP_SLICE("one\n")));
	assert_int_equal(gp_repo_note_read(&b, r, &first), GP_NOTFOUND);
	OK(gp_repo_note_write(r, &head, 1, who, GP_SLICE("two\n")));
	SAYS("two", "cd plain && git notes --ref=preview show HEAD");
	/* enough of git's own to make it spread them over folders */
	SH("cd plain && t=$(git write-tree) && for i in $(seq 1 300); do\n"
	   "echo \"$(echo $i | git commit-tree $t) note $i\"; done >../list &&\n"
	   "while read c rest; do echo \"$c $(echo $rest | git hash-object -w --stdin)\"; done "
	   "<../list >../blobs &&\n"
	   "{ echo 'commit refs/notes/preview'; echo 'committer A <a@b> 1 +0000'; echo 'data 0'; "
	   "echo 'from refs/notes/preview^0'; while read c b; do echo \"N $b $c\"; done <../blobs; "
	   "} | git fast-import --quiet --force");
	SH("cd plain && git ls-tree refs/notes/preview | grep -q ' tree '");
	gp_buf_cut(&b, 0);
	OK(gp_repo_note_read(&b, r, &head));
	assert_string_equal(b.p, "two\n");
	OK(gp_repo_note_write(r, &first, 1, who, GP_SLICE("three\n")));
	OK(gp_repo_note_write(r, &head, 1, who, GP_SLICE("four\n")));
	SAYS("three\nfour", "cd plain && git notes --ref=preview show HEAD~2 &&\n"
	                    "git notes --ref=preview show HEAD");
	SAYS("302", "cd plain && git notes --ref=preview list | wc -l");
	gp_buf_cut(&b, 0);
	OK(gp_repo_note_read(&b, r, &first));
	assert_string_equal(b.p, "three\n");
	assert_int_equal(gp_repo_note_write(r, &head, 1, who, GP_SLICE("a\0b")), GP_INVALID);
}

/* Writers in several processes: none of their notes is lost. */
static void notes_survive_a_race(void **state)
{
	static const char who[] = "Ada <ada@example.com> 1700000000 +0000";
	static const char *const revs[] = {"HEAD", "HEAD~1", "HEAD~2"};
	gp_auto_repo struct gp_repo *r = NULL;
	int status;

	(void)state;
	make_repository("plain");
	r = opened(in("plain"));
	for (size_t i = 0; i < GP_COUNT(revs); i++)
		if (fork() == 0) {
			struct gp_oid c;
			int e = gp_repo_resolve(&c, NULL, r, revs[i]);

			for (int k = 0; k < 5 && !e; k++)
				e = gp_repo_note_write(r, &c, 1, who, gp_slice(revs[i]));
			_exit(e != 0);
		}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	SAYS("3", "cd plain && git notes --ref=preview list | wc -l");
}

static void git_child_environment(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;
	gp_auto(gp_list) env = {0};
	gp_auto(gp_list) users = {0};
	gp_auto(gp_buf) out = {0};
	gp_auto(gp_buf) names = {0};
	struct gp_slice rest, name;
	int status;

	(void)state;
	make_repository("plain");
	SH("cd plain && mkdir hooks && printf '#!/bin/sh\\n:>\"%s/ran\"\\n' "
	   ">hooks/reference-transaction && chmod +x hooks/* &&\n"
	   "git config core.hooksPath \"$PWD/hooks\"",
	   scratch);
	r = opened(in("plain"));
	setenv("GIT_INDEX_FILE", in("other"), 1);
	setenv("GIT_CONFIG_PARAMETERS", "'preview.x=y'", 1);
	gp_git_env(&env, r, false);
	gp_git_env(&users, r, true);
	OK(gp_git(&out, r, (const char *const[]){"config", "preview.x", NULL}, NULL));
	assert_string_equal(out.p, "y");
	OK(gp_git(NULL, r, (const char *const[]){"update-ref", "refs/x", "HEAD", NULL}, NULL));
	SH("test ! -e ran");
	unsetenv("GIT_INDEX_FILE");
	unsetenv("GIT_CONFIG_PARAMETERS");
	OK(sh(&names, "git rev-parse --local-env-vars"));
	rest = gp_buf_all(&names);
	while (gp_line(&name, &rest))
		for (size_t i = 0; i < env.n; i++)
			if (gp_starts(env.v[i], "GIT_") && strncmp(env.v[i], name.p, name.n) == 0 &&
			    env.v[i][name.n] == '=')
				assert_true(gp_starts(env.v[i], "GIT_DIR=") ||
				            gp_starts(env.v[i], "GIT_WORK_TREE=") ||
				            gp_starts(env.v[i], "GIT_CONFIG_PARAMETERS="));
	assert_true(gp_list_has(&users, "GIT_CONFIG_PARAMETERS='preview.x=y'"));
	assert_int_equal(
		gp_git(&out, r, (const char *const[]){"cat-file", "-e", "nope", NULL}, &status),
		GP_REFUSED);
	assert_int_equal(status, 128);
	assert_non_null(strstr(gp_message(), "git cat-file: "));
	assert_int_equal(gp_repo_config(&out, r, "no.such"), GP_NOTFOUND);
}

static void our_folder_is_no_door(void **state)
{
	gp_auto_repo struct gp_repo *r = NULL;

	(void)state;
	make_repository("plain");
	SH("mkdir -m 755 elsewhere && ln -s ../../elsewhere plain/.git/preview");
	r = opened(in("plain"));
	assert_null(gp_repo_folder(r));
	assert_non_null(strstr(gp_message(), "symbolic link"));
	SAYS("", "ls elsewhere");
	SH("rm plain/.git/preview && mkdir -m 755 plain/.git/preview && ln -s ../../elsewhere "
	   "plain/.git/preview/layers");
	assert_null(gp_repo_folder(r));
	SH("rm plain/.git/preview/layers");
	assert_non_null(gp_repo_folder(r));
	SAYS("700", "stat -c %%a plain/.git/preview");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

static void walks_like(const struct gp_buf *said, const struct gp_oid *tree)
{
	gp_auto_repo struct gp_repo *r = opened(in("many"));
	struct walks w = {.r = r};

	assert_non_null(gp_repo_folder(r));
	OK(gp_repo_walk(r, tree, note_path, &w));
	assert_true(gp_slice_eq(gp_buf_all(said), gp_buf_all(&w.said)));
	gp_buf_clear(&w.said);
}

/* By the next process, too, whatever has become of what was kept. */
static void a_large_walk_is_kept(void **state)
{
	static const char *const kept = "many/.git/preview/cache/tree-1";
	static const char *const harms[] = {
		"truncate -s -1 ", "truncate -s 100 ", "truncate -s 0 ",
		"printf x | dd conv=notrunc status=none bs=1 seek=30 of=", "echo more >>"};
	struct gp_oid head, before;
	struct walks first, other;

	(void)state;
	SH("rm -rf many && git init -q many && cd many && long=$(printf '%%0100d' 0) && {\n"
	   "printf 'commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n'\n"
	   "seq 3000 | sed \"s,.*,M 644 inline &/$long\\ndata 1\\nx,\"\n"
	   "printf 'commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n'\n"
	   "printf 'D 7/%%s\n' $long; } | git fast-import --quiet");
	{
		gp_auto_repo struct gp_repo *r = opened(in("many"));

		first = (struct walks){.r = r};
		other = (struct walks){.r = r};
		OK(gp_repo_resolve(NULL, &head, r, "main"));
		OK(gp_repo_resolve(NULL, &before, r, "main~1"));
		OK(gp_repo_walk(r, &before, note_path, &other));
		OK(gp_repo_walk(r, &head, note_path, &first));
		SH("! test -e '%s'", in("many/.git/preview"));
	}
	assert_true(other.said.n > first.said.n);
	walks_like(&first.said, &head);
	SH("test -s '%s'", in(kept));
	walks_like(&first.said, &head);
	walks_like(&other.said, &before);
	walks_like(&first.said, &head);
	for (size_t i = 0; i < GP_COUNT(harms); i++) {
		SH("%s'%s'", harms[i], in(kept));
		walks_like(&first.said, &head);
	}
	SH("find '%s' -type f -delete", in("many/.git/objects"));
	walks_like(&first.said, &head);
	gp_buf_clear(&first.said);
	gp_buf_clear(&other.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_repository),
		TEST(subdirectory),
		TEST(detached_head),
		TEST(bare_repository),
		TEST(bare_repository_that_git_must_be_told_of),
		TEST(linked_worktree),
		TEST(sparse_index),
		TEST(shallow_clone),
		TEST(partial_clones),
		TEST(partial_clone_fetches_many_at_once),
		TEST(building_a_tree_needs_no_blob),
		TEST(sha256_is_refused_with_a_way_out),
		TEST(extensions),
		TEST(git_dir_is_honoured),
		TEST(no_repository),
		TEST(foreign_owner),
		TEST(unborn_head),
		TEST(revisions),
		TEST(limits_and_misses),
		TEST(trees),
		TEST(tree_clashes),
		TEST(walks_are_alike),
		TEST(a_large_walk_is_kept),
		TEST(diff_of_kinds_that_change),
		TEST(disordered_trees_are_no_trees),
		TEST(stat_counts_as_git),
		TEST(submodule_changes_are_refused),
		TEST(refs_move_by_compare_and_swap),
		TEST(a_held_lock_is_waited_for),
		TEST(one_racer_wins),
		TEST(refs_under_a_prefix),
		TEST(identity_as_git_has_it),
		TEST(identity_asked_ahead),
		TEST(refs_dropped_beside),
		TEST(commits_are_git_s_own),
		TEST(signing_is_git_s_trade),
		TEST(notes_are_what_git_reads),
		TEST(notes_survive_a_race),
		TEST(git_child_environment),
		TEST(our_folder_is_no_door),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
