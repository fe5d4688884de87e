#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/sandbox/inside.h"

#define PYTHON "/usr/bin/python3"

static struct {
	char root[64];
	char tree[128], scratch[128], cache[128], home[128];
	struct gp_sandbox *s;
} w;

static void put(const char *folder, const char *name, const char *text, mode_t mode)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/%s", folder, name);
	*strrchr(path.p, '/') = 0;
	assert_int_equal(gp_file_mkdirs(path.p), 0);
	path.p[strlen(path.p)] = '/';
	assert_int_equal(gp_file_write(path.p, gp_slice(text), mode), 0);
}

/* the text with every '@' replaced */
static void fill(struct gp_buf *out, const char *text, const char *value)
{
	for (; *text; text++) {
		if (*text == '@')
			gp_buf_str(out, value);
		else
			gp_buf_chr(out, *text);
	}
}

static bool holds(const char *folder, const char *name, const char *text)
{
	gp_auto(gp_buf) path = {0}, got = {0};

	gp_buf_fmt(&path, "%s/%s", folder, name);
	return gp_file_read(&got, AT_FDCWD, path.p, 1 << 20, true) == 0 &&
	       gp_slice_is(gp_buf_all(&got), text);
}

static size_t entries(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n > 2 ? n - 2 : 0;
}

static int set_up(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home};

	snprintf(w.root, sizeof(w.root), "/tmp/sandbox-test.XXXXXX");
	if (!mkdtemp(w.root))
		return -1;
	snprintf(w.tree, sizeof(w.tree), "%s/tree", w.root);
	snprintf(w.scratch, sizeof(w.scratch), "%s/scratch", w.root);
	snprintf(w.cache, sizeof(w.cache), "%s/cache", w.root);
	snprintf(w.home, sizeof(w.home), "%s/home", w.root);
	put(w.tree, "a", "one\n", 0644);
	put(w.tree, "d/x", "two\n", 0644);
	put(w.tree, "d/only/y", "three\n", 0644);
	put(w.tree, "old.xml", "<old/>", 0644);
	put(w.home, ".ssh/id_rsa", "PRIVATE", 0600);
	put(w.home, ".netrc", "PRIVATE", 0600);
	setenv("PREVIEW_TEST_SECRET", "hunter2hunter2", 1);
	if (gp_sandbox_open(&w.s, &o)) {
		print_message("# no sandbox here: %s\n", gp_message());
		return -1;
	}
	return 0;
}

static int tear_down(void **state GP_UNUSED)
{
	gp_sandbox_free(&w.s);
	return gp_file_remove(w.root);
}

struct out {
	struct gp_run_result r;
	bool ended;
};

static void on_done(void *ctx, struct gp_run_result *r)
{
	struct out *o = ctx;

	assert_false(o->ended);
	o->r = *r;
	*r = (struct gp_run_result){0};
	o->ended = true;
}

static bool has_ended(void *ctx)
{
	return ((struct out *)ctx)->ended;
}

/* what takes long to remove is removed by a process of its own */
static void gets_empty(void)
{
	for (int i = 0; i < 6000 && entries(w.scratch); i++)
		usleep(10000);
	assert_int_equal(entries(w.scratch), 0);
}

static void run_in(struct gp_run_result *out, struct gp_sandbox *s, struct gp_run_spec *spec)
{
	gp_auto_loop struct gp_loop *l = NULL;
	struct out o = {0};
	struct gp_run *r;

	spec->tree = spec->tree ? spec->tree : w.tree;
	spec->scratch = w.scratch;
	assert_int_equal(gp_loop_new(&l), 0);
	if (gp_sandbox_run(&r, s, l, spec, on_done, &o))
		fail_msg("%s", gp_message());
	assert_int_equal(gp_loop_run(l, has_ended, &o), 0);
	*out = o.r;
	gets_empty();
}

#define gp_result_clear gp_run_result_clear
#define gp_result gp_run_result
#define RUN(name, ...)                                                                             \
	gp_auto(gp_result) name = {0};                                                             \
	run_in(&name, w.s, &(struct gp_run_spec){__VA_ARGS__})

static void prints(const struct gp_run_result *r, const char *text)
{
	if (r->infra || r->exit != 0 || strcmp(gp_buf_text(&r->out), text) != 0)
		fail_msg("exit %d signal %d infra %s: %s", r->exit, r->signal,
		         r->infra ? r->infra : "-", gp_buf_text(&r->out));
}

static void a_missing_engine_is_told(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.kind = GP_SANDBOX_DOCKER,
	                               .host = "unix:///nonexistent/docker.sock"};
	struct gp_sandbox *s = NULL;

	assert_int_equal(gp_sandbox_open(&s, &o), GP_NOTFOUND);
	assert_non_null(strstr(gp_message(), "docker"));
	assert_true(*gp_message_hint());
	assert_null(s);
}

