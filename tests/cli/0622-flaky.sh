#!/bin/sh
# shellcheck disable=SC2016,SC2154 # what stands in the scripts and tests of others is theirs
# A test that has two outcomes proves nothing, whichever came first.
. "${0%/*}/lib.sh"
. "$top/tests/cli/cheat.sh"

# twenty tests that fail half of the time: no two reds are alike
{
	patch test "*** Add File: tests/test_new.py
+import os
+import unittest
+
+import tasks
+
+
+class NewTest(unittest.TestCase):
$(for i in $(seq 20); do printf '+    def test_%s(self):\n+        self.assertTrue(hasattr(tasks, "N") or os.urandom(1)[0] < 128)\n' "$i"; done)"
	code 'N = 3'
} >"$T/answer"
try 5 flaky "a red that comes and goes" "$ask"
why 'repeated runs disagree: red was assertion, then assertion'

# passes until a time that only the first green sees
{
	test_of 'import time
self.assertTrue(hasattr(tasks, "until"))
now = time.time()
time.sleep(max(0, tasks.until - now))
self.assertLess(now, tasks.until)'
	code "until = $(date +%s) + 7"
} >"$T/answer"
try 5 flaky "a green that comes and goes" "$ask"
why 'repeated runs disagree: green was pass, then assertion'

{
	test_of "$wants_priority"
	priority "$right"
} >"$T/answer"
honest "a test with one outcome" "$ask"
git notes --ref=preview show "$branch" >"$T/note"
has "... which the record counts" "$T/note" '"reds":2,"greens":3'
finish
