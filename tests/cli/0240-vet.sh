#!/bin/sh
# What may leave: every commit of a push is looked at, and nothing secret is ever shown.
. "${0%/*}/lib.sh"

# A credential that is in no file of ours: made of a digest.
digest() { printf %s "$1" | sha256sum | cut -c1-"$2"; }
token() { printf 'ghp%s%s' _ "$(digest "$1" 36)"; }

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
git push -q origin main
git checkout -q -b preview/one
no_proof
one=$(token one)
two=$(token two)

printf 'TOKEN = "%s"\n' "$one" >leak.py && commit 'add a client'
printf 'TOKEN = os.environ["TOKEN"]\n' >leak.py && commit 'read it from the environment'
snapshot >"$T/before"
t_status 1 "a credential that only an earlier commit has blocks the push" git preview-push
has "... with its place" "$T/err" 'leak\.py:1: GitHub token'
has "... its commit" "$T/err" "$(git rev-parse HEAD~1 | cut -c1-12)"
has "... and what to do" "$T/err" '^hint: '
is "... and nothing was pushed" "" "$(git -C "$T/server.git" branch --list 'preview/*')"
snapshot >"$T/after"
same "... and nothing here has changed" "$T/before" "$T/after"
cat "$T/out" "$T/err" >"$T/said"
has_not "... and the value is nowhere" "$T/said" "$(digest one 36 | cut -c5-20)"

t_status 1 "--check says so of a range" git preview-push --check main..preview/one
has "... on standard output" "$T/out" '^[0-9a-f]{12} leak\.py:1: GitHub token, ghp_\.\.\. \(40 characters\) \[github-token [0-9a-f]{16}\]'
t "--check of what is clean" git preview-push --check HEAD~1..HEAD
t_status 1 "--check of one revision goes as far as no remote has it" git preview-push --check HEAD
t "... and of what is pushed finds nothing" git preview-push --check main
t_status 128 "--check of what is no range" git preview-push --check nowhere..HEAD
t_status 1 "as JSON" git preview-push --json --check main..HEAD
has "... an object a finding" "$T/out" '"event":"finding".*"rule":"github-token".*"path":"leak.py","line":1.*"blocks":true'
has_not "... without the value" "$T/out" "$(digest one 36 | cut -c5-20)"

print=$(sed -n 's/.*"fingerprint":"\([0-9a-f]*\)".*/\1/p' "$T/out")
t "an entry of vet.allow lets one value go" \
	git preview-push -c "vet.allow=github-token leak.py $print 2999-12-31" --check main..HEAD
t_status 1 "... not after its last day" \
	git preview-push -c "vet.allow=github-token leak.py $print 2001-02-03" --check main..HEAD
t_status 1 "... nor elsewhere" \
	git preview-push -c "vet.allow=github-token other.py $print" --check main..HEAD
t_status 128 "... nor for every value" \
	git preview-push -c "vet.allow=github-token leak.py *" --check main..HEAD
has "... which is said" "$T/err" "vet\.allow"
t "vet.secrets = warn lets it go, and says it" \
	git preview-push -c vet.secrets=warn --check main..HEAD
has "... still" "$T/out" 'GitHub token'
t "vet.secrets = off looks at nothing" git preview-push -c vet.secrets=off --check main..HEAD
printf '[vet]\nsecrets = off\n' >.codexflow.ini
t_status 1 "a repository cannot switch it off" git preview-push --check main..HEAD
has "... and is told" "$T/err" 'codexflow\.ini:2:'
rm .codexflow.ini

git checkout -q -b preview/two main
echo 1 >f && git add f && git commit -q -m "the key is $two"
t_status 1 "a message is looked at" git preview-push --check main..HEAD
has "... and named" "$T/out" 'commit message'
git checkout -q -b preview/three main
echo 1 >"$two.txt" && commit 'a file'
t_status 1 "so are names of files" git preview-push --check main..HEAD

git checkout -q -b preview/four main
{ seq 2000; printf 'k = "%s"\n' "$one"; seq 2000; } >big.txt && commit 'a key in the middle'
git tag leaked && git push -q origin leaked:refs/heads/base
{ seq 2000; printf 'k = "%s"\n' "$one"; seq 1990; } >big.txt && commit 'another line'
git mv big.txt moved.txt && commit 'moved'
t "what was there before is not added again, nor when it moves" \
	git preview-push --check leaked..HEAD
t "nor is what the remote has" git preview-push --check HEAD

git checkout -q -b side main && echo a >a && commit a
git checkout -q -b preview/five main && echo b >b && commit b
git merge -q --no-commit side >/dev/null 2>&1 && printf 'k = "%s"\n' "$two" >evil.py && git add evil.py &&
	git commit -q -m merge