static void names_tell_version_and_limits(void **state GP_UNUSED)
{
	assert_true(gp_starts(gp_sandbox_name(w.s), "bwrap "));
	assert_non_null(strstr(gp_sandbox_identity(w.s), "processes 1024 "));
	assert_null(strstr(gp_sandbox_identity(w.s), "hunter2"));
}

static void the_layer_is_never_written(void **state GP_UNUSED)
{
	RUN(r, .command = "echo more >> a && rm -r d && mkdir -p d/n && echo > d/n/z && ls d");

	prints(&r, "n\n");
	assert_true(holds(w.tree, "a", "one\n"));
	assert_true(holds(w.tree, "d/x", "two\n"));
	assert_int_equal(entries(w.tree), 3);
}

static void runs_do_not_see_each_other(void **state GP_UNUSED)
{
	static const char *const commands[] = {"echo 1 > mine-1; sleep 0.5; echo mine-*",
	                                       "echo 2 > mine-2; sleep 0.5; echo mine-*"};
	gp_auto_loop struct gp_loop *l = NULL;
	struct out o[2] = {{.ended = false}, {.ended = false}};

	gp_loop_new(&l);
	for (int i = 0; i < 2; i++) {
		struct gp_run *r;
		struct gp_run_spec spec = {
			.tree = w.tree, .scratch = w.scratch, .command = commands[i]};

		assert_int_equal(gp_sandbox_run(&r, w.s, l, &spec, on_done, &o[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(gp_loop_run(l, has_ended, &o[i]), 0);
	prints(&o[0].r, "mine-1\n");
	prints(&o[1].r, "mine-2\n");
	gp_run_result_clear(&o[0].r);
	gp_run_result_clear(&o[1].r);
}

static void make_changes(struct gp_changes *c)
{
	gp_changes_set(c, "a", 0100755, GP_SLICE("#!/bin/sh\necho ran\n"));
	gp_changes_set(c, "d/only/y", 0, GP_SLICE(""));
	gp_changes_set(c, "d/x/deep/f", 0100644, GP_SLICE("deep\n"));
	gp_changes_set(c, "d/x", 0, GP_SLICE(""));
	gp_changes_set(c, "link", 0120000, GP_SLICE("d/x/deep/f"));
	gp_changes_set(c, "p/q/r", 0100644, GP_SLICE("new\n"));
	gp_changes_set(c, "missing/file", 0, GP_SLICE(""));
}

static const char see_changes[] =
	"./a && cat link p/q/r && test ! -e d/only && test ! -x p/q/r && touch d/x/deep/g && "
	"stat -c %a a p/q/r";
static const char changes_seen[] = "ran\ndeep\nnew\n755\n644\n";

static void changes_are_laid_out(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};

	make_changes(&c);
	RUN(r, .command = see_changes, .changes = &c);
	prints(&r, changes_seen);
	assert_true(holds(w.tree, "a", "one\n"));
}

static void a_folder_can_become_a_file(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};

	gp_changes_set(&c, "d", 0100644, GP_SLICE("file\n"));
	RUN(r, .command = "cat d", .changes = &c);
	prints(&r, "file\n");
}

static void no_symlink_is_followed(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};

	gp_changes_set(&c, "out", 0120000, gp_slice(w.home));
	gp_changes_set(&c, "out/planted", 0100644, GP_SLICE("x"));
	RUN(r, .command = "true", .changes = &c);
	assert_non_null(r.infra);
	assert_non_null(strstr(r.infra, "out/planted"));
	assert_false(holds(w.home, "planted", "x"));
}

static void paths_do_not_leave_the_tree(void **state GP_UNUSED)
{
	static const char *const bad[] = {"../planted", "d/../../planted", "/planted", "d/..",
	                                  "d/"};

	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_changes) c = {0};

		gp_changes_set(&c, bad[i], 0100644, GP_SLICE("x"));
		RUN(r, .command = "true", .changes = &c);
		assert_non_null(r.infra);
	}
}

static void odd_paths_of_the_layer_work(void **state GP_UNUSED)
{
	gp_auto(gp_buf) tree = {0};

	gp_buf_fmt(&tree, "%s/a,b:c\\d e\n", w.root);
	put(tree.p, "f", "odd\n", 0644);
	RUN(r, .tree = tree.p, .command = "cat f; echo x > f");
	prints(&r, "odd\n");
	assert_true(holds(tree.p, "f", "odd\n"));
}

static void a_missing_layer_is_infra(void **state GP_UNUSED)
{
	RUN(r, .tree = "/nonexistent/tree", .command = "true");
	assert_non_null(r.infra);
	assert_non_null(strstr(r.infra, "/nonexistent/tree"));
	assert_int_equal(r.exit, -1);
}

