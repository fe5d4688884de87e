#!/bin/sh
# The conversation: look-ups, repairs, red before the answer ends, questions, and what is never sent.
. "${0%/*}/lib.sh"

make_repo tasks "$top/tests/demo/sample"
mkdir secret_stuff
printf 'AWS_KEY=AKIAIOSFODNN7REALKEY\n' >.env
printf 'token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"\n\n\ndef priority():\n    return token\n' >priority_client.py
commit 'things that should not have been committed'

test_patch='*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
+
+import tasks
+
+
+class PriorityTest(unittest.TestCase):
+    def test_normal_by_default(self):
+        self.assertEqual(tasks.new_task("a").get("priority"), "normal")
*** End Patch'
change='*** Begin Patch
*** Update File: tasks.py
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal"}
*** End Patch'

cat >"$T/script" <<END
expect no-body "ghp_0123456789"
expect no-body "AKIAIOSFODNN7REALKEY"
expect no-body "$T"
expect no-body "A U Thor"
expect json parallel_tool_calls true
request
reasoning opaque-one
call-function search s1 {"pattern": "def .*task", "glob": "*.py"}
call-function read r1 {"path": "priority_client.py", "from": 1, "to": 2}
call-function read r2 {"path": ".env", "from": 0, "to": 0}
completed in=100 out=10
request
expect returned
expect json input.-3.call_id s1
expect body "tasks.py:7: def new_task(title):"
expect body "[secret masked]"
reasoning opaque-two
call-custom test c1 <<PATCH
$(echo "$test_patch" | sed 's/assertEqual(.*/assertEqual(1, 1)/')
PATCH
completed in=100 out=10
request
expect returned
expect json input.-1.call_id c1
expect body "passes on the code as it is"
text "Add a priority to tasks"
call-custom test c2 <<PATCH
$test_patch
PATCH
call-custom implement c3 <<PATCH
$(echo "$change" | sed 's/"normal"}/"high"}/')
PATCH
completed in=100 out=10
request
expect returned
expect body "red is valid"
expect body "'high' != 'normal'"
call-custom implement c4 <<PATCH
*** Begin Patch
*** Update File: tasks.py
-    return {"title": title, "done": False, "priority": "high"}
+    return {"title": title, "done": False, "priority": "normal"}
*** End Patch
PATCH
completed in=100 out=10
END
start_model "$T/script"
t "look-ups, a wrong test, a wrong implementation, then green" git preview "add a priority field to tasks"
branch=$(cat "$T/out")
stop_model "... and each answer was what the script expects"
is "... the branch has the last of each" '+    return {"title": title, "done": False, "priority": "normal"}' \
	"$(git diff main "$branch" -- tasks.py | grep '^+ ')"
is "four lines in the ledger" 4 "$(wc -l <"$XDG_STATE_HOME/codexflow/ledger.jsonl")"

# red comes before the answer is whole
cat >"$T/script" <<END
request
call-custom test c1 <<PATCH
$test_patch
PATCH
delay 4000
call-custom implement c2 <<PATCH
$change
PATCH
completed
END
start_model "$T/script"
t "red while the model still writes" git preview --json "add a priority field to tasks"
grep -oE '"event":"[a-z]+"' "$T/out" | tr '\n' ' ' >"$T/order"
has "... red is told before the turn ends" "$T/order" '"red" .*"model" .*"green" .*"suite" .*"done"'
python3 -c '
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    assert e["schema"] == 1 and "event" in e, e
' "$T/out" 2>"$T/why"
report "every line is an object with schema and event" $?
stop_model "... in one request"

# rounds
cat >"$T/script" <<END
request 2
call-custom test c1 <<PATCH
$(echo "$test_patch" | sed 's/assertEqual(.*/assertEqual(1, 1)/')
PATCH
completed
END
start_model "$T/script"
t_status 3 "the same failure twice ends it" git preview "add a priority field to tasks"
has "... and says so" "$T/err" 'same failure'
stop_model "... after two requests"

# questions
cat >"$T/script" <<'END'
request
call-function ask q1 {"questions": ["Which priorities are there?", "Is \u001b[31mred\u001b[0m one?"]}
completed
END
start_model "$T/script"
t_status 9 "a question with nobody there" git preview "add a priority field to tasks"
has "... is on standard output" "$T/out" '^Which priorities are there\?$'
has_not "... and cannot speak to the terminal" "$T/out" "$(printf '\033')"
has "... with how to answer" "$T/err" 'git preview --resume [a-z0-9]{8} "<answers>"'
stop_model "... after one request"

# money
cat >"$T/script" <<END
request
call-custom test c1 <<PATCH
$(echo "$test_patch" | sed 's/assertEqual(.*/assertEqual(1, 1)/')
PATCH
completed in=10000 out=40000
END
start_model "$T/script"
t_status 6 "a call that could pass the budget is not made" git preview --budget 0.42 "add a priority field to tasks"
has "... and says what it could cost" "$T/err" 'could cost .* USD'
stop_model "... so there was one"
t_status 6 "nor is the first" git preview --budget 0.0001 "add a priority field to tasks"

sed -i '/^price/d' "$XDG_CONFIG_HOME/codexflow/config.ini"
t_status 7 "a model without a price" git preview "add a priority field to tasks"
has "... is limited by tokens and says so" "$T/err" 'price of model .test-model. is not known'
finish
