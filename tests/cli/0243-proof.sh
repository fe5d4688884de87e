#!/bin/sh
# A preview that is pushed is proven: here before, or now; a record that came along proves nothing.
. "${0%/*}/lib.sh"

git init -q --bare "$T/server.git"
make_repo tasks
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n' >.codexflow.ini
echo 'value=old name=thing' >value.sh
# shellcheck disable=SC2016
echo '[ "$name" = thing ]' >tests/old.t
cat >run.sh <<'END2'
echo "1..$#"
for t; do
	if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
done
exit ${bad:-0}
END2
commit first
git remote add origin "$T/server.git"
git push -q origin main
cat >"$T/script" <<'END2'
request
text "Renew the value"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
+[ "$value" = new ]
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: value.sh
-value=old name=thing
+value=new name=thing
*** End Patch
PATCH
completed in=2000 out=400
END2
start_model "$T/script"
t "a preview" git preview "renew the value"
branch=$(cat "$T/out")
stop_model "the model was asked once"
rm "$XDG_CONFIG_HOME/codexflow/config.ini"
git push -q "$T/server.git" "$branch:refs/heads/copy" refs/notes/preview
there() { git -C "$T/server.git" rev-parse -q --verify "refs/heads/$1"; }
said_proving() { grep -c 'proving it now' "$T/err"; }

t "what was made here goes without another proof" git preview-push -v origin "$branch"
has "... as it is known" "$T/err" "'$branch' was proven here"
is "... and is there" "$(git rev-parse "$branch")" "$(there "$branch")"
git checkout -q "$branch"
git commit -q --amend --only -m "$(git log -1 --format=%B | sed '1s/.*/Renew the value, in other words/')"
t "other words of people change nothing" git preview-push -n -v --no-pr
has "... that was proven" "$T/err" 'was proven here'

# clone <name>: a clone with nothing of the author's, the shell in it, on the branch
clone() {
	git clone -q "$T/server.git" "$T/$1" && cd "$T/$1" || exit 1
	git fetch -q origin refs/notes/preview:refs/notes/preview
	git checkout -q -b "$branch" origin/copy
	git remote add other "$T/other.git"
}
# amend <perl expression>: the message's claims in other words, in both commits
amend() {
	git filter-branch -f --msg-filter "perl -pe '$1'" main.."$branch" >/dev/null 2>&1
}
git init -q --bare "$T/other.git"
clone fresh
git push -q other main
t_status 1 "elsewhere nothing is known of it, for who requires that" \
	git preview-push -c vet.proof=require other
has "... which is said" "$T/err" '^error: not to be pushed: .* was not proven here'
has "... with what to do" "$T/err" '^hint: .*--prove'
is "... and nothing was pushed" "" "$(git -C "$T/other.git" branch --list 'preview/*')"
t "elsewhere it is proven now" git preview-push other
is "... once" 1 "$(said_proving)"
has "... with progress" "$T/err" '^ok +green'
is "... and only the branch on standard output" "$branch" "$(cat "$T/out")"
t "... and then known" git preview-push -c vet.proof=require other
is "... without another" 0 "$(said_proving)"
git notes --ref=preview show HEAD | sed 's/"reds":[0-9]*/"reds":77/' >"$T/note"
git notes --ref=preview add -f -F "$T/note" HEAD 2>/dev/null
t_status 1 "a record with another word is not what was proven" git preview-push -c vet.proof=require other

clone forged
echo 'value=old name=thing # new' >value.sh && git commit -qa --amend --no-edit
git notes --ref=preview remove 'HEAD^{tree}' 2>/dev/null
tree=$(git rev-parse 'HEAD^{tree}') was=$(git rev-parse 'origin/copy^{tree}')
git notes --ref=preview show origin/copy | sed "s/$was/$tree/g" >"$T/note"
for on in HEAD 'HEAD^{tree}'; do git notes --ref=preview add -f -F "$T/note" "$on" 2>/dev/null; done
t_status 1 "a forged record does not help what does not work" git preview-push other "$branch"
has "... which is told" "$T/err" "^warning: $branch: green fails"
has "... in words of its own" "$T/err" "^error: not to be pushed: '$branch' is not as it claims"
t_status 1 "... again" git preview-push other "$branch"
git fetch -q other
t "unless the user does not ask" git preview-push -n -c vet.proof=off other "$branch"
printf '[vet]\nproof = off\nproof-time = 0\n' >.codexflow.ini
t_status 1 "... a repository cannot" git preview-push other "$branch"
has "... and is told" "$T/err" 'codexflow\.ini:2:'
git checkout -q .codexflow.ini

clone claims
# shellcheck disable=SC2016
amend 's/^(Preview-Suite: )\d+/${1}99/'
t_status 1 "nor do claims that are none" git preview-push other "$branch"
has "... which are told" "$T/err" "^warning: $branch: suite differs"

clone stranger
git commit -q --allow-empty -m 'mine on top'
t_status 1 "what is no preview cannot be proven" git preview-push other "$branch"
has "... and is told so" "$T/err" '^error: not to be pushed: .* cannot be proven: .*no Preview-Id'
t_status 1 "... whatever its name" git preview-push other "$branch"
t "the hook" git preview-push --install-hook
t_status 1 "the hook asks for it too" git push -q other HEAD:refs/heads/preview/mine
t_status 1 "... among other refs" git push -q other HEAD:refs/heads/mine HEAD:refs/heads/preview/mine
t "... but not of other branches" git push -q other HEAD:refs/heads/mine
is "... without a word" "" "$(cat "$T/err")"
git push -q --no-verify other HEAD:refs/heads/preview/mine
t "... nor for a deletion" git push -q other :refs/heads/preview/mine
git reset -q --hard origin/copy
t "the hook proves" git push -q other "HEAD:refs/heads/preview/good"
has "... with progress" "$T/err" '^ok +suite'
t "... once" git push -q other "HEAD:refs/heads/preview/better"
is "... really" "" "$(cat "$T/err")"

clone late
t_status 128 "a proof that takes too long stops the push" \
	git preview-push -c vet.proof-time=1 -c 'test.command=sleep 30; sh run.sh tests/*.t' other "$branch"
has "... with its own words" "$T/err" '^error: cannot prove .*more than 1 second'
t_status 8 "so does a sandbox that is not there" \
	git preview-push -c sandbox.kind=docker -c "sandbox.host=unix://$T/none" other "$branch"
# shellcheck disable=SC2016
t_status 1 "and a secret comes before any proof" sh -c '
	printf "npm%s%s\n" _ "$(printf x | sha256sum | cut -c1-36)" >leak && git add leak &&
	git commit -q --amend --no-edit && git preview-push other "$0"' "$branch"
is "... which is not tried" 0 "$(said_proving)"
finish
