#!/bin/sh
# shellcheck disable=SC2016 # variables of other shells
# What the TAB key offers, asked of bash with git's own completion, of zsh and of fish.
. "${0%/*}/lib.sh"

make_repo r "$top/tests/demo/sample"
git branch preview/some-thing-k7m2x9qf
git remote add elsewhere "$T/nowhere"
branches='main
preview/some-thing-k7m2x9qf'
commands='preview
preview-push
preview-test'
for p in preview preview-test preview-push; do
	git-$p --git-completion-helper | tr ' ' '\n' | sed '/^--$/,$d' | sort >"$T/$p.long"
	git-$p --git-completion-helper | tr ' ' '\n' | sed -n '/^--no-./p' | sort >"$T/$p.not"
done

# words_bash <word>...: what bash offers for the last word of a command line
words_bash() {
	bash --norc --noprofile -c '
		source "$0" && source "$1" || exit
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		__git_wrap__git_main
		printf "%s\n" "${COMPREPLY[@]}"' "$bash_git" "$top/completions/git-preview.bash" \
		"$@" 2>"$T/err" | sed 's/ *$//' | sort >"$T/offered"
	[ ! -s "$T/err" ] || cat "$T/err" >>"$T/offered"
}

# git's script is where its package puts it; some put it beside git
bash_git=
for f in /usr/share/bash-completion/completions/git /usr/share/git/completion/git-completion.bash; do
	[ ! -f "$f" ] || bash_git=${bash_git:-$f}
done
if [ -n "$bash_git" ]; then
	for p in preview preview-test preview-push; do
		words_bash git $p --
		echo --no-... | sort - "$T/$p.long" | sort >"$T/expected"
		same "bash: git $p -- offers its options" "$T/expected" "$T/offered"
		words_bash git $p --no-
		sort -u "$T/$p.not" >"$T/expected"
		same "bash: git $p --no- offers what can be taken back" "$T/expected" "$T/offered"
	done
	words_bash git preview --dr
	is "bash: one option is finished" --dry-run "$(cat "$T/offered")"
	words_bash git preview --delete ''
	is "bash: --delete offers previews" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_bash git preview --show=pre
	is "bash: so does --show" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_bash git preview-test pre
	is "bash: git preview-test offers branches" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_bash git preview-push else
	is "bash: git preview-push offers remotes" elsewhere "$(cat "$T/offered")"
	words_bash git preview-push elsewhere pre
	is "bash: ... and then branches" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_bash git previ
	is "bash: git itself offers the three" "$commands" "$(cat "$T/offered")"
else
	skip "bash" "git's completion for bash is not on this machine"
fi

# words_zsh <word>...: what zsh lists when the line is typed into it, on a terminal of its own
cat >"$T/drive" <<'END'
zmodload zsh/zpty
zpty z "TERM=dumb zsh -f -i"
zpty -w z "PROMPT= LISTMAX=1000; unsetopt list_packed; bindkey '^I' list-choices; stty columns 200"
zpty -w z "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w z "zle-line-init() print -n re''ady; zle -N zle-line-init"
zpty -r -m z line '*ready*'
zpty -w -n z "$2"$'\t'
# the line as it is typed, the list, the line again; or a bell
zpty -r -m z line "(*${(b)2}*${(b)2}*|*"$'\a*)'
print -r -- $line
zpty -d z
END
words_zsh() {
	timeout 60 zsh -f "$T/drive" "$top/completions" "$*" >"$T/typed" 2>&1
	tr -s '\r\t ' '[\n*]' <"$T/typed" | grep -E "$pattern" | sort -u >"$T/offered"
}
if command -v zsh >/dev/null; then
	for p in preview preview-test preview-push; do
		pattern='^--[a-z-]*[a-z=]$' && words_zsh git $p --
		same "zsh: git $p -- offers its options" "$T/$p.long" "$T/offered"
	done
	words_zsh git preview --no-
	same "zsh: git preview --no- offers what can be taken back" "$T/preview.not" "$T/offered"
	words_zsh git-preview-test --
	same "zsh: git-preview-test is completed as git preview-test" "$T/preview-test.long" "$T/offered"
	pattern='^(preview/|elsewhere|main)' && words_zsh git preview-test ''
	is "zsh: git preview-test offers branches" "$branches" "$(cat "$T/offered")"
	words_zsh git preview -d ''
	is "zsh: -d offers previews" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_zsh git preview-push ''
	is "zsh: git preview-push offers remotes and branches" "elsewhere
$branches" "$(cat "$T/offered")"
	pattern='^preview' && words_zsh git previ
	is "zsh: git itself offers the three" "$commands" "$(grep -o '^preview[a-z-]*' "$T/offered")"
else
	skip "zsh" "no zsh on this machine"
fi

words_fish() {
	fish -N -c 'source $argv[1]; complete -C $argv[2]' "$top/completions/git-preview.fish" "$*" \
		2>&1 | cut -f 1 | sort -u >"$T/offered"
}
if command -v fish >/dev/null; then
	for p in preview preview-test preview-push; do
		words_fish git $p --
		same "fish: git $p -- offers its options" "$T/$p.long" "$T/offered"
	done
	words_fish git preview --no-
	same "fish: git preview --no- offers what can be taken back" "$T/preview.not" "$T/offered"
	words_fish git-preview --dr
	is "fish: git-preview is completed as git preview" --dry-run "$(cat "$T/offered")"
	words_fish git preview -d ''
	is "fish: -d offers previews" preview/some-thing-k7m2x9qf "$(cat "$T/offered")"
	words_fish git preview-test ''
	is "fish: git preview-test offers branches" "$branches" "$(cat "$T/offered")"
	words_fish git preview-push ''
	is "fish: git preview-push offers remotes and branches" "elsewhere
$branches" "$(cat "$T/offered")"
	words_fish git previ
	is "fish: git itself offers the three" "$commands" "$(cat "$T/offered")"
else
	skip "fish" "no fish on this machine"
fi
finish
