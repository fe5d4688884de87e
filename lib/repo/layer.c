#include "lib/repo/layer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/repo/libgit2.h"
#include "lib/repo/slots.h"

#define CONVERT_MAX ((size_t)64 << 20)
#define CONVERT_DEADLINE_MS 120000
#define FILL_DEADLINE_MS (30L * 60 * 1000) /* large files may have to come from a server */

struct gp_layer {
	struct gp_repo *r;
	struct gp_lock lock;
	char *slot, *tree, *scratch, *layers;
	struct gp_oid want;
	struct gp_slot_state state;

	struct gp_loop *loop;
	struct gp_proc *child;
	int timer;
	bool moved; /* this fill goes from one tree to another */
	void (*done)(void *ctx, int code);
	void *ctx;
	struct gp_changes converted; /* by blob id and path */
};

static char *inside(const char *slot, const char *name)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b, "%s/%s", slot, name);
	return gp_buf_take(&b);
}

static int remove_part(const struct gp_layer *l, const char *name)
{
	gp_auto_str char *path = inside(l->slot, name);

	return gp_file_remove(path);
}

/* Moved aside before it is removed: a straggler of a killed git works on in there, not in the tree
 * that takes its place. */
static int lay_anew(struct gp_layer *l)
{
	static const char *const parts[] = {"index", "index.lock", "old"};
	gp_auto_str char *old = inside(l->slot, "old");
	int e = 0;

	gp_slot_state_clear(&l->state);
	l->state.dirty = true;
	e = gp_slot_write(&l->state, l->slot);
	if (!e)
		e = gp_file_remove(old);
	if (!e && rename(l->tree, old) < 0)
		e = gp_file_remove(l->tree);
	for (size_t i = 0; i < GP_COUNT(parts) && !e; i++)
		e = remove_part(l, parts[i]);
	/* as open as a checkout: a container's user may be another, and the folder above is closed
	 */
	if (!e && (gp_edge("mkdir") || mkdir(l->tree, 0777) < 0))
		e = gp_fail_errno(GP_FAILED, "cannot make the folder '%s'", l->tree);
	return e;
}

static int prepare(struct gp_layer *l, const char *setup)
{
	struct stat st;
	bool foreign;
	int e = gp_file_remove(l->scratch);

	if (!e)
		e = gp_file_mkdirs(l->scratch);
	if (e)
		return e;
	gp_file_sweep(l->slot);
	gp_slot_read(&l->state, l->slot);
	foreign = l->state.setup && strcmp(l->state.setup, setup) != 0;
	if (l->state.dirty || foreign || lstat(l->tree, &st) < 0 || !S_ISDIR(st.st_mode))
		return lay_anew(l);
	return 0;
}

int gp_layer_take(struct gp_layer **out, struct gp_repo *r, const struct gp_oid *tree,
                  const char *setup_key)
{
	__attribute__((cleanup(gp_layer_release))) struct gp_layer *l = gp_alloc(sizeof(*l));
	const char *folder = gp_repo_folder(r);
	gp_auto(gp_buf) slot = {0};
	int e;

	*out = NULL;
	l->lock.fd = -1;
	l->r = r;
	l->want = *tree;
	if (!folder)
		return gp_within(GP_FAILED, "cannot keep a base layer");
	l->layers = inside(folder, "layers");
	e = gp_slot_take(&l->lock, &slot, l->layers, tree, setup_key);
	if (e)
		return gp_within(e == GP_STOPPED ? e : GP_FAILED, "cannot take a base layer");
	l->slot = gp_buf_take(&slot);
	l->tree = inside(l->slot, "tree");
	l->scratch = inside(l->slot, "runs");
	e = prepare(l, setup_key);
	if (e)
		return gp_within(GP_FAILED, "cannot take a base layer");
	gp_slot_trim(l->layers);
	*out = l;
	l = NULL;
	return 0;
}

static int finish(struct gp_layer *l, int e)
{
	void (*done)(void *ctx, int code) = l->done;

	l->done = NULL;
	l->child = NULL;
	done(l->ctx, e);
	return 0;
}

static int start(struct gp_layer *l);

