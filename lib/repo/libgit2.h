/*
 * libgit2.h - libgit2 as lib/repo uses it, bound at first use. Only lib/repo includes this.
 *
 * Every function is called as gp_git2.git_<name> after gp_git2_ready(); gp_repo_open sees to that,
 * so whoever holds a struct gp_repo need not.
 */
#ifndef GP_LIBGIT2_H
#define GP_LIBGIT2_H

#include <git2.h>
#include <git2/sys/commit.h>

#include "lib/repo/repo.h"

#define GP_GIT2(X)                                                                                 \
	X(git_blob_create_from_buffer)                                                             \
	X(git_commit_create_from_ids)                                                              \
	X(git_commit_free)                                                                         \
	X(git_commit_lookup)                                                                       \
	X(git_commit_message_raw)                                                                  \
	X(git_commit_parent_id)                                                                    \
	X(git_commit_parentcount)                                                                  \
	X(git_commit_tree_id)                                                                      \
	X(git_error_last)                                                                          \
	X(git_libgit2_init)                                                                        \
	X(git_libgit2_opts)                                                                        \
	X(git_note_commit_create)                                                                  \
	X(git_object_free)                                                                         \
	X(git_object_id)                                                                           \
	X(git_object_peel)                                                                         \
	X(git_odb_exists)                                                                          \
	X(git_odb_free)                                                                            \
	X(git_odb_hash)                                                                            \
	X(git_odb_object_data)                                                                     \
	X(git_odb_object_free)                                                                     \
	X(git_odb_object_size)                                                                     \
	X(git_odb_read)                                                                            \
	X(git_odb_read_header)                                                                     \
	X(git_odb_refresh)                                                                         \
	X(git_oid_fmt)                                                                             \
	X(git_oid_fromstr)                                                                         \
	X(git_patch_free)                                                                          \
	X(git_patch_from_buffers)                                                                  \
	X(git_patch_get_hunk)                                                                      \
	X(git_patch_line_stats)                                                                    \
	X(git_patch_num_hunks)                                                                     \
	X(git_reference_create_matching)                                                           \
	X(git_reference_free)                                                                      \
	X(git_reference_iterator_free)                                                             \
	X(git_reference_iterator_glob_new)                                                         \
	X(git_reference_name_is_valid)                                                             \
	X(git_reference_name_to_id)                                                                \
	X(git_reference_next_name)                                                                 \
	X(git_repository_commondir)                                                                \
	X(git_repository_free)                                                                     \
	X(git_repository_head_unborn)                                                              \
	X(git_repository_is_bare)                                                                  \
	X(git_repository_odb)                                                                      \
	X(git_repository_open_ext)                                                                 \
	X(git_repository_path)                                                                     \
	X(git_repository_set_ident)                                                                \
	X(git_repository_workdir)                                                                  \
	X(git_revparse_single)                                                                     \
	X(git_signature_free)                                                                      \
	X(git_signature_from_buffer)                                                               \
	X(git_tree_entry_byindex)                                                                  \
	X(git_tree_entry_byname)                                                                   \
	X(git_tree_entry_cmp)                                                                      \
	X(git_tree_entry_filemode)                                                                 \
	X(git_tree_entry_id)                                                                       \
	X(git_tree_entry_name)                                                                     \
	X(git_tree_entrycount)                                                                     \
	X(git_tree_free)                                                                           \
	X(git_tree_lookup)                                                                         \
	X(git_treebuilder_entrycount)                                                              \
	X(git_treebuilder_free)                                                                    \
	X(git_treebuilder_get)                                                                     \
	X(git_treebuilder_insert)                                                                  \
	X(git_treebuilder_new)                                                                     \
	X(git_treebuilder_remove)                                                                  \
	X(git_treebuilder_write)

struct gp_git2_table {
#define GP_GIT2_FIELD(f) __typeof__(f) *f;
	GP_GIT2(GP_GIT2_FIELD)
#undef GP_GIT2_FIELD
};
extern struct gp_git2_table gp_git2;