static void copying_does_the_same(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};
	bool overlay = w.s->overlay, guarded = w.s->guarded;

	make_changes(&c);
	w.s->overlay = false;
	RUN(r, .command = see_changes, .changes = &c);
	prints(&r, changes_seen);
	RUN(again, .command = "echo more >> a; rm -r d; echo '<n/>' > new.xml", .reports = "*.xml");
	prints(&again, "");
	w.s->guarded = false;
	RUN(plain, .command = see_changes, .changes = &c);
	prints(&plain, changes_seen);
	w.s->guarded = guarded;
	w.s->overlay = overlay;
	assert_int_equal(again.nreports, 1);
	assert_string_equal(again.reports[0].path, "new.xml");
	assert_true(holds(w.tree, "a", "one\n"));
	assert_true(holds(w.tree, "d/x", "two\n"));
}

static void setup_writes_to_the_layer(void **state GP_UNUSED)
{
	RUN(r, .command = "echo kept > made-by-setup; echo $HOME", .setup = true);
	prints(&r, "/home/preview\n");
	assert_true(holds(w.tree, "made-by-setup", "kept\n"));
	RUN(again, .command = "rm made-by-setup", .setup = true);
	prints(&again, "");
}

static void a_snapshot_has_one_commit(void **state GP_UNUSED)
{
	RUN(r, .command = "git rev-list --count HEAD; git status --porcelain; git ls-files | wc -l",
	    .git = true);
	prints(&r, "1\n4\n");
	RUN(none, .command = "test ! -e .git");
	prints(&none, "");
}

static int listener(unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void only_its_own_loopback_answers(void **state GP_UNUSED)
{
	gp_auto(gp_buf) command = {0};
	unsigned port;
	gp_auto_fd int fd = listener(&port);

	gp_buf_fmt(&command,
	           PYTHON " -c '\n"
	                  "import socket\n"
	                  "def go(a):\n"
	                  "    try: socket.create_connection(a, 2); return \"open\"\n"
	                  "    except OSError: return \"refused\"\n"
	                  "s = socket.create_server((\"127.0.0.1\", 0))\n"
	                  "print(go((\"127.0.0.1\", %u)), go((\"169.254.169.254\", 80)),\n"
	                  "      go((\"10.0.0.1\", 80)), go(s.getsockname()),\n"
	                  "      go((\"localhost\", s.getsockname()[1])))\n'",
	           port);
	RUN(r, .command = command.p);
	prints(&r, "refused refused refused open open\n");
}

static void nothing_private_is_seen(void **state GP_UNUSED)
{
	gp_auto(gp_buf) command = {0};

	fill(&command,
	     "cat @/.ssh/id_rsa @/.netrc /etc/shadow @/../tree/a 2>/dev/null; ls -A ~ /tmp; "
	     "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a hunter2; env | grep "
	     "SECRET; "
	     "grep -s @ /proc/self/mountinfo; ls @ 2>/dev/null; echo end",
	     w.home);
	RUN(r, .command = command.p);
	prints(&r, "/home/preview:\n\n/tmp:\nend\n");
}

static void asked_variables_are_passed(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	struct gp_run_spec spec = {0};
	gp_auto(gp_result) r = {0};

	gp_list_add(&o.env, "PREVIEW_TEST_SECRET");
	gp_list_add(&o.env, "LANG=xx");
	gp_list_add(&o.env, "X=a b=c\nd");
	gp_list_add(&o.env, "UNSET_ONE");
	gp_list_add(&o.env, "LD_PRELOAD=/work/evil.so");
	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	assert_null(strstr(gp_sandbox_identity(s), "hunter2"));
	spec.command = "unset LD_PRELOAD; exec 2>/dev/null; echo $PREVIEW_TEST_SECRET $LANG \"$X\" "
		       "$UNSET_ONE; tr '\\0' '\\n' < /proc/1/cmdline | grep -c h[u]nter2; "
		       "wc -c < /proc/1/environ";
	run_in(&r, s, &spec);
	if (!strstr(gp_buf_text(&r.out), "hunter2hunter2 xx a b=c\nd\n0\n0\n"))
		fail_msg("%s", gp_buf_text(&r.out));
	gp_list_clear(&o.env);
}

static void variables_need_a_name(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache};
	struct gp_sandbox *s = NULL;

	gp_list_add(&o.env, "=x");
	assert_int_equal(gp_sandbox_open(&s, &o), GP_INVALID);
	gp_list_clear(&o.env);
}

static void no_descriptor_is_inherited(void **state GP_UNUSED)
{
	gp_auto_fd int fd = open("/etc/hostname", O_RDONLY);

	assert_true(fd >= 0);
	RUN(r, .command = "cd /proc/self/fd && echo *; exec 9>&2 && echo ok >&9");
	prints(&r, "0 1 2 3\nok\n");
}

static bool process_runs(const char *mark)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d))) {
		gp_auto(gp_buf) path = {0}, text = {0};

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		gp_buf_fmt(&path, "/proc/%s/cmdline", entry->d_name);
		if (gp_file_read(&text, AT_FDCWD, path.p, 1 << 20, false) == 0)
			found = gp_find(gp_buf_all(&text), mark) != NULL;
	}
	if (d)
		closedir(d);
	return found;
}

