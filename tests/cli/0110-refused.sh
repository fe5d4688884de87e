#!/bin/sh
# Tests and patches that must not count: each ends with its own status, and no branch.
. "${0%/*}/lib.sh"

# play <script text on stdin>: one model, the request, and what must hold after any failure
play() { # <status> <name> [<option>...]
	want=$1 name=$2
	shift 2
	cat >"$T/script"
	start_model "$T/script"
	snapshot >"$T/before"
	t_status "$want" "$name" git preview "$@" "add a priority field to tasks"
	snapshot >"$T/after"
	same "... nothing the user can see has changed" "$T/before" "$T/after"
	is "... no branch on standard output" "" "$(cat "$T/out")"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
}

new_test='*** Begin Patch
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
once='-c preview.rounds=0'

make_repo tasks "$top/tests/demo/sample"

# a test that passes at once
# shellcheck disable=SC2086
play 3 "a vacuous test is no red" $once <<END
request *
text "x"
call-custom test c1 <<PATCH
$(echo "$new_test" | sed 's/self.assertEqual.*/self.assertTrue(True)/')
PATCH
call-custom implement c2 <<PATCH
$change
PATCH
completed
END
has "... and says why" "$T/err" 'passes on the code as it is'

# shellcheck disable=SC2086
play 3 "a test that does not parse is no red" $once <<END
request *
call-custom test c1 <<PATCH
$(echo "$new_test" | sed 's/def test_normal_by_default(self):/def test_normal_by_default(self/')
PATCH
completed
END
has "... and says why" "$T/err" '^error: no-red: something cannot be read or loaded: SyntaxError'

# shellcheck disable=SC2086
play 3 "a test file without a test is no red" $once <<END
request *
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
*** End Patch
PATCH
completed
END
has "... because no test ran" "$T/err" 'no test'

# shellcheck disable=SC2086
play 3 "an implementation before a red is refused" $once <<END
request *
call-custom implement c2 <<PATCH
$change
PATCH
completed
END

# shellcheck disable=SC2086
play 4 "an implementation that does nothing is no green" $once <<END
request *
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
$(echo "$change" | sed 's/"normal"}/"high"}/')
PATCH
completed
END
has "... and red is told" "$T/err" '^red is proven'
has "... and how to go on" "$T/err" 'git preview --resume'
is "... and the best state is kept" 1 "$(git for-each-ref refs/preview/runs | wc -l)"
git for-each-ref --format='delete %(refname)' refs/preview | git update-ref --stdin

# shellcheck disable=SC2086
play 4 "an implementation that breaks another test is a regression" $once <<END
request *
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: tasks.py
-    return {"title": title, "done": False}
+    return {"title": title, "done": True, "priority": "normal"}
*** End Patch
PATCH
completed
END
has "... that names the test" "$T/err" \
	"^error: regression: 'tests\.test_tasks\.TaskTest\.test_line_shows_mark_and_title' passed on the base and fails; so does 1 more$"
has "... in its phase, too" "$T/err" "^fail +suite +'tests\.test_tasks\.TaskTest\.test_line_shows_mark_and_title' passed on"

# shellcheck disable=SC2086
play 4 "an implementation that touches the test is refused" $once <<END
request *
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: tests/test_priority.py
-        self.assertEqual(tasks.new_task("a").get("priority"), "normal")
+        self.assertTrue(True)
*** End Patch
PATCH
completed
END

# shellcheck disable=SC2086
play 4 "an implementation that deletes another test is refused" $once <<END
request *
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Delete File: tests/test_tasks.py
$(echo "$change" | sed 1d)
PATCH
completed
END

play 3 "a model that calls nothing is told once, then it is over" <<END
request 2
text "I would add a field."
completed
END
has "... with the reason" "$T/err" 'called no tool'

play 4 "a model that sends tests alone is stopped" <<END
request 3
call-custom test c1 <<PATCH
$new_test
PATCH
completed
END
has "... with the reason" "$T/err" '^error: no-green: .*another test was sent, and no implementation$'

play 3 "garbage for a patch is answered, and the same garbage ends it" <<END
request *
call-custom test c1 <<PATCH
lorem ipsum
PATCH
completed
END

for path in Tests/test_tasks.py tests/Test_Tasks.py ../x .git/hooks/pre-commit /etc/x tests/../../x 'tests/.GIT/config' link/x; do
	[ "$path" != link/x ] || {
		ln -s /tmp link
		commit link
	}
	# shellcheck disable=SC2086
	play 3 "a test patch to $path is refused" $once <<END
request *
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: $path
+x
*** End Patch
PATCH
completed
END
done
is "nothing was written beside the repository" "" "$(ls "$T/x" /etc/x /tmp/x 2>/dev/null)"

# shellcheck disable=SC2086
play 3 "a test patch may hold tests only" $once <<END
request *
call-custom test c1 <<PATCH
$change
PATCH
completed
END

play 6 "an implementation over the line limit ends with a split" --max-lines 3 <<END
request
call-custom test c1 <<PATCH
$new_test
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Add File: more.py
+a = 1
+b = 2
+c = 3
+d = 4
*** End Patch
PATCH
completed
END
has "... and a hint" "$T/err" '^hint: split'
finish
