/*
 * context.h - what the model is shown: chosen files of the base commit, and look-ups on request.
 *
 * Only tracked files of the base tree, never a file that is named like a credential (.env, *.pem,
 * .netrc ...), and secrets in the rest masked. Everything is capped.
 */
#ifndef GP_CONTEXT_H
#define GP_CONTEXT_H

#include "lib/repo/repo.h"
#include "lib/trial/detect.h"

struct gp_context_options {
	struct gp_repo *repo;
	struct gp_oid tree;
	const char *request;
	const struct gp_project *project; /* NULL: no test command known */
	size_t max_tokens; /* 0: 20,000; a token is counted as GP_TOKEN_BYTES bytes */
	/* globs as in base/glob.h: always shown in full, never shown */
	struct gp_list include, exclude;
	const char *instructions; /* file name of the project's own; NULL: AGENTS.md */
};

#define GP_TOKEN_BYTES 3.5
#define GP_CONTEXT_BOX_MS 700

struct gp_context_file {
	char *path;
	size_t bytes;
	const char *why; /* static: "named", "matches", "test", "manifest", "instructions" */
};

struct gp_context {
	struct gp_buf text; /* the message for the model, request last */
	struct gp_context_file *v;
	size_t n, cap;
	size_t masked;        /* secrets masked */
	size_t files, unread; /* of the tree; not looked into: time was up, or a partial clone */
};
void gp_context_clear(struct gp_context *c);

/* The one entry point: chooses and lays out; the stable parts first, the request last. Files are
 * shown byte for byte, without line numbers, so that patches can repeat them. Looks at a large
 * repository for at most GP_CONTEXT_BOX_MS at a time, the likeliest paths first, and keeps what it
 * learns in our folder, so that the next request knows more; what the repository kept of walking
 * the tree is let go of (gp_repo_shrink). 0 or GP_FAILED. */
int gp_context_build(struct gp_context *out, const struct gp_context_options *o);

/* Looks up a pattern (PCRE2, with match limits; glob NULL or "" for all files) in the tree:
 * "path:line: text" lines, at most max bytes, in *out; says when nothing was found or when it was
 * cut. 0 also then; GP_INVALID: a bad pattern (message says where). */
int gp_context_search(struct gp_buf *out, const struct gp_context_options *o, const char *pattern,
                      const char *glob, size_t max);

/* Shows lines from..to (1-based; 0: to the end) of a file with "N| " before each. 0, GP_NOTFOUND
 * (with the nearest path), GP_REFUSED (binary, credential-like, excluded). */
int gp_context_read(struct gp_buf *out, const struct gp_context_options *o, const char *path,
                    long from, long to, size_t max);

/* Appends text with "[secret masked]" in the place of what looks like a secret: private key blocks,
 * tokens of a known form, passwords in URLs and in assignments; values that only stand for one in
 * examples stay. Line numbers stay true. Returns how many were masked. A masked line differs from
 * the file's: no patch that repeats it can match. Pure; text may not lie in out. */
size_t gp_context_mask(struct gp_buf *out, struct gp_slice text);

#endif
