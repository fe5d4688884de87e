#!/bin/sh
# git preview-test --shell: a terminal of its own in the sandbox, and the user's own comes back.
. "${0%/*}/lib.sh"

if [ -n "${TEST_SANDBOX-}" ]; then
	make_repo refused
	git commit -q --allow-empty -m first
	cat >"$T/spawn.py" <<'END'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
END
	t_status 8 "no shell in a container" python3 "$T/spawn.py" git preview-test --shell
	has "... and the reason" "$T/out" "kind '$TEST_SANDBOX' has no terminal"
	finish
fi

# terminal.py <steps> <command...>: the command on a terminal, as told by lines of the file: "wait
# <text>", "send <text>" (with \r, \x03), "size <rows> <columns>", "signal <name>", "close". A cursor
# report that is asked for is given, as terminals do, a little later. The file facts tells how it ended, whether the
# terminal has its modes back, and how many bytes wait there for whoever reads next.
cat >"$T/terminal.py" <<'END'
import fcntl, os, pty, select, signal, struct, sys, termios, time

ours, theirs = pty.openpty()
fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
before = termios.tcgetattr(theirs)
os.environ["TERM"] = "xterm"
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for fd in 0, 1, 2:
        os.dup2(theirs, fd)
    os.close(ours)
    os.execvp(sys.argv[2], sys.argv[2:])
seen, mark, late = b"", 0, time.time() + 40

def look(seconds):
    global seen
    if not select.select([ours], [], [], seconds)[0]:
        return
    block = os.read(ours, 65536)
    if b"\x1b[6n" in block:
        time.sleep(0.02)
        os.write(ours, b"\x1b[12;34R")
    seen += block

def tell(**kw):
    with open("facts", "w") as f:
        for k in kw:
            print(k, kw[k], file=f)

for line in open(sys.argv[1]):
    verb, _, rest = line.rstrip("\n").partition(" ")
    if verb == "wait":
        while rest.encode() not in seen[mark:] and time.time() < late:
            look(0.2)
        if rest.encode() not in seen[mark:]:
            print("waited for", rest, "in vain", flush=True)
            break
        mark = seen.index(rest.encode(), mark) + len(rest)
    elif verb == "send":
        os.write(ours, rest.encode().decode("unicode_escape").encode("latin-1"))
    elif verb == "size":
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", *map(int, rest.split()), 0, 0))
    elif verb == "signal":
        os.kill(pid, getattr(signal, rest))
    elif verb == "close":
        os.close(theirs)
        os.close(ours)
        status = os.waitpid(pid, 0)[1]
        tell(gone=os.waitstatus_to_exitcode(status))
        sys.exit()
end = (0, 0)
while not end[0] and time.time() < late:
    end = os.waitpid(pid, os.WNOHANG)
    look(0.05)
while select.select([ours], [], [], 0.1)[0]:
    look(0)
if not end[0]:
    os.kill(pid, signal.SIGKILL)
after, plain = termios.tcgetattr(theirs), termios.tcgetattr(theirs)
plain[3] &= ~termios.ICANON
termios.tcsetattr(theirs, termios.TCSANOW, plain)
queued = struct.unpack("i", fcntl.ioctl(theirs, termios.FIONREAD, b"\0\0\0\0"))[0]
sys.stdout.buffer.write(seen)
tell(status=os.waitstatus_to_exitcode(end[1]) if end[0] else "none",
     modes="back" if after == before else "changed", queued=queued)
END
prompt='wait preview:/work$ '

# on <name> <status> <command...>: the command on a terminal, by the steps on standard input
on() {
	on_name=$1 on_status=$2 here=$PWD
	shift 2
	cat >"$T/steps"
	rm -f "$T/facts"
	(cd "$T" && exec python3 terminal.py steps env -C "$here" "$@") >"$T/raw" 2>"$T/err" </dev/null
	tr -d '\r' <"$T/raw" >"$T/out"
	cat "$T/facts" >>"$T/err"
	status=$(sed -n 's/^[sg][a-z]* //p' "$T/facts")
	report_run "$on_name" $((${status:-99} != on_status))
}
given_back() {
	is "... and the terminal is as it was" "modes back queued 0" \
		"$(sed 1d "$T/facts" | tr '\n' ' ' | sed 's/ $//')"
}

make_repo shell
printf '[test]\ncommand = sh run.sh\nsetup = echo set up >made\n' >.codexflow.ini
echo 'echo 1..1; echo "ok 1 - one"' >run.sh
echo committed >value
commit first
git tag first
echo second >value
commit second
echo uncommitted >value
git status --short >/dev/null
snapshot >"$T/before"

