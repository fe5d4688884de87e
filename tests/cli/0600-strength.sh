#!/bin/sh
# How strong a test is: what it notices when the implementation is taken away piece by piece.
. "${0%/*}/lib.sh"

. "$top/tests/cli/strength.sh"

{
	test_of t1 'self.assertEqual(calc.scale(3, 2), 6)
self.assertEqual(calc.name(), "scaling calc")'
	implement "$both"
} | turn >"$T/answer"
go "a test that looks at everything" 0 proven
strength '2 of 2 hunks noticed; [1-8] of [1-8] mutants? noticed'
unnoticed ''
has "... says so in its trailer" "$T/note" '"asserted":true'
is "... of the commit" "2 of 2 hunks noticed" \
	"$(git log -1 --format='%(trailers:key=Preview-Strength,valueonly)' "$branch" | sed 's/;.*//;/^$/d')"

cp "$T/blind" "$T/answer"
go "a test that is blind to a hunk" 0 proven
strength '1 of 2 hunks noticed.*'
unnoticed 'calc.py:6-6'
has "... and at the end" "$T/done" '"no test notices the absence of calc.py:6"'
is "... and in the commit" 1 "$(git log -1 --format=%B "$branch" | grep -c '^Not proven: .*calc.py:6\.$')"
# names that were missing
{
	test_of t1 'calc.twice(2)'
	implement '*** Update File: calc.py
 def name():
     return "calc"
+
+
+def twice(n):
+    return n * 2'
} | turn >"$T/answer"
go "a missing name that is only called" 0 weak
has "... is named" "$T/done" 'red was a missing name: twice; the assertion itself was never seen to fail'
strength '0 of 1 hunk noticed, 1 breaks the build; 0 of [1-8] mutants? noticed'
has "... and what was done to it" "$T/strength" '"what":"(returns early|constant swapped)"'
sed 's/calc.twice(2)/self.assertEqual(calc.twice(2), 4)/' "$T/answer" >"$T/next"
mv "$T/next" "$T/answer"
go "a missing name whose value is looked at" 0 proven
{
	test_of t1 'self.assertEqual(calc.later(2), 4)'
	implement '*** Update File: calc.py
 def name():
     return "calc"
+
+
+globals()["la" + "ter"] = lambda n: n * 2'
} | turn >"$T/answer"
go "a missing name that is in no line of the implementation" 0 weak
has "... is told" "$T/done" 'later, which the implementation does not add'

# pieces that cannot be taken away
{
	test_of t1 "$blind"
	implement '*** Update File: calc.py
 def scale(n, by=1):
-    return n
+    return times(n, by)
@@
 def name():
     return "calc"
+
+
+def times(a, b):
+    # twice or more
+    return a * b
*** Add File: NOTES.md
+Scales.'
} | turn >"$T/answer"
go "a piece without which nothing runs" 0 proven
strength '1 of 2 hunks noticed, 1 breaks the build.*'
unnoticed ''

# time
cp "$T/blind" "$T/answer"
go "no measuring" 0 proven -c preview.strength=off
strength 'not measured \(preview.strength = off\)'
is "... says nothing of it" "" "$(cat "$T/strength")"
has "... but that" "$T/done" '"not_proven":\["how strong the test is"\]'
go "no time for it" 0 proven -c preview.strength-time=0
strength '0 of 2 hunks noticed, 2 not tried'
{
	test_of t1 "import time
time.sleep(1.5)
$blind"
	implement "$both"
} | turn >"$T/answer"
go "less time than a run takes" 0 proven -c preview.strength-time=1
strength '0 of 2 hunks noticed, 2 not tried'
has "... ends with its box" "$T/strength" '"ms":1[0-9]{3}\}'

# Ctrl-C
{
	test_of t1 "import time
time.sleep(calc.scale(3) != 3 or calc.name() == 'calc' and calc.scale(3, 2) == 6 and 30)
$blind"
	implement "$both"
} | turn >"$T/script"
start_model "$T/script"
: >"$T/out"
git-preview --json -c preview.deadline=60 "scale a number" >"$T/out" 2>"$T/err" </dev/null &
pid=$!
for _ in $(seq 200); do
	grep -q '"event":"suite"' "$T/out" && break
	sleep 0.05
