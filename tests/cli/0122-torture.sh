#!/bin/sh
# Every edge to the system fails once, one at a time: the command does its work all the same or ends
# with a reason and its status, the user's checkout is as it was, nothing half-made is left, and the
# next run works. TORTURE=all takes every edge; else every so many, from SEED=<n> on.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

: "${SEED:=$(date +%s)}" "${TORTURE:=}"
echo "# SEED=$SEED TORTURE=$TORTURE"

scratch() { find .git/preview -path '*/layers/*/runs/*' -o -name '*sandbox-probe?*' 2>/dev/null; }
no_scratch() { [ -z "$(scratch)" ]; }
# a layer whose git was killed is laid anew, by who takes it
temporaries() {
	find .git "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$T/server.git" \
		! -path '.git/preview/layers/*/index.lock' \( -name '*.lock' -o -name '*.tmp-*' \) 2>/dev/null
}
no_temporaries() { [ -z "$(temporaries)" ]; }
# whether the failing edge was one of removing; what is removed beside us may say so late
unremoved() { grep -qs ': remove$' "$T/edge"; }

# What must not be there after a command, whatever became of it
leavings() {
	git for-each-ref --format='%(refname:short)' refs/heads/preview >"$T/branches"
	while read -r b; do whole "$b"; done <"$T/branches"
	snapshot | grep -vE '^refs/(heads|remotes/origin)/preview/' | diff "$T/before" -
	git -C "$T/server.git" for-each-ref --format='%(objectname)' refs/heads | grep -vxF "${tip-}"
	# the cache may be looked through beside us
	wait_until no_temporaries || temporaries
	# what could not be removed is removed by who takes the same layer; much of it beside us
	wait_until scratch_settled || scratch
	for run in $(runs); do
		[ -s ".git/preview/runs/$run/state.json" ] || echo "a run of no use: $run"
	done
	grep -F "$T" /proc/self/mountinfo
	gone || wait_until gone || echo "a process is left: $(marked)"
}

scratch_settled() { unremoved || no_scratch; }

# ending <statuses>: why the command's end was none of them, or had no reason
ending() {
	grep -aE 'Sanitizer|runtime error:' "$T/err"
	case " $1 " in *" $status "*) ;; *) echo "status $status" ;; esac
	[ "$status" -eq 0 ] || grep -aqE '^(error|infra|broken): ' "$T/err" "$T/out" || echo "no reason"
}

# put_back: as before the command, but for what it has cached
put_back() {
	drop_branches
	rm -rf .git/preview/runs
	git for-each-ref --format='delete %(refname)' refs/preview | git update-ref --stdin
}

# blame <what>: into the list of what was bad, when $T/why has anything to say
blame() {
	[ ! -s "$T/why" ] || {
		echo "-- edge $at: $edge, $1"
		head -n 20 "$T/why"
		tail -n 5 "$T/out" "$T/err"
	} >>"$T/bad"
}

# sweep <name> <step> <last status> <other statuses> <prepare> <command...>: the command with one
# edge failing, another one each time, until none is left
sweep() {
	name=$1 step=$2 last=$3 allowed="$3 $4" prepare=$5
	shift 5
	[ "$TORTURE" != all ] || step=1
	at=$((SEED % step + 1)) tried=0 missed=0
	: >"$T/bad"
	# how many there are differs a little
	while [ $missed -lt 2 ]; do
		"$prepare"
		rm -f "$T/edge"
		export GP_FAIL_EDGE=$at GP_FAIL_EDGE_SAY="$T/edge"
		run "$@"
		unset GP_FAIL_EDGE GP_FAIL_EDGE_SAY
		missed=$((missed + 1)) edge=none
		if [ -s "$T/edge" ]; then
			# a child counts on, so that one of its edges may fail beside ours
			missed=0 tried=$((tried + 1)) edge=$(sed 's/.*: //' "$T/edge" | sort -r | head -n 1)
		fi
		[ -z "${SAY-}" ] || echo "# $at $(sed "s/.*: //" "$T/edge" | xargs) -> $status $(grep -a ^error: "$T/err")"
		{
			ending "$allowed"
			leavings
		} >"$T/why" 2>&1
		blame "the command itself"
		put_back
		run "$@"
		{
			ending "$last"
			leavings
		} >"$T/why" 2>&1
		blame "the next one"
		put_back
		! unremoved || rm -rf .git/preview/layers/*/runs/*
		at=$((at + step))
	done
	echo "# $name: $tried edges of about $at"
	head -n 200 "$T/bad" >"$T/why"
	report "$name: whichever edge fails, nothing is harmed" $(($(wc -l <"$T/bad") > 0))
}

make_small
{
	echo 'request *'
	say_both
} >"$T/script"
start_model "$T/script"
config=$XDG_CONFIG_HOME/codexflow/config.ini
# a host that takes libcurl to know
sed -i 's,127\.0\.0\.1,127.1,' "$config"
git config preview.unrelated yes
git init -q --bare "$T/server.git"
git remote add origin "$T/server.git"
snapshot >"$T/before"


go() { (preview - "renew the value"); }
cold() { rm -rf .git/preview "$XDG_STATE_HOME"; }
t "without failures it works" go
branch=$(cat "$T/out")
tip=$(git rev-parse "$branch")
put_back
sweep "the second request" 12 0 "7 8 128" : go
sweep "the first request" 23 0 "7 8 128" cold go
stop_model "the model was asked nothing else"

{
	echo 'request *'
	say_test
	printf 'call-custom implement c2 <<PATCH\n%s\nPATCH\n' "$new_code" | sed 's/value=new/value=bad/'
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
unproven() { (preview - -c preview.rounds=0 "renew the value"); }
sweep "a request that is not met" 13 4 "7 8 128" : unproven
stop_model "... nor was it there"

tests() { git-preview-test -- env "GP_MARK=$mark" sh run.sh; }
fails() { git-preview-test -- sh -c "export GP_MARK=$mark; sh run.sh; exit 1"; }
uncached() { rm -rf .git/preview/cache; }
sweep "a suite" 13 0 "8 128" uncached tests
sweep "a suite whose result is known" 13 0 "8 128" : tests
sweep "a suite that fails" 13 1 "8 128" uncached fails

unpushed() {
	git update-ref "refs/heads/$branch" "$tip"
	git update-ref -d "refs/remotes/origin/$branch"
	git -C "$T/server.git" update-ref -d "refs/heads/$branch"
	git -C "$T/server.git" update-ref -d refs/notes/preview
}
push() {
	git update-ref "refs/heads/$branch" "$tip"
	git-preview-push origin "$branch"
}
no_proof
sweep "a push" 11 0 "1 128" unpushed push
finish
