#!/bin/sh
# git preview-test --shell: a terminal of its own in the sandbox, and the user's own comes back.
. "${0%/*}/lib.sh"
. "$top/tests/cli/terminal.sh"

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
has "... the system cannot be written" "$T/out" 'Read-only file system|Permission denied'
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
