/* How fast a patch is read and applied: a large one over many files, many chunks on one large file,
 * the same without its indentation (third tier), and a text made to be hard to search. */
#include <stdio.h>

#include "lib/patch/patch.h"
#include "tests/bench/common/bench.h"
#include "tests/memtree.h"

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* Source-like lines of which about a third stand elsewhere too. */
static void add_line(struct gp_buf *b, size_t i)
{
	unsigned seed = (unsigned)i * 2654435761u;

	if (i % 7 == 6)
		gp_buf_str(b, "\n");
	else if (i % 5 == 4)
		gp_buf_str(b, "\t\treturn 0;\n");
	else
		gp_buf_fmt(b, "\tint value_%zu = compute(%u, \"%u\");\n", i, next(&seed),
		           next(&seed));
}

/* One chunk a stretch of lines: four of context, one replaced by two. */
static void add_chunk(struct gp_buf *patch, size_t line, bool indent)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice rest, text;

	gp_buf_str(patch, "@@\n");
	for (size_t i = line; i < line + 5; i++)
		add_line(&b, i);
	rest = gp_buf_all(&b);
	for (size_t i = line; gp_line(&text, &rest); i++) {
		if (!indent && text.n) {
			text.p++;
			text.n--;
		}
		gp_buf_fmt(patch, "%c%.*s\n", i == line + 2 ? '-' : ' ', (int)text.n, text.p);
		if (i == line + 2)
			gp_buf_fmt(patch, "+int new_%zu;\n+int other;\n", i);
	}
}

static void measure(const char *what, struct memtree *t, struct gp_slice text, int times)
{
	struct gp_patch_tree tree = memtree_seen(t);
	size_t bytes = text.n;
	double start, ms;
	char name[96];

	for (size_t i = 0; i < t->files.n; i++)
		bytes += t->files.v[i].content.n;
	start = bench_ms();
	for (int i = 0; i < times; i++) {
		gp_auto(gp_patch) p = {0};
		gp_auto(gp_changes) out = {0};
		gp_auto(gp_buf) why = {0};

		if (gp_patch_parse(&p, text, &why) || gp_patch_apply(&out, &p, &tree, &why))
			bench_fail("%s: %s", what, gp_buf_text(&why));
	}
	ms = (bench_ms() - start) / times;
	snprintf(name, sizeof(name), "%s, patch", what);
	bench_rate("patch", name, text.n, ms);
	snprintf(name, sizeof(name), "%s, patch and files", what);
	bench_rate("patch", name, bytes, ms);
}

static void many_files(void)
{
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	gp_auto(gp_buf) patch = {0};

	gp_buf_str(&patch, "*** Begin Patch\n");
	for (size_t f = 0; f < 150; f++) {
		gp_auto(gp_buf) text = {0};
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "src/file%zu.c", f);
		for (size_t i = 0; i < 1000; i++)
			add_line(&text, f * 1000 + i);
		gp_changes_set(&t.files, gp_buf_text(&path), 0100644, gp_buf_all(&text));
		gp_buf_fmt(&patch, "*** Update File: %s\n", gp_buf_text(&path));
		for (size_t i = 0; i + 10 < 1000; i += 25)
			add_chunk(&patch, f * 1000 + i, true);
	}
	gp_buf_str(&patch, "*** End Patch\n");
	measure("150 files of 1000 lines, 6000 chunks", &t, gp_buf_all(&patch), 20);
}

static void large_file(const char *what, bool indent)
{
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	gp_auto(gp_buf) patch = {0};
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < 100000; i++)
		add_line(&text, i);
	gp_changes_set(&t.files, "a.c", 0100644, gp_buf_all(&text));
	gp_buf_str(&patch, "*** Begin Patch\n*** Update File: a.c\n");
	for (size_t i = 0; i + 10 < 100000; i += 20)
		add_chunk(&patch, i, indent);
	gp_buf_str(&patch, "*** End Patch\n");
	measure(what, &t, gp_buf_all(&patch), 10);
}

/* Long runs of one line, and a chunk that fits only at their end. */
static void repetitive(void)
{
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	gp_auto(gp_buf) patch = {0};
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < 20000; i++)
		gp_buf_str(&text, "x\n");
	gp_buf_str(&text, "y\n");
	gp_changes_set(&t.files, "a", 0100644, gp_buf_all(&text));
	gp_buf_str(&patch, "*** Begin Patch\n*** Update File: a\n@@\n");
	for (size_t i = 0; i < 10000; i++)
		gp_buf_str(&patch, " x\n");
	gp_buf_str(&patch, "-y\n+z\n*** End Patch\n");
	measure("runs of 20000 equal lines", &t, gp_buf_all(&patch), 10);
}

int main(void)
{
	bench_note("patch", "reading and applying patches, on one core");
	many_files();
	large_file("100000 lines, 5000 chunks", true);
	large_file("100000 lines, 5000 chunks, indented anew", false);
	repetitive();
	return 0;
}
