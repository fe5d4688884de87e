#!/bin/sh
# A run's files are not evidence: what they claim is proven again, and nonsense is refused.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

try() { (preview - "$@"); }

make_small

# tree <path> <content>...: the base with files put in
tree() {
	cp .git/index "$T/index"
	(
		GIT_INDEX_FILE=$T/index
		export GIT_INDEX_FILE
		git read-tree main
		while [ $# -gt 1 ]; do
			blob=$(printf '%s\n' "$2" | git hash-object -w --stdin)
			git update-index --add --cacheinfo "100644,$blob,$1"
			shift 2
		done
		git write-tree
	)
}

# A run that was interrupted while the model repaired: red proven, an implementation that is wrong.
{
	echo request
	echo 'text "Renew the value"'
	say_test
	printf 'call-custom implement c2 <<PATCH\n%s\nPATCH\n' \
		"$(echo "$new_code" | sed 's/^+value=new/+value=wrong/')"
	echo 'completed in=1000 out=100'
	echo request
	printf 'text "Hmm"\ndelay 60000\n'
} >"$T/script"
start_model "$T/script"
(preview - "renew the value" >"$T/out" 2>"$T/err" </dev/null) &
pid=$!
second_turn() { [ -s "$T/model.log.2.json" ]; }
wait_until second_turn
sleep 0.3
kill -INT $pid
wait $pid
kill "$model_pid"
wait "$model_pid"
model_pid=
id=$(runs)
state=.git/preview/runs/$id/state.json
cp -R ".git/preview/runs/$id" "$T/saved"

# tampered <python statement on s>: the run as it was, but for that
tampered() {
	rm -rf .git/preview/runs/*
	cp -R "$T/saved" ".git/preview/runs/$id"
	python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(s, open(sys.argv[1], "w"))
' "$state" "$1"
}
no_branch() { is "... and makes no branch" "" "$(git for-each-ref refs/heads/preview)"; }
# the model has nothing to add
silent='request *
text "All is done."
completed in=1000 out=100'
play() { # <status> <name>
	echo "$silent" >"$T/script"
	start_model "$T/script"
	t_status "$1" "$2" try --resume "$id"
	kill "$model_pid"
	wait "$model_pid"
	model_pid=
	no_branch
}

vacuous=$(tree tests/new.t 'true')
tampered "s['test_tree'] = '$vacuous'; s['full_tree'] = '$vacuous'; s['proven'] = True; s['red'] = True"
play 3 "a test that passes at once is no red, whatever the state says"
has "... red was run" "$T/err" '^fail +red .*passes on the code as it is'

tampered "s['proven'] = True"
play 4 "an implementation that is wrong is no green, whatever the state says"
has "... green was run" "$T/err" '^fail +green '

tampered "s['red'] = False; s['test_tree'] = s['full_tree']"
play 128 "a test tree that changes the code is refused"
has "... by the rule for tests" "$T/err" 'value.sh'
tampered "s['full_tree'] = '$(tree value.sh value=new tests/new.t 'true')'; s['proven'] = True"
play 128 "an implementation that changes the test is refused"
has "... by the rule for frozen tests" "$T/err" 'tests/new.t'
tampered "s['full_tree'] = '$(tree value.sh value=new tests/new.t '. ./value.sh; [ "$value" = new ]' \
	.codexflow.ini '[test]')'; s['proven'] = True"
play 128 "an implementation that changes the settings is refused"

tampered "s['spent'] = 0.4999"
play 6 "money that is spent stays spent"

for change in "del s['base']" "s['base'] = 'nowhere'" "s['base'] = '--help'" "s['base'] = ''" \
	"del s['request']" "s['request'] = ''" "s['schema'] = 2" "s['talk'] = []" "del s['talk']" \
	"s['talk']['items'] = [1]" "s['test_tree'] = 'x'" "s['test_tree'] = '0' * 40" \
	"s['test_tree'] = 'f' * 3000" "s['test_tree'] = s['base']" "s = 7" "s = {}"; do
	tampered "$change"
	t_status 128 "refused: $change" try --resume "$id"
	has "... with the reason" "$T/err" '^error: '
	is "... and kept" yes "$([ -s "$state" ] && echo yes)"
done
for change in "s['calls'] = 7" "s['calls'] = [{'id': 'x', 'name': 'implement', 'input': 'y'}]" \
	"s['spent'] = -5; s['in'] = -1e300" "s['lookups'] = 'x'" "s['words'] = 7"; do
	tampered "$change"
	play 4 "harmless: $change"
done
tampered "pass"
head -c 500 "$T/saved/state.json" >"$state"
t_status 128 "refused: half a file" try --resume "$id"
rm "$state"
ln -s /etc/passwd "$state"
t_status 128 "refused: a link" try --resume "$id"
for id in '' - .. ../../x bcdfghj bcdfghjkk BCDFGHJK 'bcdf/hjk'; do
	t_status 128 "no such run: '$id'" try --resume "$id"
	has "... says so" "$T/err" 'there is no such run'
done
finish
