#!/bin/sh
# Tests that print without end, or what is not text, or large reports: nothing of it reaches the
# terminal raw, and what we keep of it is small.
. "${0%/*}/lib.sh"

cat >"$T/peak.py" <<'EOF'
import os, sys
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as f:
    print(usage.ru_maxrss, file=f)
sys.exit(os.waitstatus_to_exitcode(status))
EOF
# small <name>: the last flood left us below 64 MB. Under the address sanitizer each allocation has
# its surroundings and what is freed stays a while, as little of it as can be had: twice as much then.
most=65536
case $B in
*address*)
	most=131072
	ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=1:malloc_context_size=0
	export ASAN_OPTIONS
	;;
esac
small() {
	is "$1" below "$([ "$(cat "$T/peak")" -lt $most ] && echo below || cat "$T/peak")"
}
flood() { # <status> <name> <arguments of git preview-test...>
	flood_status=$1 flood_name=$2
	shift 2
	t_status "$flood_status" "$flood_name" \
		python3 "$T/peak.py" "$T/peak" git-preview-test ${cached---no-cache} "$@"
}
# quiet <name>: no byte a terminal acts on came out, and only UTF-8
quiet() {
	is "$1" 0 "$(cat "$T/out" "$T/err" | LC_ALL=C tr -d '\n\t -~\200-\377' | wc -c)"
	cat "$T/out" "$T/err" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>"$T/why"
	report "$1, and UTF-8" $?
}
pass='echo 1..1; echo ok 1 - it'

make_repo floods
git commit -q --allow-empty -m first
flood 0 "2 GB of one line" -- sh -c "head -c 2G /dev/zero | tr '\\0' x; echo; $pass"
has "... passes all the same" "$T/out" '^pass: 1 test'
small "... in little memory"
flood 0 "2 GB of test lines" -- sh -c "yes 'ok 1 - some test or other' | head -c 2G; $pass"
small "... in little memory"
flood 0 "2 GB, and a wish to keep them all" -c sandbox.output=4g -- \
	sh -c "yes 'some line of output' | head -c 2G; echo; $pass"
small "... in little memory"
flood 8 "endless output" --timeout 2 -- yes
has "... ends at the deadline" "$T/out" '^timeout: '
small "... in little memory"

# shown as it comes: the same bytes go the way of all bytes, so fewer of them show it too
flood 0 "16 MB of zeros, shown as they come" -v -- sh -c "head -c 16M /dev/zero; echo; $pass"
quiet "... are made visible"
is "... all of them" 16777216 "$(LC_ALL=C tr -cd x <"$T/err" | wc -c)"
small "... in little memory"
rm "$T/err"

hostile='printf "\033]0;title\007\033[2J\033[31m\233\2202J\377\376 \355\240\200 \342\200\256evil\r\n";
	printf "not ok 1 - \033]52;c;aGk=\007 \377 \342\200\256\n# \033[2Jsaid\n1..1\n"; exit 1'
for o in "" -v --json; do
	flood 1 "control characters, invalid UTF-8 ${o:-in a failure}" $o -- sh -c "$hostile"
	quiet "... nothing raw"
done
flood 1 "... in JUnit" --junit "$T/junit.xml" -- sh -c "$hostile"
is "... neither" 0 "$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$T/junit.xml" | wc -c)"
t "... which others can read" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$T/junit.xml"

# names of files: from the tree, from a run, and in a report's path
newline='new
line'
mkdir "tests" && touch "tests/$newline.t" "tests/$(printf '\033[2J\377').t" 'tests/-rf.t' "tests/it's.t"
printf '[test]\ncommand = sh run.sh tests/*\nnew = sh run.sh {files}\npaths = tests/*.t\n' >.codexflow.ini
cat >run.sh <<'EOF'
echo "1..$#"
for f; do [ -e "$f" ] && printf 'ok - %s\n' "$f" | tr '\n' ' '; echo; done
EOF
commit names
flood 0 "odd names of test files" --new-tests -v
quiet "... nothing raw"
has "... all of them were there" "$T/out" '^pass: 4 tests'
flood 0 "odd names made by a run" --worktree -- sh -c \
	"touch \"\$(printf 'a\\nb\\033[2J\\377')\"; mkdir -p deep/\"\$(printf '\\r')\"; ls -b; $pass"
quiet "... nothing raw"

junit='test.report=junit:out/*.xml'
flood 8 "a sparse report of 500 MB" -c "$junit" -- sh -c "mkdir out; truncate -s 500M out/a.xml; $pass"
has "... is refused by its size" "$T/out" '^infra: .*[0-9]{8} bytes, more than allowed|more than [0-9]{8} bytes'
small "... in little memory"
# an engine's archives take some more
[ -z "${TEST_SANDBOX-}" ] || finish
many() { # <cases> <bytes each, about>
	printf 'mkdir out; { echo "<testsuite>"; seq %s | sed "s,.*,<testcase name=\\"test &\\">%s</testcase>,"; echo "</testsuite>"; } >out/a.xml' \
		"$1" "$(printf "%$2s" '' | tr ' ' x)"
}
flood 8 "a report of 500 MB" -c "$junit" -- sh -c "mkdir out; head -c 500M /dev/zero >out/a.xml; $pass"
small "... in little memory"
flood 0 "the largest that is read" -c "$junit" -- sh -c "$(many 200000 30)"
has "... all of it" "$T/out" '^pass: 200000 tests passed$'
small "... in little memory"
flood 0 "... as JSON" --json -c "$junit" -- sh -c "$(many 200000 30)"
small "... in little memory"
cached=
flood 0 "the largest that is kept" -c "$junit" -- sh -c "$(many 100000 30)"
small "... in little memory"
flood 0 "... and looked up" -c "$junit" -- sh -c "$(many 100000 30)"
has "... from the cache" "$T/err" 'cached'
small "... in little memory"
unset cached
for name in 'a
b' "$(printf '\033[2J')" '..' 'a b'; do
	flood 0 "a report called '$(printf %s "$name" | tr -c 'a-z.' ' ')'" -c "$junit" -- \
		sh -c "mkdir out; echo '<testsuite><testcase name=\"t\"/></testsuite>' >\"out/\$0.xml\"; $pass" "$name"
	quiet "... nothing raw"
done
finish
