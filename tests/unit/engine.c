#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/base/proc.h"
#include "lib/sandbox/engine.h"
#include "lib/sandbox/frames.h"
#include "lib/sandbox/progress.h"
#include "lib/sandbox/tar.h"

static void add(void *ctx, struct gp_slice s)
{
	gp_buf_slice(ctx, s);
}

static int put(void *ctx, struct gp_slice s)
{
	return gp_buf_slice(ctx, s);
}

static void frames_give_their_payload(void **state GP_UNUSED)
{
	gp_auto(gp_buf) b = {0};
	struct gp_frames f = {0};

	assert_int_equal(gp_frames_read(&f, GP_SLICE("\1\0\0\0\0\0\0\3out\2\0\0"), add, &b), 0);
	assert_int_equal(gp_frames_read(&f, GP_SLICE("\0\0\0\0\3err"), add, &b), 0);
	assert_string_equal(gp_buf_text(&b), "outerr");
}

static void other_bytes_are_no_frames(void **state GP_UNUSED)
{
	gp_auto(gp_buf) b = {0};
	struct gp_frames f = {0}, g = {0};

	assert_int_equal(gp_frames_read(&f, GP_SLICE("HTTP/1.1 500"), add, &b), GP_INVALID);
	assert_int_equal(gp_frames_read(&g, GP_SLICE("\1\0\0\1\0\0\0\1x"), add, &b), GP_INVALID);
	assert_int_equal(b.n, 0);
}

/* Runs tar on text; its output. */
static void run_tar(struct gp_buf *out, const char *mode, struct gp_slice text)
{
	const char *const argv[] = {"tar", mode, NULL};
	const struct gp_proc_spec spec = {
		.argv = argv, .input = text, .merge = true, .max_out = 1 << 20};
	struct gp_proc_result r;

	assert_int_equal(gp_proc_run(&r, &spec), 0);
	if (r.exit)
		fail_msg("tar: %s", gp_buf_text(&r.out));
	gp_buf_slice(out, gp_buf_all(&r.out));
	gp_proc_result_clear(&r);
}

static void tar_reads_what_is_written(void **state GP_UNUSED)
{
	gp_auto(gp_buf) b = {0}, seen = {0};
	struct gp_tar t = {.put = put, .ctx = &b, .owner = 1000};
	char name[300] = "work/";

	memset(name + 5, 'n', sizeof(name) - 6);
	assert_int_equal(
		gp_tar_head(&t, &(struct gp_tar_entry){.path = "work", .mode = S_IFDIR | 0755}), 0);
	assert_int_equal(gp_tar_file(&t, "work/a b", 0755, GP_SLICE("x"), 86400), 0);
	assert_int_equal(gp_tar_file(&t, name, 0644, GP_SLICE(""), 0), 0);
	assert_int_equal(gp_tar_head(&t, &(struct gp_tar_entry){.path = "work/l",
	                                                        .mode = S_IFLNK | 0777,
	                                                        .target = name}),
	                 0);
	assert_int_equal(gp_tar_end(&t), 0);
	run_tar(&seen, "-tvf-", gp_buf_all(&b));
	assert_non_null(strstr(seen.p, "drwxr-xr-x 1000/1000"));
	assert_non_null(strstr(seen.p, "-rwxr-xr-x 1000/1000"));
	assert_non_null(strstr(seen.p, " work/a b\n"));
	assert_non_null(strstr(seen.p, name));
	assert_non_null(strstr(strstr(seen.p, "work/l -> "), name));
}

static void only_a_file_is_taken(void **state GP_UNUSED)
{
	gp_auto(gp_buf) file = {0}, link = {0};
	struct gp_tar f = {.put = put, .ctx = &file}, l = {.put = put, .ctx = &link};
	struct gp_slice got;
	char name[200];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	gp_tar_file(&f, name, 0644, GP_SLICE("<xml/>"), 0);
	gp_tar_end(&f);
	assert_int_equal(gp_tar_only_file(&got, gp_buf_all(&file)), 0);
	assert_true(gp_slice_is(got, "<xml/>"));
	assert_int_equal(gp_tar_only_file(&got, (struct gp_slice){file.p, 1540}), GP_INVALID);
	file.p[1024 + 3] ^= 1;
	assert_int_equal(gp_tar_only_file(&got, gp_buf_all(&file)), GP_INVALID);
	gp_tar_head(&l, &(struct gp_tar_entry){
				.path = "r.xml", .mode = S_IFLNK | 0777, .target = "/etc/passwd"});
	gp_tar_end(&l);
	assert_int_equal(gp_tar_only_file(&got, gp_buf_all(&link)), GP_NOTFOUND);
	assert_int_equal(gp_tar_only_file(&got, GP_SLICE("")), GP_NOTFOUND);
}

