#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/sandbox/engine.h"

#define PREFIX "git-preview-"

enum { STALE_S = 24 * 3600, LAYERS = 16, LATE_MS = 1500 };

/* Whose process numbers they are: this boot's, and this process namespace's. */
static unsigned long long machine(void)
{
	gp_auto(gp_buf) boot = {0};
	struct stat st = {0};
	uint64_t h;

	gp_file_read(&boot, AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, false);
	stat("/proc/self/ns/pid", &st);
	h = gp_hash(GP_HASH, gp_buf_text(&boot), boot.n);
	return (unsigned long long)gp_hash(h, &st.st_ino, sizeof(st.st_ino));
}

void gp_engine_name(struct gp_buf *out)
{
	static unsigned count;

	gp_buf_fmt(out, PREFIX "%016llx-%d-%u", machine(), (int)getpid(), count++);
}

void gp_engine_owner(struct gp_buf *out, const char *folder)
{
	gp_auto(gp_buf) id = {0};
	char host[256] = "";
	uint64_t h;

	gp_file_read(&id, AT_FDCWD, "/etc/machine-id", 256, false);
	gethostname(host, sizeof(host) - 1);
	h = gp_hash(GP_HASH, gp_buf_text(&id), id.n);
	h = gp_hash(h, host, strlen(host) + 1);
	gp_buf_fmt(out, "%016llx", (unsigned long long)gp_hash(h, folder, strlen(folder)));
}

static void remove_all(const struct gp_engine *e, const char *what, const char *query,
                       const struct gp_list *names)
{
	for (size_t i = 0; names && i < names->n; i++) {
		gp_auto(gp_buf) path = {0};
		struct gp_call_result a;

		gp_buf_fmt(&path, "/%s/%s%s", what, names->v[i], query);
		gp_engine_ask(
			&a, e,
			&(struct gp_call_spec){.method = "DELETE", .path = gp_buf_text(&path)});
		gp_call_result_clear(&a);
	}
}

/* The helper that we started ends with us: what outlives us needs one of its own. */
static int reach(struct gp_engine *e)
{
	if (!e->service)
		return 0;
	e->service = NULL;
	e->host.socket = NULL;
	return gp_service_begin(e);
}

/* Holds nothing of ours; a stop that was asked of us is not its own. */
static _Noreturn void remove_alone(const struct gp_engine *engine, const struct gp_list *containers,
                                   const struct gp_list *images)
{
	struct gp_engine e = *engine;

	setsid();
	close_range(0, ~0U, 0);
	gp_stop_hold(true);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2 || fork())
		_exit(0);
	if (reach(&e) == 0) {
		remove_all(&e, "containers", "?force=1&v=1", containers);
		remove_all(&e, "images", "", images);
	}
	if (engine->service)
		gp_service_end(&e.service);
	_exit(0);
}

void gp_engine_remove(const struct gp_engine *e, const struct gp_list *containers,
                      const struct gp_list *images)
{
	pid_t pid = gp_edge("fork") ? -1 : fork();

	if (pid == 0)
		remove_alone(e, containers, images);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* "/git-preview-<machine>-<pid>-<n>": ours when of this machine, and left when its process is no
 * more; of others when it is a day old. */
static bool is_left(const char *name, long long created)
{
	char *end;
	unsigned long long of;
	long pid;

	if (!gp_starts(name, "/" PREFIX))
		return false;
	of = strtoull(name + 1 + strlen(PREFIX), &end, 16);
	if (*end != '-' || of != machine())
		return created > 0 && gp_wall_s() - created > STALE_S;
	pid = strtol(end + 1, NULL, 10);
	return pid > 1 && pid != getpid() && kill((pid_t)pid, 0) && errno == ESRCH;
}

static bool name_is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                         "-_.:")] == 0;
}

static void on_containers(void *ctx, struct gp_call_result *a)
{
	struct gp_engine *e = ctx;
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_list) left = {0};

	if (a->code || gp_json_parse(&j, gp_buf_all(&a->text)))
		return;
	for (struct cJSON *c = gp_json_first(j); c; c = gp_json_next(c)) {
		const char *name = gp_json_text(gp_json_first(gp_json_get(c, "Names")));

		if (name && name_is_plain(name + 1) && is_left(name, gp_json_int(c, "Created", 0)))
			gp_list_add(&left, name + 1);
	}
	if (left.n)
		gp_engine_remove(e, &left, NULL);
}

/* Of this repository the youngest stay, layers and what they are made of apart; of others all that
 * are not old. */
static void on_images(void *ctx, struct gp_call_result *a)
{
	struct gp_engine *e = ctx;
	gp_auto(gp_kept_images) kept = {0};
	gp_auto(gp_list) old = {0};
	int left[2] = {LAYERS, LAYERS};

	if (a->code || gp_engine_kept(&kept, gp_buf_all(&a->text), e->owner, 0))
		return;
	for (size_t i = kept.n; i > 0; i--) {
		const struct gp_kept_image *image = &kept.v[i - 1];
		bool over = image->mine && left[image->setup]-- <= 0;

		if (over || gp_wall_s() - image->created > GP_ENGINE_OLD_S)
			for (size_t k = 0; k < image->names.n; k++)
				gp_list_add(&old, image->names.v[k]);
	}
	if (old.n)
		gp_engine_remove(e, NULL, &old);
}

static void ask(struct gp_engine *e, struct gp_call **slot, struct gp_loop *l, const char *what,
                const char *label, void (*done)(void *ctx, struct gp_call_result *a))
{
	gp_auto(gp_buf) filter = {0}, path = {0};

	if (*slot)
		return;
	gp_buf_fmt(&filter, "{\"label\":[\"" GP_ENGINE_LABEL "=%s\"]}", label);
	gp_buf_fmt(&path, "/%sfilters=", what);
	gp_url_escape(&path, gp_buf_text(&filter));
	gp_engine_call(slot, e, l,
	               &(struct gp_call_spec){.method = "GET", .path = gp_buf_text(&path)}, done,
	               e);
}

void gp_engine_sweep(struct gp_engine *e, struct gp_loop *l)
{
	ask(e, &e->sweep_containers, l, "containers/json?all=1&", "run", on_containers);
	ask(e, &e->sweep_images, l, "images/json?", "layer", on_images);
}
