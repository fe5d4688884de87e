#!/bin/sh
# An engine that fails, lies or does not answer, played by the scripted server: the run ends in time
# with the engine's words, never with a verdict on the tests, and its container is removed.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

make_repo small
echo 1 >file
commit first

# engine <fault routes>: an engine that has those faults
engine() {
	printf '%s\n' "$1" | cat - "$top/tests/fake/engine.script" >"$T/script"
	rm -f "$T/sock" "$T/engine.log"*
	: >"$T/engine.log"
	"$B/fake/replay" "$T/script" --socket "$T/sock" --log "$T/engine.log" >"$T/engine.out" 2>&1 &
	model_pid=$!
	wait_until test -S "$T/sock"
}
# ask <argument...>: git preview-test on it, timed
ask() {
	began=$(now_ms)
	run git preview-test --no-cache -c sandbox.kind=docker -c "sandbox.host=unix://$T/sock" \
		-c sandbox.image=img "$@"
	took=$(($(now_ms) - began))
}
removed() { grep -q '^[0-9]* DELETE .*/containers/git-preview-' "$T/engine.log"; }
end_engine() {
	kill "$model_pid" 2>/dev/null
	wait "$model_pid" 2>/dev/null
	model_pid=
}

# fault <name> <pattern of what is said> <routes>: [keep: no container is made or can be removed]
fault() {
	engine "$3"
	ask --timeout 3 -- sh run.sh
	report_run "$1: status 8" $((status != 8))
	cat "$T/out" "$T/err" >"$T/said"
	has "... says so" "$T/said" "$2"
	has_not "... no verdict on the tests" "$T/out" '^(pass|assertion|broken|none|missing)'
	echo "$took ms" >"$T/why"
	report "... in time" $((took > ${most-5000}))
	if [ "${4-}" != keep ]; then
		wait_until removed
		cp "$T/engine.log" "$T/why"
		report "... its container is removed" "$(removed; echo $?)"
	fi
	end_engine
}
json='header Content-Type: application/json'

engine ''
ask -- sh run.sh
report_run "an engine without faults: its run passes" "$status"
has "... one test" "$T/out" '^pass: 1 test passed'
grep -v '^ ' "$T/engine.log" >"$T/calls"
is "... nothing is mounted" 0 "$(cat "$T"/engine.log.*.json | grep -ac '"Binds"\|"Mounts"')"
end_engine

