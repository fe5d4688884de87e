#!/bin/sh
# Hostile programs in the sandbox: every row of tests/isolation/rows.tsv, as whoever runs this.
# make isolation makes them as other users too.
kind=${TEST_SANDBOX-}
. "${0%/*}/lib.sh"
rows=$top/tests/isolation/rows.tsv

mkdir "$T/programs" "$T/iso"
cp "$B/git-preview" "$B/git-preview-test" "$B/isolation/attempts" "$B/isolation/hold" \
	"$B/isolation/bomb" "$B/fake/replay" "$B/prices.tsv" "$T/programs" || exit 1
[ -z "$kind" ] || export ISO_OPTIONS="-c sandbox.kind=$kind -c sandbox.host=$engine \
	-c sandbox.image=$engine_image"
run sh "$top/tests/isolation/run.sh" "$T/iso" "$T/programs"
cp "$T/out" "$T/results"
cp "$T/err" "$T/said"
report_run "the host is as it was, and nobody reached it" "$status"

who=user
[ "$(id -u)" != 0 ] || who=root
while IFS='	' read -r id attempt must control; do
	inner=$(sed -n "s/^$id \([a-z]*\) .*/\1/p" "$T/results")
	outer=$(sed -n "s/^$id [a-z]* //p" "$T/results")
	cp "$T/said" "$T/why"
	case $inner:$outer:$control:$who in
	refused:through:* | refused:*:-* | refused:*:root:user) good=0 ;;
	refused:*:kernel:*) # nothing was left out: it was tried, and this kernel refuses it everywhere
		good=0
		must="$must (outside too)"
		;;
	refused:*)
		good=1
		echo "it does not get through outside either, so this proves nothing" >>"$T/why"
		;;
	*) good=1 ;;
	esac
	report "$id $attempt: $must" "$good"
done <"$rows"
finish
