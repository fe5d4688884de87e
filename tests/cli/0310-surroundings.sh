#!/bin/sh
# What a test finds around it is the same on every machine: time zone, language, seeds, home, /tmp.
. "${0%/*}/lib.sh"

make_repo around
printf '[test]\ncommand = sh run.sh\n' >.codexflow.ini
cat >run.sh <<'E2'
n=0
is() { # <name> <expected> <actual>
	n=$((n + 1))
	[ "$2" = "$3" ] && echo "ok $n - $1" || echo "not ok $n - $1: $3"
}
echo 1..12
is zone UTC "$TZ"
is clock +0000 "$(date +%z)"
is language C.UTF-8 "${LC_ALL:-${LC_MESSAGES:-$LANG}}"
is order "A B a b" "$(printf 'b\nA\na\nB\n' | sort | tr '\n' ' ' | sed 's/ $//')"
is seed 0 "$PYTHONHASHSEED"
is terminal dumb "$TERM"
is "no name of the host's" "" "$AROUND_ONE$EDITOR$LC_TIME$SOURCE_DATE_EPOCH"
is "a home of its own" "" "$(cat "$HOME/mark" 2>/dev/null)"
echo run >"$HOME/mark" && is "... to write to" run "$(cat "$HOME/mark")"
is "a /tmp of its own" /tmp "$TMPDIR"
is "... that has no file" "" "$(find /tmp -xdev -type f)"
echo run >/tmp/mark && is "... to write to" run "$(cat "$TMPDIR/mark")"
E2
commit 'a test of its surroundings'
echo host >"$HOME/mark"
around() { # <zone> <language> <seed>
	env TZ="$1" LANG="$2" LC_ALL="$2" LC_TIME="$2" PYTHONHASHSEED="$3" TERM=xterm EDITOR=vi \
		AROUND_ONE=1 SOURCE_DATE_EPOCH=1 git preview-test --no-cache
}
t "a test finds what it always finds" around Asia/Tokyo de_DE.UTF-8 7
is "... all of it" "pass: 12 tests passed" "$(cat "$T/out")"
t "... elsewhere too, and nothing of the run before" around America/Lima C random
is "... all of it" "pass: 12 tests passed" "$(cat "$T/out")"
finish
