#!/bin/sh
# git preview-test: what each verdict says and ends with, what is kept, and each option.
. "${0%/*}/lib.sh"

# write_suite: the project's only test is the script on standard input
write_suite() {
	cat >run.sh
}
json() { # <name> <expected> <expression over d>: of the last line on standard output
	is "$1" "$2" "$(tail -n 1 "$T/out" | python3 -c "
import json, sys
d = json.loads(sys.stdin.readline())
print($3)")"
}

make_repo suite
printf '[test]\ncommand = sh run.sh\ntimeout = 20\n' >.codexflow.ini
write_suite <<'END'
echo 1..2; echo "ok 1 - one"; echo "ok 2 - two"
END
commit passes
git tag passes
write_suite <<'END'
echo 1..2; echo "ok 1 - one"; echo "not ok 2 - two"; echo "# expected 3, got 4"; exit 1
END
commit fails
git tag fails
write_suite <<'END'
echo 1..0; exit 0
END
commit none
git tag none
write_suite <<'END'
kill -9 $$
END
commit killed
git tag killed
git checkout -q -b other passes
snapshot >"$T/before"

t "a suite that passes" git preview-test
is "... says so on standard output, and nothing else" "pass: 2 tests passed" "$(cat "$T/out")"
has_not "... not from the cache" "$T/err" 'cached'
t "the same again" git preview-test
has "... is a look-up" "$T/err" 'cached'
t "--no-cache" git preview-test --no-cache
has_not "... runs" "$T/err" 'cached'
t "another commit of the same tree" git preview-test "$(git commit-tree -m x 'HEAD^{tree}')"
has "... is a look-up too" "$T/err" 'cached'
t_status 1 "a revision whose test fails" git preview-test fails
has "... is named a failure" "$T/out" '^assertion: '
has "... with the test" "$T/err" '^failed: two'
has "... and what it said" "$T/err" 'expected 3, got 4'
for case in 'passes 128' 'fails 1' 'killed 8'; do
	t_status "${case#* }" "a result that cannot be written: ${case% *}" \
		sh -c 'exec git preview-test "$1" >/dev/full' - "${case% *}"
	has "... and that is said" "$T/err" '^error: cannot write the result to standard output: No space'
done
t_status 1 "the same from the cache" git preview-test fails
has "... says the same" "$T/err" 'expected 3, got 4'
t_status 1 "no test" git preview-test none
has "... is not a pass" "$T/out" '^none: '
t_status 8 "a suite that is killed" git preview-test killed
has "... tells nothing of the tests" "$T/out" '^infra: '
t_status 8 "... and is not kept" git preview-test killed
has_not "... in the cache" "$T/err" 'cached'
t_status 8 "a suite that does not end" git preview-test --timeout 1 -- sleep 30
has "... is a timeout" "$T/out" '^timeout: '
t_status 8 "a sandbox that is not there" git preview-test -c sandbox.host=unix:///none --sandbox docker
t "a command of one's own" git preview-test -- sh -c 'echo 1..1; echo "ok 1 - it'\''s mine"'
t "... for another revision" git preview-test fails -- grep 'not ok' run.sh
t_status 1 "... fails with it" git preview-test HEAD -- grep "not ok" run.sh
t "... sees the revision, not the work tree" git preview-test main~3 -- grep 'ok 2' run.sh
t "by the short name of another branch" git preview-test main~2 -- echo fine
t_status 128 "a range is no revision" git preview-test passes..fails
t_status 128 "nor is what does not exist" git preview-test no-such
t_status 129 "two revisions" git preview-test passes fails
has "... get a hint" "$T/err" "^hint: a command goes after '--'"
t_status 129 "an unknown option" git preview-test --nonsense
t "-v" git preview-test --no-cache -v
has "... shows the output as it comes" "$T/err" 'ok 1 - one'
t "-q" git preview-test -q --no-cache
is "... shows none of it" "" "$(cat "$T/err")"

t_status 1 "as JSON" git preview-test --json fails
json "... a result" "result assertion 2" "d['event'], d['verdict'], len(d['tests']), sep=' '"
json "... with each test" "two fail" "d['tests'][1]['id'], d['tests'][1]['state'], sep=' '"
json "... and its message" True "'expected 3' in d['tests'][1]['message']"
snapshot >"$T/after"
same "nothing the user can see has changed" "$T/before" "$T/after"

