#!/bin/sh
# --wait: the checks and deployments of what was pushed, to their end; on three kinds of hosts,
# GitHub's requests and answers held to its published description.
. "${0%/*}/lib.sh"

openapi=$top/tests/cases/github/openapi.py
python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"
git init -q --bare "$T/server.git"
make_repo work "$top/tests/demo/sample"
printf '#!/bin/sh\nfor last; do :; done\nexec ${last%%%% *} "%s"\n' "$T/server.git" >"$T/ssh"
chmod +x "$T/ssh"
GIT_SSH_COMMAND=$T/ssh GIT_SSH_VARIANT=simple GH_ENTERPRISE_TOKEN=tok-0123456789
export GIT_SSH_COMMAND GIT_SSH_VARIANT GH_ENTERPRISE_TOKEN
git remote add origin git@github.test:acme/shop.git
git push -q origin main && git fetch -q
git checkout -q -b preview/one && echo 1 >f && commit 'Add a priority field'
sha=$(git rev-parse HEAD)
project=/api/repos/acme/shop

# answer <file> <call> <status> [<path>=<json>...]: an answer as GitHub describes it
answer() {
	file=$1
	shift
	python3 "$openapi" answer "$@" >"$T/$file"
}
runs='GET /repos/{owner}/{repo}/commits/{ref}/check-runs'
run_of() { # <file> <status> <conclusion>
	answer "$1" "$runs" 200 'check_runs.0.name="build"' "check_runs.0.status=\"$2\"" \
		"check_runs.0.conclusion=$3" 'check_runs.0.details_url="https://ci.test/1"'
}
statuses='GET /repos/{owner}/{repo}/commits/{ref}/status'
deployments='GET /repos/{owner}/{repo}/deployments'
deployed='GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'
run_of runs-on in_progress null
run_of runs-good completed '"success"'
run_of runs-bad completed '"failure"'
answer runs-none "$runs" 200 total_count=0 check_runs=[]
answer status-good "$statuses" 200 'statuses.0.context="ci/lint"' 'statuses.0.state="success"' 'statuses.1.context="netlify/shop/deploy-preview"' \
	'statuses.1.state="success"' 'statuses.1.target_url="https://d-1.netlify.test"'
answer status-none "$statuses" 200 total_count=0 statuses=[] 'state="pending"'
answer deployments "$deployments" 200 "0.sha=\"$sha\"" 0.id=5 '0.environment="Preview – shop"'
printf '[]' >"$T/none"
answer deployed-on "$deployed" 200 '0.state="in_progress"' '0.environment_url=""'
answer deployed-good "$deployed" 200 '0.state="success"' '0.environment_url="https://shop-1.preview.test"'
answer pulls-none 'GET /repos/{owner}/{repo}/pulls' 200 =[]
# the description's own example of a team has no type, which it demands
answer pull 'POST /repos/{owner}/{repo}/pulls' 201 number=7 requested_teams=[] 'html_url="https://github.test/acme/shop/pull/7"'

# host <script> [<setting>...]: the code host, played
host() {
	start_model "$1"
	shift
	printf '[push]\napi = http://127.0.0.1:%s/api\nwait-grace = 1\nwait-interval = 1\n' \
		"$(cat "$T/port")" >"$XDG_CONFIG_HOME/codexflow/config.ini"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$XDG_CONFIG_HOME/codexflow/config.ini"
	no_proof
}
# played <name>: stop_model, and what came and went is GitHub's
played() {
	stop_model "$1"
	python3 "$openapi" check "$T/model.log" /api >"$T/why" 2>&1
	report "... as GitHub describes it" $?
}
# ask <path> <file> [<line>...]: one exchange
ask() {
	printf 'request\nexpect method GET\nexpect path "%s"\n' "$project$1"
	file=$2
	shift 2
	for line; do printf '%s\n' "$line"; done
	case $file in
	304) printf 'status 304\n' ;;
	*) printf 'header Content-Type: application/json\nbody @%s\n' "$file" ;;
	esac
}
at_runs="/commits/$sha/check-runs?filter=latest&per_page=100"
at_status="/commits/$sha/status?per_page=100"
at_deployments="/deployments?sha=$sha&per_page=100"
at_deployed="/deployments/5/statuses?per_page=1"
bearer='expect header Authorization "Bearer tok-0123456789"'

