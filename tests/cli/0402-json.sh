#!/bin/sh
# --json: every event and every member of it is in the manual, and nothing else is.
. "${0%/*}/lib.sh"

# heard: standard output of the last run is kept as what the program says
heard() {
	cat "$T/out" >>"$T/all"
	LC_ALL=C grep -n '[^ -~]' "$T/out" >>"$T/strange"
	return 0
}
: >"$T/strange"

make_repo tasks "$top/tests/demo/sample"
new_test='*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
+
+import tasks
+
+
+class PriorityTest(unittest.TestCase):
+    def test_normal(self):
+        __import__("time").sleep(0)
+        self.assertEqual(tasks.new_task("a").get("priority"), "normal \u00fc")
*** End Patch'
change='*** Begin Patch
*** Update File: tasks.py
+UNSEEN = 3
+
 def new_task(title):
@@
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal \u00fc", "weight": 1}
*** End Patch'
cat >"$T/script" <<END
request
text "Add a priority"
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
$change
PATCH
completed in=2000 out=400
request
call-function ask c3 {"questions":["Which \u00fc?"]}
completed
request
call-custom implement c4 <<PATCH
$change
PATCH
call-custom test c5 <<PATCH
nothing of the kind
PATCH
completed
request
text "x"
completed
request
text "x"
completed
END
start_model "$T/script"
git init -q --bare "$T/there.git" && git remote add origin "$T/there.git"
t "a proven request, pushed" git preview --json --push "add a priority field to tasks"
heard
branch=$(git for-each-ref --format='%(refname:short)' refs/heads/preview)
t_status 9 "a request with a question" git preview --json "do something"
heard
t_status 3 "a request that is not proven" git preview --json "do something"
heard
t_status 1 "tests that fail" git preview-test --json "$branch~1"
heard
t "tests that pass" git preview-test --json --no-cache
heard
t "runs" git preview-test --json --repeat 2
heard
run git preview-test -c sandbox.kind=auto \
	-c sandbox.host=unix:///none --json --sandbox-status
report_run "the sandboxes" "$status"
heard
t "a report" git preview --json --show "$branch"
heard
t "a proof" git preview-test --json --prove "$branch"
heard
git update-ref "refs/heads/$branch-2" "$branch"
t "a push" git preview-push --json origin "$branch-2"
heard
printf '#!/bin/sh\nfor last; do :; done\nexec ${last%%%% *} "%s"\n' "$T/there.git" >"$T/ssh" && chmod +x "$T/ssh"
git remote add hub git@github.test:acme/shop.git
git update-ref refs/remotes/hub/main main && git update-ref "refs/heads/$branch-3" "$branch"
t "a pull request" env GIT_SSH_VARIANT=simple GIT_SSH_COMMAND="$T/ssh" git preview-push --json hub "$branch-3"
heard
printf 'token = npm%s%s\n' _ "$(printf x | sha256sum | cut -c1-36)" >leak
git checkout -q -b leak && commit "a leak"
t_status 1 "a finding" git preview-push --json --check "main..leak"
heard
git checkout -q main
printf '%s\n' "$change" >"$T/patch"
t "a patch" git preview --json --apply-patch "$T/patch"
heard
t_status 1 "a patch that does not apply" git preview --json --base "$branch" --apply-patch "$T/patch"
heard
printf '[test]\nsetup = true\n' >.codexflow.ini
t "the settings" git preview --json --settings
heard
t "a plan" git preview --json -n "add a priority field to tasks"
heard
git branch merged "$branch"
t "what there is" git preview --json --list
heard
git branch preview/again "$branch"
t "what is deleted" git preview --json --delete -f preview/again
heard
t "what --init would write" git preview --json --init -n
heard
t "what can go" git preview --json -n --prune
heard
kill "$model_pid" && model_pid=
printf 'request *\nbody {"statuses": [{"context": "a \\u00fc", "status": "success"}]}\n' >"$T/script"
start_model "$T/script"
printf '[push]\napi = http://127.0.0.1:%s/\nwait-grace = 0\n' "$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
git remote set-url hub git@gitea.test:acme/shop.git
t "checks that are waited for" env GITEA_TOKEN=t GIT_SSH_VARIANT=simple GIT_SSH_COMMAND="$T/ssh" \
	git preview-push --json --no-pr --wait hub "$branch-3"
heard
is "all of it is printable ASCII" "" "$(cat "$T/strange")"

cat >"$T/members.py" <<'END'
import json, sys

def members(o, prefix=""):
    for key, value in o.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for v in value:
                yield from members(v, prefix + key + "[].")
        elif not isinstance(value, dict):
            yield prefix + key
        else:
            yield from members(value, prefix + key + ".")

for line in open(sys.argv[1], encoding="ascii"):
    o = json.loads(line)
    assert list(o)[:2] == ["schema", "event"] and o["schema"] == 1, line
    for m in list(members(o))[2:]:
        print(o["event"], m)
END
python3 "$T/members.py" "$T/all" 2>"$T/why" >"$T/said.all"
report "every line is an object of schema 1" $?
sort -u "$T/said.all" >"$T/said"
# an item of events is ".It Ic a , b", one of members ".It Va c , d"
for page in git-preview git-preview-test git-preview-push; do
	awk '/^\.Sh/ { on = $0 == ".Sh JSON OUTPUT" }
		on && /^\.It Ic/ { n = 0; for (i = 3; i <= NF; i++) if ($i != ",") event[++n] = $i }
		on && /^\.It Va/ { for (i = 3; i <= NF; i++) if ($i != ",")
			for (k = 1; k <= n; k++) print event[k], $i }' "$top/man/$page.1"
done | sort -u >"$T/documented"
same "the manuals have every member of every event, and no other" "$T/said" "$T/documented"
finish
