#!/bin/sh
# What a run that ended early leaves, and how --resume goes on from it without believing it.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

# begin [<option>...]: the run, in the background
begin() {
	slow=$1
	shift
	rm -f "$T/err"
	(preview "$slow" "$@" "renew the value" >"$T/out" 2>>"$T/err" </dev/null) &
	pid=$!
}
# end [<signal>]: of it, with its $id
end() {
	kill -"${1:-INT}" $pid
	wait $pid
	status=$?
	id=$(runs)
}
ask_for_id() { id=$(sed -n 's/^hint: git preview --resume \([a-z0-9]*\) .*/\1/p' "$T/err"); }

try() { (preview - "$@"); }
hang() { (preview "$@"); }

drop_model() {
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
}
drop_runs() {
	rm -rf .git/preview/runs/*
	git for-each-ref --format='delete %(refname)' refs/preview refs/heads/preview |
		git update-ref --stdin
}
# proven <name>: what the last command left is a whole branch and nothing else
proven() {
	cp "$T/out" "$T/branch"
	is "$1" "tests/new.t value.sh" \
		"$(git diff --name-only main "$(cat "$T/branch")" | tr '\n' ' ' | sed 's/ $//')"
	is "... and nothing of the run is left" "" "$(runs)$(git for-each-ref refs/preview/)"
	drop_runs
}

make_small

# 1. the stream is cut after `test` was handed out
{
	echo request
	say_test
	echo request
	echo 'expect json input.-1.type custom_tool_call_output'
	echo 'expect body "red is valid"'
	echo 'text "Renew the value"'
	say_code
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
t_status 7 "an answer that ends early after a call" try "renew the value"
ask_for_id
t "... can be resumed" try --resume "$id"
stop_model "... with the call in its history and answered"
proven "... to a proven branch"

# 2. ... after both were
{
	echo request
	echo 'text "Renew the value"'
	say_test
	say_code
} >"$T/script"
start_model "$T/script"
t_status 7 "an answer that ends early after both calls" hang green "renew the value"
ask_for_id
t "... can be resumed without asking again" try --resume "$id"
stop_model "... as the model saw"
proven "... to a proven branch"

# by then the test and the change were run, which takes longer in containers
{
	cat "$T/script"
	echo "delay ${TEST_SANDBOX:+1}1500"
} >"$T/script2"
start_model "$T/script2"
t "an answer that ends early after all was proven is no loss" try "renew the value"
stop_model "... of one request"
proven "... the branch is made"

# 3. questions
cat >"$T/script" <<'EOF'
request
call-function ask q1 {"questions":["Which value?", "For whom?"]}
delay 200
text "I need to know."
completed in=1000 out=100
request
expect returned
expect body "the newest one"
EOF
say_both >>"$T/script"
start_model "$T/script"
t_status 9 "questions end a run that nobody can answer" try "renew the value"
is "... they are its result" "Which value? For whom?" "$(tr '\n' ' ' <"$T/out" | sed 's/ $//')"
ledger=$XDG_STATE_HOME/codexflow/ledger.jsonl
has "... after the whole answer, whose price is known" "$ledger" '"in":1000.*"reported":true'
id=$(sed -n 's/^hint: git preview --resume \([a-z0-9]*\) .*/\1/p' "$T/err")
t_status 9 "... again when resumed without an answer" try --resume "$id"
has "... and costs nothing more" "$T/err" '^cost: 0\.0020 USD'
t "... and go on with one" try --resume "$id" the newest one
has "... that is counted together" "$T/err" '^cost: 0\.0040 USD'
stop_model "... which the model got"
proven "... to a proven branch"

# 4. a run that is still running
{
	echo request
	say_test
	echo 'delay 60000'
	echo request
	say_both
} >"$T/script"
start_model "$T/script"
begin red
wait_until hangs_in red
id=$(runs)
echo '{}' >".git/preview/runs/$id/state.json"
t_status 128 "a run that is still running" try --resume "$id"
has "... cannot be resumed, and is told so" "$T/err" 'still running'
has_not "... with no hint to do so" "$T/err" '^hint: git preview --resume'
is "... nor is it disturbed" "$id" "$(runs)"
end
is "... and ends as usual" 130 $status
t "... and can be resumed then" try --resume "$id"
drop_model
proven "... to a proven branch"

# 5. killed while the model streamed, after red
{
	echo request
	say_test
	echo 'delay 60000'
	echo request
	echo 'expect body "These test files are in place"'
	echo 'expect body "red is valid"'
	echo 'text "Renew the value"'
	say_code
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
begin -
wait_until said '^ok .*red '
wait_until [ -s ".git/preview/runs/$(runs)/state.json" ]
end KILL
t "a killed run can be resumed" try --resume "$id"
stop_model "... with its test"
proven "... to a proven branch"

# 6. a repair, which is a patch against what stayed applied
first_code=$(echo "$new_code" | sed 's/^+value=new/+value=wrong/')
repair=$(echo "$new_code" | sed 's/^-value=old/-value=wrong/')
{
	echo request
	echo 'text "Renew the value"'
	say_test
	printf 'call-custom implement c2 <<PATCH\n%s\nPATCH\n' "$first_code"
	echo 'completed in=1000 out=100'
	echo request
	printf 'call-custom implement c3 <<PATCH\n%s\nPATCH\n' "$repair"
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
begin green
wait_until hangs_in green
end
t "interrupted in a repair's green: resumed" try --resume "$id"
has "... with all that was paid" "$T/err" '^cost: 0\.0040 USD'
stop_model "... without asking again"
proven "... to a proven branch"

sed '/call-custom implement c3/,$d' "$T/script" >"$T/script2"
{
	printf 'text "Hmm"\ndelay 60000\n'
	echo request
	echo 'expect returned'
	printf 'call-custom implement c3 <<PATCH\n%s\nPATCH\n' "$repair"
	echo 'completed in=1000 out=100'
} >>"$T/script2"
start_model "$T/script2"
begin -
second_turn() { [ -s "$T/model.log.2.json" ]; }
wait_until second_turn
sleep 0.3
end
t "interrupted while a repair streams: resumed" try --resume "$id"
stop_model "... with the history as it was"
proven "... to a proven branch"

# 7. a stop while the branch is made: here, while it is signed
cat >"$T/gpg" <<EOF
#!/bin/sh
exec sh -c 'sleep 60; :' $mark-gpg
EOF
chmod +x "$T/gpg"
git config commit.gpgsign true
git config gpg.program "$T/gpg"
printf 'request\n' >"$T/script"
say_both >>"$T/script"
start_model "$T/script"
snapshot >"$T/before"
begin -
wait_until hangs_in gpg
end
is "a stop while a commit is signed" 130 $status
nothing_left "... no process is left"
snapshot >"$T/after"
same "... nothing has changed" "$T/before" "$T/after"
git config --unset commit.gpgsign
git config --unset gpg.program
t "... can be resumed" try --resume "$id"
has "... red was seen again" "$T/err" '^ok .*red '
stop_model "... without asking again"
proven "... to a proven branch"

printf 'request\n' >"$T/script"
say_both >>"$T/script"
start_model "$T/script"
git config commit.gpgsign true
git config gpg.program false
t_status 128 "a commit that cannot be signed" try "renew the value"
has "... says so" "$T/err" '^error: cannot make the branch: cannot sign the commit: .*gpg'
has "... and how to go on, once it can" "$T/err" \
	"^hint: .*git commit -S.*; then git preview --resume $(runs) goes on from here$"
id=$(runs)
git config --unset commit.gpgsign
git config --unset gpg.program
t "... and so it is" try --resume "$id"
stop_model "... without asking again"
proven "... to a proven branch"

# 8. what was kept without proof, proven later
{
	echo request
	echo 'text "Renew the value"'
	say_test
	printf 'call-custom implement c2 <<PATCH\n%s\nPATCH\n' "$first_code"
	echo 'completed in=1000 out=100'
	echo request
	printf 'call-custom implement c3 <<PATCH\n%s\nPATCH\n' "$repair"
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
t_status 4 "an unproven branch is kept when asked for" try --keep-unproven -c preview.rounds=0 \
	"renew the value"
id=$(runs)
cp "$T/out" "$T/unproven"
t "... and proven by --resume" try --resume "$id"
is "... beside what was kept, which may be in use" "$(cat "$T/unproven")-2" "$(cat "$T/out")"
drop_model
proven "... as a whole branch"

# 9. git is not cut short where it would leave a lock of the user's behind
git=$(command -v git)
mkdir "$T/slow"
cat >"$T/slow/git" <<EOF
#!/bin/sh
case " \$* " in
*" update-ref "*)
	touch "$T/begun"
	sleep 0.5
	"$git" "\$@"
	touch "$T/ended"
	;;
*) exec "$git" "\$@" ;;
esac
EOF
chmod +x "$T/slow/git"
begun() { [ -e "$T/begun" ]; }
ended() { [ -e "$T/ended" ]; }
for sig in KILL INT; do
	{
		echo request
		echo 'text "Renew the value"'
		say_test
		printf 'call-custom implement c2 <<PATCH\n%s\nPATCH\n' "$first_code"
		echo 'completed in=1000 out=100'
		echo request
		printf 'call-custom implement c3 <<PATCH\n%s\nPATCH\n' "$repair"
		echo 'completed in=1000 out=100'
	} >"$T/script"
	start_model "$T/script"
	t_status 4 "a run that ends unproven, once more" try -c preview.rounds=0 "renew the value"
	id=$(runs)
	t "... has a ref that keeps its state" git rev-parse -q --verify "refs/preview/runs/$id"
	rm -f "$T/begun" "$T/ended"
	plain=$PATH PATH=$T/slow:$PATH
	(preview - --resume "$id" >"$T/out" 2>>"$T/err" </dev/null) &
	pid=$!
	PATH=$plain
	t "... which goes when it is proven" wait_until begun
	kill -$sig $pid
	wait $pid 2>/dev/null
	t "... SIG$sig meanwhile: git does its work" wait_until ended
	is "... and the ref is gone" "" "$(git for-each-ref refs/preview/)"
	drop_model
	drop_runs
done
finish
