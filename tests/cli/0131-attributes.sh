#!/bin/sh
# What the model wrote is laid out as a checkout of the branch would have it: attributes apply.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

# shellcheck disable=SC2034 # say_both takes them
new_test='*** Begin Patch
*** Add File: tests/new.t
+value=new
+[ "$(od -An -c data/value.txt | tr -d " \n")" = "$(cat expected)" ]
*** End Patch'
# shellcheck disable=SC2034
new_code='*** Begin Patch
*** Update File: data/value.txt
-old
+new
*** End Patch'

# lines <name> <attributes> <bytes that the test sees>
lines() {
	make_repo "$1"
	git config filter.upper.smudge 'tr a-z A-Z'
	mkdir tests data
	printf 'old\n' >data/value.txt
	echo true >tests/old.t
	echo '. /dev/null' >value.sh
	printf '%s' "$3" >expected
	printf '%s' "$2" >data/.gitattributes
	[ -n "$2" ] || rm data/.gitattributes
	case $2 in *UTF-16*) printf 'o\0l\0d\0\n\0' >data/value.txt ;; esac
	cat >run.sh <<-'END'
		[ $# -gt 0 ] || set -- tests/*.t
		echo "1..$#"
		bad=0
		for t; do sh "$t" || { bad=1; printf 'not '; }; echo "ok - $t"; done
		exit $bad
	END
	commit first 2>/dev/null
	echo 'request' >"$T/script"
	say_both >>"$T/script"
	start_model "$T/script"
	t "$1" git preview -c 'test.command=sh run.sh' -c 'test.new=sh run.sh {files}' "renew it"
	stop_model "... in one turn"
	is "... and the blob is as it was written" "$(printf 'new\n' | git hash-object --stdin)" \
		"$(git rev-parse "$(cat "$T/out"):data/value.txt")"
	t "... and it proves again" git preview-test --prove -c 'test.command=sh run.sh' \
		-c 'test.new=sh run.sh {files}' "$(cat "$T/out")"
}
lines "eol=crlf" '*.txt text eol=crlf
' 'new\r\n'
lines "no attributes" '' 'new\n'
lines "attributes of other files" '*.md text eol=crlf
' 'new\n'
lines "another encoding" '*.txt working-tree-encoding=UTF-16LE
' 'n\0e\0w\0\n\0'
lines "a filter of the user's" '*.txt filter=upper
' 'NEW\n'
finish
