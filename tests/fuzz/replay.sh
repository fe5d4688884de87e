#!/bin/sh
# Replays every fuzzer's saved inputs: one TAP line a fuzzer.
: "${B:=build}"
cd "$(dirname "$0")/../.." || exit 1
n=0
for f in "$B"/fuzz/*; do
	[ -x "$f" ] || continue
	name=${f##*/}
	n=$((n + 1))
	if said=$("$f" "tests/fuzz/corpus/$name" 2>&1); then
		echo "ok $n - $name: $said"
	else
		echo "not ok $n - $name"
		echo "$said" | sed 's/^/# /'
	fi
done
if [ "$n" -eq 0 ]; then
	echo "1..0 # SKIP no fuzzers are built"
else
	echo "1..$n"
fi
