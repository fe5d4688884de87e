#!/bin/sh
# Ctrl-C and SIGTERM in every phase: gone within a second, nothing changed, resumed to the end.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

# a loaded machine and sanitizers need their time
limit=1000
case $B in *address* | *undefined*) limit=3000 ;; esac
[ "${JOBS:-1}" -le 1 ] 2>/dev/null || limit=2000
longest=0

# interrupt <signal> <phase to hang in, or -> <name> <command that tells the moment...>
interrupt() {
	sig=$1 slow=$2 name=$3
	shift 3
	start_model "$T/script"
	snapshot >"$T/before"
	rm -f "$T/err"
	(preview "$slow" ${extra-} "renew the value" >"$T/out" 2>"$T/err" </dev/null) &
	pid=$!
	wait_until "$@"
	good=$?
	cp "$T/err" "$T/why"
	report "$name: the moment comes" $good
	from=$(now_ms)
	kill -"$sig" $pid
	wait $pid
	status=$?
	took=$(($(now_ms) - from))
	[ $took -le $longest ] || longest=$took
	echo "# $name, SIG$sig: $took ms from signal to exit"
	good=0
	[ $status -eq 130 ] && [ $took -lt $limit ] || good=1
	report_run "$name: SIG$sig ends it with 130 in $took of $limit ms" $good
	nothing_left "... no process is left"
	snapshot >"$T/after"
	same "... and nothing the user can see has changed" "$T/before" "$T/after"
	is "... no branch on standard output" "" "$(cat "$T/out")"
	id=$(sed -n 's/^hint: git preview --resume \([a-z0-9]*\) .*/\1/p' "$T/err")
}

# resumed <name> <what it costs in all>: the run goes on to a proven branch
resumed() {
	run_resumed() { (preview - --resume "$id"); }
	t "$1: --resume goes on to a proven branch" run_resumed
	cp "$T/err" "$T/said"
	has "... with its name" "$T/out" "^preview/.*-$id$"
	has "... and the money of both parts" "$T/said" "^cost: $2 USD"
	has "... red was proven again" "$T/said" '^ok .*red '
	is "... nothing of the run is left" "" "$(runs)$(git for-each-ref refs/preview/)"
	stop_model "... and the model was asked what it should be"
	git branch -q -D "$(cat "$T/out")"
}

# go_on ...: resumed, once for all signals
go_on() {
	if [ "$sig" = INT ]; then resumed "$@"; else stopped; fi
}

# stopped: the model of an interrupted run that is not resumed
stopped() {
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
	rm -rf .git/preview/runs/*
	git for-each-ref --format='delete %(refname)' refs/preview | git update-ref --stdin
}

make_small
for sig in INT TERM; do
	{
		printf 'request\ntext "Let me"\ndelay 60000\nrequest\n'
		say_both
	} >"$T/script"
	asked() { [ -s "$T/model.log" ] && hangs_in base; }
	interrupt $sig base "model streaming" asked
	if [ $sig = INT ]; then
		has "... the model's part is counted" "$XDG_STATE_HOME/codexflow/ledger.jsonl" '"reported":false'
		cost=$(sed -n 's/^cost: \([0-9.]*\) USD.*/\1/p' "$T/err")
		resumed "interrupted in the model's words" "$(echo "$cost" | awk '{ printf "%.4f", $1 + 0.002 }')"
	else
		stopped
	fi

	{
		echo request
		say_test
		echo 'delay 60000'
		echo request
		say_both
	} >"$T/script"
	interrupt $sig red "red running, the model streaming" hangs_in red
	go_on "interrupted in red" '0\.00[0-9]*'

	{
		echo request
		say_test
		echo 'delay 60000'
		echo request
		echo 'expect body "These test files are in place"'
		echo 'text "Renew the value"'
		say_code
		echo 'completed in=1000 out=100'
	} >"$T/script"
	interrupt $sig - "red proven, the model streaming" said '^ok .*red '
	go_on "interrupted after red" '0\.00[0-9]*'

	# the answer is whole and paid for: nobody is asked again
	{
		echo request
		say_both
	} >"$T/script"
	for phase in red green suite setup; do
		paid() { said '^ok .*model ' && hangs_in $phase; }
		interrupt $sig $phase "$phase running, the model done" paid
		go_on "interrupted in $phase" '0\.0020'
	done
	waits() { said '^ok .*green' && hangs_in base; }
	interrupt $sig base "waiting for the baseline" waits
	go_on "interrupted in the baseline" '0\.0020'

	{
		printf 'request\nstatus 503\nheader Retry-After: 30\nbody "busy"\nrequest\n'
		say_both
	} >"$T/script"
	interrupt $sig - "waiting for a retry" said 'try 2 in'
	go_on "interrupted before a retry" '0\.0020'
done
echo "# longest: $longest ms from signal to exit"

# as a terminal does it: git and the program under it get the signal together
printf 'request\ntext "Let me"\ndelay 60000\n' >"$T/script"
start_model "$T/script"
(GP_MARK=$mark exec env --default-signal=INT setsid git preview -c "test.command=SLOW=base GP_MARK=$mark sh run.sh" \
	renew >"$T/out" 2>"$T/err" </dev/null) &
pid=$!
wait_until hangs_in base
kill -INT -$pid
wait $pid
status=$?
report_run "Ctrl-C of 'git preview' as a terminal sends it" $((status != 130))
nothing_left "... no process is left"
stopped
finish
