#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/capture.h"
#include "lib/base/file.h"
#include "lib/sandbox/engine_run.h"

enum {
	REPORTS = 16 << 20,
	RUN_MS = 600000,
	GRACE_S = 5,
	DAY_S = 24 * 3600,
	EARLY = 64 << 10,
};

static int to_file(void *ctx, struct gp_slice s)
{
	int fd = *(int *)ctx;

	while (s.n) {
		ssize_t n = gp_edge("write") ? -1 : write(fd, s.p, s.n);

		if (n < 0)
			return gp_fail_errno(GP_FAILED, "cannot write the archive of the tree");
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int to_buf(void *ctx, struct gp_slice s)
{
	return gp_buf_slice(ctx, s) ? gp_fail(GP_LIMIT, "the changes are too large") : 0;
}

/* The folders of ours that an image may lack, as open as they must be: what is mounted there is
 * root's, and takes over these permissions. */
static int put_places(struct gp_tar *t)
{
	static const struct gp_tar_entry places[] = {
		{.path = "tmp", .mode = S_IFDIR | 01777},
		{.path = "var", .mode = S_IFDIR | 0755},
		{.path = "var/tmp", .mode = S_IFDIR | 01777},
		{.path = "home", .mode = S_IFDIR | 0755},
		{.path = &GP_SANDBOX_HOME[1], .mode = S_IFDIR | 01777},
	};
	int e = 0;

	t->owner = 0;
	for (size_t i = 0; !e && i < GP_COUNT(places); i++)
		e = gp_tar_head(t, &places[i]);
	t->owner = GP_ENGINE_USER;
	return e;
}

/* A file without a name that is mapped: what is sent is the page cache's, not our memory. */
int gp_engine_pack_tree(struct gp_run *r, const char *tree, const char *scratch)
{
	gp_auto_fd int fd = -1;
	struct gp_tar t = {.put = to_file, .ctx = &fd};
	struct stat st;
	int e = gp_file_mkdirs(scratch);

	if (e)
		return e;
	fd = gp_edge("open") ? -1 : open(scratch, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot make a file in '%s'", scratch);
	e = put_places(&t);
	if (!e)
		e = gp_tar_tree(&t, tree, "work");
	if (!e)
		e = gp_tar_end(&t);
	if (e)
		return e;
	if (fstat(fd, &st))
		return gp_fail_errno(GP_FAILED, "cannot read the archive of the tree");
	r->archive.p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (r->archive.p == MAP_FAILED) {
		r->archive.p = NULL;
		return gp_fail_errno(GP_FAILED, "cannot map the archive of the tree");
	}
	r->archive.n = (size_t)st.st_size;
	return 0;
}

static void make_mark(struct gp_run *r)
{
	unsigned long long bits[2] = {0};

	if (getrandom(bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits[0] = (unsigned long long)gp_now_ms();
	snprintf(r->mark, sizeof(r->mark), "%016llx%016llx", bits[0], bits[1]);
}

int gp_engine_fill(struct gp_run *r, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx)
{
	struct gp_tar t = {.put = to_buf, .ctx = &r->packed};

	r->kind = s->kind;
	r->s = s;
	r->l = l;
	r->done = done;
	r->ctx = ctx;
	r->glob = spec->reports ? gp_strdup(spec->reports) : NULL;
	r->layer = spec->layer ? gp_strdup(spec->layer) : NULL;
	r->max_reports = spec->max_reports ? spec->max_reports : REPORTS;
	r->deadline_ms = spec->deadline_ms ? spec->deadline_ms : RUN_MS;
	r->command = spec->command != NULL;
	r->output = spec->output;
	r->output_ctx = spec->output_ctx;
	r->kept.max = s->output;
	r->early.max = EARLY;
	r->aside.max = EARLY;
	r->packed.max = (size_t)1 << 30;
	r->r.exit = -1;
	r->began = gp_now_ms();
	r->idle = false;
	make_mark(r);
	if (spec->terminal > 0) {
		int e = gp_joint_new(&r->joint, r, spec->terminal);

		if (e)
			return e;
	}
	return spec->command ? gp_engine_pack(&t, spec, r->mark,
	                                      r->deadline_ms > 0 ? r->deadline_ms / 1000 + GRACE_S
	                                                         : DAY_S)
	                     : 0;
}
