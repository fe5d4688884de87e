#!/bin/sh
# What a test and an implementation come to together, on small projects: each request ends as its
# file says. tests/cases/trial/two/*.two: "kind", "status", "outcome", "reason" (a pattern for what
# is told), "needs" (a program), then the files of the base after "--- file <path>", and what the
# model sends after "--- test" and "--- implement".
. "${0%/*}/lib.sh"

value() { # <case> <key>
	sed -n "/^--- /q;s/^$2 //p" "$1"
}
lay() { # <case>: the base in the work tree
	awk '/^--- file / { path = substr($0, 10); dir = path; sub(/[^\/]*$/, "", dir)
			if (dir != "") system("mkdir -p " dir)
			printf "" >path; next }
		/^--- / { path = "" }
		path != "" { print >path }' "$1"
}
say() { # <case> <test|implement>: the call of the model
	printf 'call-custom %s %s <<PATCH\n' "$2" "$2"
	awk -v of="--- $2" '/^--- / { on = $0 == of; next } on' "$1"
	echo PATCH
}

make_repo work
for case in "$top"/tests/cases/trial/two/*.two; do
	name=${case##*/} name=${name%.two}
	needs=$(value "$case" needs)
	if [ -n "$needs" ] && ! command -v "$needs" >/dev/null; then
		skip "$name" "no $needs"
		continue
	fi
	find . -path ./.git -prune -o -type f -exec rm -f {} +
	lay "$case"
	commit "$name"
	{
		echo 'request *'
		say "$case" test
		say "$case" implement
		echo 'completed in=1000 out=100'
	} >"$T/script"
	start_model "$T/script"
	run git preview --json -c preview.rounds=0 -c preview.strength=off -c test.repeat=1 "add the product"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
	outcome=$(value "$case" outcome) reason=$(value "$case" reason)
	good=0
	[ "$status" = "$(value "$case" status)" ] || good=1
	grep '"event":"done"' "$T/out" | grep -q "\"outcome\":\"$outcome\"" || good=1
	grep -E '"event":"(done|refused)"' "$T/out" | grep -qE "$reason" || good=1
	report_run "$name: $outcome" $good
	value "$case" kind >>"$T/kinds"
done
echo "# of each kind:"
sort "$T/kinds" | uniq -c | sed 's/^ */#   /'
finish