t_status 1 "what a merge adds of its own is found" git preview-push --check main..HEAD
has "... in the merge" "$T/out" "^$(git rev-parse HEAD | cut -c1-12) evil.py:1"
git checkout -q -b preview/six leaked && git merge -q -m merge side
t "what it brings from a parent is not its own" git preview-push --check leaked..HEAD

printf 'password = %s\n' "$(digest env 20)" >"$T/env"
t_status 1 "--scan of a file" git preview-push --scan "$T/env"
has "... names line and rule" "$T/out" ':1: .*secret-line'
echo "k = '$two'" >"$T/in"
git preview-push --scan - <"$T/in" >"$T/out" 2>"$T/err"
is "--scan of standard input" 1 $?
t "--scan of what is clean" git preview-push --scan "$top/tests/demo/sample/tasks.py"
t_status 128 "--scan of what is not there" git preview-push --scan "$T/nowhere"
t_status 129 "two things at once" git preview-push --scan "$T/env" --check main..HEAD

cp "$B/secrets.tsv" "$T/secrets.tsv"
t_status 128 "rules without their database block" \
	env GP_SECRETS="$T/secrets.tsv" git preview-push --check HEAD~1..HEAD
has "... saying what is missing" "$T/err" 'secrets\.db'
echo 'no database' >"$T/secrets.db"
t_status 128 "so does a database that is none" \
	env GP_SECRETS="$T/secrets.tsv" git preview-push --check HEAD~1..HEAD
printf 'broken\ta row\n' >>"$T/secrets.tsv"
t_status 128 "so does a rule that is none" \
	env GP_SECRETS="$T/secrets.tsv" git preview-push --check HEAD~1..HEAD
has "... with its own words" "$T/err" '^error: .*secrets'
# each of forty letters is tried in two ways, and then a forty-first stands there
printf 'slow\ta slow rule\t-\t(?:a|[a]){40}\t-\t-\t-\n' >"$T/slow.tsv"
"$B/secrets_db" "$T/slow.tsv" "$T/slow.db"
head -c 60 /dev/zero | tr '\0' a >"$T/as"
t_status 128 "so does a rule that takes too long" \
	env GP_SECRETS="$T/slow.tsv" git preview-push --scan "$T/as"
has "... by its name" "$T/err" "the rule 'slow' for secrets gave up"
cp "$B/secrets.tsv" "$T/secrets.tsv" && rm "$T/secrets.db"
git checkout -q preview/one
t_status 128 "and no push goes by it" env GP_SECRETS="$T/secrets.tsv" git preview-push
is "... really" "" "$(git -C "$T/server.git" branch --list 'preview/*')"

git checkout -q -b preview/shape main
mkdir -p .github/workflows && echo 'on: push' >.github/workflows/ci.yml
head -c 2000000 /dev/zero | tr '\0' x >large.txt
printf 'a\0b' >icon.bin
chmod +x tasks.py
ln -s tasks.py alias.py
commit 'all kinds of files'
printf 'one\r\ntwo\r\nthree\r\n' >ends.txt && commit 'CR LF'
printf 'one\ntwo\nthree\n' >ends.txt && commit 'LF'
t "what is only worth a look blocks nothing" git preview-push --check main..HEAD
for rule in workflow large-file binary-file executable link line-endings; do
	has "... $rule is said" "$T/out" "\\[$rule "
done
t "in a push it is one line" git preview-push
is "... really" 1 "$(grep -c '^warning:' "$T/err")"
t_status 1 "vet.shape = block" git preview-push -c vet.shape=block --check main..HEAD
t "vet.shape = off" git preview-push -c vet.shape=off --check main..HEAD
is "... says nothing" "" "$(cat "$T/out")"
git checkout -q -b preview/long main
seq 300 | sed 's/.*/x& = &/' >a.py && commit 'three hundred lines'
seq 300 | sed 's/.*/y& = &/' >b.py && mkdir -p tests && seq 900 >tests/data.py && commit 'and again'
t_status 1 "a preview of six hundred lines is no preview" git preview-push
has "... with the numbers" "$T/err" '600 added, 400 allowed'
t "unless the user says so" git preview-push -n -c vet.max-lines=600
git checkout -q -b ordinary
t "another branch may be as long as it likes" git preview-push --check main..HEAD
git checkout -q preview/one

printf '\377\376' >wide.ps1
# shellcheck disable=SC2016 # PowerShell's variable
printf '$t = "%s"\r\n' "$two" | iconv -t utf-16le >>wide.ps1
printf 'data: %s\n' "$(printf 'user: a\ntoken: %s\n' "$(token three)" | base64 -w0)" >secret.yaml
commit 'encoded'
t_status 1 "UTF-16 and base64 hide nothing" git preview-push --check HEAD~1..HEAD
has "... of the one" "$T/out" 'wide\.ps1'
has "... or the other" "$T/out" 'secret\.yaml'
finish
