#!/bin/sh
# git preview --init: the settings file of a repository that has none, and what it says of notes.
. "${0%/*}/lib.sh"

ini=.codexflow.ini
make_repo r "$top/tests/demo/sample"
rm -f $ini
git rm -q --cached --ignore-unmatch $ini
commit 'without settings'
git preview-test -v >"$T/found" 2>&1
state() { snapshot | grep -v "^\./$ini \|  \./$ini\$\|^\. d "; }
state >"$T/before"
mkdir below && cd below || exit 1
t "-n" git preview --init -n
cp "$T/out" "$T/would"
is "... writes nothing" "" "$(find "$T/r" -name '*.ini*')"
t "--init" git preview --init
cd .. && rmdir below
is "... tells its path" $ini "$(cat "$T/out")"
same "... what -n showed is what it wrote" "$T/would" $ini
has "... and what to do about notes" "$T/err" '^ +git config notes.rewriteRef refs/notes/preview$'
state >"$T/after"
same "... and wrote nothing else" "$T/before" "$T/after"
is "... nor a folder" "?? $ini" "$(git status --porcelain)"
t "--settings" git preview --settings
has "... has the command from it" "$T/out" '^test.command = python3 -m unittest.*repository'
has "... and the one for some tests" "$T/out" '^test.new = .*\{files\}.*repository'
t "the tests run as it says" git preview-test
has "... and pass" "$T/out" '^pass: 5 tests'

t_status 128 "a second time" git preview --init
has "... names the file" "$T/err" "^error: '$ini' is there already"
has "... and the ways" "$T/err" '^hint: .*-f'
echo '# mine' >>$ini
t_status 128 "... and leaves it as it is" git preview --init
has "... with what was added" $ini '^# mine'
chmod 600 $ini
t "-f" git preview --init -f
has_not "... replaces it" $ini '^# mine'
is "... and leaves nothing beside it" "?? $ini" "$(git status --porcelain)"
has "... found in what was there" $ini '^# Found: \[test\]'
rm $ini
ln -s "$T/elsewhere" $ini
t_status 128 "a symlink in its place" git preview --init -f
is "... is not gone through" "" "$(ls "$T/elsewhere" 2>/dev/null)"
rm $ini
git config notes.rewriteRef refs/notes/preview
t "where notes are set up" git preview --init
has_not "... nothing is said of them" "$T/err" 'rewriteRef'
git config --unset notes.rewriteRef
rm $ini

# what cannot be found, or not be written down
t "settings that are given" git preview --init -n -c test.command="make -s check; true # all"
has "... are written" "$T/out" '^command = make -s check; true # all$'
long=$(printf 'x%.0s' $(seq 250))
t "a command that is too long for a line" git preview --init -n -c test.command="$long"
has "... is left to be found" "$T/out" '^#command =$'
t_status 129 "a host that is not known" git preview --init --ci elsewhere
t_status 129 "--ci without --init" git preview --ci github words
t_status 129 "words" git preview --init words
t_status 129 "another way beside it" git preview --init --prune
git clone -q --bare . "$T/bare.git"
t_status 128 "a bare repository" git preview -C "$T/bare.git" --init
has "... says what works" "$T/err" '^hint: .*--init -n'
t "... with -n" git preview -C "$T/bare.git" --init -n
has "... is shown" "$T/out" '^command = python3'
make_repo empty
t_status 128 "no commit" git preview --init
echo words >README
commit first
t "no tests" git preview --init
has "... is a warning" "$T/err" '^warning: '
has "... and a file to fill in" $ini '^#command = '
t "... that can be read" git preview --settings

# a symlink on the way leads out of the work tree
mkdir "$T/outside"
ln -s "$T/outside" .github
t_status 128 "a folder that is a symlink" git preview --init --ci github
is "... is not gone through" "" "$(ls -A "$T/outside")"
rm .github
echo file >.gitlab
t_status 128 "a file where a folder should be" git preview --init --ci gitlab
is "... stays" file "$(cat .gitlab)"
rm $ini .gitlab
mkdir -p .github/workflows
echo mine >.github/workflows/git-preview.yml
t_status 128 "a job that is there" git preview --init --ci github
is "... stops all of it" "" "$(ls $ini 2>/dev/null)"
t "... without -f" git preview --init --ci github -f
has "... the job is new" .github/workflows/git-preview.yml '^name: git preview'
is "... and the settings are" "$ini
.github/workflows/git-preview.yml" "$(cat "$T/out")"
echo '# mine' >>$ini
t "a job beside settings" git preview --init --ci gitlab
has "... leaves them" $ini '^# mine'
is "... and is alone" .gitlab/git-preview.yml "$(cat "$T/out")"
has "... is to be included" "$T/err" '\.gitlab-ci\.yml'
t_status 128 "a prefix that means something in a pattern" \
	git preview -c 'preview.prefix=a+b/' --init -n --ci gitlab
finish
