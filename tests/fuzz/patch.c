#include <stdlib.h>
#include <string.h>

#include "lib/patch/patch.h"
#include "tests/memtree.h"

/* The input is the content of the file "a", a line "=== reply", and what the model wrote. The other
 * files of the tree are always the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void check_reason(const struct gp_buf *why)
{
	must(why->n > 0 && why->n <= GP_PATCH_WHY && gp_utf8_valid(gp_buf_all(why)));
	must(memchr(why->p, ':', why->n) && !memchr(why->p, 0x1b, why->n));
}

/* Whether some chunk writes this line, in whatever indentation. */
static bool written(const struct gp_patch_file *f, struct gp_slice line)
{
	struct gp_slice rest = gp_buf_all(&f->content), own;

	line = gp_trim(line);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->v[i].new.n; k++)
			if (gp_slice_eq(gp_trim(f->v[i].new.v[k]), line))
				return true;
	while (gp_line(&own, &rest))
		if (gp_slice_eq(gp_trim(own), line))
			return true;
	return false;
}

static bool stands(struct gp_slice text, struct gp_slice line)
{
	struct gp_slice rest = text, own;

	while (gp_line(&own, &rest))
		if (gp_slice_eq(own, line))
			return true;
	return false;
}

/* Every line of the result is the file's, byte for byte, or the patch's. Only the lines at the end
 * may gain or lose a terminator. */
static void check_lines(const struct gp_patch_file *f, struct gp_slice before,
                        struct gp_slice after)
{
	static const char bom[] = "\xef\xbb\xbf";
	bool marked = before.n >= 3 && memcmp(before.p, bom, 3) == 0;
	struct gp_slice line;

	must(!marked || (after.n >= 3 && memcmp(after.p, bom, 3) == 0));
	if (marked) {
		before = (struct gp_slice){before.p + 3, before.n - 3};
		after = (struct gp_slice){after.p + 3, after.n - 3};
	}
	while (gp_line(&line, &after)) {
		struct gp_slice bare = line;

		if (bare.n && bare.p[bare.n - 1] == '\r')
			bare.n--;
		must(stands(before, line) || stands(before, bare) || written(f, bare));
	}
}

static void check_result(const struct gp_patch *p, const struct gp_changes *out, struct memtree *t)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct gp_change *c = &out->v[i];

		must(gp_path_check(gp_slice(c->path), NULL) == 0);
		must(c->mode == 0 || c->mode == 0100644 || c->mode == 0100755);
		must(gp_changes_get(out, c->path) == c);
		must(strcmp(c->path, "link") != 0 && !gp_starts(c->path, "link/"));
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct gp_patch_file *f = &p->v[i];
		const struct gp_change *had = gp_changes_get(&t->files, f->path);
		const struct gp_change *has = gp_changes_get(out, f->to ? f->to : f->path);

		must(has != NULL);
		if (had && f->op == GP_PATCH_UPDATE)
			check_lines(f, gp_buf_all(&had->content), gp_buf_all(&has->content));
	}
}

static void plant(struct memtree *t, struct gp_slice a)
{
	gp_changes_set(&t->files, "a", 0100644, a);
	gp_changes_set(&t->files, "b.py", 0100755,
	               GP_SLICE("def f():\r\n    if x:\r\n        return 1\r\n\r\nx = 1\r\n"));
	gp_changes_set(&t->files, "dir/c.txt", 0100644, GP_SLICE("one\ntwo\none\nthree"));
	gp_changes_set(&t->files, "dir/Bom.txt", 0100644, GP_SLICE("\xef\xbb\xbfone\ntwo \n"));
	gp_changes_set(&t->files, "link", 0120000, GP_SLICE("/etc"));
	gp_changes_set(&t->files, "empty", 0100644, GP_SLICE(""));
}

static void apply(const struct gp_patch *p, struct memtree *t)
{
	struct gp_patch_tree tree = memtree_seen(t);
	gp_auto(gp_changes) out = {0};
	gp_auto(gp_buf) why = {0};
	int e = gp_patch_apply(&out, p, &tree, &why);

	if (e == 0) {
		must(out.n > 0 && why.n == 0);
		check_result(p, &out, t);
	} else {
		must(e == GP_INVALID && out.n == 0);
		check_reason(&why);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "=== reply\n";
	struct gp_slice text = {(const char *)data, size}, a = GP_SLICE("one\ntwo\nthree\n");
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_buf) why = {0};
	const char *at = gp_find(text, mark);

	if (at) {
		a = (struct gp_slice){text.p, (size_t)(at - text.p)};
		text.p = at + sizeof(mark) - 1;
		text.n = size - a.n - (sizeof(mark) - 1);
	}
	plant(&t, a);
	if (gp_patch_parse(&p, text, &why) == 0) {
		apply(&p, &t);
	} else {
		must(p.n == 0);
		check_reason(&why);
	}
	return 0;
}
