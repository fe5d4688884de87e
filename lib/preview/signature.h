/*
 * signature.h - inside lib/preview: whether the signature of a record is good, by git's word.
 */
#ifndef GP_PREVIEW_SIGNATURE_H
#define GP_PREVIEW_SIGNATURE_H

#include "lib/preview/record.h"

enum gp_seal {
	GP_SEAL_NONE,
	GP_SEAL_GOOD,
	GP_SEAL_STRANGE, /* good, or it may be: nothing here says whose the key is, or it is old */
	GP_SEAL_BAD,     /* of something else, or by a key that was revoked */
};

struct gp_signature {
	char state; /* as gp_repo_unseal has it; 0: the record has none */
	struct gp_buf signer;
};
void gp_signature_clear(struct gp_signature *s);

/* Asks git about the signature of a record, whatever made it. A record that is none has none. As
 * gp_repo_unseal. */
int gp_signature_check(struct gp_signature *out, struct gp_repo *r, const struct gp_record *record);
/* What that means, and in words: "good, by a@example.com". Pure. */
enum gp_seal gp_signature_means(const struct gp_signature *s);
void gp_signature_text(struct gp_buf *out, const struct gp_signature *s);

#endif
