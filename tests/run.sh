#!/bin/sh
# Runs tests through prove. $B is the build folder. Arguments: scripts or binaries to run alone.
# JOBS=n at a time; V=1 shows every line; VALGRIND=1 runs the programs under valgrind;
# TEST_SANDBOX=docker (or podman) runs the command-line tests alone, all in a real engine, of which
# without it some are run again: docker:tests/cli/x.sh is such a test. make check-docker is all of it.
# Leaves each test's TAP in $B/tap and "<passed> <failed> <skipped>" in $B/totals.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=$PWD/build}"
export B CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8 TZ=UTC
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if [ $# -eq 0 ] && [ -n "${TEST_SANDBOX-}" ]; then
	for t in tests/cli/[0-9]*.sh; do
		case $t in
		*-completion.sh | *-install.sh) ;; # run nothing in a sandbox
		*-engine-*.sh | *-remote.sh) ;; # have engines of their own, the same in any run
		*) set -- "$@" "$t" ;;
		esac
	done
elif [ $# -eq 0 ]; then
	set -- "$B"/unit/* tests/fuzz/replay.sh tests/layers.sh tests/docs.sh tests/cli/[0-9]*.sh
	for t in "$@"; do
		shift
		case $t in *.d) continue ;; esac
		[ -f "$t" ] && set -- "$@" "$t"
	done
	again='docker:0100-proven docker:0200-preview-test docker:0300-runners docker:0310-surroundings
		docker:0500-isolation docker:0510-bombs podman:0100-proven podman:0510-bombs'
	# under sanitizers the time goes to what no other test runs; 05* have engines there, too
	case $B in *-address*) again='docker:0100-proven podman:0100-proven' ;; esac
	for t in $again; do
		set -- "$@" "${t%%:*}:tests/cli/${t#*:}.sh"
	done
fi

# One engine of a kind serves all tests of this run that ask for it.
. tests/engine.sh
engines=$(mktemp -d) || exit 1
trap 'engine_stop "$engines/docker"; engine_stop "$engines/podman"; rm -rf "$engines"' EXIT
trap 'exit 130' INT TERM HUP
share() { # <kind> <variable>
	engine_start "$1" "$engines/$1" && eval "$2=\$engine" && export "${2?}"
}
case ${TEST_SANDBOX-}' '$* in *docker:* | docker\ *) share docker TEST_DOCKER ;; esac
case ${TEST_SANDBOX-}' '$* in *podman:* | podman\ *) share podman TEST_PODMAN ;; esac
rm -rf "$B/tap" "$B/totals"
mkdir -p "$B/tap" || exit 1
prove --timer -j "${JOBS:-$(nproc 2>/dev/null || echo 2)}" ${V:+-v} --failures --exec tests/exec.sh "$@" </dev/null
status=$?

# a test that died without saying "not ok" still counts as one failure
awk -v status=$status '
	FNR == 1 { seen = 0 }
	/^ok / && !/# *[Ss][Kk][Ii][Pp]/ { passed++ }
	/^ok .*# *[Ss][Kk][Ii][Pp]/ || /^1\.\.0 # *[Ss][Kk][Ii][Pp]/ { skipped++ }
	/^not ok / { failed++ }
	END {
		if (status && !failed) failed = 1
		print passed + 0, failed + 0, skipped + 0
	}' "$B"/tap/* >"$B/totals"
if grep -qiE '^(ok .*|1\.\.0 )# *skip' "$B"/tap/*; then
	echo "SKIPPED:"
	grep -iE '^(ok .*|1\.\.0 )# *skip' "$B"/tap/* | sed "s,^$B/tap/,  ,"
fi
read -r passed failed skipped <"$B/totals"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ]
