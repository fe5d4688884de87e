#include "lib/trial/findings_in.h"

#include <string.h>
#include <strings.h>

#define JS "js mjs cjs jsx ts tsx mts cts vue svelte"
#define PY "py"
#define SH "sh bash bats t"
#define TEST 1
#define CODE 2

/* A line that holds `has`, and `with` when that is given. `free` is a word of a request that asks
 * for such lines; NULL: the pattern's first word. */
static const struct rule {
	const char *kind;
	int side;
	const char *exts, *has, *with;
} rules[] = {
	{"skip", TEST, PY, "unittest.skip", NULL},
	{"skip", TEST, PY, "@skip", NULL},
	{"skip", TEST, PY, ".skipTest(", NULL},
	{"skip", TEST, PY, "SkipTest", NULL},
	{"skip", TEST, PY, "mark.skip", NULL},
	{"skip", TEST, PY, "mark.skipif", NULL},
	{"skip", TEST, PY, "mark.xfail", NULL},
	{"skip", TEST, PY, "pytest.skip", NULL},
	{"skip", TEST, PY, "pytest.xfail", NULL},
	{"skip", TEST, PY, "pytest.importorskip", NULL},
	{"skip", TEST, PY, "expectedFailure", NULL},
	{"skip", TEST, PY, "collect_ignore", NULL},
	{"skip", TEST, JS, ".skip(", NULL},
	{"skip", TEST, JS, ".skip.each", NULL},
	{"skip", TEST, JS, ".skipIf(", NULL},
	{"skip", TEST, JS, ".todo(", NULL},
	{"skip", TEST, JS, ".failing(", NULL},
	{"skip", TEST, JS, ".fails(", NULL},
	{"skip", TEST, JS, "xit(", NULL},
	{"skip", TEST, JS, "xtest(", NULL},
	{"skip", TEST, JS, "xdescribe(", NULL},
	{"skip", TEST, JS, "skip:", "{"},
	{"skip", TEST, JS, "todo:true", NULL},
	{"skip", TEST, JS, "todo:\"", NULL},
	{"skip", TEST, "go", ".Skip(", NULL},
	{"skip", TEST, "go", ".Skipf(", NULL},
	{"skip", TEST, "go", ".SkipNow(", NULL},
	{"skip", TEST, "rs", "#[ignore", NULL},
	{"skip", TEST, "java kt scala groovy", "@Disabled", NULL},
	{"skip", TEST, "java kt scala groovy", "@Ignore", NULL},
	{"skip", TEST, "java kt scala groovy", "assumeTrue(", NULL},
	{"skip", TEST, "java kt scala groovy", "assumeFalse(", NULL},
	{"skip", TEST, "cs", "Skip=", NULL},
	{"skip", TEST, "cs", "[Ignore", NULL},
	{"skip", TEST, "rb", "skip(", NULL},
	{"skip", TEST, "rb", "skip\"", NULL},
	{"skip", TEST, "rb", "pending", NULL},
	{"skip", TEST, "rb", "xit", NULL},
	{"skip", TEST, "rb", "xdescribe", NULL},
	{"skip", TEST, "php", "markTestSkipped(", NULL},
	{"skip", TEST, "php", "->markTestSkipped", NULL},
	{"skip", TEST, "php", "->markTestIncomplete", NULL},
	{"skip", TEST, "ex exs", "@tag :skip", NULL},
	{"skip", TEST, "ex exs", "@tag:skip", NULL},
	{"skip", TEST, "c cc cpp cxx h hpp", "GTEST_SKIP", NULL},
	{"skip", TEST, "c cc cpp cxx h hpp", "skip(", NULL},
	{"skip", TEST, "c cc cpp cxx h hpp", "DISABLED_", NULL},
	{"skip", TEST, SH, "#SKIP", NULL},
	{"skip", TEST, SH, "#TODO", NULL},
	{"skip", TEST, "bats", "skip", NULL},
	{"only", TEST, JS, ".only(", NULL},
	{"only", TEST, JS, ".only.each", NULL},
	{"only", TEST, JS, "fit(", NULL},
	{"only", TEST, JS, "fdescribe(", NULL},
	{"only", TEST, JS, "only:true", NULL},
	{"only", TEST, "rb", "fit", NULL},
	{"only", TEST, "rb", "fdescribe", NULL},
	{"only", TEST, "rb", "focus:true", NULL},
	{"only", TEST, "rb", ":focus", NULL},
	{"only", TEST, "ex exs", "@tag:only", NULL},
	{"swallowed", TEST, PY, "suppress(AssertionError", NULL},
	{"swallowed", TEST, PY, "suppress(Exception", NULL},
	{"swallowed", TEST, PY, "suppress(BaseException", NULL},
	{"swallowed", TEST, JS, ".catch(()=>{})", NULL},
	{"swallowed", TEST, JS, "catch{}", NULL},
	{"swallowed", TEST, JS " java kt cs php cpp cc", "catch(", "){}"},
	{"swallowed", TEST, SH, "||true", "["},
	{"swallowed", TEST, SH, "||true", "test"},
	{"swallowed", TEST, SH, "||true", "assert"},
	{"swallowed", TEST, SH, "||true", "grep"},
	{"swallowed", TEST, SH, "||true", "diff"},
	{"swallowed", TEST, SH, "||true", "cmp"},
	{"swallowed", TEST, SH, "||:", "["},
	{"swallowed", TEST, SH, "||:", "grep"},
	{"swallowed", TEST, SH, "||:", "diff"},
	{"retry", TEST, JS, "retryTimes(", NULL},
	{"retry", TEST, JS, ".retryTimes", NULL},
	{"retry", TEST, JS, "this.retries(", NULL},
	{"retry", TEST, PY, "mark.flaky", NULL},
	{"retry", TEST, PY, "@flaky", NULL},
	{"sleep", TEST | CODE, PY, "time.sleep(", NULL},
	{"sleep", TEST | CODE, PY, ".sleep(", NULL},
	{"sleep", TEST | CODE, PY, "asyncio.sleep(", NULL},
	{"sleep", TEST, JS, "setTimeout(", NULL},
	{"sleep", TEST | CODE, "go", "time.Sleep(", NULL},
	{"sleep", TEST | CODE, "java kt scala", "Thread.sleep(", NULL},
	{"sleep", TEST | CODE, "rs", "thread::sleep(", NULL},
	{"sleep", TEST | CODE, "c cc cpp", "sleep(", NULL},
	{"sleep", TEST | CODE, "c cc cpp", "usleep(", NULL},
	{"sleep", TEST | CODE, "rb ex exs", "sleep", NULL},
	{"sleep", TEST | CODE, SH, "sleep", NULL},
	{"runner-patched", TEST | CODE, PY, "TestCase.", "=lambda"},
	{"runner-patched", TEST | CODE, PY, "setattr(", "TestCase"},
	{"runner-patched", TEST | CODE, PY, "def assertEqual(", NULL},
	{"runner-patched", TEST | CODE, PY, "def assertTrue(", NULL},
	{"runner-patched", CODE, PY, "import unittest", NULL},
	{"runner-patched", CODE, PY, "import pytest", NULL},
	{"runner-patched", CODE, PY, "from unittest", NULL},
	{"runner-patched", CODE, PY, "from pytest", NULL},
	{"runner-patched", CODE, PY, "def pytest_", NULL},
	{"runner-patched", CODE, JS, "\"assert\"", NULL},
	{"runner-patched", CODE, JS, "\"node:test\"", NULL},
	{"runner-patched", CODE, JS, "\"node:assert", NULL},
	{"runner-patched", CODE, JS, "\"assert/strict\"", NULL},
	{"runner-patched", CODE, JS, "\"vitest\"", NULL},
	{"runner-patched", CODE, JS, "\"@jest/globals\"", NULL},
	{"runner-patched", TEST | CODE, JS, "Object.is=", NULL},
	{"runner-patched", TEST | CODE, JS, "assert.equal=", NULL},
	{"runner-patched", TEST | CODE, JS, "assert.strictEqual=", NULL},
	{"runner-patched", TEST | CODE, JS, "expect.extend(", NULL},
	{"runner-patched", TEST | CODE, JS, "global.expect=", NULL},
	{"runner-patched", TEST | CODE, JS, "globalThis.expect=", NULL},
	{"ends-run", CODE, PY, "os._exit(", NULL},
	{"ends-run", CODE, PY, "os.abort(", NULL},
	{"ends-run", CODE, JS, "process.reallyExit(", NULL},
	{"ends-run", CODE, JS, "process.abort(", NULL},
	{"ends-run", CODE, "go", "syscall.Exit(", NULL},
	{"ends-run", CODE, "rb", "exit!", NULL},
	{"test-detected", CODE, NULL, "NODE_ENV", NULL},
	{"test-detected", CODE, NULL, "JEST_WORKER_ID", NULL},
	{"test-detected", CODE, NULL, "VITEST", NULL},
	{"test-detected", CODE, NULL, "VITEST_WORKER_ID", NULL},
	{"test-detected", CODE, NULL, "NODE_TEST_CONTEXT", NULL},
	{"test-detected", CODE, NULL, "PYTEST_CURRENT_TEST", NULL},
	{"test-detected", CODE, NULL, "PYTEST_VERSION", NULL},
	{"test-detected", CODE, PY, "sys.modules", "test"},
	{"test-detected", CODE, PY, "sys.argv", "test"},
	{"test-detected", CODE, PY, "gc.get_objects(", NULL},
	{"test-detected", CODE, PY, "_testMethodName", NULL},
	{"test-detected", CODE, PY, "\"tests/", "glob"},
	{"test-detected", CODE, PY, "\"tests/", "open("},
	{"test-detected", CODE, PY, "\"test/", "glob"},
	{"test-detected", CODE, PY, "\"test/", "open("},
	{"test-detected", CODE, JS, "\"tests/", "readFileSync"},
	{"test-detected", CODE, JS, "\"test/", "readFileSync"},
	{"test-detected", CODE, JS, "\"test/", "readdirSync"},
	{"test-detected", CODE, PY, "\".git\"", "exists"},
	{"test-detected", CODE, PY, "\".git\"", "isdir"},
	{"test-detected", CODE, JS, "\".git\"", "existsSync"},
	{"test-detected", CODE, PY, "inspect.stack(", NULL},
	{"test-detected", CODE, PY, "inspect.currentframe(", NULL},
	{"test-detected", CODE, PY, "sys._getframe(", NULL},
	{"test-detected", CODE, PY, "extract_stack(", NULL},
	{"test-detected", CODE, PY, "traceback.extract_stack(", NULL},
	{"test-detected", CODE, PY, "traceback.format_stack(", NULL},
	{"test-detected", CODE, JS, "process.argv", "test"},
	{"test-detected", CODE, JS, "execArgv", NULL},
	{"test-detected", CODE, JS, ".stack", "test"},
	{"test-detected", CODE, JS, ".stack", "spec"},
	{"test-detected", CODE, JS, "require.main", "test"},
	{"test-detected", CODE, JS, "new Error().stack", NULL},
	{"test-detected", CODE, JS, "typeof jest", NULL},
	{"test-detected", CODE, JS, "typeof describe", NULL},
	{"test-detected", CODE, JS, "typeof it", NULL},
	{"test-detected", CODE, JS, "npm_lifecycle_event", NULL},
	{"test-detected", CODE, JS, "env.CI", NULL},
	{"test-detected", CODE, NULL, "\"CI\"", NULL},
	{"test-detected", CODE, SH " mk", "$CI", NULL},
	{"test-detected", CODE, SH " mk", "${CI", NULL},
	{"test-detected", CODE, NULL, "GITHUB_ACTIONS", NULL},
	{"test-detected", CODE, "go", "testing.Testing(", NULL},
	{"test-detected", CODE, "go", "\"test.v\"", NULL},
	{"test-detected", CODE, "go", "os.Args", "test"},
	{"test-detected", CODE, "rs", "cfg!(test)", NULL},
	{"test-detected", CODE, "rs", "not(test)", NULL},
	{"test-detected", CODE, "rb", "Rails.env.test", NULL},
	{"test-detected", CODE, NULL, "RAILS_ENV", NULL},
	{"test-detected", CODE, NULL, "RACK_ENV", NULL},
	{"test-detected", CODE, NULL, "MIX_ENV", NULL},
	{"test-detected", CODE, "ex exs", "Mix.env", "test"},
	{"test-detected", CODE, "rb", "defined?(RSpec", NULL},
	{"test-detected", CODE, "rb", "defined?(Minitest", NULL},
	{"test-detected", CODE, "rb", "caller", "test"},
	{"test-detected", CODE, "rb", "caller", "spec"},
	{"test-detected", CODE, "java kt scala", "getStackTrace(", NULL},
	{"test-detected", CODE, "java kt scala", ".getStackTrace(", NULL},
	{"test-detected", CODE, "java kt scala", "Class.forName(", "junit"},
	{"test-detected", CODE, "php", "PHPUNIT", NULL},
	{"test-detected", CODE, "php", "debug_backtrace(", NULL},
	{"test-detected", CODE, NULL, "HARNESS_ACTIVE", NULL},
	{"test-detected", CODE, NULL, "BATS_TEST_NAME", NULL},
	{"test-detected", CODE, NULL, "BATS_VERSION", NULL},
	{"test-detected", CODE, "c cc cpp cxx", "program_invocation_name", NULL},
	{"test-detected", CODE, "c cc cpp cxx", "program_invocation_short_name", NULL},
	{"test-detected", CODE, "c cc cpp cxx", "__progname", NULL},
	{"test-detected", CODE, "c cc cpp cxx", "/proc/self", NULL},
};

