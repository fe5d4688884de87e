#!/bin/sh
# kill -9 at random moments: nothing the user can see has changed, or the branch is there, whole.
# SEED=<n> repeats a series; KILLS=<n> makes it shorter or longer.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

: "${SEED:=$(date +%s)}" "${KILLS:=100}"
echo "# SEED=$SEED KILLS=$KILLS"
[ "$KILLS" -ge 100 ] || echo "# ONLY $KILLS KILLS, NOT 100"

make_small
{
	echo 'request *'
	say_test
	echo 'delay 40'
	say_code
	echo 'delay 30'
	echo 'text "Renew the value"'
	echo 'completed in=1000 out=100'
} >"$T/script"
start_model "$T/script"
git config preview.unrelated yes
snapshot >"$T/before"

# every fourth run lays out its base and sets it up again
begin() {
	[ $(($1 % 4)) -ne 3 ] || rm -rf .git/preview/layers
	rm -f "$T/err"
	(preview - "renew the value" >"$T/out" 2>"$T/err" </dev/null) &
	pid=$!
}

# what still runs, which would hide what outlives the next kill
outlive() {
	for p in $(marked); do
		echo "outlives it by a second: $p $(tr '\0\n' '  ' <"/proc/$p/cmdline")"
		kill -KILL "$p"
	done
}
# How long does a run take? The shortest of some: what is over cannot be killed.
whole_ms=100000
for _ in 1 2 3 4 5; do
	from=$(now_ms)
	begin 3
	wait $pid || cat "$T/err"
	took=$(($(now_ms) - from))
	[ $took -ge $whole_ms ] || whole_ms=$took
	drop_branches
done
echo "# an ordinary run takes $whole_ms ms"
awk -v seed="$SEED" -v n="$KILLS" -v most=$whole_ms 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++)
		printf "%.3f\n", rand() * most * 1.05 / 1000
}' >"$T/delays"

: >"$T/bad"
: >"$T/phases"
kills=0 longest=0
while read -r delay; do
	begin $kills
	sleep "$delay"
	kill -KILL $pid 2>/dev/null
	from=$(now_ms)
	wait $pid 2>/dev/null
	tail -n 1 "$T/err" | cut -c 1-14 >>"$T/phases"
	until gone; do
		[ $(($(now_ms) - from)) -lt 1000 ] || break
	done
	took=$(($(now_ms) - from))
	[ $took -le $longest ] || longest=$took
	{
		gone || outlive
		for b in $(branches); do whole "$b"; done
		snapshot | grep -v '^refs/heads/preview/' | diff "$T/before" -
	} >"$T/why" 2>&1
	[ ! -s "$T/why" ] || {
		echo "kill $kills after $delay s:"
		head -n 20 "$T/why"
		tail -n 3 "$T/err"
	} >>"$T/bad"
	[ -z "$(branches)" ] || echo "(branch made)" >>"$T/phases"
	drop_branches
	kills=$((kills + 1))
done <"$T/delays" 2>"$T/noise"
sort "$T/phases" | uniq -c | sed 's/^/# last seen: /'
echo "# longest: $longest ms from kill to the end of the last process"
cp "$T/bad" "$T/why"
report "after each of $kills kills nothing has changed or the branch is whole" $(($(wc -l <"$T/bad") > 0))

# what is left of ours below refs is met by nobody, or broken when it is old
find .git -name '*.lock' ! -path '.git/refs/*preview*' >"$T/why"
report "no lock is left that somebody could meet" $(($(wc -l <"$T/why") > 0))
git fsck --connectivity-only --no-dangling >"$T/why" 2>&1
report "the repository is sound" $?

[ ! -e .git/refs/notes/preview.lock ] || touch -d '1 minute ago' .git/refs/notes/preview.lock
go() { (preview - "renew the value"); }
t "the next run works" go
whole "$(cat "$T/out")" >"$T/why"
report "... its branch is whole" $(($(wc -l <"$T/why") > 0))
has "... and has a note" "$T/note" '"outcome":"'
for run in $(runs); do
	[ -s ".git/preview/runs/$run/state.json" ] || echo "$run"
done >"$T/why"
report "runs without state are swept" $(($(wc -l <"$T/why") > 0))
echo "# runs that could be resumed: $(runs | wc -l)"
find .git/preview/layers -path '*/runs/*' >"$T/why"
report "scratch is swept" $(($(wc -l <"$T/why") > 0))
find .git/preview -name '*sandbox-probe?*' >"$T/why"
report "... that of probes too" $(($(wc -l <"$T/why") > 0))
grep -F "$T" /proc/self/mountinfo >"$T/why"
report "no mount is left" $(($(wc -l <"$T/why") > 0))
echo "# slots: $(ls .git/preview/layers | wc -l)"
kill "$model_pid"
wait "$model_pid"
model_pid=
finish
