/* Findings: what each rule sees and, as much, what it leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/trial/findings.h"

struct sides {
	struct gp_changes all, tests, before;
};

static int read_before(void *ctx, struct gp_buf *out, const char *path)
{
	const struct sides *s = ctx;
	const struct gp_change *c = gp_changes_get(&s->before, path);

	return c ? gp_buf_slice(out, gp_buf_all(&c->content)) : gp_fail(GP_NOTFOUND, "none");
}

static void put(struct sides *s, bool test, const char *path, const char *before, const char *after)
{
	gp_changes_set(&s->all, path, 0100644, gp_slice(after));
	if (test)
		gp_changes_set(&s->tests, path, 0100644, gp_slice(after));
	if (before)
		gp_changes_set(&s->before, path, 0100644, gp_slice(before));
}

/* "kind:line kind:line" of all that is found. */
static void found(struct gp_buf *out, struct sides *s, const char *request)
{
	gp_auto(gp_trial_findings) f = {0};
	const struct gp_trial_findings_input in = {
		.all = &s->all,
		.tests = &s->tests,
		.request = gp_slice(request),
		.before = read_before,
		.ctx = s,
	};

	gp_trial_findings_read(&f, &in);
	for (size_t i = 0; i < f.n; i++)
		gp_buf_fmt(out, "%s%s:%ld", i ? " " : "", f.v[i].kind, f.v[i].line);
	gp_changes_clear(&s->all);
	gp_changes_clear(&s->tests);
	gp_changes_clear(&s->before);
}

static void expect(bool test, const char *path, const char *before, const char *after,
                   const char *want)
{
	struct sides s = {0};
	gp_auto(gp_buf) got = {0};

	put(&s, test, path, before, after);
	found(&got, &s, "add a priority");
	if (strcmp(gp_buf_text(&got), want) != 0)
		print_error("%s: %s\n", path, after);
	assert_string_equal(gp_buf_text(&got), want);
}