on "a shell" 7 git preview-test --shell <<END
wait what is changed in here is thrown away
$prompt
send cat value made; stty size; echo \$TERM; tty >/dev/null && echo is a ''terminal\r
wait is a terminal
$prompt
size 44 111
send sleep 0.3; echo now \$(stty size)\r
wait now 44 111
$prompt
send sed -u s/^/begun:/ value -\r
wait begun:second
send \x03
$prompt
send echo after \$?\r
wait after 130
$prompt
send sleep 100 & jobs; kill %1; wait; echo x >value; rm run.sh; exit 7\r
END
given_back
has "... on the tree of HEAD" "$T/out" '^(.*l)?second'
has "... and what setup made" "$T/out" '^set up'
has "... in a window of the same size" "$T/out" '^33 99'
has "... of the same kind" "$T/out" '^xterm'
has "... with job control" "$T/out" '\[1\].*Running'
snapshot >"$T/after"
same "... nothing of the user's has changed" "$T/before" "$T/after"
on "another one" 0 git preview-test --shell -- sh -c 'cat value run.sh' </dev/null
has "... sees nothing of the first" "$T/out" '^second'
has "... nor misses what that removed" "$T/out" '^echo 1'
on "of another revision" 0 git preview-test --shell first -- cat value </dev/null
has "... its tree" "$T/out" '^committed'
on "of the work tree" 0 git preview-test --worktree --shell -- cat value </dev/null
has "... its files" "$T/out" '^uncommitted'
on "the exit status is the command's" 3 git preview-test --shell -- sh -c 'exit 3' </dev/null
on "... or tells of a signal" 143 git preview-test --shell -- sh -c 'kill $$' </dev/null
given_back
on "end of input ends the shell" 0 git preview-test --shell <<END
$prompt
send \x04
END
given_back
on "-q" 0 git preview-test -q --shell -- true </dev/null
is "... says nothing" "" "$(cat "$T/out")"

cat >fake.py <<'END'
import fcntl, os, termios

for fd in 0, 1, 2, os.open("/dev/tty", os.O_RDWR):
    try:
        fcntl.ioctl(fd, termios.TIOCSTI, b"!")
        print("typed")
    except OSError as e:
        print("refused", e.errno)
END
on "input cannot be faked" 0 git preview-test --worktree --shell -- python3 fake.py </dev/null
is "... in no way" "refused 1" "$(grep -E 'refused|typed' "$T/out" | sort -u)"
given_back
rm fake.py
on "the answer to a last question" 0 git preview-test --shell -- printf '\033[6n' </dev/null
given_back
# shellcheck disable=SC2016 # for the shell inside
on "... is heard by who asks and waits" 0 git preview-test --shell -- \
	bash -c 'stty raw -echo; printf "\033[6n"; read -r -d R answer; stty sane; echo "heard ${answer:2}"' \
	</dev/null
has "... for it" "$T/out" 'heard 12;34'
on "more than a terminal holds" 0 git preview-test --shell -- sh -c 'seq 100000; echo the end' \
	</dev/null
has "... comes to its end" "$T/out" '^the end'
is "... and whole" "$(seq 100000 | sha256sum)" "$(grep -E '^[0-9]+$' "$T/out" | sha256sum)"

on "in the sandbox" 0 git preview-test --shell <<END
$prompt
send ls /root /home; ls -d /work/.git; touch /usr/x; grep NoNewPrivs /proc/self/status; exit\r
END
has "... no home is seen" "$T/out" '^preview$'
has "... no repository" "$T/out" '/work/.git.*No such file'
has "... the system cannot be written" "$T/out" 'Read-only file system'
has "... no privileges are to be had" "$T/out" '^NoNewPrivs:.1'

for s in TERM:130 HUP:130 ABRT:-6 SEGV:-11; do
	on "SIG${s%:*}" "${s#*:}" git-preview-test --shell <<END
$prompt
send sleep 4321\r
wait sleep 4321
signal SIG${s%:*}
END
	given_back
done
on "SIGKILL" -9 git-preview-test --shell <<END
$prompt
send sleep 4321\r
wait sleep 4321
signal SIGKILL
END
on "a terminal that goes away" 130 git-preview-test --shell <<END
$prompt
send sleep 4321\r
wait sleep 4321
close
END
for _ in 1 2 3 4 5 6 7 8 9 10; do
	pgrep -xf 'sleep 4321' >/dev/null || break
	sleep 0.2
done
is "... and nothing of all these goes on" "" "$(pgrep -xf 'sleep 4321')"

on "a deadline, when asked for" 8 git preview-test --timeout 1 --shell </dev/null
has "... is told" "$T/out" 'error: timeout: '
given_back

on "what a setup says" 0 git preview-test -c 'test.setup=echo fetching things; sleep 0.5' </dev/null
has "... is progress, on a terminal" "$T/out" 'setup: fetching things'
printf '[test]\nsetup = echo no luck; exit 4\n' >.codexflow.ini
on "a setup that fails" 8 git preview-test --worktree --shell </dev/null
has "... says why" "$T/out" 'no luck'
given_back
rm .codexflow.ini run.sh
on "a project without a test command" 0 git preview-test --worktree --shell -- true </dev/null

t_status 128 "without a terminal" git preview-test --shell
has "... there is none" "$T/err" '^error: cannot open a shell: standard input is not a terminal$'
has "... but a way" "$T/err" '^hint: without a terminal: git preview-test -- <command>$'
for o in --json --new-tests --bisect --repeat=2 --junit=x.xml; do
	t_status 129 "--shell and $o" git preview-test --shell "$o"
done
finish