static void ended(void *ctx, struct gp_proc_result *p)
{
	struct gp_layer *l = ctx;
	int e = gp_git_answer(p, "read-tree");

	l->child = NULL;
	if (e == GP_REFUSED && l->moved) {
		/* the setup step changed what this difference touches: its work goes with it */
		e = lay_anew(l);
		if (!e)
			e = start(l);
		if (!e)
			return;
	} else if (!e) {
		l->state.tree = l->want;
		l->state.dirty = false;
		e = gp_slot_write(&l->state, l->slot);
	}
	if (e)
		gp_within(e, "cannot lay out the tree %.12s", l->want.hex);
	finish(l, e == GP_REFUSED ? e : e ? GP_FAILED : 0);
}

/* The user's filters and attributes apply, nothing else that he configured. */
static void environment(struct gp_list *out, const struct gp_layer *l)
{
	gp_auto(gp_buf) b = {0};

	gp_git_env(out, l->r, false);
	gp_buf_fmt(&b, "GIT_WORK_TREE=%s", l->tree);
	gp_git_env_set(out, b.p);
	gp_buf_cut(&b, 0);
	gp_buf_fmt(&b, "GIT_INDEX_FILE=%s/index", l->slot);
	gp_git_env_set(out, b.p);
}

static int start(struct gp_layer *l)
{
	const char *const argv[] = {"git",
	                            "-c",
	                            "core.sparseCheckout=false",
	                            "-c",
	                            "index.sparse=false",
	                            "-c",
	                            "core.splitIndex=false",
	                            "-c",
	                            "core.untrackedCache=false",
	                            "-c",
	                            "checkout.workers=0",
	                            "read-tree",
	                            "-m",
	                            "-u",
	                            l->want.hex,
	                            NULL};
	gp_auto(gp_list) env = {0};
	struct gp_proc_spec spec = {.argv = argv, .cwd = l->tree, .deadline_ms = FILL_DEADLINE_MS};
	int e;

	l->moved = l->state.tree.hex[0] != 0;
	l->state.dirty = true;
	e = gp_slot_write(&l->state, l->slot);
	if (e)
		return e;
	environment(&env, l);
	spec.env = (const char *const *)env.v;
	return gp_proc_start(&l->child, l->loop, &spec, ended, l);
}

static int at_once(void *ctx)
{
	struct gp_layer *l = ctx;

	l->timer = 0;
	return finish(l, 0);
}

int gp_layer_fill(struct gp_layer *l, struct gp_loop *loop, void (*done)(void *ctx, int code),
                  void *ctx)
{
	int e = 0;

	l->loop = loop;
	l->done = done;
	l->ctx = ctx;
	if (!l->state.dirty && strcmp(l->state.tree.hex, l->want.hex) == 0)
		l->timer = gp_loop_after(loop, 0, at_once, l);
	else
		e = start(l);
	return e ? gp_within(GP_FAILED, "cannot lay out the tree %.12s", l->want.hex) : 0;
}

const char *gp_layer_tree(const struct gp_layer *l)
{
	return l->tree;
}

const char *gp_layer_scratch(const struct gp_layer *l)
{
	return l->scratch;
}

bool gp_layer_has_setup(const struct gp_layer *l, const char *setup_key)
{
	return !l->state.dirty && l->state.setup && strcmp(l->state.setup, setup_key) == 0;
}

int gp_layer_set_setup(struct gp_layer *l, const char *setup_key)
{
	/* git init in a setup step: no run may find a repository that the tree does not have */
	int e = *setup_key ? remove_part(l, "tree/.git") : 0;

	if (e)
		return e;
	gp_free(l->state.setup);
	l->state.setup = *setup_key ? gp_strdup(setup_key) : NULL;
	/* between the two calls the step is under way: killed there, the tree is not to be trusted
	 */
	l->state.dirty = !*setup_key;
	return gp_slot_write(&l->state, l->slot);
}

void gp_layer_prune(struct gp_repo *r, struct gp_prune *p)
{
	const char *folder = gp_repo_folder(r);
	gp_auto_str char *layers = folder ? inside(folder, "layers") : NULL;

	if (layers)
		gp_slot_prune(layers, p);
}