t "--repeat where all agree" git preview-test --repeat 3 --json
json "... tells every run" "3 pass" "len(d['runs']), d['runs'][2]['verdict'], sep=' '"
json "... none of them cached" False "d['cached']"
t_status 1 "--repeat where all fail" git preview-test --repeat 2 fails
has "... run by run" "$T/err" '^run 2: assertion, exit 1, '
flip='echo 1..2; echo ok 1 - steady; case $(cat /proc/sys/kernel/random/uuid) in
[0-7]*) echo ok 2 - coin;; *) echo not ok 2 - coin; exit 1;; esac'
t_status 5 "--repeat where they disagree" git preview-test --repeat 30 -- sh -c "$flip"
has "... is flaky" "$T/out" '^flaky: 30 runs: [0-9]+ pass, [0-9]+ assertion; 1 test differs$'
has "... and names the test" "$T/err" '^flaky: coin'
has_not "... and no other" "$T/err" '^flaky: steady'
t_status 5 "... in JSON" git preview-test --json --repeat 30 -- sh -c "$flip"
json "... too" "flaky ['coin'] 30" "d['verdict'], d['flaky'], len(d['runs']), sep=' '"
t_status 8 "--repeat ends with the first run that tells nothing" \
	git preview-test --repeat 20 -- sh -c 'kill -9 $$'
is "... at once" 0 "$(grep -c '^run 2' "$T/err")"
t_status 129 "--repeat 0" git preview-test --repeat 0

for pair in passes:0 fails:1 none:125 killed:125; do
	t_status "${pair#*:}" "--bisect: ${pair%:*} is ${pair#*:}" \
		git preview-test --bisect "${pair%:*}"
done
t_status 125 "--bisect: a deadline is 125" git preview-test --bisect --timeout 1 -- sleep 30
t_status 125 "--bisect: runs that disagree are 125" \
	git preview-test --bisect --repeat 30 -- sh -c "$flip"
t_status 128 "--bisect: what cannot be resolved stops it" git preview-test --bisect no-such

# ten commits, the sixth breaks it, the seventh can not be run
make_repo history
printf '[test]\ncommand = sh run.sh\n' >.codexflow.ini
for i in 1 2 3 4 5 6 7 8 9 10; do
	echo "echo 1..1; [ $i -lt 6 ] || { echo not ok 1 - it; exit 1; }; echo ok 1 - it" >run.sh
	[ "$i" != 7 ] || echo 'kill -9 $$' >run.sh
	commit "commit $i"
	git tag "c$i"
done
git bisect start c10 c1 >/dev/null 2>&1
t "git bisect run finds the commit" git bisect run git preview-test --bisect
is "... that broke the test" "$(git rev-parse c6)" "$(git rev-parse refs/bisect/bad)"
git bisect reset >/dev/null 2>/dev/null

