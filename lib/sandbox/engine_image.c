#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/sandbox/engine.h"
#include "lib/sandbox/progress.h"
#include "lib/sandbox/tar.h"

#define BUILT "git-preview/image"

enum { LOOK_MS = 10000, FETCH_MS = 1800000 };

static int look(struct gp_engine *e)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) path = {0};
	struct gp_call_result a;
	const char *id;
	int code;

	gp_buf_fmt(&path, "/images/%s/json", e->image);
	code = gp_engine_ask(&a, e,
	                     &(struct gp_call_spec){.method = "GET",
	                                            .path = gp_buf_text(&path),
	                                            .timeout_ms = LOOK_MS});
	if (!code && gp_json_parse(&j, gp_buf_all(&a.text)))
		code = gp_within(GP_INVALID, "cannot read the answer of %s", e->kind);
	gp_call_result_clear(&a);
	if (code)
		return code;
	id = gp_json_str(j, "Id");
	if (!id || !gp_image_valid(id))
		return gp_fail(GP_INVALID, "%s does not tell the id of '%s'", e->kind, e->image);
	e->image_id = gp_strdup(id);
	return 0;
}

static int on_bytes(void *ctx, struct gp_slice s)
{
	gp_progress_read(ctx, s);
	return 0;
}

/* Asks for something that takes its time and tells about it; then the image is there. */
static int fetch(struct gp_engine *e, const struct gp_sandbox_options *o, const char *path,
                 struct gp_slice body)
{
	gp_auto(gp_progress) p = {.tell = o->progress, .ctx = o->progress_ctx};
	struct gp_call_result a;
	int code = gp_engine_ask(&a, e,
	                         &(struct gp_call_spec){.method = "POST",
	                                                .path = path,
	                                                .body = body,
	                                                .type = "application/x-tar",
	                                                .timeout_ms = FETCH_MS,
	                                                .bytes = on_bytes,
	                                                .to = &p});

	gp_call_result_clear(&a);
	if (!code)
		code = gp_progress_end(&p);
	return code ? code : look(e);
}

static int pull(struct gp_engine *e, const struct gp_sandbox_options *o)
{
	const char *slash = strrchr(e->image, '/');
	bool tagged = strchr(slash ? slash : e->image, ':') || strchr(e->image, '@');
	gp_auto(gp_buf) path = {0};

	gp_buf_str(&path, "/images/create?fromImage=");
	gp_url_escape(&path, e->image);
	/* without a tag it would be all of them */
	if (!tagged)
		gp_buf_str(&path, "&tag=latest");
	return fetch(e, o, gp_buf_text(&path), GP_SLICE(""));
}

static int to_file(void *ctx, struct gp_slice s)
{
	int fd = *(int *)ctx;

	while (s.n) {
		ssize_t n = gp_edge("write") ? -1 : write(fd, s.p, s.n);

		if (n < 0)
			return gp_fail_errno(GP_FAILED, "cannot write the build's files");
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int add_file(void *to, const char *path, unsigned mode, struct gp_slice content)
{
	struct gp_tar *t = to;
	gp_auto_str char *target = NULL;

	if ((mode & S_IFMT) != S_IFLNK)
		return gp_tar_file(t, path, mode & 0111 ? 0755 : 0644, content, 1);
	target = gp_strndup(content.p, content.n);
	return gp_tar_head(
		t, &(struct gp_tar_entry){
			   .path = path, .mode = S_IFLNK | 0777, .target = target, .mtime = 1});
}

/* The files of the build as an archive in a file without a name. */
static int pack(int *fd, const struct gp_sandbox_options *o)
{
	struct gp_tar t = {.put = to_file, .ctx = fd};
	const char *folder = o->cache ? o->cache : "/tmp";
	int e = o->cache ? gp_file_mkdirs(o->cache) : 0;

	if (e)
		return e;
	*fd = gp_edge("open") ? -1 : open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (*fd < 0)
		return gp_fail_errno(GP_FAILED, "cannot make a file in '%s'", folder);
	e = o->build->files(o->build->ctx, add_file, &t);
	return e ? e : gp_tar_end(&t);
}

static int build(struct gp_engine *e, const struct gp_sandbox_options *o)
{
	gp_auto(gp_buf) path = {0};
	gp_auto_fd int fd = -1;
	struct stat st;
	char *text;
	int code = pack(&fd, o);

	if (code)
		return code;
	gp_buf_fmt(&path,
	           "/build?t=%s&rm=1&forcerm=1&networkmode=%s&labels=%%7B%%22" GP_ENGINE_LABEL
	           "%%22%%3A%%22image%%22%%7D",
	           e->image, o->build->network ? "default" : "none");
	if (fstat(fd, &st))
		return gp_fail_errno(GP_FAILED, "cannot read the build's files");
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return gp_fail_errno(GP_FAILED, "cannot map the build's files");
	code = fetch(e, o, gp_buf_text(&path), (struct gp_slice){text, (size_t)st.st_size});
	munmap(text, (size_t)st.st_size);
	return code;
}

static int no_image(const struct gp_engine *e, const struct gp_sandbox_options *o, int code)
{
	if (code == GP_STOPPED)
		return code;
	if (!o->image || !*o->image) {
		gp_within(GP_NOTFOUND, "cannot build the Dockerfile");
		gp_hint("see it fail: %s build . ; or set sandbox.image", e->kind);
	} else {
		gp_within(GP_NOTFOUND, "cannot get the image '%s'", e->image);
		gp_hint("%s pull %s, or set sandbox.image to one that is there", e->kind, e->image);
	}
	return GP_NOTFOUND;
}

int gp_engine_image(struct gp_engine *e, const struct gp_sandbox_options *o)
{
	gp_auto(gp_buf) built = {0};
	bool named = o->image && *o->image;
	int code;

	if (!named && !o->build) {
		gp_fail(GP_NOTFOUND, "no image is set to run in, and there is no Dockerfile");
		gp_hint("name one with what the tests need: sandbox.image = <image>");
		return GP_NOTFOUND;
	}
	if (named && !gp_image_valid(o->image))
		return gp_fail(GP_INVALID, "'%s' is not the name of an image", o->image);
	if (!named)
		gp_buf_fmt(&built, BUILT ":%s", o->build->id);
	e->image = gp_strdup(named ? o->image : gp_buf_text(&built));
	code = look(e);
	if (code == GP_NOTFOUND && !o->fresh)
		code = named ? pull(e, o) : build(e, o);
	return code ? no_image(e, o, code) : 0;
}