static void note(void *ctx, const char *text)
{
	gp_buf_fmt(ctx, "%s;", text);
}

static void an_error_in_the_middle_is_one(void **state GP_UNUSED)
{
	gp_auto(gp_buf) told = {0};
	gp_auto(gp_progress) p = {.tell = note, .ctx = &told}, q = {0};

	gp_progress_read(&p, GP_SLICE("{\"status\":\"Pulling\",\"progress\":\"1/2\"}\r\n{\"str"));
	gp_progress_read(&p, GP_SLICE("eam\":\"Step 1\\n\"}\n"));
	assert_int_equal(gp_progress_end(&p), 0);
	assert_string_equal(gp_buf_text(&told), "Pulling 1/2;Step 1;");
	gp_progress_read(&q, GP_SLICE("{\"status\":\"x\"}\n{\"error\":\"disk \\u001bfull\"}"));
	assert_int_equal(gp_progress_end(&q), GP_REFUSED);
	assert_string_equal(gp_message(), "disk \\x1bfull");
}

static void names_of_images(void **state GP_UNUSED)
{
	static const char *const good[] = {"debian", "debian:12", "ghcr.io/a/b:1",
	                                   "h:5000/x@sha256:00ff"};
	static const char *const bad[] = {"", "-x", "a b", "a?b", "../x", "a\nb", "a%2f"};

	for (size_t i = 0; i < GP_COUNT(good); i++)
		assert_true(gp_image_valid(good[i]));
	for (size_t i = 0; i < GP_COUNT(bad); i++)
		assert_false(gp_image_valid(bad[i]));
}

static void what_a_run_wrote(void **state GP_UNUSED)
{
	gp_auto(gp_list) l = {0}, none = {0};
	struct gp_slice json = GP_SLICE("[{\"Path\":\"/work/b/r.xml\",\"Kind\":1},"
	                                "{\"Path\":\"/work/a/r.xml\",\"Kind\":0},"
	                                "{\"Path\":\"/work/c/r.xml\",\"Kind\":2},"
	                                "{\"Path\":\"/etc/r.xml\",\"Kind\":1},"
	                                "{\"Path\":\"/work/a/r.txt\",\"Kind\":1}]");

	assert_int_equal(gp_engine_written(&l, json, "**/r.xml"), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "a/r.xml");
	assert_int_equal(gp_engine_written(&none, GP_SLICE("null"), "*"), 0);
	assert_int_equal(none.n, 0);
	assert_int_equal(gp_engine_written(&none, GP_SLICE("{"), "*"), GP_INVALID);
}

/* Runs the script of a spec in a folder with /work taken for it; what it printed. */
static void run_script(struct gp_buf *out, const struct gp_run_spec *spec, const char *folder)
{
	gp_auto(gp_buf) script = {0}, here = {0};
	struct gp_proc_spec p = {.merge = true, .cwd = folder};
	struct gp_proc_result r;
	const char *cd, *command;

	gp_engine_script(&script, spec, "0123", 60);
	cd = strstr(script.p, "cd /work");
	command = strstr(script.p, "if command -v timeout");
	assert_non_null(cd);
	gp_buf_add(&here, strchr(cd, '\n'), (size_t)(command - strchr(cd, '\n')));
	p.argv = (const char *const[]){"/bin/sh", "-c", gp_buf_text(&here), NULL};
	assert_int_equal(gp_proc_run(&r, &p), 0);
	gp_buf_slice(out, gp_buf_all(&r.out));
	gp_proc_result_clear(&r);
}

