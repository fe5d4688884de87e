#include "lib/preview/proven.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/file.h"

#define KEPT_MAX ((size_t)512 << 10)
#define READ_MAX ((size_t)4 << 20)

static void put_trailers(struct gp_buf *out, const struct gp_trailers *t)
{
	for (size_t i = 0; i < GP_TRAILERS; i++)
		gp_buf_fmt(out, "%s\n", t->v[i] ? t->v[i] : "");
}

/* One line, its end included. */
static int line_of(struct gp_buf *out, const struct gp_claim *c)
{
	gp_auto(gp_buf) all = {.max = (size_t)32 << 20};
	struct gp_oid id;
	int e;

	/* the test's part of a single commit is found by whoever runs it */
	gp_buf_fmt(&all, "%s\n%s\n%s\n", c->base_tree.hex, c->squashed ? "" : c->test_tree.hex,
	           c->full_tree.hex);
	put_trailers(&all, &c->said_test);
	put_trailers(&all, &c->said);
	gp_buf_fmt(&all, "%zu\n", c->record.why.n);
	e = gp_buf_slice(&all, gp_buf_all(&c->record.text));
	if (!e)
		e = gp_repo_hash(&id, gp_buf_all(&all));
	return e ? e : gp_buf_fmt(out, "1 %s\n", id.hex);
}

static int path_of(struct gp_buf *out, struct gp_repo *r)
{
	const char *folder = gp_repo_folder(r);

	return folder ? gp_buf_fmt(out, "%s/proven", folder) : GP_FAILED;
}

static bool has_line(struct gp_slice text, struct gp_slice line)
{
	for (const char *at; (at = memmem(text.p, text.n, line.p, line.n));) {
		if (at == text.p || at[-1] == '\n')
			return true;
		text.n -= (size_t)(at + 1 - text.p);
		text.p = at + 1;
	}
	return false;
}

bool gp_proven_has(struct gp_repo *r, const struct gp_claim *c)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = READ_MAX};
	gp_auto(gp_buf) line = {0};

	return path_of(&path, r) == 0 && line_of(&line, c) == 0 &&
	       gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), READ_MAX, true) == 0 &&
	       has_line(gp_buf_all(&text), gp_buf_all(&line));
}

/* The older half goes; what another process adds meanwhile is perhaps lost, and proven again. */
static void shorten(const char *path)
{
	gp_auto(gp_buf) text = {.max = READ_MAX};
	struct gp_slice rest, line;
	int e = gp_file_read(&text, AT_FDCWD, path, READ_MAX, true);

	if (e == GP_LIMIT)
		gp_file_remove(path);
	if (e || text.n < KEPT_MAX)
		return;
	rest = gp_buf_all(&text);
	while (rest.n > KEPT_MAX / 2 && gp_line(&line, &rest))
		;
	gp_file_put(path, rest, 0600);
}

void gp_proven_add(struct gp_repo *r, const struct gp_claim *c)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) line = {0};

	if (path_of(&path, r) || line_of(&line, c) || gp_proven_has(r, c))
		return;
	shorten(gp_buf_text(&path));
	gp_file_append(gp_buf_text(&path), gp_buf_all(&line));
}

void gp_proven_add_tip(struct gp_repo *r, const struct gp_oid *tip)
{
	gp_auto(gp_claims) claims = {0};

	if (gp_claims_add(&claims, r, tip->hex) == 0 && claims.n == 1)
		gp_proven_add(r, &claims.v[0]);
}
