#!/bin/sh
# An engine that fails or goes away at each call there is.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"
. "$top/tests/cli/scripted.sh"

make_repo small
printf '[test]\ncommand = sh run.sh\nsetup = echo setup runs\nreport = junit:*.xml\n' >.codexflow.ini
echo 1 >file
commit first

# each call fails: in time, with the words of the engine, and no verdict on the tests
while IFS='|' read -r name route; do
	for how in 500 reset; do
		case $how in
		500)
			engine "
route $route
status 500
$json
body {\"message\":\"the disk is worn out\"}"
			words='docker says: the disk is worn out .status 500.'
			;;
		*)
			engine "
route $route
reset"
			words='connection to docker was lost|cannot ask docker'
			;;
		esac
		began=$(now_ms)
		ask
		wait "$asked"
		status=$?
		report_run "$how at $name: status 8" $((status != 8))
		cat "$T/out" "$T/err" >"$T/said"
		has "... says so" "$T/said" "$words"
		has_not "... no verdict" "$T/out" '^(pass|assertion|broken|none|missing)'
		echo "$(($(now_ms) - began)) ms" >"$T/why"
		report "... in time" $(($(now_ms) - began > 5000))
		end_engine
	done
done <<'END_OF_CALLS'
the version|GET /version
the look for an image|GET */images/img/json
the look for a layer|GET */images/git-preview/layer*
the look for a setup|GET */images/git-preview/setup*
making a container|POST */containers/create*
the upload|PUT */archive*
the attach|POST */attach*
the start|POST */start
the wait|POST */wait*
the commit|POST */commit*
the list of changes|GET */changes
a report|GET */archive*
END_OF_CALLS

# what is only for the next run may fail
for route in 'POST */tag*' 'GET */containers/json*' 'GET */images/json*' 'DELETE *'; do
	engine "
route $route
status 500
$json
body {\"message\":\"no\"}"
	ask -c test.report=tap
	wait "$asked"
	report_run "500 at $route: the run passes" $?
	end_engine
done

# layers of other repositories go when they are old, in use or not; GP_NOW is the clock
image() { # <name> <days old>
	printf '{"Id":"sha256:00%s","Created":%s,"Size":9000000,"RepoTags":["git-preview/layer:%s"],"Labels":{"git-preview":"layer","git-preview.owner":"0123456789abcdef"}}' \
		"$2" $((GP_NOW - $2 * 86400)) "$1"
}
engine "
route DELETE */images/git-preview/layer:busy
status 409
$json
body {\"message\":\"image is being used by running container 0123\"}
route GET */images/json*
$json
body [$(image young 13),$(image old 15),$(image busy 16)]"
run git preview --prune -c sandbox.kind=docker -c "sandbox.host=unix://$T/sock" -c sandbox.image=img
report_run "--prune where others have layers" "$status"
has "... frees what is old and unused" "$T/out" '^freed .* 1 images$'
is "... and asks for no more" "layer:old layer:busy " \
	"$(sed -n 's,.*DELETE .*git-preview/\([^ ]*\) .*,\1,p' "$T/engine.log" | sort -r | tr '\n' ' ')"
end_engine
finish
