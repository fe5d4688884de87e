#include <ctype.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/base/glob.h"
#include "lib/base/json.h"
#include "lib/sandbox/engine.h"
#include "lib/sandbox/tar.h"

enum {
	MOST_REPORTS = 1000,
	OPEN_FILES = 4096,
	PROCESSES = 32768,
	SMALL = 64 << 20,
	MOST_WORDS = 64 << 10,
	PERIOD_US = 100000
};

bool gp_image_valid(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > 255 || !isalnum((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-/:@", text[i]))
			return false;
	return true;
}

void gp_url_escape(struct gp_buf *out, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("._-~", *text))
			gp_buf_chr(out, *text);
		else
			gp_buf_fmt(out, "%%%02X", (unsigned char)*text);
}

static struct cJSON *words(const char *a, const char *b)
{
	struct cJSON *j = gp_json_array();

	gp_json_push_str(j, a);
	if (b)
		gp_json_push_str(j, b);
	return j;
}

static void put_limit(struct cJSON *list, const char *name, long long n)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "Name", name);
	gp_json_put_int(j, "Soft", n);
	gp_json_put_int(j, "Hard", n);
	gp_json_push(list, j);
}

/* Where anybody may write in an image; /dev/shm has a size of its own. Their permissions are those
 * of the image's folders. */
static struct cJSON *memory_folders(const struct gp_sandbox *s)
{
	static const char *const large[] = {"/tmp", "/var/tmp", GP_SANDBOX_HOME};
	struct cJSON *j = gp_json_object();
	gp_auto(gp_buf) options = {0};

	gp_buf_fmt(&options, "rw,exec,nosuid,nodev,size=%lld,mode=1777", s->disk);
	for (size_t i = 0; i < GP_COUNT(large); i++)
		gp_json_put_str(j, large[i], gp_buf_text(&options));
	gp_json_put_str(j, "/run", "rw,noexec,nosuid,nodev,size=16777216,mode=755");
	return j;
}

static struct cJSON *host_config(const struct gp_sandbox *s, bool network)
{
	struct cJSON *j = gp_json_object(), *limits = gp_json_array(), *log = gp_json_object();
	const char *filter = s->engine->filter;

	gp_json_put_str(j, "NetworkMode", network ? "default" : "none");
	gp_json_put(j, "CapDrop", words("ALL", NULL));
	gp_json_put(j, "SecurityOpt", words("no-new-privileges", filter));
	gp_json_put_int(j, "PidsLimit", s->processes);
	if (s->memory > 0) {
		gp_json_put_int(j, "Memory", s->memory);
		gp_json_put_int(j, "MemorySwap", s->memory);
	}
	/* not NanoCpus, of which more than there are is refused */
	if (s->cpus > 0) {
		gp_json_put_int(j, "CpuPeriod", PERIOD_US);
		gp_json_put_int(j, "CpuQuota", s->cpus * PERIOD_US);
	}
	if (!s->engine->no_init)
		gp_json_put_bool(j, "Init", true);
	gp_json_put_int(j, "ShmSize", s->disk < SMALL ? s->disk : SMALL);
	gp_json_put(j, "Tmpfs", memory_folders(s));
	put_limit(limits, "nofile", OPEN_FILES);
	put_limit(limits, "core", 0);
	put_limit(limits, "fsize", s->disk);
	/* podman's own choice is more than a root without all rights may set */
	if (strcmp(s->kind->name, "podman") == 0)
		put_limit(limits, "nproc", PROCESSES);
	gp_json_put(j, "Ulimits", limits);
	/* the output comes over the connection; a log would be a disk to fill */
	gp_json_put_str(log, "Type", "none");
	gp_json_put(j, "LogConfig", log);
	return j;
}

static struct cJSON *labels(void)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, GP_ENGINE_LABEL, "run");
	return j;
}

/* The signal may come before the wait, which would then miss it: so the trap does what it is for.
 */
static const char wait_for_run[] = "trap 'trap - USR1; kill $!; wait $!; exec /bin/sh "
				   "/.git-preview/run' USR1; sleep 3600 & echo; wait";

