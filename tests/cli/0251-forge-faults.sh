#!/bin/sh
# What goes wrong on a code host, and what leaves for it: local state stays, what to do is said, no
# secret goes along. GitHub's requests and answers are held to its published description.
. "${0%/*}/lib.sh"

openapi=$top/tests/cases/github/openapi.py
python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"
git init -q --bare "$T/server.git"
make_repo work
printf '[test]\ncommand = sh run.sh tests/*.t\nnew = sh run.sh {files}\n' >.codexflow.ini
mkdir tests && echo 'value=old' >value.sh && echo true >tests/old.t
cat >run.sh <<'END'
echo "1..$#"
for t; do
	if (. ./value.sh; . "./$t"); then echo "ok - $t"; else echo "not ok - $t"; bad=1; fi
done
exit ${bad:-0}
END
commit first
secret=npm_$(printf x | sha256sum | cut -c1-36)
cat >"$T/script" <<'END'
request
text "Renew the value"
call-custom test c1 <<PATCH
*** Begin Patch
*** Add File: tests/new.t
+[ "$value" = new ]
*** End Patch
PATCH
call-custom implement c2 <<PATCH
*** Begin Patch
*** Update File: value.sh
-value=old
+value=new
*** End Patch
PATCH
completed in=2000 out=400
END
start_model "$T/script"
t "a preview of a request with a credential in it" git preview -c preview.strength=off "renew the value, the token is $secret"
branch=$(cat "$T/out")
stop_model "... is made"
git checkout -q "$branch"
# the description's own examples of teams have no type, which it demands: they go without
# git's own transport, to a host that is this machine; it looks at itself and at who called
cat >"$T/ssh" <<END
#!/bin/sh
for last; do :; done
for p in /proc/[0-9]*; do
	case \$p in /proc/\$\$) continue ;; esac
	{ tr '\\0' ' ' <"\$p/cmdline"; } >>"$T/argv" 2>/dev/null
done
exec \${last%% *} "$T/server.git"
END
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple GH_ENTERPRISE_TOKEN=tok-0123456789
export GIT_SSH_COMMAND GIT_SSH_VARIANT GH_ENTERPRISE_TOKEN
git remote add origin git@github.test:acme/shop.git
git push -q origin main && git fetch -q

answer() { # <file> <call> <status> [<path>=<json>...]
	file=$1
	shift
	python3 "$openapi" answer "$@" >"$T/$file"
}
pulls='/repos/{owner}/{repo}/pulls'
answer none "GET $pulls" 200 =[]
answer opened "POST $pulls" 201 number=7 requested_teams=[] 'html_url="https://github.test/acme/shop/pull/7"'
answer changed "PATCH $pulls/{pull_number}" 200 number=7 requested_teams=[]
answer labelled 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels' 200
answer asked "POST $pulls/{pull_number}/requested_reviewers" 201 requested_teams=[]
host() { # <script> [<setting>...]
	start_model "$1"
	shift
	printf '[push]\napi = http://127.0.0.1:%s/api\n' "$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$XDG_CONFIG_HOME/codexflow/config.ini"
	no_proof
}
played() {
	stop_model "$1"
	python3 "$openapi" check "$T/model.log" /api >"$T/why" 2>&1
	report "... as GitHub describes it" $?
}
said() { # <status> <body file or text>
	printf 'request\nstatus %s\nheader Content-Type: application/json\nbody %s\n' "$1" "$2"
}
{
	said 200 @none
	printf 'request\nexpect no-body %s\nexpect body "[secret masked]"\nexpect body "git-preview: begin"\n' "$secret"
	printf 'expect json draft true\nstatus 201\nheader Content-Type: application/json\nbody @opened\n'
	said 200 @labelled
	said 201 @asked
} >"$T/script"
host "$T/script" 'labels = preview, customer' 'reviewers = ann'
t "a pull request, its text without the credential" git preview-push
played "... which the host is not told"
cat "$T/out" "$T/err" "$T/model.log" "$T/argv" "$T/model.log".*.json >"$T/all"
has "what ran meanwhile was seen" "$T/argv" 'git.push'
has_not "... the token is in no argument, message, log or text" "$T/all" tok-0123456789
has_not "... nor is the credential" "$T/all" "$secret"

