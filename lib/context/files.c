#include "lib/context/choose.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 500000
/* Large enough to be mapped, so that it grows without a copy and leaves no holes behind. */
#define FIRST_CAP 4096
#define BLOCK ((size_t)32 << 10)

/* Without a branch on the digits, which no processor can foresee. */
bool gp_candidate_set_oid(struct gp_candidate *c, const char *hex)
{
	static const signed char value[256] = {
		['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	};
	int bad = 0;

	if (strnlen(hex, 2 * GP_ID_BYTES) < 2 * GP_ID_BYTES)
		return false;
	for (size_t i = 0; i < GP_ID_BYTES; i++) {
		int high = value[(unsigned char)hex[2 * i]] - 1;
		int low = value[(unsigned char)hex[2 * i + 1]] - 1;

		bad |= high | low;
		c->id[i] = (unsigned char)((unsigned)high << 4 | ((unsigned)low & 15));
	}
	return bad >= 0;
}

int gp_candidate_read(struct gp_buf *out, struct gp_repo *r, const struct gp_candidate *c,
                      size_t max)
{
	struct gp_oid oid;

	gp_oid_of(&oid, c->id);
	return gp_repo_blob(out, r, &oid, max);
}

uint64_t gp_id_key(const unsigned char *id)
{
	uint64_t key;

	memcpy(&key, id, sizeof(key));
	return key;
}

/* Room for a copy of the path: they come and go together. */
static char *keep_path(struct gp_candidates *c, const char *path)
{
	size_t n = strlen(path) + 1;
	char *at;

	if (n > c->room) {
		c->room = n > BLOCK ? n : BLOCK;
		c->blocks = gp_realloc(c->blocks, (c->nblocks + 1) * sizeof(*c->blocks));
		c->blocks[c->nblocks++] = gp_alloc(c->room);
		c->size = c->room;
	}
	at = c->blocks[c->nblocks - 1] + c->size - c->room;
	c->room -= n;
	return memcpy(at, path, n);
}

struct listing {
	struct gp_candidates *out;
	const struct gp_context_options *o;
	const struct gp_test_paths *tests;
};

static int add_entry(void *ctx, const struct gp_entry *e)
{
	struct listing *l = ctx;
	struct gp_candidates *c = l->out;
	struct gp_candidate f = {0};
	enum gp_name_kind kind;

	if (!gp_may_show(&kind, l->o, e->path, e->mode) || c->n == FILES_MAX)
		return 0;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : FIRST_CAP;
		c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
	}
	memcpy(f.id, e->id, sizeof(f.id));
	f.path = keep_path(c, e->path);
	f.kind = kind;
	f.test = gp_is_test_path(l->tests, e->path);
	c->v[c->n++] = f;
	return 0;
}

int gp_candidates_list(struct gp_candidates *out, const struct gp_context_options *o)
{
	const struct gp_test_paths usual = {.globs = {0}};
	struct listing l = {out, o, o->project ? &o->project->paths : &usual};

	return gp_repo_walk(o->repo, &o->tree, add_entry, &l);
}

void gp_candidates_clear(struct gp_candidates *c)
{
	for (size_t i = 0; i < c->nblocks; i++)
		gp_free(c->blocks[i]);
	gp_free(c->blocks);
	gp_free(c->v);
	gp_free(c->ranked);
	*c = (struct gp_candidates){0};
}
