#!/bin/sh
# An engine that hangs at each call there is, and Ctrl-C meanwhile: status 130 within a second.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"
. "$top/tests/cli/scripted.sh"

make_repo small
printf '[test]\ncommand = sh run.sh\nsetup = echo setup runs\nreport = junit:*.xml\n' >.codexflow.ini
echo 1 >file
commit first

# interrupted <name>: it ends with 130, at once, and says so
interrupted() {
	began=$(now_ms)
	kill -INT "$asked"
	wait "$asked"
	status=$?
	took=$(($(now_ms) - began))
	report_run "$1: status 130" $((status != 130))
	has "... says so" "$T/err" '^error: interrupted|^error: stopped|: stopped$'
	echo "$took ms" >"$T/why"
	report "... within a second" $((took > 1000))
}

snapshot >"$T/before"
# name, the call in the log, its route
while IFS='|' read -r name call route; do
	engine "
route $route
hang"
	ask -v
	wait_until asked "$call"
	interrupted "interrupted while $name hangs"
	end_engine
done <<'END_OF_CALLS'
the version|GET /version|GET /version
the look for an image|GET .*/images/img/json|GET */images/img/json
the look for a layer|GET .*/images/git-preview/layer|GET */images/git-preview/layer*
the look for a setup|GET .*/images/git-preview/setup|GET */images/git-preview/setup*
making a container|POST .*/containers/create|POST */containers/create*
the upload|PUT .*/archive|PUT */archive*
the attach|POST .*/attach|POST */attach*
the start|POST .*/start|POST */start
the wait|POST .*/wait|POST */wait*
the commit|POST .*/commit|POST */commit*
the tag|POST .*/tag|POST */tag*
END_OF_CALLS
engine '
route DELETE *
hang'
ask -v
wait_until asked 'DELETE'
wait "$asked"
report_run "a removal that hangs holds up nothing" $?
end_engine

progress='raw "{\"status\":\"Downloading\",\"progress\":\"1MB/9MB\"}\r\n"'
none="
route GET */images/img/json
status 404
$json
body {\"message\":\"no such image: img\"}"
engine "$none
route POST */images/create*
$json
$progress
delay 300
$progress
delay 20000
$progress"
ask -v
wait_until grep -q 'Downloading 1MB/9MB' "$T/err"
interrupted "interrupted while an image is pulled"
has "... whose progress was shown" "$T/err" 'image: .*Downloading 1MB/9MB'
end_engine
snapshot >"$T/after"
same "nothing of the user's has changed" "$T/before" "$T/after"
echo 'FROM img' >Dockerfile
commit second
engine "
route GET */images/git-preview/image*
status 404
$json
body {\"message\":\"no such image\"}
route POST */build*
$json
raw \"{\\\"stream\\\":\\\"Step 1/2 : FROM img\\\\n\\\"}\\r\\n\"
delay 20000
$progress"
unset image
ask -v
wait_until grep -q 'Step 1/2' "$T/err"
interrupted "interrupted while an image is built"
end_engine

# a real one, which is to stop building, too
if have_engine docker && engine_image "$engine" tiny; then
	printf 'FROM %s\nRUN echo it begins; sleep 4321\n' "$engine_image" >Dockerfile
	commit third
	: >"$T/err"
	env --default-signal=INT git-preview-test -v -c sandbox.kind=docker \
		-c sandbox.host="$engine" >"$T/out" 2>"$T/err" </dev/null &
	asked=$!
	wait_until grep -q 'it begins' "$T/err"
	interrupted "interrupted while Docker builds"
	for _ in $(seq 100); do
		pgrep -xf '(/bin/sh -c .*)?sleep 4321' >/dev/null || break
		sleep 0.1
	done
	is "... and Docker does not go on" "" "$(pgrep -xf '(/bin/sh -c .*)?sleep 4321')"
else
	skip "interrupted while Docker builds" "$engine_why"
fi
finish
