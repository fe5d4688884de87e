#!/bin/sh
# Static analysis of a preview: in the sandbox, and only what is new counts.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
printf 'one\n# TODO old\n' >old.py && printf 'a\n' >"it's" && commit 'a base'
git remote add origin "$T/server.git" && git push -q origin main
git checkout -q -b preview/one
printf 'zero\none\n# TODO old\n' >old.py && commit 'moves a line'
todo='grep -Hn TODO {files} | sed "s/\$/ [todo]/"; true'
use() { printf '[vet]\nproof = off\nanalyzers = %s\n' "$1" >"$XDG_CONFIG_HOME/codexflow/config.ini"; }

use "$todo"
t "what was there before is not new, wherever it moved" git preview-push --check main..HEAD
printf '# TODO new\n' >"it's" && printf '# TODO more\n' >new.py && commit 'two more'
t_status 1 "what is new blocks" git preview-push --check main..HEAD
has "... by place, message and rule" "$T/out" "^it's:1: # TODO new, warning \[todo [0-9a-f]{16}\]"
has "... also in a new file" "$T/out" '^new\.py:1: '
has_not "... and nothing else" "$T/out" 'old\.py'
t_status 1 "nor is it pushed" git preview-push
t "another branch is not analyzed when it is pushed" git push -q origin HEAD:refs/heads/ordinary
git push -q origin :ordinary
t "vet.analysis = warn" git preview-push -c vet.analysis=warn --check main..HEAD
has "... says it" "$T/out" '\[todo '
t "vet.analysis = off" git preview-push -c vet.analysis=off --check main..HEAD
is "... runs nothing" "" "$(cat "$T/out")"
print=$(git preview-push --check main..HEAD 2>/dev/null | sed -n "s/^it's.*\[todo \(.*\)\]/\1/p")
git preview-push -c "vet.allow=todo it's $print" --check main..HEAD >"$T/out" 2>"$T/err"
has_not "an entry of vet.allow is for analyzers, too" "$T/out" "it's"

use 'true ;; grep -Hn more {files}; true'
t_status 1 "one analyzer after the other" git preview-push --check main..HEAD
has "... the second, too" "$T/out" '^new\.py:1: # TODO more'
use 'echo broken; exit 3'
t_status 128 "an analyzer that fails is no pass" git preview-push --check main..HEAD
has "... and is named" "$T/err" "ended with status 3"
use 'no-such-analyzer {files}'
t_status 128 "nor is one that is not there" git preview-push --check main..HEAD
use "printf '{\"runs\": ['"
t_status 128 "nor is one that is cut off" git preview-push --check main..HEAD
use 'sleep 600'
t_status 128 "nor is one that does not end" git preview-push -c test.timeout=1 --check main..HEAD
cat >sarif.sh <<'END'
printf '{"version": "2.1.0", "runs": [{"results": ['
test ! -e new.py || printf '{"ruleId": "R1", "level": "error", "message": {"text": "found"},
"locations": [{"physicalLocation": {"artifactLocation": {"uri": "new.py"}, "region": {"startLine": 4}}}]}'
printf ']}]}\n'
exit 1
END
git checkout -q main && git checkout -q -b base2 && git checkout -q preview/one -- sarif.sh 2>/dev/null
git add sarif.sh && git commit -q -m 'an analyzer of the project' && git push -q origin base2
git checkout -q -b preview/two && printf 'x\n' >new.py && commit 'a file'
use 'sh sarif.sh'
t_status 1 "SARIF is read" git preview-push --check base2..HEAD
has "... as what it is" "$T/out" '^new\.py:4: found, error \[R1 '
printf '[vet]\nanalyzers = touch /work/../../tmp/x; curl -s http://127.0.0.1; cat "$HOME"/.netrc\n' \
	>.codexflow.ini
echo secret >"$HOME/.netrc"
rm "$XDG_CONFIG_HOME/codexflow/config.ini"
t_status 128 "a repository's analyzer runs where it harms nothing" git preview-push --check base2..HEAD
has_not "... and sees nothing" "$T/err" secret
rm .codexflow.ini

if command -v shellcheck >/dev/null; then
	echo 'disable=SC1000' >.shellcheckrc && printf '#!/bin/sh\necho $1\n' >a.sh && commit 'a program'
	t "a project that has shellcheck configured is checked by it, a note blocks nothing" \
		git preview-push --check HEAD~1..HEAD
	has "... as it says" "$T/out" '^a\.sh:2: .*, note \[SC2086 '
else
	skip "a project that has shellcheck configured is checked by it" "there is no shellcheck"
fi
finish
