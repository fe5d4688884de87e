#!/bin/sh
# Whether the record of a preview is signed, and by whom: with real keys of SSH and of GnuPG.
. "${0%/*}/lib.sh"

. "$top/tests/cli/proven.sh"
GNUPGHOME=$T/gnupg
export GNUPGHOME
mkdir -m 700 "$GNUPGHOME"

# told <name> <state of the row> <words>: by --prove, and by --show
told() {
	run git preview-test --prove "$branch"
	has "--prove: $1" "$T/out" "^$2 +signature .*$3"
	run git preview --show "$branch"
	has "--show: $1" "$T/out" "^ +signature +$3"
}
replace_note() { git notes --ref=preview add -f -F "$1" "$branch" 2>/dev/null; }
# judged <name> <words>: what all signatures have in common, for the preview that is there
judged() {
	git notes --ref=preview show "$branch" >"$T/record"
	has "$1: the record is signed" "$T/record" ',"signature":"tree '
	told "$1" same "$2"
	sed 's/"repairs":0/"repairs":7/' "$T/record" >"$T/forged"
	replace_note "$T/forged"
	t_status 1 "$1: a word that no run can check is changed" git preview-test --prove "$branch"
	told "$1: another text" differs "not of this record"
	has "... said before all else" "$T/out" '^ *The signature of this record is bad'
	git preview --show "$branch" --html >"$T/page" 2>&1
	has "... also in HTML" "$T/page" '<p class="bad">The signature'
	# the signature of a record that was true once, on the one that is made of it
	sed 's/,"signature":.*/}/; s/"turns":1/"turns":9/' "$T/record" >"$T/plain"
	sed 's/.*\(,"signature":\)/\1/' "$T/record" >"$T/stale"
	printf '%s%s\n' "$(sed 's/}$//' "$T/plain")" "$(cat "$T/stale")" >"$T/forged"
	replace_note "$T/forged"
	told "$1: a stale signature" differs "not of this record"
	replace_note "$T/plain"
	t "$1: without it" git preview-test --prove "$branch"
	told "$1: none" note none
	replace_note "$T/record"
}

make_proven unsigned
told "nobody signs" note none
git notes --ref=preview remove "$branch" "$branch^{tree}" 2>/dev/null
t "no record" git preview-test --prove "$branch"
has_not "... has no signature to tell of" "$T/out" 'signature'

if command -v ssh-keygen >/dev/null; then
	for who in me other; do ssh-keygen -q -t ed25519 -N '' -C $who@example.com -f "$T/$who"; done
	cat >>"$HOME/.gitconfig" <<-END
		[gpg]
			format = ssh
		[user]
			signingKey = $T/me.pub
		[commit]
			gpgsign = true
	END
	printf 'author@example.com %s\n' "$(cat "$T/me.pub")" >"$T/signers"
	git config --global gpg.ssh.allowedSignersFile "$T/signers"
	make_proven ssh
	judged ssh 'good, by author@example.com'
	printf 'other@example.com %s\n' "$(cat "$T/other.pub")" >"$T/signers"
	told "ssh: a key that is not known" note "good, but nothing says whose it is"
	git config --global --unset gpg.ssh.allowedSignersFile
	told "ssh: no keys are known" note "cannot be checked here"
else
	skip "ssh" "no ssh-keygen"
fi

if command -v gpg >/dev/null && gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
	--quick-gen-key 'A U Thor <author@example.com>' default default never 2>"$T/err"; then
	key=$(gpg --list-secret-keys --with-colons | sed -n 's/^fpr:*\([0-9A-F]*\):$/\1/p' | head -n 1)
	git config --global gpg.format openpgp
	git config --global user.signingKey "$key"
	git config --global commit.gpgsign true
	make_proven gpg
	judged gpg 'good, by A U Thor <author@example.com>'
	gpg --batch --export "$key" >"$T/key.pgp"
	gpgconf --kill all
	# somebody who has not the key, and then has it without trusting it
	GNUPGHOME=$T/elsewhere
	mkdir -m 700 "$GNUPGHOME"
	told "gpg: a key that is not known" note "cannot be checked here"
	gpg --batch --quiet --import "$T/key.pgp" 2>/dev/null
	told "gpg: a key that nothing vouches for" note "good, but nothing says whose it is: A U Thor"
	gpgconf --kill all
	# and the one who had it has it no more
	GNUPGHOME=$T/gnupg
	sed 's/^:-----/-----/' "$GNUPGHOME/openpgp-revocs.d/$key.rev" | gpg --batch --quiet --import 2>/dev/null
	told "gpg: a key that was revoked" differs "by a revoked key"
	gpgconf --kill all
else
	skip "gpg" "no gpg that makes keys"
fi
finish
