/*
 * Runs every .case file in tests/cases/patch, one test each. A case is one file:
 *
 *   What it shows, in words.
 *   === file src/a.c          a file of the tree before
 *   int a;
 *   === reply                 what the model wrote
 *   *** Begin Patch
 *   ...
 *   === after src/a.c         a file the patch must leave, with its bytes
 *   === gone src/b.c          a file it must delete
 *   === error not-found       instead of those: the code; the lines below it must stand in the
 *   chunk 2                   reason
 *
 * The set of changes must be exactly what is listed. Words after a path (or after "reply") change
 * how the lines are taken: "crlf" (all end so), "bom", "cut" (no newline at the end), "esc" (the
 * escapes \r \n \t \0 \\ \xHH, and a backslash at the end of a line joins it to the next), "exec",
 * "symlink", "submodule", "folder".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <glob.h>

#include "lib/patch/patch.h"
#include "tests/memtree.h"

static int slurp(struct gp_buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	char chunk[4096];
	size_t n;

	if (!f)
		return gp_fail_errno(GP_FAILED, "cannot open '%s'", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		gp_buf_add(out, chunk, n);
	fclose(f);
	return 0;
}

struct section {
	char kind[16], path[128];
	bool crlf, bom, cut, esc;
	unsigned mode;
	struct gp_buf text;
};

struct scene {
	struct memtree tree;
	struct gp_buf reply;
	struct gp_changes want;
	struct gp_buf error; /* the code, then lines */
};

static void scene_clear(struct scene *s)
{
	memtree_clear(&s->tree);
	gp_buf_clear(&s->reply);
	gp_changes_clear(&s->want);
	gp_buf_clear(&s->error);
}

static void flag(struct section *s, const char *word)
{
	s->crlf |= strcmp(word, "crlf") == 0;
	s->bom |= strcmp(word, "bom") == 0;
	s->cut |= strcmp(word, "cut") == 0;
	s->esc |= strcmp(word, "esc") == 0;
	if (strcmp(word, "exec") == 0)
		s->mode = 0100755;
	if (strcmp(word, "symlink") == 0)
		s->mode = 0120000;
	if (strcmp(word, "submodule") == 0)
		s->mode = 0160000;
	if (strcmp(word, "folder") == 0)
		s->mode = 0040000;
}

static void escape(struct gp_buf *out, struct gp_slice line, bool *joined)
{
	*joined = false;
	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i], hex[3] = {0};

		if (c != '\\') {
			gp_buf_chr(out, c);
		} else if (++i == line.n) {
			*joined = true;
		} else if (line.p[i] == 'x') {
			memcpy(hex, line.p + i + 1, 2);
			gp_buf_chr(out, (char)strtol(hex, NULL, 16));
			i += 2;
		} else {
			c = line.p[i];
			gp_buf_chr(out, (char)(c == 'n'   ? '\n'
			                       : c == 'r' ? '\r'
			                       : c == 't' ? '\t'
			                       : c == '0' ? 0
			                                  : c));
		}
	}
}

static void add_line(struct section *s, struct gp_slice line)
{
	bool joined = false;

	if (s->esc)
		escape(&s->text, line, &joined);
	else
		gp_buf_slice(&s->text, line);
	if (!joined)
		gp_buf_str(&s->text, s->crlf ? "\r\n" : "\n");
}

static void close_section(struct scene *c, struct section *s)
{
	struct gp_slice text;

	if (s->cut && s->text.n)
		gp_buf_cut(&s->text, s->text.n - (s->crlf ? 2 : 1));
	text = gp_buf_all(&s->text);
	if (strcmp(s->kind, "file") == 0)
		gp_changes_set(&c->tree.files, s->path, s->mode, text);
	else if (strcmp(s->kind, "after") == 0)
		gp_changes_set(&c->want, s->path, s->mode, text);
	else if (strcmp(s->kind, "gone") == 0)
		gp_changes_set(&c->want, s->path, 0, text);
	else if (strcmp(s->kind, "reply") == 0)
		gp_buf_slice(&c->reply, text);
	else if (strcmp(s->kind, "error") == 0)
		gp_buf_fmt(&c->error, "%s: \n%s", s->path, gp_buf_text(&s->text));
	else if (s->kind[0])
		fail_msg("no such section: %s", s->kind);
	gp_buf_clear(&s->text);
}