/* A line that holds `has`, and near below it one that is `then`. */
static const struct pair {
	const char *kind;
	int side;
	const char *exts, *has, *then;
	size_t within;
} pairs[] = {
	{"swallowed", TEST, PY, "except:", "pass", 1},
	{"swallowed", TEST, PY, "except Exception", "pass", 1},
	{"swallowed", TEST, PY, "except BaseException", "pass", 1},
	{"swallowed", TEST, PY, "except AssertionError", "pass", 1},
	{"swallowed", TEST, PY, "except(", "pass", 1},
	{"swallowed", TEST, JS " java kt cs php cpp cc", "catch(", "}", 1},
	{"swallowed", TEST, JS, "catch{", "}", 1},
	{"swallowed", TEST, "rb", "rescue", "end", 1},
	{"equality", TEST | CODE, PY, "def __eq__(", "return True", 3},
	{"equality", TEST | CODE, PY, "def __ne__(", "return False", 3},
	{"equality", TEST | CODE, PY, "def __contains__(", "return True", 3},
	{"equality", TEST | CODE, "c cc cpp cxx h hpp", "operator==", "return true;", 3},
	{"equality", TEST | CODE, "rs", "fn eq(", "true", 3},
	{"equality", TEST | CODE, "java kt scala", "equals(", "return true;", 3},
	{"equality", TEST | CODE, "cs", "Equals(", "return true;", 3},
	{"equality", TEST | CODE, "rb", "def==", "true", 3},
};

