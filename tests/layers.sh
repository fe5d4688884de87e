#!/bin/sh
# The rules of the house that a machine can hold: which way includes point, one door per library,
# sizes, banned calls, contracts. Each rule prints what breaks it; nothing printed is a pass.
# It reads the text as clang-format leaves it, so it needs only a shell, awk, perl and a compiler.
set -u
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0 broken=0

# rule <name> <function>
rule() {
	n=$((n + 1))
	if "$2" >"$tmp/said" 2>&1 && [ ! -s "$tmp/said" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$tmp/said"
		broken=1
	fi
}

if ! git ls-files >"$tmp/all" 2>/dev/null || [ ! -s "$tmp/all" ]; then
	find . -type f ! -path './build*' ! -path './.git/*' | sed 's,^\./,,' >"$tmp/all"
fi
# what is deleted but not yet committed is not there to be read
while read -r f; do [ -f "$f" ] && [ ! -L "$f" ] && echo "$f"; done <"$tmp/all" >"$tmp/files"
grep -E '^(cmd|lib)/.*\.[ch]$' "$tmp/files" >"$tmp/product"
grep -E '^(cmd|lib|tests)/.*\.[ch]$' "$tmp/files" >"$tmp/c"
grep -E '^lib/.*\.h$' "$tmp/files" >"$tmp/headers"

# "file:line:code" of every C file, comments and the insides of strings taken out
# shellcheck disable=SC2016 # perl's own variables
xargs perl -0777 -ne '
	s{(/\*.*?\*/|//[^\n]*)|(\#include\ "[^"\n]*")|"(?:\\.|[^"\\\n])*"|(\x27(?:\\.|[^\x27\\\n])+\x27)}
	 {defined $1 ? "\n" x ($1 =~ tr/\n//) : $2 // $3 // "\"\""}gsex;
	my $l = 0; print map { $l++; "$ARGV:$l:$_\n" } split /\n/, $_, -1;' <"$tmp/c" >"$tmp/code"
grep -E '^(cmd|lib)/' "$tmp/code" >"$tmp/product-code"

includes_point_down() {
	awk -F: '
		BEGIN {
			split("base 0 repo 1 patch 1 model 1 sandbox 1 vet 1 context 2 trial 2 forge 2 " \
			      "preview 3 cmd 4", w, " ")
			for (i = 1; i in w; i += 2) rank[w[i]] = w[i + 1]
			# what a test is called is known in one place
			allowed["context trial/detect.h"]
		}
		$3 ~ /^#include "/ {
			split($1, at, "/"); from = at[1] == "cmd" ? "cmd" : at[2]
			split($3, q, "\""); split(q[2], to, "/"); m = to[1] == "cmd" ? "cmd" : to[2]
			if (to[1] != "lib" && to[1] != "cmd") print $1 ":" $2 ": not from the root: " q[2]
			else if (!(from in rank) || !(m in rank)) print $1 ":" $2 ": unknown module: " q[2]
			else if (from != m && rank[m] >= rank[from] && !((from " " to[2] "/" to[3]) in allowed))
				print $1 ":" $2 ": " from " may not include " q[2]
		}' "$tmp/product-code"
}

# door <header> <file that may>
door() {
	grep -E "#include [<\"](.*/)?$1[>\"]" "$tmp/code" | grep -vE "^$2:"
}
one_door_per_library() {
	door 'git2\.h' 'lib/repo/[a-z_0-9]*\.[ch]'
	door 'curl\.h' 'lib/base/http_in\.h'
	door 'http_in\.h' 'lib/base/http[a-z_]*\.c'
	door 'ini\.h' 'lib/base/conf\.c'
	door 'cJSON\.h' 'lib/base/json\.c'
	true
}

files_are_short() {
	xargs wc -l <"$tmp/product" | awk '
		$2 == "total" { next }
		$2 ~ /^cmd\// && $1 > 150 { print $2 ": " $1 " lines, at most 150" }
		$1 >= 500 { print $2 ": " $1 " lines, fewer than 500" }'
}

functions_are_short() {
	# a body opens with a brace in column one; the line that names it is the last one before
	# that began in column one
	awk -F: '
		{ text = $0; sub(/^[^:]*:[^:]*:/, "", text) }
		text ~ /^[A-Za-z_]/ { start = $2; name = text }
		text == "{" { open = 1 }
		text ~ /^}/ {
			if (open && $2 - start + 1 > 60)
				print $1 ":" start ": " $2 - start + 1 " lines, at most 60: " name
			open = 0
		}' "$tmp/product-code"
}

names_are_defined_once() {
	# the linker takes the first of an archive and says nothing
	awk -F: '
		{ text = $0; sub(/^[^:]*:[^:]*:/, "", text) }
		text ~ /^[A-Za-z_]/ { head = text; at = $1 ":" $2 }
		text == "{" && head !~ /^static / && match(head, /gp_[a-z0-9_]+\(/) {
			name = substr(head, RSTART, RLENGTH - 1)
			if (name in seen) print at ": " name " is defined in " seen[name] " too"
			seen[name] = at
		}' "$tmp/product-code"
}

no_banned_calls() {
	calls='strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|gets|system|popen|alloca|tmpnam|mktemp'
	grep -E "(^|[^A-Za-z0-9_>.])($calls)\(" "$tmp/code"
	true
}

only_cmd_prints_and_exits() {
	calls='printf|vprintf|puts|putchar|perror|exit'
	grep -E '^lib/' "$tmp/code" |
		grep -E "(^|[^A-Za-z0-9_>.])($calls)\(|(^|[^A-Za-z0-9_>.])(stdout|stderr)([^A-Za-z0-9_]|$)"
	true
}

no_goto_no_typedef() {
	grep -E '[^A-Za-z0-9_](goto [a-z]|typedef (struct|enum|union))' "$tmp/code"
	true
}

headers_compile_alone() {
	while read -r h; do
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only -x c "$h"
	done <"$tmp/headers"
}

prototypes_have_contracts() {
	# a comment in its own paragraph or in the one above (a type and what works on it); new, free
	# and clear of a type say it by their names
	# shellcheck disable=SC2016 # awk's own variables
	xargs awk '
		function flush() { before = here; here = 0 }
		FNR == 1 { before = here = 0 }
		/^$/ { flush(); next }
		/\/\*/ { here = 1 }
		/^[A-Za-z_].*\(/ && !/^(#|struct [a-z_]+ \{|typedef|static|enum|extern)/ &&
		!/_(new|free|clear)\(/ {
			if (!here && !before) print FILENAME ":" FNR ": no contract: " $0
		}' <"$tmp/headers"
}

# The readers of hostile bytes and their fuzz targets.
hostile_bytes_are_fuzzed() {
	while read -r source target; do
		[ -f "$source" ] || continue
		[ -f "tests/fuzz/$target.c" ] || echo "$source: no fuzz target tests/fuzz/$target.c"
		[ -n "$(ls "tests/fuzz/corpus/$target" 2>/dev/null)" ] ||
			echo "$source: no saved inputs in tests/fuzz/corpus/$target"
	done <<-'LIST'
		lib/preview/page.c page
		lib/preview/page_html.c page
		lib/preview/trailers.c claim
		lib/preview/record.c claim
		lib/preview/rows.c claim
		lib/base/sse.c sse
		lib/base/conf.c conf
		lib/patch/parse.c patch
		lib/patch/path.c path
		lib/model/responses.c responses
		lib/trial/report.c report
		lib/context/mask.c mask
		lib/sandbox/frames.c frames
		lib/sandbox/tar.c tar
		lib/sandbox/progress.c progress
		lib/vet/dependencies.c deps
	LIST
}

tracked_text_is_clean() {
	grep -vE '^tests/(fuzz/corpus|cases)/' "$tmp/files" |
		xargs grep -InE '/wor[k]/(main|wt|shared|\.library)|/roo[t]/[a-z]|\<(FIXM[E]|XX[X])\>|TOD[O][:(]'
	true
}

top_level_is_known() {
	cut -d/ -f1 "$tmp/files" | sort -u |
		grep -vxE 'Makefile|README\.md|cmd|lib|hooks|completions|tests|man|\.ci|\.clang-format|\.gitignore'
	true
}

rule "includes point down" includes_point_down
rule "one door per library" one_door_per_library
rule "files are short" files_are_short
rule "functions are short" functions_are_short
rule "public names are defined once" names_are_defined_once
rule "no banned calls" no_banned_calls
rule "only cmd prints and exits" only_cmd_prints_and_exits
rule "no goto, no typedef of structs" no_goto_no_typedef
rule "every header compiles alone" headers_compile_alone
rule "every prototype has its contract" prototypes_have_contracts
rule "every reader of hostile bytes has a fuzz target" hostile_bytes_are_fuzzed
rule "no machine's paths, no leftovers" tracked_text_is_clean
rule "nothing else at the top" top_level_is_known
echo "1..$n"
exit $broken
