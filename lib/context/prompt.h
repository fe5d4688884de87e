/*
 * prompt.h - inside of lib/context: how the message is put together. Nothing here chooses files.
 */
#ifndef GP_CONTEXT_PROMPT_H
#define GP_CONTEXT_PROMPT_H

#include "lib/context/choose.h"
#include "lib/context/excerpt.h"

/* What parts write to: the message, and how many bytes of it are left before the request. */
struct gp_prompt {
	struct gp_context *out;
	const struct gp_context_options *o;
	const struct gp_terms *t;
	size_t left;
};

/* A heading line "# <text>" and a blank line. */
void gp_prompt_heading(struct gp_prompt *p, const char *text);
/* A line of ours. */
void gp_prompt_say(struct gp_prompt *p, const char *fmt, ...) GP_PRINTF(2, 3);
/* Bytes of the repository between fences longer than any of their own, secrets masked. The same
 * bytes go out as came in but for masks and a last LF. */
void gp_prompt_fence(struct gp_prompt *p, struct gp_slice text);
/* Shows a file of the tree, or its excerpts within max bytes, and notes why. False when it is not
 * there, is no text, was shown already, or nothing of it fits. */
bool gp_prompt_file(struct gp_prompt *p, const struct gp_candidate *f, size_t max, const char *why);
/* Whether the file was shown. */
bool gp_prompt_has(const struct gp_prompt *p, const char *path);

#endif
