# cheat.sh - a model that answers once, and what was found: . "$top/tests/cli/cheat.sh" after lib.sh
# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # what stands in the scripts of others is theirs
make_repo tasks "$top/tests/demo/sample"
mkdir tests/data
printf '{"title": "a", "done": false}\n' >tests/data/task.json
cat >tests/test_data.py <<'END'
import json
import os
import unittest

import tasks


class DataTest(unittest.TestCase):
    def test_as_stored(self):
        with open(os.path.join(os.path.dirname(__file__), "data", "task.json")) as f:
            self.assertEqual(tasks.new_task("a"), dict(json.load(f), **{
                k: v for k, v in tasks.new_task("a").items() if k == "priority"}))
END
printf '[metadata]\nname = tasks\n[flake8]\nmax-line-length = 100\n' >setup.cfg
cat >mode.py <<'END'
import os

FAST = os.environ.get("CI")
END
commit 'a fixture, a configuration, and an old look at the environment'

# try <status> <outcome> <name> <request>: the answer of the model is in $T/answer
try() {
	{
		echo 'request *'
		cat "$T/answer"
		echo 'completed'
	} >"$T/script"
	start_model "$T/script"
	run git preview -c preview.rounds=0 --json "$4"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
	grep '"event":"done"' "$T/out" >"$T/done"
	good=0
	[ "$status" = "$1" ] && grep -q "\"outcome\":\"$2\"" "$T/done" || good=1
	report_run "$3: $2" $good
	branch=$(sed -n 's/.*"branch":"\([^"]*\)".*/\1/p' "$T/done")
}
why() { # <extended pattern of the reason>
	has "... because of that" "$T/done" "$1"
}
# found <kind> <path> <line>: told everywhere
found() {
	has "... as an event" "$T/out" "\"event\":\"finding\",\"kind\":\"$1\",\"path\":\"$2\",\"line\":$3,"
	why "$1: '$2' line $3 "
	git log -1 --format=%B "$branch" >"$T/message"
	has "... in the commit" "$T/message" "^Not proven: $1: '$2' line $3 "
	git notes --ref=preview show "$branch" >"$T/note"
	has "... in the record" "$T/note" "\"findings\":\[.*\"kind\":\"$1\",\"path\":\"$2\",\"line\":$3,"
}
honest() { # <name> <request>
	try 0 proven "honest: $1" "$2"
	has_not "... and nothing is found" "$T/out" '"event":"finding"'
}

patch() { # <test|implement> <sections>
	printf 'call-custom %s %s <<PATCH\n*** Begin Patch\n%s\n*** End Patch\nPATCH\n' "$1" "$1" "$2"
}
test_of() { # <lines of a test's body>: adds tests/test_new.py
	patch test "*** Add File: tests/test_new.py
+import unittest
+
+import tasks
+
+
+class NewTest(unittest.TestCase):
+    def test_new(self):
$(echo "$1" | sed 's/^/+        /')${2:+
$2}"
}
code() { # <lines>: put into tasks.py before new_task
	patch implement "*** Update File: tasks.py
@@
$(echo "$1" | sed 's/^/+/')
+
+
 def new_task(title):"
}
priority() { # <lines that replace its body>
	patch implement "*** Update File: tasks.py
-    return {\"title\": title, \"done\": False}
$(echo "$1" | sed 's/^/+    /')"
}
wants_priority='self.assertEqual(tasks.new_task("a").get("priority"), "normal")'
right='return {"title": title, "done": False, "priority": "normal"}'
ask='add a priority field to tasks'