static void left_alone(const char *shape, long deadline, bool late)
{
	static int count;
	gp_auto(gp_buf) command = {0}, mark = {0};
	long long from = gp_now_ms();

	gp_buf_fmt(&mark, "98765.%d%03d", (int)getpid(), ++count);
	fill(&command, shape, mark.p);
	RUN(r, .command = command.p, .deadline_ms = deadline);
	assert_int_equal(r.timed_out, late);
	assert_null(r.infra);
	assert_false(process_runs(mark.p));
	assert_true(gp_now_ms() - from < 20000);
}

static void the_deadline_ends_everything(void **state GP_UNUSED)
{
	left_alone("(setsid sh -c '(sleep @ &) ; sleep @' &); sleep @", 700, true);
	left_alone("trap '' TERM INT HUP; sleep @; sleep @", 700, true);
	left_alone("exec >&- 2>&-; sleep @", 700, true);
	left_alone("kill -STOP $$; sleep @", 700, true);
}

static void the_end_of_the_command_ends_everything(void **state GP_UNUSED)
{
	left_alone("(setsid sh -c '(sleep @ &) ; sleep @' &); sleep 0.2", 60000, false);
	left_alone("sleep @ & exit 0", 60000, false);
	left_alone("exec >&- 2>&-; (setsid sleep @ &); sleep 0.2", 60000, false);
}

static void output_is_capped(void **state GP_UNUSED)
{
	RUN(r, .command = "echo first; yes | head -c 100000000; echo last");
	assert_int_equal(r.exit, 0);
	assert_true(r.truncated);
	assert_true(r.out.n < (1 << 20) + 200);
	assert_true(gp_starts(r.out.p, "first\n"));
	assert_true(gp_ends(r.out.p, "last\n"));
}

static void exits_are_told_truly(void **state GP_UNUSED)
{
	static const int exits[] = {0, 1, 2, 7, 42, 77, 125, 126, 127, 128, 160, 200, 255};
	static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGTERM, SIGPIPE};

	for (size_t i = 0; i < GP_COUNT(exits); i++) {
		gp_auto(gp_buf) b = {0};

		gp_buf_fmt(&b, "exit %d", exits[i]);
		RUN(r, .command = b.p);
		assert_null(r.infra);
		assert_int_equal(r.exit, exits[i]);
		assert_int_equal(r.signal, 0);
	}
	for (size_t i = 0; i < GP_COUNT(signals); i++) {
		gp_auto(gp_buf) b = {0};

		gp_buf_fmt(&b, "%skill -%d $$", i % 2 ? "true; " : "", signals[i]);
		RUN(r, .command = b.p);
		assert_null(r.infra);
		assert_int_equal(r.exit, -1);
		assert_int_equal(r.signal, signals[i]);
	}
}

static void a_missing_tool_is_127(void **state GP_UNUSED)
{
	RUN(r, .command = "no-such-tool --version");
	assert_int_equal(r.exit, 127);
	assert_null(r.infra);
}

static const char traps[] =
	"mkdir -p r/sub/shut r/.h && echo '<a/>' > r/a.xml && echo '<b/>' > r/sub/b.xml && "
	"echo '<c/>' > r/sub/shut/c.xml && chmod 000 r/sub/shut && echo '<d/>' > r/d.xml && "
	"chmod 000 r/d.xml && ln -s /etc/passwd r/e.xml && ln -s a.xml r/f.xml && mkfifo r/g.xml "
	"&& "
	"mkdir r/h.xml && ln -s .. r/loop && echo x > r/i.txt && echo '<j/>' > 'r/j\n.xml' && "
	"i=0; while [ $i -lt 3000 ]; do : > r/n$i; i=$((i+1)); done";

static void reports_come_out(void **state GP_UNUSED)
{
	static const char *const want[] = {"r/a.xml", "r/d.xml", "r/j\n.xml", "r/sub/b.xml",
	                                   "r/sub/shut/c.xml"};

	RUN(r, .command = traps, .reports = "r/**/*.xml");
	prints(&r, "");
	assert_int_equal(r.nreports, GP_COUNT(want));
	for (size_t i = 0; i < GP_COUNT(want); i++)
		assert_string_equal(r.reports[i].path, want[i]);
	assert_string_equal(gp_buf_text(&r.reports[1].text), "<d/>\n");
	RUN(old, .command = "true", .reports = "**");
	assert_int_equal(old.nreports, 0);
}

static void reports_are_capped(void **state GP_UNUSED)
{
	RUN(r, .command = "truncate -s 500M big.xml; echo '<a/>' > a.xml", .reports = "*.xml");
	assert_non_null(r.infra);
	assert_non_null(strstr(r.infra, "big.xml"));
}

