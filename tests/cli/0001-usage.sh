#!/bin/sh
# What a new user types first, and gets wrong.
. "${0%/*}/lib.sh"

for p in preview preview-test preview-push; do
	t "git $p -h" git $p -h
	has "... is the usage" "$T/out" "^usage: git $p "
	t "git $p --version" git $p --version
	has "... is a version" "$T/out" '^git preview version [0-9]'
	t_status 129 "git $p --nonsense" git $p --nonsense
	has "... names the option" "$T/err" "^error: .*nonsense"
	is "... and says nothing on standard output" "" "$(cat "$T/out")"
	t_status 129 "... behind a setting" git $p -c test.timeout=9 --nonsense
	t "git $p -c and --version" git $p -c test.timeout=9 --version
	t_status 128 "git $p outside of a repository" git $p something
	has "... says so" "$T/err" '^error: .*repository'
done

make_repo r "$top/tests/demo/sample"
t_status 129 "an empty request" git preview
has "... with a hint" "$T/err" '^hint: '
t_status 129 "a request of blanks" git preview "   "
t_status 129 "a request and a file" git preview -F f words
t_status 128 "a file that is not there" git preview -F no-such-file
t_status 7 "no model" git preview "add a field"
has "... names the ways to have one" "$T/err" 'OPENAI_API_KEY'
t_status 128 "a base that is not there" git preview --base nowhere "add a field"
has "... is named" "$T/err" "nowhere"
t_status 128 "a run that is not there" git preview --resume bcdfghjk
t_status 129 "a setting that is not there" git preview -c test.comand=x "add a field"
has "... names the nearest" "$T/err" 'test\.command'
t_status 128 "a revision that is not there" git preview-test nowhere
t_status 129 "words beside --settings" git preview --settings more
t_status 129 "words beside --apply-patch" git preview --apply-patch - more
t_status 129 "two ways at once" git preview --prune --settings
has "... names both" "$T/err" '^error: --settings and --prune do not go together'
t_status 129 "-f with a request" git preview -f "add a field"
t_status 129 "two revisions" git preview-test HEAD HEAD
t_status 8 "a sandbox that is not there" git preview-test \
	-c sandbox.host=unix:///none --sandbox docker
has "... says so" "$T/err" 'docker'

t "-C elsewhere" git preview -C "$T/r" --settings
t "settings need no repository" git preview -C / --settings
finish