{
	ask '/pulls?state=all&head=acme:preview%2Fone&base=main' pulls-none "$bearer"
	printf 'request\nexpect path %s/pulls\nstatus 201\nheader Content-Type: application/json\nbody @pull\n' $project
	ask "$at_runs" runs-on "$bearer" 'expect no-header If-None-Match' 'header ETag: W/"r1"'
	ask "$at_status" status-good 'header ETag: W/"s1"'
	ask "$at_deployments" deployments 'header ETag: W/"d1"'
	ask "$at_deployed" deployed-on
	ask "$at_runs" 304 'expect header If-None-Match "W/\"r1\""'
	ask "$at_status" 304 'expect header If-None-Match "W/\"s1\""'
	ask "$at_deployments" 304
	ask "$at_deployed" deployed-good 'header ETag: W/"e1"'
	ask "$at_runs" runs-good 'header ETag: W/"r2"'
	ask "$at_status" 304
	ask "$at_deployments" 304
	ask "$at_deployed" 304 'expect header If-None-Match "W/\"e1\""'
	printf 'request *\nstatus 304\n'
} >"$T/script"
host "$T/script"
snapshot | grep -v refs/remotes >"$T/before"
t "checks and a deployment that go well" git preview-push --wait
is "... the addresses are the result, the preview's last" \
	"preview/one https://github.test/acme/shop/pull/7 https://d-1.netlify.test https://shop-1.preview.test" "$(xargs <"$T/out")"
has "... each check is a line" "$T/err" '^ok +build +success  https://ci\.test/1'
has "... and each deployment" "$T/err" '^ok +deploy Preview . shop +success  https://shop-1'
has "... and all of them" "$T/err" '^ok +checks +4 of 4 passed'
is "... in a pipe nothing that still runs" "" "$(grep -E 'in_progress|^\.\.\.' "$T/err")"
snapshot | grep -v refs/remotes >"$T/after"
same "... and nothing here has changed" "$T/before" "$T/after"
played "... asked only for what is new"
cat "$T/out" "$T/err" "$T/model.log" >"$T/all"
has_not "the token is in no message and no log" "$T/all" tok-0123456789

# one <status word> of everything: <runs> <statuses> <deployments>
once() {
	ask "$at_runs" "$1"
	ask "$at_status" "$2"
	ask "$at_deployments" "$3"
}
wait_for() { # <status> <name> [<option>...]
	want=$1 name=$2
	shift 2
	t_status "$want" "$name" git preview-push --no-pr --wait "$@"
}
{
	once runs-on status-none none
	once runs-bad status-good none
} >"$T/script"
host "$T/script"
wait_for 1 "a check that fails" --json
has "... is told" "$T/out" '"event":"check","name":"build","state":"failed","word":"failure","url":"https://ci.test/1"'
has "... and was running before" "$T/out" '"event":"check","name":"build","state":"running","word":"in_progress"'
has "... and what it comes to" "$T/out" '"event":"verdict","state":"failed","checks":3,"failed":1,"running":0'
has "... in words" "$T/err" '^error: 1 of 3 checks failed on github\.test'
has "... with what to do" "$T/err" '^hint: '
played "... and ends it at once"
python3 - "$T/model.log" <<'END'
import sys
log = sys.argv[1]
text = open(log).read().replace("filter=latest", "filter=newest").replace("X-GitHub-Api-Version", "X-Other")
open(log, "w").write(text)
END
python3 "$openapi" check "$T/model.log" /api >"$T/broken"
is "a broken request would be seen" 1 $?
has "... a parameter" "$T/broken" "newest.* is not one of"
has "... and a header" "$T/broken" 'no version of the API'
printf '201\n{"number": 7}' >"$T/model.log.1.answer"
python3 "$openapi" check "$T/model.log" /api >"$T/broken"
has "... and an answer that is none" "$T/broken" 'not answered with 201'

{
	once runs-none status-none none
	printf 'request *\nheader Content-Type: application/json\nbody @none\n'
} >"$T/script"
host "$T/script"
wait_for 0 "no check at all"
has "... is said" "$T/err" '^warn +checks +none has begun within 1 s'
has "... and what it means" "$T/err" 'what vouches for it is its own proof alone'
stop_model "... after a grace"

printf 'route GET %s*\nheader Content-Type: application/json\nbody @%s\n' \
	"$project/commits/*/check-runs" runs-on "$project/commits/*/status" status-none "$project/deployments" none >"$T/script"
host "$T/script" 'wait-deadline = 2'
wait_for 128 "checks that do not end in time"
has "... is a message of its own" "$T/err" '^error: the checks on github\.test did not end within 2 s'
has "... with what to do" "$T/err" '^hint: .*push\.wait-deadline'
has "... and which of them run" "$T/err" '^warn +build +still in_progress  https://ci\.test/1'
played "... asked within it"

