#include "lib/preview/claim.h"

#include <string.h>

#define COMMITS_MAX 5000
#define SERIES_MAX 100

/* One commit as it was met; a run of them from old to new. */
struct met {
	struct gp_oid commit;
	struct gp_trailers said;
};
struct series {
	struct met *v;
	size_t n;
};

static void series_clear(struct series *s)
{
	for (size_t i = 0; i < s->n; i++)
		gp_trailers_clear(&s->v[i].said);
	gp_free(s->v);
	*s = (struct series){0};
}

void gp_claim_clear(struct gp_claim *c)
{
	gp_free(c->name);
	gp_trailers_clear(&c->said);
	gp_trailers_clear(&c->said_test);
	gp_record_clear(&c->record);
	*c = (struct gp_claim){0};
}

void gp_claims_clear(struct gp_claims *c)
{
	for (size_t i = 0; i < c->n; i++)
		gp_claim_clear(&c->v[i]);
	gp_free(c->v);
	*c = (struct gp_claims){0};
}

static int meet(struct series *s, struct gp_repo *r, const struct gp_oid *commit)
{
	gp_auto(gp_buf) message = {0};
	int e = gp_stopped() ? gp_fail(GP_STOPPED, "interrupted")
	                     : gp_repo_message(&message, r, commit);

	if (e)
		return e;
	s->v = gp_realloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n] = (struct met){.commit = *commit};
	gp_trailers_read(&s->v[s->n++].said, gp_buf_all(&message));
	return 0;
}

static const char *id_of(const struct met *m)
{
	return m->said.v[GP_TRAILER_ID];
}

static bool same_id(const struct met *a, const char *id)
{
	return id_of(a) && strcmp(id_of(a), id) == 0;
}

bool gp_claim_shallow(struct gp_repo *r)
{
	static const char *const argv[] = {"rev-parse", "--is-shallow-repository", NULL};
	gp_auto(gp_buf) out = {0};

	return gp_git(&out, r, argv, NULL) == 0 && strcmp(gp_buf_text(&out), "true") == 0;
}

static void hint_shallow(struct gp_repo *r)
{
	gp_auto_str char *message = gp_strdup(gp_message());

	if (!gp_claim_shallow(r))
		return;
	gp_fail(GP_NOTFOUND, "%s", message);
	gp_hint("this clone is shallow; get more of its history: git fetch --deepen=50 (or "
	        "--unshallow)");
}

static int find_base(struct gp_claim *c, struct gp_repo *r, const struct gp_oid *first)
{
	int e = gp_repo_parent(&c->base, r, first);

	if (!e)
		e = gp_repo_resolve(NULL, &c->base_tree, r, c->base.hex);
	if (e == GP_NOTFOUND) {
		gp_fail(e, "the base of '%s' is not in this clone", c->name);
		hint_shallow(r);
	}
	return e;
}

/* v[first] to v[last], whatever of another preview or of none lies between. */
static int build(struct gp_claim *c, struct gp_repo *r, struct series *s, size_t first, size_t last)
{
	const char *id = id_of(&s->v[last]);
	int e = 0;

	c->tip = s->v[last].commit;
	c->squashed = true;
	for (size_t i = first; i <= last; i++)
		c->commits += same_id(&s->v[i], id);
	for (size_t i = last; i-- > first && c->squashed;) {
		if (!same_id(&s->v[i], id) || !s->v[i].said.test || s->v[i].said.implementation)
			continue;
		c->squashed = false;
		e = gp_repo_resolve(NULL, &c->test_tree, r, s->v[i].commit.hex);
		c->said_test = s->v[i].said;
		s->v[i].said = (struct gp_trailers){0};
	}
	if (!e)
		e = gp_repo_resolve(NULL, &c->full_tree, r, c->tip.hex);
	if (!e)
		e = find_base(c, r, &s->v[first].commit);
	if (!e)
		e = gp_record_find(&c->record, r, &c->tip, &c->full_tree, id);
	c->said = s->v[last].said;
	s->v[last].said = (struct gp_trailers){0};
	return e;
}

