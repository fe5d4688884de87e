#!/bin/sh
# Nothing blocks for ever: deadlines of the run, the model, the tests, the setup; and what is swept.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

# play <status> <name> <slow phase> [<option>...]: with the script there is
play() {
	want=$1 name=$2 slow=$3
	shift 3
	start_model "$T/script"
	snapshot >"$T/before"
	once() { (preview "$slow" "$@" -c preview.rounds=0 "renew the value"); }
	from=$(now_ms)
	t_status "$want" "$name" once "$@"
	took=$(($(now_ms) - from))
	echo "# $name: $took ms"
	nothing_left "... no process is left"
	snapshot >"$T/after"
	same "... nothing has changed" "$T/before" "$T/after"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
}
both() { echo request && say_both; }

make_small
# what comes before the slow phase takes longer in containers
short=1 long=2
[ -z "${TEST_SANDBOX-}" ] || short=6 long=8
printf 'request\ntext "Let me"\ndelay 60000\n' >"$T/script"
play 3 "the deadline passes before red" - --deadline 1
has "... is named" "$T/err" 'the deadline of 1 s passed'
has "... and the run can be resumed" "$T/err" '^hint: git preview --resume'
{
	echo request
	say_test
	echo 'delay 60000'
} >"$T/script"
play 4 "the deadline passes after red" - --deadline $long
has "... red is told" "$T/err" '^red is proven'
both >"$T/script"
play 4 "the deadline passes in green" green --deadline $long
play 3 "the deadline passes in the baseline" base --deadline $short -c test.new=
printf 'request 3\ntext "Let me"\nhang\n' | sed 's/^price-out/&/' >"$T/script"
play 7 "a model that falls silent" - -c model.idle-timeout=1
has "... was tried three times" "$T/err" '3 tries'

both >"$T/script"
play 8 "a new test that hangs" red -c test.timeout=1
has "... is named" "$T/err" 'did not end within the time limit'
play 8 "an implementation that hangs" green -c test.timeout=1
play 8 "a suite that hangs" suite -c test.timeout=1
play 8 "a base that hangs" base -c test.timeout=1
has "... is said to be the base" "$T/err" 'on the base'

FAIL=setup
play 8 "a setup that fails" -
FAIL=
has "... says what it said" "$T/err" 'no such package: leftpad'
is "... once" 1 "$(grep -c leftpad "$T/err")"
has "... names the command and its status" "$T/err" '^error: .*setup.sh.* status 3'
play 8 "a setup that hangs" setup --deadline 1
has "... is named" "$T/err" '^error: .*setup.sh.* did not end before the deadline'
t_status 8 "preview-test with a setup that fails" git preview-test -c 'test.setup=echo gone; exit 3' \
	-c 'test.command=sh run.sh'
has "... says what it said" "$T/err" 'gone'

# what ends before anything was paid for leaves nothing
rm -rf .git/preview/runs/*
git for-each-ref --format='delete %(refname)' refs/preview | git update-ref --stdin
(
	unset TEST_KEY
	preview - "renew the value" >"$T/out" 2>"$T/err"
)
is "a run without a key leaves no folder" "" "$(runs)"
(preview - --dry-run "renew the value" >"$T/out" 2>"$T/err")
is "nor does a dry run" "" "$(runs)"
(preview - --base nowhere "renew the value" >"$T/out" 2>"$T/err")
(preview - -c sandbox.kind=docker -c sandbox.host=unix:///none "renew the value" >"$T/out" 2>"$T/err")
is "nor one without a base or a sandbox" "" "$(runs)"

# leavings of processes that were killed
ours=.git/preview
mkdir -p $ours/runs/bcdfghjk $ours/runs/bcdfghjm $ours/runs/bcdfghjn $ours/layers/1/runs/run-999999-0/upper
echo '{}' >$ours/runs/bcdfghjm/state.json
echo '{}' >$ours/runs/bcdfghjn/state.json
git branch preview/done-bcdfghjn
git update-ref refs/preview/runs/bcdfghjn main
printf refs/heads/preview/done-bcdfghjn >$ours/runs/bcdfghjn/branch
printf refs/heads/preview/not-there >$ours/runs/bcdfghjm/branch
old='sandbox-probe.tmp-AbCdEf cache/0123456789abcdef.json.tmp-AbCdEf runs/bcdfghjm/state.json.tmp-AbCdEf
	layers/1/state.tmp-AbCdEf'
for f in $old; do
	echo x >"$ours/$f"
	touch -d '1 hour ago' "$ours/$f"
done
mkdir $ours/sandbox-probe-999999-AbCdEf
echo x >$ours/cache/fresh.tmp-AbCdEf
t_status 128 "a run whose branch is there" git preview --resume bcdfghjn
has "... needs no --resume" "$T/err" "it is done, its branch is 'preview/done-bcdfghjn'"
mkdir -p $ours/runs/bcdfghjn
echo '{}' >$ours/runs/bcdfghjn/state.json
printf refs/heads/preview/done-bcdfghjn >$ours/runs/bcdfghjn/branch
git update-ref refs/preview/runs/bcdfghjn main
both >"$T/script"
start_model "$T/script"
go() { (preview - "renew the value"); }
rm -f $ours/sandbox-probe
mkdir -p .git/refs/notes
touch -d '1 hour ago' .git/refs/notes/preview.lock
t "a run among leavings" go
stop_model "... is as any other"
is "runs without state or with their branch are swept, others kept" bcdfghjm "$(runs)"
is "... with their refs" "" "$(git for-each-ref refs/preview/)"
is "a lock of a process long gone is broken" no \
	"$([ -e .git/refs/notes/preview.lock ] && echo there || echo no)"
is "scratch is swept" "" "$(ls $ours/layers/1/runs)"
# bubblewrap alone is probed in a folder
[ -n "${TEST_SANDBOX-}" ] || old="$old sandbox-probe-999999-AbCdEf"
for f in $old; do
	is "$f is swept" no "$([ -e "$ours/$f" ] && echo there || echo no)"
done
is "... but not what may be in use" x "$(cat $ours/cache/fresh.tmp-AbCdEf)"
finish
