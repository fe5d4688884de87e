# lib.sh - what every command-line test starts with: . "${0%/*}/lib.sh", at the end: finish
# shellcheck shell=sh
#
# The test runs in an empty folder $T with an empty home, a frozen clock, no system or user
# configuration but the identity below, no API keys, and the built programs first on PATH.
# `run` keeps a command's standard output in $T/out, its standard error in $T/err, its status in
# $status; the checks below print a TAP line each and the reason when they fail.
# TEST_SANDBOX=docker (or podman): the whole test runs in containers of a real engine.
set -u
top=$(cd "${0%/*}/../.." && pwd)
: "${B:=$top/build}"
T=$(mktemp -d) || exit 1
n=0 failures=0 status=0 model_pid=

for name in $(git rev-parse --local-env-vars) $(env | sed -n 's/^\([A-Z_]*_API_KEY\)=.*/\1/p') \
	NO_COLOR GIT_PAGER GIT_EDITOR EDITOR VISUAL GIT_CONFIG_GLOBAL GIT_TRACE; do
	unset "$name"
done
HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_CACHE_HOME=$T/home/.cache
XDG_STATE_HOME=$T/home/.local/state XDG_DATA_HOME=$T/home/.local/share
PATH=$B:$PATH TERM=dumb LC_ALL=C.UTF-8 TZ=UTC GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
GP_NOW=1700000000 GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
export B HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_DATA_HOME PATH TERM LC_ALL TZ \
	GIT_CONFIG_NOSYSTEM GIT_TERMINAL_PROMPT GP_NOW GIT_AUTHOR_DATE GIT_COMMITTER_DATE
mkdir -p "$XDG_CONFIG_HOME/codexflow"
printf '[user]\n\tname = A U Thor\n\temail = author@example.com\n[init]\n\tdefaultBranch = main\n' \
	>"$HOME/.gitconfig"
cd "$T" || exit 1

