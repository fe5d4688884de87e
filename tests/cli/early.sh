# early.sh - for tests of runs that end before they are done: . "$top/tests/cli/early.sh" after lib.sh
# shellcheck shell=sh disable=SC2154
#
# A project whose tests take milliseconds, in which one phase can be made to hang, and ways to see
# what is left of a run: $mark is on the command line or in the environment of each of its
# processes.

mark=gp-mark-$$

# make_small: the project; the shell in it, with something changed, staged and stashed
make_small() {
	make_repo small
	mkdir tests
	echo 'value=old' >value.sh
	echo '. ./value.sh; [ -n "$value" ]' >tests/old.t
	cat >run.sh <<-'EOF'
		# run.sh [<test>...]: TAP; hangs in the phase that $SLOW names
		. ./value.sh
		phase=base
		[ ! -f tests/new.t ] || phase=red
		[ "$value" != new ] || phase=green
		[ "$phase$#" != green0 ] || phase=suite
		[ "${SLOW-}" != $phase ] || exec sh -c 'sleep 60; :' "$GP_MARK-$phase"
		[ $# -gt 0 ] || set -- tests/*.t
		echo "1..$#"
		n=0 bad=0
		for t; do
			n=$((n + 1))
			sh "$t" || { bad=1; printf 'not '; }
			echo "ok $n - $t"
		done
		exit $bad
	EOF
	cat >setup.sh <<-'EOF'
		echo 'making ready'
		[ "${SLOW-}" != setup ] || exec sh -c 'sleep 60; :' "$GP_MARK-setup"
		[ "${FAIL-}" != setup ] || { echo 'no such package: leftpad'; exit 3; }
		echo x >made-by-setup
	EOF
	commit first
	echo stashed >>value.sh
	git stash -q
	echo '# edited' >>value.sh
	echo staged >staged
	git add staged
}

new_test='*** Begin Patch
*** Add File: tests/new.t
+. ./value.sh; [ "$value" = new ]
*** End Patch'
new_code='*** Begin Patch
*** Update File: value.sh
-value=old
+value=new
*** End Patch'

# calls of the model, for scripts
say_test() { printf 'call-custom test %s <<PATCH\n%s\nPATCH\n' "${1:-c1}" "$new_test"; }
say_code() { printf 'call-custom implement %s <<PATCH\n%s\nPATCH\n' "${1:-c2}" "$new_code"; }
say_both() {
	echo 'text "Renew the value"'
	say_test "${1:-c1}"
	say_code "${2:-c2}"
	echo 'completed in=1000 out=100'
}

# preview <slow phase or -> <argument...>: the program itself, in place of the shell that calls it
preview() {
	slow=$1
	shift
	GP_MARK=$mark exec git-preview -c "test.command=SLOW=$slow GP_MARK=$mark sh run.sh" \
		-c "test.new=SLOW=$slow GP_MARK=$mark sh run.sh {files}" \
		-c "test.setup=SLOW=$slow GP_MARK=$mark ${FAIL:+FAIL=$FAIL }sh setup.sh" "$@"
}

# marked [<word>]: ids of the processes that carry the mark, or another word
marked() {
	printf '%s\n' "${1:-$mark}" >"$T/word"
	grep -lasFf "$T/word" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null |
		sed 's,^/proc/\([0-9]*\)/.*,\1,' | sort -u
}

# wait_until <command...>: ten seconds, more when all is slow
wait_until() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
hangs_in() { [ -n "$(marked "$mark-$1")" ]; }
said() { grep -qsE -e "$1" "$T/err"; }
gone() { [ -z "$(marked)" ]; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# nothing_left <name>: no process of the run a second from now
nothing_left() {
	: >"$T/why"
	good=1
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		if gone; then
			good=0
			break
		fi
		sleep 0.1
	done
	[ $good -eq 0 ] || for p in $(marked); do
		tr '\0' ' ' <"/proc/$p/cmdline" | cut -c 1-300
		echo
	done >"$T/why"
	report "$1" $good
}

# The folders of runs, and the ids of those that can be resumed.
runs() { ls "$(git rev-parse --git-common-dir)/preview/runs" 2>/dev/null; }

# whole <branch>: why it is not
whole() {
	[ "$(git rev-list --count "main..$1")" = 2 ] || echo "$1: not two commits"
	[ "$(git diff --name-only main "$1~1")" = tests/new.t ] || echo "$1: not the test first"
	[ "$(git diff --name-only "$1~1" "$1")" = value.sh ] || echo "$1: not the code then"
	git notes --ref=preview show "$1" >"$T/note" 2>&1 && grep -q '"outcome":"' "$T/note" ||
		echo "$1: no note"
}
branches() { git for-each-ref --format='%(refname:short)' refs/heads/preview; }
drop_branches() {
	git for-each-ref --format='delete %(refname)' refs/heads/preview | git update-ref --stdin
}