static void script_deletes(void **state GP_UNUSED)
{
	char folder[] = "/tmp/engine-XXXXXX";
	gp_auto(gp_buf) path = {0}, out = {0};
	struct gp_changes c = {0};
	const struct gp_run_spec spec = {.changes = &c, .command = "true"};
	const struct timespec epoch[2] = {{0, 0}, {0, 0}};
	struct stat st;
	static const char *const files[] = {"d/e/it's", "-rf", "keep/a", "f"};

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < GP_COUNT(files); i++) {
		char *slash;

		gp_buf_cut(&path, 0);
		gp_buf_fmt(&path, "%s/%s", folder, files[i]);
		slash = strrchr(path.p, '/');
		*slash = 0;
		gp_file_mkdirs(path.p);
		*slash = '/';
		assert_int_equal(gp_file_write(path.p, GP_SLICE("x"), 0644), 0);
		assert_int_equal(utimensat(AT_FDCWD, path.p, epoch, 0), 0);
	}
	gp_changes_set(&c, "d/e/it's", 0, GP_SLICE(""));
	gp_changes_set(&c, "-rf", 0, GP_SLICE(""));
	gp_changes_set(&c, "f", 0, GP_SLICE(""));
	gp_changes_set(&c, "keep/a", 0100644, GP_SLICE("x"));
	gp_changes_set(&c, "f/below", 0100644, GP_SLICE("x"));
	run_script(&out, &spec, folder);
	assert_string_equal(gp_buf_text(&out), "0123\n");
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(access("d", F_OK), -1);
	assert_int_equal(access("-rf", F_OK), -1);
	assert_int_equal(stat("keep/a", &st), 0);
	assert_true(st.st_mtime > 86400);
	assert_int_equal(access("f", F_OK), 0);
	assert_int_equal(chdir("/"), 0);
	gp_file_remove(folder);
	gp_changes_clear(&c);
}

/* A test that is thought deleted must not run. */
static void what_cannot_be_deleted_ends_it(void **state GP_UNUSED)
{
	char folder[] = "/tmp/engine-XXXXXX";
	gp_auto(gp_buf) path = {0}, out = {0};
	struct gp_changes c = {0};
	const struct gp_run_spec spec = {.changes = &c, .command = "true"};
	gp_auto_str char *was = gp_strdup(getenv("PATH"));

	assert_non_null(mkdtemp(folder));
	gp_buf_fmt(&path, "%s/stays", folder);
	assert_int_equal(symlink("nowhere", gp_buf_text(&path)), 0);
	gp_changes_set(&c, "stays", 0, GP_SLICE(""));
	setenv("PATH", "/nowhere", 1);
	run_script(&out, &spec, folder);
	setenv("PATH", was, 1);
	assert_string_equal(gp_buf_text(&out), "cannot remove a file of the tree\n");
	gp_file_remove(folder);
	gp_changes_clear(&c);
}

static void layers_that_are_kept(void **state GP_UNUSED)
{
	gp_auto(gp_kept_images) k = {0}, none = {0};
	const struct gp_slice json = GP_SLICE(
		"[{\"Id\":\"sha256:bb\",\"ParentId\":\"aa\",\"Created\":20,\"Size\":130,"
		"\"RepoTags\":[\"docker.io/git-preview/layer:b\",\"mine/git-preview/layers:x\"],"
		"\"Labels\":{\"git-preview\":\"layer\",\"git-preview.owner\":\"other\"}},"
		"{\"Id\":\"sha256:aa\",\"Created\":10,\"Size\":120,"
		"\"RepoTags\":[\"git-preview/layer:a\",\"git-preview/setup:s\",\"user/tag:1\"],"
		"\"Labels\":{\"git-preview.owner\":\"me\"}},"
		"{\"Id\":\"../../x\",\"Created\":1},"
		"{\"Id\":\"sha256:cc\",\"Created\":30,\"Size\":1,\"RepoTags\":null,\"Labels\":[]}"
		"]");

	assert_int_equal(gp_engine_kept(&none, GP_SLICE("["), "me", 0), GP_INVALID);
	assert_int_equal(gp_engine_kept(&k, json, "me", 100), 0);
	assert_int_equal(k.n, 3);
	assert_string_equal(k.v[0].id, "sha256:aa");
	assert_true(k.v[0].mine && k.v[0].setup);
	assert_int_equal(k.v[0].size, 20);
	assert_int_equal(k.v[0].names.n, 2);
	assert_false(k.v[1].mine || k.v[1].setup);
	assert_int_equal(k.v[1].size, 10);
	assert_int_equal(k.v[1].names.n, 1);
	assert_string_equal(k.v[1].names.v[0], "docker.io/git-preview/layer:b");
	assert_false(k.v[2].mine);
	assert_int_equal(k.v[2].size, 0);
	assert_string_equal(k.v[2].names.v[0], "sha256:cc");
}

