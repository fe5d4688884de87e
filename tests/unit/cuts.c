#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/trial/cuts.h"

/* What can be taken away from an implementation, told as text. */

static int hunks(struct gp_cuts *out, const char *path, const char *old, const char *new)
{
	const struct gp_cut_side a = {old ? 0100644 : 0, gp_slice(old)};
	const struct gp_cut_side b = {new ? 0100644 : 0, gp_slice(new)};
	int e = gp_cuts_hunks(out, path, &a, &b);

	gp_cuts_sort(out);
	return e;
}

/* "first-last" of each hunk, "whole" for those of files. */
static void assert_hunks(const char *want, const char *path, const char *old, const char *new)
{
	gp_auto(gp_cuts) c = {0};
	gp_auto(gp_buf) got = {0};

	assert_int_equal(hunks(&c, path, old, new), 0);
	for (size_t i = 0; i < c.n; i++)
		if (c.v[i].back)
			gp_buf_str(&got, "whole ");
		else
			gp_buf_fmt(&got, "%ld-%ld ", c.v[i].first, c.v[i].last);
	gp_buf_cut(&got, got.n ? got.n - 1 : 0);
	assert_string_equal(gp_buf_text(&got), want);
}

/* Each hunk taken away from new gives one of these texts, all of them together are given. */
static void assert_without(const char *want, const char *path, const char *old, const char *new,
                           size_t i)
{
	gp_auto(gp_cuts) c = {0};
	gp_auto(gp_buf) got = {0};

	assert_int_equal(hunks(&c, path, old, new), 0);
	assert_true(i < c.n);
	gp_cut_text(&got, &c.v[i], gp_slice(new));
	assert_string_equal(gp_buf_text(&got), want);
}

static void a_hunk_is_a_run_of_lines(void **state GP_UNUSED)
{
	const char *old = "a\nb\nc\nd\ne\n", *new = "a\nB\nc\nd\nx\ny\n";

	assert_hunks("2-2 5-6", "f.py", old, new);
	assert_without("a\nb\nc\nd\nx\ny\n", "f.py", old, new, 0);
	assert_without("a\nB\nc\nd\ne\n", "f.py", old, new, 1);
	assert_hunks("1-1", "f.py", "a\nb\n", "b\n");
	assert_without("a\nb\n", "f.py", "a\nb\n", "b\n", 0);
	assert_hunks("1-1", "f.py", "a\nb\n", "a\n");
	assert_without("a\nb\n", "f.py", "a\nb\n", "a\n", 0);
	assert_hunks("1-1", "f.py", "a", "b");
	assert_without("a", "f.py", "a", "b", 0);
	assert_hunks("1-1", "f.py", "a\n", "a");
	assert_without("a\n", "f.py", "a\n", "a", 0);
	assert_hunks("", "f.py", "a\n", "a\n");
}

static void lines_that_only_come_are_cut_into_blocks(void **state GP_UNUSED)
{
	const char *new =
		"import x\n\n\ndef a():\n    b = 1\n\n    return b\n\n\ndef c():\n    pass\n";

	assert_hunks("10-11 1-3 4-9", "f.py", NULL, new);
	assert_without("def a():\n    b = 1\n\n    return b\n\n\ndef c():\n    pass\n", "f.py",
	               NULL, new, 1);
	assert_without("import x\n\n\ndef c():\n    pass\n", "f.py", NULL, new, 2);
	assert_hunks("1-8", "f.c", "", "int a(void)\n{\n\tint b = 1;\n\n\treturn f(b,\n\n0);\n}\n");
}

static void what_no_test_can_notice_is_left_out(void **state GP_UNUSED)
{
	assert_hunks("", "f.py", "a\n", "# why\n\na\n");
	assert_hunks("", "f.js", "a\n", "/* why\n\n and\n how */\na\n");
	assert_hunks("1-1", "f.js", "a\n", "b /* why */\n");
	assert_hunks("", "README.md", "a\n", "b\n");
	assert_hunks("", "docs/README", "a\n", "b\n");
	assert_hunks("1-1", "requirements.txt", "a\n", "b\n");
}