static void nodes_runner_tells_all(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};
	static const char test[] =
		"const {test} = require('node:test');\nconst assert = require('node:assert');\n"
		"const cp = require('node:child_process');\n"
		"test('spawns', () => { assert.match(cp.execFileSync('node', ['-p', '6*7'])+'', "
		"/42/) "
		"});\ntest('fails', () => { assert.strictEqual(1, 2, 'one is not two') });\n";
	gp_auto(gp_buf) node = {0};

	if (gp_file_which(&node, "node", "/usr/local/bin:/usr/bin"))
		skip();
	gp_changes_set(&c, "t.test.js", 0100644, GP_SLICE(test));
	gp_changes_set(&c, "u.test.js", 0100644, GP_SLICE(test));
	RUN(r, .command = "node --test", .changes = &c);
	assert_int_equal(r.exit, 1);
	assert_non_null(strstr(r.out.p, "one is not two"));
	assert_non_null(strstr(r.out.p, "# pass 2\n# fail 2"));
}

static void home_toolchains_are_mounted(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_buf) path = {0}, command = {0}, want = {0};
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {0};

	put(w.home, ".nvm/versions/node/v1/bin/one", "#!/bin/sh\n. ${0%/*}/../lib/x\n", 0755);
	put(w.home, ".nvm/versions/node/v1/lib/x", "echo nvm\n", 0644);
	put(w.home, ".cargo/bin/two", "#!/bin/sh\necho cargo\n", 0755);
	put(w.home, ".cargo/credentials.toml", "PRIVATE", 0600);
	put(w.home, "tools/three", "#!/bin/sh\necho plain\n", 0755);
	put(w.home, ".config/app/bin/four", "#!/bin/sh\n", 0755);
	fill(&path,
	     "@/.nvm/versions/node/v1/bin:@/.cargo/bin:@/tools:@:"
	     "@/.config/app/bin:relative:/:/usr/bin:/bin",
	     w.home);
	o.path = path.p;
	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	fill(&command,
	     "one && two && three; four 2>/dev/null; ls -A @ @/.cargo; "
	     "cat @/.cargo/credentials.toml @/.ssh/id_rsa 2>/dev/null; "
	     "echo x 2>/dev/null > @/tools/new; echo $?; echo $CARGO_HOME",
	     w.home);
	fill(&want,
	     "nvm\ncargo\nplain\n@:\n.cargo\n.nvm\ntools\n\n@/.cargo:\nbin\n2\n"
	     "@/.cargo\n",
	     w.home);
	spec.command = command.p;
	run_in(&r, s, &spec);
	prints(&r, want.p);
	assert_int_equal(gp_sandbox_mounts(s)->n, 3);
}

static void python_on_the_path_works(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {.command = "python3 -c 'import unittest; print(1)'"};

	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	run_in(&r, s, &spec);
	prints(&r, "1\n");
}

static const char attempts[] =
	"#include <errno.h>\n#include <fcntl.h>\n#include <sched.h>\n#include <stdio.h>\n"
	"#include <sys/ioctl.h>\n#include <sys/mount.h>\n#include <sys/socket.h>\n"
	"#include <sys/stat.h>\n#include <sys/syscall.h>\n#include <termios.h>\n"
	"#include <unistd.h>\n#define REFUSED(x) do { errno = 0; if ((x) != -1) puts (#x); } "
	"while (0)\n#define ERR(x, e) do { errno = 0; if ((x) != -1 || errno != e) "
	"printf (\"%s: %m\\n\", #x); } while (0)\n"
	"int main (void)\n{\n"
	"ERR (unshare (CLONE_NEWUSER), EPERM); ERR (unshare (CLONE_NEWNS), EPERM);\n"
	"ERR (syscall (SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0), EPERM);\n"
	"ERR (syscall (SYS_clone3, 0, 0), ENOSYS);\n"
	"ERR (mount (\"none\", \"/tmp\", \"tmpfs\", 0, 0), EPERM);\n"
	"ERR (mount (0, \"/usr\", 0, MS_REMOUNT | MS_BIND, 0), EPERM);\n"
	"ERR (syscall (SYS_keyctl, 0, -3, 0), EPERM); ERR (syscall (SYS_bpf, 0, 0, 0), EPERM);\n"
	"ERR (syscall (SYS_perf_event_open, 0, 0, 0, 0, 0), EPERM);\n"
	"ERR (syscall (SYS_userfaultfd, 1), EPERM); ERR (syscall (425, 1, 0), ENOSYS);\n"
	"ERR (syscall (SYS_process_vm_readv, 1, 0, 0, 0, 0, 0), EPERM);\n"
	"ERR (syscall (SYS_init_module, 0, 0, 0), EPERM); ERR (chroot (\"/tmp\"), EPERM);\n"
	"ERR (sethostname (\"x\", 1), EPERM); ERR (syscall (SYS_syslog, 3, 0, 0), EPERM);\n"
	"ERR (ioctl (0, TIOCSTI, \"x\"), EPERM);\n"
	"ERR (syscall (SYS_ioctl, 0, TIOCSTI | 1ul << 32, \"x\"), EPERM);\n"
	"ERR (ioctl (0, TIOCLINUX, \"x\"), EPERM);\n"
	"ERR (socket (AF_VSOCK, SOCK_STREAM, 0), EPERM); ERR (socket (AF_PACKET, 3, 0), EPERM);\n"
	"ERR (socket (38, SOCK_SEQPACKET, 0), EPERM); ERR (socket (16, 3, 9), EPERM);\n"
	"ERR (syscall (SYS_socket, 40 | 1ul << 32, 1, 0), EPERM);\n"
	"REFUSED (socket (AF_INET, SOCK_RAW, 1)); ERR (mknod (\"n\", S_IFCHR | 0600, 0), EPERM);\n"
	"ERR (chmod (\"a\", 04755), EPERM); ERR (open (\"s\", O_CREAT | O_WRONLY, 06755), EPERM);\n"
	"REFUSED (open (\"/proc/sys/kernel/core_pattern\", O_WRONLY));\n"
	"REFUSED (open (\"/proc/sysrq-trigger\", O_WRONLY)); REFUSED (mkdir (\"/x\", 0700));\n"
	"REFUSED (mkdir (\"/usr/x\", 0700)); REFUSED (mkdir (\"/dev/x\", 0700));\n"
	"REFUSED (open (\"/dev/mem\", O_RDONLY)); REFUSED (open (\"/proc/1/mem\", O_RDWR) * 0 - "
	"1);\n"
	"if (socket (AF_UNIX, SOCK_STREAM, 0) < 0 || socket (AF_INET6, SOCK_DGRAM, 0) < 0 ||\n"
	"    socket (16, 3, 0) < 0) puts (\"sockets\");\n"
	"return 0; }\n";

