#include "lib/repo/libgit2.h"

#include <stdlib.h>
#include <string.h>

/* git_tree_create_updated does not turn a file into a folder or back; the treebuilder does, and
 * needs no blob of what stays the same. */

/* A folder being made: the changes below it all share the first depth bytes of their paths. */
struct folder {
	struct gp_repo *r;
	const git_tree *base; /* NULL: a new folder */
	const struct gp_change **v;
	size_t n, depth;
};

/* The changes of one name in a folder: perhaps itself as a file, and what lies below it. */
struct name {
	char *text;
	const struct gp_change *file; /* NULL: not named itself */
	struct folder below;
	const git_tree_entry *old;
};

static bool is_folder(const git_tree_entry *t)
{
	return t && gp_git2.git_tree_entry_filemode(t) == GIT_FILEMODE_TREE;
}

/* As bytes, but '/' before all others, so that what lies below a folder stands together. */
static int by_component(const void *a, const void *b)
{
	const unsigned char *p = (const unsigned char *)(*(const struct gp_change *const *)a)->path;
	const unsigned char *q = (const unsigned char *)(*(const struct gp_change *const *)b)->path;

	while (*p && *p == *q)
		p++, q++;
	if (!*p || !*q)
		return (*p != 0) - (*q != 0);
	if (*p == '/' || *q == '/')
		return *p == '/' ? -1 : 1;
	return *p < *q ? -1 : 1;
}

static int build(git_oid *out, bool *empty, const struct folder *f);

static int put_file(git_treebuilder *b, const struct folder *f, const struct name *name)
{
	const struct gp_change *c = name->file;
	git_oid blob;
	int e = gp_edge("git_blob_create")
	                ? GIT_ERROR
	                : gp_git2.git_blob_create_from_buffer(
				  &blob, f->r->git, gp_buf_text(&c->content), c->content.n);

	if (!e)
		e = gp_git2.git_treebuilder_insert(NULL, b, name->text, &blob,
		                                   (git_filemode_t)c->mode);
	return e ? gp_git2_fail(e, "cannot write '%s'", c->path) : 0;
}

static int drop(git_treebuilder *b, const struct name *name)
{
	if (gp_git2.git_treebuilder_get(b, name->text) &&
	    gp_git2.git_treebuilder_remove(b, name->text) < 0)
		return gp_git2_fail(GIT_ERROR, "cannot remove '%s'", name->text);
	return 0;
}

/* Lays out what is below name; *left says whether a folder remains of it. */
static int put_below(git_treebuilder *b, const struct folder *f, const struct name *name,
                     bool *left)
{
	gp_auto_git2(tree) old = NULL;
	struct folder below = name->below;
	bool empty = true;
	git_oid id;
	int e = 0;

	if (is_folder(name->old))
		e = gp_git2_tree(&old, f->r, gp_git2.git_tree_entry_id(name->old));
	below.base = old;
	if (!e)
		e = build(&id, &empty, &below);
	if (e)
		return e;
	*left = !empty;
	if (empty)
		return is_folder(name->old) ? drop(b, name) : 0;
	if (name->old && !is_folder(name->old) && !name->file)
		return gp_fail(GP_INVALID, "cannot write '%s': '%.*s' is a file", below.v[0]->path,
		               (int)(below.depth - 1), below.v[0]->path);
	if (gp_git2.git_treebuilder_insert(NULL, b, name->text, &id, GIT_FILEMODE_TREE) < 0)
		return gp_git2_fail(GIT_ERROR, "cannot write the folder of '%s'", below.v[0]->path);
	return 0;
}

static int put_name(git_treebuilder *b, const struct folder *f, const struct name *name)
{
	bool left = is_folder(name->old);
	int e = 0;

	if (name->below.n)
		e = put_below(b, f, name, &left);
	if (e || !name->file)
		return e;
	if (name->file->mode && left)
		return gp_fail(GP_INVALID, "cannot write '%s': it is a folder", name->file->path);
	if (name->file->mode)
		return put_file(b, f, name);
	/* the file is gone already where a folder took its place */
	return name->old && !is_folder(name->old) && !left ? drop(b, name) : 0;
}

/* How many changes from *v on share the name that the first has in this folder. */
static size_t next_name(struct name *out, const struct folder *f, size_t at)
{
	const char *path = f->v[at]->path + f->depth;
	size_t n = strcspn(path, "/"), end = at;

	out->text = gp_strndup(path, n);
	out->file = path[n] ? NULL : f->v[at];
	while (end < f->n && strncmp(f->v[end]->path + f->depth, path, n) == 0 &&
	       strchr("/", f->v[end]->path[f->depth + n]))
		end++;
	if (out->file)
		at++;
	out->below = (struct folder){
		.r = f->r, .v = f->v + at, .n = end - at, .depth = f->depth + n + 1};
	out->old = f->base ? gp_git2.git_tree_entry_byname(f->base, out->text) : NULL;
	return end;
}

static int build(git_oid *out, bool *empty, const struct folder *f)
{
	gp_auto_git2(treebuilder) b = NULL;
	int e = gp_git2.git_treebuilder_new(&b, f->r->git, f->base);

	if (e)
		return gp_git2_fail(e, "cannot make a tree");
	for (size_t i = 0; i < f->n && !e;) {
		struct name name = {0};

		i = next_name(&name, f, i);
		e = put_name(b, f, &name);
		gp_free(name.text);
	}
	if (e)
		return e;
	*empty = gp_git2.git_treebuilder_entrycount(b) == 0;
	if (*empty && f->depth)
		return 0;
	e = gp_edge("git_treebuilder_write") ? GIT_ERROR : gp_git2.git_treebuilder_write(out, b);
	return e ? gp_git2_fail(e, "cannot write a tree") : 0;
}

static int check_change(const struct gp_change *c)
{
	switch (c->mode) {
	case 0:
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE:
	case GIT_FILEMODE_LINK:
		break;
	default:
		return gp_fail(GP_INVALID, "cannot write '%s': %o is no mode of a file", c->path,
		               c->mode);
	}
	/* also what bounds the recursion */
	if (strlen(c->path) >= 4096)
		return gp_fail(GP_INVALID, "cannot write a path of %zu bytes", strlen(c->path));
	return 0;
}

int gp_repo_tree(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *base,
                 const struct gp_changes *changes)
{
	gp_auto_git2(tree) old = NULL;
	struct folder top = {.r = r, .n = changes->n};
	git_oid id;
	bool empty;
	int e = 0;

	if (base->hex[0]) {
		e = gp_git2_oid(&id, base);
		if (!e)
			e = gp_git2_tree(&old, r, &id);
	}
	for (size_t i = 0; i < changes->n && !e; i++)
		e = check_change(&changes->v[i]);
	if (e)
		return e;
	top.base = old;
	top.v = gp_alloc(changes->n * sizeof(struct gp_change *));
	for (size_t i = 0; i < changes->n; i++)
		top.v[i] = &changes->v[i];
	qsort(top.v, top.n, sizeof(struct gp_change *), by_component);
	e = build(&id, &empty, &top);
	gp_free(top.v);
	if (!e)
		gp_git2_hex(out, &id);
	return e;
}
