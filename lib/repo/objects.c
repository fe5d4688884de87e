#include "lib/repo/libgit2.h"

#include <string.h>

/* One fetch for all of them; git itself fetches a missing object when asked for it, but only one at
 * a time. The same call as git's own lazy fetch (promisor-remote.c). */
static int fetch_from(struct gp_repo *r, struct gp_slice remote, const struct gp_buf *ids)
{
	gp_auto_str char *name = gp_strndup(remote.p, remote.n);
	const char *const argv[] = {"-c",
	                            "fetch.negotiationAlgorithm=noop",
	                            "fetch",
	                            name,
	                            "--no-tags",
	                            "--no-write-fetch-head",
	                            "--recurse-submodules=no",
	                            "--filter=blob:none",
	                            "--stdin",
	                            NULL};

	return gp_git_fed(NULL, r, argv, NULL, gp_buf_all(ids), NULL);
}

static int fetch_many(struct gp_repo *r, const struct gp_buf *ids)
{
	const char *const argv[] = {"config", "--name-only", "--get-regexp",
	                            "^remote\\..*\\.promisor$", NULL};
	gp_auto(gp_buf) keys = {0};
	struct gp_slice rest, key;
	int e = gp_git(&keys, r, argv, NULL);

	if (e == GP_REFUSED)
		return gp_fail(GP_NOTFOUND, "objects are missing, and no remote promises them");
	rest = gp_buf_all(&keys);
	while (!e && gp_line(&key, &rest)) {
		if (key.n <= strlen("remote..promisor"))
			continue;
		key.p += strlen("remote.");
		key.n -= strlen("remote..promisor");
		e = fetch_from(r, key, ids);
		if (e != GP_REFUSED)
			return e;
	}
	return e;
}

int gp_repo_fetch(struct gp_repo *r, const struct gp_oid *v, size_t n)
{
	gp_auto(gp_buf) ids = {0};
	const struct gp_oid *last = NULL;
	size_t missing = 0;
	git_oid oid;
	int e = 0;

	for (size_t i = 0; i < n; i++) {
		e = gp_git2_oid(&oid, &v[i]);
		if (e)
			return e;
		if (gp_git2.git_odb_exists(r->odb, &oid))
			continue;
		last = &v[i];
		missing++;
		gp_buf_fmt(&ids, "%s\n", last->hex);
	}
	if (missing > 1)
		e = fetch_many(r, &ids);
	else if (missing == 1) {
		const char *const argv[] = {"cat-file", "-e", last->hex, NULL};
		int status;

		e = gp_git(NULL, r, argv, &status);
		if (e == GP_REFUSED && status == 1)
			e = gp_fail(GP_NOTFOUND, "there is no object %s", last->hex);
	}
	if (!e && missing)
		gp_git2.git_odb_refresh(r->odb);
	return e;
}

int gp_git2_tree(git_tree **out, struct gp_repo *r, const git_oid *oid)
{
	struct gp_oid hex;
	int e = gp_git2.git_tree_lookup(out, r->git, oid), fetched;

	if (!e)
		return 0;
	gp_git2_hex(&hex, oid);
	if (e == GIT_ENOTFOUND) {
		fetched = gp_repo_fetch(r, &hex, 1);
		if (fetched)
			return gp_within(fetched, "cannot read the tree %s", hex.hex);
		e = gp_git2.git_tree_lookup(out, r->git, oid);
	}
	return e ? gp_git2_fail(e, "cannot read the tree %s", hex.hex) : 0;
}

static int tree_of(git_tree **out, struct gp_repo *r, const struct gp_oid *oid)
{
	git_oid id;
	int e = gp_git2_oid(&id, oid);

	return e ? e : gp_git2_tree(out, r, &id);
}

void gp_oid_of(struct gp_oid *out, const unsigned char *id)
{
	git_oid oid;

	memcpy(oid.id, id, sizeof(oid.id));
	gp_git2_hex(out, &oid);
}

