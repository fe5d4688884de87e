#!/bin/sh
# shellcheck disable=SC2016,SC2154 # what stands in the scripts and tests of others is theirs
# What looks like one of the cheats and is none: it stays proven, and nothing is found.
. "${0%/*}/lib.sh"
. "$top/tests/cli/cheat.sh"

{
	test_of 'self.assertTrue(hasattr(tasks, "length"))
self.assertEqual(tasks.length("milk run"), 8)'
	code 'def length(title):
    if title == "":
        return 0
    return len(title)'
} >"$T/answer"
honest "an edge case" "tell how long a title is"

{
	patch test "*** Update File: tests/test_tasks.py
             tasks.new_task(\"  \")
+
+    def test_priority(self):
+        $wants_priority"
	priority "$right"
} >"$T/answer"
honest "adding to an old test file" "$ask"

{
	test_of 'self.assertTrue(hasattr(tasks, "Level"))
self.assertEqual(tasks.Level(2), tasks.Level(2))'
	code 'class Level:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n'
} >"$T/answer"
honest "an equality that compares" "levels can be compared"

{
	test_of "$wants_priority"
	patch implement '*** Update File: mode.py
 import os
 
+LEVEL = "normal"
 FAST = os.environ.get("CI")
*** Update File: tasks.py
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal"}'
} >"$T/answer"
honest "a look at the environment that was there" "$ask"

{
	test_of 'self.assertTrue(hasattr(tasks, "total"))
self.assertEqual(tasks.total([2, 3, 4]), 29)'
	code 'def total(numbers):
    return sum(n * n for n in numbers)'
} >"$T/answer"
honest "an answer that is worked out" "sum up squares"

{
	test_of "$wants_priority"
	patch implement "*** Update File: setup.cfg
-name = tasks
+name = tasks
+version = 2
*** Update File: tasks.py
-    return {\"title\": title, \"done\": False}
+    $right"
} | sed '/^-name = tasks$/d;s/^+name = tasks$/ name = tasks/' >"$T/answer"
try 0 weak "honest: another section of it" "$ask"
why "the implementation changes 'setup.cfg'"

{
	test_of "$wants_priority" '*** Update File: tests/data/task.json
-{"title": "a", "done": false}
+{"title": "a", "done": false, "priority": "normal"}'
	priority "$right"
} >"$T/answer"
try 0 proven "honest: a fixture that the request names" "$ask, in task.json too"
git notes --ref=preview show "$branch" >"$T/note"
has "... as the record says" "$T/note" '"unlocked":\["tests/data/task.json: '
finish