static void open_section(struct section *s, struct gp_slice line)
{
	gp_auto_str char *text = gp_strndup(line.p + 4, line.n - 4);
	char *save = NULL, *word = strtok_r(text, " ", &save);

	*s = (struct section){.mode = 0100644};
	snprintf(s->kind, sizeof(s->kind), "%s", word ? word : "");
	if (strcmp(s->kind, "reply") != 0) {
		word = strtok_r(NULL, " ", &save);
		snprintf(s->path, sizeof(s->path), "%s", word ? word : "");
	}
	while ((word = strtok_r(NULL, " ", &save)))
		flag(s, word);
	if (s->bom)
		gp_buf_str(&s->text, "\xef\xbb\xbf");
}

static void read_case(struct scene *c, const char *path)
{
	gp_auto(gp_buf) text = {0};
	struct section s = {0};
	struct gp_slice rest, line;

	assert_int_equal(slurp(&text, path), 0);
	rest = gp_buf_all(&text);
	while (gp_line(&line, &rest)) {
		if (line.n > 4 && memcmp(line.p, "=== ", 4) == 0) {
			close_section(c, &s);
			open_section(&s, line);
		} else if (s.kind[0]) {
			add_line(&s, line);
		}
	}
	close_section(c, &s);
}

static void check_reason(const struct scene *c, const struct gp_buf *why)
{
	struct gp_slice rest = gp_buf_all(&c->error), line;

	assert_true(why->n > 0 && why->n <= GP_PATCH_WHY);
	assert_true(gp_utf8_valid(gp_buf_all(why)));
	while (gp_line(&line, &rest)) {
		gp_auto_str char *part = gp_strndup(line.p, line.n);

		if (!strstr(gp_buf_text(why), part))
			fail_msg("'%s' does not stand in:\n%s", part, gp_buf_text(why));
	}
}

static void check_changes(const struct scene *c, const struct gp_changes *got)
{
	for (size_t i = 0; i < c->want.n; i++) {
		const struct gp_change *want = &c->want.v[i];
		const struct gp_change *have = gp_changes_get(got, want->path);

		if (!have)
			fail_msg("no change of %s", want->path);
		assert_int_equal(have->mode, want->mode);
		assert_string_equal(gp_buf_text(&have->content), gp_buf_text(&want->content));
		assert_int_equal(have->content.n, want->content.n);
	}
	assert_int_equal(got->n, c->want.n);
}

static void play(void **state)
{
	__attribute__((cleanup(scene_clear))) struct scene c = {0};
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_changes) got = {0};
	gp_auto(gp_buf) why = {0};
	struct gp_patch_tree tree;
	int e;

	read_case(&c, *state);
	assert_true(c.reply.n > 0);
	assert_true(c.error.n > 0 || c.want.n > 0);
	tree = memtree_seen(&c.tree);
	e = gp_patch_parse(&p, gp_buf_all(&c.reply), &why);
	if (e)
		assert_int_equal(p.n, 0);
	else
		e = gp_patch_apply(&got, &p, &tree, &why);
	if (getenv("GP_SHOW_WHY") && e)
		print_message("%s\n%s\n", (char *)*state, gp_buf_text(&why));
	if (c.error.n) {
		assert_int_equal(e, GP_INVALID);
		assert_int_equal(got.n, 0);
		check_reason(&c, &why);
	} else {
		if (e)
			fail_msg("refused: %s", gp_buf_text(&why));
		check_changes(&c, &got);
	}
}

/* All chunks that fail are told at once, in the room there is. */
static void reason_has_room_for_many(void **state)
{
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	struct gp_patch_tree tree = memtree_seen(&t);
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) why = {0};
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_changes) got = {0};

	(void)state;
	gp_buf_str(&text, "*** Begin Patch\n");
	for (int i = 0; i < 100; i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "%0150d", i);
		gp_changes_set(&t.files, gp_buf_text(&path), 0100644, GP_SLICE("\x1b[31m one\n"));
		gp_buf_fmt(&text, "*** Update File: %0150d\n@@\n-\x1b two\n+three\n", i);
	}
	gp_buf_str(&text, "*** End Patch\n");
	assert_int_equal(gp_patch_parse(&p, gp_buf_all(&text), &why), 0);
	assert_int_equal(gp_patch_apply(&got, &p, &tree, &why), GP_INVALID);
	assert_int_equal(got.n, 0);
	assert_true(why.n > 800 && why.n <= GP_PATCH_WHY);
	assert_non_null(strstr(why.p, " more)\n"));
	assert_null(strchr(why.p, '\x1b'));
}

