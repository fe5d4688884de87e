#include "lib/repo/libgit2.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

/* A large tree's walk is also kept in our folder, the last one only: its thousands of objects take
 * ten times as long to unpack as this takes to read. */
#define WALKED_NAME "cache/tree-1"
#define WALKED_MAX ((size_t)32 << 20)
#define WALKED_LEAST ((size_t)256 << 10)

/* The file's end, after the entries. */
struct tail {
	uint64_t check;
	struct gp_oid tree;
};

struct walk {
	struct gp_repo *r;
	struct gp_buf path;
	int (*fn)(void *ctx, const struct gp_entry *e);
	void *ctx;
	struct gp_buf *kept; /* NULL: nothing is kept */
};

/* Of each entry the mode, the id and the path with its NUL. */
struct kept_head {
	uint32_t mode;
	git_oid id;
};

static int hand_over(struct walk *w, const char *path, unsigned mode, const git_oid *id)
{
	const struct gp_entry entry = {.path = path, .mode = mode, .id = id->id};

	return w->fn(w->ctx, &entry);
}

static void keep(struct walk *w, unsigned mode, const git_oid *id)
{
	const struct kept_head h = {mode, *id};

	if (w->kept && (gp_buf_add(w->kept, &h, sizeof(h)) ||
	                gp_buf_add(w->kept, gp_buf_text(&w->path), w->path.n + 1)))
		w->kept = NULL;
}

/* Few objects can say a tree without end, so a stop is looked for in each folder.
 * Not git_tree_walk, which stops at a subtree that a treeless clone has yet to fetch. */
static int walk_tree(struct walk *w, const git_oid *oid)
{
	gp_auto_git2(tree) tree = NULL;
	size_t n, before = w->path.n;
	int e = gp_stopped() ? gp_fail(GP_STOPPED, "stopped") : gp_git2_tree(&tree, w->r, oid);

	if (e)
		return e;
	n = gp_git2.git_tree_entrycount(tree);
	for (size_t i = 0; i < n && !e; i++) {
		const git_tree_entry *t = gp_git2.git_tree_entry_byindex(tree, i);
		const git_oid *id = gp_git2.git_tree_entry_id(t);
		unsigned mode = (unsigned)gp_git2.git_tree_entry_filemode(t);

		e = gp_buf_str(&w->path, gp_git2.git_tree_entry_name(t));
		if (!e && mode == GIT_FILEMODE_TREE) {
			e = gp_buf_chr(&w->path, '/');
			if (!e)
				e = walk_tree(w, id);
		} else if (!e) {
			keep(w, mode, id);
			e = hand_over(w, w->path.p, mode, id);
		}
		gp_buf_cut(&w->path, before);
	}
	return e;
}

static int walk_kept(struct walk *w, const struct gp_buf *kept)
{
	int e = 0;

	for (size_t at = 0; at < kept->n && !e;) {
		struct kept_head h;
		const char *path = kept->p + at + sizeof(h);

		memcpy(&h, kept->p + at, sizeof(h));
		at += sizeof(h) + strlen(path) + 1;
		e = hand_over(w, path, h.mode, &h.id);
	}
	return e;
}

/* Word by word: over megabytes at every request. */
static uint64_t check_of(struct gp_slice s)
{
	uint64_t sum = s.n, word;

	for (; s.n >= sizeof(word); s.p += sizeof(word), s.n -= sizeof(word)) {
		memcpy(&word, s.p, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
		sum ^= sum >> 32;
	}
	return gp_hash(sum, s.p, s.n);
}

/* NULL: our folder was not asked for yet, and a walk makes none. */
static const char *file_of(struct gp_buf *path, const struct gp_repo *r)
{
	if (!r->folder)
		return NULL;
	gp_buf_fmt(path, "%s/" WALKED_NAME, r->folder);
	return gp_buf_text(path);
}

/* False: there is none of this tree, or it is not as it was written. */
static bool read_walked(struct gp_repo *r, const struct gp_oid *tree)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) b = {.max = WALKED_MAX + sizeof(struct tail)};
	const char *file = file_of(&path, r);
	struct tail t;

	if (!file || gp_file_read(&b, AT_FDCWD, file, b.max, true) || b.n < sizeof(t))
		return false;
	memcpy(&t, b.p + b.n - sizeof(t), sizeof(t));
	gp_buf_cut(&b, b.n - sizeof(t));
	if (strncmp(t.tree.hex, tree->hex, sizeof(t.tree.hex)) != 0 ||
	    t.check != check_of(gp_buf_all(&b)))
		return false;
	gp_repo_shrink(r);
	r->walked.entries = b;
	r->walked.tree = *tree;
	b = (struct gp_buf){0};
	return true;
}

/* Not synced and not by rename: two that write at once make what does not check out, and the tree
 * is walked once more. */
static void write_walked(struct gp_repo *r)
{
	gp_auto(gp_buf) path = {0};
	struct gp_walked *k = &r->walked;
	const char *file = k->entries.n >= WALKED_LEAST ? file_of(&path, r) : NULL;
	struct tail t;

	if (!file)
		return;
	memset(&t, 0, sizeof(t));
	t.check = check_of(gp_buf_all(&k->entries));
	t.tree = k->tree;
	if (gp_buf_add(&k->entries, &t, sizeof(t)) == 0) {
		unlink(file);
		gp_file_append(file, gp_buf_all(&k->entries));
		gp_buf_cut(&k->entries, k->entries.n - sizeof(t));
	}
}

static int walk_anew(struct walk *w, const struct gp_oid *tree)
{
	struct gp_walked *k = &w->r->walked;
	git_oid id;
	int e = gp_git2_oid(&id, tree);

	if (e)
		return e;
	gp_buf_clear(&k->entries);
	k->entries.max = WALKED_MAX;
	w->kept = &k->entries;
	e = walk_tree(w, &id);
	k->tree = *tree;
	if (e || !w->kept)
		gp_repo_shrink(w->r);
	else
		write_walked(w->r);
	return e;
}

int gp_repo_walk(struct gp_repo *r, const struct gp_oid *tree,
                 int (*fn)(void *ctx, const struct gp_entry *e), void *ctx)
{
	/* the cap bounds the recursion too: Linux has no longer path */
	struct walk w = {.r = r, .path = {.max = 4096}, .fn = fn, .ctx = ctx};
	struct gp_walked *k = &r->walked;
	bool nested = k->busy;
	git_oid id;
	int e;

	k->busy = true;
	if (nested)
		e = gp_git2_oid(&id, tree) ? GP_INVALID : walk_tree(&w, &id);
	else if ((k->entries.n && strcmp(k->tree.hex, tree->hex) == 0) || read_walked(r, tree))
		e = walk_kept(&w, &k->entries);
	else
		e = walk_anew(&w, tree);
	k->busy = nested;
	gp_buf_clear(&w.path);
	return e;
}

void gp_repo_shrink(struct gp_repo *r)
{
	gp_buf_clear(&r->walked.entries);
	r->walked.tree = (struct gp_oid){0};
}