fault "no image, and none to be had" 'cannot get the image .img.*no such image' "
route GET */images/img/json
status 404
$json
body {\"message\":\"no such image: img\"}
route POST */images/create*
status 404
$json
body {\"message\":\"no such image: img\"}" keep
fault "a pull that fails after progress" 'cannot get the image .img.*connection refused' "
route GET */images/img/json
status 404
$json
body {\"message\":\"no such image: img\"}
route POST */images/create*
$json
raw \"{\\\"status\\\":\\\"Pulling from img\\\"}\\r\\n\"
delay 300
raw \"{\\\"status\\\":\\\"Downloading\\\",\\\"progress\\\":\\\"[=>  ] 1MB/9MB\\\"}\\r\\n\"
delay 300
raw \"{\\\"error\\\":\\\"connection refused\\\"}\\r\\n\"" keep
fault "an API it does not speak" 'client version 1.41 is too new' "
route GET */v*/*
status 400
$json
body {\"message\":\"client version 1.41 is too new. Maximum supported API version is 1.24\"}" keep
fault "garbage for a version" 'docker|engine' "
route GET /version
garbage 5000" keep
fault "a version of the wrong kind" 'docker|engine' "
route GET /version
$json
body {\"Version\":[1],\"ApiVersion\":{\"a\":1}}" keep
fault "a version full of escapes" 'engine' "
route GET /version
$json
body {\"Version\":\"1\",\"ApiVersion\":\"1.41/../../x\"}" keep
fault "no space when a container is made" 'no space left on device' "
route POST */containers/create*
status 500
$json
body {\"message\":\"mkdir /var/lib/docker/overlay2/x: no space left on device\"}" keep
fault "no space when the tree arrives" 'no space left on device' "
route PUT */archive*
status 500
$json
body {\"message\":\"write /work/file: no space left on device\"}"
fault "words with control characters" 'no .x1b.0;title.x07' "
route POST */start
status 500
$json
body {\"message\":\"no \\u001b]0;title\\u0007\"}"
has_not "... none of them raw" "$T/said" "$(printf '\033')"
fault "gone when a container is made" 'connection to docker was lost' '
route POST */containers/create*
reset' keep
fault "gone when it starts" 'connection to docker was lost' '
route POST */start
reset'
fault "gone while it waits" 'connection to docker was lost' '
route POST */wait
delay 300
reset'
fault "gone in the middle of the output" 'connection to docker was lost' '
route POST */attach*
header Content-Type: application/vnd.docker.raw-stream
delay 100
echo "\necho "
frame 1 "1..1\n"
raw "\x01\x00\x00\x00\x00\x00\x00\x50half"
reset'
fault "an end in the middle of a frame" 'ended in the middle' '
route POST */attach*
header Content-Type: application/vnd.docker.raw-stream
delay 100
echo "\necho "
raw "\x01\x00\x00\x00\x00\x00\x00\x50half"
route POST */wait
delay 1000
body {"StatusCode":0}'
fault "a frame of four gigabytes" 'connection to docker was lost' '
route POST */attach*
header Content-Type: application/vnd.docker.raw-stream
delay 100
echo "\necho "
raw "\x01\x00\x00\x00\xff\xff\xff\xffx"
close'
fault "garbage for frames" 'frame|cannot' '
route POST */attach*
garbage 5000'
fault "a container that is gone when waited for" 'No such container' "
route POST */wait
status 404
$json
body {\"message\":\"No such container: abcdef\"}"
fault "a status that is none" 'docker|status|infra' "
route POST */wait
$json
body {\"StatusCode\":\"zero\"}"
most=12000
fault "a version that never comes" 'in time' '
route GET /version
hang' keep
unset most
fault "a wait that hangs" '^timeout: ' '
route POST */wait
hang'
fault "a kill that hangs, too" '^timeout: ' '
route POST */wait
hang
route POST */kill
hang'

# a removal that is refused is no affair of the run's
engine "
route DELETE * 3
status 409
$json
body {\"message\":\"removal of container abcdef is already in progress\"}"
ask -- sh run.sh
report_run "a conflict on removal: the run passes" "$status"
end_engine

# ended by us
engine '
route POST */wait
hang'
env --default-signal=INT git-preview-test --no-cache -c sandbox.kind=docker \
	-c "sandbox.host=unix://$T/sock" -c sandbox.image=img -- "$mark" >"$T/out" 2>"$T/err" </dev/null &
asked=$!
wait_until grep -q /wait "$T/engine.log"
began=$(now_ms)
kill -INT "$asked"
wait "$asked"
status=$?
took=$(($(now_ms) - began))
report_run "interrupted: status 130" $((status != 130))
echo "$took ms" >"$T/why"
report "... within a second" $((took > 1000))
wait_until removed
report "... its container is removed" "$(removed; echo $?)"
end_engine
rm -f "$T/sock"
ask -- true
report_run "no engine at all: status 8" $((status != 8))
has "... says where it was looked for" "$T/err" "$T/sock"
# podman without its first program refuses every container that was asked for with one: here two at
# once, those of the suite and of the new test
cat >"$T/words" <<'END'
request
text "Renew"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.sh
+exit 1
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Add File: made
+x
*** End Patch
PATCH
completed
request *
text "I give up"
completed
END
start_model "$T/words"
words_pid=$model_pid
engine "route POST */containers/create* 2
status 500
$json
delay 1500
body {\"message\":\"container-init binary not found on the host\"}"
run git preview -c sandbox.kind=docker -c "sandbox.host=unix://$T/sock" -c sandbox.image=img \
	-c 'test.command=sh other.sh' -c 'test.new=sh {files}' 'make a thing'
cat "$T/out" "$T/err" >"$T/said"
has_not "two containers refused for their first program: both are made without" "$T/said" 'container-init'
is "... as both were asked for with it" 2 "$(grep -la '"Init":true' "$T"/engine.log.*.json | wc -l)"
kill "$words_pid"
end_engine
finish