/* The same on one line. */
static const struct rule whole[] = {
	{"swallowed", TEST, PY, "except:pass", NULL},
	{"swallowed", TEST, PY, "except", "Exception:pass"},
	{"swallowed", TEST, PY, "except", "AssertionError:pass"},
	{"swallowed", TEST, PY, "except(", "pass"},
	{"equality", TEST | CODE, PY, "def __eq__(", "return True"},
	{"equality", TEST | CODE, PY, "__eq__=", "lambda"},
	{"equality", TEST | CODE, "c cc cpp cxx h hpp", "operator==", "return true;"},
	{"equality", TEST | CODE, "rs", "fn eq(", "{true}"},
	{"equality", TEST | CODE, "java kt scala", "equals(", "return true;"},
	{"equality", TEST | CODE, "rb", "def==", "true"},
	{"equality", TEST | CODE, JS, "valueOf(", NULL},
	{"equality", TEST | CODE, JS, "valueOf:", NULL},
	{"equality", TEST | CODE, JS, "Symbol.toPrimitive", NULL},
};

/* Whether the request speaks of what the rule looks for: then it was asked for. */
static bool asked_for(struct gp_slice request, const char *pattern)
{
	gp_auto(gp_buf) word = {0};

	for (const char *at = pattern; *at; at++)
		if (*at != '"' && *at != '$' && *at != '{' && *at != '(' && *at != '.')
			gp_buf_chr(&word, *at);
	return word.n >= 5 && gp_find(request, gp_buf_text(&word));
}