# the work tree: what a commit of all of it would hold, and nothing of it written
make_repo tree
printf '[test]\ncommand = sh run.sh\n' >.codexflow.ini
printf '*.txt text eol=crlf\n*.up filter=up\n' >.gitattributes
printf 'ignored\n' >.gitignore
git config core.safecrlf false
git config filter.up.clean 'tr a-z A-Z'
git config filter.up.smudge 'tr A-Z a-z'
echo 'echo "1..1"; echo "ok 1 - $(cat value)"' >run.sh
echo old >value
echo gone >gone
echo kept >kept.txt
echo "echo 1" >mode.sh
ln -s value link
commit first
git config core.safecrlf true
echo 'echo staged' >staged
git add staged
echo 'echo unstaged' >staged
echo new >value
rm gone
echo untracked >"un tracked"
echo secret >ignored
printf 'a\nb\n' >lf.txt
echo quiet >loud.up
chmod +x mode.sh
ln -sf kept.txt link
mkdir -p sub/dir
echo deep >sub/dir/file
snapshot >"$T/before"
t "--worktree" git preview-test --worktree
has "... tests uncommitted changes" "$T/out" '^pass: 1 test'
seen() { # <name> <shell command>: prints "yes" in the sandbox
	t "--worktree: $1" git preview-test --worktree -- sh -c "$2 && echo yes"
}
seen "a changed file" 'grep -x new value'
seen "the file, not the index" 'grep -x "echo unstaged" staged'
seen "a deleted file is gone" 'test ! -e gone'
seen "an untracked file" 'grep untracked "un tracked"'
seen "one in new folders" 'grep deep sub/dir/file'
seen "an ignored file is not there" 'test ! -e ignored'
seen "attributes" 'test "$(wc -c <lf.txt)" = 6'
seen "filters, both ways" 'grep -x quiet loud.up'
seen "a mode" 'test -x mode.sh'
seen "a link" 'test "$(readlink link)" = kept.txt'
t "HEAD is tested without the option" git preview-test -- grep -x old value
run git preview-test --worktree
has "the same work tree again is a look-up" "$T/err" 'cached'
echo newer >value
run git preview-test --worktree --json
json "... until it changes" "newer False" "d['tests'][0]['id'], d['cached'], sep=' '"
echo new >value
(cd sub && run git preview-test --worktree && exit "$status")
is "from a folder below" 0 $?
touch -r .git/index "$T/time"
snapshot >"$T/after"
grep -v '^\./value ' "$T/before" >"$T/b"
grep -v '^\./value ' "$T/after" >"$T/a"
same "neither work tree nor index is written" "$T/b" "$T/a"
is "nothing is left of the private index" "" "$(find .git/preview -maxdepth 1 -name 'index*')"

# an edit that git can only see by reading the file: same size, same times, index of the same tick
git config core.trustctime false
git config core.checkStat minimal
git config core.safecrlf false
git add -A
touch -d @1600000000 value
git add value
printf 'odd\n' >value
touch -d @1600000000 value .git/index
run git preview-test --worktree --json
json "an edit in the tick of the index is seen" odd "d['tests'][0]['id']"
git config core.splitIndex true
git update-index --split-index
echo split >value
before=$(ls .git)
run git preview-test --worktree --json
json "a split index" split "d['tests'][0]['id']"
is "... has nothing put beside it" "$before" "$(ls .git)"
git worktree add -q "$T/linked" && cd "$T/linked" && echo linked >value
run git preview-test --worktree --json
json "a linked work tree" linked "d['tests'][0]['id']"
git init -q "$T/unborn" && cd "$T/unborn" && cp "$T/linked/run.sh" "$T/linked/.codexflow.ini" . &&
	echo unborn >value
run git preview-test --worktree --json
json "a repository without a commit" unborn "d['tests'][0]['id']"
git init -q --bare "$T/bare" && cd "$T/bare" || exit 1
t_status 128 "a bare repository has no work tree" git preview-test --worktree
cd "$T/tree" || exit 1
t_status 129 "--worktree and a revision exclude each other" git preview-test --worktree HEAD