int gp_repo_list(struct gp_repo *r, const struct gp_oid *tree, const char *folder,
                 int (*fn)(void *ctx, const struct gp_entry *e), void *ctx)
{
	gp_auto_str char *path = gp_strdup(folder);
	gp_auto_git2(tree) here = NULL;
	struct gp_oid oid = *tree;
	unsigned mode = GIT_FILEMODE_TREE;
	size_t n = strlen(path);
	int e = 0;

	if (n && path[n - 1] == '/')
		path[--n] = 0;
	if (n)
		e = gp_repo_entry(&oid, &mode, r, tree, path);
	if (!e && mode != GIT_FILEMODE_TREE)
		e = gp_fail(GP_NOTFOUND, "'%s' is not a folder", path);
	if (!e)
		e = tree_of(&here, r, &oid);
	for (size_t i = 0; !e && i < gp_git2.git_tree_entrycount(here); i++) {
		const git_tree_entry *t = gp_git2.git_tree_entry_byindex(here, i);
		struct gp_entry entry = {
			.path = gp_git2.git_tree_entry_name(t),
			.mode = (unsigned)gp_git2.git_tree_entry_filemode(t),
			.id = gp_git2.git_tree_entry_id(t)->id,
		};

		e = fn(ctx, &entry);
	}
	return e;
}

int gp_repo_hash(struct gp_oid *out, struct gp_slice bytes)
{
	git_oid id;

	if (gp_git2.git_odb_hash(&id, bytes.p, bytes.n, GIT_OBJECT_BLOB))
		return gp_git2_fail(GIT_ERROR, "cannot hash %zu bytes", bytes.n);
	gp_git2_hex(out, &id);
	return 0;
}

int gp_repo_entry(struct gp_oid *oid, unsigned *mode, struct gp_repo *r, const struct gp_oid *tree,
                  const char *path)
{
	gp_auto_git2(tree) here = NULL;
	int e = tree_of(&here, r, tree);

	while (!e) {
		size_t n = strcspn(path, "/");
		gp_auto_str char *name = gp_strndup(path, n);
		const git_tree_entry *t = gp_git2.git_tree_entry_byname(here, name);
		git_tree *next = NULL;
		git_oid id;

		if (!t)
			return gp_fail(GP_NOTFOUND, "there is no '%s'", path);
		id = *gp_git2.git_tree_entry_id(t);
		if (!path[n]) {
			if (oid)
				gp_git2_hex(oid, &id);
			if (mode)
				*mode = (unsigned)gp_git2.git_tree_entry_filemode(t);
			return 0;
		}
		if (gp_git2.git_tree_entry_filemode(t) != GIT_FILEMODE_TREE)
			return gp_fail(GP_NOTFOUND, "'%s' is not a folder", name);
		e = gp_git2_tree(&next, r, &id);
		gp_git2_tree_clear(&here);
		here = next;
		path += n + 1;
	}
	return e;
}

/* The header first: a blob of any size must not be unpacked to find that it is too large. */
static int blob_header(struct gp_repo *r, const git_oid *id, const struct gp_oid *oid, size_t max)
{
	size_t size;
	git_object_t type;
	int e = gp_git2.git_odb_read_header(&size, &type, r->odb, id);

	if (e == GIT_ENOTFOUND) {
		e = gp_repo_fetch(r, oid, 1);
		if (e)
			return e;
		e = gp_git2.git_odb_read_header(&size, &type, r->odb, id);
	}
	if (e)
		return gp_git2_fail(e, "cannot read the blob %s", oid->hex);
	if (type != GIT_OBJECT_BLOB)
		return gp_fail(GP_INVALID, "the object %s is not a blob", oid->hex);
	if (size > max)
		return gp_fail(GP_LIMIT, "the blob %s is longer than %zu bytes", oid->hex, max);
	return 0;
}

int gp_repo_blob(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *oid, size_t max)
{
	gp_auto_git2(odb_object) object = NULL;
	git_oid id;
	int e = gp_git2_oid(&id, oid);

	if (!e)
		e = blob_header(r, &id, oid, max);
	if (e)
		return e;
	e = gp_edge("git_odb_read") ? GIT_ERROR : gp_git2.git_odb_read(&object, r->odb, &id);
	if (e)
		return gp_git2_fail(e, "cannot read the blob %s", oid->hex);
	return gp_buf_add(out, gp_git2.git_odb_object_data(object),
	                  gp_git2.git_odb_object_size(object));
}

int gp_repo_read(struct gp_buf *out, unsigned *mode, struct gp_repo *r, const struct gp_oid *tree,
                 const char *path, size_t max)
{
	struct gp_oid oid;
	unsigned found;
	int e = gp_repo_entry(&oid, &found, r, tree, path);

	if (e)
		return e;
	if (found == GIT_FILEMODE_TREE || found == GIT_FILEMODE_COMMIT)
		return gp_fail(GP_NOTFOUND, "'%s' is a %s", path,
		               found == GIT_FILEMODE_TREE ? "folder" : "submodule");
	e = gp_repo_blob(out, r, &oid, max);
	if (e)
		return gp_within(e, "cannot read '%s'", path);
	if (mode)
		*mode = found;
	return 0;
}
