#!/bin/sh
# make install puts each file in its place, what is installed works, make uninstall leaves nothing.
. "${0%/*}/lib.sh"

# Another prefix is compiled in, so this is done in a build folder of its own; the objects are as
# they were built.
cp -pR "$B" "$T/b"
unset MAKEFLAGS MFLAGS MAKELEVEL
make_it() {
	make -s -C "$top" B="$T/b" ${SAN:+SAN="$SAN"} ${COV:+COV="$COV"} "$@"
}

t "make install DESTDIR PREFIX" make_it install DESTDIR="$T/stage" PREFIX=/usr
(cd "$T/stage" && find . ! -type d -printf '%P %m\n' | sort) >"$T/files"
cat >"$T/expected" <<END
usr/bin/git-preview 755
usr/bin/git-preview-push 755
usr/bin/git-preview-test 755
usr/share/bash-completion/completions/git-preview 644
usr/share/bash-completion/completions/git-preview-push 644
usr/share/bash-completion/completions/git-preview-test 644
usr/share/codexflow/ci-github.yml 644
usr/share/codexflow/ci-gitlab.yml 644
usr/share/codexflow/popular.tsv 644
usr/share/codexflow/preview-record.schema.json 644
usr/share/codexflow/prices.tsv 644
usr/share/codexflow/secrets.db 644
usr/share/codexflow/secrets.tsv 644
usr/share/fish/vendor_completions.d/git-preview.fish 644
usr/share/man/man1/git-preview-push.1 644
usr/share/man/man1/git-preview-test.1 644
usr/share/man/man1/git-preview.1 644
usr/share/man/man5/codexflow.ini.5 644
usr/share/man/man5/git-preview-record.5 644
usr/share/zsh/site-functions/_git-preview 644
usr/share/zsh/site-functions/_git-preview-push 644
usr/share/zsh/site-functions/_git-preview-test 644
END
same "each file is in its place" "$T/expected" "$T/files"
t "make uninstall DESTDIR PREFIX" make_it uninstall DESTDIR="$T/stage" PREFIX=/usr
is "no file is left" "" "$(find "$T/stage" ! -type d)"
is "no folder of ours is left" "" "$(find "$T/stage" -name '*codexflow*')"

t "make install PREFIX" make_it install PREFIX="$T/usr"
rm -rf "$T/b"
PATH=$T/usr/bin:$(printf '%s' "$PATH" | sed "s,^$B:,,")
is "git finds what was installed" "$T/usr/bin/git-preview" "$(command -v git-preview)"
t "it runs" git preview --version
t "and so do the others" git preview-test --version
t "..." git preview-push -h

make_repo r "$top/tests/demo/sample"
cat >"$XDG_CONFIG_HOME/codexflow/config.ini" <<'END'
[model]
url = http://127.0.0.1:9/v1
name = gpt-6.2-sol
END
t "a plan" git preview -n "add a priority field to tasks"
has "the installed table of prices is found" "$T/out" '^price +[0-9.]+ of [0-9.]+ USD'
git commit -q --allow-empty -m "npm$(printf _)$(printf x | sha256sum | cut -c1-36)"
t_status 1 "the installed rules for secrets are found" git preview-push --check HEAD~1..HEAD
git reset -q --hard HEAD~1
mv "$T/usr/share/codexflow/prices.tsv" "$T/prices.tsv"
t "a plan without the table" git preview -n "add a priority field to tasks"
has "... knows no price and says so" "$T/err" 'price'
has "... rather than guess" "$T/out" '^price +not known'
GP_PRICES=$T/prices.tsv
export GP_PRICES
t "a plan with a table of one's own" git preview -n "add a priority field to tasks"
has "... has a price" "$T/out" '^price +[0-9.]+ of [0-9.]+ USD'
mv "$T/prices.tsv" "$T/usr/share/codexflow/prices.tsv"
unset GP_PRICES

if command -v man >/dev/null; then
	MANPATH=$T/usr/share/man MANPAGER=cat MANWIDTH=80
	export MANPATH MANPAGER MANWIDTH
	for p in preview preview-test preview-push; do
		t "git $p --help" git $p --help
		has "... shows the page" "$T/out" "^ +git $p "
	done
	t "man codexflow.ini" man codexflow.ini
	has "... shows the page" "$T/out" 'OPENAI_API_KEY'
else
	skip "git preview --help" "no man on this machine"
fi
t "make uninstall PREFIX" make_it uninstall PREFIX="$T/usr"
is "no file is left" "" "$(find "$T/usr" ! -type d)"
finish