make_repo new
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\npaths = tests/*.t\n' \
	>.codexflow.ini
cat >run.sh <<'END'
echo "1..$#"
for f; do echo "ok - $f"; done
END
touch tests/a.t tests/b.t
commit first
touch tests/c.t code
echo x >tests/b.t
git rm -q tests/a.t
commit second
run git preview-test --new-tests --json
json "--new-tests runs what the commit changed" "['tests/b.t', 'tests/c.t']" \
	"[t['id'] for t in d['tests']]"
run git preview-test --json
json "... without it, all" "['tests/b.t', 'tests/c.t']" "[t['id'] for t in d['tests']]"
run git preview-test --new-tests HEAD~1 --json
json "... of a first commit, all" "['tests/a.t', 'tests/b.t']" "[t['id'] for t in d['tests']]"
echo y >code
commit third
t_status 1 "a commit without tests" git preview-test --new-tests
is "... has none" "none: no test file is new or changed" "$(cat "$T/out")"
t_status 125 "... is to be skipped by a bisection" git preview-test --new-tests --bisect
touch 'tests/it'\''s d.t'
run git preview-test --new-tests --worktree --json
json "--new-tests of the work tree" "[\"tests/it's d.t\"]" "[t['id'] for t in d['tests']]"
rm tests/*d.t
sed -i '/new =/d' .codexflow.ini
commit fourth
t "--new-tests without a way to run some" git preview-test --new-tests HEAD~2
has "... warns" "$T/err" 'cannot be run alone'
t_status 129 "--new-tests and a command exclude each other" git preview-test --new-tests -- true

# JUnit files are read by other people's programs: here python's
xml() { # <name> <expected> <expression over the cases c and the first suite s>
	is "$1" "$2" "$(python3 -c "
import sys, xml.etree.ElementTree as E
s = E.parse(sys.argv[1]).getroot()[0]
c = list(s)
print($3)" "$T/junit.xml" 2>&1)"
}
cd "$T/suite" || exit 1
t "--junit" git preview-test passes --junit "$T/junit.xml"
xml "... has each test" "one two 2 0" "c[0].get('name'), c[1].get('name'), s.get('tests'), s.get('failures')"
t_status 1 "... written over the last" git preview-test fails --junit "$T/junit.xml"
xml "... with failures and why" "failure True" "c[1][0].tag, 'expected 3' in c[1][0].text"
is "... and nothing left beside it" junit.xml "$(cd "$T" && echo junit.xml*)"
t_status 8 "... of a run that tells nothing" git preview-test killed --junit "$T/junit.xml"
xml "... is an error" "1 error infra" "s.get('errors'), c[0][0].tag, c[0][0].get('type')"
t_status 1 "... of no test" git preview-test none --junit "$T/junit.xml"
xml "... is no pass" none "c[0][0].get('type')"
git checkout -q other
cat >run.sh <<'END'
echo 1..3
printf 'ok 1 - <a href="x">&amp; ]]> \033[31m\007 \302\205 \357\277\277 \355\240\200 \377\n'
printf 'not ok 2 - b\n# </failure><!-- "\001&'"'"'\n'
printf 'ok 3 - "c" > d > e # SKIP <no>\n'
exit 1
END
commit hostile
t_status 1 "hostile ids and messages" git preview-test --junit "$T/junit.xml"
xml "... are data" "3 True" "len(c), c[0].get('name').startswith('<a href=\"x\">&amp; ]]> ')"
has "... without control characters" "$T/junit.xml" '\\x07'
is "... at all" 0 "$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$T/junit.xml" | wc -c)"
xml "... in messages too" True "'</failure><!-- ' in c[1][0].text"
xml "... and skipped ones" skipped "c[2][0].tag"
t_status 128 "--junit to a folder" git preview-test --junit "$T"
t_status 128 "--junit where nothing can be" git preview-test --junit "$T/no/such"
t_status 128 "--junit to a device" git preview-test --junit /dev/null
is "... which stays one" "character special file" "$(stat -c %F /dev/null)"
has_not "... and nothing has run" "$T/err" '^(ok|fail) '

# of the kinds of a machine without engines
[ -z "${TEST_SANDBOX-}" ] || finish
t "--sandbox-status" git preview-test -c sandbox.host=unix:///none --sandbox-status
has "... tells what works" "$T/out" '^bwrap +works: bwrap [0-9.]+ (overlay|copy)$'
has "... what it isolates" "$T/out" '^ +network +loopback only'
has "... from system calls" "$T/out" '^ +kernel +no privileges, and a filter'
has "... what limits it holds, and how" "$T/out" '^ +limit +processes [0-9]+ (cgroup|rlimit|unenforced)'
has "... what does not work, and why" "$T/out" '^docker +no: '
has "... and which is used" "$T/out" '^used +bwrap$'
t_status 8 "... with a kind that does not work" git preview-test -c sandbox.host=unix:///none --sandbox-status --sandbox docker
has "... uses none" "$T/out" '^used +none$'
sed -i "s|^[0-9.]*$|0.0.1|" .git/preview/sandbox-probe
t "... trusts no earlier probe" git preview-test -c sandbox.host=unix:///none --sandbox-status --json
is "... in JSON either" "True False" "$(python3 -c "
import json, sys
d = [json.loads(l) for l in sys.stdin]
print(d[0]['works'] and '0.0.1' not in d[0]['name'], d[1]['works'])" <"$T/out")"
is "... with what each would isolate" "files kernel network processes terminal / loopback only, of its own / False" "$(python3 -c "
import json, sys
d = [json.loads(l) for l in sys.stdin]
print(*sorted(d[0]['isolates']), '/', d[0]['isolates']['network'], '/', 'isolates' in d[1])" <"$T/out")"
finish
