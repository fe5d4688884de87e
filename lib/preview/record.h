/*
 * record.h - inside lib/preview: finding and reading the record of a preview.
 *
 * A record is one line of JSON in a note, as git-preview-record(5) says. Notes come from anywhere:
 * a record is a claim, never a proof.
 */
#ifndef GP_PREVIEW_RECORD_H
#define GP_PREVIEW_RECORD_H

#include "lib/repo/repo.h"

struct cJSON;

struct gp_record {
	struct cJSON *json; /* NULL: there is none */
	const char *by;     /* how it was found: "commit", "tree" or "id"; NULL: not */
	char *ref;          /* where: "refs/notes/preview" */
	struct gp_buf text; /* the note */
	struct gp_buf why;  /* a note is there and is no record: the reason */
};
void gp_record_clear(struct gp_record *r);

/* Reads a note's text. Pure. 0 and *out, or GP_INVALID: no JSON, not an object, another schema. */
int gp_record_parse(struct cJSON **out, struct gp_slice text);
/* Looks in refs/notes/preview and refs/notes/<anything>/preview: by commit, by its tree, then
 * through all notes for the preview's id (NULL: unknown). A record of a tree or of another commit
 * counts only when its id is that one. 0 also when nothing is found; GP_STOPPED, GP_FAILED. */
int gp_record_find(struct gp_record *out, struct gp_repo *r, const struct gp_oid *commit,
                   const struct gp_oid *tree, const char *id);

/* A record that is signed has the signature as its last member, over all before it. put adds it to
 * the text of one. plain appends what was signed and answers the signature, which is j's, or NULL:
 * it has none, or one in another place. Pure. */
int gp_record_put_signature(struct gp_buf *text, const char *signature);
const char *gp_record_plain(struct gp_buf *out, const struct cJSON *j, struct gp_slice text);

#endif
