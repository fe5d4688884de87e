#!/bin/sh
# Help, manual, settings and completion say the same. TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=$PWD/build}"
: "${PAGES:=man}" # another folder of pages
n=0
failures=0
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
PATH=$B:$PATH HOME=$T XDG_CONFIG_HOME=$T/config GIT_CONFIG_NOSYSTEM=1 LC_ALL=C.UTF-8
export PATH HOME XDG_CONFIG_HOME GIT_CONFIG_NOSYSTEM LC_ALL
unset OPENAI_API_KEY
# shellcheck disable=SC2046 # a list of names
unset $(git rev-parse --local-env-vars)

# check <name> <file>: good when the file is empty
check() {
	n=$((n + 1))
	if [ -s "$2" ]; then
		failures=$((failures + 1))
		echo "not ok $n - $1"
		sed 's/^/# /' "$2"
	else
		echo "ok $n - $1"
	fi
}

# agree <name> <what one says> <what the other says>: the same lines, and some
agree() {
	diff "$2" "$3" >"$T/diff"
	[ -s "$2" ] || echo "nothing was found to compare" >>"$T/diff"
	check "$1" "$T/diff"
}

# The page as text, without overstriking, one paragraph a line.
plain() { mandoc -T ascii -O width=1000 "$1" | perl -pe 's/.\x08//g'; }
# section <name> of such a text
section() { awk -v name="$1" '/^[A-Z]/ { on = $0 == name; next } on'; }

for p in git-preview git-preview-test git-preview-push; do
	plain "$PAGES/$p.1" >"$T/page"
	"$p" -h >"$T/help" 2>"$T/err" || echo "-h ends with $?" >>"$T/err"
	awk 'length > 80' "$T/help" >>"$T/err"
	check "$p -h speaks to standard output, in 80 columns, and ends with 0" "$T/err"

	# a form of the synopsis may go on in further lines
	sed '/^$/,$d' "$T/help" | awk '
		/^(usage:|   or:) / { if (form) print form; form = substr($0, 8); next }
		{ sub(/^ */, ""); form = form " " $0 }
		END { print form }' >"$T/usage"
	section SYNOPSIS <"$T/page" | sed -e 's/^ *//' -e '/^$/d' >"$T/synopsis"
	agree "$p: the synopsis is what -h says" "$T/usage" "$T/synopsis"

	# a row of -h as the manual writes it: "-F <file>, --file=<file>"
	grep -E '^    -' "$T/help" | perl -ne '
		/^ +(?:(-\w)(?:, )?)?(--[\w-]+)?(?: (<\S+>))?(?:  |$)/ or print "not understood: $_";
		my ($s, $l, $a) = ($1, $2, $3);
		print join (", ", ($s ? $s . ($a ? " $a" : "") : ()), ($l ? $l . ($a ? "=$a" : "") : ())), "\n"
	' >"$T/options"
	section DESCRIPTION <"$T/page" | sed -n 's/^     -/-/p' | sed 's/  .*//' >"$T/documented"
	agree "$p: the manual has every option of -h, in order, and no other" "$T/options" "$T/documented"

	# what git calls "--no-x" is offered as "--x" too, and a flag "--x" as "--no-x" after "--"
	sed -n 's/^.*\(--[a-z-]*=*\).*$/\1/p' "$T/options" |
		awk '{ print "before", $0 }
			/^--no-/ { print "before --" substr($0, 6) }
			/[^=]$/ && !/^--no-/ { print "after --no-" substr($0, 3) }' | sort >"$T/offered"
	"$p" --git-completion-helper | tr ' ' '\n' |
		awk '$0 == "--" { seen = 1; next } { print seen ? "after" : "before", $0 }' |
		sort >"$T/completed"
	agree "$p: completion offers just what -h lists" "$T/offered" "$T/completed"
done

sed -n 's/^\tGP_STATUS_[A-Z_]* = \([0-9]*\),.*/\1/p' lib/preview/preview.h | sort -n >"$T/statuses"
for f in "$PAGES"/git-preview*.1; do
	plain "$f" | section 'EXIT STATUS' | sed -n 's/^     \([0-9][0-9]*\) .*/\1/p'
