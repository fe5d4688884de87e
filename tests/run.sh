#!/bin/sh
# Runs every test through prove. $B is the build folder. Arguments: scripts or binaries to run alone.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=$PWD/build}"
export B CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8 TZ=UTC
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if [ $# -eq 0 ]; then
	set -- "$B"/unit/* tests/fuzz/replay.sh tests/layers.sh tests/docs.sh tests/cli/[0-9]*.sh
	for t in "$@"; do
		shift
		[ -f "$t" ] && set -- "$@" "$t"
	done
fi
jobs=$(nproc 2>/dev/null || echo 2)
# cmocka prints its TAP to standard error in some versions; prove reads standard output
exec prove -j "$jobs" --failures --exec tests/exec.sh "$@"
