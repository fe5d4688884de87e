#include "lib/preview/vet.h"

#include <stdio.h>
#include <string.h>

#include "lib/preview/vet_bases.h"
#include "lib/preview/vetting.h"

#define WHOLE_MAX ((size_t)16 << 20)
#define HEAD ((size_t)64 << 10)
#define PARENTS_MAX 16
#define TAGS_MAX 10
/* Blobs of one commit are the old ones of the next: so many stay, up to this size each. */
#define KEPT 64
#define KEPT_MAX ((size_t)1 << 20)
#define SUBMODULE 0160000

struct kept {
	struct gp_oid oid;
	struct gp_buf text;
};

struct walk {
	struct gp_vetting v;
	struct gp_repo *repo;
	struct kept kept[KEPT];
	const struct gp_oid *commit, *parents;
	size_t nparents;
	struct gp_changed *files; /* of the commit at hand */
	size_t nfiles, ngone;
	struct gp_vet_bases bases;
	long long added; /* lines of code, of all commits */
};

static void drop_files(struct walk *w)
{
	for (size_t i = 0; i < w->nfiles; i++)
		gp_free((char *)w->files[i].path);
	gp_free(w->files);
	w->files = NULL;
	w->nfiles = w->ngone = 0;
}

static void walk_clear(struct walk *w)
{
	for (size_t i = 0; i < KEPT; i++)
		gp_buf_clear(&w->kept[i].text);
	drop_files(w);
	gp_vet_bases_clear(&w->bases);
	gp_vetting_clear(&w->v);
}

static struct kept *place_of(struct walk *w, const struct gp_oid *oid)
{
	return &w->kept[gp_hash(0, oid->hex, strlen(oid->hex)) % KEPT];
}

/* Reads what may be looked at of a blob; *whole says whether that is all. A blob that a partial
 * clone lacks was never made here, so nobody here can have added to it. */
static int read_blob(struct gp_buf *out, bool *whole, struct walk *w, const struct gp_oid *oid)
{
	int e;

	*whole = true;
	if (!oid->hex[0])
		return 0;
	out->max = WHOLE_MAX;
	e = gp_repo_blob(out, w->repo, oid, WHOLE_MAX);
	if (e != GP_LIMIT)
		return e;
	*whole = false;
	return gp_repo_blob_head(out, w->repo, oid, HEAD);
}

static bool is_binary(struct gp_slice s)
{
	size_t n = s.n < 8000 ? s.n : 8000;

	return n && memchr(s.p, 0, n) != NULL;
}

static bool is_wide(struct gp_slice s)
{
	return s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0);
}

/* The old forms of a file: what each parent has there. True when one has it as it is. */
static int old_forms(struct gp_oid *out, bool *same, struct walk *w, const struct gp_changed *c)
{
	*same = false;
	out[0] = c->old_oid;
	for (size_t i = 1; i < w->nparents; i++) {
		struct gp_oid tree;
		int e = gp_repo_resolve(NULL, &tree, w->repo, w->parents[i].hex);

		if (!e)
			e = gp_repo_entry(&out[i], NULL, w->repo, &tree, c->path);
		if (e && e != GP_NOTFOUND)
			return e;
		if (e)
			out[i] = (struct gp_oid){""};
		*same |= !e && strcmp(out[i].hex, c->new_oid.hex) == 0;
	}
	return 0;
}

/* The old forms as text, of which the first is perhaps still here from the commit before. */
static int read_old(struct gp_slice *out, struct gp_buf *own, struct walk *w,
                    const struct gp_oid *ids)
{
	for (size_t i = 0; i < w->nparents || i == 0; i++) {
		const struct kept *k = place_of(w, &ids[i]);
		bool whole;
		int e = 0;

		if (ids[i].hex[0] && strcmp(k->oid.hex, ids[i].hex) == 0) {
			out[i] = gp_buf_all(&k->text);
			continue;
		}
		e = read_blob(&own[i], &whole, w, &ids[i]);
		if (e)
			return e;
		out[i] = gp_buf_all(&own[i]);
	}
	return 0;
}

/* For the next commit, whose old form this may be. */
static void keep_text(struct walk *w, const struct gp_oid *oid, struct gp_buf *text)
{
	struct kept *k = place_of(w, oid);

	if (text->n > KEPT_MAX)
		return;
	gp_buf_clear(&k->text);
	k->text = *text;
	k->oid = *oid;
	*text = (struct gp_buf){0};
}

/* t NULL: the bytes are as they were. */
static void look_at_shape(struct walk *w, const struct gp_changed *c, const struct gp_vet_text *t,
                          size_t size)
{
	struct gp_shape_file f = {.commit = w->commit->hex,
	                          .path = c->path,
	                          .old_mode = c->old_mode,
	                          .new_mode = c->new_mode,
	                          .read = t != NULL,
	                          .old = t ? t->old[0] : (struct gp_slice){0},
	                          .new = t ? t->text : (struct gp_slice){0},
	                          .size = size};

	gp_vetting_shape(&w->v, &f);
}

