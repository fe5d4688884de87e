#!/bin/sh
# Every state a checkout can be in.
. "${0%/*}/lib.sh"

reply() {
	cat <<'END'
request *
text "Add a priority"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/test_priority.py
+import unittest
+
+import tasks
+
+
+class PriorityTest(unittest.TestCase):
+    def test_normal_by_default(self):
+        self.assertEqual(tasks.new_task("a").get("priority"), "normal")
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: tasks.py
-    return {"title": title, "done": False}
+    return {"title": title, "done": False, "priority": "normal"}
*** End Patch
PATCH
completed
END
}
reply >"$T/script"
start_model "$T/script"

# works <name> [<option>...]: in the current folder, and leaves no trace but the branch
works() {
	what=$1
	shift
	snapshot | grep -v refs/heads/preview/ >"$T/before"
	t "$what" git preview "$@" "add a priority"
	branch=$(cat "$T/out")
	snapshot | grep -v refs/heads/preview/ >"$T/after"
	same "... nothing else has changed" "$T/before" "$T/after"
	is "... both commits are there" 2 "$(git rev-list --count "${base:-HEAD}..$branch")"
}

make_repo plain "$top/tests/demo/sample"
echo 'x = 1' >extra.py && commit 'second'

git checkout -q --detach HEAD~1
works "detached HEAD"
is "... starts from the commit that is checked out" "$(git rev-parse HEAD)" \
	"$(git rev-parse "$branch~2")"
git checkout -q main

echo 'syntax error' >tasks.py && git add tasks.py && echo 'worse' >>tasks.py
works "a dirty tree and index"
git reset -q --hard

base=main~1
works "--base" --base main~1
base=

mkdir deep && cd deep && works "a folder below" && cd ..

git worktree add -q "$T/linked" -b other main~1
cd "$T/linked" && works "a linked worktree" && cd "$T/plain" || exit 1
is "... on its own HEAD" "$(git rev-parse other)" "$(git rev-parse "$branch~2")"

cd "$T" && export GIT_DIR="$T/plain/.git" GIT_WORK_TREE="$T/plain"
t "GIT_DIR" git preview "add a priority"
unset GIT_DIR GIT_WORK_TREE
t "-C" git preview -C "$T/plain" "add a priority"

git clone -q --bare plain bare.git
cd bare.git || exit 1
t "a bare repository" git preview "add a priority"
is "... has the branch" 2 "$(git rev-list --count "HEAD..$(cat "$T/out")")"
cd ..

git clone -q --depth 1 "file://$T/plain" shallow
cd shallow && works "a shallow clone" && cd .. || exit 1

git -C plain config uploadpack.allowFilter true
git clone -q --filter=blob:none --no-checkout "file://$T/plain" partial
cd partial && works "a partial clone without a single blob" && cd .. || exit 1

git clone -q plain sparse
cd sparse || exit 1
git sparse-checkout set --cone --sparse-index tests >/dev/null 2>&1
works "a sparse checkout with a sparse index"
cd ..

make_repo signed "$top/tests/demo/sample"
if command -v ssh-keygen >/dev/null; then
	ssh-keygen -q -t ed25519 -N '' -f "$T/key"
	git config gpg.format ssh && git config user.signingkey "$T/key.pub" && git config commit.gpgsign true
	works "commit.gpgsign"
	has "... both commits are signed" /dev/stdin 'BEGIN SSH SIGNATURE' <<END
$(git cat-file commit "$branch")
END
else
	skip "commit.gpgsign" "no ssh-keygen on this machine"
fi
if command -v gpg-agent >/dev/null && command -v gpg >/dev/null; then
	export GNUPGHOME="$T/gnupg"
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-gen-key 'A U Thor <author@example.com>' ed25519 sign never 2>/dev/null
	git config --unset gpg.format; git config --unset user.signingkey
	git config commit.gpgsign true
	works "commit.gpgsign with a key of gpg"
	is "... both commits are signed, and well" "G G" "$(git log --format=%G? -2 "$branch" | xargs)"
	gpgconf --kill all
	unset GNUPGHOME
else
	skip "commit.gpgsign with a key of gpg" "no gpg on this machine"
fi
cd ..

git init -q unborn && cd unborn || exit 1
t_status 128 "an unborn HEAD" git preview "add a priority"
has "... is said" "$T/err" 'no commit yet'
has "... with what to do" "$T/err" '^hint: '
cd ..

git init -q untested && cd untested && echo hello >README && commit first
t_status 128 "a project without tests" git preview "add a priority"
has "... says what to set" "$T/err" '\[test\]'
cd ..

git init -q --object-format=sha256 sha256 2>/dev/null && cd sha256 && cp -R "$top/tests/demo/sample/." . &&
	commit first
t_status 128 "an object format that cannot be read" git preview "add a priority"
has "... is named" "$T/err" 'sha256'
cd ..

make_repo nobody "$top/tests/demo/sample"
printf '[user]\n\tuseConfigOnly = true\n' >"$HOME/.gitconfig"
t_status 128 "no identity" git preview "add a priority"
has "... gives git's advice" "$T/err" 'user\.name'
finish
