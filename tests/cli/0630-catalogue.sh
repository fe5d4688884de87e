#!/bin/sh
# Small projects of several languages and runners, run for real: each comes to the verdict that its
# file says. tests/cases/trial/run/*.run: "verdict", "command", "needs" (a program), "reason" (a
# pattern), "args", then the files after "--- file <path>".
. "${0%/*}/lib.sh"

# lay <case>: its files in the work tree
lay() {
	awk '/^--- file / { path = substr($0, 10); dir = path; sub(/[^\/]*$/, "", dir)
			if (dir != "") system("mkdir -p " dir)
			printf "" >path; next }
		path != "" { print >path }' "$1"
}
value() { # <case> <key>
	sed -n "/^--- /q;s/^$2 //p" "$1"
}

make_repo work
for case in "$top"/tests/cases/trial/run/*.run; do
	name=${case##*/} name=${name%.run}
	needs=$(value "$case" needs)
	if [ -n "$needs" ] && ! command -v "$needs" >/dev/null; then
		skip "$name" "no $needs"
		continue
	fi
	find . -path ./.git -prune -o -type f -exec rm -f {} +
	lay "$case"
	commit "$name"
	command=$(value "$case" command)
	# shellcheck disable=SC2046 # several words
	run git preview-test --json --no-cache $(value "$case" args) \
		${command:+-c "test.command=$command"}
	verdict=$(value "$case" verdict) reason=$(value "$case" reason)
	good=0
	grep -qE "\"verdict\":\"$verdict\",\"reason\":\".*${reason:-}" "$T/out" || good=1
	report_run "$name: $verdict" $good
done
finish