done | sort -nu >"$T/documented"
agree "the manuals have every exit status and no other" "$T/statuses" "$T/documented"

# codexflow.ini(5): what each setting's item says, as "<key> <default> <who may set it>"
git init -q "$T/repo"
git-preview -C "$T/repo" --settings >"$T/said" 2>"$T/err"
sed -n 's/^\([a-z]*\.[a-z-]*\) = *\(.*[^ ]\)*  # \(.*\)$/\1 \2/p' "$T/said" |
	while read -r key value; do
		section=${key%%.*}
		printf '[%s]\n%s = %s\n' "$section" "${key#*.}" "${value:-1}" >"$T/repo/.codexflow.ini"
		who=anybody
		if ! git-preview -C "$T/repo" --settings >/dev/null 2>"$T/warned"; then
			cat "$T/warned" >&2
		elif grep -q 'a repository may not set it' "$T/warned"; then
			who=user
		fi
		printf '[%s]\n%s = 999999\n' "$section" "${key#*.}" >"$T/repo/.codexflow.ini"
		git-preview -C "$T/repo" --settings >/dev/null 2>"$T/warned"
		! grep -q 'may only lower it' "$T/warned" || who=lower
		echo "$key ${value:--} $who"
	done >"$T/settings" 2>>"$T/err"
awk '
	function flush(    i) {
		for (i = 1; i <= many; i++) print section "." key[i], preset, who
		many = 0
	}
	/^\.(Sh|Ss|It|El)/ { flush() }
	/^\.Sh/ { section = "" }
	/^\.Ss \[/ { section = $2; gsub(/[][]/, "", section) }
	/^\.It Sy/ && section {
		preset = "-"; who = "anybody"
		for (i = 3; i <= NF; i++) if ($i != ",") key[++many] = $i
	}
	/^Default: / { preset = substr($0, 10); sub(/\.$/, "", preset) }
	$0 == "User only." { who = "user" }
	$0 == "A repository may only lower it." { who = "lower" }
' "$PAGES/codexflow.ini.5" >"$T/documented"
check "--settings prints without complaint" "$T/err"
agree "codexflow.ini(5) has every setting, its default and who may set it" \
	"$T/settings" "$T/documented"

# every page refers to pages that are ours or well known
mandoc -T lint -W warning "$PAGES"/*.[1-9] >"$T/lint" 2>&1
check "mandoc has nothing to warn of" "$T/lint"
# most systems show them by groff, which breaks tables where mandoc makes room
if command -v groff >/dev/null; then
	for f in "$PAGES"/*.[1-9]; do
		groff -mandoc -Tutf8 -rLL=78n -ww "$f" 2>&1 >/dev/null | grep "can't break line" |
			sed "s/^/${f##*/}: /"
	done >"$T/lint"
	check "nor does groff break a table" "$T/lint"
fi
for f in "$PAGES"/*.[1-9]; do
	name=${f##*/}
	sed -n "s/^\.Dt \([A-Z.-]*\) \([0-9]\)$/\1.\2/p" "$f" | tr '[:upper:]' '[:lower:]' >"$T/title"
	[ "$(cat "$T/title")" = "$name" ] || echo "$name calls itself $(cat "$T/title")"
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$f" | grep -E '^(git-preview|codexflow)' |
		while read -r page; do [ -f "$PAGES/$page" ] || echo "$name: there is no $page"; done
done >"$T/lint"
check "pages bear their names, and those they refer to exist" "$T/lint"

for p in git-preview git-preview-test git-preview-push; do
	f=_$(echo "$p" | tr - _)
	grep -q "^$f ()" completions/git-preview.bash || echo "bash: no $f"
	[ "$(head -n 1 "completions/_$p")" = "#compdef $p" ] || echo "zsh: no $p"
	grep -qE "\<${p#git-}\>" completions/git-preview.fish || echo "fish: no $p"
done >"$T/diff"
check "bash, zsh and fish know all three" "$T/diff"

echo "1..$n"
exit $((failures > 0))