static int add(struct gp_claims *out, struct gp_repo *r, struct series *s, size_t first,
               size_t last, const char *name)
{
	struct gp_claim *c;

	out->v = gp_realloc(out->v, (out->n + 1) * sizeof(*out->v));
	c = &out->v[out->n++];
	*c = (struct gp_claim){0};
	c->name = name ? gp_strdup(name) : gp_strndup(s->v[last].commit.hex, 12);
	return build(c, r, s, first, last);
}

static void reverse(struct series *s)
{
	for (size_t i = 0, k = s->n; i + 1 < k; i++) {
		struct met m = s->v[i];

		s->v[i] = s->v[--k];
		s->v[k] = m;
	}
}

/* From the tip down as long as the id is the same. */
static int add_tip(struct gp_claims *out, struct gp_repo *r, struct series *s, const char *rev)
{
	struct gp_oid commit;
	int e = gp_repo_resolve(&commit, NULL, r, rev);

	if (!e)
		e = meet(s, r, &commit);
	if (!e && !id_of(&s->v[0])) {
		gp_fail(GP_NOTFOUND, "'%s' is no preview: its message has no Preview-Id", rev);
		gp_hint("for previews further down: git preview-test --prove <base>..%s", rev);
		e = GP_NOTFOUND;
	}
	while (!e && s->n < SERIES_MAX) {
		if (gp_repo_parent(&commit, r, &commit))
			break;
		e = meet(s, r, &commit);
		if (!e && !same_id(&s->v[s->n - 1], id_of(&s->v[0]))) {
			gp_trailers_clear(&s->v[--s->n].said);
			break;
		}
	}
	reverse(s);
	return e ? e : add(out, r, s, 0, s->n - 1, rev);
}

static int meet_range(struct series *s, struct gp_repo *r, const char *range)
{
	const char *const argv[] = {"rev-list",         "--reverse", "--topo-order",
	                            "--end-of-options", range,       NULL};
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest, line;
	int e = gp_git(&text, r, argv, NULL);

	if (e == GP_REFUSED) {
		e = gp_fail(GP_NOTFOUND, "cannot list '%s': one end is not in this clone", range);
		hint_shallow(r);
	}
	rest = gp_buf_all(&text);
	while (!e && gp_line(&line, &rest)) {
		struct gp_oid commit = {0};

		if (s->n >= COMMITS_MAX)
			return gp_fail(GP_LIMIT, "'%s' has more than %d commits", range,
			               COMMITS_MAX);
		memcpy(commit.hex, line.p, line.n < GP_OID_MAX ? line.n : GP_OID_MAX - 1);
		e = meet(s, r, &commit);
	}
	return e;
}

static int add_range(struct gp_claims *out, struct gp_repo *r, struct series *s, const char *range)
{
	int e = strstr(range, "...") ? gp_fail(GP_INVALID, "a range is 'a..b', not '%s'", range)
	                             : meet_range(s, r, range);

	for (size_t last = 0; !e && last < s->n; last++) {
		const char *id = id_of(&s->v[last]);
		size_t first = 0;
		bool more = false;

		if (!id) {
			out->strangers++;
			continue;
		}
		for (size_t i = last + 1; i < s->n && !more; i++)
			more = same_id(&s->v[i], id);
		while (!same_id(&s->v[first], id))
			first++;
		if (!more)
			e = add(out, r, s, first, last, NULL);
	}
	return e;
}

int gp_claims_add(struct gp_claims *out, struct gp_repo *r, const char *rev)
{
	struct series s = {0};
	int e;

	if (*rev == '-')
		return gp_fail(GP_INVALID, "'%s' is no revision", rev);
	e = strstr(rev, "..") ? add_range(out, r, &s, rev) : add_tip(out, r, &s, rev);
	series_clear(&s);
	return e;
}
