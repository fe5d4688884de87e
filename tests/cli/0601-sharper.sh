#!/bin/sh
# A model is asked for a sharper test, once, and what was proven before is never lost to it.
. "${0%/*}/lib.sh"
. "$top/tests/cli/strength.sh"

{
	cat "$T/blind"
	printf 'request\nexpect body "calc.py:6"\nexpect body "scaling calc"\n'
	echo 'text "There is nothing to be tested."'
	echo completed
} >"$T/answer"
go "... is not good enough when more is required" 4 weak -c preview.strength=require
is "... though there is a branch" "$branch" "$(git for-each-ref --format='%(refname:short)' "refs/heads/$branch")"
has "... and a reason" "$T/done" '"no test notices the absence of calc.py:6"'

# a sharper test, asked for once
sharper() { # <a line of the test's body>: a patch on top of the test
	cat <<E2
request
call-custom test t2 <<PATCH
*** Begin Patch
*** Update File: tests/test_scale.py
         $blind
+        $1
*** End Patch
PATCH
completed
E2
}
{
	cat "$T/blind"
	sharper 'self.assertEqual(calc.name(), "scaling calc")'
} >"$T/answer"
go "a sharper test that was asked for" 0 proven -c preview.strength=ask
strength '2 of 2 hunks noticed.*'
unnoticed ''
is "... is the one that is kept" 1 "$(git show "$branch:tests/test_scale.py" | grep -c 'scaling calc')"
is "... beside the implementation as it was" 1 "$(git show "$branch:calc.py" | grep -c 'scaling calc')"
is "... and was red and green again" "2 2" \
	"$(grep -c '"event":"red"' "$T/out") $(grep -c '"event":"green"' "$T/out")"
{
	cat "$T/blind"
	sharper 'self.assertEqual(calc.name(), "something else")'
} >"$T/answer"
go "a sharper test that fails with the implementation" 0 proven -c preview.strength=ask
strength '1 of 2 hunks noticed.*'
is "... is not taken" 0 "$(git show "$branch:tests/test_scale.py" | grep -c 'something else')"
unnoticed 'calc.py:6-6'
{
	cat "$T/blind"
	printf 'request\ncall-custom implement i2 <<PATCH\n*** Begin Patch\n*** Update File: calc.py\n'
	printf -- '-    return "scaling calc"\n+    return "calc"\n*** End Patch\nPATCH\ncompleted\n'
} >"$T/answer"
go "another implementation in its place" 0 proven -c preview.strength=ask
is "... is not taken" 1 "$(git show "$branch:calc.py" | grep -c 'scaling calc')"
{
	cat "$T/blind"
	printf 'request\nstatus 401\nbody "no"\n'
} >"$T/answer"
go "a model that does not answer any more" 0 proven -c preview.strength=ask
sed 's/^completed/completed out=2000/' "$T/blind" >"$T/answer"
go "... and one that may cost no more" 0 proven -c preview.strength=ask --budget 0.05
finish
