/*
 * git_fixture.h - real repositories for tests: a scratch folder, a home without settings, and a
 * shell with git in it. Included by one test program each.
 */
#ifndef GP_TEST_GIT_FIXTURE_H
#define GP_TEST_GIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/proc.h"

static char scratch[64];

/* libgit2 1.5.1 loses 20 KB a configuration entry when it checks the extensions of a repository of
 * format 1 (git_config_foreach_match); only the frames of libpcre2 are seen by the leak checker. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8.so";
}

/* Runs a script in the scratch folder; what it printed, without the last LF, is in the buffer. */
static int GP_UNUSED sh(struct gp_buf *out, const char *fmt, ...) GP_PRINTF(2, 3);
static int sh(struct gp_buf *out, const char *fmt, ...)
{
	gp_auto(gp_buf) script = {0};
	gp_auto(gp_proc_result) r = {0};
	const char *argv[] = {"sh", "-euc", NULL, NULL};
	struct gp_proc_spec spec = {.argv = argv, .cwd = scratch, .max_out = 64 << 20};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&script, fmt, ap);
	va_end(ap);
	argv[2] = gp_buf_text(&script);
	assert_int_equal(gp_proc_run(&r, &spec), 0);
	if (r.exit != 0)
		print_message("%s\n%s%s", argv[2], gp_buf_text(&r.out), gp_buf_text(&r.err));
	if (out) {
		gp_buf_cut(out, 0);
		gp_buf_slice(out, gp_buf_all(&r.out));
		if (out->n && out->p[out->n - 1] == '\n')
			gp_buf_cut(out, out->n - 1);
	}
	return r.exit;
}

/* What a script prints, and that it succeeds. */
#define SH(...) assert_int_equal(sh(NULL, __VA_ARGS__), 0)
#define SAYS(text, ...)                                                                            \
	do {                                                                                       \
		gp_auto(gp_buf) said = {0};                                                        \
		assert_int_equal(sh(&said, __VA_ARGS__), 0);                                       \
		assert_string_equal(gp_buf_text(&said), text);                                     \
	} while (0)
/* 0, or the message is shown and the test fails. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		int ok_code = (call);                                                              \
		if (ok_code)                                                                       \
			print_message("%s: %d: %s (%s)\n", #call, ok_code, gp_message(),           \
			              gp_message_hint());                                          \
		assert_int_equal(ok_code, 0);                                                      \
	} while (0)

static const char *GP_UNUSED in(const char *name)
{
	static char path[8][512];
	static unsigned turn;
	char *p = path[turn++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", scratch, name);
	return p;
}

/* A home of its own and nothing of the caller's git. */
static int GP_UNUSED scratch_make(void **state)
{
	static const char *const unwanted[] = {
		"GIT_DIR",         "GIT_WORK_TREE",      "GIT_INDEX_FILE",  "XDG_CONFIG_HOME",
		"GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE", "GIT_CONFIG_COUNT"};

	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/gp-git-XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	for (size_t i = 0; i < GP_COUNT(unwanted); i++)
		unsetenv(unwanted[i]);
	setenv("HOME", scratch, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	return sh(NULL, "git config --global user.name 'Ada Ünï'\n"
	                "git config --global user.email ada@example.com\n"
	                "git config --global init.defaultBranch main\n"
	                "git config --global protocol.file.allow always\n"
	                "git config --global uploadpack.allowFilter true\n"
	                "git config --global uploadpack.allowAnySHA1InWant true\n");
}

static int GP_UNUSED scratch_remove(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	return gp_file_remove(scratch);
}

/* Makes <name> with three commits: nested folders, an executable, a link, odd names, a submodule.
 */
static void GP_UNUSED make_repository(const char *name)
{
	SH("git init -q '%s' && cd '%s'\n"
	   "printf 'one\\n' >README\n"
	   "git add . && git commit -qm first\n"
	   "mkdir -p src/deep/er a a.d\n"
	   "printf 'int main(void)\\n{\\n\\treturn 0;\\n}\\n' >src/main.c\n"
	   "printf x >src/deep/er/x; printf 1 >a/1; printf 2 >a.d/2; printf 3 >a-b\n"
	   "printf '#!/bin/sh\\n' >run.sh; chmod +x run.sh; ln -s src/main.c link\n"
	   "printf d >-dash; printf n >'new\nline'; printf u >'ünï'; : >empty\n"
	   "printf 'a\\0b' >binary\n"
	   "git add . && git commit -qm second\n"
	   "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub\n"
	   "printf 'one\\ntwo\\n' >README; git add README; git commit -qm third\n"
	   "printf stashed >>README; git stash -q\n"
	   "printf dirty >>README; printf staged >staged; git add staged; printf new >untracked\n",
	   name, name);
}

/* Everything of a user's that must never change, as text: index, configuration, HEAD, stash,
 * branches, and the work tree with its times. */
static void GP_UNUSED user_state(struct gp_buf *out, const char *dir)
{
	OK(sh(out,
	      "cd '%s'\n"
	      "g=$(git rev-parse --absolute-git-dir) c=$(git rev-parse --git-common-dir)\n"
	      "c=$(cd \"$c\" && pwd)\n"
	      "for f in $g/index $g/HEAD $c/config $g/config.worktree $c/refs/stash "
	      "$c/logs/refs/stash; do\n"
	      "  if [ -e \"$f\" ]; then stat -c '%%n %%Y %%i' \"$f\"; sha256sum <\"$f\"; fi\n"
	      "done\n"
	      "git for-each-ref refs/heads refs/tags refs/remotes | grep -v preview || :\n"
	      "if t=$(git rev-parse --show-toplevel 2>/dev/null); then cd \"$t\"\n"
	      "  find . -path ./.git -prune -o -printf '%%p %%m %%T@ %%l\\n' | sort\n"
	      "  find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum\n"
	      "fi\n",
	      dir));
}

#endif