void gp_engine_container(struct gp_buf *out, const struct gp_sandbox *s, const char *image,
                         bool network, bool ahead, bool terminal)
{
	gp_auto_json struct cJSON *j = gp_json_object();
	struct cJSON *env = gp_json_array(), *health = gp_json_object();
	gp_auto(gp_buf) user = {0};

	gp_buf_fmt(&user, "%d:%d", GP_ENGINE_USER, GP_ENGINE_USER);
	for (size_t i = 0; i < s->env.n; i++)
		gp_json_push_str(env, s->env.v[i]);
	gp_json_put_str(j, "Image", image);
	gp_json_put(j, "Entrypoint", words("/bin/sh", NULL));
	gp_json_put(j, "Cmd", ahead ? words("-c", wait_for_run) : words("/.git-preview/run", NULL));
	gp_json_put_str(j, "User", gp_buf_text(&user));
	gp_json_put_str(j, "WorkingDir", "/work");
	gp_json_put_str(j, "Hostname", "preview");
	gp_json_put(j, "Env", env);
	gp_json_put(j, "Labels", labels());
	gp_json_put(health, "Test", words("NONE", NULL));
	gp_json_put(j, "Healthcheck", health);
	gp_json_put_bool(j, "Tty", terminal);
	gp_json_put_bool(j, "OpenStdin", terminal);
	gp_json_put_bool(j, "StdinOnce", terminal);
	gp_json_put_bool(j, "AttachStdin", terminal);
	gp_json_put_bool(j, "AttachStdout", true);
	gp_json_put_bool(j, "AttachStderr", true);
	gp_json_put(j, "HostConfig", host_config(s, network));
	gp_json_print(out, j);
}

static void quote(struct gp_buf *out, const char *text)
{
	gp_buf_chr(out, '\'');
	for (; *text; text++)
		if (*text == '\'')
			gp_buf_str(out, "'\\''");
		else
			gp_buf_chr(out, *text);
	gp_buf_chr(out, '\'');
}

/* Whether a written path lies below path: then the archive has made a folder of it already. */
static bool has_below(const struct gp_changes *c, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].mode && strncmp(c->v[i].path, path, n) == 0 && c->v[i].path[n] == '/')
			return true;
	return false;
}

/* Folders left empty by a deletion go too, as in git. A file that stays would be tested. */
static void add_deletions(struct gp_buf *out, const struct gp_changes *c)
{
	gp_buf_str(out, "gone() {\n[ ! -e \"$1\" ] && [ ! -L \"$1\" ] && return\n"
	                "echo 'cannot remove a file of the tree'\nexit 1\n}\n");
	for (size_t i = 0; i < c->n; i++) {
		const char *path = c->v[i].path, *slash = strrchr(path, '/');
		gp_auto_str char *folder = slash ? gp_strndup(path, (size_t)(slash - path)) : NULL;

		if (c->v[i].mode || has_below(c, path))
			continue;
		gp_buf_str(out, "rm -rf -- ");
		quote(out, path);
		gp_buf_str(out, " 2>/dev/null\ngone ");
		quote(out, path);
		gp_buf_chr(out, '\n');
		if (!folder)
			continue;
		gp_buf_str(out, "rmdir -p -- ");
		quote(out, folder);
		gp_buf_str(out, " 2>/dev/null\n");
	}
}

/* Make and its like compare times: what is changed must be younger than all that setup built, by
 * the clock of the engine. */
static void add_times(struct gp_buf *out, const struct gp_changes *c)
{
	size_t at = 0;

	for (size_t i = 0; i < c->n; i++) {
		if ((c->v[i].mode & S_IFMT) != S_IFREG)
			continue;
		if (at && out->n - at > MOST_WORDS) {
			gp_buf_str(out, " 2>/dev/null\n");
			at = 0;
		}
		if (!at) {
			at = out->n;
			gp_buf_str(out, "touch -c --");
		}
		gp_buf_chr(out, ' ');
		quote(out, c->v[i].path);
	}
	if (at)
		gp_buf_str(out, " 2>/dev/null\n");
}

static void add_tree(struct gp_buf *out, const struct gp_run_spec *spec)
{
	gp_buf_str(out, "cd /work || exit 1\n");
	if (spec->changes) {
		add_deletions(out, spec->changes);
		add_times(out, spec->changes);
	}
	if (spec->git)
		gp_buf_str(out, gp_snapshot_script);
}

/* What is typed goes to the processes in the foreground, so nothing may stand between them and the
 * terminal: timeout would take the command out of it. */
void gp_engine_terminal_script(struct gp_buf *out, const struct gp_run_spec *spec, const char *mark,
                               long watchdog_s)
{
	struct winsize size = {0};

	ioctl(spec->terminal, TIOCGWINSZ, &size);
	add_tree(out, spec);
	gp_buf_fmt(out,
	           "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
	           "command -v stty >/dev/null || break\n"
	           "[ \"$(stty size 2>/dev/null)\" != '%u %u' ] || break\nsleep 0.05\ndone\n"
	           "(sleep %ld; kill -9 -1) </dev/null >/dev/null 2>&1 &\n"
	           "echo %s\n"
	           "/bin/sh -c ",
	           size.ws_row, size.ws_col, watchdog_s, mark);
	quote(out, spec->command);
	gp_buf_str(out, "\nexit $?\n");
}