on_exit() {
	[ -z "$model_pid" ] || kill "$model_pid" 2>/dev/null
	[ ! -d "$T/engines" ] || for _e in "$T"/engines/*; do engine_stop "$_e"; done
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
}
trap on_exit EXIT
trap 'exit 130' INT TERM HUP

run() {
	"$@" >"$T/out" 2>"$T/err" </dev/null
	status=$?
}

# report <name> <0 for good>; $T/why explains a failure
report() {
	n=$((n + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failures=$((failures + 1))
		sed 's/^/# /' "$T/why"
	fi
}

# report_run <name> <0 for good>: as report, explained by what the command said
report_run() {
	{
		printf 'status %s\n-- out\n' "$status"
		head -c 4000 "$T/out"
		printf -- '-- err\n'
		head -c 4000 "$T/err"
	} >"$T/why"
	report "$@"
}

# t <name> <command...>: succeeds
t() {
	name=$1
	shift
	run "$@"
	report_run "$name" "$status"
}

# t_status <status> <name> <command...>: ends with just that status
t_status() {
	want=$1 name=$2
	shift 2
	run "$@"
	report_run "$name" $((status != want))
}

# is <name> <expected> <actual>
is() {
	good=0
	[ "$2" = "$3" ] || good=1
	printf 'expected: %s\nactual:   %s\n' "$2" "$3" >"$T/why"
	report "$1" $good
}

# same <name> <expected file> <actual file>
same() {
	good=0
	diff -u "$2" "$3" >"$T/why" 2>&1 || good=1
	report "$1" $good
}

# has <name> <file> <extended pattern>; has_not the other way round
has() {
	good=0
	grep -qE -e "$3" "$2" || good=1
	{
		echo "no line matches $3"
		head -c 4000 "$2"
	} >"$T/why"
	report "$1" $good
}
has_not() {
	good=0
	grep -E -e "$3" "$2" >"$T/why" && good=1
	report "$1" $good
}

skip() { # <name> <reason>
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
skip_all() { # <reason>
	echo "1..0 # SKIP $1"
	exit 0
}

# make_repo <folder> [<folder to copy>]: a repository with what is copied as its first commit, and
# the shell in it
make_repo() {
	git init -q "$T/$1" && cd "$T/$1" || exit 1
	if [ $# -gt 1 ]; then
		cp -R "$2"/. .
		commit 'first'
	fi
}
commit() { # <message>: everything in the work tree
	git add -A && git commit -q --allow-empty -m "$1"
}

# start_model <script>: the scripted server, and a user file that names it
start_model() {
	[ -x "$B/fake/replay" ] || { echo "Bail out! 'make ${B#"$top"/}/fake/replay' first" && exit 1; }
	rm -f "$T/port" "$T/model.log"
	"$B/fake/replay" "$1" --port-file "$T/port" --log "$T/model.log" >"$T/model.out" 2>&1 &
	model_pid=$!
	for _ in $(seq 100); do
		[ -s "$T/port" ] && break
		sleep 0.1
	done
	TEST_KEY=sk-test-0123456789abcdef MODEL_URL=http://127.0.0.1:$(cat "$T/port")/v1
	export TEST_KEY MODEL_URL
	cat >"$XDG_CONFIG_HOME/codexflow/config.ini" <<-END
		[model]
		api = responses
		url = $MODEL_URL
		key-env = TEST_KEY
		name = test-model
		price-in = 1.00
		price-cached = 0.10
		price-out = 10.00
	END
}

# no_proof: branches below the preview prefix go without one, for tests of other things
no_proof() { printf '[vet]\nproof = off\n' >>"$XDG_CONFIG_HOME/codexflow/config.ini"; }

# stop_model <name>: the server ends; good when all it expected was held
stop_model() {
	kill "$model_pid" 2>/dev/null
	wait "$model_pid"
	good=$?
	model_pid=
	tail -n 60 "$T/model.out" "$T/model.log" >"$T/why" 2>&1
	report "$1" "$good"
}

# snapshot [<work tree>]: all of a repository that its user can see, as text to compare; reads
# files alone, since git itself would refresh the index
# shellcheck disable=SC2120 # the work tree may be left out
snapshot() {
	(
		cd "${1:-.}" || exit 1
		git for-each-ref --format='%(refname) %(objectname) %(symref)' |
			grep -vE '^refs/(preview/|notes/preview )'
		common=$(git rev-parse --git-common-dir) own=$(git rev-parse --git-dir)
		for f in "$own/HEAD" "$own/index" "$common/config" "$common/logs/HEAD" \
			"$common/logs/refs/stash" "$common/info/exclude"; do
			[ ! -f "$f" ] || sha256sum "$f"
		done
		find . -path ./.git -prune -o -printf '%p %y %m %s %l %T@\n' | sort
		find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0r sha256sum
	)
}

# have_engine <kind> [own]: $engine is the address of a real engine, one for all tests of a run
# unless it is to be our own; 1 when none can be had: $engine_why
have_engine() {
	case $1 in
	docker) engine=${TEST_DOCKER-} ;;
	*) engine=${TEST_PODMAN-} ;;
	esac
	[ -z "$engine" ] || [ $# -gt 1 ] || return 0
	mkdir -p "$T/engines"
	engine_start "$1" "$T/engines/$1${2-}"
}

# use_engine <kind>: all programs run their commands in its containers from here on; $TEST_HOST is
# another address of it
use_engine() {
	have_engine "$1" && engine_image "$engine" full ||
		skip_all "NO TEST UNDER $1: $engine_why"
	mkdir -p "$T/bin"
	for p in git-preview git-preview-test; do
		printf '#!/bin/sh\nexec "%s" -c sandbox.kind=%s -c sandbox.host=%s -c sandbox.image=%s "$@"\n' \
			"$B/$p" "$1" "${TEST_HOST:-$engine}" "$engine_image" >"$T/bin/$p"
	done
	chmod +x "$T"/bin/*
	PATH=$T/bin:$PATH
}

finish() {
	echo "1..$n"
	exit $((failures > 0))
}

. "$top/tests/engine.sh"
[ -z "${TEST_SANDBOX-}" ] || use_engine "$TEST_SANDBOX"