host "$T/script" 'wait-interval = 60'
: >"$T/out"
git-preview-push --no-pr --wait --json >"$T/out" 2>"$T/err" </dev/null &
pid=$!
for _ in $(seq 100); do
	grep -q '"event":"check"' "$T/out" && break
	sleep 0.1
done
from=$(date +%s%N)
kill -INT $pid
wait $pid
status=$? took=$((($(date +%s%N) - from) / 1000000))
limit=1000
case $B in *address* | *undefined*) limit=3000 ;; esac
good=0
[ $status -eq 130 ] && [ $took -lt $limit ] || good=1
report_run "Ctrl-C ends it within a second ($took ms)" $good
has "... and says what goes on" "$T/err" '^error: interrupted; the branch is pushed, and its checks go on'
stop_model "... without another call"
snapshot | grep -v refs/remotes >"$T/after"
same "... and nothing here has changed" "$T/before" "$T/after"

{
	printf 'request\nexpect path "%s"\nstatus 403\nheader Retry-After: 2\nbody {"message": "You have exceeded a secondary rate limit."}\n' "$project$at_runs"
	ask "$at_runs" runs-good 'header X-RateLimit-Remaining: 0' 'header X-RateLimit-Reset: 1700000002'
	ask "$at_status" status-none 'header X-Poll-Interval: 2'
	ask "$at_deployments" none
	printf 'request *\nstatus 304\n'
} >"$T/script"
host "$T/script"
from=$(date +%s)
wait_for 0 "a host that limits calls"
took=$(($(date +%s) - from))
good=0
[ $took -ge 4 ] || good=1
echo "took $took s" >"$T/why"
report "... is left alone as long as it says" $good
played "... and is asked again"

{
	printf 'request 3\nstatus 500\nheader Retry-After: 0\nbody ""\n'
	printf 'request\nreset\nrequest\nclose\nrequest\nheader Content-Type: text/html\nbody "<html>maintenance"\n'
	once runs-good status-none none
	printf 'request *\nstatus 304\n'
} >"$T/script"
host "$T/script"
wait_for 0 "a host in trouble"
stop_model "... is waited for"

{
	printf 'request\nexpect path "%s"\nheader Content-Type: application/json\nbody @runs-good\n' "$project$at_runs"
	ask "$at_status" status-none
	printf 'request\nstatus 403\nbody {"message": "Resource not accessible by personal access token"}\n'
	printf 'request 2\nstatus 304\nrequest *\nstatus 403\nbody {"message": "Resource not accessible by personal access token"}\n'
} >"$T/script"
host "$T/script"
wait_for 0 "deployments that the token does not show"
has "... are a warning" "$T/err" 'cannot see the deployments: github\.test answers 403: Resource not'
played "... no failure"

printf 'request *\nstatus 403\nbody {"message": "Resource not accessible"}\n' >"$T/script"
host "$T/script"
wait_for 1 "a token that shows no check at all"
has "... is not taken for a commit without checks" "$T/err" '^error: no check of the commit can be seen'
has "... with what to do" "$T/err" '^hint: the token from GH_ENTERPRISE_TOKEN needs the right to read'
stop_model "... asked for its grace"

printf 'request\nstatus 401\nbody {"message": "Bad credentials"}\n' >"$T/script"
host "$T/script"
wait_for 1 "a token that is no longer valid"
has "... ends it" "$T/err" '401: Bad credentials'
has "... with what to do" "$T/err" '^hint: the token from GH_ENTERPRISE_TOKEN is not valid'
stop_model "... at once"

printf 'request 0\n' >"$T/script"
start_model "$T/script"
printf 'request\nstatus 302\nheader Location: http://127.0.0.1:%s/api\nheader Content-Type: application/json\nbody {"message": "Moved"}\n' \
	"$(cat "$T/port")" >"$T/moved"
other=$model_pid
model_pid=
host "$T/moved"
wait_for 1 "an answer that sends elsewhere"
has "... is told" "$T/err" 'answers 302: Moved'
has "... with what to do" "$T/err" '^hint: the project has moved'
stop_model "... asked"
model_pid=$other
stop_model "... and nobody else gets the token"

