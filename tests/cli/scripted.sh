# scripted.sh - an engine played by the scripted server, for runs that make a layer first:
# . "$top/tests/cli/scripted.sh" after lib.sh and early.sh
# shellcheck shell=sh disable=SC2034,SC2154

image=img
json='header Content-Type: application/json'
# what a setup needs: no layer is there
fresh="
route GET */images/git-preview/*
status 404
$json
body {\"message\":\"no such image\"}
route POST */commit*
status 201
$json
body {\"Id\":\"sha256:00ff\"}
route POST */tag*
status 201
route GET */changes
$json
body [{\"Path\":\"/work/a.xml\",\"Kind\":1}]
route GET */containers/*/json
$json
body {\"State\":{}}
route GET */archive*
status 404
$json
body {\"message\":\"no such file\"}"

# engine <routes of a fault>
engine() {
	printf '%s\n' "$1" "$fresh" | cat - "$top/tests/fake/engine.script" >"$T/script"
	rm -f "$T/sock" "$T/engine.log"*
	: >"$T/engine.log"
	"$B/fake/replay" "$T/script" --socket "$T/sock" --log "$T/engine.log" >"$T/engine.out" 2>&1 &
	model_pid=$!
	wait_until test -S "$T/sock"
}
end_engine() {
	kill "$model_pid" 2>/dev/null
	wait "$model_pid" 2>/dev/null
	model_pid=
}
asked() { grep -q "^[0-9]* $1" "$T/engine.log"; }
ask() { # <argument...>: a test in the background
	env --default-signal=INT git-preview-test --no-cache --timeout 20 -c sandbox.kind=docker \
		-c "sandbox.host=unix://$T/sock" ${image+-c sandbox.image="$image"} "$@" \
		>"$T/out" 2>"$T/err" </dev/null &
	asked=$!
}
