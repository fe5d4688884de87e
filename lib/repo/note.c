#include "lib/repo/libgit2.h"

#include <string.h>

#define NOTES "refs/notes/preview"
#define NOTE_MAX ((size_t)16 << 20)
#define TRIES 20

/* The notes tree spreads its names over folders as it grows: abcd, ab/cd, ab/c/d...: each level
 * takes two digits (git's notes.c). */
static int find(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *tree, const char *hex)
{
	struct gp_oid here = *tree;
	unsigned mode = 0;
	int e;

	for (; strlen(hex) > 2; hex += 2) {
		const char two[] = {hex[0], hex[1], 0};

		e = gp_repo_entry(out, &mode, r, &here, hex);
		if (e != GP_NOTFOUND)
			return e;
		e = gp_repo_entry(&here, &mode, r, &here, two);
		if (e)
			return e;
		if (mode != GIT_FILEMODE_TREE)
			break;
	}
	return gp_fail(GP_NOTFOUND, "there is no note");
}

int gp_repo_note_read_at(struct gp_buf *out, struct gp_repo *r, const char *rev,
                         const struct gp_oid *object)
{
	struct gp_oid tree, blob;
	int e = gp_repo_resolve(NULL, &tree, r, rev);

	if (!e)
		e = find(&blob, r, &tree, object->hex);
	if (e == GP_NOTFOUND)
		return gp_fail(GP_NOTFOUND, "%s has no note", object->hex);
	return e ? e : gp_repo_blob(out, r, &blob, NOTE_MAX);
}

int gp_repo_note_read(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *object)
{
	return gp_repo_note_read_at(out, r, NOTES, object);
}

/* One note on top of a commit of notes ("": the first), which becomes the new one. */
static int add_one(struct gp_oid *tip, struct gp_repo *r, const struct gp_oid *object,
                   const git_signature *who, const char *text)
{
	gp_auto_git2(commit) parent = NULL;
	git_oid id, blob, on;
	int e = gp_git2_oid(&on, object);

	if (e)
		return e;
	if (tip->hex[0]) {
		e = gp_git2_oid(&id, tip);
		if (e)
			return e;
		e = gp_git2.git_commit_lookup(&parent, r->git, &id);
		if (e)
			return gp_git2_fail(e, "cannot read the notes at %s", tip->hex);
	}
	e = gp_edge("git_note_commit_create")
	            ? GIT_ERROR
	            : gp_git2.git_note_commit_create(&id, &blob, r->git, parent, who, who, &on,
	                                             text, 1);
	if (e)
		return gp_git2_fail(e, "cannot write a note");
	gp_git2_hex(tip, &id);
	return 0;
}

int gp_repo_note_add(struct gp_oid *tip, struct gp_repo *r, const struct gp_oid *objects, size_t n,
                     const char *ident, struct gp_slice text)
{
	gp_auto_git2(signature) who = NULL;
	gp_auto_str char *copy = NULL;
	struct gp_oid at = *tip;
	int e = 0;

	if (text.n && memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "cannot write a note with a NUL byte");
	if (text.n > NOTE_MAX)
		return gp_fail(GP_LIMIT, "cannot write a note of %zu bytes", text.n);
	e = gp_git2_signature(&who, ident);
	copy = gp_strndup(text.p, text.n);
	for (size_t i = 0; !e && i < n; i++)
		e = add_one(&at, r, &objects[i], who, copy);
	if (!e)
		*tip = at;
	return e;
}

/* One attempt on top of what the notes ref is at: GP_EXISTS when it moved meanwhile. */
static int write_once(struct gp_repo *r, const struct gp_oid *objects, size_t n, const char *ident,
                      struct gp_slice text)
{
	struct gp_oid old = {0}, new;
	int e = gp_repo_ref_get(&old, r, NOTES);

	if (e == GP_NOTFOUND)
		old = (struct gp_oid){0};
	else if (e)
		return e;
	new = old;
	e = gp_repo_note_add(&new, r, objects, n, ident, text);
	return e ? e : gp_repo_ref_move(r, NOTES, &new, &old, "notes: git preview");
}

int gp_repo_note_write(struct gp_repo *r, const struct gp_oid *objects, size_t n, const char *ident,
                       struct gp_slice text)
{
	int e = GP_EXISTS;

	for (int i = 0; i < TRIES && e == GP_EXISTS; i++)
		e = write_once(r, objects, n, ident, text);
	return e;
}
