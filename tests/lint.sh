#!/bin/sh
# make lint: the rules of the house and what linters know. A linter that is not installed is
# skipped and said so.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
c_files=$(ls cmd/*.[ch] lib/*/*.[ch] tests/*/*.[ch] 2>/dev/null)

# step <tool> <what it checks> <command...>
step() {
	tool=$1 what=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		echo "lint: SKIPPED $what: '$tool' is not installed"
	elif said=$("$@" 2>&1); then
		echo "lint: $what: ok"
	else
		echo "lint: $what: FAILED"
		printf '%s\n' "$said"
		bad=1
	fi
}

man_pages() {
	said=$(mandoc -T lint -W warning man/*.[1-9])
	test -z "$said" || { echo "$said"; return 1; }
}

# the only shell that speaks bash is bash's own completion, and .ci/run
# shellcheck disable=SC2086 # lists of files
{
	step sh "rules of the house" sh tests/layers.sh
	step shellcheck "shell scripts" shellcheck -s sh -x -P tests/cli -S warning tests/*.sh tests/*/*.sh
	step shellcheck "ci script" shellcheck -s bash .ci/run
	step clang-format "format" clang-format --dry-run -Werror $c_files
	step cppcheck "cppcheck" cppcheck -q -I. --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=unusedStructMember -D_GNU_SOURCE -DGP_VERSION='""' cmd lib
	[ ! -d man ] || step mandoc "manual pages" man_pages
	[ -z "${ANALYZE:-}" ] || step gcc "gcc -fanalyzer" "${MAKE:-make}" -s -j2 CC=gcc \
		B=build-analyze CFLAGS='-O1 -fanalyzer' WERROR=1 build-analyze/libpreview.a
}
exit $bad
