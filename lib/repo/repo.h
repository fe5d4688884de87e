/*
 * repo.h - the only door to libgit2, and to git where users configure git.
 *
 * Objects are read and written by libgit2; no index of the user's is ever opened, no work tree
 * written. Object ids travel as hexadecimal text. Blobs missing from a partial clone are fetched by
 * git itself. git is run with the environment's local variables (git rev-parse --local-env-vars)
 * cleared, an explicit GIT_DIR, and hooks, fsmonitor and other configured programs off unless said.
 */
#ifndef GP_REPO_H
#define GP_REPO_H

#include "lib/base/changes.h"
#include "lib/base/proc.h"

#define GP_OID_MAX 65

struct gp_oid {
	char hex[GP_OID_MAX]; /* "" for none */
};

struct gp_repo;

/* Opens the repository of dir (NULL: $GIT_DIR, else found upwards from the current folder): work
 * tree, linked, bare, shallow, partial, sparse. 0; GP_NOTFOUND (no repository); GP_REFUSED (an
 * object format or extension that libgit2 cannot read: the message names it; or an owner that
 * safe.directory does not allow); GP_FAILED. */
int gp_repo_open(struct gp_repo **out, const char *dir);
void gp_repo_free(struct gp_repo **r);
#define gp_auto_repo __attribute__((cleanup(gp_repo_free)))

/* The common git folder (absolute); our own folder in it, closed to others (made when first asked
 * for, with a .gitignore-free plain layout: runs/, layers/, cache/; NULL with a message when that
 * fails or something else stands there, a symlink above all); the top of the work tree or NULL. */
const char *gp_repo_common(const struct gp_repo *r);
const char *gp_repo_folder(struct gp_repo *r);
const char *gp_repo_worktree(const struct gp_repo *r);

/* Runs git on this repository and appends its standard output (trailing LF cut). argv without
 * "git". 0; GP_REFUSED: it ended with a non-zero status (message: its last line of stderr; *status
 * when not NULL); GP_TIMEOUT (two minutes), GP_NOTFOUND (no git), GP_STOPPED, GP_FAILED. */
int gp_git(struct gp_buf *out, struct gp_repo *r, const char *const *argv, int *status);
/* The environment such a child gets, for callers that start one on their own loop. With
 * users_config the user's hooks and helpers stay on, and may ask on the terminal (git push).
 * `git -c key=value` reaches both: git leaves it in the environment. */
void gp_git_env(struct gp_list *out, const struct gp_repo *r, bool users_config);
/* A configuration value of the repository as git sees it (git config --get). GP_NOTFOUND. */
int gp_repo_config(struct gp_buf *out, struct gp_repo *r, const char *key);

/* A revision to its commit and tree (either may be NULL). GP_NOTFOUND: no such revision, or an
 * unborn HEAD (the message says which); GP_INVALID: not a commit. */
int gp_repo_resolve(struct gp_oid *commit, struct gp_oid *tree, struct gp_repo *r, const char *rev);
/* The first parent of a commit; GP_NOTFOUND for a root, and at the edge of a shallow clone. */
int gp_repo_parent(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *commit);
/* The whole message of a commit. */
int gp_repo_message(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *commit);

/* Commits as `git rev-list` finds them, oldest first. tips are commits to start from; without them
 * and what leads to them are left out those in hidden (ids that are not here are passed over) and,
 * with a remote's name, all that was last seen there. fn gets each with its parents (n of them, and
 * valid during the call); non-zero stops and is returned. GP_REFUSED, GP_LIMIT (half a million). */
struct gp_history {
	struct gp_list tips, hidden;
	const char *remote; /* NULL: none; may be a glob */
};
void gp_history_clear(struct gp_history *h);
int gp_repo_history(struct gp_repo *r, const struct gp_history *h,
                    int (*fn)(void *ctx, const struct gp_oid *commit, const struct gp_oid *parents,
                              size_t n),
                    void *ctx);

/* A file, link or submodule that two trees do not share; mode 0 and id "": not there. */
struct gp_changed {
	const char *path;
	unsigned old_mode, new_mode;
	struct gp_oid old_oid, new_oid;
};
/* What turns tree from ("": an empty one) into tree to, by path, without reading any file. fn
 * non-zero stops and is returned. GP_LIMIT (a million), GP_FAILED (a tree in disorder). */
int gp_repo_changed(struct gp_repo *r, const struct gp_oid *from, const struct gp_oid *to,
                    int (*fn)(void *ctx, const struct gp_changed *c), void *ctx);