static int look_at_text(struct walk *w, const struct gp_changed *c, const struct gp_oid *ids)
{
	struct gp_buf own[PARENTS_MAX] = {{0}};
	struct gp_slice old[PARENTS_MAX] = {{0}};
	gp_auto(gp_buf) text = {0};
	struct gp_vet_text t = {.commit = w->commit->hex,
	                        .path = c->path,
	                        .old = old,
	                        .nold = w->nparents ? w->nparents : 1};
	bool whole = true;
	int e = read_blob(&text, &whole, w, &c->new_oid);

	if (!e)
		e = read_old(old, own, w, ids);
	t.text = gp_buf_all(&text);
	if (is_binary(t.text) && !is_wide(t.text) && t.text.n > HEAD) {
		t.text.n = HEAD;
		whole = false;
	}
	w->v.out->partly += !whole;
	w->v.out->files++;
	if (!e)
		e = gp_vetting_text(&w->v, &t);
	if (!e)
		look_at_shape(w, c, &t, text.n);
	for (size_t i = 0; i < PARENTS_MAX; i++)
		gp_buf_clear(&own[i]);
	if (!e && whole)
		keep_text(w, &c->new_oid, &text);
	return e ? gp_within(e, "cannot look at '%s'", c->path) : 0;
}

static int look_at_name(struct walk *w, const struct gp_changed *c)
{
	struct gp_vet_text t = {
		.commit = w->commit->hex, .path = c->path, .text = gp_slice(c->path), .name = true};

	return gp_vetting_text(&w->v, &t);
}

/* The very bytes stood elsewhere in the parent: moved, not added. */
static bool moved(const struct walk *w, const struct gp_changed *c)
{
	for (size_t i = 0; w->ngone && i < w->nfiles; i++)
		if (!w->files[i].new_mode && strcmp(w->files[i].old_oid.hex, c->new_oid.hex) == 0)
			return true;
	return false;
}

static int look_at_file(struct walk *w, const struct gp_changed *c)
{
	struct gp_oid ids[PARENTS_MAX] = {{""}};
	bool same;
	int e;

	if (gp_stopped())
		return gp_fail(GP_STOPPED, "stopped");
	if (!c->new_mode)
		return 0;
	e = c->old_mode ? 0 : look_at_name(w, c);
	if (!e)
		e = old_forms(ids, &same, w, c);
	if (e || same || moved(w, c))
		return e;
	if (c->new_mode != SUBMODULE && strcmp(c->old_oid.hex, c->new_oid.hex) != 0)
		return look_at_text(w, c, ids);
	look_at_shape(w, c, NULL, 0);
	return 0;
}

static int note_file(void *ctx, const struct gp_changed *c)
{
	struct walk *w = ctx;

	w->files = gp_realloc(w->files, (w->nfiles + 1) * sizeof(*w->files));
	w->files[w->nfiles] = *c;
	w->files[w->nfiles++].path = gp_strdup(c->path);
	w->ngone += !c->new_mode;
	return 0;
}

static int look_at_message(struct walk *w)
{
	gp_auto(gp_buf) message = {.max = WHOLE_MAX};
	struct gp_vet_text t = {.commit = w->commit->hex, .path = ""};
	int e = w->v.secrets ? gp_repo_message(&message, w->repo, w->commit) : 0;

	t.text = gp_buf_all(&message);
	return e ? e : gp_vetting_text(&w->v, &t);
}

/* A preview is small by design: what a person can judge. Other branches are as large as they are.
 */
static bool guarded(const struct walk *w)
{
	return w->v.o->preview && w->v.max_lines > 0;
}

static int count_lines(struct walk *w, const struct gp_oid *from, const struct gp_oid *to)
{
	struct gp_stats stats = {0};
	int e = gp_repo_stat(&stats, w->repo, from, to);

	for (size_t i = 0; !e && i < stats.n; i++)
		if (stats.v[i].added > 0 && gp_shape_counts(stats.v[i].path))
			w->added += stats.v[i].added;
	gp_stats_clear(&stats);
	return e;
}

static int look_at_commit(void *ctx, const struct gp_oid *commit, const struct gp_oid *parents,
                          size_t n)
{
	struct walk *w = ctx;
	struct gp_oid tree, from = {""};
	int e;

	if (n > PARENTS_MAX)
		return gp_fail(GP_LIMIT, "commit %.12s has more than %d parents", commit->hex,
		               PARENTS_MAX);
	w->commit = commit;
	w->parents = parents;
	w->nparents = n;
	drop_files(w);
	e = look_at_message(w);
	if (!e)
		e = gp_repo_resolve(NULL, &tree, w->repo, commit->hex);
	if (!e && n)
		e = gp_repo_resolve(NULL, &from, w->repo, parents[0].hex);
	if (!e)
		e = gp_repo_changed(w->repo, &from, &tree, note_file, w);
	for (size_t i = 0; !e && i < w->nfiles; i++)
		e = look_at_file(w, &w->files[i]);
	if (!e && n < 2 && guarded(w))
		e = count_lines(w, &from, &tree);
	w->v.out->commits++;
	gp_vet_bases_note(&w->bases, commit, parents, n);
	return e;
}