void gp_layer_release(struct gp_layer **layer)
{
	struct gp_layer *l = *layer;

	if (!l)
		return;
	if (l->child)
		gp_proc_abandon(&l->child);
	if (l->timer)
		gp_loop_cancel(l->loop, l->timer);
	gp_changes_clear(&l->converted);
	gp_slot_state_clear(&l->state);
	gp_lock_clear(&l->lock);
	gp_free(l->slot);
	gp_free(l->tree);
	gp_free(l->scratch);
	gp_free(l->layers);
	gp_free(l);
	*layer = NULL;
}

/* Whether a folder on the way to path, the top included, has attributes. */
static bool has_attributes(const struct gp_layer *l, const char *path)
{
	const char *slash = path - 1;

	do {
		gp_auto(gp_buf) name = {0};

		gp_buf_fmt(&name, "%s/%.*s.gitattributes", l->tree, (int)(slash + 1 - path), path);
		if (access(gp_buf_text(&name), F_OK) == 0)
			return true;
		slash = strchr(slash + 1, '/');
	} while (slash);
	return false;
}

static int write_blob(struct gp_oid *out, struct gp_layer *l, struct gp_slice text)
{
	git_oid id;
	int e = gp_edge("git_blob_create") ? GIT_ERROR
	                                   : gp_git2.git_blob_create_from_buffer(
						     &id, l->r->git, text.n ? text.p : "", text.n);

	if (e)
		return gp_git2_fail(e, "cannot write a blob");
	gp_git2_hex(out, &id);
	return 0;
}

/* git reads the attributes of the laid out tree, as it did when it laid it out. */
static int convert(struct gp_proc_result *out, struct gp_layer *l, const struct gp_change *c)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_list) env = {0};
	struct gp_oid id;
	const char *argv[] = {"git", "cat-file", "--filters", NULL, NULL, NULL};
	struct gp_proc_spec spec = {.argv = argv,
	                            .cwd = l->tree,
	                            .max_out = CONVERT_MAX,
	                            .deadline_ms = CONVERT_DEADLINE_MS};
	int e = write_blob(&id, l, gp_buf_all(&c->content));

	if (e)
		return e;
	gp_buf_fmt(&path, "--path=%s", c->path);
	argv[3] = gp_buf_text(&path);
	argv[4] = id.hex;
	environment(&env, l);
	spec.env = (const char *const *)env.v;
	e = gp_proc_run(out, &spec);
	if (!e)
		e = gp_git_answer(out, "cat-file");
	if (!e && out->truncated)
		e = gp_fail(GP_FAILED, "its filter makes more than %zu bytes of it", CONVERT_MAX);
	return e;
}

static int converted(struct gp_slice *out, struct gp_layer *l, const struct gp_change *c)
{
	gp_auto(gp_buf) key = {0};
	gp_auto(gp_proc_result) r = {0};
	struct gp_change *known;
	struct gp_oid id;
	int e = gp_repo_hash(&id, gp_buf_all(&c->content));

	if (e)
		return e;
	gp_buf_fmt(&key, "%s %s", id.hex, c->path);
	known = gp_changes_get(&l->converted, gp_buf_text(&key));
	if (!known) {
		e = convert(&r, l, c);
		if (e)
			return gp_within(e, "cannot lay out '%s'", c->path);
		gp_changes_set(&l->converted, gp_buf_text(&key), c->mode, gp_buf_all(&r.out));
		known = gp_changes_get(&l->converted, gp_buf_text(&key));
	}
	*out = gp_buf_all(&known->content);
	return 0;
}

int gp_layer_convert(struct gp_layer *l, struct gp_changes *out, bool *any,
                     const struct gp_changes *in)
{
	*any = false;
	for (size_t i = 0; in && i < in->n && !*any; i++)
		*any = in->v[i].mode && in->v[i].mode != 0120000 &&
		       has_attributes(l, in->v[i].path);
	for (size_t i = 0; *any && i < in->n; i++) {
		const struct gp_change *c = &in->v[i];
		struct gp_slice text = gp_buf_all(&c->content);
		int e = c->mode && c->mode != 0120000 && has_attributes(l, c->path)
		                ? converted(&text, l, c)
		                : 0;

		if (e)
			return e;
		gp_changes_set(out, c->path, c->mode, text);
	}
	return 0;
}
