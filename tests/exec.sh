#!/bin/sh
# How prove starts one test: shell scripts by sh, the rest as a program whose standard error goes
# with its output (some versions of cmocka print TAP there). No test may run for ever. The TAP is
# kept for the totals of run.sh. docker:tests/cli/x.sh is that test with TEST_SANDBOX=docker.
tap=$B/tap/$(echo "${1#"$B"/}" | tr /: --)
case $1 in
*:*)
	export TEST_SANDBOX="${1%%:*}"
	_test=${1#*:}
	shift
	set -- "$_test" "$@"
	;;
esac
limit="timeout -k 5 ${TEST_TIMEOUT:-600}"
case $1 in
*.sh) $limit sh "$@" >"$tap" ;;
*) $limit ${VALGRIND:+valgrind -q --error-exitcode=99 --leak-check=full} "$@" >"$tap" 2>&1 ;;
esac
status=$?
cat "$tap"
[ $status -ne 124 ] || echo "# stopped after ${TEST_TIMEOUT:-600} s"
exit $status