/* A tree or blob that a tag or a ref names by itself is all new. */
static int look_at_object(struct walk *w, const struct gp_oid *oid, const char *type)
{
	static const struct gp_oid none;
	struct gp_changed c = {
		.path = "tagged", .new_mode = 0100644, .new_oid = *oid, .old_oid = none};
	int e = 0;

	w->commit = oid;
	w->parents = &none;
	w->nparents = 0;
	drop_files(w);
	if (strcmp(type, "blob") == 0)
		return look_at_file(w, &c);
	if (strcmp(type, "tree") == 0)
		e = gp_repo_changed(w->repo, &none, oid, note_file, w);
	for (size_t i = 0; !e && i < w->nfiles; i++)
		e = look_at_file(w, &w->files[i]);
	return e;
}

static int look_at_tag(struct walk *w, struct gp_oid *at)
{
	const char *const read[] = {"cat-file", "tag", at->hex, NULL};
	gp_auto(gp_buf) text = {.max = WHOLE_MAX};
	struct gp_vet_text t = {.commit = at->hex, .path = "tag-message"};
	int e = gp_git(&text, w->repo, read, NULL);

	t.text = gp_buf_all(&text);
	if (!e && w->v.secrets)
		e = gp_vetting_text(&w->v, &t);
	if (!e && sscanf(gp_buf_text(&text), "object %64[0-9a-f]", at->hex) != 1)
		e = gp_fail(GP_FAILED, "tag %.12s is of nothing", at->hex);
	return e;
}

/* What a tip is when it is no commit: tags of tags of whatever. */
static int look_at_tip(struct walk *w, const char *hex)
{
	struct gp_oid at = {""}, commit;
	int e = 0;

	snprintf(at.hex, sizeof(at.hex), "%s", hex);
	if (gp_repo_resolve(&commit, NULL, w->repo, hex) == 0 && strcmp(commit.hex, hex) == 0)
		return 0;
	for (int depth = 0; !e && depth < TAGS_MAX; depth++) {
		const char *const kind[] = {"cat-file", "-t", at.hex, NULL};
		gp_auto(gp_buf) type = {0};

		e = gp_git(&type, w->repo, kind, NULL);
		if (!e && strcmp(gp_buf_text(&type), "tag") != 0)
			return look_at_object(w, &at, gp_buf_text(&type));
		if (!e)
			e = look_at_tag(w, &at);
	}
	return e ? e : gp_fail(GP_LIMIT, "tag %.12s is of more than %d tags", hex, TAGS_MAX);
}

static int look_at_refs(struct walk *w, const struct gp_history *h)
{
	const struct gp_list *names = w->v.o->names;
	int e = 0;

	for (size_t i = 0; names && !e && i < names->n; i++) {
		struct gp_vet_text t = {
			.path = names->v[i], .text = gp_slice(names->v[i]), .name = true};

		e = gp_vetting_text(&w->v, &t);
	}
	for (size_t i = 0; !e && i < h->tips.n; i++)
		e = look_at_tip(w, h->tips.v[i]);
	return e;
}

/* Two histories that had nothing in common are one from here on. */
static void look_at_roots(struct walk *w)
{
	const struct gp_finding f = {.kind = "shape",
	                             .rule = "unrelated-history",
	                             .what = "a history of its own is joined to this one",
	                             .path = "",
	                             .shown = "merge",
	                             .print = "0000000000000000",
	                             .blocks = w->v.shape_blocks};

	if (w->v.shape && w->bases.root && w->v.out->bases.n)
		gp_findings_add(&w->v.out->findings, &f);
}

int gp_vet_history(struct gp_vetted *out, const struct gp_vet_options *o,
                   const struct gp_history *h)
{
	struct walk w = {.repo = o->repo};
	int e = gp_vetting_open(&w.v, o, out);

	if (!e && (w.v.secrets || w.v.shape))
		e = gp_repo_history(o->repo, h, look_at_commit, &w);
	if (!e)
		e = look_at_refs(&w, h);
	if (!e)
		e = gp_vet_bases_find(&out->bases, o->repo, &w.bases);
	if (!e)
		look_at_roots(&w);
	if (!e && guarded(&w))
		gp_vetting_lines(&w.v, w.added);
	walk_clear(&w);
	return e;
}
