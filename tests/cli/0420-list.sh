#!/bin/sh
# git preview --list and --delete: what there is, and what may go.
. "${0%/*}/lib.sh"

. "$top/tests/cli/proven.sh"
make_proven tasks
id=${branch##*-}
main=$(git rev-parse main)
git branch preview/none-of-ours main
GP_NOW=$((GP_NOW + 3 * 86400))

t "--list" git preview --list
has "... one preview" "$T/out" \
	"^$branch	$id	(proven|weak)	3 d	2 ahead	[0-9.]+ USD"
is "... and nothing else" 1 "$(wc -l <"$T/out")"
has_not "... nothing is cut, or blank" "$T/out" '\.\.\.|  '
t "-l with a pattern" git preview -l "renew-*"
is "... of its name" 1 "$(wc -l <"$T/out")"
t "-l with its id" git preview -l "$id"
is "... is it" 1 "$(wc -l <"$T/out")"
t "-l with another" git preview -l 'x*' preview/none-of-ours
is "... is nothing" "" "$(cat "$T/out")"
# a later one of the same commits; a clone that has but trailers
GIT_COMMITTER_DATE="$((GP_NOW - 7200)) +0000" git commit-tree -p "$branch~1" -m "$(git log -1 --format=%B "$branch")" \
	"$branch^{tree}" >"$T/later"
git branch preview/later "$(cat "$T/later")"
t "two" git preview --list
is "... the newest first" "preview/later 2 h
$branch 3 d" "$(cut -f 1,4 "$T/out" | tr '\t' ' ')"
t "--json" git preview --list --json
has "... is events" "$T/out" '"event":"branch","branch":"preview/later","id":"'
git notes --ref=preview remove "$branch^{tree}" 2>/dev/null
t "without a record" git preview --list preview/later
has "... says so" "$T/out" '	no record	'

# a table that fits
table() { # <columns>
	python3 - "$1" git-preview --list 2>"$T/err" <<-'PY'
	import fcntl, os, pty, struct, sys, termios
	out = b""
	pid, fd = pty.fork()
	if pid == 0:
	    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
	    os.execvp(sys.argv[2], sys.argv[2:])
	while True:
	    try:
	        b = os.read(fd, 4096)
	    except OSError:
	        break
	    if not b:
	        break
	    out += b
	os.waitpid(pid, 0)
	sys.stdout.write(out.decode().replace("\r\n", "\n"))
	PY
}
for columns in 200 72 30; do
	table $columns >"$T/out"
	is "a table in $columns columns" "2 yes" \
		"$(awk -v max=$columns 'length > max { bad = 1 } END { print NR, bad ? "no" : "yes" }' "$T/out")"
done
table 200 >"$T/out"
is "... its fields stand below each other" 1 \
	"$(awk '{ print match($0, /  [0-9]+ (h|d) /) }' "$T/out" | sort -u | wc -l)"
table 72 >"$T/out"
has "... a long name gives way to the rest" "$T/out" "^preview/[a-z-]*\.\.\.  $id  .*USD"

# what may not go
t_status 129 "--delete without a name" git preview --delete
t_status 129 "-n beside --delete" git preview -d -f -n "$branch"
has "... is told" "$T/err" '^error: -n goes with a request, --init and --prune$'
for way in --list --settings "--show=$branch" --apply-patch=x; do
	t_status 129 "... and beside ${way%%=*}" git preview -n "$way"
done
t_status 1 "neither pushed nor merged" git preview -d "$branch"
has "... is told" "$T/err" "^error: cannot delete '$branch': it is neither pushed nor merged"
has "... and how" "$T/err" '^hint: -f '
t_status 1 "a branch of one's own" git preview -d -f main
t_status 1 "one below the prefix that is no preview" git preview -d -f preview/none-of-ours
is "... stays" "$main" "$(git rev-parse preview/none-of-ours)"
git worktree add -q "$T/elsewhere" "$branch"
t_status 1 "one that is checked out elsewhere" git preview -d -f "$branch"
has "... is told" "$T/err" 'checked out'
git worktree remove "$T/elsewhere"
is "all are there" 3 "$(git for-each-ref refs/heads/preview/ | wc -l)"

# what may
git init -q --bare "$T/hub.git"
git remote add origin "$T/hub.git"
git push -q origin "$branch"
t "--list" git preview -l "$branch"
has "... knows what is pushed" "$T/out" '	pushed	'
tip=$(git rev-parse "$branch")
t_status 1 "two, of which one is not" git preview -d "$branch" preview/later
has "... the one goes" "$T/out" "^deleted preview $branch \(was $(echo "$tip" | cut -c1-12)\)\$"
is "... the other stays" preview/later "$(git for-each-ref --format='%(refname:short)' refs/heads/preview/later)"
t "... its record stays, as its commits do" git notes --ref=preview show "$tip"
git branch "$branch" "$tip"
git update-ref -d "refs/remotes/origin/$branch"
git notes --ref=preview copy "$tip" "$tip^{tree}" 2>/dev/null
t_status 1 "an id that two have" git preview -d -f "$id"
has "... names none" "$T/err" '2 branches have this id'
git branch -q -D preview/later
t "by its id, with -f" git preview -d -f "$id"
has "... with its record" "$T/out" 'with its record$'
t_status 1 "... which is gone" git notes --ref=preview show "$tip"
t_status 1 "... also from the tree" git notes --ref=preview show "$tip^{tree}"
git branch preview/merged "$tip"
git checkout -q -b work "$tip"
GIT_TRACE="$T/trace" git preview -l >"$T/out" 2>"$T/err"
few=$(grep -c 'built-in: git' "$T/trace")
for i in 1 2 3 4 5 6 7 8 9 10; do
	git branch "preview/more-$i" "$tip"
done
rm "$T/trace"
GIT_TRACE="$T/trace" git preview -l >"$T/out" 2>"$T/err"
is "ten more are listed" 11 "$(wc -l <"$T/out")"
has "... by git" "$T/trace" "built-in: git rev-list"
is "... by no more processes of git" "$few" "$(grep -c 'built-in: git' "$T/trace")"
git for-each-ref --format='delete %(refname)' 'refs/heads/preview/more-*' | git update-ref --stdin
git update-ref refs/heads/preview/merged "$tip"
t "--list" git preview -l
has "... knows what is merged" "$T/out" '	merged	'
t "what is merged goes without -f" git preview -d merged
has "... by its name without the prefix" "$T/out" '^deleted preview preview/merged '
t_status 1 "once" git preview -d merged
git checkout -q main

# a run that ended early
cat >"$T/script" <<'END'
request
call-function ask c1 {"questions":["Which\u001b[31m value?"]}
completed in=2000 out=400
END
start_model "$T/script"
t_status 9 "a request with a question" git preview "renew
the value again"
stop_model "the model was asked"
run_id=$(sed -n 's/.*--resume \([a-z0-9]*\).*/\1/p' "$T/err" | head -n 1)
GP_NOW=$(($(date +%s) + 600))
t "--list" git preview --list
has "... has the run" "$T/out" "^renew the value again	$run_id	unfinished	1[01] min	begun	0\.0060 USD\$"
t_status 1 "it is not deleted" git preview -d "$run_id"
t "but with -f" git preview -d -f "$run_id"
t "--list" git preview --list
is "... is empty" "" "$(cat "$T/out")"
t_status 128 "it cannot be resumed" git preview --resume "$run_id"
finish
