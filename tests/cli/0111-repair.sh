#!/bin/sh
# What failed is answered and may be sent anew.
. "${0%/*}/lib.sh"
. "$top/tests/cli/early.sh"

make_small
try() { (preview - "$@"); }

# the implementation came with a test that is no red: one failure, not two
{
	echo request
	printf 'call-custom test c1 <<PATCH\n%s\nPATCH\n' "$(echo "$new_test" | sed 's/^+.*/+true/')"
	say_code
	echo 'completed in=1000 out=100'
	echo request
	echo 'expect body "passes on the code as it is"'
	echo 'expect body "refused: there is no valid red yet"'
	say_both c3 c4
} >"$T/script"
start_model "$T/script"
t "a test that is no red is repaired" try "renew the value"
stop_model "... in a second answer"
has "... and all is proven" "$T/err" '^ok +suite +2 tests passed'
finish
