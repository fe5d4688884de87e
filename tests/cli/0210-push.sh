#!/bin/sh
# Pushing a preview: to a real server over HTTP where one can be had, else over a path.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
git push -q origin main
git branch preview/field-1 && git checkout -q preview/field-1 && echo 1 >f && commit 'a preview'
git checkout -q main
no_proof
here() { git rev-parse preview/field-1; }
there() { git -C "$T/server.git" rev-parse -q --verify refs/heads/preview/field-1; }

t_status 128 "main is never pushed" git preview-push origin main
has "... because of its name" "$T/err" 'not below .preview/'
t_status 128 "nor is what is checked out, when it is no preview" git preview-push
printf '[preview]\nprefix = ma\n' >.codexflow.ini
t_status 128 "nor when a repository calls it one" git preview-push origin main
has "... because a prefix is a folder" "$T/err" "preview\.prefix"
rm .codexflow.ini
t_status 128 "a branch that is not there" git preview-push preview/nowhere
t "-n sends nothing" git preview-push -n preview/field-1
is "... really" "" "$(there)"
snapshot >"$T/before"
t "a preview is pushed" git preview-push preview/field-1
is "... to the same name" "$(here)" "$(there)"
is "... and is the result" "preview/field-1" "$(cat "$T/out")"
snapshot | grep -v refs/remotes >"$T/after"
grep -v refs/remotes "$T/before" >"$T/before.rest"
same "... and nothing here has changed" "$T/before.rest" "$T/after"
t "again, with nothing new" git preview-push origin preview/field-1

git checkout -q preview/field-1 && git commit -q --amend -m 'a better preview'
t "an amended preview, as the one checked out" git preview-push
is "... replaces what we pushed" "$(here)" "$(there)"

git clone -q -b preview/field-1 "$T/server.git" "$T/other"
(cd "$T/other" && echo 2 >f && commit 'somebody else' && git push -q origin preview/field-1)
theirs=$(there)
git commit -q --amend -m 'a third'
t_status 1 "what somebody else pushed is not overwritten" git preview-push
is "... and stays" "$theirs" "$(there)"
has "... with what to do" "$T/err" '^hint: .*git fetch'

theirs=$(there)
git -C "$T/server.git" update-ref -d refs/heads/preview/field-1
git commit -q --amend -m 'after it was deleted'
t "a branch that was deleted there" git preview-push
is "... is made anew" "$(here)" "$(there)"
git -C "$T/server.git" update-ref refs/heads/preview/field-1 "$theirs"
git update-ref refs/remotes/origin/preview/field-1 "$(git rev-parse HEAD)"

git clone -q --single-branch "file://$T/server.git" "$T/single" && cd "$T/single" || exit 1
git checkout -q -b preview/single && git commit -q --allow-empty -m 'one'
t "a clone of one branch pushes a preview" git preview-push
git commit -q --amend --allow-empty -m 'two'
t "... and a better one, which git does not track" git preview-push
is "... that is there" "$(git rev-parse HEAD)" "$(git -C "$T/server.git" rev-parse preview/single)"
git -C "$T/server.git" update-ref refs/heads/preview/single refs/heads/main
git commit -q --amend --allow-empty -m 'three'
t_status 1 "... but not over what somebody else pushed" git preview-push
git -C "$T/server.git" update-ref -d refs/heads/preview/single
t "an address in a remote's place" git preview-push "$T/server.git" preview/single
git commit -q --amend --allow-empty -m 'four'
t "... again, too" git preview-push "$T/server.git" preview/single
cd "$T/work" || exit 1

git config push.followTags true && git tag -a v1 -m v1
printf '#!/bin/sh\necho "hook ran" >&2\nexit 1\n' >.git/hooks/pre-push && chmod +x .git/hooks/pre-push
git fetch -q
t_status 128 "the user's own pre-push hook can refuse" git preview-push
has "... and is heard" "$T/err" 'hook ran'
rm .git/hooks/pre-push
git fetch -q
t "after looking, the lease is new" git preview-push
is "no tag went along" "" "$(git -C "$T/server.git" tag)"
t "as JSON" git preview-push --json
has "... one object" "$T/out" '"event":"push".*"branch":"preview/field-1"'

printf '#!/bin/sh\nexit 1\n' >"$T/server.git/hooks/pre-receive" && chmod +x "$T/server.git/hooks/pre-receive"
git commit -q --amend -m 'a fourth'
t_status 1 "a server that refuses" git preview-push
git remote set-url origin "$T/no-such-server.git"
t_status 128 "a server that is not there" git preview-push
git remote remove origin
t_status 128 "no remote" git preview-push
has "... says how to have one" "$T/err" '^hint: .*git remote add'
finish
