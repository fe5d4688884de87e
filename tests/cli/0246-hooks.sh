#!/bin/sh
# The tools that install hooks, for real where they are there: git-lfs, pre-commit, husky, lefthook.
. "${0%/*}/lib.sh"

token() { printf 'npm%s%s' _ "$(printf %s "$1" | sha256sum | cut -c1-36)"; }
have() { command -v "$1" >/dev/null 2>&1; }
# what is nobody's package to need is tried where somebody has it; 0241-hook.sh has hooks like theirs
untried() { echo "# $1 is not installed, and was not tried"; }

# project <tool>: a repository with a server, the shell in it
project() {
	git init -q --bare "$T/$1.git"
	make_repo "$1"
	git remote add origin "$T/$1.git"
	echo '{"name": "x", "private": true}' >package.json
	commit 'first'
	git push -q origin main
}
# vetted <tool> <what its hook says>: a credential is stopped, what is clean reaches the other hook
vetted() {
	echo "x = $(token "$1")" >leak && git add leak && git commit -q --no-verify -m 'a leak'
	t_status 1 "$1: a credential is stopped" git push origin main
	has "... by us" "$T/err" 'leak:1: npm token'
	git reset -q --hard HEAD~1
	echo "$1 $n" >clean && git add clean && git commit -q --no-verify -m 'clean'
	t "$1: what is clean goes" git push origin main
	cat "$T/out" "$T/err" >"$T/said"
	has "... by its hook too" "$T/said" "$2"
}

if have git-lfs; then
	project lfs
	git lfs install --local >/dev/null 2>&1
	cp -p .git/hooks/pre-push "$T/theirs"
	t "git-lfs: beside its hook" git preview-push --install-hook
	git lfs track '*.big' >/dev/null
	head -c 5000 /dev/zero >a.big && commit 'a large file'
	vetted git-lfs 'LFS|main'
	t "... which had its input" test -n "$(find "$T/lfs.git/lfs/objects" -type f)"
	git lfs install --local --force >/dev/null 2>&1
	t "git-lfs: put there once more" git preview-push --install-hook
	vetted git-lfs 'main'
	t "git-lfs: gone" git preview-push --uninstall-hook
	same "... byte for byte" "$T/theirs" .git/hooks/pre-push
else
	untried git-lfs
fi

if have pre-commit; then
	project pre-commit
	cat >.pre-commit-config.yaml <<-'END2'
		repos:
		- repo: local
		  hooks:
		  - {id: x, name: theirs ran, entry: 'true', language: system, always_run: true, stages: [push]}
	END2
	commit 'its settings'
	pre-commit install -t pre-push >/dev/null 2>&1
	t "pre-commit: beside its hook" git preview-push --install-hook
	vetted pre-commit 'theirs ran'
	pre-commit install -t pre-push >/dev/null 2>&1
	vetted "pre-commit, installed over ours" 'theirs ran'
else
	untried pre-commit
fi

if have husky; then
	project husky
	husky >/dev/null 2>&1
	t_status 1 "husky: its folder is left alone" git preview-push --install-hook
	printf 'git preview-push --pre-push "$@"\necho theirs ran\n' >.husky/pre-push
	git add -A && git commit -q --no-verify -m 'its hook'
	vetted husky 'theirs ran'
else
	untried husky
fi

if have lefthook; then
	project lefthook
	printf 'pre-push:\n  commands:\n    a:\n      run: echo theirs ran\n' >lefthook.yml
	commit 'its settings'
	lefthook install >/dev/null 2>&1
	cp -p .git/hooks/pre-push "$T/theirs"
	t "lefthook: beside its hook" git preview-push --install-hook
	vetted lefthook 'theirs ran'
	t "lefthook: gone" git preview-push --uninstall-hook
	same "... byte for byte" "$T/theirs" .git/hooks/pre-push
else
	untried lefthook
fi

# one that is not the same as before is not lost
project other
hook=.git/hooks/pre-push
printf '#!/bin/sh\nexit 0\n' >$hook && chmod +x $hook
git preview-push --install-hook 2>/dev/null
printf '#!/bin/sh\nexit 1\n' >$hook
cp $hook "$T/theirs"
t_status 1 "a third hook is not written over" git preview-push --install-hook
has "... and what to do is said" "$T/err" '^hint: '
same "... and it stays" "$T/theirs" $hook
finish