/* A git under way. */
struct gp_git_call {
	struct gp_loop *loop;
	struct gp_proc *proc; /* NULL: it has ended, or was never begun */
	struct gp_proc_result result;
	char *verb;    /* NULL: never begun */
	bool finishes; /* set before it begins: neither a stop nor our death cuts it short */
};

/* What git is asked ahead of need. */
enum gp_question { GP_ASK_AUTHOR, GP_ASK_COMMITTER, GP_ASK_SIGN, GP_QUESTIONS };

/* The tree last walked, to walk it again: what libgit2 would keep of it takes twice the room. */
struct gp_walked {
	struct gp_oid tree;
	struct gp_buf entries; /* empty: none */
	bool busy;
};

struct gp_repo {
	git_repository *git;
	git_odb *odb;
	char *gitdir, *common, *folder, *worktree;
	signed char sign; /* commit.gpgsign: 1, 0, or -1 not asked yet */
	struct gp_git_call asked[GP_QUESTIONS];
	struct gp_walked walked;
	struct gp_git_call dropping; /* a ref; waited for when another is, and at the end */
};

/* Binds and starts libgit2 once. 0, GP_NOTFOUND (with a hint), GP_FAILED. */
int gp_git2_ready(void);

/* While yes, mbedtls reads no certificates (certs.c). */
void gp_git2_starting(bool yes);

/* Which repository extensions libgit2 lets pass; with stated also objectFormat and refStorage,
 * whose values the caller has found to be the usual ones. */
void gp_git2_extensions(bool stated);

/* Sets the message to fmt with libgit2's own reason added, and returns the gp_code for e. */
int gp_git2_fail(int e, const char *fmt, ...) GP_PRINTF(2, 3);

/* Hexadecimal text to id: 0 or GP_INVALID; and back. */
int gp_git2_oid(git_oid *out, const struct gp_oid *oid);
void gp_git2_hex(struct gp_oid *out, const git_oid *oid);

/* "Name <mail> seconds zone" to a signature of the caller's. 0 or GP_INVALID. */
int gp_git2_signature(git_signature **out, const char *ident);

/* A tree, fetched by git when a partial clone lacks it. 0, GP_NOTFOUND, GP_INVALID, GP_FAILED. */
int gp_git2_tree(git_tree **out, struct gp_repo *r, const git_oid *oid);

/* Sets "NAME=value" in an environment, replacing what NAME was. */
void gp_git_env_set(struct gp_list *env, const char *assignment);
/* gp_git in two halves, with variables set besides (NULL: none) and bytes for its standard input;
 * between them git works beside us, as far as its output fits into a pipe. A call that did not
 * begin needs no end; end clears it, whatever it returns. clear kills. */
int gp_git_begin(struct gp_git_call *c, struct gp_repo *r, const char *const *argv,
                 const struct gp_list *extra_env, struct gp_slice input);
int gp_git_end(struct gp_buf *out, struct gp_git_call *c, int *status);
void gp_git_call_clear(struct gp_git_call *c);
/* The meaning of an ended git: 0, or the code and message gp_git gives. */
int gp_git_answer(const struct gp_proc_result *p, const char *verb);
/* Both halves at once. */
int gp_git_fed(struct gp_buf *out, struct gp_repo *r, const char *const *argv,
               const struct gp_list *extra_env, struct gp_slice input, int *status);

/* Whether commits of the user's are to be signed. */
int gp_repo_signs(bool *out, struct gp_repo *r);

/* Cleanup for locals of libgit2's own types: `gp_auto_git2(tree) tree = NULL;`. */
#define gp_auto_git2(T) __attribute__((cleanup(gp_git2_##T##_clear))) git_##T *
void gp_git2_commit_clear(git_commit **p);
void gp_git2_object_clear(git_object **p);
void gp_git2_odb_object_clear(git_odb_object **p);
void gp_git2_patch_clear(git_patch **p);
void gp_git2_reference_clear(git_reference **p);
void gp_git2_reference_iterator_clear(git_reference_iterator **p);
void gp_git2_signature_clear(git_signature **p);
void gp_git2_tree_clear(git_tree **p);
void gp_git2_treebuilder_clear(git_treebuilder **p);

#endif