#define GP_ID_BYTES 20 /* libgit2 reads no longer ids */
struct gp_entry {
	const char *path;
	unsigned mode;
	const unsigned char *id; /* GP_ID_BYTES: most are never wanted as text */
};
void gp_oid_of(struct gp_oid *out, const unsigned char *id);
/* Every blob, link and submodule of a tree in path order. fn non-zero stops and is returned. What
 * was found is kept, some 60 bytes a file, and walking the same tree again reads no objects, until
 * gp_repo_shrink, which fn may not call, lets go of it; of a large tree also in our folder, if that
 * was asked for, for the next process. GP_STOPPED when a stop is asked for. */
int gp_repo_walk(struct gp_repo *r, const struct gp_oid *tree,
                 int (*fn)(void *ctx, const struct gp_entry *e), void *ctx);
void gp_repo_shrink(struct gp_repo *r);
/* What stands directly in a folder of a tree ("" for the top; a '/' at its end is allowed), folders
 * too; path is the bare name. GP_NOTFOUND; fn non-zero stops and is returned. */
int gp_repo_list(struct gp_repo *r, const struct gp_oid *tree, const char *folder,
                 int (*fn)(void *ctx, const struct gp_entry *e), void *ctx);
/* The id that bytes would have as a blob, without writing it: what `git hash-object` prints. Needs
 * an open repository. */
int gp_repo_hash(struct gp_oid *out, struct gp_slice bytes);
/* What stands at path in a tree, a folder too (either may be NULL). 0 or GP_NOTFOUND. */
int gp_repo_entry(struct gp_oid *oid, unsigned *mode, struct gp_repo *r, const struct gp_oid *tree,
                  const char *path);
/* Appends a blob. 0, GP_NOTFOUND, GP_LIMIT (larger than max; nothing appended), GP_INVALID (not a
 * blob), GP_REFUSED (a partial clone lacks it and cannot fetch it). */
int gp_repo_blob(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *oid, size_t max);
/* Appends the first bytes of a blob, up to max, however large it is: git streams it and is ended
 * when it has told enough. 0, GP_NOTFOUND, GP_TIMEOUT, GP_STOPPED, GP_FAILED. */
int gp_repo_blob_head(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *oid, size_t max);
/* The same by path; mode may be NULL. GP_NOTFOUND for a folder or a submodule. */
int gp_repo_read(struct gp_buf *out, unsigned *mode, struct gp_repo *r, const struct gp_oid *tree,
                 const char *path, size_t max);

/* Makes sure that objects are here: those a partial clone lacks are fetched, all at once. For
 * whoever is about to read many. 0, GP_NOTFOUND, GP_REFUSED (git could not), GP_TIMEOUT. */
int gp_repo_fetch(struct gp_repo *r, const struct gp_oid *v, size_t n);

/* The tree that results from changes on base ("" base: from nothing). Deleting what is not there
 * changes nothing; folders left empty go. GP_INVALID: a file would stand where a folder stays or
 * the other way round, or a name is none for git (".git", "", ".."). */
int gp_repo_tree(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *base,
                 const struct gp_changes *changes);
/* The tree that a commit of the whole work tree would have: tracked files as they are, and
 * untracked ones that are not ignored, through the user's attributes and filters. The user's index
 * is only read; the files become objects. GP_INVALID (no work tree), GP_REFUSED (git cannot add
 * them), GP_FAILED. */
int gp_repo_worktree_tree(struct gp_oid *out, struct gp_repo *r);
/* What turns tree from into tree to ("" for an empty one). GP_LIMIT when it passes 256 MiB
 * or a million files, GP_REFUSED when a submodule is among it, GP_FAILED for trees in disorder. */
int gp_repo_diff(struct gp_changes *out, struct gp_repo *r, const struct gp_oid *from,
                 const struct gp_oid *to);
/* Per-file added and deleted lines between two trees as "git diff --stat --no-renames" would count
 * them. */
struct gp_stat {
	char *path;
	long added, deleted; /* -1 for binary */
};
struct gp_stats {
	struct gp_stat *v;
	size_t n;
	long added, deleted;
};
int gp_repo_stat(struct gp_stats *out, struct gp_repo *r, const struct gp_oid *from,
                 const struct gp_oid *to);
void gp_stats_clear(struct gp_stats *s);

/* A run of lines that differ: after old_at lines of the old text, old_n lines are replaced by the
 * new_n lines after new_at lines of the new one. */
struct gp_hunk {
	size_t old_at, old_n, new_at, new_n;
};
struct gp_hunks {
	struct gp_hunk *v;
	size_t n;
};
/* What git's diff without context finds between two texts, in order; needs no repository. 0,
 * GP_NOTFOUND (no libgit2), GP_FAILED; out is to be cleared in any case. */