static void what_no_test_needs_is_refused(void **state GP_UNUSED)
{
	gp_auto(gp_changes) c = {0};

	gp_changes_set(&c, "t.c", 0100644, GP_SLICE(attempts));
	RUN(r,
	    .command = "gcc -w -D_GNU_SOURCE -o t t.c && ./t; grep -E '^(Cap...|NoNewPrivs|Seccomp)"
	               ":' /proc/self/status | tr -d '\\t\\n'; ulimit -c",
	    .changes = &c);
	prints(&r, "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000"
	           "CapBnd:0000000000000000CapAmb:0000000000000000NoNewPrivs:1Seccomp:20\n");
}

static void common_tools_run_under_the_filter(void **state GP_UNUSED)
{
	RUN(r,
	    .command =
	            "mkfifo f && (cat f & echo fifo > f; wait) && perl -e 'fork || exit 3; wait; "
	            "print $? >> 8, \"\\n\"' && printf 'all:\\n\\t@echo made\\n' | make -s -f - "
	            "&& git init -q x && tar cf x.tar x && " PYTHON
	            " -c 'import subprocess,multiprocessing as m; "
	            "print(m.Pool(2).map(abs,[-1,2]))'");
	prints(&r, "fifo\n3\nmade\n[1, 2]\n");
}

static void forks_are_limited(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home, .processes = 50};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {.command = PYTHON
	                           " -c '\nimport os,time\nn=0\ntry:\n"
	                           "    while n < 300:\n"
	                           "        if os.fork() == 0: time.sleep(60); os._exit(0)\n"
	                           "        n += 1\n"
	                           "except OSError: print(\"stopped\", 20 < n < 51, flush=True)\n"
	                           "os._exit(0)'"};

	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	if (strstr(gp_sandbox_identity(s), "watched\nmemory") ||
	    strstr(gp_sandbox_identity(s), "processes 50 watched"))
		skip();
	run_in(&r, s, &spec);
	prints(&r, "stopped True\n");
}

static void memory_is_limited(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home, .memory = 128 << 20};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {.command = PYTHON " -c 'b = bytearray(1 << 29); print(len(b))'"};

	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	run_in(&r, s, &spec);
	assert_int_not_equal(r.exit, 0);
	if (strstr(gp_sandbox_identity(s), "memory 134217728 cgroup"))
		assert_non_null(strstr(r.infra, "out of memory"));
	else
		assert_non_null(strstr(r.out.p, "MemoryError"));
}

static void files_are_limited(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home, .disk = 1 << 20};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {.command =
	                                   "head -c 3000000 /dev/zero > /tmp/f; echo $?; exec head "
	                                   "-c 3000000 /dev/zero > f"};

	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	run_in(&r, s, &spec);
	assert_int_equal(r.signal, SIGXFSZ);
	assert_non_null(strstr(r.infra, "file"));
}

