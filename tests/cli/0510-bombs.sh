#!/bin/sh
# Commands that take all there is, or do not end: each run ends within its deadline and a second,
# says which limit it was, and leaves nothing. Run again under each engine.
kind=${TEST_SANDBOX-}
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

make_repo bombs
cp "$B/isolation/bomb" .
echo '*' >.gitignore
git add -f bomb
commit first
git preview-test -- true >/dev/null 2>&1 # the layer is laid out

# starting a container is no part of a run, and takes its time on a busy machine
slack=0
if [ -n "$kind" ]; then
	began=$(now_ms)
	git preview-test --no-cache -- true >/dev/null 2>&1
	slack=$((1000 + $(now_ms) - began))
fi

# bomb <name> <seconds it may take> <what the reason holds> <argument...>
bomb() {
	name=$1 most=$2 reason=$3
	shift 3
	began=$(now_ms)
	run git preview-test --no-cache -v -c sandbox.disk=32m -c sandbox.memory=192m \
		-c sandbox.processes=100 "$@"
	took=$(($(now_ms) - began))
	report_run "$name: status 8" $((status != 8))
	has "... says why" "$T/out" "$reason"
	echo "$took ms" >"$T/why"
	report "... in time" $((took > most * 1000 + slack))
	nothing_left "... nothing is left"
}

bomb "memory" 16 '^infra: .*memory' --timeout 15 -- ./bomb memory 512
[ -z "$kind" ] || bomb "memory of one of several" 16 '^infra: .*out of memory .limit 201326592 bytes' \
	--timeout 15 -- sh -c './bomb memory 512; exit 1'
bomb "disk" 16 '^infra: .*(disk|grew|space)' --timeout 15 -- ./bomb fill 1024
bomb "a file" 16 '^infra: .*(disk|grew|space)' --timeout 15 -- \
	sh -c 'exec head -c 600000000 /dev/zero >file'
bomb "output without end" 3 '^timeout: ' --timeout 2 -- yes "$mark"
bomb "no output, no end" 3 '^timeout: ' --timeout 2 -- \
	sh -c 'exec >/dev/null 2>&1; sleep 60; :' "$mark"
bomb "deaf to signals" 3 '^timeout: ' --timeout 2 -- ./bomb stubborn 6010
bomb "a daemon of a daemon" 3 '^timeout: ' --timeout 2 -- \
	sh -c '(setsid sh -c "(setsid sh -c \"sleep 60; :\" $0 &)" &) ; sleep 60; :' "$mark"

began=$(now_ms)
run git preview-test --no-cache -v -c sandbox.processes=100 --timeout 10 -- ./bomb forks 1500
took=$(($(now_ms) - began))
report_run "processes: not all of them" "$(! grep -q 'BOMB forks 1500' "$T/out" "$T/err"; echo $?)"
echo "$took ms" >"$T/why"
report "... in time" $((took > 11000))
t "a daemon outlives its test" git preview-test --no-cache -- \
	sh -c '(setsid sh -c "sleep 60; :" $0 >/dev/null 2>&1 &) ; echo 1..1; echo ok 1' "$mark"
nothing_left "... not for long"

# Containers of this project's layer; other tests use the engine beside us.
containers() {
	engine_api "$engine" '/containers/json?all=1' |
		grep -o "layer:$(git rev-parse 'HEAD^{tree}')[^\"]*"
}
if [ -n "$kind" ]; then
	run git preview-test --no-cache --timeout 20 -- sleep 3 &
	beside=$!
	sleep 2
	is "a run is seen among the containers" yes "$([ -z "$(containers)" ] || echo yes)"
	# the engine is a child, too
	wait $beside
	for _ in $(seq 30); do
		[ -n "$(containers)" ] || break
		sleep 0.1
	done
	is "no container is left" '' "$(containers)"
fi
finish
