#!/bin/sh
# git preview-test --prove: what a preview claims is run again from its commits, elsewhere, and
# what is forged is found out.
. "${0%/*}/lib.sh"

make_repo tasks
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n' >.codexflow.ini
echo 'value=old name=thing' >value.sh
echo '[ "$name" = thing ]' >tests/old.t
echo '[ -n "$value" ]' >tests/some.t
cat >run.sh <<'END'
echo "1..$#"
for t; do
	if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
done
exit ${bad:-0}
END
commit first
cat >"$T/script" <<'END'
request
text "Renew the value\n\nEvery value is new."
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
END
start_model "$T/script"
t "a preview" git preview "renew the value"
branch=$(cat "$T/out")
stop_model "the model was asked once"
is "its record hangs on the tree, too" "$(git notes --ref=preview show "$branch")" \
	"$(git notes --ref=preview show "$branch^{tree}")"
git update-ref refs/heads/work "$branch"
base=$(git rev-parse main)

# fresh <name> [<clone option>...]: a clone in $T/<name> with nothing of the author's, the shell in
# it, notes not fetched
fresh() {
	where=$T/$1
	shift
	git clone -q "$@" "file://$T/tasks" "$where" && cd "$where" || exit 1
	rm -rf "$XDG_CONFIG_HOME/codexflow"
	unset TEST_KEY MODEL_URL
}
notes() { git fetch -q origin refs/notes/preview:refs/notes/preview; }
row() { # <name> <state> <what>
	has "$1" "$T/out" "^$2 +$3 "
}
# reword <commit> <parent> <perl expression>: the same commit with another message and parent
reword() {
	git log -1 --format=%B "$1" | perl -pe "$3" >"$T/message"
	git commit-tree "$1^{tree}" -p "$2" -F "$T/message"
}
# forge <expression>: both commits of the preview with other words
forge() {
	reword "$b" "$(reword "$b~1" "$base" "$1")" "$1"
}

fresh clone
b=origin/$branch
t "a fresh clone, without notes" git preview-test --prove "$b"
has "... proves it again" "$T/out" "^proven again: $b\$"
row "... says that there is no note" note record
row "... and that red is as claimed" same red
row "... and green" same green
row "... and the suite" same suite
row "... and the test's strength" same strength
notes
t "with the note" git preview-test --prove "$b"
row "... the record agrees" same record
row "... by its trees" same "full tree"
t "a range" git preview-test --prove "$base..$b"
t "two of them" git preview-test --prove "$b" "$base..$b"
is "... are two proofs" 2 "$(grep -c '^proven again' "$T/out")"
git checkout -q --detach "$b"
echo '[test]
command = false' >.codexflow.ini
t "HEAD, whatever settings lie about" git preview-test --prove
git checkout -q .
t_status 128 "a commit that is none" git preview-test --prove main
has "... is told so" "$T/err" 'no Preview-Id'
t_status 1 "a range without any" git preview-test --prove "$b..$b"
t_status 129 "no other way of running beside it" git preview-test --prove --repeat 2
t_status 129 "no command" git preview-test --prove "$b" -- true

# found <name> <what> <commit>: --prove says no, by that row
found() {
	t_status 1 "$1" git preview-test --prove "$3"
	has "... by $2" "$T/out" "^(differs|fails) +$2 "
}
for what in 'Red: assertion:Red: missing:red' 'Green: pass:Green: flaky:green' \
	'Suite: 3 passed:Suite: 9 passed:suite' 'Suite: 3 passed, 0 failed, 0:Suite: 2 passed, 0 failed, 1:-'; do
	old=$(echo "$what" | awk -F: '{ print $1 ":" $2 }')
	new=$(echo "$what" | awk -F: '{ print $3 ":" $4 }')
	row=${what##*:}
	c=$(forge "s/$old/$new/")
	if [ "$row" = - ]; then
		t "a test that is skipped elsewhere is no forgery" git preview-test --prove "$c"
	else
		found "forged: $new" "$row" "$c"
	fi
done
other=$(git commit-tree -m elsewhere 'main^{tree}')
found "a strength that is better than it is" strength \
	"$(forge 's/^Preview-Strength: .*/Preview-Strength: 2 of 2 hunks noticed/')"
found "a base that it does not stand on" base "$(forge "s/^Preview-Base: .*/Preview-Base: $other/")"
found "another model" record "$(forge 's/^Preview-Model: .*/Preview-Model: better-model/')"
found "trailers of the two commits that disagree" trailers \
	"$(reword "$b" "$(reword "$b~1" "$base" 's/Preview-Suite: 3/Preview-Suite: 7/')" '')"
found "an id of another preview" record "$(git notes --ref=preview add -f -F - "$b" <<-END
	$(git notes --ref=preview show "$b" | sed 's/"id":"[a-z0-9]*"/"id":"other"/')
	END
	echo "$b")"
# forge_note <expression>: the note with other words
forge_note() {
	git update-ref refs/notes/preview FETCH_HEAD
	git notes --ref=preview show "$b" 2>/dev/null | perl -pe "$1" >"$T/note"
	git notes --ref=preview add -f -F "$T/note" "$b" 2>/dev/null
}
git fetch -q origin refs/notes/preview
forge_note 's/"state":"pass"/"state":"fail"/'
found "a test of the note" "[a-z]+ tests" "$b"
forge_note 's/"full_tree":"[0-9a-f]{4}/"full_tree":"0000/'
found "a tree of the note" "full tree" "$b"
forge_note 's/"verdict":"pass"/"verdict":"flaky"/'
found "a verdict of the note" "[a-z]+ tests" "$b"
forge_note 's/^/{{{/'
found "a note that is no record" record "$b"
git update-ref refs/notes/preview FETCH_HEAD