/* What watches the time is the only child of the first program that lasts: without it the container
 * ends, so nothing in there gains by killing it. The command must not be the first program itself,
 * whom signals without a handler do not reach. Engines do not reliably tell that the kernel killed
 * one process of several, and the control group is gone with the container: so its count is read in
 * there, and told where the command's own output does not come from. */
void gp_engine_script(struct gp_buf *out, const struct gp_run_spec *spec, const char *mark,
                      long watchdog_s)
{
	gp_auto(gp_buf) command = {0};

	gp_buf_str(out, "exec 3>&2 2>&1\n");
	add_tree(out, spec);
	quote(&command, spec->command);
	gp_buf_fmt(out,
	           "echo %s\n"
	           "exec 2>/dev/null\n"
	           "if command -v timeout >/dev/null; then\n"
	           "timeout -s KILL %ld /bin/sh -c %s 2>&1 3>&-\n"
	           "else\n"
	           "(sleep %ld; kill -9 -1) </dev/null >/dev/null 2>&1 3>&- &\n"
	           "/bin/sh -c %s 2>&1 3>&-\n"
	           "fi\n"
	           "status=$?\n"
	           "for file in memory.events memory/memory.oom_control; do\n"
	           "[ ! -r /sys/fs/cgroup/$file ] || while read -r name count; do\n"
	           "[ \"$name\" != oom_kill ] || [ \"$count\" = 0 ] || echo %s >&3\n"
	           "done </sys/fs/cgroup/$file\n"
	           "done\n"
	           "exit $status\n",
	           mark, watchdog_s, gp_buf_text(&command), watchdog_s, gp_buf_text(&command),
	           mark);
}

static int pack_change(struct gp_tar *t, const struct gp_change *c)
{
	gp_auto(gp_buf) path = {0};
	struct gp_tar_entry e = {.mtime = gp_wall_s()};
	int code = 0;

	gp_buf_fmt(&path, "work/%s", c->path);
	/* the folders on the way, or the engine makes them as its root */
	for (char *at = path.p + strlen("work/"); !code && (at = strchr(at, '/')); at++) {
		*at = 0;
		e.path = path.p;
		e.mode = S_IFDIR | 0755;
		code = gp_tar_head(t, &e);
		*at = '/';
	}
	if (code)
		return code;
	if ((c->mode & S_IFMT) == S_IFLNK)
		return gp_tar_head(t, &(struct gp_tar_entry){.path = path.p,
		                                             .mode = S_IFLNK | 0777,
		                                             .target = gp_buf_text(&c->content),
		                                             .mtime = e.mtime});
	return gp_tar_file(t, path.p, c->mode & 0111 ? 0755 : 0644, gp_buf_all(&c->content),
	                   e.mtime);
}

/* Our own files come last: what stands in their place in a tree's link is replaced. */
int gp_engine_pack(struct gp_tar *t, const struct gp_run_spec *spec, const char *mark,
                   long watchdog_s)
{
	const struct gp_tar_entry folder = {
		.path = ".git-preview", .mode = S_IFDIR | 0755, .mtime = gp_wall_s()};
	gp_auto(gp_buf) script = {0};
	int e = 0;

	t->owner = GP_ENGINE_USER;
	for (size_t i = 0; !e && spec->changes && i < spec->changes->n; i++)
		if (spec->changes->v[i].mode)
			e = pack_change(t, &spec->changes->v[i]);
	t->owner = 0;
	if (spec->terminal > 0)
		gp_engine_terminal_script(&script, spec, mark, watchdog_s);
	else
		gp_engine_script(&script, spec, mark, watchdog_s);
	if (!e)
		e = gp_tar_head(t, &folder);
	if (!e)
		e = gp_tar_file(t, ".git-preview/run", 0644, gp_buf_all(&script), folder.mtime);
	return e ? e : gp_tar_end(t);
}

int gp_engine_written(struct gp_list *out, struct gp_slice json, const char *glob)
{
	gp_auto_json struct cJSON *j = NULL;
	int e = gp_json_parse(&j, json);

	for (struct cJSON *c = gp_json_first(j); !e && c; c = gp_json_next(c)) {
		const char *path = gp_json_str(c, "Path");

		if (!path || !gp_starts(path, "/work/") || gp_json_int(c, "Kind", 2) == 2 ||
		    !gp_glob_parts(glob, path + strlen("/work/"), false))
			continue;
		if (out->n == MOST_REPORTS)
			return gp_fail(GP_LIMIT, "more than %d reports", MOST_REPORTS);
		gp_list_add(out, path + strlen("/work/"));
	}
	if (!e)
		gp_list_sort(out);
	return e;
}
