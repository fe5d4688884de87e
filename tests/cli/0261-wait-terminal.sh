#!/bin/sh
# --wait on a terminal: one live line for what runs, one for good for each check that has ended.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
printf '#!/bin/sh\nfor last; do :; done\nexec ${last%%%% *} "%s"\n' "$T/server.git" >"$T/ssh"
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple GH_ENTERPRISE_TOKEN=tok
export GIT_SSH_COMMAND GIT_SSH_VARIANT GH_ENTERPRISE_TOKEN
git remote add origin git@github.test:acme/shop.git
git push -q origin main && git checkout -q -b preview/one && commit 'Add a priority field'
round() { # <status of build> <conclusion> <state of lint>
	printf 'request\ndelay 300\nbody {"check_runs": [{"name": "build \\u001b[31mred", "status": "%s", "conclusion": %s}]}\n' "$1" "$2"
	printf 'request\nbody {"statuses": [{"context": "ci/lint", "state": "%s"}]}\nrequest\nbody "[]"\n' "$3"
}
{
	round queued null pending
	round in_progress null success
	round completed '"success"' success
	printf 'request *\nstatus 304\n'
} >"$T/script"
start_model "$T/script"
printf '[push]\napi = http://127.0.0.1:%s/api\nwait-grace = 1\nwait-interval = 1\n' "$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
no_proof
cat >"$T/terminal.py" <<'END'
import fcntl, os, pty, struct, sys, termios

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("git-preview-push", ["git-preview-push", "--no-pr", "--wait"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 70, 0, 0))
seen = b""
while True:
    try:
        block = os.read(fd, 65536)
    except OSError:
        break
    if not block:
        break
    seen += block
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status))
END
t "checks on a terminal" python3 "$T/terminal.py"
tr '\r' '\n' <"$T/out" | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' >"$T/plain"
has "... what runs is a live line" "$T/plain" '^\.\.\. +build .*(queued|in_progress)'
has "... with how much more there is" "$T/plain" '^\.\.\. .*\+[12] more'
is "... what has ended is one line for good" 1 "$(grep -cE '^ok +ci/lint +success' "$T/plain")"
is "... each" 1 "$(grep -cE '^ok +build .*success' "$T/plain")"
has "... and all together" "$T/plain" '^ok +checks +2 of 2 passed'
has_not "... and names do not paint" "$T/out" "$(printf '\033')\[31mred"
stop_model "... asked three times"
finish
