#!/bin/sh
# The record of a preview: what its schema and its manual say of it.
. "${0%/*}/lib.sh"

make_repo tasks
mkdir tests
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\nsetup = true\n' >.codexflow.ini
echo 'value=old' >value.sh
# shellcheck disable=SC2016
echo '[ -n "$value" ]' >tests/old.t
cat >run.sh <<'END'
echo "1..$#"
for t; do
	if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
done
exit ${bad:-0}
END
commit first
preview='text "Renew the value"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
+[ "$value" = new ]
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: value.sh
-value=old
+value=new
*** End Patch
PATCH
completed in=2000 out=400'
for _ in 1 2 3 4; do printf 'request\n%s\n' "$preview"; done >"$T/script"
start_model "$T/script"
t "a preview" git preview "renew the value"
branch=$(cat "$T/out")
git notes --ref=preview show "$branch" >"$T/record"
is "its record is one line" 1 "$(wc -l <"$T/record")"

cat >"$T/validate.py" <<'END'
import json, sys
import jsonschema

def close(s):
    if isinstance(s, dict):
        if "properties" in s:
            s["additionalProperties"] = False
        for v in s.values():
            close(v)
    elif isinstance(s, list):
        for v in s:
            close(v)

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
close(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
END
schema=$B/preview-record.schema.json
if python3 -c 'import jsonschema' 2>/dev/null; then
	t "the record is as the schema says, and has nothing more" \
		python3 "$T/validate.py" "$schema" "$T/record"
	sed 's/"verdict":"assertion"/"verdict":"sure"/' "$T/record" >"$T/other"
	t_status 1 "another verdict is not" python3 "$T/validate.py" "$schema" "$T/other"
	sed 's/"base_tree":"/"base_tree":"x/' "$T/record" >"$T/other"
	t_status 1 "nor is another id" python3 "$T/validate.py" "$schema" "$T/other"
else
	skip "the record is as the schema says" "no python3-jsonschema"
fi
cat >"$T/members.py" <<'END'
import json, sys
def members(s):
    if isinstance(s, dict):
        for k, v in s.get("properties", {}).items():
            yield k
        for v in s.values():
            yield from members(v)
    elif isinstance(s, list):
        for v in s:
            yield from members(v)
print("\n".join(sorted(set(members(json.load(open(sys.argv[1])))))))
END
python3 "$T/members.py" "$schema" >"$T/members"
sed -n 's/^\.\(It \)\{0,1\}Va \([^)]*\).*$/\2/p' "$top/man/git-preview-record.5" |
	tr -d '();' | tr ' ,' '\n\n' | sed '/^$/d' | sort -u >"$T/documented"
same "the manual has every member of the schema, and no other" "$T/members" "$T/documented"

# the record goes where the branch goes
server() { git --git-dir="$T/server.git" "$@"; }
git init -q --bare "$T/server.git"
git remote add origin "$T/server.git"
notes=$(git rev-parse refs/notes/preview)
t "a dry run" git preview-push -n origin "$branch"
is "... pushes no record" "" "$(server for-each-ref refs/notes)"
t "the record is not pushed when a setting says so" \
	git preview-push -c push.record=false origin "$branch"
is "..." "" "$(server for-each-ref refs/notes)"
t "a push of the same branch again" git preview-push --json origin "$branch"
has "... pushes the record" "$T/out" '"event":"record".*"state":"pushed"'
is "... which is there, byte for byte" "$(cat "$T/record")" \
	"$(server notes --ref=preview show "$branch")"
is "... for the tree, too" "$(cat "$T/record")" \
	"$(server notes --ref=preview show "$branch^{tree}")"
is "... and local notes are as they were" "$notes" "$(git rev-parse refs/notes/preview)"
first=$(server rev-parse refs/notes/preview)
t "once more" git preview-push --json origin "$branch"
has "... it is there" "$T/out" '"state":"there"'
is "... and nothing is pushed" "$first" "$(server rev-parse refs/notes/preview)"

git clone -q "$T/server.git" "$T/theirs" -b "$branch"
git -C "$T/theirs" commit -q --allow-empty -m other
git -C "$T/theirs" fetch -q origin refs/notes/preview:refs/notes/preview
git -C "$T/theirs" notes --ref=preview add -m 'of others'
git -C "$T/theirs" push -q origin refs/notes/preview
t "another preview" git preview "renew the value"
second=$(cat "$T/out")
# git itself would tidy up after the fetch: reflogs this old would be gone
git config gc.autoPackLimit 1
git config gc.autoDetach false
for word in one two three; do
	echo $word | git hash-object -w --stdin | git pack-objects -q .git/objects/pack/pack >/dev/null
done
snapshot | grep -v refs/remotes/ >"$T/before"
t "is pushed to where others have pushed notes" git preview-push --json origin "$second"
has "... with its record" "$T/out" '"state":"pushed"'
snapshot | grep -v refs/remotes/ >"$T/after"
same "... and the repository is not tidied up on this occasion" "$T/before" "$T/after"
is "... on top of theirs" "of others" \
	"$(git -C "$T/theirs" fetch -q origin +refs/notes/preview:refs/notes/preview &&
		git -C "$T/theirs" notes --ref=preview show)"