int gp_repo_hunks(struct gp_hunks *out, struct gp_slice old, struct gp_slice new);
void gp_hunks_clear(struct gp_hunks *h);

/* Begins to ask git what gp_repo_ident wants to know, and gp_repo_commit, so that the answers are
 * there when those are called; without it they ask then. */
void gp_repo_ask_ident(struct gp_repo *r);
void gp_repo_ask_signing(struct gp_repo *r);
/* The user's identity as git would use it now ("Name <mail> seconds zone", from git var:
 * environment, then configuration). GP_REFUSED with git's own advice when it is unknown. */
int gp_repo_ident(struct gp_buf *author, struct gp_buf *committer, struct gp_repo *r);
/* Writes a commit object (no ref). Signs it as commit.gpgsign asks, by git. parent "" for a root.
 * The message is UTF-8, whatever i18n.commitEncoding says, and ends with a LF. 0, GP_INVALID,
 * GP_REFUSED (git could not sign), GP_FAILED. */
int gp_repo_commit(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *tree,
                   const struct gp_oid *parent, const char *author, const char *committer,
                   const char *message);
/* The same, never signed: for states kept on refs of ours, where asking for a passphrase would be
 * wrong. */
int gp_repo_commit_plain(struct gp_oid *out, struct gp_repo *r, const struct gp_oid *tree,
                         const struct gp_oid *parent, const char *author, const char *committer,
                         const char *message);

/* Moves a ref by compare-and-swap: from old ("" means: must not exist) to new ("" deletes); why is
 * for its reflog. 0; GP_EXISTS: it was not at old, is locked by somebody for over a second, or a
 * ref stands in its way (preview for preview/x; a hint says which); GP_INVALID: no valid name. */
int gp_repo_ref_move(struct gp_repo *r, const char *name, const struct gp_oid *new,
                     const struct gp_oid *old, const char *why);
/* Deleting in two halves, for who has better to do than to wait for git: the second says how it
 * went, and a repository is not freed before. As gp_git. */
int gp_repo_ref_drop(struct gp_repo *r, const char *name, const struct gp_oid *old,
                     const char *why);
int gp_repo_dropped(struct gp_repo *r);
/* GP_NOTFOUND when there is none. */
int gp_repo_ref_get(struct gp_oid *out, struct gp_repo *r, const char *name);
/* Every ref under prefix ("refs/preview/runs/") by name; fn may move and delete refs; non-zero
 * stops and is returned. */
int gp_repo_refs(struct gp_repo *r, const char *prefix,
                 int (*fn)(void *ctx, const char *name, const struct gp_oid *oid), void *ctx);
/* Whether name is a valid full ref name ("refs/..."). */
bool gp_repo_ref_valid(const char *name);

/* The note of objects (commits, trees) in refs/notes/preview: the same text for each, replaced, in
 * one move of the ref; text has no NUL. Retries when another process moved the notes ref meanwhile.
 * read: GP_NOTFOUND when there is none; read_at: in another notes ref or commit. */
int gp_repo_note_write(struct gp_repo *r, const struct gp_oid *objects, size_t n, const char *ident,
                       struct gp_slice text);
int gp_repo_note_read(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *object);
int gp_repo_note_read_at(struct gp_buf *out, struct gp_repo *r, const char *rev,
                         const struct gp_oid *object);
/* The same on top of a commit of notes, "" for none, which becomes the new one; moves no ref. After
 * a failure *tip is as it was. GP_INVALID, GP_LIMIT (16 MiB), GP_FAILED. */
int gp_repo_note_add(struct gp_oid *tip, struct gp_repo *r, const struct gp_oid *objects, size_t n,
                     const char *ident, struct gp_slice text);

/* A signature of the user's on text (one line, no LF at its end), where commits are signed
 * (commit.gpgsign), by git and so with whatever gpg.format says: the head of a commit whose message
 * the text is; the commit has no ref. Appends nothing where they are not. Codes as gp_repo_commit.
 */
int gp_repo_seal(struct gp_buf *out, struct gp_repo *r, const struct gp_oid *tree,
                 const struct gp_oid *parent, const char *ident, const char *text);
/* Whether it is one: *state as git's %G? (G good, B bad, N and E: cannot be told here, ...), signer
 * gets git's %GS. Leaves an object that nothing refers to. 0, GP_STOPPED, GP_FAILED, GP_TIMEOUT. */
int gp_repo_unseal(char *state, struct gp_buf *signer, struct gp_repo *r, const char *seal,
                   struct gp_slice text);

#endif