static int broken_read(void *ctx, const char *path, struct gp_buf *out, unsigned *mode)
{
	(void)ctx;
	(void)path;
	(void)mode;
	gp_buf_str(out, "half");
	return gp_fail(GP_FAILED, "cannot read 'a': disk");
}

static unsigned all_files(void *ctx, const char *path, const char **clash)
{
	(void)ctx;
	(void)path;
	(void)clash;
	return 0100644;
}

static void failed_read_is_no_reason_for_the_model(void **state)
{
	struct gp_patch_tree tree = {.read = broken_read, .stat = all_files};
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_changes) got = {0};
	gp_auto(gp_buf) why = {0};

	(void)state;
	assert_int_equal(gp_patch_parse(&p,
	                                GP_SLICE("*** Begin Patch\n*** Delete File: b\n*** Update "
	                                         "File: a\n-half\n+x\n*** End Patch\n"),
	                                &why),
	                 0);
	assert_int_equal(gp_patch_apply(&got, &p, &tree, &why), GP_FAILED);
	assert_int_equal(got.n, 0);
	assert_string_equal(gp_message(), "cannot read 'a': disk");
}

/* A patch is read whole or not at all, wherever it is cut; with line ends lost or not. */
static void no_prefix_applies(void **state)
{
	static const char text[] = "*** Begin Patch\r\n*** Update File: a\r\n@@\r\n-one\r\n+two\r\n"
				   "*** Add File: b\r\n+x\r\n*** End Patch\r\n";
	gp_auto(gp_buf) why = {0};

	(void)state;
	for (size_t n = 0; n + 2 < sizeof(text) - 1; n++) {
		gp_auto(gp_patch) p = {0};

		if (gp_patch_parse(&p, (struct gp_slice){text, n}, &why) == 0)
			assert_true(n >= sizeof(text) - 4);
	}
}

static void limits_hold(void **state)
{
	gp_auto(gp_buf) text = {.max = 2 * GP_PATCH_MAX};
	gp_auto(gp_buf) why = {0};
	gp_auto(gp_patch) p = {0};

	(void)state;
	gp_buf_str(&text, "*** Begin Patch\n");
	for (int i = 0; i <= GP_PATCH_FILES; i++)
		gp_buf_fmt(&text, "*** Delete File: f%d\n", i);
	gp_buf_str(&text, "*** End Patch\n");
	assert_int_equal(gp_patch_parse(&p, gp_buf_all(&text), &why), GP_INVALID);
	assert_true(gp_starts(why.p, "too-large: "));
	while (text.n <= GP_PATCH_MAX)
		gp_buf_str(&text, "0123456789012345678901234567890123456789\n");
	assert_int_equal(gp_patch_parse(&p, gp_buf_all(&text), &why), GP_INVALID);
	assert_true(gp_starts(why.p, "too-large: "));
}

static int apply_to(struct memtree *t, struct gp_slice text, struct gp_buf *why)
{
	struct gp_patch_tree tree = memtree_seen(t);
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_changes) got = {0};
	int e = gp_patch_parse(&p, text, why);

	if (!e)
		e = gp_patch_apply(&got, &p, &tree, why);
	assert_true(e == 0 || got.n == 0);
	return e;
}

