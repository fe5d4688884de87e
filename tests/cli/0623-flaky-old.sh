#!/bin/sh
# shellcheck disable=SC2016,SC2154 # what stands in the scripts and tests of others is theirs
# An old test that comes and goes is run again on both sides, and told, not blamed; one that fails
# each time with the change, and never without, is.
. "${0%/*}/lib.sh"
[ -z "${TEST_SANDBOX-}" ] || skip_all "the runs read what is mounted"

# Runs see nothing of each other: each is told how it is to end through a pipe that is mounted, one
# for the base and one for the change.
make_repo tasks
mkdir tests "$T/told"
mkfifo "$T/told/old" "$T/told/new"
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n[preview]\nstrength = off\n' \
	>.codexflow.ini
echo 'value=old' >value.sh
echo 'true' >tests/old.t
echo 'read -r word <"'"$T"'/told/$value" && [ "$word" = pass ]' >tests/flaky.t
cat >run.sh <<'END2'
echo "1..$#"
for t; do
	(. ./value.sh; . "./$t")
	s=$?
	case $s in
	0) echo "ok - $t" ;;
	*) echo "not ok - $t"; bad=1 ;;
	esac
done
exit ${bad:-0}
END2
commit first
cat >"$T/script" <<'END2'
request
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
+[ "$value" = new ]
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: value.sh
-value=old
+value=new
*** End Patch
PATCH
completed in=2000 out=400
END2

feed() { # <old|new> <word...>: to one run each
	pipe=$T/told/$1
	shift
	for word; do
		echo "$word" >"$pipe"
		sleep 0.5
	done
}
tell() { # "<words of the base>" "<words of the change>"
	# shellcheck disable=SC2086 # words
	feed old $1 &
	old=$!
	# shellcheck disable=SC2086
	feed new $2 &
	new=$!
}
# told: the words that are left are for nobody
told() {
	kill "$old" "$new" 2>/dev/null
	wait "$old" "$new"
}
# try <status> <outcome> <words of the base> <words of the change> <name> [<setting...>]
try() {
	want=$1 outcome=$2 name=$5
	tell "$3" "$4"
	shift 5
	start_model "$T/script"
	run git preview --json -c test.timeout=60 -c preview.rounds=0 -c "sandbox.read-only=$T/told" "$@" \
		"renew the value"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
	good=0
	grep '"event":"done"' "$T/out" >"$T/done"
	[ "$status" = "$want" ] && grep -q "\"outcome\":\"$outcome\"" "$T/done" || good=1
	told
	report_run "$name: $outcome" $good
	branch=$(sed -n 's/.*"branch":"\([^"]*\)".*/\1/p' "$T/done")
}
said() { # <in how many of the base> <with the change>
	words="an old test is flaky, it failed in $1 runs on the base and $2 with the change: tests/flaky.t"
	has "... which is said" "$T/done" "\"not_proven\":\[.*$words"
	git log -1 --format=%B "$branch" >"$T/message"
	has "... in the commit" "$T/message" "^Not proven: $words\.\$"
	has "... beside the numbers" "$T/message" '^Preview-Suite: .*, 1 flaky \(sh run'
	git notes --ref=preview show "$branch" >"$T/note"
	has "... in the record" "$T/note" '"flaky":\[\{"id":"tests/flaky.t","base_runs":'
	run git preview --show "$branch"
	has "... and in the report" "$T/out" 'an old test is flaky'
}

try 4 regression "pass pass pass" "fail fail fail" "an old test that fails each time"
has "... which the model is told" "$T/done" 'tests/flaky.t. passed on the base and fails'
# what passed on the base is kept by tree: the runs of the base begin with the second
try 4 regression "pass pass" "fail" "one whose runs are not to be repeated" -c test.repeat=1
try 0 proven "fail" "fail" "an old test that fails on the base, too"
said '1 of 2' '2 of 2'
proven=$branch
try 0 proven "pass fail" "fail fail fail" "one that does so later"
said '1 of 3' '3 of 3'
# the suite with the change, too, is kept: it failed
try 0 weak "pass pass" "fail pass" "one that is flaky with the change alone"
said '0 of 3' '2 of 3'

rm -rf .git/preview/cache
try 0 proven "pass" "pass" "one that passes"
steady=$branch

# prove <words of the base> <words of the change> <name> <status> <branch>
prove() {
	tell "$1" "$2"
	run git preview-test --prove -c test.timeout=60 -c "sandbox.read-only=$T/told" "$5"
	good=$((status != $4))
	told
	report_run "$3" $good
}
prove "pass" "pass" "proven again where it passes by chance" 0 "$proven"
prove "pass fail" "fail fail" "proven again where it is flaky again" 0 "$proven"
has "... which is said" "$T/out" '^note +flaky .*it failed in 1 of 2 runs on the base'
prove "fail pass" "pass" "a base that fails once where it passed" 0 "$steady"
prove "fail fail fail" "pass" "a base that fails each time where it passed" 1 "$steady"
prove "pass pass pass" "fail fail fail" "a regression is found out" 1 "$proven"
has "... by its name" "$T/out" '^fails +suite .*passed before and fails: tests/flaky.t'
finish