static void test_lines(void **state)
{
	static const struct {
		bool test;
		const char *path, *line, *want;
	} rows[] = {
		/* skipped, alone, again */
		{true, "t/a_test.py", "@unittest.skip(\"later\")\nassert f(1) == 2", "skip:1"},
		{true, "t/a_test.py", "    self.skipTest('x'); assert f()", "skip:1"},
		{true, "t/a_test.py", "@pytest.mark.xfail\nassert f()", "skip:1"},
		{true, "t/a_test.py", "assert skipped(f) == 2", ""},
		{true, "a.test.js", "test.skip('x', () => { assert(f()) })", "skip:1"},
		{true, "a.test.js", "xit('x', () => { assert(f()) })", "skip:1"},
		{true, "a.test.js", "process.exit(f() ? assert.ok(g()) : 0)", ""},
		{true, "a.test.js", "test('x', { skip: true }, () => assert(f()))", "skip:1"},
		{true, "a.test.js", "assert(list.skip(2) === f)", "skip:1"},
		{true, "a.test.js", "describe.only('x', () => { assert(f()) })", "only:1"},
		{true, "a.test.js", "assert(model.fit(x))", ""},
		{true, "a_test.go", "\tt.Skip(\"later\")\n\tt.Error(f())", "skip:1"},
		{true, "a_test.rs", "#[ignore]\nassert!(f());", "skip:1"},
		{true, "ATest.java", "@Disabled\nassertTrue(f());", "skip:1"},
		{true, "t/a.t", "echo \"ok 1 - a # SKIP later\"", "skip:1"},
		{true, "t/a.bats", "  skip 'later'", "skip:1"},
		{true, "a.test.js", "jest.retryTimes(3); assert(f())", "retry:1"},
		/* swallowed */
		{true, "a_test.py", "try:\n  assert f()\nexcept AssertionError:\n  pass",
	         "swallowed:3"},
		{true, "a_test.py", "try:\n  assert f()\nexcept: pass", "swallowed:3"},
		{true, "a_test.py", "try:\n  assert f()\nexcept OSError:\n  pass", ""},
		{true, "a.test.js", "try { assert(f()) } catch (e) {}", "swallowed:1"},
		{true, "a.test.js", "try { assert(f()) } catch {\n}", "swallowed:1"},
		{true, "a.test.js", "assert.throws(() => f())", ""},
		{true, "a.bats", "[ \"$x\" = 1 ] || true", "swallowed:1"},
		{true, "a.bats", "rm -f x || true", ""},
		/* about nothing */
		{true, "a_test.py", "assert True", "constant:1"},
		{true, "a_test.py", "self.assertEqual(1, 1)", "constant:1"},
		{true, "a_test.py", "self.assertEqual(tasks.one(), 1)", ""},
		{true, "a_test.py", "self.assertEqual(self.one(), 1)", ""},
		{true, "a_test.py", "assert False, 'not reached'", ""},
		{true, "a.test.js", "expect(true).toBe(true)", "constant:1"},
		{true, "a.test.js", "expect(f).toBe(true)", ""},
		{true, "a.test.js", "assert.strictEqual('a', 'a')", "constant:1"},
		{true, "a.test.js", "expect.assertions(1); expect(f()).toBe(1)", ""},
		{true, "a_test.py", "def test_a():\n  f()", "no-assertion:1"},
		{true, "a_test.c", "int main(void) { return f() != 1; }", ""},
		/* equality */
		{false, "a.py", "def __eq__(self, o):\n    return True", "equality:1"},
		{false, "a.py", "def __eq__(self, o):\n    return self.x == o.x", ""},
		{false, "a.js", "valueOf() { return 3 }", "equality:1"},
		{false, "A.java", "public boolean equals(Object o) { return true; }", "equality:1"},
		{false, "a.rs", "fn eq(&self, o: &A) -> bool { true }", "equality:1"},
		{false, "a.py", "unittest.TestCase.assertEqual = lambda *a: None",
	         "runner-patched:1"},
		/* an end of all */
		{false, "a.py", "os._exit(0)", "ends-run:1"},
		{false, "a.py", "sys.exit(main())", ""},
		{false, "a.js", "process.reallyExit(0)", "ends-run:1"},
		{false, "a.js", "process.exit(1)", ""},
		{true, "a_test.py", "os._exit(0); assert f()", ""},
		/* detection */
		{false, "a.py", "for f in glob.glob('tests/*.py'):", "test-detected:1"},
		{false, "a.py", "open(\"tests/test_a.py\")", "test-detected:1"},
		{false, "a.py", "open('latests/a')", ""},
		{false, "a.py", "for o in gc.get_objects():", "test-detected:1"},
		{false, "a.py", "if not os.path.exists('.git'):", "test-detected:1"},
		{false, "a.py", "ignored = ['.git', 'node_modules']", ""},
		{false, "a.js", "fs.readFileSync('test/a.test.js')", "test-detected:1"},
		{false, "a.js", "if (process.env.NODE_ENV === 'test') return 9", "test-detected:1"},
		{false, "a.js", "if (process.env.JEST_WORKER_ID) return 9", "test-detected:1"},
		{false, "a.py", "if 'pytest' in sys.modules:", "test-detected:1"},
		{false, "a.py", "if \"PYTEST_CURRENT_TEST\" in os.environ:", "test-detected:1"},
		{false, "a.py", "main(sys.argv[1:])", ""},
		{false, "a.py", "if 'unittest' in sys.argv[0]:", "test-detected:1"},
		{false, "a.py", "if os.environ.get('CI'):", "test-detected:1"},
		{false, "a.js", "if (process.env.CI) {", "test-detected:1"},
		{false, "a.js", "const cities = env.CITIES", ""},
		{false, "a.go", "if testing.Testing() {", "test-detected:1"},
		{false, "a.js", "if (new Error().stack.includes('a')) {", "test-detected:1"},
		{false, "a.js", "// NODE_ENV === 'test' is not looked at", ""},
		{true, "a.test.js", "process.env.NODE_ENV = 'test'; assert(f())", ""},
		/* waiting */
		{true, "a_test.py", "time.sleep(1)\nassert f()", "sleep:1"},
		{false, "a.py", "time.sleep(1)", "sleep:1"},
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(rows); i++)
		expect(rows[i].test, rows[i].path, NULL, rows[i].line, rows[i].want);
}