/* Files no model should edit, and searches that would take for ever: said, not tried. */
static void hostile_files_are_refused(void **state)
{
	static const char one[] = "*** Begin Patch\n*** Update File: a\n-x\n+y\n*** End Patch\n";
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) patch = {0};
	gp_auto(gp_buf) why = {0};

	(void)state;
	for (size_t i = 0; i <= GP_PATCH_LINES; i++)
		gp_buf_chr(&text, '\n');
	gp_changes_set(&t.files, "a", 0100644, gp_buf_all(&text));
	assert_int_equal(apply_to(&t, GP_SLICE(one), &why), GP_INVALID);
	assert_true(gp_starts(why.p, "too-large: a "));
	while (text.n <= GP_PATCH_TEXT)
		gp_buf_str(&text, "0123456789012345678901234567890123456789");
	gp_changes_set(&t.files, "a", 0100644, gp_buf_all(&text));
	assert_int_equal(apply_to(&t, GP_SLICE(one), &why), GP_INVALID);
	assert_true(gp_starts(why.p, "too-large: a "));

	gp_buf_cut(&text, 0);
	for (int i = 0; i < 50000; i++)
		gp_buf_str(&text, "a\na\na\na\na\na\na\nb\n");
	gp_changes_set(&t.files, "a", 0100644, gp_buf_all(&text));
	gp_buf_str(&patch, "*** Begin Patch\n*** Update File: a\n");
	for (int i = 0; i < 10000; i++)
		gp_buf_str(&patch, " a\n a\n a\n a\n a\n a\n a\n b\n");
	gp_buf_str(&patch, " a\n a\n a\n a\n a\n a\n a\n a\n-a\n*** End Patch\n");
	assert_int_equal(apply_to(&t, gp_buf_all(&patch), &why), GP_INVALID);
	assert_true(gp_starts(why.p, "too-large: a, chunk 1 "));
}

/* Too large to be paired line by line; what is equal at both ends still keeps its bytes. */
static void large_block_keeps_its_ends(void **state)
{
	__attribute__((cleanup(memtree_clear))) struct memtree t = {0};
	struct gp_patch_tree tree = memtree_seen(&t);
	gp_auto(gp_buf) old = {0};
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) want = {0};
	gp_auto(gp_buf) why = {0};
	gp_auto(gp_patch) p = {0};
	gp_auto(gp_changes) got = {0};

	(void)state;
	gp_buf_str(&text, "a.c\n<<<<<<< SEARCH\n");
	for (int i = 0; i < 2000; i++) {
		gp_buf_fmt(&old, "%d \r\n", i);
		gp_buf_fmt(&text, "%d\n", i);
	}
	gp_buf_str(&text, "=======\n");
	for (int i = 0; i < 2000; i++) {
		bool same = i < 500 || i >= 1500;

		gp_buf_fmt(&text, same ? "%d\n" : "new %d\n", i);
		gp_buf_fmt(&want, same ? "%d \r\n" : "new %d\r\n", i);
	}
	gp_buf_str(&text, ">>>>>>> REPLACE\n");
	gp_changes_set(&t.files, "a.c", 0100644, gp_buf_all(&old));
	assert_int_equal(gp_patch_parse(&p, gp_buf_all(&text), &why), 0);
	assert_int_equal(gp_patch_apply(&got, &p, &tree, &why), 0);
	assert_string_equal(gp_buf_text(&got.v[0].content), want.p);
}

static void folding_joins_case_and_composition(void **state)
{
	static const char *const same[][2] = {
		{"A/b", "a/B"},
		{"caf\xc3\xa9", "CAFE\xcc\x81"},
		{"stra\xc3\x9f"
	         "e",
	         "STRASSE"},
		{"\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"},
		{"\xce\xa3", "\xcf\x82"},
		{"\xe1\xba\xa4", "a\xcc\x82\xcc\x81"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(same); i++) {
		gp_auto(gp_buf) a = {0};
		gp_auto(gp_buf) b = {0};

		gp_path_fold(&a, gp_slice(same[i][0]));
		gp_path_fold(&b, gp_slice(same[i][1]));
		assert_string_equal(gp_buf_text(&a), gp_buf_text(&b));
	}
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(reason_has_room_for_many),
		cmocka_unit_test(failed_read_is_no_reason_for_the_model),
		cmocka_unit_test(no_prefix_applies),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(hostile_files_are_refused),
		cmocka_unit_test(large_block_keeps_its_ends),
		cmocka_unit_test(folding_joins_case_and_composition),
	};
	struct CMUnitTest *tests;
	glob_t found = {0};
	size_t n = GP_COUNT(fixed);
	int failed;

	if (glob("tests/cases/patch/*.case", 0, NULL, &found) != 0)
		return fprintf(stderr, "no cases: run from the top of the tree\n"), 1;
	tests = gp_alloc((n + found.gl_pathc) * sizeof(*tests));
	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < found.gl_pathc; i++)
		tests[n++] = (struct CMUnitTest){.name = base(found.gl_pathv[i]),
		                                 .test_func = play,
		                                 .initial_state = found.gl_pathv[i]};
	failed = _cmocka_run_group_tests("patch", tests, n, NULL, NULL);
	gp_free(tests);
	globfree(&found);
	return failed != 0;
}