static void files_come_and_go_whole(void **state GP_UNUSED)
{
	const struct gp_cut_side link = {0120000, GP_SLICE("a")}, other = {0120000, GP_SLICE("b")};
	const struct gp_cut_side bytes = {0100644, GP_SLICE("a\0b")},
				 text = {0100644, GP_SLICE("a")};
	gp_auto(gp_cuts) c = {0};

	assert_hunks("whole", "f.py", "a\n", NULL);
	assert_hunks("whole", "data.json", NULL, "{}\n\n{}\n");
	assert_int_equal(gp_cuts_hunks(&c, "l", &link, &other), 0);
	assert_int_equal(gp_cuts_hunks(&c, "b", &bytes, &text), 0);
	assert_int_equal(gp_cuts_hunks(&c, "b", &bytes, &bytes), 0);
	assert_int_equal(c.n, 2);
	assert_true(c.v[0].back && c.v[1].back);
}

/* Every mutant of a new text, as "line: the line as it becomes". */
static void assert_mutants(const char *want, const char *path, const char *new)
{
	gp_auto(gp_cuts) c = {0};
	gp_auto(gp_cuts) m = {0};
	gp_auto(gp_buf) got = {0};

	assert_int_equal(hunks(&c, path, "", new), 0);
	gp_cuts_mutants(&m, path, gp_slice(new), &c);
	for (size_t i = 0; i < m.n; i++) {
		gp_auto(gp_buf) text = {0};
		struct gp_slice rest, line = {0};

		gp_cut_text(&text, &m.v[i], gp_slice(new));
		rest = gp_buf_all(&text);
		for (long k = 0; k < m.v[i].first; k++)
			gp_line(&line, &rest);
		/* what is put before the next line */
		if (m.v[i].n == 0)
			gp_line(&line, &rest);
		line = gp_trim(line);
		gp_buf_fmt(&got, "%ld: %.*s\n", m.v[i].first, (int)line.n, line.p);
	}
	assert_string_equal(gp_buf_text(&got), want);
}

static void python_is_changed_where_it_is_code(void **state GP_UNUSED)
{
	assert_mutants("2: return None\n3: if not (a == 1):  # 7 == 7\n3: if a != 1:  # 7 == 7\n"
	               "3: if a == 2:  # 7 == 7\n4: return None\n",
	               "f.py",
	               "import os\ndef f(a):\n    if a == 1:  # 7 == 7\n        return \"8\"\n");
	assert_mutants("2: pass\n3: x = y if not (z) else w\n3: pass\n", "f.py",
	               "class A:\n    self.x(\"3\")\n    x = y if z else w\n");
	assert_mutants("", "f.py",
	               "\"\"\"\nif a == 1:\n    return 3\n\"\"\"\n@b(1)\nA = \"x 1 == 2\"\n");
	assert_mutants("2: if a <= 10:\n2: if a < 11:\n", "f.py", "(\nif a < 10:\n)\n");
	assert_mutants("2: return 1\n", "f.py", "a\n    return None\n");
}

static void of_a_changed_line_only_what_is_new(void **state GP_UNUSED)
{
	const char *new = "def f():\n    return g(1, True, 3)\n";
	gp_auto(gp_cuts) c = {0};
	gp_auto(gp_cuts) m = {0};
	gp_auto(gp_buf) got = {0};

	assert_int_equal(hunks(&c, "f.py", "def f():\n    return g(1, 3)\n", new), 0);
	gp_cuts_mutants(&m, "f.py", gp_slice(new), &c);
	for (size_t i = 0; i < m.n; i++)
		gp_buf_fmt(&got, "%s;", gp_buf_text(&m.v[i].put));
	assert_string_equal(gp_buf_text(&got), "False;None;");
}

