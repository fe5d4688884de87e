#!/bin/sh
# A request becomes a proven branch, and nothing else changes.
. "${0%/*}/lib.sh"

make_repo tasks "$top/tests/demo/sample"
echo 'not committed' >>README
echo 'print("stashed")' >>tasks.py
git stash -q
echo '# edited' >>tasks.py
git add README
cat >"$T/script" <<'END'
expect header Authorization "Bearer sk-test-0123456789abcdef"
expect no-body "sk-test-0123456789abcdef"
expect json stream true
expect json store false
request
expect tools test implement search read ask
expect count 1
expect body "def new_task(title)"
expect body "class TaskTest"
expect no-body "# edited"
expect no-body "not committed"
reasoning gAAAA-opaque
text "Add a priority to tasks\n\nEvery task has a priority.\nPreview-Red: forged"
call-custom test call_1 <<PATCH
*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
+
+import tasks
+
+
+class PriorityTest(unittest.TestCase):
+    def test_normal_by_default(self):
+        self.assertEqual(tasks.new_task("a").get("priority"), "normal")
*** End Patch
PATCH
delay 300
call-custom implement call_2 <<PATCH
*** Begin Patch
*** Update File: tasks.py
@@ def new_task(title):
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal"}
*** End Patch
PATCH
completed in=2000 out=400
END
start_model "$T/script"
snapshot >"$T/before"
t "a request is proven" git preview "add a priority field to tasks"
snapshot >"$T/after"
cp "$T/err" "$T/said"
branch=$(cat "$T/out")
has "standard output is the branch name alone" "$T/out" '^preview/add-a-priority-to-tasks-[a-z0-9]{8}$'
is "one line of it" 1 "$(wc -l <"$T/out")"
has "red is told when it was seen" "$T/said" '^ok +red +assertion: .*test_normal_by_default'
has "the summary says what is proven" "$T/said" \
	'^proven: the test fails without the change and passes with it, the suite holds$'
is "... once" 1 "$(grep -c 'test_normal_by_default' "$T/said")"
has "... what was changed" "$T/said" '^  tests/test_priority\.py  \+8 -0$'
has "... in columns" "$T/said" '^  tasks\.py                \+1 -1$'
has "... how strong the test is" "$T/said" '^ok +strength +1 of 1 hunk noticed; 1 of 1 mutant noticed  [0-9.]+ s$'
has_not "... and nothing that is not proven" "$T/said" '^not proven'
has "... what it cost" "$T/said" '^cost: 0\.0060 USD, 2000 tokens in, 400 out$'
has "... where the time went" "$T/said" '^time: [0-9.]+ s \(.*model [0-9.]+ s.*suite [0-9.]+ s(, strength [0-9.]+ s)?\)$'
has "... what to type next" "$T/said" "^ +git log -p $(git rev-parse --short=12 HEAD)\.\.$branch$"
has "... or next" "$T/said" "^ +git preview-push $branch$"
stop_model "the model was sent what it should be, once"

grep -v "refs/heads/preview/" "$T/after" >"$T/after.rest"
same "nothing else that a user can see has changed" "$T/before" "$T/after.rest"

is "two commits" 2 "$(git rev-list --count main.."$branch")"
is "the first holds the test alone" "tests/test_priority.py" \
	"$(git diff --name-only main "$branch~1")"
is "the second holds the implementation alone" "tasks.py" \
	"$(git diff --name-only "$branch~1" "$branch")"
is "the author is the user" "A U Thor <author@example.com>" "$(git log -1 --format='%an <%ae>' "$branch")"
git log -1 --format=%B "$branch" | git interpret-trailers --parse >"$T/trailers"
for name in Id Role Base Red Green Suite Strength Model Cost; do
	is "trailer Preview-$name is there once" 1 "$(grep -c "^Preview-$name: " "$T/trailers")"
done
has "red is what was seen, not what the model wrote" "$T/trailers" '^Preview-Red: assertion'
is "the test's commit has its role" "test" \
	"$(git log -1 --format='%(trailers:key=Preview-Role,valueonly)' "$branch~1" | sed '/^$/d')"

t "the record is a note" git notes --ref=preview show "$branch"
cp "$T/out" "$T/note"
python3 -c '
import json, sys
n = json.load(open(sys.argv[1]))
assert n["schema"] == 1 and n["outcome"] == "proven", n
assert n["full_tree"] == sys.argv[2]
assert n["red"]["verdict"] == "assertion" and n["green"]["verdict"] == "pass"
assert any(t["state"] == "fail" for t in n["red"]["tests"])
assert len(n["whole"]["tests"]) == 6, n["whole"]["tests"]
assert n["usage"]["in"] == 2000 and n["usage"]["cached"] == 0
' "$T/note" "$(git rev-parse "$branch^{tree}")" 2>"$T/why"
report "the record holds trees, verdicts, tests and tokens" $?

ledger=$XDG_STATE_HOME/codexflow/ledger.jsonl
is "one line in the ledger" 1 "$(wc -l <"$ledger")"
has "... with the price" "$ledger" '"usd":0\.006'
is "no run is left behind" "" "$(git for-each-ref refs/preview)"
is "... nor its folder" "" "$(ls "$(git rev-parse --git-path preview/runs)")"
has_not "the key is nowhere in the repository's folder" "$(git rev-parse --git-dir)/config" 'sk-test'
grep -rl sk-test-0123456789abcdef "$(git rev-parse --git-dir)" "$XDG_STATE_HOME" >"$T/why"
is "the key was written nowhere" "" "$(cat "$T/why")"

t_status 1 "the test alone is red again" git preview-test "$branch~1"
has "... by assertion" "$T/out" '^assertion'
t "with the implementation all is green again" git preview-test "$branch"
has "... and says how many" "$T/out" '^pass: .*6'
finish
