#!/bin/sh
# The pre-push hook: right range each time, chained with what is there, gone without a trace.
. "${0%/*}/lib.sh"

digest() { printf %s "$1" | sha256sum | cut -c1-"$2"; }
token() { printf 'npm%s%s' _ "$(digest "$1" 36)"; }
there() { git -C "$T/server.git" for-each-ref --format='%(refname)'; }
zero=0000000000000000000000000000000000000000

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
git push -q origin main
hook=.git/hooks/pre-push
rm -f "$hook"

t "--install-hook" git preview-push --install-hook
t "... makes a program" test -x "$hook"
cp "$hook" "$T/ours"
t "... and again is no harm" git preview-push --install-hook
same "... nor change" "$T/ours" "$hook"

echo 1 >a && commit 'a file'
t "an ordinary push goes" git push -q origin main
is "... without a word" "" "$(cat "$T/out" "$T/err")"
echo "x = $(token one)" >leak && commit 'a leak' && git rm -q leak && commit 'gone again'
t_status 1 "a credential in between stops git push" git push -q origin main
has "... and is shown" "$T/err" 'leak:1: npm token'
t_status 1 "... on a new branch too" git push -q origin main:refs/heads/other
git tag -a v1 -m 'release one'
t_status 1 "... and by a tag" git push -q origin v1
t_status 1 "... and among many refs" git push -q origin main~2:refs/heads/good v1 main
is "... and nothing arrived" "refs/heads/main" "$(there)"
git reset -q --hard HEAD~2
git tag -d v1 >/dev/null
t "a new branch with nothing new goes" git push -q origin main:refs/heads/copy
t "a deletion goes" git push -q origin :copy
git commit -q --amend -m 'a file, reworded'
t "a forced push goes" git push -q --force origin main
git commit -q --amend -m "now with $(token two)"
t_status 1 "... but not with a credential" git push -q --force origin main
git commit -q --amend -m 'a file, again'
t "a push by address instead of name" git push -q --force "$T/server.git" main

pre() { # <line>...: as git calls the hook
	printf '%s\n' "$@" | git preview-push --pre-push origin "$T/server.git"
}
h=$(git rev-parse HEAD)
t "nothing to push" pre ""
t "a deletion alone" pre "(delete) $zero refs/heads/x $h"
t "an id that is not here is passed over" pre "refs/heads/main $h refs/heads/main $(digest x 40)"
t "zeros of sixty-four digits" pre "refs/heads/main $h refs/heads/x $(printf %064d 0)"
t_status 128 "what git never says" pre "refs/heads/main $h"
t_status 128 "... and no ids" pre "refs/heads/main HEAD refs/heads/main $zero"
t_status 129 "git calls it with two words" sh -c 'git preview-push --pre-push origin </dev/null'

t "--uninstall-hook" git preview-push --uninstall-hook
t "... leaves nothing" test ! -e "$hook"
t "... and again is no harm" git preview-push --uninstall-hook

cat >"$hook" <<'END'
#!/bin/sh
echo "$1 $2" >before.args
cat >before.input
test ! -e refuse
END
chmod 750 "$hook"
cp -p "$hook" "$T/theirs"
before=$(stat -c '%a %Y %i' "$hook")
t "beside a hook that is there" git preview-push --install-hook
echo 2 >b && git add b && git commit -q -m b
t "... both run" git push -q origin main:refs/heads/chained
is "... it with its arguments" "origin $T/server.git" "$(cat before.args)"
is "... and its input" "refs/heads/main $(git rev-parse HEAD) refs/heads/chained $zero" "$(cat before.input)"
touch refuse
t_status 1 "... and it can refuse" git push -q origin main:refs/heads/refused
rm -f refuse before.args
git commit -q --amend -m "with $(token three)"
t_status 1 "... but ours comes first" git push -q origin main:refs/heads/refused
t "... and it was not asked" test ! -e before.args
cp "$hook" "$T/kept" && echo '# mine' >>"$hook"
t_status 1 "what was changed since is not taken away" git preview-push --uninstall-hook
has "... and says where the other is" "$T/err" '^hint: '
cp "$T/kept" "$hook"
t "--uninstall-hook brings it back" git preview-push --uninstall-hook
same "... byte for byte" "$T/theirs" "$hook"
is "... the very file" "$before" "$(stat -c '%a %Y %i' "$hook")"
t "... and no other" test ! -e "$hook.before-git-preview"
t "somebody else's hook is not ours to take" git preview-push --uninstall-hook
same "... and stays" "$T/theirs" "$hook"

mkdir .husky
printf '#!/bin/sh\nexit 0\n' >.husky/pre-push && chmod +x .husky/pre-push
git config core.hooksPath .husky
t_status 1 "a folder that another tool configured is left alone" git preview-push --install-hook
has "... with the line to add there" "$T/err" '^hint: .*git preview-push --pre-push "\$@"'
is "... and nothing was written" pre-push "$(ls .husky)"
# what the hint says, done
printf '#!/bin/sh\ngit preview-push --pre-push "$@"\n' >.husky/pre-push
t_status 1 "... which works" git push -q origin main:refs/heads/refused
git config --unset core.hooksPath

git worktree add -q "$T/linked" -b linked HEAD~1 2>/dev/null
rm "$hook"
t "from a linked work tree" git -C "$T/linked" preview-push --install-hook
t "... into the hooks of the repository" test -x "$hook"
(cd "$T/linked" && echo "x = $(token four)" >leak && git add leak && git commit -q -m l)
t_status 1 "... and it runs there" git -C "$T/linked" push -q origin linked
cp "$B/secrets.tsv" "$T/secrets.tsv"
git reset -q --hard HEAD~1
echo 3 >c && git add c && git commit -q -m c
t_status 1 "a scanner that cannot run stops the push" \
	env GP_SECRETS="$T/secrets.tsv" git push -q origin main:refs/heads/unseen
has "... with its own words" "$T/err" 'cannot look for secrets'
finish
