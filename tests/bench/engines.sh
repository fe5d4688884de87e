#!/bin/sh
# What a run costs in a container, with real engines of our own.
echo "# engine: one run in a container of each engine that is installed, started here for it"
here=${0%/*}
for kind in docker podman; do
	if ! command -v "$kind" >/dev/null; then
		printf 'engine\t%s\tabsent\t\n' "$kind"
		continue
	fi
	# a root that may not raise limits cannot give the host's, which are podman's own choice
	export LIMITS=
	[ "$kind" != podman ] || LIMITS='--ulimit nofile=1024:4096 --ulimit nproc=4096:4096'
	# shellcheck disable=SC2016 # for the inner shell
	"$here/../engine.sh" "$kind" sh -c '
		export ENGINE_BARE="$ENGINE_CLIENT run --rm --network none $LIMITS $ENGINE_TINY true"
		exec "$B/bench/engine"'
	[ $? != 77 ] || printf 'engine\t%s\tabsent\t\n' "$kind"
done
