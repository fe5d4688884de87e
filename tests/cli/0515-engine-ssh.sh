#!/bin/sh
# An engine behind ssh: every connection is an ssh of its own, and what it complains of is told. A
# program stands for ssh here, which knows one host and joins it to a real engine.
. "${0%/*}/lib.sh"

make_repo ways
printf 'echo 1..1; echo ok 1\n' >t.sh
commit first

mkdir -p "$T/ssh"
cat >"$T/ssh/ssh" <<'END'
#!/usr/bin/env python3
import os, socket, sys, threading

with open(os.environ["SSH_SAID"], "a") as said:
    said.write(" ".join(sys.argv[1:]) + "\n")
if "me@build" not in sys.argv:
    sys.exit("me@elsewhere: Permission denied (publickey).")
engine = socket.socket(socket.AF_UNIX)
engine.connect(os.environ["SSH_TO"])

def up():
    while data := os.read(0, 65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_WR)

threading.Thread(target=up, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
END
chmod +x "$T/ssh/ssh"
PATH=$T/ssh:$PATH
SSH_SAID=$T/said
export SSH_SAID SSH_TO

run git preview-test --no-cache -c sandbox.host=ssh://me@elsewhere --sandbox docker -- sh t.sh
report_run "a host that refuses: status 8" $((status != 8))
has "... says what ssh said" "$T/err" 'Permission denied .publickey'
has "... and what to try" "$T/err" 'hint: try: ssh me@elsewhere docker version'
run git preview-test --no-cache -c sandbox.host=ssh://-oProxyCommand=x --sandbox docker -- sh t.sh
report_run "an option is no host" $((status == 0))
has "... says so" "$T/err" "cannot use 'ssh://-oProxyCommand=x'"

for kind in docker podman; do
	if ! have_engine $kind || ! engine_image "$engine" tiny; then
		skip "a run under $kind behind ssh" "$engine_why"
		continue
	fi
	SSH_TO=${engine#unix://}
	run git preview-test --no-cache -c sandbox.host=ssh://me@build:2222 \
		-c sandbox.image="$engine_image" --sandbox $kind -- sh t.sh
	report_run "a run under $kind behind ssh" $((status != 0))
	t "... and what it isolates" git preview-test -c sandbox.host=ssh://me@build:2222 \
		-c sandbox.image="$engine_image" --sandbox $kind --sandbox-status
	# podman takes a filter as a file of its own machine alone
	[ $kind = podman ] && filter='of system calls what the engine filters' ||
		filter='and a filter of system calls'
	has "... in truth" "$T/out" "^ +kernel .*$filter\$"
	has "... by the engine's own program there" "$T/said" \
		"^-oBatchMode=yes .*-p 2222 -- me@build $kind system dial-stdio\$"
done
finish
