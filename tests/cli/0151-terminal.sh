#!/bin/sh
# On a terminal: a question is asked and answered there, and one live line ends as a permanent one.
. "${0%/*}/lib.sh"

make_repo tasks "$top/tests/demo/sample"
cat >"$T/script" <<'END'
request
call-function ask q1 {"questions": ["Which \u001b[31mpriority\u001b[0m is the default?"]}
completed
request
expect body "> normal, please"
text "Add a priority"
every 20
call-custom test c1 <<PATCH
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
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: tasks.py
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal"}
*** End Patch
PATCH
completed
END
start_model "$T/script"
cat >"$T/terminal.py" <<'END'
import fcntl, os, pty, select, struct, sys, termios, time

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("git", ["git", "preview", "add a priority field to tasks"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
seen, answered, end = b"", False, time.time() + 60
while time.time() < end:
    if not select.select([fd], [], [], 0.5)[0]:
        continue
    try:
        block = os.read(fd, 65536)
    except OSError:
        break
    if not block:
        break
    seen += block
    if not answered and b"\n> " in seen.replace(b"\r", b""):
        os.write(fd, b"normal, please\n")
        answered = True
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status))
END
t "a question on a terminal is answered there" python3 "$T/terminal.py" 60
cp "$T/out" "$T/screen"
has_not "... its colours are shown, not obeyed" "$T/screen" "$(printf '\033')\[31mpriority"
has "... and can be read" "$T/screen" 'Which .x1b\[31mpriority'
tr -d '\r' <"$T/screen" | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' >"$T/plain"
has "each phase ends as a line" "$T/plain" 'ok +suite'
has "the branch is made" "$T/plain" '^preview/add-a-priority-'
stop_model "the answer reached the model"
python3 - "$T/screen" 60 >"$T/why" <<'END'
import re, sys
# what is redrawn on one line never passes the width, or it would wrap and leave rests behind
text = open(sys.argv[1], "rb").read().decode().replace("\r\n", "\n")
for line in text.split("\n"):
    for part in line.split("\r")[:-1]:
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part)
        if len(shown) > int(sys.argv[2]):
            print(repr(shown))
END
good=0
[ ! -s "$T/why" ] || good=1
report "no live line is wider than the terminal" $good
finish