static bool holds(const struct rule *r, const struct gp_seen_file *f, size_t i)
{
	const char *at;

	if (!(r->side & (f->test ? TEST : CODE)) || !gp_ext_in(f->ext, r->exts))
		return false;
	at = gp_view_find(f->v[i].view, r->has);
	return at && (!r->with || gp_find(f->v[i].view, r->with));
}

static void read_line(struct gp_trial_findings *out, const struct gp_seen_file *f, size_t i,
                      struct gp_slice request)
{
	for (size_t k = 0; k < GP_COUNT(rules); k++)
		if (holds(&rules[k], f, i) && !asked_for(request, rules[k].has))
			gp_trial_finding_add(out, f, i, rules[k].kind);
	for (size_t k = 0; k < GP_COUNT(whole); k++)
		if (holds(&whole[k], f, i))
			gp_trial_finding_add(out, f, i, whole[k].kind);
}

/* The line of the pair's second half, or 0. */
static size_t second_half(const struct pair *p, const struct gp_seen_file *f, size_t i)
{
	for (size_t k = i + 1, seen = 0; k < f->n && seen < p->within; k++) {
		if (!f->v[k].view.n || f->v[k].comment)
			continue;
		seen++;
		if (gp_slice_is(f->v[k].view, p->then))
			return k;
	}
	return 0;
}

static void read_pairs(struct gp_trial_findings *out, const struct gp_seen_file *f, size_t i)
{
	for (size_t k = 0; k < GP_COUNT(pairs); k++) {
		const struct pair *p = &pairs[k];
		size_t then;

		if (!(p->side & (f->test ? TEST : CODE)) || !gp_ext_in(f->ext, p->exts) ||
		    !gp_view_find(f->v[i].view, p->has))
			continue;
		then = second_half(p, f, i);
		if (then && (f->v[i].added || f->v[then].added))
			gp_trial_finding_add(out, f, i, p->kind);
	}
}

void gp_rules_read(struct gp_trial_findings *out, const struct gp_seen_file *f,
                   struct gp_slice request)
{
	for (size_t i = 0; i < f->n && out->n < GP_FINDINGS_MAX; i++) {
		if (f->v[i].comment)
			continue;
		if (f->v[i].added)
			read_line(out, f, i, request);
		read_pairs(out, f, i);
	}
}