done
began=$(date +%s%N)
kill -INT $pid
wait $pid
status=$?
took=$((($(date +%s%N) - began) / 1000000))
stop_model "interrupted: the conversation was as scripted"
report_run "interrupted while it is measured: status 130" $((status != 130))
echo "$took ms" >"$T/why"
report "... within a second, or two on a busy machine" $((took > 2000))
has "... the state is kept" "$T/out" '"outcome":"stopped"'

# a deadline cuts it short, what is proven stands; the proof itself takes longer in containers
start_model "$T/script"
run git preview --json -c preview.deadline=${TEST_SANDBOX:+1}4 "scale a number"
stop_model "cut short: the conversation was as scripted"
report_run "a deadline while it is measured: proven all the same" "$status"
has "... with what is known" "$T/out" '"strength":"[01] of 2 hunks noticed, [12] not tried"'

snapshot | grep -v 'refs/heads/preview/' >"$T/after"
same "nothing else that a user can see has changed" "$T/before" "$T/after"

# another language, and a suite that cannot be run in parts
if command -v node >/dev/null; then
	make_repo node
	mkdir test
	echo '{"scripts":{"test":"node --test"}}' >package.json
	echo 'exports.scale = (n) => n;' >calc.js
	cat >test/calc.test.js <<'E2'
const test = require("node:test");
const assert = require("node:assert");
test("calc", () => assert.equal(require("../calc").scale(3), 3));
E2
	commit 'first'
	turn >"$T/answer" <<'E2'
call-custom test t1 <<PATCH
*** Begin Patch
*** Add File: test/scale.test.js
+const test = require("node:test");
+const assert = require("node:assert");
+test("scale", () => assert.equal(require("../calc").scale(3, 2), 6));
*** End Patch
PATCH
call-custom implement i1 <<PATCH
*** Begin Patch
*** Update File: calc.js
-exports.scale = (n) => n;
+exports.scale = (n, by = 1) => {
+  // by how much
+  if (by === 1000) return 0;
+  return n * by;
+};
+
+exports.name = () => "calc";
*** End Patch
PATCH
E2
	go "node: a test that is blind to a hunk" 0 proven
	strength '[01] of [12] hunks? noticed.*'
	has "node: ... and to a line" "$T/done" 'calc.js:[0-9]+'
else
	skip "node: a test that is blind to a hunk" "no node"
fi

make_repo c
mkdir tests
cat >Makefile <<'E2'
check:
	@bad=0; for t in tests/*.c; do cc -o $${t%.c} $$t && ./$${t%.c} || bad=1; done; exit $$bad
E2
printf 'static int scale(int n) { return n; }\n' >calc.h
cat >tests/one.c <<'E2'
#include <stdio.h>
#include "../calc.h"
int main(void)
{
	puts(scale(3) == 3 ? "ok 1 - one" : "not ok 1 - one");
	puts("1..1");
	return scale(3) != 3;
}
E2
commit 'first'
turn >"$T/answer" <<'E2'
call-custom test t1 <<PATCH
*** Begin Patch
*** Add File: tests/two.c
+#include <stdio.h>
+#include "../calc.h"
+int main(void)
+{
+	puts(scale(40) == 30 ? "ok 1 - most" : "not ok 1 - most");
+	puts("1..1");
+	return scale(40) != 30;
+}
*** End Patch
PATCH
call-custom implement i1 <<PATCH
*** Begin Patch
*** Update File: calc.h
-static int scale(int n) { return n; }
+static int least(void)
+{
+	return -5;
+}
+
+static int scale(int n)
+{
+	if (n > 30)
+		return 30;
+	if (n < -30)
+		return least();
+	return n;
+}
*** End Patch
PATCH
E2
go "c: the suite is the only way to run the test" 0 proven
has "c: changes that go unnoticed are named" "$T/done" 'calc.h:(3|10|11) \((bound shifted|constant swapped|condition negated|returns early)\)'
finish
