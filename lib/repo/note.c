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

int gp_repo_note_read(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *commit)
{
	struct gp_oid tree, blob;
	int e = gp_repo_resolve(NULL, &tree, r, NOTES);

	if (!e)
		e = find(&blob, r, &tree, commit->hex);
	if (e == GP_NOTFOUND)
		return gp_fail(GP_NOTFOUND, "the commit %s has no note", commit->hex);
	return e ? e : gp_repo_blob(out, r, &blob, NOTE_MAX);
}

/* One attempt on top of what the notes ref is at: GP_EXISTS when it moved meanwhile. */
static int write_once(struct gp_repo *r, const git_oid *commit, const git_signature *who,
                      const char *text)
{
	gp_auto_git2(commit) tip = NULL;
	struct gp_oid old = {0}, new;
	git_oid id, blob;
	int e = gp_repo_ref_get(&old, r, NOTES);

	if (e == GP_NOTFOUND)
		old = (struct gp_oid){0};
	else if (e)
		return e;
	if (old.hex[0]) {
		gp_git2_oid(&id, &old);
		e = gp_git2.git_commit_lookup(&tip, r->git, &id);
		if (e)
			return gp_git2_fail(e, "cannot read '%s'", NOTES);
	}
	e = gp_edge("git_note_commit_create")
	            ? GIT_ERROR
	            : gp_git2.git_note_commit_create(&id, &blob, r->git, tip, who, who, commit,
	                                             text, 1);
	if (e)
		return gp_git2_fail(e, "cannot write a note");
	gp_git2_hex(&new, &id);
	return gp_repo_ref_move(r, NOTES, &new, &old, "notes: git preview");
}

int gp_repo_note_write(struct gp_repo *r, const struct gp_oid *commit, const char *ident,
                       struct gp_slice text)
{
	gp_auto_git2(signature) who = NULL;
	gp_auto_str char *copy = NULL;
	git_oid id;
	int e = gp_git2_oid(&id, commit);

	if (!e && text.n && memchr(text.p, 0, text.n))
		e = gp_fail(GP_INVALID, "cannot write a note with a NUL byte");
	if (!e && text.n > NOTE_MAX)
		e = gp_fail(GP_LIMIT, "cannot write a note of %zu bytes", text.n);
	if (!e)
		e = gp_git2_signature(&who, ident);
	if (e)
		return e;
	copy = gp_strndup(text.p, text.n);
	e = GP_EXISTS;
	for (int i = 0; i < TRIES && e == GP_EXISTS; i++)
		e = write_once(r, &id, who, copy);
	return e;
}
