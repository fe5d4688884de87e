#include "lib/preview/vet_bases.h"

#include <stdlib.h>
#include <string.h>

#define COMPARED 64 /* parents held against each other */
#define BASES 4

void gp_vet_bases_clear(struct gp_vet_bases *b)
{
	gp_free(b->seen);
	gp_list_clear(&b->parents);
	*b = (struct gp_vet_bases){0};
}

static uint64_t key_of(const char *hex)
{
	char first[17] = "";

	memcpy(first, hex, strnlen(hex, 16));
	return strtoull(first, NULL, 16) | 1;
}

/* Where the key is, or would be. */
static uint64_t *place(const struct gp_vet_bases *b, uint64_t key)
{
	size_t at = (size_t)(key >> 1) & (b->cap - 1);

	while (b->seen[at] && b->seen[at] != key)
		at = (at + 1) & (b->cap - 1);
	return &b->seen[at];
}

static void grow(struct gp_vet_bases *b)
{
	struct gp_vet_bases old = *b;

	b->cap = old.cap ? 2 * old.cap : 1024;
	b->seen = gp_alloc(b->cap * sizeof(*b->seen));
	for (size_t i = 0; i < old.cap; i++)
		if (old.seen[i])
			*place(b, old.seen[i]) = old.seen[i];
	gp_free(old.seen);
}

static bool was_seen(const struct gp_vet_bases *b, const char *hex)
{
	return b->cap && *place(b, key_of(hex));
}

void gp_vet_bases_note(struct gp_vet_bases *b, const struct gp_oid *commit,
                       const struct gp_oid *parents, size_t n)
{
	if (2 * b->n >= b->cap)
		grow(b);
	*place(b, key_of(commit->hex)) = key_of(commit->hex);
	b->n++;
	b->root |= n == 0;
	for (size_t i = 0; i < n; i++)
		if (!was_seen(b, parents[i].hex) &&
		    !(b->parents.n && strcmp(b->parents.v[b->parents.n - 1], parents[i].hex) == 0))
			gp_list_add(&b->parents, parents[i].hex);
}

int gp_vet_bases_find(struct gp_list *out, struct gp_repo *r, const struct gp_vet_bases *b)
{
	gp_auto(gp_list) argv = {0};
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest, line;
	int e;

	gp_list_add(&argv, "merge-base");
	gp_list_add(&argv, "--independent");
	/* the last to come are the newest */
	for (size_t i = b->parents.n; i-- > 0 && argv.n < COMPARED + 2;)
		if (!was_seen(b, b->parents.v[i]) && !gp_list_has(&argv, b->parents.v[i]))
			gp_list_add(&argv, b->parents.v[i]);
	if (argv.n == 3)
		gp_list_add(out, argv.v[2]);
	if (argv.n <= 3)
		return 0;
	e = gp_git(&text, r, (const char *const *)argv.v, NULL);
	for (rest = gp_buf_all(&text); !e && out->n < BASES && gp_line(&line, &rest);)
		gp_list_addn(out, line.p, line.n);
	return e;
}