# with <commit> <file> <text>: the tree of a commit with a file replaced
with() {
	GIT_INDEX_FILE=$T/index git read-tree "$1"
	blob=$(printf '%s\n' "$3" | git hash-object -w --stdin)
	GIT_INDEX_FILE=$T/index git update-index --add --cacheinfo "100644,$blob,$2"
	GIT_INDEX_FILE=$T/index git write-tree
}
# two <test tree> <full tree>: the preview's commits with other trees
two() {
	git log -1 --format=%B "$b~1" >"$T/m1"
	git log -1 --format=%B "$b" >"$T/m2"
	git commit-tree "$2" -F "$T/m2" -p "$(git commit-tree "$1" -p "$base" -F "$T/m1")"
}
t1=$(with "$b~1" tests/new.t true) t2=$(with "$b" tests/new.t true)
found "a test that passes without the change" red "$(two "$t1" "$t2")"
found "a test that is weakened after red" tests "$(two "$b~1^{tree}" "$t2")"
weak='[ "$value" != old ]'
t1=$(with "$b~1" tests/new.t "$weak") t2=$(with "$b" tests/new.t "$weak")
found "another test than the one that was proven" "test tree" "$(two "$t1" "$t2")"
found "an implementation that was taken away" change "$(two "$b~1^{tree}" "$b~1^{tree}")"
found "an implementation that does nothing" green \
	"$(two "$b~1^{tree}" "$(with "$b~1" README 'changed')")"
found "an old test that is changed" tests "$(two "$b~1^{tree}" "$(with "$b" tests/old.t true)")"
found "an old test that fails" suite \
	"$(two "$b~1^{tree}" "$(with "$b" value.sh 'value=new name=other')")"

# what honest people do
t "a message that was amended" git preview-test --prove \
	"$(reword "$b" "$b~1" 's/^Every value/Each value/')"
has "... has its note by the tree" "$T/out" '^same +record .*by tree'
git checkout -q -b squash "$base"
git merge -q --squash "$b" >/dev/null
git commit -q --no-edit
t "git merge --squash" git preview-test --json --prove squash
has "... is taken apart" "$T/out" '"squashed":true,"holds":true'
has "... into the same trees" "$T/out" '"what":"test tree","state":"same"'
git checkout -q -b moved "$base"
echo more >README
commit 'meanwhile'
git checkout -q -b rebased "$b"
git rebase -q moved
t "a rebase" git preview-test --prove rebased
has "... says where it stands" "$T/out" '^note +base .*moved to a later base'
has "... finds its note by the id" "$T/out" '^same +record .*by id'
git checkout -q moved
git merge -q --no-edit rebased
commit 'after'
t "a range of two previews and more" git preview-test --prove main..moved squash
is "... proves both" 2 "$(grep -c '^proven again' "$T/out")"
has "... and says what is none" "$T/err" '2 commits of no preview'

# a single commit whose test nothing knows of without the list it is in
make_repo listed
cp -R "$T/tasks/run.sh" "$T/tasks/tests" .
git -C "$T/tasks" show "$base:value.sh" >value.sh
echo tests/old.t >tests.mk
printf '[test]\ncommand = sh run.sh $(cat tests.mk)\n' >.codexflow.ini
commit first
cp value.sh "$T/old.sh"
echo '[ "$value" = new ]' >tests/new.t
echo tests/new.t >>tests.mk
sed 's/value=old/value=new/' "$T/old.sh" >value.sh
commit "new

Preview-Id: listed
Preview-Base: $(git rev-parse HEAD)
Preview-Red: assertion (sh run.sh)
Preview-Green: pass (sh run.sh)
Preview-Suite: $(wc -l <tests.mk) passed, 0 failed, 0 skipped (sh run.sh)"
t "a test in a list, in a single commit" git preview-test --prove
cp "$T/old.sh" value.sh && git add -A && git commit -q --amend --no-edit
t_status 1 "... without the change" git preview-test --prove
has "... is not green" "$T/out" "^fails +green "

# clones that reach just so far
fresh deep --depth 3 --branch "$branch"
t "a shallow clone that has the base" git preview-test --prove
fresh shallow --depth 2 --branch "$branch"
t_status 128 "one that has not" git preview-test --prove
has "... is told" "$T/err" 'the base of .HEAD. is not in this clone'
has "... and what to do" "$T/err" 'hint: .*shallow.*--deepen'
fresh tip --depth 1 --branch "$branch"
t_status 128 "one of a single commit" git preview-test --prove
has "... is told" "$T/err" 'is not in this clone'

cd "$T/clone" || exit 1
t_status 8 "a sandbox that is not there" git preview-test --prove -c sandbox.host=unix:///none \
	--sandbox docker "$b"
t_status 8 "a deadline tells nothing" git preview-test --prove -c test.command='sleep 20' \
	--timeout 1 "$b"
t_status 125 "... which git bisect run passes over" git preview-test --bisect --prove \
	-c test.command='sleep 20' --timeout 1 "$b"
finish
