#!/bin/sh
# The main job with each kind of runner: red as it should be, green, the suite before and after.
. "${0%/*}/lib.sh"

# prove_it <name> <outcome> <verdict of red> <tests in the suite afterwards>: the reply is on stdin
prove_it() {
	what=$1 outcome=$2 red=$3 count=$4
	{
		echo 'request'
		echo 'text "Add a double"'
		cat
		echo 'completed'
	} >"$T/script"
	git init -q && commit 'first'
	start_model "$T/script"
	run git preview --json "double a number"
	stop_model "$what: the conversation was as scripted"
	grep '"event":"done"' "$T/out" >"$T/done"
	grep '"event":"red"' "$T/out" >"$T/red"
	report_run "$what: a branch is made" "$status"
	has "$what: the outcome is $outcome" "$T/done" "\"outcome\":\"$outcome\""
	has "$what: red is $red" "$T/red" "\"verdict\":\"$red\""
	branch=$(sed -n 's/.*"branch":"\([^"]*\)".*/\1/p' "$T/done")
	[ -n "$branch" ] || return 0
	git notes --ref=preview show "$branch" >"$T/note"
	is "$what: the suite ran $count tests" "$count" \
		"$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))["whole"]["tests"]))' "$T/note")"
	t_status 1 "$what: without the implementation it fails" git preview-test "$branch~1"
	t_status 0 "$what: with it, it passes" git preview-test "$branch"
}

needs() { # <program> <tests that are left out>
	command -v "$1" >/dev/null && return
	skip "$2" "no $1 on this machine"
	return 1
}

# python, where the name is new: red is a missing name, and assertions fail on mutants
mkdir -p "$T/python/tests" && cd "$T/python" || exit 1
printf 'def one():\n    return 1\n' >number.py
mv number.py numbers_.py
touch tests/__init__.py
cat >tests/test_one.py <<'E2'
import unittest

import numbers_


class OneTest(unittest.TestCase):
    def test_one(self):
        self.assertEqual(numbers_.one(), 1)
E2
prove_it python proven missing 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_double.py
+import unittest
+
+import numbers_
+
+
+class DoubleTest(unittest.TestCase):
+    def test_double(self):
+        self.assertEqual(numbers_.double(2), 4)
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: numbers_.py
 def one():
     return 1
+
+
+def double(n):
+    return 2 * n
*** End Patch
PATCH
E2

# python, where the suite names a test otherwise than a run of its file does
mkdir -p "$T/names/tests" && cd "$T/names" || exit 1
cp "$T/python/tests/test_one.py" tests && git -C "$T/python" show main:numbers_.py >numbers_.py
prove_it names proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_two.py
+import unittest
+
+import numbers_
+
+
+class TwoTest(unittest.TestCase):
+    def test_two(self):
+        self.assertTrue(hasattr(numbers_, "two"))
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: numbers_.py
 def one():
     return 1
+
+
+def two():
+    return 2
*** End Patch
PATCH
E2

# node's own runner
if needs node "node --test"; then
	mkdir -p "$T/node/test" && cd "$T/node" || exit 1
	printf '{"name":"n","version":"1.0.0","type":"module","scripts":{"test":"node --test"}}\n' >package.json
	printf 'export function times(n, k) {\n  return n;\n}\n' >times.js
	cat >test/one.test.js <<'E2'
import test from 'node:test';
import assert from 'node:assert';
import { times } from '../times.js';

test('once', () => {
  assert.equal(times(3, 1), 3);
});
E2
	prove_it node proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: test/double.test.js
+import test from 'node:test';
+import assert from 'node:assert';
+import { times } from '../times.js';
+
+test('twice', () => {
+  assert.equal(times(3, 2), 6);
+});
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: times.js
-  return n;
+  return n * k;
*** End Patch
PATCH
E2

	# a runner that writes JUnit files
	mkdir -p "$T/junit/test" && cd "$T/junit" || exit 1
	cp -R "$T/node/package.json" "$T/node/test" .
	git -C "$T/node" show main:times.js >times.js
	cat >.codexflow.ini <<'E2'
[test]
command = mkdir -p out && node --test --test-reporter=junit
 --test-reporter-destination=out/all.xml
new = mkdir -p out && node --test --test-reporter=junit
 --test-reporter-destination=out/new.xml {files}
report = junit:out/*.xml
E2
	prove_it junit proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: test/double.test.js
+import test from 'node:test';
+import assert from 'node:assert';
+import { times } from '../times.js';
+
+test('twice', () => {
+  assert.equal(times(3, 2), 6);
+});
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: times.js
-  return n;
+  return n * k;
*** End Patch
PATCH
E2
fi

# a C project with make check that prints TAP; the name is new, so the suite does not build
mkdir -p "$T/c/tests" && cd "$T/c" || exit 1
printf 'int times(int n, int k);\n' >times.h
printf '#include "times.h"\n\nint times(int n, int k)\n{\n\treturn n + 0 * k;\n}\n' >times.c
cat >tests/check.h <<'E2'
#include <stdio.h>
static int count, bad;
static void ok(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
	bad += !good;
}
E2
cat >tests/one.c <<'E2'
#include "check.h"
#include "../times.h"

int main(void)
{
	ok(times(3, 1) == 3, "once");
	printf("1..%d\n", count);
	return bad != 0;
}
E2
cat >Makefile <<'E2'
TESTS = $(patsubst %.c,%,$(wildcard tests/*.c))
check: $(TESTS)
	@for t in $(TESTS); do ./$$t || bad=1; done; test -z "$$bad"
tests/%: tests/%.c times.c times.h tests/check.h
	cc -Wall -o $@ $< times.c
.PHONY: check
E2
prove_it make proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/two.c
+#include "check.h"
+#include "../times.h"
+
+int main(void)
+{
+	ok(times(3, 2) == 6, "twice");
+	printf("1..%d\n", count);
+	return bad != 0;
+}
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: times.c
-	return n + 0 * k;
+	return n * k;
*** End Patch
PATCH
E2

# perl's prove
mkdir -p "$T/prove/t" && cd "$T/prove" || exit 1
printf 'package Times;\nsub times { return $_[0] }\n1;\n' >Times.pm
cat >t/one.t <<'E2'
use Test::More tests => 1;
use lib '.';
use Times;
is(Times::times(3, 1), 3, 'once');
E2
prove_it prove proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: t/two.t
+use Test::More tests => 1;
+use lib '.';
+use Times;
+is(Times::times(3, 2), 6, 'twice');
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: Times.pm
-sub times { return $_[0] }
+sub times { return $_[0] * $_[1] }
*** End Patch
PATCH
E2

if needs bats "bats"; then
	mkdir -p "$T/bats/test" && cd "$T/bats" || exit 1
	printf '#!/bin/sh\necho "$1"\n' >times.sh
	cat >test/one.bats <<'E2'
@test "once" {
  [ "$(sh times.sh 3 1)" = 3 ]
}
E2
	prove_it bats proven assertion 2 <<'E2'
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: test/two.bats
+@test "twice" {
+  [ "$(sh times.sh 3 2)" = 6 ]
+}
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: times.sh
-echo "$1"
+echo $(($1 * $2))
*** End Patch
PATCH
E2
fi
finish