static void c_is_changed_where_it_is_code(void **state GP_UNUSED)
{
	assert_mutants("4: if (!(a > b->c)) {\n4: if (a >= b->c) {\n5: ;\n7: return 0;\n", "f.c",
	               "#include <x1.h>\nstatic int f(int a)\n{\n\tif (a > b->c) {\n\t\tb->c = a;\n"
	               "\t}\n\treturn a;\n}\n");
	assert_mutants("", "f.c",
	               "int a[10];\nstruct b *c;\n/* a == b */\nchar *d = \"a == b 4\";\n");
	assert_mutants("3: ;\n", "f.c", "void f(void)\n{\n\tfree(a);\n\tint b = c;\n}\n");
}

static void other_languages_are_known(void **state GP_UNUSED)
{
	assert_mutants("1: return;\n2: if (!(a === 1)) return;\n2: if (a !== 1) return;\n"
	               "2: if (a === 2) return;\n3: return undefined;\n",
	               "f.ts",
	               "function f(a) {\n  if (a === 1) return;\n  return `${a} == 1`;\n}\n");
	assert_mutants("2: if !(a != nil) {\n2: if a == nil {\n3: \n", "f.go",
	               "func f() {\n\tif a != nil {\n\t\tg(a)\n\t\tb := c\n\t}\n}\n");
	assert_mutants("2: return Default::default();\n", "f.rs",
	               "fn f<'a>(x: &'a str) -> &'a str {\n    return x;\n}\n");
	assert_mutants("2: return x if !(y)\n2: return nil\n", "f.rb",
	               "def f\n  return x if y\nend\n");
	assert_mutants("", "f.json", "{\"a\": 1}\n");
	assert_mutants("", "f.sh", "if [ 1 = 1 ]; then\n  true\nfi\n");
}

static void eight_are_chosen_always_the_same(void **state GP_UNUSED)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) first = {0};

	for (int i = 0; i < 40; i++)
		gp_buf_fmt(&text, "def f%d(a):\n    if a < %d:\n        return a\n\n", i, i);
	for (int round = 0; round < 2; round++) {
		gp_auto(gp_cuts) c = {0};
		gp_auto(gp_cuts) m = {0};
		gp_auto(gp_buf) told = {0};

		assert_int_equal(hunks(&c, "f.py", "", gp_buf_text(&text)), 0);
		gp_cuts_mutants(&m, "f.py", gp_buf_all(&text), &c);
		assert_true(m.n > 100);
		gp_cuts_choose(&m);
		assert_int_equal(m.n, GP_MUTANTS);
		for (size_t i = 0; i < m.n; i++) {
			gp_buf_fmt(&told, "%ld %s\n", m.v[i].first, m.v[i].what);
			for (size_t k = 0; k < i; k++)
				assert_int_not_equal(m.v[i].first, m.v[k].first);
		}
		if (round)
			assert_string_equal(gp_buf_text(&told), gp_buf_text(&first));
		else
			gp_buf_slice(&first, gp_buf_all(&told));
	}
}

static void lines_found_unnoticed_get_no_mutants(void **state GP_UNUSED)
{
	const char *new = "def f(a):\n    return a\n\ndef g(a):\n    return a\n";
	gp_auto(gp_cuts) c = {0};
	gp_auto(gp_cuts) m = {0};

	assert_int_equal(hunks(&c, "f.py", "", new), 0);
	assert_int_equal(c.n, 2);
	c.v[0].unnoticed = true;
	gp_cuts_mutants(&m, "f.py", gp_slice(new), &c);
	for (size_t i = 0; i < m.n; i++)
		assert_true(m.v[i].first < c.v[0].first || m.v[i].first > c.v[0].last);
	assert_true(m.n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hunk_is_a_run_of_lines),
		cmocka_unit_test(lines_that_only_come_are_cut_into_blocks),
		cmocka_unit_test(what_no_test_can_notice_is_left_out),
		cmocka_unit_test(files_come_and_go_whole),
		cmocka_unit_test(python_is_changed_where_it_is_code),
		cmocka_unit_test(of_a_changed_line_only_what_is_new),
		cmocka_unit_test(c_is_changed_where_it_is_code),
		cmocka_unit_test(other_languages_are_known),
		cmocka_unit_test(eight_are_chosen_always_the_same),
		cmocka_unit_test(lines_found_unnoticed_get_no_mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