/* More than a limit in all, and nowhere more than a limit. */
static void files_are_limited_together(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home, .disk = 4 << 20};
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	gp_auto(gp_result) r = {0};
	struct gp_run_spec spec = {.command = "for i in $(seq 16); do head -c 4000000 /dev/zero > "
	                                      "f$i || exit 1; done; sleep 60",
	                           .deadline_ms = 50000};

	assert_int_equal(gp_sandbox_open(&s, &o), 0);
	run_in(&r, s, &spec);
	assert_false(r.timed_out);
	assert_non_null(r.infra);
	assert_non_null(strstr(r.infra, "too much written to disk"));
	assert_int_equal(r.signal, SIGKILL);
}

static int at_once(void *ctx)
{
	*(bool *)ctx = true;
	return 0;
}

/* Whoever waits on the loop does not wait for the files of a run to be gone. */
static void cleaning_up_does_not_take_the_loop(void **state GP_UNUSED)
{
	struct gp_run_spec spec = {.tree = w.tree,
	                           .scratch = w.scratch,
	                           .command = PYTHON
	                           " -c 'for i in range(60000): open(str(i), \"w\").close()'"};
	gp_auto_loop struct gp_loop *l = NULL;
	struct out o = {.ended = false};
	bool called = false;
	struct gp_run *r;
	int n = 0;

	assert_int_equal(gp_loop_new(&l), 0);
	assert_int_equal(gp_sandbox_run(&r, w.s, l, &spec, on_done, &o), 0);
	assert_int_equal(gp_loop_run(l, has_ended, &o), 0);
	n = entries(w.scratch);
	gp_loop_after(l, 0, at_once, &called);
	assert_int_equal(gp_loop_run(l, NULL, NULL), 0);
	assert_true(called);
	assert_int_equal(o.r.exit, 0);
	gp_run_result_clear(&o.r);
	assert_int_equal(n, 1);
	gets_empty();
}

static int wait_over(void *ctx)
{
	*(bool *)ctx = true;
	return 0;
}

static bool is_set(void *ctx)
{
	return *(bool *)ctx;
}

static void an_abandoned_run_leaves_nothing(void **state GP_UNUSED)
{
	gp_auto_loop struct gp_loop *l = NULL;
	gp_auto(gp_buf) command = {0}, mark = {0};
	struct gp_run_spec spec = {.tree = w.tree, .scratch = w.scratch};
	struct out o = {0};
	struct gp_run *r;
	bool over = false;

	gp_buf_fmt(&mark, "98765.%d999", (int)getpid());
	gp_buf_fmt(&command, "(setsid sleep %s &); sleep 60", mark.p);
	spec.command = command.p;
	gp_loop_new(&l);
	assert_int_equal(gp_sandbox_run(&r, w.s, l, &spec, on_done, &o), 0);
	gp_loop_after(l, 400, wait_over, &over);
	assert_int_equal(gp_loop_run(l, is_set, &over), 0);
	gp_run_abandon(&r);
	assert_null(r);
	assert_false(o.ended);
	assert_false(process_runs(mark.p));
	gets_empty();
}

static void nothing_outlives_a_killed_runner(void **state GP_UNUSED)
{
	gp_auto(gp_buf) command = {0}, mark = {0};
	pid_t pid;

	gp_buf_fmt(&mark, "98765.%d998", (int)getpid());
	fill(&command, "(setsid sleep @ &); sleep @", mark.p);
	pid = fork();
	if (pid == 0) {
		struct gp_run_spec spec = {.tree = w.tree, .scratch = w.scratch};
		struct out o = {.ended = false};
		struct gp_loop *l = NULL;
		struct gp_run *r;

		spec.command = command.p;
		if (gp_loop_new(&l) || gp_sandbox_run(&r, w.s, l, &spec, on_done, &o))
			_exit(1);
		gp_loop_run(l, has_ended, &o);
		_exit(0);
	}
	for (int i = 0; i < 1000 && !process_runs(mark.p); i++)
		usleep(10000);
	usleep(300000);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 100 && process_runs(mark.p); i++)
		usleep(10000);
	assert_false(process_runs(mark.p));
	RUN(r, .command = "true");
	prints(&r, "");
}

static void leavings_of_the_dead_are_swept(void **state GP_UNUSED)
{
	put(w.scratch, "run-999999999-0/upper/f", "x", 0644);
	RUN(r, .command = "true");
	prints(&r, "");
}

static void sweep_group(const char *where, unsigned long long ns, bool ours)
{
	struct gp_cgroup again = {0};
	gp_auto(gp_buf) dir = {0};

	/* a process id that no kernel gives */
	gp_buf_fmt(&dir, "%s/preview-n%llu-2147480000-0", where, ns);
	assert_int_equal(mkdir(gp_buf_text(&dir), 0755), 0);
	gp_cgroup_probe(&again);
	assert_int_equal(rmdir(gp_buf_text(&dir)), ours ? -1 : 0);
	gp_cgroup_clear(&again);
}

