#include "lib/preview/record.h"

#include <string.h>

#include "lib/base/json.h"

#define NOTES "refs/notes/preview"
#define LOOKED_AT 5000 /* notes read to find an id */
#define NOTE_MAX ((size_t)16 << 20)

void gp_record_clear(struct gp_record *r)
{
	gp_json_clear(&r->json);
	gp_free(r->ref);
	gp_buf_clear(&r->text);
	gp_buf_clear(&r->why);
	*r = (struct gp_record){0};
}

int gp_record_parse(struct cJSON **out, struct gp_slice text)
{
	int e = gp_json_parse(out, gp_trim(text));

	if (!e && !gp_json_is_object(*out))
		e = gp_fail(GP_INVALID, "not an object");
	if (!e && gp_json_int(*out, "schema", 0) != 1)
		e = gp_fail(GP_INVALID, "its schema is not known here");
	if (e)
		gp_json_clear(out);
	return e;
}

static const char member[] = ",\"signature\":";

int gp_record_put_signature(struct gp_buf *text, const char *signature)
{
	gp_auto_json struct cJSON *s = gp_json_string(signature);
	int e;

	while (text->n && text->p[text->n - 1] != '}')
		gp_buf_cut(text, text->n - 1);
	gp_buf_cut(text, text->n ? text->n - 1 : 0);
	e = gp_buf_str(text, member);
	if (!e)
		e = gp_json_print(text, s);
	return e ? e : gp_buf_str(text, "}\n");
}

/* Whether text is plain with this signature and nothing else: what came after it, or stands in an
 * object below, would not be signed. */
static bool is_signed_so(struct gp_slice text, const struct gp_buf *plain, const char *signature)
{
	gp_auto(gp_buf) again = {0};

	return gp_buf_slice(&again, gp_buf_all(plain)) == 0 &&
	       gp_record_put_signature(&again, signature) == 0 &&
	       gp_slice_eq(gp_trim(gp_buf_all(&again)), text);
}

const char *gp_record_plain(struct gp_buf *out, const struct cJSON *j, struct gp_slice text)
{
	const char *signature = gp_json_str(j, "signature"), *last = NULL;
	struct gp_slice rest = text = gp_trim(text);

	for (const char *at; (at = gp_find(rest, member)); rest.p = at + 1) {
		rest.n -= (size_t)(at + 1 - rest.p);
		last = at;
	}
	if (!signature || !last || gp_buf_add(out, text.p, (size_t)(last - text.p)) ||
	    gp_buf_chr(out, '}') || !is_signed_so(text, out, signature))
		return NULL;
	return signature;
}

struct search {
	struct gp_record *out;
	struct gp_repo *repo;
	const char *id;
	struct gp_list refs;
	const char *ref; /* the one that is looked through */
	size_t looked;
};

static bool is_ours(const struct search *s, const struct cJSON *j)
{
	const char *id = gp_json_str(j, "id");

	return !s->id || (id && strcmp(id, s->id) == 0);
}

/* Takes the text over when it is a record, of this preview where that is asked for. */
static bool take(struct search *s, struct gp_buf *text, const char *by, bool any)
{
	struct gp_record *r = s->out;
	struct cJSON *j = NULL;

	if (gp_record_parse(&j, gp_buf_all(text))) {
		if (any && !r->why.n)
			gp_buf_fmt(&r->why, "the note is no record: %s", gp_message());
		return false;
	}
	if (!any && !is_ours(s, j)) {
		gp_json_clear(&j);
		return false;
	}
	r->json = j;
	r->by = by;
	r->ref = gp_strdup(s->ref);
	r->text = *text;
	*text = (struct gp_buf){0};
	return true;
}

static int by_object(struct search *s, const struct gp_oid *object, const char *by, bool any)
{
	for (size_t i = 0; i < s->refs.n && !s->out->json; i++) {
		gp_auto(gp_buf) text = {0};
		int e;

		s->ref = s->refs.v[i];
		e = gp_repo_note_read_at(&text, s->repo, s->ref, object);
		if (e && e != GP_NOTFOUND)
			return e;
		if (!e)
			take(s, &text, by, any);
	}
	return 0;
}

static int look(void *ctx, const struct gp_entry *entry)
{
	struct search *s = ctx;
	gp_auto(gp_buf) text = {0};
	struct gp_oid oid;

	if (++s->looked > LOOKED_AT)
		return GP_LIMIT;
	gp_oid_of(&oid, entry->id);
	if (gp_repo_blob(&text, s->repo, &oid, NOTE_MAX) || !gp_find(gp_buf_all(&text), s->id))
		return 0;
	return take(s, &text, "id", false) ? GP_EXISTS : 0;
}

static int by_id(struct search *s)
{
	for (size_t i = 0; s->id && i < s->refs.n && !s->out->json; i++) {
		struct gp_oid tree;
		int e;

		s->ref = s->refs.v[i];
		e = gp_repo_resolve(NULL, &tree, s->repo, s->ref);
		if (!e)
			e = gp_repo_walk(s->repo, &tree, look, s);
		gp_repo_shrink(s->repo);
		if (e == GP_STOPPED)
			return e;
	}
	return 0;
}

static int add_ref(void *ctx, const char *name, const struct gp_oid *oid GP_UNUSED)
{
	struct search *s = ctx;

	if (strcmp(name, NOTES) == 0 || (gp_ends(name, "/preview") && s->refs.n < 20))
		gp_list_add(&s->refs, name);
	return 0;
}

int gp_record_find(struct gp_record *out, struct gp_repo *r, const struct gp_oid *commit,
                   const struct gp_oid *tree, const char *id)
{
	struct search s = {.out = out, .repo = r, .id = id};
	int e = gp_repo_refs(r, "refs/notes/", add_ref, &s);

	if (!e)
		e = by_object(&s, commit, "commit", true);
	if (!e && !out->json && id)
		e = by_object(&s, tree, "tree", false);
	if (!e && !out->json)
		e = by_id(&s);
	gp_list_clear(&s.refs);
	return e ? gp_within(e, "cannot look for the record") : 0;
}