static void a_container_is_closed_on_all_sides(void **state GP_UNUSED)
{
	struct gp_engine e = {.kind = "docker"};
	struct gp_sandbox s = {.kind = &gp_kind_docker,
	                       .engine = &e,
	                       .memory = 1 << 30,
	                       .disk = 1 << 20,
	                       .processes = 64};
	gp_auto(gp_buf) text = {0};
	gp_auto_json struct cJSON *j = NULL;
	struct cJSON *h;

	gp_engine_container(&text, &s, "img", false, false, false);
	assert_int_equal(gp_json_parse(&j, gp_buf_all(&text)), 0);
	assert_string_equal(gp_json_str(j, "User"), "1000:1000");
	h = gp_json_get(j, "HostConfig");
	assert_string_equal(gp_json_str(h, "NetworkMode"), "none");
	assert_string_equal(gp_json_text(gp_json_first(gp_json_get(h, "CapDrop"))), "ALL");
	assert_string_equal(gp_json_text(gp_json_first(gp_json_get(h, "SecurityOpt"))),
	                    "no-new-privileges");
	assert_int_equal(gp_json_int(h, "PidsLimit", 0), 64);
	assert_int_equal(gp_json_int(h, "Memory", 0), 1 << 30);
	assert_int_equal(gp_json_int(h, "MemorySwap", 0), 1 << 30);
	assert_null(gp_json_get(h, "Binds"));
	assert_false(gp_json_bool(h, "Privileged", false));
}

/* No call of the filter is lost on the way to an engine, nor what its arguments must be. */
static void the_filter_as_a_profile(void **state GP_UNUSED)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) text = {0};
	bool keyctl = false, clone3 = false, vsock = false;

	gp_seccomp_profile(&text);
	assert_int_equal(gp_json_parse(&j, gp_buf_all(&text)), 0);
	assert_string_equal(gp_json_str(j, "defaultAction"), "SCMP_ACT_ALLOW");
	for (struct cJSON *c = gp_json_first(gp_json_get(j, "syscalls")); c; c = gp_json_next(c)) {
		const char *name = gp_json_text(gp_json_first(gp_json_get(c, "names")));
		const struct cJSON *a = gp_json_first(gp_json_get(c, "args"));
		long long error = gp_json_int(c, "errnoRet", 0);

		assert_non_null(name);
		keyctl |= strcmp(name, "keyctl") == 0 && error == EPERM && !a;
		clone3 |= strcmp(name, "clone3") == 0 && error == ENOSYS && !a;
		vsock |= strcmp(name, "socket") == 0 && error == EPERM && a &&
		         gp_json_int(a, "index", -1) == 0 &&
		         gp_json_int(a, "value", 0) == 0xffffffff &&
		         gp_json_int(a, "valueTwo", 0) == 40 /* AF_VSOCK */;
	}
	assert_true(keyctl);
	assert_true(clone3);
	assert_true(vsock);
}

static void find(struct gp_engine *e, const char *kind, const char *asked, int code)
{
	*e = (struct gp_engine){.kind = kind};
	assert_int_equal(gp_engine_find(e, asked), code);
}

static void addresses(void **state GP_UNUSED)
{
	struct gp_engine e;
	static const char *const bad[] = {"ssh://-oProxyCommand=x", "http://x", "unix://x",
	                                  "ssh://a/b", "/run/x.sock"};

	setenv("DOCKER_HOST", "unix:///d.sock", 1);
	unsetenv("DOCKER_TLS_VERIFY");
	find(&e, "docker", NULL, 0);
	assert_string_equal(e.host.socket, "/d.sock");
	gp_engine_host_clear(&e.host);
	find(&e, "docker", "tcp://127.0.0.1:2375", 0);
	assert_string_equal(e.host.base, "http://127.0.0.1:2375");
	gp_engine_host_clear(&e.host);
	find(&e, "docker", "tcp://build.example:2376", 0);
	assert_string_equal(e.host.base, "https://build.example:2376");
	gp_engine_host_clear(&e.host);
	find(&e, "docker", "ssh://me@build.example:2222", 0);
	assert_string_equal(e.host.ssh, "me@build.example:2222");
	gp_engine_host_clear(&e.host);
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		find(&e, "docker", bad[i], GP_INVALID);
		gp_engine_host_clear(&e.host);
	}
	unsetenv("DOCKER_HOST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_give_their_payload),
		cmocka_unit_test(other_bytes_are_no_frames),
		cmocka_unit_test(tar_reads_what_is_written),
		cmocka_unit_test(only_a_file_is_taken),
		cmocka_unit_test(an_error_in_the_middle_is_one),
		cmocka_unit_test(names_of_images),
		cmocka_unit_test(what_a_run_wrote),
		cmocka_unit_test(script_deletes),
		cmocka_unit_test(what_cannot_be_deleted_ends_it),
		cmocka_unit_test(layers_that_are_kept),
		cmocka_unit_test(a_container_is_closed_on_all_sides),
		cmocka_unit_test(the_filter_as_a_profile),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
