#!/bin/sh
# What leaves besides files of commits, and against what it counts as new.
. "${0%/*}/lib.sh"

digest() { printf %s "$1" | sha256sum | cut -c1-"$2"; }
token() { printf 'npm%s%s' _ "$(digest "$1" 36)"; }

git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
git remote add origin "$T/server.git"
printf '{\n  "dependencies": {\n    "express": "^4.17.0"\n  }\n}\n' >package.json
commit 'a manifest'
git push -q origin main
git preview-push --install-hook 2>/dev/null

git tag -a v1 -m "release with $(token tag)"
t_status 1 "a tag's message is looked at" git push -q origin v1
has "... and named" "$T/err" "$(git rev-parse v1 | cut -c1-12) tag-message:[0-9]*: npm token"
git tag -a v2 -m 'a tag of a tag' v1
t_status 1 "... also below another tag" git push -q origin v2
git tag -d v1 v2 >/dev/null
git tag -a v3 -m 'a release' && git tag light
t "tags without go" git push -q origin v3 light
is "... without a word" "" "$(cat "$T/err")"
echo "x = $(token blob)" >"$T/blob"
git tag blob "$(git hash-object -w "$T/blob")"
t_status 1 "a tag of a file is looked at" git push -q origin blob
git tag tree "$(printf '100644 blob %s\tleak\n' "$(git hash-object -w "$T/blob")" | git mktree)"
t_status 1 "... and of a tree" git push -q origin tree
has "... file by file" "$T/err" ' leak:1: npm token'
git tag -d blob tree >/dev/null

called=$(token name)
t_status 1 "the name of a branch is looked at" git push -q origin "main:refs/heads/$called"
grep -v '^ [*!]\|^To ' "$T/err" | grep -v "^error: failed to push" >"$T/said"
has_not "... and not shown" "$T/said" "$(digest name 36 | cut -c5-20)"
t "... but not of one that is deleted" git push -q origin --no-verify "main:refs/heads/$called"
t "... so that it can be" git push -q origin ":refs/heads/$called"
git checkout -q -b named
printf 'a\0b' >"$called.bin" && commit 'a name'
t_status 1 "the name of a file" git preview-push --check main..HEAD
has "... is shown in part" "$T/out" ' npm_\.\.\.\.bin: npm token, npm_\.\.\.'
has_not "... and nowhere else" "$T/out" "$(digest name 36 | cut -c5-20)"
git preview-push --json --check main..HEAD >"$T/out" 2>&1
has_not "... nor in JSON" "$T/out" "$(digest name 36 | cut -c5-20)"

git checkout -q -b preview/one main
echo 1 >f && commit 'a change'
git checkout -q main
sed -i 's/"express.*/&,\n    "zod": "^3.0.0"/' package.json && commit 'zod, on the main branch'
git push -q origin main 2>"$T/err"
has "a dependency on an ordinary branch is one line" "$T/err" '^warning: worth a look: package\.json \(new dependency, npm zod \^3\.0\.0\)$'
is "... and no more" 1 "$(wc -l <"$T/err")"
git checkout -q preview/one
git merge -q -m 'bring it up to date' main
t "what a merge brings from what is there is not new" git preview-push --check HEAD
is "... to a preview" "" "$(grep dep- "$T/out" "$T/err")"
sed -i 's/"zod.*/&,\n    "left-pad": "^1.0.0"/' package.json && commit 'left-pad' && echo 2 >f && commit 'more'
t "what it adds itself is" git preview-push --check HEAD
is "... once, however many commits" 1 "$(grep -c 'dep-new' "$T/out")"
has "... with its name" "$T/out" 'npm left-pad'

no_proof
t_status 1 "among other branches, a preview is judged as one" git push -q origin main light HEAD:preview/one
has "... and says why" "$T/err" 'dep-new'
is "... and nothing was pushed" "" "$(git -C "$T/server.git" branch --list 'preview/*')"

git checkout -q -b many main
for i in $(seq 300); do echo "create refs/heads/r$i $(git rev-parse HEAD)"; done | git update-ref --stdin
t "three hundred refs at once" git push -q origin 'refs/heads/r*:refs/heads/r*'
is "... without a word" "" "$(cat "$T/err")"
# long <n> <the one with a credential>: so many commits
long() {
	echo 'feature done'
	for i in $(seq "$1"); do
		printf 'commit refs/heads/long\ncommitter A <a@b.c> 1700000000 +0000\ndata 1\nx\n'
		[ "$i" -gt 1 ] || echo "from $(git rev-parse main)"
		text="int i$i;"
		[ "$i" -ne "$2" ] || text="x = $(token long)"
		printf 'M 100644 inline f\ndata %d\n%s\n' "${#text}" "$text"
	done
	echo 'done'
}
long 1000 0 | git fast-import --quiet --force
t "a thousand commits" git push -q origin long
git update-ref -d refs/remotes/origin/long && git push -q --no-verify origin :long 2>/dev/null
long 1000 500 | git fast-import --quiet --force
t_status 1 "... among which one has a credential" git push -q origin long
is "... that the last no more has" 1 "$(git cat-file -p long:f | grep -c 'int i1000')"

git checkout -q --orphan alien && git rm -rfq . && echo 1 >alien && commit 'another history'
git checkout -q -b joined main
git merge -q --allow-unrelated-histories -m 'join' alien 2>/dev/null
t "a history that has nothing in common" git preview-push --check HEAD
has "... is named when it is joined" "$T/out" '\[unrelated-history '
t "by itself it is not" git preview-push --check alien
has_not "... named" "$T/out" 'unrelated-history'
finish
