#!/bin/sh
# git preview-test --shell in a container of a real engine: its terminal is joined to the user's,
# whatever ends it. Under Docker, and the kinds that are given.
. "${0%/*}/lib.sh"
. "$top/tests/cli/terminal.sh"
. "$top/tests/cli/early.sh"
. "$top/tests/cli/scripted.sh"

make_repo shell
printf '[test]\nsetup = echo set up >made\n' >.codexflow.ini
echo committed >value
commit first
mkdir -p "$T/bin"
PATH=$T/bin:$PATH
prompt='wait preview$ '

# in_engine <address>: git preview-test runs there
in_engine() {
	printf '#!/bin/sh\nexec "%s" -c sandbox.kind=%s -c sandbox.host=%s -c sandbox.image=%s "$@"\n' \
		"$B/git-preview-test" "$kind" "$1" "$engine_image" >"$T/bin/git-preview-test"
	chmod +x "$T/bin/git-preview-test"
}
no_container() { # <name>
	for _ in $(seq 100); do
		left=$(engine_api "$engine" '/containers/json?all=1' | grep -o '/git-preview-[^"]*')
		[ -n "$left" ] || break
		sleep 0.1
	done
	is "$1" "" "$left"
}
cat >"$T/between.py" <<'END'
import socket, sys, threading

def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass

at = socket.socket(socket.AF_UNIX)
at.bind(sys.argv[1])
at.listen()
while True:
    a = at.accept()[0]
    b = socket.socket(socket.AF_UNIX)
    b.connect(sys.argv[2])
    for pair in (a, b), (b, a):
        threading.Thread(target=copy, args=pair, daemon=True).start()
END

for kind in ${kinds-docker}; do
	if ! have_engine $kind || ! engine_image "$engine" tiny; then
		skip "a shell in $kind" "$engine_why"
		continue
	fi
	in_engine "$engine"
	on "$kind: a shell" 7 git preview-test --shell <<END
$prompt
send cat value made; stty size; echo \$TERM; tty >/dev/null && echo is a ''terminal\r
wait is a terminal
$prompt
size 44 111
send sleep 0.5; echo now \$(stty size)\r
wait now 44 111
$prompt
send sleep 60; echo not this\r
wait not this
run sleep 0.5
send \x03
$prompt
send echo after \$?\r
wait after 130
$prompt
send printf '\\\\303\\\\251\\\\n'; echo x >value; exit 7\r
END
	given_back
	has "... on the tree of HEAD" "$T/out" '^committed'
	has "... and what setup made" "$T/out" '^set up'
	has "... in a window of the same size" "$T/out" '^33 99'
	has "... of the same kind" "$T/out" '^xterm'
	has "... its bytes are as they were" "$T/out" '^é$'
	on "$kind: more than a terminal holds" 0 git preview-test --shell -- \
		sh -c 'seq 50000; echo the end' </dev/null
	is "... comes whole" "$(seq 50000 | sha256sum)" "$(grep -E '^[0-9]+$' "$T/out" | sha256sum)"
	has "... to its end" "$T/out" '^the end'
	on "$kind: much that is typed" 0 git preview-test --shell -- \
		sh -c 'stty raw -echo; echo begin; head -c 20000 | md5sum' <<END
wait begin
$(for _ in $(seq 20); do printf 'send %01000d\n' 7; done)
END
	has "... comes whole" "$T/out" "^$(for _ in $(seq 20); do printf '%01000d' 7; done | md5sum)"
	on "$kind: what is typed ahead" 0 git preview-test --shell <<END
wait thrown away
send echo typed ''ahead\r
wait typed ahead
send exit\r
END
	# shellcheck disable=SC2016 # for the shell inside
	on "$kind: a signal" 143 git preview-test --shell -- sh -c 'kill $$' </dev/null
	given_back
	on "$kind: a deadline" 8 git preview-test --timeout 1 --shell </dev/null
	has "... is told" "$T/out" 'error: timeout: '
	given_back
	on "$kind: SIGTERM" 130 "$T/bin/git-preview-test" --shell <<END
$prompt
send sleep 4321\r
wait sleep 4321
signal SIGTERM
END
	given_back
	on "$kind: a terminal that goes away" 130 "$T/bin/git-preview-test" --shell <<END
$prompt
send sleep 4321\r
wait sleep 4321
close
END
	no_container "... and no container is left"
	rm -f "$T/between"
	setpriv --pdeathsig TERM python3 "$T/between.py" "$T/between" "${engine#unix://}" 2>/dev/null &
	model_pid=$!
	wait_until test -S "$T/between"
	in_engine "unix://$T/between"
	on "$kind: an engine that goes away" 8 git preview-test --shell -- \
		sh -c 'echo here; exec sleep 20' <<END
wait here
run kill $model_pid
END
	has "... says so" "$T/out" 'error: infra: .*(connection to .* was lost|cannot ask )'
	given_back
	wait $model_pid 2>/dev/null
	model_pid=
	for left in $(engine_api "$engine" '/containers/json?all=1' | grep -o '/git-preview-[^"]*'); do
		engine_api "$engine" "/containers$left?force=1" -X DELETE
	done
done

[ -z "${kinds-}" ] || finish
# before there is a shell Ctrl-C is for us, whatever hangs; the shell's own steps are not taken
kind=docker engine_image=img fresh=
in_engine "unix://$T/sock"
while IFS='|' read -r name route; do
	# nothing is said before the start
	engine "
route $route
hang
route POST */attach*
header Content-Type: application/vnd.docker.raw-stream
raw x
hang"
	began=$(now_ms)
	on "interrupted while $name hangs" 130 "$T/bin/git-preview-test" --shell <<END
wait thrown away
run sleep 0.3
send x\x03
END
	took=$(($(now_ms) - began))
	echo "$took ms" >"$T/why"
	report "... at once" $((took > 6000))
	given_back
	end_engine
done <<'END'
making a container|POST */containers/create*
the attach|POST */attach*
the start|POST */start
END
finish