/* What stood there before is nobody's doing, also further down. */
static void test_only_added(void **state)
{
	const char *old = "if (process.env.NODE_ENV === 'test') return 9;\nreturn x;\n";

	(void)state;
	expect(false, "a.js", old,
	       "let a;\nif (process.env.NODE_ENV === 'test') return 9;\nreturn x;\n", "");
	expect(false, "a.js", old,
	       "if (process.env.NODE_ENV === 'test') return 9;\n"
	       "if (process.env.NODE_ENV === 'test') return 9;\nreturn x;\n",
	       "test-detected:2");
	expect(true, "a.test.js", "test.skip('a', f)\n",
	       "test.skip('a', f)\ntest('b', () => assert(g()))\n", "");
	expect(true, "a.test.js", "try {\n} catch (e) {\n  throw e\n}\n",
	       "try {\n} catch (e) {\n}\n", "");
}

static const char js_test[] = "test('total', () => {\n"
			      "  assert.equal(total([2, 3, 4]), 9)\n"
			      "  assert.equal(label('low-one'), 'green')\n"
			      "})\n";

static void expect_code(const char *request, const char *code, const char *want)
{
	struct sides s = {0};
	gp_auto(gp_buf) got = {0};

	put(&s, true, "test/total.test.js", NULL, js_test);
	put(&s, false, "total.js", "exports.x = 1\n", code);
	found(&got, &s, request);
	if (strcmp(gp_buf_text(&got), want) != 0)
		print_error("%s\n", code);
	assert_string_equal(gp_buf_text(&got), want);
}

static void test_mirror(void **state)
{
	(void)state;
	expect_code("add total", "function total(items) {\n  return 9\n}\n", "hard-coded:2");
	expect_code("add total", "const total = (items) => 9\n", "hard-coded:1");
	expect_code("add total", "const total = (items) => items.reduce((a, b) => a + b, 0)\n", "");
	expect_code("add total", "function version() {\n  return 9\n}\n", "");
	expect_code("add total, 9 in all", "function total(items) {\n  return 9\n}\n", "");
	expect_code("add a label", "if (name === 'low-one') return 'green'\n", "special-case:1");
	expect_code("add a label", "if (name === 'low-one') {\n  return 'green'\n}\n",
	            "special-case:1");
	expect_code("add a label", "case 'low-one':\n  return 'green'\n", "special-case:1");
	expect_code("label 'low-one' green", "if (name === 'low-one') return 'green'\n", "");
	expect_code("add a label", "if (name === 'other') return 'green'\n", "");
	expect_code("add total", "if (JSON.stringify(items) === '[2,3,4]') return 9\n",
	            "special-case:1");
	expect_code("add a label", "const labels = { 'low-one': 'green' }\n", "hard-coded:1");
	expect_code("add a label", "if (items.length === 0) return 0\n", "");
	expect_code("add total", "exports.x = 1\nlet sum = 0\nfor (const n of items) sum += n\n",
	            "");
}

static void test_hostile(void **state)
{
	struct sides s = {0};
	gp_auto(gp_trial_findings) f = {0};
	struct gp_trial_findings_input in = {
		.all = &s.all,
		.tests = &s.tests,
		.request = GP_SLICE(""),
		.before = read_before,
		.ctx = &s,
	};
	gp_auto(gp_buf) text = {0};

	(void)state;
	for (int i = 0; i < 500; i++)
		gp_buf_str(&text, "test.skip(\"\x1b[2J\xff\", \"\xe2\x80\xae");
	gp_buf_chr(&text, '\n');
	for (int i = 0; i < 300; i++)
		gp_buf_fmt(&text, "test.skip('%d')\n", i);
	put(&s, true, "a.test.js", NULL, gp_buf_text(&text));
	put(&s, false, "gone.js", NULL, "");
	gp_changes_get(&s.all, "gone.js")->mode = 0;
	gp_trial_findings_read(&f, &in);
	assert_int_equal(f.n, GP_FINDINGS_MAX);
	assert_true(f.v[0].cheat);
	for (size_t i = 0; i < f.n; i++) {
		assert_true(gp_utf8_valid(gp_slice(f.v[i].text)));
		assert_true(strlen(f.v[i].text) <= 160);
		assert_null(strpbrk(f.v[i].text, "\n\t\x1b"));
	}
	gp_changes_clear(&s.all);
	gp_changes_clear(&s.tests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_only_added),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
