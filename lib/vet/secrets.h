/*
 * secrets.h - credentials in text: one walk with every rule at once, then an exact look.
 *
 * Whoever calls holds hostile bytes: the walk is linear, the exact look has a match limit, and text
 * that makes either give up is an error, never "nothing found". Also found are credentials in
 * UTF-16 and within base64. Values are for comparing and masking: whoever shows one shows
 * gp_secret_redact().
 */
#ifndef GP_VET_SECRETS_H
#define GP_VET_SECRETS_H

#include "lib/vet/rules.h"

struct gp_secrets;

struct gp_secret {
	const struct gp_rule *rule;
	size_t from, n; /* of the secret in the text; of what encodes it, when it is encoded */
	bool encoded;   /* base64 or UTF-16 */
};

struct gp_secret_list {
	struct gp_secret *v;
	size_t n;
};
void gp_secret_list_clear(struct gp_secret_list *l);

/* Loads the rules and their compiled form: from secrets.tsv and secrets.db beside the program, else
 * in our data folder; GP_SECRETS in the environment names another secrets.tsv, whose .db lies
 * beside it. 0; GP_NOTFOUND (a file or the library is missing), GP_INVALID (the two do not belong
 * together, or not to this machine), GP_FAILED. */
int gp_secrets_open(struct gp_secrets **out);
void gp_secrets_free(struct gp_secrets **s);
#define gp_auto_secrets __attribute__((cleanup(gp_secrets_free)))

const struct gp_rules *gp_secrets_rules(const struct gp_secrets *s);

/* Appends the credentials in text, in the order they stand there, no two in one place. path tells
 * tests, examples and lock files, where vague rules are quiet; NULL: none of them. 0; GP_LIMIT (a
 * rule gave up: out holds what was found), GP_FAILED. */
int gp_secrets_scan(struct gp_secret_list *out, struct gp_secrets *s, struct gp_slice text,
                    const char *path);

/* Appends what may be shown of a secret: its first four characters, if it has at least twelve, and
 * its length. */
void gp_secret_redact(struct gp_buf *out, struct gp_slice secret);

#endif