printf 'request 0\n' >"$T/script"
host "$T/script"
t "-n waits for nothing" git preview-push --no-pr --wait -n
stop_model "... and asks nobody"
printf '[push]\nwait = yes\n' >"$XDG_CONFIG_HOME/codexflow/config.ini"
no_proof
(
	unset GH_ENTERPRISE_TOKEN
	run git preview-push --no-pr
	echo "$status" >"$T/status"
)
is "push.wait without a token is a failure" 1 "$(cat "$T/status")"
has "... that says so" "$T/err" '^error: cannot wait for checks: no token for github\.test was found'
git remote set-url origin "$T/server.git"
wait_for 1 "on no code host there is nothing to wait for"
has "... which is said" "$T/err" '^error: cannot wait for checks: the remote is on no code host'

git remote set-url origin git@gitlab.test:acme/sub/shop.git
GITLAB_TOKEN=glt GITEA_TOKEN=git
export GITLAB_TOKEN GITEA_TOKEN
lab=/api/projects/acme%2Fsub%2Fshop
cat >"$T/script" <<END
request
expect path "$lab/merge_requests?source_branch=preview%2Fone&target_branch=main"
body "[]"
request
expect path $lab/merge_requests
status 201
body {"iid": 3, "web_url": "https://gitlab.test/acme/sub/shop/-/merge_requests/3"}
request
expect header PRIVATE-TOKEN glt
expect path $lab/merge_requests/3
body {"iid": 3, "sha": "0000", "head_pipeline": {"id": 1, "sha": "0000", "status": "failed"}}
request
expect path "$lab/repository/commits/$sha/statuses?per_page=100"
body "[]"
request
expect path "$lab/deployments?order_by=id&sort=desc&per_page=50"
body [{"id": 9, "sha": "0000", "status": "success", "environment": {"name": "production", "external_url": "https://shop.test"}}]
request
body {"iid": 3, "sha": "$sha", "head_pipeline": {"id": 8, "sha": "abcd", "status": "running", "web_url": "https://gitlab.test/p/8"}}
request
body [{"name": "unit", "status": "success", "target_url": "https://gitlab.test/j/1"}, {"name": "style", "status": "failed", "allow_failure": true}]
request
body [{"id": 10, "sha": "abcd", "status": "running", "environment": {"name": "review/one", "external_url": "https://one.review.test"}}]
request
expect path "$lab/pipelines/8/jobs?per_page=100"
body [{"name": "merge", "status": "success", "web_url": "https://gitlab.test/j/2"}]
request
body {"iid": 3, "sha": "$sha", "head_pipeline": {"id": 8, "sha": "abcd", "status": "success", "web_url": "https://gitlab.test/p/8"}}
request
status 304
request
body [{"id": 10, "sha": "abcd", "status": "success", "environment": {"name": "review/one", "external_url": "https://one.review.test"}}]
request
status 304
request *
status 304
END
host "$T/script"
t "a pipeline on GitLab" git preview-push --wait
is "... with the address of its environment" "https://one.review.test" "$(tail -n 1 "$T/out")"
has "... what stood there before the push does not count" "$T/err" '^ok +pipeline +success  https://gitlab\.test/p/8'
has "... nor a job that may fail" "$T/err" 'style +failed'
has "... nor what is deployed of other commits" "$T/err" '^ok +checks +5 of 5 passed'
stop_model "... as GitLab wants it"
cat >"$T/script" <<END
request
expect path "$lab/pipelines?sha=$sha"
body [{"id": 8, "sha": "$sha", "status": "failed", "web_url": "https://gitlab.test/p/8"}]
request
body "[]"
request
body "[]"
END
host "$T/script"
wait_for 1 "one that fails, without a merge request"
stop_model "... as GitLab wants it"

git remote set-url origin git@forgejo.test:acme/shop.git
cat >"$T/script" <<END
request
expect header Authorization "token git"
expect path "$project/commits/$sha/status?limit=50"
body {"state": "success", "statuses": [{"context": "ci/test", "status": "success", "target_url": "https://ci.test/2"}, {"context": "deploy", "status": "success", "target_url": "https://one.pages.test"}]}
request *
status 304
END
host "$T/script" 'site = deploy'
wait_for 0 "statuses on Gitea and Forgejo"
is "... with the address that a setting says is one" "https://one.pages.test" "$(tail -n 1 "$T/out")"
stop_model "... as Gitea wants it"
printf 'request\nbody {"state": "failure", "statuses": [{"context": "a\\u001b[31mb", "status": "error", "target_url": "javascript:1"}]}\n' >"$T/script"
host "$T/script"
wait_for 1 "one that fails"
has_not "... does not paint" "$T/err" "$(printf '\033')"
has_not "... nor show an address that is none" "$T/err" javascript
stop_model "... as Gitea wants it"
finish
