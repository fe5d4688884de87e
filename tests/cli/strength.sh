# strength.sh - a small repository and answers to a request, for the tests of strength. After lib.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # what lib.sh sets

# go <name> <status> <outcome> [<option>...]: the script's requests are in $T/answer
go() {
	what=$1 want=$2 outcome=$3
	shift 3
	cp "$T/answer" "$T/script"
	start_model "$T/script"
	run git preview --json "$@" "scale a number"
	stop_model "$what: the conversation was as scripted"
	grep '"event":"done"' "$T/out" >"$T/done"
	grep '"event":"strength"' "$T/out" >"$T/strength"
	good=0
	[ "$status" = "$want" ] && grep -q "\"outcome\":\"$outcome\"" "$T/done" || good=1
	report_run "$what: $outcome" $good
	branch=$(sed -n 's/.*"branch":"\([^"]*\)".*/\1/p' "$T/done")
}
strength() { # <extended pattern>: of the words at the end
	has "... $1" "$T/done" "\"strength\":\"$1\""
}
unnoticed() { # <path:first-last ...>: what the record says
	git notes --ref=preview show "$branch" >"$T/note"
	is "... the lines are in the record" "$1" "$(python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))["strength"]
assert s["hunks"] == s["noticed"] + s["broken"] + s["left"] + len(s["unnoticed"]), s
assert 0 <= s["killed"] <= s["mutants"] <= 8 and s["ms"] >= 0, s
print(*("%(path)s:%(first)d-%(last)d" % u for u in s["unnoticed"]))' "$T/note")"
}
test_of() { # <id> <lines of a test's body>
	cat <<E2
call-custom test $1 <<PATCH
*** Begin Patch
*** Add File: tests/test_scale.py
+import unittest
+
+import calc
+
+
+class ScaleTest(unittest.TestCase):
+    def test_scale(self):
$(echo "$2" | sed 's/^/+        /')
*** End Patch
PATCH
E2
}
implement() { # <sections of a patch>
	printf 'call-custom implement i1 <<PATCH\n*** Begin Patch\n%s\n*** End Patch\nPATCH\n' "$1"
}
# turn <calls...>: one answer of the model
turn() {
	echo request
	cat
	echo completed
}

make_repo calc
mkdir tests
touch tests/__init__.py
cat >calc.py <<'E2'
def scale(n, by=1):
    return n


def name():
    return "calc"
E2
cat >tests/test_calc.py <<'E2'
import unittest

import calc


class CalcTest(unittest.TestCase):
    def test_scale_by_one(self):
        self.assertEqual(calc.scale(3), 3)
E2
commit 'first'
snapshot >"$T/before"
both='*** Update File: calc.py
 def scale(n, by=1):
-    return n
+    return n * by
 
 
 def name():
-    return "calc"
+    return "scaling calc"'

blind='self.assertEqual(calc.scale(3, 2), 6)'
{
	test_of t1 "$blind"
	implement "$both"
} | turn >"$T/answer"
cp "$T/answer" "$T/blind"
