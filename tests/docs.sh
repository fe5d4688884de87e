#!/bin/sh
# Help, manual, settings and completion say the same. TAP.
cd "$(dirname "$0")/.." || exit 1
: "${B:=$PWD/build}"
n=0
failures=0
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

check() { # <name> <file that is empty when all is well>
	n=$((n + 1))
	if [ -s "$2" ]; then
		failures=$((failures + 1))
		echo "not ok $n - $1"
		sed 's/^/# /' "$2"
	else
		echo "ok $n - $1"
	fi
}

plain() { mandoc -T utf8 -O width=2000 "$1" | col -b; }
# one synopsis form a line, white space folded
forms() { sed -e 's/^ *usage: //' -e 's/^ *or: //' -e 's/  */ /g' -e 's/^ //' -e 's/ $//' | sed '/^$/d'; }

for p in git-preview git-preview-test git-preview-push; do
	page=man/$p.1
	"$B/$p" -h >"$T/help" 2>"$T/err" || echo "-h ends with $?" >>"$T/err"
	check "$p -h speaks to stdout and ends with 0" "$T/err"

	sed '/^$/q' "$T/help" | forms >"$T/usage"
	plain "$page" | sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' | forms >"$T/synopsis"
	diff "$T/usage" "$T/synopsis" >"$T/diff"
	check "$p: the synopsis is what -h says" "$T/diff"

	"$B/$p" --git-completion-helper | tr ' ' '\n' | grep -E '^--[a-z]' | grep -v '^--no-' |
		sed 's/=$//' | sort -u >"$T/completed"
	grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' "$T/help" | grep -oE -- '--[a-z-]+' | sort -u >"$T/helped"
	diff "$T/helped" "$T/completed" >"$T/diff"
	check "$p: completion offers what -h lists" "$T/diff"

	sed -n 's/^\.It//p' "$page" | grep -oE 'Fl (Fl )?[A-Za-z-]+' |
		sed -e 's/^Fl Fl /--/' -e 's/^Fl /-/' | sort -u >"$T/documented"
	grep -oE '^ +(-[A-Za-z], )?(--[a-z-]+|-[A-Za-z])' "$T/help" |
		grep -oE -- '--[a-z-]+|(^| )-[A-Za-z]' | tr -d ' ' | sort -u >"$T/options"
	diff "$T/options" "$T/documented" >"$T/diff"
	check "$p: the manual has every option and no other" "$T/diff"
done

"$B/git-preview" --settings -q 2>"$T/err" | grep -oE '^#? *[a-z]+\.[a-z*<>.-]+' | tr -d '# ' |
	sed 's/^model\.[^.]*\./model./' | sort -u >"$T/settings"
awk '/^\.Ss \[/ { s = $2; gsub(/[][]/, "", s) }
	/^\.Sh EXAMPLES/ { exit }
	s && /^\.It Sy/ { for (i = 3; i <= NF; i++) if ($i != ",") print s "." $i }' man/codexflow.ini.5 |
	sort -u >"$T/documented"
diff "$T/settings" "$T/documented" >"$T/diff"
check "codexflow.ini(5) has every setting and no other" "$T/diff"
[ -s "$T/settings" ] || echo "no settings printed" >"$T/err"
check "--settings prints without complaint" "$T/err"

mandoc -T lint -W warning man/* >"$T/lint" 2>&1
check "mandoc has nothing to warn of" "$T/lint"

for p in git-preview git-preview-test git-preview-push; do
	f=_$(echo "$p" | tr - _)
	grep -q "^$f ()" completions/git-preview.bash || echo "no $f"
	grep -q "$p" completions/_git-preview || echo "zsh: no $p"
	grep -q "${p#git-}" completions/git-preview.fish || echo "fish: no $p"
done >"$T/diff"
check "bash, zsh and fish complete all three" "$T/diff"
bash -n completions/git-preview.bash 2>"$T/diff"
check "the bash completion parses" "$T/diff"

echo "1..$n"
exit $((failures > 0))
