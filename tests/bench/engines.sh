#!/bin/sh
# What a run costs in a container, with real engines of our own.
here=${0%/*}
for kind in docker podman; do
	if ! command -v "$kind" >/dev/null; then
		printf 'engine\t%s\tabsent\t\n' "$kind"
		continue
	fi
	# shellcheck disable=SC2016 # for the inner shell
	"$here/../engine.sh" "$kind" sh -c '
		export ENGINE_BARE="$ENGINE_CLIENT run --rm --network none $ENGINE_TINY true"
		exec "$B/bench/engine"'
	[ $? != 77 ] || printf 'engine\t%s\tabsent\t\n' "$kind"
done