t "a third one, whose record is not pushed" git preview "renew the value"
third=$(cat "$T/out")
is "... stays here" "" "$(server notes --ref=preview list | grep "$(git rev-parse "$third")")"
git notes --ref=preview add -f -m '{"schema":1}' "$branch" 2>/dev/null
no_proof # which that record would not pass
t "a record that was changed here" git preview-push origin "$branch"
has "... leaves the one that is there" "$T/err" 'another record of this commit'
is "... as it was" "$(cat "$T/record")" "$(server notes --ref=preview show "$branch")"
printf '#!/bin/sh\ncase $1 in refs/notes/*) exit 1 ;; esac\n' >"$T/server.git/hooks/update"
chmod +x "$T/server.git/hooks/update"
t "a server that takes no notes" git preview-push origin "$third"
has "... gets the branch, and a warning" "$T/err" 'the record is not pushed'
is "... as one result" "$third" "$(cat "$T/out")"
git -C "$T/theirs" fetch -q origin '+refs/notes/preview:refs/notes/preview' '+refs/heads/*:refs/remotes/origin/*'
t "the record of another's clone proves" git -C "$T/theirs" preview-test --prove "origin/$second"
has "... with the note" "$T/out" '^same +record '

# signed as the user's commits are
if command -v ssh-keygen >/dev/null; then
	ssh-keygen -q -t ed25519 -N '' -C author@example.com -f "$T/key"
	git config gpg.format ssh
	git config user.signingKey "$T/key.pub"
	git config commit.gpgsign true
	printf 'author@example.com %s\n' "$(cat "$T/key.pub")" >"$T/signers"
	t "a preview of somebody who signs" git preview "renew the value"
	signed=$(cat "$T/out")
	git notes --ref=preview show "$signed" >"$T/record"
	has "... has a record that is signed" "$T/record" ',"signature":"tree [0-9a-f]{40}.*SSH SIGNATURE.*"}$'
	if python3 -c 'import jsonschema' 2>/dev/null; then
		t "... and as the schema says" python3 "$T/validate.py" "$schema" "$T/record"
	fi
	t "where the signer is not known" git preview-test --prove "$signed"
	has "... it proves, with a note" "$T/out" '^note +signature '
	git config gpg.ssh.allowedSignersFile "$T/signers"
	t "where the signer is known" git preview-test --prove "$signed"
	has "... the signature is good" "$T/out" '^same +signature .*good, by author@example.com'
	sed 's/"repairs":0/"repairs":1/' "$T/record" >"$T/forged"
	git notes --ref=preview add -f -F "$T/forged" "$signed" 2>/dev/null
	t_status 1 "a word that no run can check is changed" git preview-test --prove "$signed"
	has "... the signature tells" "$T/out" '^differs +signature '
	sed 's/}$/,"note":"not signed"}/' "$T/record" >"$T/forged"
	git notes --ref=preview add -f -F "$T/forged" "$signed" 2>/dev/null
	t_status 1 "something is added behind the signature" git preview-test --prove "$signed"
	has "... the signature tells" "$T/out" '^differs +signature '
	sed 's/"signature":"tree /"signature":"free /' "$T/record" >"$T/forged"
	git notes --ref=preview add -f -F "$T/forged" "$signed" 2>/dev/null
	t_status 1 "a signature that is none" git preview-test --prove "$signed"
	has "... is told" "$T/out" '^differs +signature '
else
	skip "signatures" "no ssh-keygen"
fi
finish
