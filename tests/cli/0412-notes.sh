#!/bin/sh
# What git does with the record of a preview, which is a note: over amend, rebase and clone, with
# the configuration that --init names and without it.
. "${0%/*}/lib.sh"

. "$top/tests/cli/proven.sh"
make_proven tasks
git update-ref refs/keep/notes refs/notes/preview
tip=$(git rev-parse "$branch")
# note <commit>: "{" where the record hangs on it
note() { git notes --ref=preview show "$1" 2>/dev/null | cut -c1-1; }
# again: the branch and the notes as they were made
again() {
	git checkout -q -f --detach main
	git update-ref "refs/heads/$branch" "$tip"
	git update-ref refs/notes/preview refs/keep/notes
	git checkout -q "$branch"
}
amend() { git commit -q --amend -m "$(git log -1 --format=%B | sed '1s/.*/In other words/')"; }
git checkout -q -b later main
echo more >README
commit 'meanwhile'

again
amend
is "an amended commit has no note" "" "$(note HEAD)"
t "--prove" git preview-test --prove "$branch"
has "... finds the record by its tree" "$T/out" '^same +record .*by tree'
t "--show" git preview --show "$branch"
has "... has it" "$T/out" 'renew the value'
again
git rebase -q later
is "nor has a rebased one" "" "$(note HEAD)"
t "--prove" git preview-test --prove "$branch"
has "... finds the record by its id" "$T/out" '^same +record .*by id'
t "--show" git preview --show "$branch"
has "... has it" "$T/out" 'renew the value'

t "--init names the way" git preview --init -n
git checkout -q main
t "... when it writes" git preview --init -f
sed -n 's/^ *\(git config .*\)$/\1/p' "$T/err" >"$T/commands"
git checkout -q -f main
is "... as two commands" 2 "$(wc -l <"$T/commands")"
git remote add origin "$T/hub.git"
t "... which git takes" sh -e "$T/commands"
again
amend
is "an amended commit keeps its note" "{" "$(note HEAD)"
t "--prove" git preview-test --prove "$branch"
has "... finds it there" "$T/out" '^same +record .*by commit'
again
git rebase -q later
is "a rebased one does" "{" "$(note HEAD)"
t "--prove" git preview-test --prove "$branch"
has "... finds it there" "$T/out" '^same +record .*by commit'

again
git init -q --bare "$T/hub.git"
git push -q origin main "$branch"
git clone -q "$T/hub.git" "$T/clone"
cd "$T/clone" || exit 1
sh -e "$T/commands"
t "a fetch where nobody has notes" git fetch origin
git -C "$T/tasks" push -q origin refs/notes/preview
t "a fetch where somebody has" git fetch origin
t "the record is found" git preview-test --prove "origin/$branch"
has "... where fetch put it" "$T/out" '^same +record .*by commit'
is "... which is not where one's own are" "" "$(git for-each-ref refs/notes/preview)"
finish