python3 - "$T/model.log.2.json" >"$T/text" <<'END'
import json, sys
body = json.load(open(sys.argv[1]))["body"]
print(json.dumps("Seen by Ann.\n\n" + body.replace("Renew", "Old words") + "\nSigned-off."))
END
was=$(cat "$T/text")
answer mine "GET $pulls" 200 0.number=7 '0.state="open"' '0.html_url="https://github.test/acme/shop/pull/7"' "0.body=$was" '0.requested_teams=[]'
answer foreign "GET $pulls" 200 0.number=8 '0.state="open"' '0.html_url="https://github.test/acme/shop/pull/8"' '0.body="Mine, by hand"' '0.requested_teams=[]'
answer ended "GET $pulls" 200 0.number=5 '0.state="closed"' '0.merged_at=null' '0.requested_teams=[]'
{
	said 200 @mine
	printf 'request\nexpect method PATCH\nexpect path /api/repos/acme/shop/pulls/7\nexpect body "Seen by Ann."\n'
	printf 'expect body "Signed-off."\nexpect no-body "Old words"\nexpect no-json draft\n'
	printf 'status 200\nheader Content-Type: application/json\nbody @changed\n'
} >"$T/script"
host "$T/script"
t "again" git preview-push
has "... it is brought up to date" "$T/err" 'pull request is up to date'
played "... what people wrote around it stays"
said 200 @foreign >"$T/script"
host "$T/script" 'labels = preview'
t "one that somebody else opened" git preview-push
has "... is left as it is" "$T/err" '^warning: pull request 8 was not opened by git preview'
is "... and shown" https://github.test/acme/shop/pull/8 "$(tail -n 1 "$T/out")"
played "... really"
{
	said 200 @ended
	said 201 @opened
} >"$T/script"
host "$T/script"
t "after one that was closed" git preview-push
has "... another is opened" "$T/err" 'pull request is opened'
has "... and that is said" "$T/err" 'an earlier one of the branch, 5, was closed'
played "... asked for both"

snapshot | grep -v refs/remotes >"$T/before"
# refused <name> <message> <hint>: the script is there
refused() {
	t_status 1 "$1" git preview-push
	has "... is told" "$T/err" "$2"
	has "... with what to do" "$T/err" "^hint: $3"
	is "... the branch is pushed" "$(git rev-parse HEAD)" "$(git -C "$T/server.git" rev-parse "$branch")"
	snapshot | grep -v refs/remotes >"$T/after"
	same "... nothing here has changed" "$T/before" "$T/after"
}
{
	said 200 @none
	said 422 '{"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "custom", "message": "No commits between main and x"}], "documentation_url": "https://docs.github.com"}'
} >"$T/script"
host "$T/script"
refused "a request that the host does not take" '422: Validation Failed: No commits between' 'the host does not take it'
played "... asked once"
{
	said 200 @none
	printf 'request\nstatus 403\nheader Retry-After: 77\nheader Content-Type: application/json\nbody {"message": "You have exceeded a secondary rate limit"}\n'
} >"$T/script"
host "$T/script"
refused "a secondary rate limit" 'secondary rate limit' 'it takes no more calls for now; try again in 77 s'
played "... nothing is sent twice"
printf 'request\nstatus 429\nheader X-RateLimit-Remaining: 0\nheader X-RateLimit-Reset: 1700000090\nbody {"message": "API rate limit exceeded"}\n' >"$T/script"
host "$T/script"
refused "a rate limit" 'answers 429: API rate limit' 'it takes no more calls for now; try again in 90 s'
played "... nor asked in its time"
printf 'request\nstatus 401\nbody {"message": "Bad credentials"}\n' >"$T/script"
host "$T/script"
refused "an expired token" '401: Bad credentials' 'the token from GH_ENTERPRISE_TOKEN is not valid, or no longer'
played "... asked once"
{
	said 200 @none
	printf 'request\nstatus 403\nbody {"message": "Resource not accessible by personal access token"}\n'
} >"$T/script"
host "$T/script"
refused "no permission for pull requests" '403: Resource not accessible' 'the token from GH_ENTERPRISE_TOKEN may not do that'
played "... asked once"
printf 'request\nheader Content-Type: text/html\nbody "<html>Sign in"\n' >"$T/script"
host "$T/script"
refused "a page instead of an answer" 'answers with what is no JSON \(text/html\)' 'is .*/api. the address of its API'
stop_model "... asked once"
printf 'request 0\n' >"$T/elsewhere"
start_model "$T/elsewhere"
other=$model_pid
printf 'request\nstatus 307\nheader Location: http://127.0.0.1:%s/api\nbody {"message": "Temporary Redirect"}\n' "$(cat "$T/port")" >"$T/script"
model_pid=
host "$T/script"
refused "a redirect" 'answers 307: Temporary Redirect' 'the project has moved'
stop_model "... asked once"
model_pid=$other
stop_model "... and nobody else gets the token"
printf 'request\nhang\n' >"$T/script"
host "$T/script" 'deadline = 2'
refused "a host that takes the question and never answers" 'not whole in time' 'run it again when'
stop_model "... is given up"
{
	printf 'request\nreset\nrequest\nreset\nrequest\nreset\n'
} >"$T/script"
host "$T/script"
refused "a connection that breaks" 'cannot reach github\.test' 'run it again when'
stop_model "... asked three times"
finish