static void groups_of_other_containers_are_left_alone(void **state GP_UNUSED)
{
	struct gp_cgroup c = {0};
	struct stat own;
	const char *where;

	assert_int_equal(stat("/proc/self/ns/pid", &own), 0);
	gp_cgroup_probe(&c);
	where = c.memory ? c.memory : c.pids;
	if (where) {
		sweep_group(where, own.st_ino, true);
		sweep_group(where, own.st_ino + 1, false);
	}
	gp_cgroup_clear(&c);
}

static void the_probe_is_remembered(void **state GP_UNUSED)
{
	struct gp_sandbox_options o = {.cache = w.cache, .home = w.home};
	gp_auto_sandbox struct gp_sandbox *a = NULL, *b = NULL;

	put(w.cache, "sandbox-probe", "garbage\n", 0600);
	assert_int_equal(gp_sandbox_open(&a, &o), 0);
	assert_false(holds(w.cache, "sandbox-probe", "garbage\n"));
	assert_int_equal(gp_sandbox_open(&b, &o), 0);
	assert_string_equal(gp_sandbox_identity(a), gp_sandbox_identity(b));
	assert_int_equal(entries(w.cache), 1);
}

/* What bwrap's clone is while it waits to be set free: no signal of its own, no parent. */
static _Noreturn void become_orphan(int start)
{
	char map[32];
	gp_auto_fd int fd = -1;

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)getuid());
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
		_exit(77);
	fd = open("/proc/self/uid_map", O_WRONLY);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		_exit(77);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (gp_guard(start))
		_exit(1);
	if (fork() == 0) {
		setsid();
		prctl(PR_SET_PDEATHSIG, 0);
	}
	pause();
	_exit(1);
}

static void the_guard_takes_all_along(void **state GP_UNUSED)
{
	struct pollfd p = {.events = POLLIN};
	char said[64] = "";
	int fds[2], status = 0;
	pid_t pid, first;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		become_orphan(fds[1]);
	close(fds[1]);
	p.fd = fds[0];
	assert_int_equal(poll(&p, 1, 20000), 1);
	if (read(fds[0], said, sizeof(said) - 1) <= 0) {
		waitpid(pid, &status, 0);
		assert_int_equal(WEXITSTATUS(status), 77);
		skip();
	}
	first = (pid_t)strtol(said + strlen("\"child-pid\": "), NULL, 10);
	assert_true(first > 1);
	for (int i = 0; i < 200 && gp_guarded(first) == 0; i++)
		usleep(50000);
	assert_true(gp_guarded(first) > 1);
	/* both hold the pipe */
	assert_int_equal(poll(&p, 1, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(fds[0], said, sizeof(said)), 0);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_engine_is_told),
		cmocka_unit_test(names_tell_version_and_limits),
		cmocka_unit_test(the_layer_is_never_written),
		cmocka_unit_test(runs_do_not_see_each_other),
		cmocka_unit_test(changes_are_laid_out),
		cmocka_unit_test(a_folder_can_become_a_file),
		cmocka_unit_test(no_symlink_is_followed),
		cmocka_unit_test(paths_do_not_leave_the_tree),
		cmocka_unit_test(odd_paths_of_the_layer_work),
		cmocka_unit_test(a_missing_layer_is_infra),
		cmocka_unit_test(copying_does_the_same),
		cmocka_unit_test(setup_writes_to_the_layer),
		cmocka_unit_test(a_snapshot_has_one_commit),
		cmocka_unit_test(only_its_own_loopback_answers),
		cmocka_unit_test(nothing_private_is_seen),
		cmocka_unit_test(asked_variables_are_passed),
		cmocka_unit_test(variables_need_a_name),
		cmocka_unit_test(no_descriptor_is_inherited),
		cmocka_unit_test(the_deadline_ends_everything),
		cmocka_unit_test(the_end_of_the_command_ends_everything),
		cmocka_unit_test(output_is_capped),
		cmocka_unit_test(exits_are_told_truly),
		cmocka_unit_test(a_missing_tool_is_127),
		cmocka_unit_test(reports_come_out),
		cmocka_unit_test(reports_are_capped),
		cmocka_unit_test(nodes_runner_tells_all),
		cmocka_unit_test(home_toolchains_are_mounted),
		cmocka_unit_test(python_on_the_path_works),
		cmocka_unit_test(what_no_test_needs_is_refused),
		cmocka_unit_test(common_tools_run_under_the_filter),
		cmocka_unit_test(forks_are_limited),
		cmocka_unit_test(memory_is_limited),
		cmocka_unit_test(files_are_limited),
		cmocka_unit_test(files_are_limited_together),
		cmocka_unit_test(cleaning_up_does_not_take_the_loop),
		cmocka_unit_test(an_abandoned_run_leaves_nothing),
		cmocka_unit_test(nothing_outlives_a_killed_runner),
		cmocka_unit_test(leavings_of_the_dead_are_swept),
		cmocka_unit_test(groups_of_other_containers_are_left_alone),
		cmocka_unit_test(the_probe_is_remembered),
		cmocka_unit_test(the_guard_takes_all_along),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
